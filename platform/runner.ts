/**
 * The one place where this folder touches the host: processes and files. Tests put a recorded or a
 * simulated host in its place. Programs get an argument list and a fixed, small environment; output
 * and time are bounded.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { access, constants, readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { contentOf, type HostCommand, type WriteCommand } from './command.ts';
import { failure, fault, type Result, success } from './fault.ts';
import { editFile } from './file-editor.ts';
import { type FileReading, readEnd, readWhole } from './file-reader.ts';
import { replaceFile } from './file-writer.ts';
import {
  MAX_FILE_BYTES,
  MAX_LINE_BYTES,
  MAX_OUTPUT_BYTES,
  POLL_MS,
  RUN_TIMEOUT_MS,
  STOP_TIMEOUT_MS,
} from './limits.ts';
import type { Watch } from './radio.ts';

/** Clock ticks per second in /proc, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

export interface ProgramOutput {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Process {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly ageMs: number;
}

export interface Runner {
  /** Runs a program to its end. Faults: `tool_missing`; `command_failed` if it was killed. */
  output(argv: readonly [string, ...string[]]): Promise<Result<ProgramOutput>>;
  /** Runs a program that speaks for as long as it lives; `onEnd` comes once, also after close(). */
  follow(
    argv: readonly [string, ...string[]],
    onLine: (line: string) => void,
    onEnd: () => void,
  ): Watch;
  /** The bytes of a file, or undefined where there is none, it cannot be read, or is too long. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** The end of a file that grows: at most so many bytes. */
  readEnd(path: string, mostBytes: number): Promise<Uint8Array | undefined>;
  /** Names in a folder, sorted; empty where there is none. */
  list(path: string): Promise<readonly string[]>;
  /** Whether a file could be written there, its folders made where they are not yet. */
  isWritable(path: string): Promise<boolean>;
  process(pid: number): Promise<Process | undefined>;
  perform(command: HostCommand): Promise<Result<undefined>>;
}

export async function readText(runner: Runner, path: string): Promise<string | undefined> {
  const bytes = await runner.read(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** Performs commands in order and stops at the first that fails. */
export async function performAll(
  runner: Runner,
  commands: readonly HostCommand[],
): Promise<Result<undefined>> {
  for (const command of commands) {
    const result = await runner.perform(command);
    if (!result.ok) return result;
  }
  return success(undefined);
}

export class HostRunner implements Runner {
  output(argv: readonly [string, ...string[]]): Promise<Result<ProgramOutput>> {
    const [program, ...rest] = argv;
    const options = {
      env: ENVIRONMENT,
      timeout: RUN_TIMEOUT_MS,
      // One that does not heed SIGTERM would be waited for without an end.
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
    } as const;
    return new Promise((resolve) => {
      execFile(program, rest, options, (error, stdout, stderr) => {
        const status = error === null ? 0 : error.code;
        if (typeof status === 'number') return resolve(success({ status, stdout, stderr }));
        const missing = status === 'ENOENT';
        const code = missing ? 'tool_missing' : 'command_failed';
        const expected = missing ? 'the program' : `an end within ${RUN_TIMEOUT_MS} ms`;
        resolve(failure(fault(code, `command ${program}`, expected, error?.message ?? 'killed')));
      });
    });
  }

  follow(
    argv: readonly [string, ...string[]],
    onLine: (line: string) => void,
    onEnd: () => void,
  ): Watch {
    const [program, ...rest] = argv;
    const child = spawn(program, rest, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'ignore'] });
    let buffered = '';
    let ended = false;
    const end = () => {
      if (!ended) onEnd();
      ended = true;
    };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (buffered + chunk).split('\n');
      buffered = (lines.pop() ?? '').slice(-MAX_LINE_BYTES);
      for (const line of lines) onLine(line);
    });
    child.on('error', end).on('close', end);
    return { close: () => child.kill() };
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return bytesOf(readWhole(path, MAX_FILE_BYTES));
  }

  async readEnd(path: string, mostBytes: number): Promise<Uint8Array | undefined> {
    return bytesOf(readEnd(path, mostBytes));
  }

  async list(path: string): Promise<readonly string[]> {
    return (await readdir(path).catch(() => [])).sort();
  }

  async isWritable(path: string): Promise<boolean> {
    for (let place = path; ; place = dirname(place)) {
      const why = await access(place, constants.W_OK).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error.code,
      );
      if (why === undefined) return true;
      if (why !== 'ENOENT' || place === dirname(place)) return false;
    }
  }

  async process(pid: number): Promise<Process | undefined> {
    const [commandLine, stat, uptime] = await Promise.all([
      readText(this, `/proc/${pid}/cmdline`),
      readText(this, `/proc/${pid}/stat`),
      readText(this, '/proc/uptime'),
    ]);
    // Field 3 is the state and field 22 the start time; the name in field 2 may contain anything.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (commandLine === undefined || fields === undefined || fields[0] === 'Z') return undefined;
    const startSeconds = Number(fields[19]) / TICKS_PER_SECOND;
    const ageMs = Math.max(0, (Number.parseFloat(uptime ?? '0') - startSeconds) * 1000);
    return { pid, argv: commandLine.split('\0').slice(0, -1), ageMs };
  }

  perform(command: HostCommand): Promise<Result<undefined>> {
    switch (command.kind) {
      case 'run':
        return this.#run(command.argv);
      case 'write':
        return file(command.path, async () => write(command));
      case 'remove':
        return file(command.path, () => rm(command.path, { force: true, recursive: true }));
      case 'stop':
        return this.#stop(command.pid, command.argument);
      case 'await':
        return this.#await(command.path, command.content, command.timeoutMs);
    }
  }

  async #run(argv: readonly [string, ...string[]]): Promise<Result<undefined>> {
    const output = await this.output(argv);
    if (!output.ok) return output;
    const { status, stdout, stderr } = output.value;
    if (status === 0) return success(undefined);
    const words = (stderr.trim() || stdout.trim()).slice(0, 200);
    const found = `exit ${status}: ${words}`;
    return failure(fault('command_failed', `command ${argv.join(' ')}`, 'exit 0', found));
  }

  async #stop(pid: number, argument: string): Promise<Result<undefined>> {
    const alive = async () => (await this.process(pid))?.argv.includes(argument) === true;
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      for (let waitedMs = 0; waitedMs < STOP_TIMEOUT_MS; waitedMs += POLL_MS) {
        if (!(await alive())) return success(undefined);
        if (waitedMs === 0) kill(pid, signal);
        await sleep(POLL_MS);
      }
    }
    const expected = `its end within ${2 * STOP_TIMEOUT_MS} ms`;
    return failure(fault('command_failed', `process ${pid}`, expected, 'still running'));
  }

  async #await(path: string, content: string, timeoutMs: number): Promise<Result<undefined>> {
    let found: string | undefined;
    for (let waitedMs = 0; waitedMs <= timeoutMs; waitedMs += POLL_MS) {
      found = (await readText(this, path))?.trim();
      if (found === content) return success(undefined);
      await sleep(POLL_MS);
    }
    const expected = `${content} within ${timeoutMs} ms`;
    return failure(fault('mesh_not_up', path, expected, found ?? 'nothing'));
  }
}

function bytesOf(reading: FileReading): Uint8Array | undefined {
  return reading.ok ? reading.bytes : undefined;
}

function kill(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in between, or is not ours to end; the caller looks again.
  }
}

/**
 * A file of somebody else's that is there is edited; any other is put in the place of the old one.
 */
function write(command: WriteCommand): void {
  const { path, mode, foreign } = command;
  const content = contentOf(command);
  if (foreign === true && existsSync(path)) return editFile(path, content);
  mkdirSync(dirname(path), { recursive: true });
  replaceFile(path, content, mode);
}

async function file(path: string, action: () => Promise<unknown>): Promise<Result<undefined>> {
  try {
    await action();
    return success(undefined);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return failure(fault('file_failed', path, 'success', found));
  }
}
