/**
 * Waiting at a session: for what a judge makes of it. Nobody looks again and again; whoever waits
 * is woken by all that happens there, and by the moments that it names itself.
 *
 * Safety: a wait keeps nothing once it is over. It is one entry in a set and one timer, however
 * often it is woken; a race against a promise that never settles would keep something of each turn.
 * Liveness: what happens between two judgements wakes; what comes to something before the session
 * breaks counts.
 */
import { type BrokenFault, brokenBy } from './fault.ts';

/** A wait judges at the latest after so long: setTimeout takes no more than 2^31. */
const LONGEST_MS = 3_600_000;

/** What can be waited at. */
export interface Waking {
  /**
   * Calls `woken` at all that happens, and `broken` once when nothing will any more; until ended.
   */
  watch(woken: () => void, broken: (error: unknown) => void): () => void;
}

/** What a wait depends on beside its session. */
export interface Deadlines {
  /** The next moment of performance.now() at which to judge, though nothing happens. */
  readonly nextMs?: () => number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Resolves with what `judge` makes of the session, as soon as that is not undefined. It is asked at
 * once, whenever something happened, at its deadlines, and when the signal is aborted; never in the
 * middle of what happens. If the session breaks first, the result is why.
 */
export function until<T>(
  session: Waking,
  judge: () => T | undefined,
  { nextMs = () => Infinity, signal }: Deadlines = {},
): Promise<T | BrokenFault> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let isDue = false;
    let isOver = false;
    let unwatch: (() => void) | undefined;
    const end = (settle: () => void): void => {
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      unwatch?.();
      settle();
    };
    const look = (): void => {
      isDue = false;
      if (isOver) return;
      try {
        const result = judge();
        if (result !== undefined) return end(() => resolve(result));
        clearTimeout(timer);
        const leftMs = nextMs() - performance.now();
        timer = setTimeout(look, Math.max(0, Math.min(leftMs, LONGEST_MS)));
      } catch (error) {
        end(() => reject(error));
      }
    };
    const wake = (): void => {
      if (!isDue) queueMicrotask(look);
      isDue = true;
    };
    const fail = (error: unknown): void => {
      look();
      if (isOver) return;
      try {
        const fault = brokenBy(error);
        end(() => resolve(fault));
      } catch {
        end(() => reject(error));
      }
    };
    signal?.addEventListener('abort', wake);
    unwatch = session.watch(wake, fail);
    if (isOver) unwatch();
    else look();
  });
}

/** Something that can be watched: watchers hear when it changes, and once when it breaks. */
export class Watchers implements Waking {
  readonly #watching = new Set<{ woken: () => void; broken: (error: unknown) => void }>();
  #fault: { readonly error: unknown } | undefined;

  /** How many watch now. */
  get count(): number {
    return this.#watching.size;
  }

  watch(woken: () => void, broken: (error: unknown) => void): () => void {
    const watcher = { woken, broken };
    this.#watching.add(watcher);
    if (this.#fault !== undefined) broken(this.#fault.error);
    return () => this.#watching.delete(watcher);
  }

  /** Something happened. */
  wake(): void {
    for (const { woken } of [...this.#watching]) woken();
  }

  /** Nothing will happen any more. Only the first time counts. */
  break(error: unknown): void {
    if (this.#fault !== undefined) return;
    this.#fault = { error };
    for (const { broken } of [...this.#watching]) broken(error);
  }
}

/** What the work comes to. Rejects with what broke `watched`, if that comes first. */
export function beside<T>(watched: Waking, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = watched.watch(() => undefined, reject);
    work.then(resolve, reject).finally(end);
  });
}
