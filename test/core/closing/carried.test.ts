/**
 * A closing that an epoch left open, which may have been decided there by precommits that nobody
 * has seen: until the new committee has decided it, no order gets a vote at its place.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Sequence } from '../../../agent/core/base/units.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { placeCoder } from '../../../agent/core/codec/closing.ts';
import type { Message } from '../../../agent/core/codec/message.ts';
import type { SignedOrder } from '../../../agent/core/codec/order.ts';
import { type Account, accountCoder } from '../../../agent/core/codec/record.ts';
import { keptAt } from '../../../agent/core/epochs/kept.ts';
import { signingBytes } from '../../../agent/core/network/signing.ts';
import { recordAt, writeOf } from '../../../agent/core/space.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { Changes } from '../../support/changes.ts';
import { ask, orderOf } from '../../support/forge.ts';
import { HRS } from '../../support/world.ts';

const FOUNDERS = ['auth-0', 'auth-1', 'auth-2', 'auth-3'];
const NEXT = ['auth-0', 'auth-1', 'auth-3', 'elm'];
const FIVE = [...FOUNDERS, 'auth-4'];
const SEVEN = [...FIVE, 'elm', 'oak'];

class Cuts extends Changes {
  /** What is said of closings with these names is lost. */
  lost: readonly Message['TAG'][] = [];
  readonly silent = new Set<string>();

  constructor(authorities = 4) {
    super({ authorities, heartbeats: true, wallets: ['alice', 'bob', 'carol'] });
    this.pass(1_000);
    this.onFrame = (from, to, { message }) => {
      if (this.silent.has(from.name) || this.silent.has(to.name)) return false;
      if (!this.lost.includes(message.TAG)) return true;
      if (message.TAG === 'closingVote' || message.TAG === 'closingStatement') return false;
      const said = message.data;
      if ('body' in said && 'subject' in said.body) return said.body.subject.TAG !== 'closing';
      return 'subject' in said && said.subject.TAG !== 'closing';
    };
  }

  order(to: string, amount: bigint, sequence = 0n): SignedOrder {
    return orderOf(this, 'alice', to, { amount, sequence });
  }

  /** Whether an authority votes for an order of which the others hear nothing. */
  votes(name: string, order: SignedOrder): boolean {
    const [answer] = ask(this, this.place(name), { TAG: 'order', data: order });
    this.loseThose(() => true);
    return answer?.TAG === 'vote';
  }

  /** Alice wants her sequence closed, and asks these. */
  wish(names: readonly string[], sequence = 0n): void {
    const { publicKey: account, sign } = this.place('alice').signer;
    const place = { account, sequence: sequence as Sequence };
    const data = sign(signingBytes('closing', this.network.id, encode(placeCoder, place)));
    const message = {
      TAG: 'closingRequest',
      data: { place, cause: { TAG: 'wish', data } },
    } as const;
    for (const name of names) {
      this.inject('alice', name, { to: undefined, route: [], isPassedOn: false, message });
    }
    this.run();
  }

  change(names: readonly string[], epoch = 1): void {
    this.approve(FOUNDERS, this.committeeOf(names, 'auth-1'));
    this.pass(5_000);
    assert.deepEqual(
      this.epochs(names),
      names.map(() => epoch),
    );
  }

  /** A traitor forgets what it voted for. */
  forget(name: string): void {
    const record = this.account(name);
    assert.ok(record !== undefined);
    const key = SPACES.account.at(this.place('alice').signer.publicKey).key;
    this.place(name).state.set(key, encode(accountCoder, { ...record, pending: undefined }));
  }

  /** Alice's orders that a former epoch left at her first sequence. */
  kept(name: string): readonly SignedOrder[] {
    const { state } = this.place(name);
    const key = this.place('alice').signer.publicKey;
    return keptAt({ get: (each) => state.get(each) }, key, 0n as Sequence);
  }

  account(name: string): Account | undefined {
    const { state } = this.place(name);
    const key = this.place('alice').signer.publicKey;
    return recordAt({ get: (each) => state.get(each) }, SPACES.account.at(key));
  }

  /** Where alice's account is at each of these. */
  nexts(names: readonly string[]): (bigint | undefined)[] {
    return names.map((name) => this.account(name)?.next);
  }

  balances(names: readonly string[]): (bigint | undefined)[] {
    return names.map((name) => {
      return this.account(name)?.balances.find(({ token }) => token === HRS)?.balance;
    });
  }
}

function allOf<T>(names: readonly string[], what: T): T[] {
  return names.map(() => what);
}

describe('a closing that an epoch leaves open', () => {
  it('leaves no room for any vote until it is decided, and is decided without being asked', () => {
    const world = new Cuts();
    world.lost = ['precommit', 'decision'];
    world.wish(FOUNDERS);
    world.pass(3_000);
    assert.deepEqual(world.nexts(FOUNDERS), allOf(FOUNDERS, 0n), 'nobody knows the decision');
    world.change(NEXT);
    const other = world.order('bob', 5n);
    for (const name of NEXT) assert.equal(world.votes(name, other), false, name);
    // The newcomer is needed, which never heard of the debate.
    world.silent.add('auth-0');
    world.lost = [];
    world.pass(20_000);
    world.silent.clear();
    world.pass(20_000);
    assert.deepEqual(world.nexts(NEXT), allOf(NEXT, 1n));
    for (const name of NEXT)
      assert.equal(world.votes(name, world.order('bob', 5n, 1n)), true, name);
  });

  it('that a single order won has everybody vote for that order, and for nothing else', () => {
    const world = new Cuts();
    const winner = world.order('bob', 300n);
    assert.equal(world.votes('auth-0', winner), true);
    world.lost = ['precommit', 'decision'];
    world.silent.add('auth-2');
    world.wish(FOUNDERS);
    world.pass(4_000);
    world.change(NEXT);
    const other = world.order('carol', 500n);
    for (const name of NEXT) assert.equal(world.votes(name, other), false, name);
    assert.equal(world.votes('elm', winner), false, 'it is not decided yet');
    world.lost = ['closingVote'];
    world.pass(20_000);
    for (const name of NEXT) {
      assert.equal(world.votes(name, winner), true, name);
      assert.equal(world.votes(name, other), false, name);
    }
    world.lost = [];
    world.pass(20_000);
    assert.deepEqual(world.nexts(NEXT), allOf(NEXT, 1n));
    assert.deepEqual(world.balances(NEXT), allOf(NEXT, 700n));
  });

  it('leaves the order that won for the change after the next, whatever was kept at the cut', () => {
    const world = new Cuts();
    const [winner, other] = [world.order('bob', 300n), world.order('carol', 500n)];
    for (const name of ['auth-0', 'auth-3']) assert.equal(world.votes(name, winner), true);
    assert.equal(world.votes('auth-2', other), true);
    world.lost = ['precommit', 'decision', 'closingVote'];
    world.wish(FOUNDERS);
    world.pass(3_000);
    // Who voted for it is gone, or says that it did not.
    world.forget('auth-3');
    world.silent.add('auth-0');
    const next = ['auth-1', 'auth-2', 'auth-3', 'elm'];
    world.change(next);
    assert.deepEqual(world.kept('auth-1'), [other]);
    world.lost = ['closingVote'];
    world.pass(20_000);
    for (const name of next) assert.deepEqual(world.kept(name), [winner], name);
    const last = ['auth-1', 'auth-2', 'auth-3', 'oak'];
    world.change(last, 2);
    world.pass(5_000);
    for (const name of last) assert.deepEqual(world.kept(name), [winner], name);
    assert.equal(world.votes('oak', other), false);
    assert.equal(world.votes('oak', winner), true);
  });

  it('is counted with the committee that stated, and not with a larger one', () => {
    const world = new Cuts(5);
    assert.equal(world.votes('auth-0', world.order('bob', 300n)), true);
    world.lost = ['precommit', 'decision'];
    world.wish(FIVE);
    world.pass(3_000);
    assert.deepEqual(world.nexts(FIVE), allOf(FIVE, 0n));
    world.change(SEVEN);
    world.lost = [];
    world.pass(20_000);
    assert.deepEqual(world.nexts(SEVEN), allOf(SEVEN, 1n));
    assert.deepEqual(world.balances(SEVEN), allOf(SEVEN, 1_000n));
  });
});

describe('what a member stated in an epoch that decided nothing', () => {
  /** Two members have stated, of which one voted before; then the committee changes. */
  function undecided(): { world: Cuts; order: SignedOrder } {
    const world = new Cuts();
    const order = world.order('bob', 300n);
    assert.equal(world.votes('auth-1', order), true);
    world.lost = ['closingStatement'];
    world.wish(['auth-0', 'auth-1']);
    assert.equal(world.votes('auth-0', order), false, 'it is bound while the epoch goes on');
    world.change(NEXT);
    world.lost = [];
    return { world, order };
  }

  it('does not bind it in the next, where the order that was kept can be certified', () => {
    const { world, order } = undecided();
    for (const name of NEXT) assert.equal(world.votes(name, order), true, name);
    assert.equal(world.votes('auth-0', world.order('carol', 5n)), false);
  });

  it('binds it again where it is asked to close the sequence there', () => {
    const world = new Cuts();
    world.lost = ['closingStatement'];
    world.wish(['auth-0']);
    world.change(NEXT);
    world.wish(['auth-0']);
    assert.equal(world.votes('auth-0', world.order('bob', 5n)), false);
    world.lost = [];
    world.wish(NEXT);
    world.pass(20_000);
    assert.deepEqual(world.nexts(NEXT), allOf(NEXT, 1n));
  });
});

describe('a member that is asked to close a sequence while it may not vote', () => {
  it('states when it is asked again, and is not bound before', () => {
    const world = new Cuts();
    const { state } = world.place('auth-0');
    const behind = { root: new Uint8Array(32).fill(9), isContained: false };
    const { key, value } = writeOf(SPACES.behind, behind);
    assert.ok(value !== undefined);
    state.set(key, value);
    world.silent.add('auth-2');
    world.silent.add('auth-3');
    world.wish(['auth-0']);
    const stated = (): number[] => {
      const place = SPACES.closing.at(world.place('alice').signer.publicKey, 0n as Sequence);
      const closing = recordAt({ get: (each) => state.get(each) }, place);
      return (closing?.statements ?? []).map(({ member }) => member);
    };
    assert.deepEqual(stated(), []);
    state.delete(key);
    const order = world.order('carol', 300n);
    assert.equal(world.votes('auth-0', order), true);
    world.wish(['auth-0']);
    assert.deepEqual(stated(), [0, 1]);
    assert.equal(world.votes('auth-0', world.order('bob', 5n)), false);
    world.silent.clear();
    world.pass(20_000);
    assert.deepEqual(world.nexts(FOUNDERS), allOf(FOUNDERS, 1n));
  });
});
