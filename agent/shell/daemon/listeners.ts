/** Those inside the daemon who wait for a notice of the core: a control request, say. */
import type { Notice } from '../../core/notice.ts';

export interface Listeners {
  tell(notice: Notice): void;
  /** Hears all notices until the returned function is called. */
  hear(listener: (notice: Notice) => void): () => void;
}

export function createListeners(): Listeners {
  const listeners = new Set<(notice: Notice) => void>();
  return {
    tell(notice) {
      for (const listener of listeners) listener(notice);
    },
    hear(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
