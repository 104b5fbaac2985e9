/**
 * A sign without a terminal: an LED of the machine.
 *
 *   no_mesh     a short flash every two seconds: no neighbour is heard
 *   no_quorum   even blinking: neighbours are heard, and too few authorities can be reached
 *   quorum      steady: a payment could be certified from here
 *
 * Dark means that this program does not run. meshpay-radio shows it, because sysfs takes words from
 * root alone and the node has no right at all; what the node knows better, it is asked. Blinking is
 * made here and not by a trigger of the kernel, which many machines lack.
 */
import type { Fault, Result } from '../../platform/fault.ts';

export type SignState = 'no_mesh' | 'no_quorum' | 'quorum';

/** From one look to the next; a pattern is counted in these. */
const LOOK_MS = 500;
/** Looks between two questions to the node. */
const ASK_LOOKS = 4;

export interface SignParts {
  readonly led: {
    light(isLit: boolean): Result<undefined>;
    giveBack(): Result<undefined>;
  };
  /** Whether a neighbour is heard on a mesh that is up. */
  readonly hearsNeighbours: () => boolean;
  readonly hasQuorum: () => Promise<boolean>;
  /**
   * Called when switching it fails in another way than before, and with undefined when it works.
   */
  readonly onFault: (fault: Fault | undefined) => void;
}

export class SignLamp {
  readonly #parts: SignParts;
  #looks = 0;
  #quorum = false;
  #asking: Promise<void> | undefined;
  #fault = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SignParts) {
    this.#parts = parts;
  }

  get state(): SignState {
    if (this.#quorum) return 'quorum';
    return this.#parts.hearsNeighbours() ? 'no_quorum' : 'no_mesh';
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** One step of the pattern. The node is asked now and then, and never twice at once. */
  look(): void {
    if (this.#looks % ASK_LOOKS === 0) this.#ask();
    this.#told(this.#parts.led.light(isLit(this.state, this.#looks)));
    this.#looks += 1;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#told(this.#parts.led.giveBack());
  }

  #ask(): void {
    this.#asking ??= this.#parts
      .hasQuorum()
      .then(
        (isThere) => {
          this.#quorum = isThere;
        },
        () => {
          this.#quorum = false;
        },
      )
      .finally(() => {
        this.#asking = undefined;
      });
  }

  #told(result: Result<undefined>): void {
    const words = result.ok ? '' : result.fault.found;
    if (words === this.#fault) return;
    this.#fault = words;
    this.#parts.onFault(result.ok ? undefined : result.fault);
  }
}

/** Whether it is lit at a look. */
export function isLit(state: SignState, look: number): boolean {
  switch (state) {
    case 'no_mesh':
      return look % 4 === 0;
    case 'no_quorum':
      return look % 2 === 0;
    case 'quorum':
      return true;
  }
}
