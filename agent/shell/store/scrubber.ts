/**
 * Runs the scrub (scrub.ts) beside all other work: a slice at a time, and a rest after each that is
 * longer than it took, so that it never takes more than a fifth of the processor. After a whole
 * pass it waits for days.
 */

import { type Damage, StoreDamaged } from './damage.ts';
import { SCRUB_EVERY_MS, SCRUB_REST_FACTOR, SCRUB_SLICE_RECORDS } from './limits.ts';
import type { Store } from './store.ts';

export interface Scrubber {
  /** Resolves when no slice is under way, and none begins any more. */
  stop(): Promise<void>;
}

/** Called at most once, either of them; then the scrub has ended. */
export interface ScrubWatch {
  /** Something is wrong with the store; it will be damaged at the next start as well. */
  readonly onDamage: (damage: readonly Damage[]) => void;
  /** The store cannot be read. */
  readonly onError: (error: unknown) => void;
}

export function startScrub(store: Pick<Store, 'scrub'>, watch: ScrubWatch): Scrubber {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();

  const slice = async (): Promise<void> => {
    const begun = performance.now();
    try {
      const step = await store.scrub(SCRUB_SLICE_RECORDS);
      if (typeof step !== 'string') watch.onDamage(step);
      else if (step === 'whole') after(SCRUB_EVERY_MS);
      else after(1 + SCRUB_REST_FACTOR * (performance.now() - begun));
    } catch (error) {
      if (error instanceof StoreDamaged) watch.onDamage([error.damage]);
      else watch.onError(error);
    }
  };
  const after = (ms: number): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      underWay = slice();
    }, ms).unref();
  };

  after(0);
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
