/**
 * Gateways under whatever may happen: one to three of them race, authorities die at any moment and
 * come back, frames are lost, the connection to the ledger loses questions and answers, or answers
 * late, and the ledger undoes what was not final. Nothing is paid twice, and once the storm is over
 * every withdrawal ends once: paid, refunded or returned, and the money adds up.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withdrawalAt } from '../../agent/core/authority/locks.ts';
import { openCount } from '../../agent/core/authority/open-withdrawals.ts';
import type { Amount, LinkId, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import { Draft } from '../../agent/core/draft.ts';
import { certificateOf, frameOf, withdrawalOf } from '../support/forge.ts';
import { balanceAt, lockedAt } from '../support/ledger.ts';
import { type Fate, OuterLedger } from '../support/outer-ledger.ts';
import { Random } from '../support/random.ts';
import { World } from '../support/world.ts';

const AUTHORITIES = [0, 1, 2, 3];
const WITHDRAWALS = [0n, 1n, 2n, 3n];
const AMOUNT = 100n;
const HOUR_MS = 3_600_000;
const ROUNDS = 30;

class Storm {
  readonly world: World;
  readonly ledger: OuterLedger;
  readonly #random: Random;
  readonly #certificates: readonly Certificate[];
  #down: string | undefined;
  #deposits = 0;
  #isOver = false;

  constructor(seed: number) {
    this.#random = new Random(seed);
    const count = 1 + this.#random.below(3);
    const observers = AUTHORITIES.slice(0, count);
    const gateways = observers.map((member) => `auth-${member}`);
    const observerQuorum = 1 + this.#random.below(count);
    this.world = new World({ gateways, observers, observerQuorum, heartbeats: true });
    this.ledger = new OuterLedger(this.world);
    this.world.connectAll();
    this.#certificates = WITHDRAWALS.map((sequence) => this.#certify(sequence));
    this.world.onFrame = () => this.#isOver || this.#random.next() > 0.1;
    this.ledger.fate = (): Fate => {
      if (this.#isOver || this.#random.next() < 0.6) return 'answered';
      return this.#random.of<Fate>(['question lost', 'answer lost', 'held']);
    };
  }

  /** The votes of three, who apply the certificate too; nothing of it has travelled yet. */
  #certify(sequence: bigint): Certificate {
    const { nowMs } = this.world;
    const validUntilMs = BigInt(nowMs + this.#random.of([2_000, 10_000, HOUR_MS, HOUR_MS]));
    const order = withdrawalOf(this.world, 'alice', { sequence, amount: AMOUNT, validUntilMs });
    for (const member of [1, 2, 3]) this.#tell(`auth-${member}`, { TAG: 'order', data: order });
    const data = certificateOf(this.world, order, [1, 2, 3]);
    for (const member of [1, 2, 3]) this.#tell(`auth-${member}`, { TAG: 'certificate', data });
    return data;
  }

  #tell(name: string, message: Message): void {
    const link = 0xfeedn as LinkId;
    this.world.event(this.world.place(name), { kind: 'frame', link, bytes: frameOf(message) });
  }

  rage(): void {
    for (let round = 0; round < ROUNDS; round++) {
      this.#strike();
      this.world.pass(100 + this.#random.below(1_500));
    }
  }

  #strike(): void {
    const entries = [...this.ledger.entries.values()].filter(({ state }) => state === 'seen');
    switch (this.#random.below(8)) {
      case 0:
      case 1:
        return this.#down === undefined ? this.#kill() : this.#raise();
      case 2:
      case 3:
        if (entries.length > 0) this.ledger.become(this.#random.of(entries), 'final');
        return;
      case 4:
        if (entries.length > 0) this.ledger.become(this.#random.of(entries), 'refused');
        return;
      case 5:
        if (entries.length > 0) this.ledger.become(this.#random.of(entries), 'absent');
        return;
      case 6:
        return this.ledger.release();
      default:
        return this.#payIn();
    }
  }

  #kill(): void {
    this.#down = `auth-${this.#random.of(AUTHORITIES)}`;
    this.world.crash(this.#down);
  }

  #raise(): void {
    const name = this.#down;
    if (name === undefined) return;
    this.#down = undefined;
    this.world.restart(name);
    for (const other of this.world.authorities) {
      if (other.name !== name) this.world.connect(name, other.name);
    }
    this.world.run();
  }

  #payIn(): void {
    this.#deposits++;
    this.ledger.payIn({
      id: new Uint8Array(32).fill(this.#deposits),
      account: this.world.place('bob').signer.publicKey,
      token: 0 as TokenIndex,
      amount: 10n as Amount,
    });
  }

  /** Everything works from here on, and the ledger pays what it has. */
  heal(): void {
    this.#isOver = true;
    this.#raise();
    this.ledger.release();
    for (const data of this.#certificates) this.#tell('auth-0', { TAG: 'certificate', data });
    for (let round = 0; round < 150 && !this.#isFinished; round++) {
      this.world.pass(1_000);
      for (const entry of this.ledger.entries.values()) {
        if (entry.state === 'seen') this.ledger.become(entry, 'final');
      }
    }
    this.world.pass(20_000);
  }

  get #isFinished(): boolean {
    return this.world.authorities.every(
      ({ name }) =>
        openCount(this.#draft(name)) === 0n &&
        balanceAt(this.world, name, 'bob') === 1_000n + 10n * BigInt(this.#deposits),
    );
  }

  #draft(name: string): Draft {
    const { state } = this.world.place(name);
    return new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
  }

  check(): void {
    const { publicKey } = this.world.place('alice').signer;
    const ends = this.world.authorities.map(({ name }) =>
      WITHDRAWALS.map(
        (sequence) => withdrawalAt(this.#draft(name), publicKey, sequence as Sequence)?.state,
      ),
    );
    const [first = []] = ends;
    for (const each of ends) assert.deepEqual(each, first);
    for (const [n, end] of first.entries()) {
      const entry = [...this.ledger.entries.values()].find(
        ({ payout }) => payout.sequence === BigInt(n),
      );
      const expected = { paid: 'final', returned: 'refused', refunded: undefined };
      assert.ok(end === 'paid' || end === 'returned' || end === 'refunded', `${end}`);
      assert.equal(entry?.state, expected[end], `withdrawal ${n} is ${end}`);
    }
    const paid = BigInt(first.filter((end) => end === 'paid').length);
    assert.equal(BigInt(this.ledger.paid.size), paid);
    for (const { name } of this.world.authorities) {
      assert.equal(lockedAt(this.world, name, 'alice'), 0n);
      assert.equal(balanceAt(this.world, name, 'alice'), 1_000n - paid * AMOUNT);
      const paidIn = 10n * BigInt(this.#deposits);
      assert.equal(balanceAt(this.world, name, 'bob'), 1_000n + paidIn);
    }
  }
}

describe('gateways in a storm', () => {
  for (let seed = 1; seed <= 12; seed++) {
    it(`pay nothing twice, and finish everything once (seed ${seed})`, () => {
      const storm = new Storm(seed);
      storm.rage();
      storm.heal();
      storm.check();
    });
  }
});
