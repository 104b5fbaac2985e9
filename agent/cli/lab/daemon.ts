/**
 * One real `meshpayd` process of a lab: started on a leash (leash.ts), watched over its control
 * socket, killed and started again. Its log goes to a file in the node's folder.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnd } from '../../../platform/file-reader.ts';
import type { StatusView } from '../../shell/control/api.ts';
import { askControl } from '../../shell/control/client.ts';
import { type Failure, failure } from '../failure.ts';
import { CONFIG_FILE } from '../network/write.ts';
import { duration } from '../render/text.ts';
import { pause } from '../wait.ts';

/** The built daemon, beside this program. */
export const MESHPAYD = fileURLToPath(new URL('../../bin/meshpayd.js', import.meta.url));
const LEASH = new URL('./leash.js', import.meta.url).href;
/** As on a router: little memory for the young generation, and not much for the old one. */
const V8_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=48', '--optimize-for-size'];
/** Of a log, to show its last lines. */
const MAX_TOLD_BYTES = 65_536;
const POLL_MS = 25;
const STOP_WITHIN_MS = 8_000;

export interface LabDaemon {
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  readonly socket: string;
  readonly pid: number | undefined;
  /** Starts the process; a running one is left as it is. */
  start(): void;
  /** What the daemon says of itself. Rejects while it does not answer. */
  status(): Promise<StatusView>;
  /** Resolves with how long it took until `isDone` holds; rejects if the process ends before. */
  until(isDone: (status: StatusView) => boolean, what: string, withinMs: number): Promise<number>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Stops it in order; after some seconds, by force. */
  stop(): Promise<void>;
}

/** `onExit` is told when the process ends though nobody here wanted it to. */
export function createLabDaemon(
  name: string,
  folder: string,
  onExit: (failed: Failure) => void,
): LabDaemon {
  const configFile = join(folder, CONFIG_FILE);
  const socket = join(folder, 'control.sock');
  const logFile = join(folder, 'meshpayd.log');
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();
  let isWanted = false;

  const ended = (): Failure =>
    failure(
      'lab_failed',
      { field: name, expected: 'meshpayd to run', found: 'that it ended by itself' },
      ...lastLines(logFile, 5),
      `Its log: ${logFile}`,
    );

  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    isWanted = false;
    child?.kill(signal);
    const hard = setTimeout(() => child?.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(hard);
  };

  return {
    name,
    folder,
    configFile,
    socket,
    get pid() {
      return child?.pid;
    },
    start: () => {
      if (child !== undefined) return;
      const log = openSync(logFile, 'a', 0o600);
      const args = [...V8_FLAGS, '--import', LEASH, MESHPAYD, '--config', configFile];
      // A session of its own: Ctrl-C in the terminal reaches the lab alone, which stops the daemons.
      const started = spawn(process.execPath, args, { stdio: ['pipe', log, log], detached: true });
      closeSync(log);
      started.stdin?.on('error', () => undefined);
      child = started;
      isWanted = true;
      gone = new Promise((resolve) => {
        const over = (): void => {
          child = undefined;
          if (isWanted) onExit(ended());
          isWanted = false;
          resolve();
        };
        started.once('exit', over);
        started.once('error', over);
      });
    },
    status: () => askControl(socket, 'status'),
    until: async (isDone, what, withinMs) => {
      const begun = performance.now();
      for (;;) {
        const status = await askControl(socket, 'status').catch(() => undefined);
        const passedMs = performance.now() - begun;
        if (status !== undefined && isDone(status)) return passedMs;
        if (child === undefined) throw ended();
        if (passedMs > withinMs) {
          const found = status === undefined ? 'no answer' : `state ${status.state}`;
          throw failure(
            'lab_failed',
            { field: name, expected: `${what} within ${duration(withinMs)}`, found },
            `Its log: ${logFile}`,
          );
        }
        await pause(POLL_MS);
      }
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

function lastLines(file: string, count: number): readonly string[] {
  const log = readEnd(file, MAX_TOLD_BYTES);
  return log.ok ? log.bytes.toString('utf8').trimEnd().split('\n').slice(-count) : [];
}
