/**
 * How many packets get lost. Packets are numbered, so the receiver sees the gaps and tells the
 * sender its average. What the sender does with it: where most packets are lost, it says things
 * more than once without waiting, because a payment is mostly a single packet each way, and one
 * that arrives at once is worth more than the airtime of two small ones that do not.
 */

/** The average forgets with a weight of a 32nd; at first it learns faster. */
const SLOWEST = 32;
const FIRST = 8;
const MAX_GAP = 64;

export interface LossMeter {
  /** A packet of this number came. True if it is the latest so far. */
  came(count: number): boolean;
  /** 0 to 255. */
  share(): number;
}

export function createLossMeter(): LossMeter {
  // Numbers begin with 0, so a first packet of a higher one tells of those before it.
  let last = -1;
  let average = 0;
  let seen = FIRST;

  function learn(missing: boolean): void {
    average += ((missing ? 1 : 0) - average) / seen;
    seen = Math.min(SLOWEST, seen + 1);
  }

  return {
    came(count) {
      const ahead = (count - last) & 0xffff;
      if (ahead === 0 || ahead >= 0x8000) return false;
      for (let missing = Math.min(ahead, MAX_GAP) - 1; missing > 0; missing--) learn(true);
      learn(false);
      last = count;
      return true;
    },
    share: () => Math.round(average * 255),
  };
}

/**
 * How often to send what matters, for a loss of so many in 255 and so many repeats in vain. After
 * very many the other side is more likely dead than unlucky.
 */
export function copiesFor(loss: number, vain: number): number {
  if (vain > 24) return 1;
  if (loss > 0.6 * 255 || vain > 6) return 3;
  return loss > 0.12 * 255 || vain > 3 ? 2 : 1;
}
