/**
 * Where the lines of a log go: a file, a terminal, a pipe or a socket, any of which may fail or
 * have a reader that does not read.
 *
 * Safety: no call here waits for a reader (what could make a write wait is opened so that it does
 * not), the lines that wait are bounded, and a line that was begun is finished before another
 * begins. An error costs lines and nothing else: they are counted, and the count is reported.
 * Liveness: what waits is tried again until it is written, so a disk that has room again, or a
 * reader that goes on, is enough; whoever ends waits for the log a bounded number of times.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import {
  LOG_FLUSH_TRIES,
  LOG_FLUSH_WAIT_MS,
  LOG_RETRY_MS,
  MAX_UNWRITTEN_LOG_BYTES,
} from './limits.ts';

/** How it stands with the writing of lines. */
export interface LogHealth {
  /** Lines that were lost since the start. */
  readonly lost: number;
  /** Why lines wait now: the system's code, or that nobody reads; null: none wait. */
  readonly fault: string | null;
}

/** Where lines go; in production standard output. */
export interface LogOutput {
  write(line: string): void;
  /** Writes what waits, as far as it goes in a moment. */
  flushSync?(): void;
  readonly health?: LogHealth;
  /** Told how many lines were lost, when lines are written again. */
  onRecovered?: ((lost: number) => void) | undefined;
}

/** What is said of a reader that does not read; the system's word for it says nothing to people. */
export const NOBODY_READS = 'its reader does not read';

/** Writes some of the bytes and says how many; throws what the system says. Never waits. */
export type WriteSome = (bytes: Uint8Array) => number;

/** Lines in order over something that may fail. */
export class LineWriter implements LogOutput {
  onRecovered: ((lost: number) => void) | undefined;
  readonly #writeSome: WriteSome;
  readonly #lines: Buffer[] = [];
  /** Bytes of the lines, and how many of the first one are written. */
  #bytes = 0;
  #written = 0;
  #lost = 0;
  #untold = 0;
  #fault: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(writeSome: WriteSome) {
    this.#writeSome = writeSome;
  }

  get health(): LogHealth {
    return { lost: this.#lost, fault: this.#fault };
  }

  write(text: string): void {
    const line = Buffer.from(text);
    if (this.#lines.length > 0 && this.#bytes + line.length > MAX_UNWRITTEN_LOG_BYTES) {
      this.#lost++;
      this.#untold++;
      return;
    }
    this.#lines.push(line);
    this.#bytes += line.length;
    // While lines wait, the timer tries: a full disk is not asked again for each line.
    if (this.#timer === undefined) this.#go();
  }

  flushSync(): void {
    for (let tries = 0; tries < LOG_FLUSH_TRIES; tries++) {
      this.#go();
      // A disk that is full now is full in a moment; a reader may be about to read.
      if (this.#fault !== NOBODY_READS) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOG_FLUSH_WAIT_MS);
    }
  }

  /** Writes until nothing waits or something is in the way; then it is tried again later. */
  #go(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#fault = this.#drain();
    if (this.#fault !== null) {
      this.#timer = setTimeout(() => this.#go(), LOG_RETRY_MS).unref();
      return;
    }
    const untold = this.#untold;
    this.#untold = 0;
    if (untold > 0) this.onRecovered?.(untold);
  }

  #drain(): string | null {
    for (;;) {
      const [first] = this.#lines;
      if (first === undefined) return null;
      try {
        const some = this.#writeSome(first.subarray(this.#written));
        if (some === 0) return NOBODY_READS;
        this.#written += some;
      } catch (error) {
        const { code = String(error) } = error as NodeJS.ErrnoException;
        return code === 'EAGAIN' ? NOBODY_READS : code;
      }
      if (this.#written < first.length) continue;
      this.#lines.shift();
      this.#bytes -= first.length;
      this.#written = 0;
    }
  }
}

/** Standard output, or standard error, for lines. */
export function standardOutput(descriptor: 1 | 2 = 1): LineWriter {
  const open = withoutWaiting(descriptor);
  return new LineWriter((bytes) => writeSync(open, bytes));
}

/** Kept for ever: the descriptor is closed with it. */
const held: Socket[] = [];

/**
 * The same place, as a descriptor on which a write never waits. Opened anew where that can be,
 * because the mode belongs to what is open, and other processes may have it open too.
 */
function withoutWaiting(descriptor: number): number {
  const found = fstatSync(descriptor);
  // A file, or a device without a reader, such as /dev/null.
  if (!isatty(descriptor) && !found.isFIFO() && !found.isSocket()) return descriptor;
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // A socket, or another user's pipe: Node makes it one that does not wait. A terminal of another
    // user stays as it is.
    if (isatty(descriptor)) return descriptor;
  }
  held.push(new Socket({ fd: descriptor, readable: false, writable: true }).on('error', () => {}));
  return descriptor;
}
