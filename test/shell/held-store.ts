/** A real store whose commits wait, or fail, when the test says so. */
import type { Write } from '../../agent/core/io.ts';
import { openStore } from '../../agent/shell/store/open.ts';
import type { Store } from '../../agent/shell/store/store.ts';

export interface HeldStore extends Store {
  /** From now on a commit waits. */
  hold(): void;
  /** Commits that wait now. */
  readonly waiting: number;
  /** The commit that waits goes on, or fails; later ones go on by themselves. */
  release(error?: Error): void;
  readonly isClosed: boolean;
}

export async function openHeldStore(folder: string): Promise<HeldStore> {
  const opened = await openStore({ folder, allowVolatile: true });
  if (!('store' in opened)) throw new Error(`the store is ${opened.state}`);
  return held(opened.store);
}

function held(store: Store): HeldStore {
  let isHeld = false;
  let isClosed = false;
  const waiting: ((error?: Error) => void)[] = [];
  return {
    get: (key) => store.get(key),
    records: () => store.records(),
    statistics: () => store.statistics(),
    scrub: (records) => store.scrub(records),
    commit: (writes: readonly Write[]) =>
      isHeld
        ? new Promise((resolve, reject) => {
            waiting.push((error) => {
              if (error === undefined) resolve(store.commit(writes));
              else reject(error);
            });
          })
        : store.commit(writes),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await store.close();
    },
    hold() {
      isHeld = true;
    },
    get waiting() {
      return waiting.length;
    },
    release(error) {
      isHeld = false;
      for (const go of waiting.splice(0)) go(error);
    },
    get isClosed() {
      return isClosed;
    },
  };
}
