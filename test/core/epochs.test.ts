import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256 } from '../../agent/core/base/crypto.ts';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import { type Epoch, FIRST_SEQUENCE, type MemberIndex } from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { listPageCoder } from '../../agent/core/codec/epochs.ts';
import { frameCoder, progressBodyCoder } from '../../agent/core/codec/message.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import { committeeCoder } from '../../agent/core/codec/record.ts';
import { checkCertificate } from '../../agent/core/network/certificate.ts';
import type { Committee } from '../../agent/core/network/committee.ts';
import { committeeOf, currentCommittee, membersOf } from '../../agent/core/network/committees.ts';
import { isStatementValid, signStatement } from '../../agent/core/network/statement.ts';
import type { AuthoritySetup } from '../../agent/core/setup.ts';
import { recordAt, writeOf } from '../../agent/core/space.ts';
import { SPACES, spaceOf } from '../../agent/core/spaces.ts';
import { asFounded, judgedBy, memberName } from '../../agent/core/views.ts';
import { answersOf } from '../../agent/core/wallet/answers.ts';
import { ask, frameOf, orderOf, verdictOf, voteOf } from '../support/forge.ts';
import { verify } from '../support/keys.ts';
import { World } from '../support/world.ts';

/*
 * Epoch 0 has auth-0 to auth-3, numbered 0 to 3. In epoch 1 auth-2 is gone, elm and oak have come
 * with numbers 4 and 5, and the list is in another order: four votes make a quorum, not three.
 */
const [FOUNDING, LATER, UNKNOWN] = [0, 1, 2] as Epoch[] as [Epoch, Epoch, Epoch];
const NEWCOMERS = ['elm', 'oak'];
const NAMES = ['auth-0', 'auth-1', 'auth-2', 'auth-3', 'elm', 'oak'];

function laterCommittee(world: World): Committee {
  const members = [5, 3, 0, 4, 1].map((number) => {
    const name = NAMES[number] ?? '';
    return { number: number as MemberIndex, name, key: world.place(name).signer.publicKey };
  });
  return { epoch: LATER, members };
}

/** A world in which elm and oak are authorities to be; in epoch 0 they are no members. */
function worldBefore(): World {
  const world = new World({ relays: ['elm', 'oak'] });
  for (const [at, name] of NAMES.entries()) {
    if (at < 4) continue;
    const place = world.place(name);
    place.setup = {
      ...place.setup,
      authority: { member: at as MemberIndex, sign: place.signer.sign },
    };
    place.state = new Map();
    world.restart(name);
  }
  return world;
}

/** As a decision of the committee will one day: the next step of each node finds the record. */
function turn(world: World, names: Iterable<string> = world.places.keys()): void {
  for (const name of names) {
    const { state } = world.place(name);
    const before = state.get(SPACES.committee.key);
    assert.ok(before !== undefined);
    state.set(SPACES.formerCommittee.at(FOUNDING).key, before);
    state.set(SPACES.committee.key, encode(committeeCoder, laterCommittee(world)));
    // Who sat before has the ledger of the cut; who comes has to catch up.
    const page = encode(listPageCoder, { TAG: 'orders', data: [] });
    const root = new Uint8Array(32).fill(1);
    for (const write of [
      writeOf(SPACES.lastCut, sha256(page)),
      writeOf(SPACES.cutPage.at(sha256(page)), page),
      ...(NEWCOMERS.includes(name) ? [writeOf(SPACES.behind, { root, isContained: false })] : []),
    ]) {
      if (write.value !== undefined) state.set(write.key, write.value);
    }
  }
}

/** Every node finds the record, and newcomers catch up. */
function tick(world: World): void {
  for (const place of world.places.values()) world.event(place, { kind: 'tick' });
  world.run();
  world.pass(6_000);
}

/** A certificate with the votes of these members, each by its own key, in an epoch. */
function certified(
  world: World,
  epoch: Epoch,
  members: readonly number[],
  order = orderOf(world, 'alice', 'bob'),
) {
  const votes = members.map((number) => {
    const signer = world.place(NAMES[number] ?? 'alice').signer;
    return voteOf(world, order, number, signer, epoch);
  });
  return { epoch, order, votes };
}

describe('a certificate', () => {
  const world = worldBefore();
  turn(world);
  const { state } = world.place('auth-0');
  const check = (epoch: Epoch, members: readonly number[]) => {
    const certificate = certified(world, epoch, members);
    return checkCertificate(state, { network: world.network, verify }, certificate)?.refused;
  };

  it('is judged by the committee of its epoch, former or current', () => {
    assert.equal(check(FOUNDING, [0, 1, 2]), undefined);
    assert.equal(check(LATER, [0, 1, 3, 4]), undefined);
    assert.equal(check(LATER, [0, 1, 3, 4, 5]), undefined);
  });

  it('needs the quorum of that committee', () => {
    assert.equal(check(FOUNDING, [0, 1]), 'no_quorum');
    assert.equal(check(LATER, [0, 1, 3]), 'no_quorum');
  });

  it('has no vote of who came later, or is gone', () => {
    assert.equal(check(FOUNDING, [0, 1, 4]), 'bad_signature');
    assert.equal(check(LATER, [0, 1, 2, 3]), 'bad_signature');
    assert.equal(check(LATER, [0, 1, 3, 6]), 'bad_signature');
  });

  it('is not one of another epoch', () => {
    const { votes, order } = certified(world, FOUNDING, [0, 1, 3]);
    const network = { network: world.network, verify };
    const later = {
      epoch: LATER,
      order,
      votes: [...votes, ...certified(world, FOUNDING, [4], order).votes],
    };
    assert.equal(checkCertificate(state, network, later)?.refused, 'bad_signature');
  });

  it('of an epoch that nobody knows is refused, and the answer says so', () => {
    const refused = checkCertificate(
      state,
      { network: world.network, verify },
      certified(world, UNKNOWN, [0, 1, 3, 4]),
    );
    const detail = { field: 'epoch', expected: 'at most 1', found: '2' };
    assert.deepEqual(refused, { refused: 'unknown_epoch', ...detail });
    const data = certified(world, UNKNOWN, [0, 1, 3, 4]);
    const answers = ask(world, world.place('auth-0'), { TAG: 'certificate', data });
    assert.equal(verdictOf(answers.slice(-1)), REFUSALS.unknown_epoch.wire);
  });

  it('of an epoch before is unknown to who has not heard of that epoch', () => {
    const fresh = worldBefore();
    const data = certified(fresh, LATER, [0, 1, 3, 4]);
    const answers = ask(fresh, fresh.place('auth-0'), { TAG: 'certificate', data });
    assert.equal(verdictOf(answers.slice(-1)), REFUSALS.unknown_epoch.wire);
  });

  it('of the current epoch is applied, and one of a former epoch only if it was kept', () => {
    const fresh = worldBefore();
    turn(fresh);
    const place = fresh.place('auth-1');
    const first = orderOf(fresh, 'alice', 'bob');
    const tell = (data: Certificate) => verdictOf(ask(fresh, place, { TAG: 'certificate', data }));
    const former = certified(fresh, FOUNDING, [0, 1, 2], first);
    assert.equal(tell(former), REFUSALS.epoch_over.wire);
    const { key, value } = writeOf(SPACES.keptOrders.at(first.order.account, FIRST_SEQUENCE), [
      first,
    ]);
    assert.ok(value !== undefined);
    place.state.set(key, value);
    assert.equal(tell(former), 'applied');
    assert.equal(place.state.has(key), false);
    const second = orderOf(fresh, 'alice', 'bob', { sequence: 1n });
    assert.equal(tell(certified(fresh, LATER, [0, 3, 4, 5], second)), 'applied');
  });
});

describe('the committees of a state', () => {
  it('are found by their epoch, and no others', () => {
    const world = worldBefore();
    const { state } = world.place('alice');
    assert.deepEqual(currentCommittee(state), asFounded(world.network).committee);
    assert.equal(committeeOf(state, LATER), undefined);
    turn(world);
    assert.deepEqual(currentCommittee(state), laterCommittee(world));
    assert.deepEqual(committeeOf(state, FOUNDING), asFounded(world.network).committee);
    assert.equal(committeeOf(state, UNKNOWN), undefined);
    assert.deepEqual(membersOf(state), [5, 3, 0, 4, 1]);
  });

  it('survive a restart, and the genesis document takes none of them back', () => {
    const world = worldBefore();
    turn(world);
    world.restart('auth-0');
    assert.equal(currentCommittee(world.place('auth-0').state).epoch, LATER);
  });

  it('are what people are shown, with the names of those who are gone', () => {
    const world = worldBefore();
    const { state } = world.place('auth-0');
    let known = false;
    const network = judgedBy(world.network, () => (known ? state : undefined));
    turn(world);
    assert.equal(network.committee.epoch, FOUNDING);
    known = true;
    assert.equal(network.committee.epoch, LATER);
    const names = [2, 4, 6].map((number) => memberName(network, number as MemberIndex));
    assert.deepEqual(names, ['auth-2', 'elm', 'member 6']);
  });
});

describe('a statement', () => {
  it('counts in the epoch that it names, if its member sat there', () => {
    const world = worldBefore();
    const body = { account: world.place('alice').signer.publicKey, next: 0n as never };
    const said = (name: string) => {
      const { setup, state } = world.place(name);
      return signStatement(state, setup as AuthoritySetup, 'progress', progressBodyCoder, body);
    };
    const before = said('auth-2');
    turn(world);
    const { state } = world.place('auth-0');
    const isValid = (statement: typeof before) =>
      isStatementValid(
        state,
        { network: world.network, verify },
        'progress',
        progressBodyCoder,
        statement,
        body,
      );
    const [gone, come, stays] = [said('auth-2'), said('elm'), said('auth-0')];
    assert.deepEqual([before, gone, come, stays].map(isValid), [true, false, true, true]);
    assert.equal(isValid({ ...come, epoch: FOUNDING }), false);
    assert.equal(isValid({ ...stays, epoch: UNKNOWN }), false);
  });

  it('of an unknown epoch is told of, and does nothing', () => {
    const world = worldBefore();
    world.connectAll();
    const data = {
      epoch: UNKNOWN,
      orderHash: new Uint8Array(32),
      ...voteOf(world, orderOf(world, 'alice', 'bob'), 0),
    };
    const bytes = frameOf({ TAG: 'vote', data });
    const link = world.linkOf('alice', 'auth-0');
    const step = world.event(world.place('alice'), { kind: 'frame', link, bytes });
    const refusal = { refused: 'unknown_epoch', field: 'epoch', found: '2' };
    assert.deepEqual(step.notices, [{ kind: 'refused', link, refusal }]);
    const asked = step.sends.map(({ bytes }) => decodeOwn(frameCoder, bytes).message);
    assert.deepEqual(asked, [{ TAG: 'epochsQuery', data: { from: FOUNDING } }]);
    assert.deepEqual(
      step.writes.map(({ key }) => spaceOf(key)),
      ['epochsAskedAt'],
    );
  });
});

describe('a payment', () => {
  it('is voted for and certified by the committee that judges now', () => {
    const world = worldBefore();
    world.connectAll();
    turn(world);
    tick(world);
    world.plan('alice', 'bob', 10n);
    world.run();
    const [notice] = world.notices('alice', 'order_certified');
    assert.equal(notice?.certificate.epoch, LATER);
    const voters = notice?.certificate.votes.map(({ member }) => member) ?? [];
    assert.equal(voters.length, 4);
    assert.ok(!voters.includes(2 as MemberIndex));
    assert.equal(world.notices('auth-2', 'voted').length, 0);
    const order = orderOf(world, 'bob', 'alice');
    const verdict = verdictOf(ask(world, world.place('auth-2'), { TAG: 'order', data: order }));
    assert.equal(verdict, REFUSALS.not_voting.wire);
    const alice = world.place('alice');
    const { needed, faults } = answersOf(alice.state, world.network, alice.signer.publicKey);
    assert.deepEqual([needed, faults], [4, 1]);
  });

  for (const how of ['while the wallet lives', 'while it is down'] as const) {
    it(`that has votes when the epoch ends begins anew, ${how}`, () => {
      const world = worldBefore();
      world.connectAll();
      const heard = ['auth-1', 'auth-2'];
      world.onFrame = (from, to, { message }) => {
        return to.name !== 'alice' || message.TAG !== 'vote' || heard.includes(from.name);
      };
      world.pay('alice', 'bob', 10n);
      world.run();
      const liveVotes = () =>
        recordAt(world.place('alice').state, SPACES.liveOrder)?.votes.map(({ member }) => member);
      assert.deepEqual(liveVotes(), [1, 2]);
      if (how === 'while it is down') world.cut('alice');
      turn(world);
      world.onFrame = () => true;
      if (how === 'while it is down') {
        world.restart('alice');
        assert.deepEqual(liveVotes(), []);
        for (const name of NAMES) world.connect('alice', name);
      } else world.event(world.place('alice'), { kind: 'tick' });
      world.run();
      world.pass(60_000);
      const [notice] = world.notices('alice', 'order_certified');
      assert.equal(notice?.certificate.epoch, LATER);
      const check = checkCertificate(
        world.place('auth-0').state,
        { network: world.network, verify },
        notice?.certificate as never,
      );
      assert.equal(check, undefined);
    });
  }
});

describe('what a node keeps of members', () => {
  const speaker = (world: World, at: string, from: string) => {
    const { state } = world.place(at);
    return recordAt(state, SPACES.linkMember.at(world.linkOf(at, from)));
  };

  it('is judged anew: links of who is gone lose their member, who came has links', () => {
    const world = worldBefore();
    world.connectAll();
    const speakers = () => NAMES.slice(1).map((from) => speaker(world, 'auth-0', from));
    assert.deepEqual(speakers(), [1, 2, 3, undefined, undefined]);
    turn(world);
    world.event(world.place('auth-0'), { kind: 'tick' });
    assert.deepEqual(speakers(), [1, undefined, 3, 4, 5]);
    const [began] = world.notices('auth-0', 'epoch_began');
    assert.deepEqual(began, { kind: 'epoch_began', epoch: LATER, members: 5 });
  });

  it('is judged before the very frame that comes next', () => {
    const world = worldBefore();
    world.connectAll();
    turn(world, ['auth-0']);
    const { closed } = world.place('auth-0');
    closed.length = 0;
    const root = {
      TAG: 'root',
      data: { epoch: LATER, digest: new Uint8Array(32).fill(1) },
    } as const;
    const frame = { to: undefined, route: [], isPassedOn: false, message: root };
    world.inject('auth-2', 'auth-0', frame);
    assert.deepEqual(closed, ['not an authority']);
    world.inject('elm', 'auth-0', frame);
    assert.equal(closed.length, 1);
    assert.equal(world.notices('auth-0', 'compared').at(-1)?.member, 4);
  });

  it('stays of one member when the committee is in another order', () => {
    const world = worldBefore();
    world.connectAll();
    world.plan('alice', 'bob', 10n);
    world.run();
    world.refresh('bob');
    world.run();
    const cursors = () => {
      const { state } = world.place('bob');
      return [0, 1, 2, 3, 4].map((n) =>
        recordAt(state, SPACES.incomingCursor.at(n as MemberIndex)),
      );
    };
    const before = cursors();
    assert.deepEqual(before, [1n, 1n, 1n, 1n, undefined]);
    const votes = (n: number) =>
      recordAt(world.place('auth-0').state, SPACES.memberVote.at(n as MemberIndex));
    const known = [1, 2, 3].map(votes);
    turn(world);
    tick(world);
    assert.deepEqual(cursors(), before);
    assert.deepEqual([1, 2, 3].map(votes), known);
    world.plan('alice', 'bob', 10n);
    world.run();
    world.refresh('bob');
    world.run();
    assert.deepEqual(cursors().slice(0, 2), [2n, 2n]);
  });

  it('goes with a member that is gone, if it is in memory', () => {
    const world = worldBefore();
    world.connectAll();
    world.refresh('bob');
    world.run();
    const words = () => {
      const { state } = world.place('bob');
      return [1, 2].map((n) => recordAt(state, SPACES.word.at(n as MemberIndex)) !== undefined);
    };
    assert.deepEqual(words(), [true, true]);
    turn(world);
    world.event(world.place('bob'), { kind: 'tick' });
    assert.deepEqual(words(), [true, false]);
  });

  it('has one life a key: who comes with a new key is nobody that was known', () => {
    const world = worldBefore();
    world.connectAll();
    world.plan('alice', 'bob', 10n);
    world.run();
    turn(world);
    tick(world);
    for (const number of [4, 5]) {
      const { state } = world.place('auth-0');
      assert.equal(recordAt(state, SPACES.memberVote.at(number as MemberIndex)), undefined);
      assert.equal(recordAt(state, SPACES.memberLife.at(number as MemberIndex)), undefined);
    }
  });
});
