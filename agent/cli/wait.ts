/** Waiting for a moment, and for Ctrl-C. */

/** Resolves after some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/**
 * What the work comes to; undefined if one of the signals is aborted before. Nothing is kept of a
 * wait that is over. Nobody hears what becomes of the work after that.
 */
export function unlessAborted<T>(
  work: Promise<T>,
  ...signals: readonly AbortSignal[]
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', stop);
    };
    const stop = (): void => {
      end();
      resolve(undefined);
    };
    for (const signal of signals) signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(end);
    if (signals.some(({ aborted }) => aborted)) stop();
  });
}

/** What the work comes to; undefined if it has not ended `graceMs` after the signal is aborted. */
export async function unlessStopped<T>(
  work: Promise<T>,
  signal: AbortSignal,
  graceMs: number,
): Promise<T | undefined> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    if (graceMs === 0) over.abort();
    else timer = setTimeout(() => over.abort(), graceMs);
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await unlessAborted(work, over.signal);
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
  }
}

/** Resolves when the first of the signals is aborted. */
export async function anyAborted(...signals: readonly AbortSignal[]): Promise<void> {
  await unlessAborted(new Promise<never>(() => undefined), ...signals);
}
