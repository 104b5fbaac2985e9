import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REFUSALS, type RefusalCode } from '../../agent/core/base/refusal.ts';
import type { Epoch, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import type { Certificate, SignedOrder } from '../../agent/core/codec/order.ts';
import { currentCommittee } from '../../agent/core/network/committees.ts';
import { isBehind } from '../../agent/core/standing.ts';
import { accountOf } from '../../agent/core/views.ts';
import { Changes } from '../support/changes.ts';
import { ask, certificateOf, orderOf, verdictOf, voteOf } from '../support/forge.ts';

const FOUNDERS = ['auth-0', 'auth-1', 'auth-2', 'auth-3'];
/** auth-2 goes, elm comes. */
const NEXT = ['auth-0', 'auth-1', 'auth-3', 'elm'];
const NODES = [...FOUNDERS, 'elm', 'oak'];

function approved(world: Changes, names: readonly string[] = NEXT, by = FOUNDERS): void {
  world.approve(by.slice(0, 3), world.committeeOf(names));
}

/** The change of a committee, from beginning to end. */
function changed(world: Changes, names: readonly string[] = NEXT): void {
  approved(world, names);
  world.pass(2_000);
  assert.deepEqual(world.epochs(NODES), [1, 1, 1, 1, 1, 1]);
}

function orderAt(world: Changes, name: string, data: SignedOrder): string | number {
  const verdict = verdictOf(ask(world, world.place(name), { TAG: 'order', data }));
  return nameOf(verdict);
}

function certificateAt(world: Changes, name: string, data: Certificate): string | number {
  return nameOf(verdictOf(ask(world, world.place(name), { TAG: 'certificate', data })));
}

function nameOf(verdict: string | number): string | number {
  const codes = Object.keys(REFUSALS) as RefusalCode[];
  return codes.find((code) => REFUSALS[code].wire === verdict) ?? verdict;
}

function nextOf(world: Changes, at: string, of: string): Sequence {
  return accountOf(world.place(at).state, world.place(of).signer.publicKey).next;
}

function tell(world: Changes, from: string, to: string, message: Message): void {
  world.inject(from, to, { to: undefined, route: [], isPassedOn: false, message });
}

describe('a change of the committee', () => {
  it('comes when a quorum of operators wants it, and every node follows', () => {
    const world = new Changes();
    world.plan('alice', 'bob', 10n);
    world.run();
    const next = world.committeeOf(NEXT);
    assert.deepEqual(
      next.map(({ number }) => number),
      [0, 1, 3, 4],
    );
    world.approve(['auth-0', 'auth-1'], next);
    world.pass(20_000);
    assert.deepEqual(new Set(world.epochs()), new Set([0]));
    assert.equal(world.notices('auth-0', 'epoch_ends').length, 0);
    world.plan('alice', 'bob', 10n);
    world.run();
    assert.equal(world.notices('alice', 'order_certified').length, 2);
    world.approve(['auth-3'], next);
    world.pass(1_000);
    assert.deepEqual(world.epochs(NODES), [1, 1, 1, 1, 1, 1]);
    assert.deepEqual(currentCommittee(world.place('oak').state).members, next);
  });

  it('is followed by a wallet as soon as somebody answers it', () => {
    const world = new Changes();
    changed(world);
    assert.equal(world.epochAt('alice'), 0);
    world.plan('alice', 'bob', 10n);
    world.pass(2_000);
    assert.equal(world.epochAt('alice'), 1);
    const paid = world.notices('alice', 'order_certified').at(-1)?.certificate;
    assert.equal(paid?.epoch, 1);
    assert.ok(paid?.votes.every(({ member }) => member !== 2));
  });

  it('is followed by a wallet that comes back after two of them, from the genesis', () => {
    const world = new Changes();
    world.cut('bob');
    changed(world);
    world.approve(
      ['auth-0', 'auth-1', 'elm'],
      world.committeeOf(['auth-0', 'auth-1', 'elm', 'oak']),
    );
    world.pass(2_000);
    assert.deepEqual(world.epochs(NODES), [2, 2, 2, 2, 2, 2]);
    world.connect('bob', 'oak');
    world.run();
    assert.equal(world.epochAt('bob'), 2);
  });

  it('gives a key that comes back its old number, and a new one to every new key', () => {
    const world = new Changes();
    changed(world);
    const back = world.committeeOf(['auth-0', 'auth-1', 'auth-2', 'elm', 'oak']);
    assert.deepEqual(
      back.map(({ number }) => number),
      [0, 1, 2, 4, 5],
    );
  });

  it('is no change if nothing changes, and no committee may sit that is none', () => {
    const world = new Changes();
    const code = (names: readonly string[], edit = (m: object) => m) => {
      const members = world.committeeOf(names).map(edit) as never;
      return world.approve(['auth-0'], members)?.refused;
    };
    assert.equal(code(FOUNDERS), 'bad_committee');
    assert.equal(code([]), 'bad_committee');
    assert.equal(
      code(NEXT, (m) => ({ ...m, name: 'elm' })),
      'bad_committee',
    );
    assert.equal(
      code(NEXT, (m) => ({ ...m, name: 'Not a name' })),
      'bad_committee',
    );
    assert.equal(
      code(NEXT, (m) => ({ ...m, number: 9 })),
      'bad_committee',
    );
    assert.equal(
      code(NEXT, (m) => ({ ...m, key: new Uint8Array(32) })),
      'bad_committee',
    );
    assert.equal(code(['auth-0', 'auth-0']), 'bad_committee');
    assert.equal(code(NEXT), undefined);
  });

  it('goes on where it was after all members were restarted in the middle of it', () => {
    const world = new Changes();
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'precommit';
    approved(world);
    world.pass(3_000);
    assert.deepEqual(world.epochs(FOUNDERS), [0, 0, 0, 0]);
    for (const name of FOUNDERS) world.restart(name);
    world.onFrame = () => true;
    assert.equal(orderAt(world, 'auth-0', orderOf(world, 'alice', 'bob')), 'epoch_ending');
    world.connectAll();
    world.pass(20_000);
    assert.deepEqual(world.epochs(NODES), [1, 1, 1, 1, 1, 1]);
  });

  it('needs a quorum only: it comes with one member gone', () => {
    const world = new Changes();
    world.crash('auth-2');
    approved(world, NEXT, ['auth-0', 'auth-1', 'auth-3']);
    world.pass(20_000);
    assert.equal(world.epochAt('auth-0'), 1);
    world.plan('alice', 'bob', 10n);
    world.pass(5_000);
    assert.equal(world.notices('alice', 'order_certified').length, 1);
  });

  it('comes after another committee, too, if operators change their minds', () => {
    const world = new Changes();
    world.approve(['auth-0', 'auth-1'], world.committeeOf(NEXT));
    const other = world.committeeOf([...FOUNDERS, 'oak']);
    world.approve(['auth-0', 'auth-1', 'auth-2'], other);
    world.pass(2_000);
    assert.deepEqual(currentCommittee(world.place('auth-3').state).members, other);
  });
});

describe('an authority that stopped', () => {
  it('gives no vote in its epoch any more, new or again', () => {
    const world = new Changes();
    const order = orderOf(world, 'alice', 'bob');
    assert.equal(orderAt(world, 'auth-0', order), 'vote');
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'precommit';
    approved(world);
    assert.equal(orderAt(world, 'auth-0', order), 'epoch_ending');
    assert.equal(orderAt(world, 'auth-1', orderOf(world, 'bob', 'alice')), 'epoch_ending');
    world.restart('auth-0');
    assert.equal(orderAt(world, 'auth-0', order), 'epoch_ending');
  });

  it('takes certificates as before, and states what it holds anew', () => {
    const world = new Changes();
    const order = orderOf(world, 'alice', 'bob');
    // Whoever met votes of its own that it does not know would say nothing any more.
    for (const name of ['auth-0', 'auth-1', 'auth-2']) orderAt(world, name, order);
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'precommit';
    approved(world);
    assert.equal(certificateAt(world, 'auth-0', certificateOf(world, order, [0, 1, 2])), 'applied');
    world.pass(3_000);
    for (const name of FOUNDERS) assert.equal(nextOf(world, name, 'alice'), 1n, name);
    world.onFrame = () => true;
    world.pass(20_000);
    assert.deepEqual(world.epochs(FOUNDERS), [1, 1, 1, 1]);
  });
});

describe('orders that are on their way when an epoch ends', () => {
  /** The order has votes of these, who told nobody of it. */
  function votedBy(world: Changes, voters: readonly string[], order: SignedOrder): void {
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'gossip';
    for (const name of voters) assert.equal(orderAt(world, name, order), 'vote');
    world.run();
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'gossip';
  }

  it('with a hidden certificate keep their place, and are paid when it turns up', () => {
    const world = new Changes();
    const order = orderOf(world, 'alice', 'bob', { amount: 100n });
    votedBy(world, ['auth-0', 'auth-1', 'auth-2'], order);
    const hidden = certificateOf(world, order, [0, 1, 2]);
    changed(world);
    const other = orderOf(world, 'alice', 'bob', { amount: 7n });
    for (const name of NEXT) {
      const verdict = orderAt(world, name, other);
      assert.ok(verdict === 'order_kept' || verdict === 'order_pending', `${name}: ${verdict}`);
    }
    for (const name of NEXT) assert.equal(certificateAt(world, name, hidden), 'applied', name);
  });

  it('may be voted for again, the same bytes, in the new epoch', () => {
    const world = new Changes();
    const order = orderOf(world, 'alice', 'bob', { amount: 100n });
    votedBy(world, ['auth-0', 'auth-1', 'auth-2'], order);
    changed(world);
    for (const name of NEXT) assert.equal(orderAt(world, name, order), 'vote', name);
  });

  it('with too few votes for a certificate stand in the way of nothing', () => {
    const world = new Changes();
    votedBy(world, ['auth-2'], orderOf(world, 'alice', 'bob', { amount: 100n }));
    changed(world);
    const other = orderOf(world, 'alice', 'bob', { amount: 7n });
    for (const name of NEXT) assert.equal(orderAt(world, name, other), 'vote', name);
  });

  it('that split the votes get none, until one turns out to be certified', () => {
    const world = new Changes();
    const [one, two] = [1n, 2n].map((amount) => orderOf(world, 'alice', 'bob', { amount }));
    assert.ok(one !== undefined && two !== undefined);
    votedBy(world, ['auth-0', 'auth-1'], one);
    votedBy(world, ['auth-2', 'auth-3'], two);
    changed(world);
    for (const name of NEXT) {
      assert.equal(orderAt(world, name, one), 'order_kept', name);
      assert.equal(orderAt(world, name, two), 'order_kept', name);
    }
    // auth-2 is a traitor, and voted for both.
    const hidden = certificateOf(world, one, [0, 1, 2]);
    for (const name of NEXT) assert.equal(certificateAt(world, name, hidden), 'applied', name);
    const after = orderOf(world, 'alice', 'bob', { sequence: 1n });
    assert.equal(orderAt(world, 'elm', after), 'vote');
  });

  it('stay kept over a second change', () => {
    const world = new Changes();
    const order = orderOf(world, 'alice', 'bob', { amount: 100n });
    votedBy(world, ['auth-0', 'auth-1', 'auth-2'], order);
    const hidden = certificateOf(world, order, [0, 1, 2]);
    changed(world);
    const again = ['auth-0', 'auth-1', 'elm', 'oak'];
    world.approve(['auth-0', 'auth-1', 'elm'], world.committeeOf(again));
    world.pass(3_000);
    assert.deepEqual(world.epochs(again), [2, 2, 2, 2]);
    const other = orderOf(world, 'alice', 'bob', { amount: 7n });
    for (const name of again) assert.notEqual(orderAt(world, name, other), 'vote', name);
    for (const name of again) assert.equal(certificateAt(world, name, hidden), 'applied', name);
  });

  it('lose the vote of a member for what cannot have been certified', () => {
    const world = new Changes();
    const [one, two] = [1n, 2n].map((amount) => orderOf(world, 'alice', 'bob', { amount }));
    assert.ok(one !== undefined && two !== undefined);
    votedBy(world, ['auth-0', 'auth-1', 'auth-2'], one);
    votedBy(world, ['auth-3'], two);
    changed(world);
    assert.equal(orderAt(world, 'auth-3', two), 'order_kept');
    assert.equal(orderAt(world, 'auth-3', one), 'vote');
    // The vote that it gave up is known to it still.
    const votes = [voteOf(world, two, 0), voteOf(world, two, 3)];
    certificateAt(world, 'auth-3', { epoch: 0 as Epoch, order: two, votes });
    assert.equal(world.notices('auth-3', 'voted_elsewhere').length, 0);
  });
});

describe('certificates of a former epoch', () => {
  it('are refused where the cut has nothing of them, whoever stole which keys', () => {
    const world = new Changes();
    changed(world);
    const forged = certificateOf(world, orderOf(world, 'bob', 'alice'), [0, 1, 2, 3]);
    for (const name of NEXT) {
      assert.equal(certificateAt(world, name, forged), 'epoch_over', name);
      assert.equal(nextOf(world, name, 'bob'), 0n);
    }
  });

  it('that were applied are known to be', () => {
    const world = new Changes();
    world.plan('alice', 'bob', 10n);
    world.run();
    const paid = world.notices('alice', 'order_certified')[0]?.certificate;
    assert.ok(paid !== undefined);
    changed(world);
    for (const name of NEXT) assert.equal(certificateAt(world, name, paid), 'applied', name);
  });
});

describe('an authority that was not there', () => {
  it('catches up before it votes', () => {
    const world = new Changes();
    world.plan('alice', 'bob', 10n);
    world.run();
    world.cut('auth-3');
    world.plan('alice', 'bob', 10n);
    world.run();
    approved(world, NEXT, ['auth-0', 'auth-1', 'auth-2']);
    world.pass(20_000);
    assert.equal(world.epochAt('auth-3'), 0);
    world.plan('alice', 'bob', 10n);
    world.pass(2_000);
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'root';
    for (const name of ['auth-0', 'auth-1', 'elm']) world.connect('auth-3', name);
    world.run();
    assert.equal(world.epochAt('auth-3'), 1);
    assert.ok(isBehind(world.place('auth-3').state));
    assert.equal(orderAt(world, 'auth-3', orderOf(world, 'bob', 'alice')), 'not_voting');
    world.onFrame = () => true;
    world.pass(10_000);
    assert.ok(!isBehind(world.place('auth-3').state));
    assert.equal(nextOf(world, 'auth-3', 'alice'), 3n);
    assert.equal(orderAt(world, 'auth-3', orderOf(world, 'bob', 'alice')), 'vote');
  });

  it('is behind as long as no more than f say that they have its ledger', () => {
    const world = new Changes();
    world.plan('alice', 'bob', 10n);
    world.run();
    world.cut('auth-3');
    world.plan('alice', 'bob', 10n);
    world.run();
    approved(world, NEXT, ['auth-0', 'auth-1', 'auth-2']);
    world.pass(20_000);
    // What it is brought by one member, a traitor, is not the ledger of the others.
    world.connect('auth-3', 'auth-0');
    world.onFrame = (_from, to, { message }) =>
      to.name !== 'auth-3' ||
      !['bucket', 'certificates', 'certificate', 'digest'].includes(message.TAG);
    world.run();
    assert.equal(world.epochAt('auth-3'), 1);
    const { state } = world.place('auth-3');
    const digest = world.notices('auth-3', 'compared').length;
    assert.ok(digest > 0);
    assert.ok(isBehind(state));
    world.pass(30_000);
    assert.ok(isBehind(state));
  });

  it('that is new to the committee votes when it has the ledger', () => {
    const world = new Changes();
    world.plan('alice', 'bob', 10n);
    world.run();
    world.onFrame = (_from, to, { message }) => to.name !== 'elm' || message.TAG !== 'root';
    changed(world);
    assert.ok(isBehind(world.place('elm').state));
    const number = 4 as MemberIndex;
    assert.ok(currentCommittee(world.place('elm').state).members.some((m) => m.number === number));
    world.onFrame = () => true;
    world.pass(6_000);
    assert.equal(orderAt(world, 'elm', orderOf(world, 'bob', 'alice')), 'vote');
  });
});

describe('what strangers and traitors say of an epoch', () => {
  it('ends none: a decision needs precommits of a quorum of the committee before', () => {
    const world = new Changes();
    changed(world);
    const { state } = world.place('auth-0');
    void state;
    const late = new Changes();
    const decision = [...world.place('auth-0').state].length;
    assert.ok(decision > 0);
    tell(late, 'auth-1', 'auth-0', { TAG: 'epochsQuery', data: { from: 9 as Epoch } });
    late.run();
    assert.equal(late.epochAt('auth-0'), 0);
  });
});
