/** One real `meshpayd` process under test: started, asked, stopped, killed, started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type {
  ControlMethod,
  ParamsOf,
  ResultOf,
  StatusView,
} from '../../agent/shell/control/api.ts';
import { askControl } from '../../agent/shell/control/client.ts';
import { afterPatience, Patience } from '../support/patience.ts';

export const MESHPAYD = fileURLToPath(new URL('../../agent/bin/meshpayd.js', import.meta.url));
/** The same as one file, as a router has it (npm run bundle). */
export const BUNDLED_MESHPAYD = fileURLToPath(
  new URL('../../bundle/meshpayd.mjs', import.meta.url),
);
/** Ends the daemon when the test process is gone, however it went. */
const LEASH = new URL('../../agent/cli/lab/leash.js', import.meta.url).href;
const POLL_MS = 20;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** Arguments after `--config FILE`. */
  readonly args?: readonly string[];
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Another program than the built `meshpayd`: a bundle, say. */
  readonly program?: string;
  /** An open descriptor to write the log to; without it, the log is read here. */
  readonly stdout?: number;
}

export interface DaemonProcess {
  readonly configFile: string;
  readonly socket: string;
  readonly pid: number | undefined;
  /** Starts the process without waiting for anything. */
  spawn(options?: StartOptions): void;
  /**
   * Starts it, and waits until its start is over: it takes part and listens, or its store is
   * damaged. Rejects if it ends before. That its control socket answers, which is sooner, is what
   * `spawn` and `until` wait for.
   */
  start(options?: StartOptions): Promise<StatusView>;
  /** What comes of it, when it ends. */
  readonly ended: Promise<Ended>;
  readonly control: {
    request<M extends ControlMethod>(method: M, params?: ParamsOf<M>): Promise<ResultOf<M>>;
  };
  /** Waits until the status is as wanted; a process that ends or never gets there is an error. */
  until(wanted: (status: StatusView) => boolean, what: string): Promise<StatusView>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<Ended>;
  /** SIGKILL, and waits for the end. */
  kill9(): Promise<Ended>;
  /** Kills it if it runs, and starts it again. */
  restart(options?: StartOptions): Promise<StatusView>;
  /** The lines of its log since it was started last. */
  log(): readonly Record<string, unknown>[];
  /** Waits for a line of the log with this message. */
  logged(message: string): Promise<Record<string, unknown>>;
}

/** Runs `meshpayd` with these arguments to its end; one that does not end is killed. */
export function runDaemon(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', LEASH, MESHPAYD, ...args]);
    const callOff = afterPatience(() => child.kill('SIGKILL'));
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (piece: Buffer) => {
        output[name] += piece.toString();
      });
    }
    child.once('close', (code, signal) => {
      callOff();
      resolve({ code, signal, ...output });
    });
  });
}

/**
 * A daemon that is not started yet; `ownProgram` is what it runs if its start names no other,
 * `place` what stands before its command line ("ip netns exec NAME").
 */
export function daemonProcess(
  configFile: string,
  socket: string,
  ownProgram: string = MESHPAYD,
  place: readonly string[] = [],
): DaemonProcess {
  let child: ChildProcess | undefined;
  let ended: Promise<Ended> = Promise.reject(new Error('it was never started'));
  ended.catch(() => {});
  let stdout = '';
  let stderr = '';

  const spawnIt = (options: StartOptions = {}): void => {
    if (child !== undefined) throw new Error('it runs already');
    const { args = [], nodeArgs = [], env = {}, program = ownProgram } = options;
    const { stdout: log = 'pipe' } = options;
    const own = ['--import', LEASH, ...nodeArgs, program, '--config', configFile, ...args];
    const [head = process.execPath, ...rest] = [...place, process.execPath, ...own];
    const started = spawn(head, rest, {
      stdio: ['pipe', log, 'pipe'],
      env: { ...process.env, ...env },
    });
    child = started;
    [stdout, stderr] = ['', ''];
    started.stdin?.on('error', () => {});
    started.stdout?.on('data', (piece: Buffer) => {
      stdout += piece.toString();
    });
    started.stderr?.on('data', (piece: Buffer) => {
      stderr += piece.toString();
    });
    ended = new Promise((resolve) => {
      started.once('close', (code, signal) => {
        child = undefined;
        resolve({ code, signal, stdout, stderr });
      });
    });
  };

  const log = (): Record<string, unknown>[] =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  /** Looks again and again until `look` finds something. */
  const poll = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
    const patience = new Patience();
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (child === undefined) throw new Error(`${what}: the daemon has ended\n${stderr}${stdout}`);
      if (patience.isGone()) throw new Error(`${what}: it never came`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const until = (wanted: (status: StatusView) => boolean, what: string): Promise<StatusView> =>
    poll(what, async () => {
      const status = await askControl(socket, 'status').catch(() => undefined);
      return status !== undefined && status.pid === child?.pid && wanted(status)
        ? status
        : undefined;
    });
  const endBy = (signal: NodeJS.Signals): Promise<Ended> => {
    child?.kill(signal);
    return ended;
  };
  const start = (options?: StartOptions): Promise<StatusView> => {
    spawnIt(options);
    return until(({ state }) => state !== 'starting', 'its start is over');
  };

  return {
    configFile,
    socket,
    get pid() {
      return child?.pid;
    },
    get ended() {
      return ended;
    },
    spawn: spawnIt,
    start,
    control: {
      request: <M extends ControlMethod>(method: M, params?: ParamsOf<M>) =>
        askControl<ControlMethod>(socket, method, params ?? {}) as Promise<ResultOf<M>>,
    },
    until,
    signal: (name) => void child?.kill(name),
    stop: () => endBy('SIGTERM'),
    kill9: () => endBy('SIGKILL'),
    async restart(options) {
      if (child !== undefined) await endBy('SIGKILL');
      return start(options);
    },
    log,
    logged: (message) =>
      poll(`the log says "${message}"`, async () => log().find(({ msg }) => msg === message)),
  };
}
