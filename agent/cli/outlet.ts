/**
 * Where the process writes: a stream whose reader may go away (`meshpay events | head`, a log over
 * ssh) or whose disk may be full.
 *
 * Safety: what a command did, and so its exit status, never follows from who reads it. After the
 * first error nothing more is written, and the command goes on to its own end. That its reader is
 * gone is no fault; `flushed` says when a result could not be written.
 */
import type { Sink } from './terminal.ts';

export interface Outlet extends Sink {
  /** Aborted when nobody can read any more what is written. */
  readonly lost: AbortSignal;
  /** Resolves when all that was written is taken: with the error that kept it back, if one did. */
  flushed(): Promise<Error | undefined>;
}

/** What of a stream of the process is needed. */
export interface OutStream {
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** An outlet over a stream of the process. From now on no error of the stream is thrown. */
export function createOutlet(stream: OutStream): Outlet {
  const lost = new AbortController();
  let fault: Error | undefined;
  let pending = 0;
  let waiting: (() => void)[] = [];
  const fail = (error: Error): void => {
    if (lost.signal.aborted) return;
    if (!isReaderGone(error, stream)) fault = error;
    lost.abort();
  };
  stream.on('error', fail);
  return {
    lost: lost.signal,
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 0;
    },
    get rows() {
      return stream.rows ?? 0;
    },
    write: (text) => {
      if (lost.signal.aborted) return;
      pending += 1;
      stream.write(text, (error) => {
        pending -= 1;
        if (error !== undefined && error !== null) fail(error);
        if (pending > 0) return;
        for (const resolve of waiting) resolve();
        waiting = [];
      });
    },
    flushed: async () => {
      if (pending > 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return fault;
    },
  };
}

/** A closed pipe or connection, or a terminal that was hung up. */
function isReaderGone(error: Error, stream: OutStream): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ECONNRESET' || (code === 'EIO' && stream.isTTY === true);
}
