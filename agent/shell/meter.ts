/**
 * What signatures cost: the functions that the core is given, counted. The loop charges a step's
 * share of it to the link that caused the step (event-queue.ts).
 */
import type { Sign, Verify } from '../core/base/crypto.ts';
import { CHECK_COST, SIGN_COST } from './limits.ts';

export interface Meter {
  readonly verify: Verify;
  readonly sign: Sign;
  /** Cost so far, in the units of limits.ts. */
  readonly spent: () => number;
}

/** Counts each call of these two functions. */
export function createMeter(functions: { readonly verify: Verify; readonly sign: Sign }): Meter {
  let spent = 0;
  return {
    verify(publicKey, message, signature) {
      spent += CHECK_COST;
      return functions.verify(publicKey, message, signature);
    },
    sign(message) {
      spent += SIGN_COST;
      return functions.sign(message);
    },
    spent: () => spent,
  };
}
