/**
 * Programs in the namespaces: short ones run to their end, long ones kept under a name with their
 * output going straight to a file, so that talkative programs cost the runner nothing. Each gets a
 * process group of its own, and signals go to the whole group.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ExecRequest,
  type ExecResult,
  type ExitResult,
  GUEST_ROOT,
  type GuestLine,
  type LineResult,
  MAX_LOG_BYTES,
  MAX_OUTPUT_BYTES,
  type Place,
  type SpawnRequest,
  type Tail,
} from '../protocol.ts';
import { GuestError } from './errors.ts';
import { namespaceOf } from './radios.ts';

const LOG_FOLDER = `${GUEST_ROOT}/log`;
const LINE_POLL_MS = 50;
const TAIL_BYTES = 64 * 1024;
/** One look at a log for `line`; a longer line than this is never matched. */
const LINE_WINDOW_BYTES = 256 * 1024;

interface Program {
  readonly child: ChildProcess;
  readonly log: string;
  readonly exited: Promise<void>;
  exit: ExitResult;
}

export class Programs {
  readonly #send: (line: GuestLine) => void;
  readonly #programs = new Map<string, Program>();

  constructor(send: (line: GuestLine) => void) {
    this.#send = send;
    mkdirSync(LOG_FOLDER, { recursive: true });
    setInterval(() => this.#boundLogs(), 5_000).unref();
  }

  /** Runs a program to its end or its timeout (SIGKILL to its group). */
  exec(request: ExecRequest): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      const [program = '', ...rest] = inPlace(request.place, request.argv);
      const child = spawn(program, rest, {
        cwd: request.cwd,
        env: { ...process.env, ...request.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      const out = collect(child.stdout);
      const err = collect(child.stderr);
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        signalGroup(child, 'SIGKILL');
      }, request.timeoutMs);
      child.stdin.on('error', () => undefined);
      child.stdin.end(request.stdin ?? '');
      child.on('error', (error) => {
        clearTimeout(timer);
        reject(new GuestError('CANNOT_RUN', error.message));
      });
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        resolve({
          code: code ?? undefined,
          signal: signal ?? undefined,
          timedOut,
          truncated: out.truncated() || err.truncated(),
          stdout: out.text(),
          stderr: err.text(),
        });
      });
    });
  }

  spawn(request: SpawnRequest): { pid: number } {
    const { name } = request;
    if (!/^[\w.-]{1,64}$/.test(name)) throw new GuestError('BAD_NAME', `log name "${name}"`);
    if (this.#programs.get(name)?.exit.running === true) {
      throw new GuestError('NAME_TAKEN', `${name} is still running`);
    }
    const log = `${LOG_FOLDER}/${name}.log`;
    const { terminal, piped = false } = request;
    const argv = inPlace(request.place, request.argv);
    const [program = '', ...rest] = terminal === undefined ? argv : withTerminal(argv, terminal);
    const file = openSync(log, 'a', 0o600);
    const child = spawn(program, rest, {
      cwd: request.cwd,
      env: { ...process.env, ...request.env },
      stdio:
        terminal !== undefined
          ? ['pipe', 'pipe', 'pipe']
          : piped
            ? ['pipe', 'pipe', file]
            : ['ignore', file, file],
      detached: true,
    });
    closeSync(file);
    const forward = (chunk: Buffer): void =>
      this.#send({ event: 'output', name, base64: chunk.toString('base64') });
    child.stdout?.on('data', forward);
    child.stderr?.on('data', forward);
    child.stdin?.on('error', () => undefined);
    const exited = new Promise<void>((resolve) => {
      const end = (code: number | undefined, signal: string | undefined): void => {
        entry.exit = { running: false, code, signal };
        this.#send({ event: 'exit', name, exit: entry.exit });
        resolve();
      };
      child.on('error', (error) => end(undefined, error.message));
      child.on('close', (code, signal) => end(code ?? undefined, signal ?? undefined));
    });
    const exit: ExitResult = { running: true, code: undefined, signal: undefined };
    const entry: Program = { child, log, exited, exit };
    this.#programs.set(name, entry);
    return { pid: child.pid ?? -1 };
  }

  async wait(name: string, timeoutMs: number): Promise<ExitResult> {
    const program = this.#named(name);
    await Promise.race([program.exited, sleep(timeoutMs, undefined, { ref: false })]);
    return program.exit;
  }

  /** A program that has already ended is left alone. */
  kill(name: string, signal: string): void {
    const program = this.#named(name);
    if (program.exit.running) signalGroup(program.child, signal as NodeJS.Signals);
  }

  input(name: string, bytes: Buffer): void {
    this.#named(name).child.stdin?.write(bytes);
  }

  /** Waits for a whole line of the log, from `offset` on, that matches. */
  async line(
    name: string,
    pattern: RegExp,
    offset: number,
    timeoutMs: number,
  ): Promise<LineResult> {
    const program = this.#named(name);
    const deadline = performance.now() + timeoutMs;
    let from = offset;
    for (;;) {
      const running = program.exit.running;
      const found = nextMatch(program.log, pattern, from);
      if (found.line !== undefined) return found;
      from = found.offset;
      if (!running || performance.now() > deadline) return { line: undefined, offset: from };
      await sleep(LINE_POLL_MS);
    }
  }

  tails(lines: number): Tail[] {
    return [...this.#programs].map(([name, { log, exit }]) => ({
      name,
      running: exit.running,
      ended: exit.running ? '' : (exit.signal ?? `exit code ${exit.code}`),
      lines: tailOf(log).split('\n').filter(Boolean).slice(-lines),
    }));
  }

  /** SIGTERM to all, SIGKILL to what is left after `graceMs`. */
  async stopAll(graceMs: number): Promise<void> {
    const running = [...this.#programs.values()].filter((program) => program.exit.running);
    for (const { child } of running) signalGroup(child, 'SIGTERM');
    await Promise.race([Promise.all(running.map((program) => program.exited)), sleep(graceMs)]);
    for (const { child, exit } of running) if (exit.running) signalGroup(child, 'SIGKILL');
  }

  #named(name: string): Program {
    const program = this.#programs.get(name);
    if (program === undefined) throw new GuestError('NO_PROGRAM', `no program named ${name}`);
    return program;
  }

  #boundLogs(): void {
    for (const { log } of this.#programs.values()) {
      if (existsSync(log) && statSync(log).size > MAX_LOG_BYTES) truncateSync(log, 0);
    }
  }
}

function inPlace(place: Place, argv: readonly string[]): string[] {
  return place < 0 ? [...argv] : ['ip', 'netns', 'exec', namespaceOf(place), ...argv];
}

/** util-linux's `script` is the one program of a base system that makes a terminal. */
function withTerminal(
  argv: readonly string[],
  size: { readonly rows: number; readonly columns: number },
): string[] {
  const command = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const inner = `stty rows ${size.rows} cols ${size.columns}; exec ${command}`;
  return ['script', '-q', '-e', '-c', inner, '/dev/null'];
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // The group has ended in the meantime.
  }
}

function nextMatch(log: string, pattern: RegExp, offset: number): LineResult {
  const { size } = statSync(log);
  if (size === offset) return { line: undefined, offset };
  const file = openSync(log, 'r');
  try {
    // A log that was emptied starts again from its beginning.
    const from = size < offset ? 0 : offset;
    const buffer = Buffer.alloc(LINE_WINDOW_BYTES);
    const bytes = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from));
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(0x0a, start);
      if (end < 0) break;
      const line = bytes.toString('utf8', start, end);
      start = end + 1;
      if (pattern.test(line)) return { line, offset: from + start };
    }
    const skipped = start === 0 && bytes.length === LINE_WINDOW_BYTES ? bytes.length : start;
    return { line: undefined, offset: from + skipped };
  } finally {
    closeSync(file);
  }
}

function tailOf(log: string): string {
  const file = openSync(log, 'r');
  try {
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    return buffer.toString(
      'utf8',
      0,
      readSync(file, buffer, 0, buffer.length, size - buffer.length),
    );
  } finally {
    closeSync(file);
  }
}

function collect(stream: NodeJS.ReadableStream): { text(): string; truncated(): boolean } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes < MAX_OUTPUT_BYTES) chunks.push(chunk.subarray(0, MAX_OUTPUT_BYTES - bytes));
    bytes += chunk.length;
  });
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    truncated: () => bytes > MAX_OUTPUT_BYTES,
  };
}
