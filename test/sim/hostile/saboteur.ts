/** A relay that looks like any other and loses what it should pass on: some of it, or all. */
import type { Event, Read, Stamp, Step } from '../../../agent/core/io.ts';
import type { Prng } from '../prng.ts';
import type { Actor } from '../process.ts';

export class Saboteur implements Actor {
  readonly #inner: Actor;
  readonly #prng: Prng;
  readonly #withhold: number;

  /** `withhold`: the share of a thousand that it loses. */
  constructor(inner: Actor, prng: Prng, withhold: number) {
    this.#inner = inner;
    this.#prng = prng;
    this.#withhold = withhold;
  }

  step(event: Event, stamp: Stamp, read: Read): Step {
    const step = this.#inner.step(event, stamp, read);
    return { ...step, sends: step.sends.filter(() => !this.#prng.perMille(this.#withhold)) };
  }
}
