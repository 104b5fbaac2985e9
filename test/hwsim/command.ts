/** Runs one program of the host to its end, within a time and an amount of output. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterPatience } from '../support/patience.ts';

export interface Finished {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it is not ok, in one line; empty when it is. */
  readonly reason: string;
}

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** The programs of administrators are searched too: a user's PATH often leaves them out. */
export const SEARCH_PATH = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
].filter((folder, i, all) => folder !== '' && all.indexOf(folder) === i);

/** The full path of a program, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  for (const folder of SEARCH_PATH) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Never rejects: a program that is missing, fails or takes too long is not `ok`, with a reason. */
export function run(
  argv: readonly string[],
  options: { readonly timeoutMs: number; readonly cwd?: string },
): Promise<Finished> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      cwd: options.cwd,
      env: {
        ...process.env,
        PATH: SEARCH_PATH.join(delimiter),
        LC_ALL: 'C',
        DEBIAN_FRONTEND: 'noninteractive',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out = collect(child.stdout);
    const err = collect(child.stderr);
    let timedOut = false;
    const callOff = afterPatience(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs);
    const finish = (ok: boolean, why: string): void => {
      callOff();
      const detail = lastLine(err()) || lastLine(out());
      const reason = ok ? '' : `${argv.slice(0, 3).join(' ')}: ${why}${detail && `: ${detail}`}`;
      resolve({ ok, stdout: out(), stderr: err(), reason });
    };
    child.on('error', (error) => finish(false, error.message));
    child.on('close', (code, signal) => {
      if (timedOut) finish(false, `not done after ${options.timeoutMs / 1000} s`);
      else finish(code === 0, signal === null ? `exit code ${code}` : `ended by ${signal}`);
    });
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes < MAX_OUTPUT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
