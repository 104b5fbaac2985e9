/**
 * Sequences that are closed while the committee changes: what may have been decided in a former
 * epoch stands in the next one, whoever hides it, and what was not binds nobody.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openSubjects } from '../../../agent/core/agreement/open.ts';
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import { REFUSALS } from '../../../agent/core/base/refusal.ts';
import type { Sequence } from '../../../agent/core/base/units.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { type ClosingRequest, placeCoder } from '../../../agent/core/codec/closing.ts';
import type { Message } from '../../../agent/core/codec/message.ts';
import { orderHash, type SignedOrder } from '../../../agent/core/codec/order.ts';
import { type Account, accountCoder } from '../../../agent/core/codec/record.ts';
import { Draft } from '../../../agent/core/draft.ts';
import { signingBytes } from '../../../agent/core/network/signing.ts';
import { recordAt } from '../../../agent/core/space.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { Changes } from '../../support/changes.ts';
import { ask, certificateOf, orderOf } from '../../support/forge.ts';
import { digestOf } from '../../support/ledger.ts';

const draftOf = (state: ReadonlyMap<ByteKey, Uint8Array>): Draft =>
  new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });

/** auth-0 goes, elm comes. */
const NEXT = ['auth-1', 'auth-2', 'auth-3', 'elm'];

/** A world in which alice's first sequence is closed, and then the committee changes. */
class ClosingChanges extends Changes {
  readonly #silent = new Set<string>();
  /** Precommits about closings get lost, or all that is said of them. */
  hides: 'nothing' | 'precommits' | 'all' = 'nothing';

  constructor() {
    super({ wallets: ['alice', 'bob', 'carol'], heartbeats: true });
    this.pass(1_000);
    this.onFrame = (from, to, { message }) => {
      return !this.#isHidden(message) && !this.#silent.has(from.name) && !this.#silent.has(to.name);
    };
  }

  #isHidden({ TAG, data }: Message): boolean {
    if (TAG !== 'proposal' && TAG !== 'prevote' && TAG !== 'precommit') return false;
    if (data.body.subject.TAG !== 'closing') return false;
    return this.hides === 'all' || (this.hides === 'precommits' && TAG === 'precommit');
  }

  silence(...names: readonly string[]): void {
    this.#silent.clear();
    for (const name of names) this.#silent.add(name);
  }

  order(to: string, amount: bigint): SignedOrder {
    return orderOf(this, 'alice', to, { amount, sequence: 0n });
  }

  /** What a member answers to an order; nobody hears of it. */
  answer(name: string, order: SignedOrder): string {
    const [answer] = ask(this, this.place(name), { TAG: 'order', data: order });
    this.loseThose(() => true);
    return answer?.TAG ?? 'nothing';
  }

  /** Alice wishes to close her first sequence. */
  wish(names: readonly string[]): void {
    const { publicKey: account, sign } = this.place('alice').signer;
    const place = { account, sequence: 0n as Sequence };
    const bytes = signingBytes('closing', this.network.id, encode(placeCoder, place));
    const data: ClosingRequest = { place, cause: { TAG: 'wish', data: sign(bytes) } };
    const message: Message = { TAG: 'closingRequest', data };
    for (const name of names) {
      this.inject('alice', name, { to: undefined, route: [], isPassedOn: false, message });
    }
    this.run();
  }

  account(name: string): Account {
    const { state } = this.place(name);
    const key = this.place('alice').signer.publicKey;
    const record = recordAt({ get: (each) => state.get(each) }, SPACES.account.at(key));
    assert.ok(record !== undefined);
    return record;
  }

  /** A traitor forgets what it voted for. */
  forget(name: string): void {
    const key = this.place('alice').signer.publicKey;
    const record = { ...this.account(name), pending: undefined };
    const { state } = this.place(name);
    state.set(SPACES.account.at(key).key, encode(accountCoder, record));
  }

  change(): void {
    this.approve(['auth-1', 'auth-2', 'auth-3'], this.committeeOf(NEXT));
    this.pass(8_000);
    assert.deepEqual(this.epochs(NEXT), [1, 1, 1, 1]);
  }

  /** Of alice's first sequence: the order that it went to, at each member. */
  outcome(): readonly (Uint8Array | undefined)[] {
    return NEXT.map((name) => {
      const { state } = this.place(name);
      const read = { get: (each: Parameters<typeof state.get>[0]) => state.get(each) };
      const key = this.place('alice').signer.publicKey;
      const number = recordAt(read, SPACES.certificateAt.at(key, 0n as Sequence));
      const entry = number === undefined ? undefined : recordAt(read, SPACES.journal.at(number));
      const fact = entry?.fact;
      return fact?.TAG === 'certificate'
        ? orderHash(this.network.id, fact.data.order.order)
        : undefined;
    });
  }
}

describe('a closing that was under way when the committee changed', () => {
  /** X has a vote of auth-0 and of a traitor, who both say so; it wins, if anybody hears of it. */
  function wonInSecret() {
    const world = new ClosingChanges();
    const [x, z] = [world.order('bob', 300n), world.order('carol', 500n)];
    for (const name of ['auth-0', 'auth-3']) assert.equal(world.answer(name, x), 'vote');
    world.hides = 'precommits';
    world.silence('auth-2');
    world.wish(['auth-0', 'auth-1', 'auth-3']);
    world.pass(6_000);
    world.silence('auth-0');
    world.forget('auth-3');
    world.hides = 'all';
    world.change();
    return { world, x, z };
  }

  it('gives no vote to another order where it may have been decided', () => {
    const { world, z } = wonInSecret();
    for (const name of ['auth-1', 'auth-2', 'elm']) {
      assert.equal(world.answer(name, z), 'orderRefusal', name);
    }
  });

  it('is debated at once by who never heard of it', () => {
    const { world } = wonInSecret();
    const { state } = world.place('elm');
    assert.equal(openSubjects(draftOf(state)).length, 1);
  });

  it('is decided by the new committee as it may have been by the old one', () => {
    const { world, x } = wonInSecret();
    world.hides = 'nothing';
    world.pass(30_000);
    const hash = orderHash(world.network.id, x.order);
    assert.deepEqual(world.outcome(), [hash, hash, hash, hash]);
    assert.equal(new Set(NEXT.map((name) => digestOf(world, name))).size, 1);
  });

  it('binds nobody in the next epoch if nothing can have been decided', () => {
    const world = new ClosingChanges();
    const [x, z] = [world.order('bob', 300n), world.order('carol', 500n)];
    assert.equal(world.answer('auth-0', x), 'vote');
    world.silence('auth-2', 'auth-3');
    world.wish(['auth-0', 'auth-1']);
    world.pass(2_000);
    assert.equal(world.account('auth-1').stated, true);
    assert.equal(world.answer('auth-1', z), 'orderRefusal');
    world.silence('auth-0');
    world.change();
    for (const name of ['auth-1', 'auth-2', 'elm']) {
      assert.equal(world.answer(name, z), 'vote', name);
    }
  });
});

describe('a certificate that whoever stole the keys of former members made', () => {
  const forged = (world: ClosingChanges, order: SignedOrder): Message => {
    return { TAG: 'certificate', data: certificateOf(world, order, [0, 1, 2]) };
  };

  it('freezes nobody whose sequence has another one', () => {
    const world = new ClosingChanges();
    const [x, z] = [world.order('bob', 300n), world.order('carol', 500n)];
    for (const name of ['auth-0', 'auth-1', 'auth-2']) world.answer(name, x);
    ask(world, world.place('auth-1'), forged(world, x));
    world.run();
    world.pass(3_000);
    world.change();
    const [answer] = ask(world, world.place('auth-1'), forged(world, z));
    assert.equal(answer?.TAG === 'rejected' && answer.data.code, REFUSALS.epoch_over.wire);
    assert.equal(world.account('auth-1').frozen, false);
  });

  it('freezes nobody whose sequence was closed', () => {
    const world = new ClosingChanges();
    world.wish(['auth-0', 'auth-1', 'auth-2', 'auth-3']);
    world.pass(5_000);
    assert.equal(world.account('auth-1').next, 1n);
    world.change();
    const [answer] = ask(world, world.place('auth-1'), forged(world, world.order('carol', 500n)));
    assert.equal(answer?.TAG === 'rejected' && answer.data.code, REFUSALS.epoch_over.wire);
    assert.equal(world.account('auth-1').frozen, false);
  });

  it('freezes the account as long as its own epoch lasts', () => {
    const world = new ClosingChanges();
    const [x, z] = [world.order('bob', 300n), world.order('carol', 500n)];
    for (const order of [x, z]) ask(world, world.place('auth-1'), forged(world, order));
    assert.equal(world.account('auth-1').frozen, true);
  });
});
