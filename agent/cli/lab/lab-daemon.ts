/**
 * One real `meshpayd` process of a lab: started on a leash (leash.ts), watched over its control
 * socket, killed and started again. Its log goes to a file in the node's folder.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { readEnd } from '../../../platform/file-reader.ts';
import type { StatusView } from '../../shell/control/api.ts';
import { askControl } from '../../shell/control/client.ts';
import { type Failure, failure } from '../failure.ts';
import { CONFIG_FILE } from '../network/write.ts';
import { duration } from '../render/text.ts';
import { pause } from '../wait.ts';
import { builtFile, builtUrl } from './built.ts';

/** The daemon in one file, as routers have it. */
export const MESHPAYD = builtFile('bundle/meshpayd.mjs');
const LEASH = builtUrl('agent/cli/lab/leash.js');
/** As on a router: little memory for the young generation, and not much for the old one. */
const V8_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=48', '--optimize-for-size'];
/** Of a log, to show its last lines. */
const MAX_TOLD_BYTES = 65_536;
const POLL_MS = 25;
const STOP_WITHIN_MS = 8_000;

export class LabDaemon {
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  readonly socket: string;
  readonly #logFile: string;
  readonly #onExit: (failed: Failure) => void;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #isWanted = false;

  /** `onExit` is called when the process ends though nobody here wanted it to. */
  constructor(name: string, folder: string, onExit: (failed: Failure) => void) {
    this.name = name;
    this.folder = folder;
    this.configFile = join(folder, CONFIG_FILE);
    this.socket = join(folder, 'control.sock');
    this.#logFile = join(folder, 'meshpayd.log');
    this.#onExit = onExit;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the process, with another configuration than its own if one is named; a running one is
   * left as it is.
   */
  start(configFile = this.configFile): void {
    if (this.#child !== undefined) return;
    const log = openSync(this.#logFile, 'a', 0o600);
    const args = [...V8_FLAGS, '--import', LEASH, MESHPAYD, '--config', configFile];
    // A session of its own: Ctrl-C in the terminal reaches the lab alone, which stops the daemons.
    const started = spawn(process.execPath, args, { stdio: ['pipe', log, log], detached: true });
    closeSync(log);
    started.stdin?.on('error', () => undefined);
    this.#child = started;
    this.#isWanted = true;
    this.#gone = new Promise((resolve) => {
      const over = (): void => {
        this.#child = undefined;
        if (this.#isWanted) this.#onExit(this.#ended());
        this.#isWanted = false;
        resolve();
      };
      started.once('exit', over);
      started.once('error', over);
    });
  }

  /** What the daemon says of itself. Rejects while it does not answer. */
  status(): Promise<StatusView> {
    return askControl(this.socket, 'status');
  }

  /** Resolves with how long it took until `isDone` holds; rejects if the process ends before. */
  async until(
    isDone: (status: StatusView) => boolean,
    what: string,
    withinMs: number,
  ): Promise<number> {
    const begun = performance.now();
    for (;;) {
      const status = await this.status().catch(() => undefined);
      const passedMs = performance.now() - begun;
      if (status !== undefined && isDone(status)) return passedMs;
      if (this.#child === undefined) throw this.#ended();
      if (passedMs > withinMs) {
        const found = status === undefined ? 'no answer' : `state ${status.state}`;
        throw this.#failed(`${what} within ${duration(withinMs)}`, found);
      }
      await pause(POLL_MS);
    }
  }

  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Stops it in order; after some seconds, by force. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#isWanted = false;
    this.#child?.kill(signal);
    const hard = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.#gone;
    clearTimeout(hard);
  }

  #ended(): Failure {
    const last = lastLines(this.#logFile, 5);
    return this.#failed('meshpayd to run', 'that it ended by itself', last);
  }

  #failed(expected: string, found: string, lines: readonly string[] = []): Failure {
    const field = this.name;
    return failure('lab_failed', { field, expected, found }, ...lines, `Its log: ${this.#logFile}`);
  }
}

function lastLines(file: string, count: number): readonly string[] {
  const log = readEnd(file, MAX_TOLD_BYTES);
  return log.ok ? log.bytes.toString('utf8').trimEnd().split('\n').slice(-count) : [];
}
