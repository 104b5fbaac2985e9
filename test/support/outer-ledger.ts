/**
 * An outer ledger for worlds without a shell: one for all gateways, with a fence, and people or
 * blocks that do what a test says. It answers the questions of the core at once, or as `answers`
 * says; it pays nothing twice, and whatever it is told to lie about, it lies about.
 */
import assert from 'node:assert/strict';
import { toHex } from '../../agent/core/base/bytes.ts';
import type { LedgerIndex } from '../../agent/core/base/units.ts';
import type {
  LedgerDeposit,
  LedgerError,
  LedgerState,
  LedgerStatus,
  Payout,
} from '../../agent/core/codec/payout.ts';
import {
  depositsAnswer,
  newsOf,
  payoutAnswer,
  questionIn,
} from '../../agent/core/gateway/doorway.ts';
import { checkSettlement } from '../../agent/core/gateway/settlement.ts';
import type { Answer, Ask } from '../../agent/core/io.ts';
import type { Place, World } from './world.ts';

interface Entry {
  readonly payout: Payout;
  state: LedgerState;
}

/** What becomes of a question: answered, or lost on one of the two ways, or refused. */
export type Fate = 'answered' | 'question lost' | 'answer lost' | 'refused' | 'held';

const LEDGER = 0 as LedgerIndex;

export class OuterLedger {
  /** By key; what was handed in once is never gone, only undone. */
  readonly entries = new Map<string, Entry>();
  readonly deposits: LedgerDeposit[] = [];
  /** How often each key was paid: never more than once, whatever anybody does. */
  readonly paid = new Map<string, number>();
  /** What becomes of a question of this place. */
  fate: (place: Place, ask: Ask) => Fate = () => 'answered';
  /** How many of the deposits a place sees. */
  shows: (place: Place) => number = () => this.deposits.length;
  /** Payouts are final as soon as they are there, as where nobody has to pay by hand. */
  paysAtOnce = false;
  readonly #world: World;
  #held: { readonly place: Place; readonly answer: Answer }[] = [];

  /** Stands behind all gateways of this world from now on. */
  constructor(world: World) {
    this.#world = world;
    const before = world.onStep;
    world.onStep = (place, event, step) => {
      before(place, event, step);
      for (const ask of step.asks) this.#ask(place, ask);
    };
  }

  /** The one payout; the test fails if there are others. */
  get only(): Entry {
    const [only, ...others] = this.entries.values();
    assert.ok(only !== undefined && others.length === 0, `${this.entries.size} payouts`);
    return only;
  }

  /** A payout becomes this, and all gateways hear that there is news. */
  become(entry: Entry, state: LedgerState): void {
    if (state === 'final') this.#pay(entry);
    entry.state = state;
    this.news();
  }

  payIn(deposit: LedgerDeposit): void {
    this.deposits.push(deposit);
    this.news();
  }

  news(): void {
    for (const place of this.#world.authorities) {
      if (place.up && place.setup.ledgers?.includes(LEDGER) === true) {
        this.#world.event(place, { kind: 'told', answer: newsOf(LEDGER) });
      }
    }
    this.#world.run();
  }

  /** Answers that were held come now, in the order of the questions. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const { place, answer } of held) this.#tell(place, answer);
  }

  #ask(place: Place, ask: Ask): void {
    const fate = this.fate(place, ask);
    if (fate === 'question lost') return this.#tell(place, this.#error(ask, 'transient'));
    if (fate === 'refused') return this.#tell(place, this.#error(ask, 'permanent'));
    const answer = this.#answer(place, ask);
    if (fate === 'answer lost') return this.#tell(place, this.#error(ask, 'unknown'));
    if (fate === 'held') this.#held.push({ place, answer });
    else this.#tell(place, answer);
  }

  #error(ask: Ask, errorClass: LedgerError['class']): Answer {
    const error: LedgerError = { class: errorClass, reason: `the ledger is ${errorClass}` };
    return ask.kind === 'deposits' ? depositsAnswer(ask, error) : payoutAnswer(ask, error);
  }

  #tell(place: Place, answer: Answer): void {
    if (place.up) this.#world.event(place, { kind: 'told', answer });
  }

  #answer(place: Place, ask: Ask): Answer {
    const question = questionIn(ask);
    assert.ok(question);
    if (question.kind === 'deposits') {
      const seen = this.deposits.slice(0, this.shows(place));
      const deposits = seen.slice(Number(question.from), Number(question.from) + 3);
      return depositsAnswer(ask, { deposits, next: question.from + BigInt(deposits.length) });
    }
    const name = toHex(question.key);
    if (question.kind === 'submit') {
      const { state } = place;
      const { payout, proof } = question;
      const what = { key: question.key, payout, ledger: LEDGER };
      const wrong = checkSettlement({ get: (key) => state.get(key) }, place.setup, what, proof);
      assert.equal(wrong, undefined, 'a gateway asks to pay only what was decided');
      const known = this.entries.get(name);
      if (known === undefined) this.#take(name, payout);
      else if (known.state === 'absent') known.state = 'seen';
    }
    return payoutAnswer(ask, this.#statusOf(name));
  }

  #take(name: string, payout: Payout): void {
    const entry: Entry = { payout, state: 'seen' };
    this.entries.set(name, entry);
    if (this.paysAtOnce) {
      this.#pay(entry);
      entry.state = 'final';
    }
  }

  #pay(entry: Entry): void {
    const [name = ''] = [...this.entries].find(([, each]) => each === entry) ?? [];
    const times = (this.paid.get(name) ?? 0) + 1;
    assert.equal(times, 1, 'nothing is paid twice');
    this.paid.set(name, times);
  }

  #statusOf(name: string): LedgerStatus {
    const entry = this.entries.get(name);
    if (entry === undefined || entry.state === 'absent') return { state: 'absent', reference: '' };
    return { state: entry.state, reference: `entry ${name.slice(0, 8)}` };
  }
}
