/** Waiting: for a moment, for Ctrl-C, for the next thing that happens at a session. */

/** A wait ends at the latest after so long, whatever it waits for: setTimeout takes no more than 2^31. */
const LONGEST_MS = 3_600_000;

/** Resolves after some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** How long it is until the first of these moments of performance.now(). */
export function leftUntil(...momentsMs: readonly number[]): number {
  return Math.min(...momentsMs) - performance.now();
}

/**
 * Rings when something has happened that a loop may wait for, and breaks once when it cannot go on.
 * Who waits is taken off when woken. A race against a promise that never settles would keep something
 * of each turn of a loop for good.
 */
export class Bell {
  readonly #waiting = new Set<() => void>();
  #fault: { readonly error: unknown } | undefined;

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Wakes everybody who waits. */
  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** From now on, who waits fails with this error. Only the first one counts. */
  break(error: unknown): void {
    this.#fault ??= { error };
    this.ring();
  }

  /** Resolves at the next ring, when aborted, or after `mostMs`. Rejects once this is broken. */
  next(mostMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        if (this.#fault === undefined) resolve();
        else reject(this.#fault.error);
      };
      const timer = setTimeout(wake, Math.max(0, Math.min(mostMs, LONGEST_MS)));
      if (this.#fault !== undefined || signal?.aborted === true) return wake();
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Resolves after so long, however often it rings. Rejects once this is broken. */
  async rest(ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (let left = ms; left > 0; left = until - performance.now()) await this.next(left);
  }

  /** What the work comes to, unless this breaks before. */
  during<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.#fault === undefined) return;
        this.#waiting.delete(look);
        reject(this.#fault.error);
      };
      this.#waiting.add(look);
      work.then(resolve, reject).finally(() => this.#waiting.delete(look));
      look();
    });
  }
}
