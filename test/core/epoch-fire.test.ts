import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Epoch } from '../../agent/core/base/units.ts';
import type { Certificate, MemberSignature, SignedOrder } from '../../agent/core/codec/order.ts';
import { Prng } from '../sim/prng.ts';
import { Changes } from '../support/changes.ts';
import { ask, orderOf, verdictOf, voteOf } from '../support/forge.ts';
import { digestOf } from '../support/ledger.ts';

const HONEST = ['auth-0', 'auth-1', 'auth-3'];
const NEXT = ['auth-0', 'auth-1', 'auth-3', 'elm'];
const OWNERS = ['alice', 'bob', 'carol', 'dave'];

/**
 * A change of the committee while frames get lost, owners sign two orders for a sequence and bring
 * them to whom they like, and auth-2, a traitor, votes for all of them. Returns the certificates
 * that somebody holds and no authority has seen.
 */
class Fire {
  readonly world = new Changes({ wallets: OWNERS });
  readonly #prng: Prng;
  readonly #votes = new Map<SignedOrder, Map<number, MemberSignature>>();
  readonly #orders: SignedOrder[];
  readonly #lossInTen: number;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    this.#orders = OWNERS.flatMap((owner, i) =>
      [1n, 2n].map((amount) =>
        orderOf(this.world, owner, OWNERS[(i + 1) % OWNERS.length] ?? owner, { amount }),
      ),
    );
    this.#lossInTen = this.#prng.below(4);
    this.world.onFrame = (from, to) => {
      if (from.name === 'auth-2' || to.name === 'auth-2') return this.#prng.below(2) === 0;
      return this.#prng.below(10) >= this.#lossInTen;
    };
  }

  /** Some owner brings some order to some honest authority, which votes for it or does not. */
  bring(): void {
    const order = this.#prng.pick(this.#orders);
    const at = this.#prng.pick(HONEST);
    for (const answer of ask(this.world, this.world.place(at), { TAG: 'order', data: order })) {
      if (answer.TAG !== 'vote' || answer.data.epoch !== 0) continue;
      const { member, signature } = answer.data;
      const votes = this.#votes.get(order) ?? new Map([[2, voteOf(this.world, order, 2)]]);
      this.#votes.set(order, votes.set(member, { member, signature }));
    }
  }

  run(): void {
    for (let n = this.#prng.below(12); n > 0; n--) this.#step();
    const members = this.world.committeeOf(NEXT);
    for (const name of ['auth-0', 'auth-1', 'auth-3']) {
      const command = { kind: 'approve', members } as const;
      this.world.event(this.world.place(name), { kind: 'command', command });
      this.#step();
    }
    for (let n = 0; n < 40; n++) this.#step();
    this.world.onFrame = () => true;
    this.world.pass(30_000);
  }

  /** Who has a quorum of votes, the traitor's among them. */
  certificates(): readonly Certificate[] {
    return [...this.#votes].flatMap(([order, votes]) => {
      const list = [...votes.values()].sort((a, b) => a.member - b.member);
      return list.length < 3 ? [] : [{ epoch: 0 as Epoch, order, votes: list }];
    });
  }

  #step(): void {
    if (this.#prng.below(2) === 0) this.bring();
    if (this.#prng.below(12) === 0) this.#restart();
    this.world.deliver(this.#prng.below(20));
    if (this.#prng.below(4) === 0) this.world.wakeNext(this.world.nowMs + 300);
  }

  #restart(): void {
    const name = this.#prng.pick(HONEST);
    this.world.restart(name);
    for (const other of [...HONEST, 'auth-2', 'elm', 'oak']) {
      if (other !== name) this.world.connect(name, other);
    }
  }
}

describe('a change of the committee under fire', () => {
  for (let seed = 1; seed <= 24; seed++) {
    it(`drops no certificate that anybody holds (seed ${seed})`, () => {
      const fire = new Fire(seed);
      fire.run();
      const { world } = fire;
      assert.deepEqual(world.epochs(NEXT), [1, 1, 1, 1]);
      for (const data of fire.certificates()) {
        for (const name of NEXT) {
          const verdict = verdictOf(ask(world, world.place(name), { TAG: 'certificate', data }));
          assert.equal(verdict, 'applied', name);
        }
      }
      world.pass(15_000);
      const digests = NEXT.map((name) => digestOf(world, name));
      assert.deepEqual(new Set(digests).size, 1);
      assert.equal(
        NEXT.some((name) => world.notices(name, 'conflict').length > 0),
        false,
      );
      assert.equal(
        NEXT.some((name) => world.notices(name, 'voted_elsewhere').length > 0),
        false,
      );
    });
  }
});
