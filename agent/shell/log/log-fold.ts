/**
 * Folding of repeated messages: the first one is written, the same again within a window is only
 * counted, and at the end of the window one line says how often. Keeps a hostile peer, or a broken
 * disk, from filling the log. Time is an argument.
 */

/** A message that was held back `count` times; `last` is the latest of them. */
export interface Folded<T> {
  readonly key: string;
  readonly count: number;
  readonly last: T;
}

export interface Folder<T> {
  /** Whether to write this message now; otherwise it is counted. */
  take(key: string, message: T, nowMs: number): boolean;
  /** Ends the windows that are over by `nowMs`, all of them at Infinity. */
  flush(nowMs: number): readonly Folded<T>[];
}

/** Folds for `windowMs` each of at most `mostKeys` different messages; the rest is written. */
export function createFolder<T>(windowMs: number, mostKeys: number): Folder<T> {
  const windows = new Map<string, { readonly endMs: number; count: number; last: T }>();
  return {
    take(key, message, nowMs) {
      const window = windows.get(key);
      // A window that is over stays until it has told its count.
      if (window !== undefined && (nowMs < window.endMs || window.count > 0)) {
        window.count++;
        window.last = message;
        return false;
      }
      if (window !== undefined || windows.size < mostKeys) {
        windows.set(key, { endMs: nowMs + windowMs, count: 0, last: message });
      }
      return true;
    },
    flush(nowMs) {
      const over = [...windows].filter(([, { endMs }]) => endMs <= nowMs);
      for (const [key] of over) windows.delete(key);
      return over
        .filter(([, { count }]) => count > 0)
        .map(([key, { count, last }]) => ({ key, count, last }));
    },
  };
}
