/** When the first start of an authority's key may vote (authority/first-start.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import type { MemberIndex } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import type { Message, Vouch } from '../../agent/core/codec/message.ts';
import { vouchBodyCoder } from '../../agent/core/codec/message.ts';
import { ownLifeCoder, standingCoder } from '../../agent/core/codec/record.ts';
import { faultsTolerated, vouchersNeeded } from '../../agent/core/network/committee.ts';
import { signStatement } from '../../agent/core/network/statement.ts';
import type { AuthoritySetup } from '../../agent/core/setup.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { vouchersOf } from '../../agent/core/standing.ts';
import { ask, certificateOf, orderOf, verdictOf } from '../support/forge.ts';
import { type Place, World } from '../support/world.ts';

/** The life of a member, or another life of it. */
function lifeNamed(member: number, which = 0): Uint8Array {
  return new Uint8Array(16).fill(16 * which + member + 1);
}

/** Puts a member back to an empty disk, as a folder does that is copied again with its mark. */
function startFirst(world: World, member: number, which = 0): void {
  const place = world.place(`auth-${member}`);
  const life = encode(ownLifeCoder, { life: lifeNamed(member, which) });
  place.state = new Map([[SPACES.firstStart.key, life]]);
  world.restart(place.name);
}

function link(world: World, member: number, others: readonly number[]): void {
  for (const other of others) world.connect(`auth-${member}`, `auth-${other}`);
  world.run();
}

function others(world: World, member: number): number[] {
  return world.authorities.map((_, i) => i).filter((i) => i !== member);
}

function votes(world: World, member: number): boolean {
  const order = orderOf(world, 'bob', 'alice');
  const verdict = verdictOf(
    ask(world, world.place(`auth-${member}`), { TAG: 'order', data: order }),
  );
  assert.ok(verdict === 'vote' || verdict === REFUSALS.not_voting.wire, `${verdict}`);
  return verdict === 'vote';
}

function seenBy({ state }: Place) {
  return vouchersOf({ get: (key) => state.get(key) });
}

describe('a first start', () => {
  it('votes when n - f others have vouched, not one sooner', () => {
    for (const n of [4, 5, 7, 10]) {
      const needed = n - faultsTolerated(n);
      const world = new World({ authorities: n });
      startFirst(world, 0);
      link(world, 0, others(world, 0).slice(0, needed - 1));
      assert.equal(votes(world, 0), false, `${needed - 1} of ${n}`);
      assert.equal(seenBy(world.place('auth-0')).vouched.length, needed - 1);
      link(world, 0, [needed]);
      assert.equal(votes(world, 0), true, `${needed} of ${n}`);
      assert.deepEqual(
        world.notices('auth-0', 'vouched_for').map(({ vouchers }) => vouchers),
        [needed],
      );
      world.restart('auth-0');
      assert.equal(votes(world, 0), true);
    }
  });

  it('needs nobody where nobody else is, and all others in the smallest committees', () => {
    for (const n of [1, 2, 3]) {
      const world = new World({ authorities: n });
      startFirst(world, 0);
      for (const other of others(world, 0)) {
        assert.equal(votes(world, 0), false);
        link(world, 0, [other]);
      }
      assert.equal(votes(world, 0), true);
    }
  });

  it('of all members at the same time brings the network up by itself', () => {
    for (const n of [1, 2, 4, 7]) {
      const world = new World({ authorities: n });
      for (let i = 0; i < n; i++) startFirst(world, i);
      world.connectAll();
      for (let i = 0; i < n; i++) assert.equal(votes(world, i), true, `${i} of ${n}`);
      world.pay('alice', 'bob', 5n);
      world.run();
      assert.equal(world.notices('alice', 'order_certified').length, 1);
    }
  });

  it('goes on with the same life after a crash, and is vouched for again', () => {
    const world = new World();
    startFirst(world, 0);
    link(world, 0, [1, 2]);
    world.restart('auth-0');
    assert.equal(votes(world, 0), false);
    world.restart('auth-1');
    link(world, 0, [1, 2, 3]);
    assert.equal(votes(world, 0), true);
  });

  it('asks again while answers are lost, and through relays', () => {
    const world = new World({ relays: ['relay'] });
    startFirst(world, 0);
    for (const name of ['auth-0', 'auth-1', 'auth-2', 'auth-3']) world.connect(name, 'relay');
    let lost = 0;
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'vouch' || ++lost > 4;
    world.run();
    assert.equal(votes(world, 0), false);
    world.pass(20_000);
    assert.equal(votes(world, 0), true);
  });

  it('asks those alone that have not vouched yet, and never itself', () => {
    const world = new World({ relays: ['relay'] });
    startFirst(world, 0);
    for (const { name } of world.authorities) world.connect(name, 'relay');
    let asked: (MemberIndex | undefined)[] = [];
    world.onFrame = (from, _to, { to, message }) => {
      if (from.name === 'auth-0' && message.TAG === 'firstStart') asked.push(to);
      return message.TAG !== 'vouch' || message.data.member !== 3;
    };
    world.pass(6_000);
    assert.deepEqual(new Set(asked), new Set([1, 2, 3]));
    assert.deepEqual(seenBy(world.place('auth-0')).vouched, [1, 2]);
    asked = [];
    world.pass(20_000);
    assert.ok(asked.length > 1);
    assert.deepEqual(new Set(asked), new Set([3]));
  });

  it('does not end where this key voted in another life, however many vouch', () => {
    const world = new World();
    startFirst(world, 0);
    const reason = encode(standingCoder, { reason: 'its key was used elsewhere' });
    world.place('auth-0').state.set(SPACES.standing.key, reason);
    link(world, 0, [1, 2, 3]);
    assert.equal(world.notices('auth-0', 'vouched_for').length, 0);
    assert.equal(seenBy(world.place('auth-0')).vouched.length, 3);
    assert.equal(votes(world, 0), false);
  });

  it('refuses orders until then so that a wallet goes on', () => {
    const world = new World();
    startFirst(world, 3);
    const names = ['auth-0', 'auth-1', 'auth-3'];
    for (const name of names) world.connect('alice', name);
    link(world, 3, [0, 1]);
    world.pay('alice', 'bob', 5n);
    world.pass(1_000);
    assert.equal(world.notices('alice', 'order_certified').length, 0);
    link(world, 3, [2]);
    world.pass(20_000);
    assert.equal(world.notices('alice', 'order_certified').length, 1);
  });
});

describe('a folder that was copied again', () => {
  it('does not vote, though its first life signed nothing that anybody saw', () => {
    const world = new World();
    startFirst(world, 0);
    link(world, 0, [1, 2, 3]);
    assert.equal(votes(world, 0), true);
    startFirst(world, 0, 1);
    link(world, 0, [1, 2, 3]);
    world.pass(30_000);
    assert.equal(votes(world, 0), false);
    assert.deepEqual(seenBy(world.place('auth-0')).seen, [1, 2, 3]);
  });

  it('does not vote beside its twin, whichever of them is first', () => {
    const world = new World();
    startFirst(world, 0);
    link(world, 0, [1, 2]);
    startFirst(world, 0, 1);
    link(world, 0, [3]);
    link(world, 0, [1, 2]);
    world.pass(30_000);
    assert.equal(votes(world, 0), false);
  });

  it('is stopped for good by a vote of its first life', () => {
    const world = new World().connectAll();
    world.pay('alice', 'bob', 5n);
    world.run();
    world.onFrame = (_from, _to, { message }) => message.TAG !== 'certificates';
    startFirst(world, 0);
    link(world, 0, [1]);
    assert.equal(world.notices('auth-0', 'voted_elsewhere').length, 1);
    link(world, 0, [2, 3]);
    world.pass(30_000);
    assert.equal(votes(world, 0), false);
  });

  it('is not vouched for by who heard of its votes over its own link only', () => {
    const world = new World();
    for (const other of [1, 2, 3]) world.connect('auth-0', `auth-${other}`);
    world.run();
    const order = orderOf(world, 'alice', 'bob');
    ask(world, world.place('auth-0'), { TAG: 'order', data: order });
    world.run();
    startFirst(world, 0);
    link(world, 0, [1, 2, 3]);
    assert.deepEqual(seenBy(world.place('auth-0')), { vouched: [], seen: [1, 2, 3] });
    // That another member's link told of it is nothing against a third one.
    startFirst(world, 3);
    link(world, 3, [2]);
    assert.deepEqual(seenBy(world.place('auth-3')), { vouched: [2], seen: [] });
  });

  it('is known by its votes also to who started anew meanwhile', () => {
    const world = new World().connectAll();
    world.pay('alice', 'bob', 5n);
    world.run();
    world.restart('auth-1');
    startFirst(world, 0);
    link(world, 0, [1]);
    assert.equal(world.notices('auth-0', 'voted_elsewhere').length, 1);
  });
});

describe('a word on a first start', () => {
  const wordOf = (world: World, from: number, change: Partial<Vouch['body']> = {}): Message => {
    const body = { about: 0 as MemberIndex, life: lifeNamed(0), word: 'first', vote: undefined };
    const said = { ...body, ...change } as Vouch['body'];
    const setup = world.place(`auth-${from}`).setup as AuthoritySetup;
    const data = {
      ...signStatement(world.network.state, setup, 'vouch', vouchBodyCoder, said),
      body: said,
    };
    return { TAG: 'vouch', data };
  };
  const hear = (world: World, message: Message) => ask(world, world.place('auth-0'), message);

  it('counts once a member, for this life and this key, and only if it is signed', () => {
    const world = new World();
    startFirst(world, 0);
    for (let i = 0; i < 3; i++) hear(world, wordOf(world, 1));
    hear(world, wordOf(world, 2));
    const forged = wordOf(world, 3);
    const data = { ...forged.data, signature: new Uint8Array(64) };
    hear(world, { TAG: 'vouch', data } as Message);
    hear(world, wordOf(world, 3, { life: lifeNamed(0, 1) }));
    hear(world, wordOf(world, 3, { about: 1 as MemberIndex }));
    hear(world, wordOf(world, 3, { word: 'unsure' }));
    hear(world, wordOf(world, 3, { word: 'seen' }));
    hear(world, wordOf(world, 0));
    assert.deepEqual(seenBy(world.place('auth-0')), { vouched: [1, 2], seen: [3] });
    assert.equal(votes(world, 0), false);
    hear(world, wordOf(world, 3));
    assert.equal(votes(world, 0), true);
  });

  it('is taken back by the same member', () => {
    const world = new World();
    startFirst(world, 0);
    hear(world, wordOf(world, 1));
    hear(world, wordOf(world, 1, { word: 'unsure' }));
    assert.deepEqual(seenBy(world.place('auth-0')), { vouched: [], seen: [] });
  });

  it('with a vote that is none of this key stops nobody', () => {
    const world = new World();
    startFirst(world, 0);
    const certificate = certificateOf(world, orderOf(world, 'alice', 'bob'), [1, 2, 3]);
    const { epoch, order } = certificate;
    const signature = certificate.votes[0]?.signature ?? new Uint8Array(64);
    hear(world, wordOf(world, 1, { word: 'seen', vote: { epoch, order, signature } }));
    assert.equal(world.notices('auth-0', 'voted_elsewhere').length, 0);
  });

  it('is not given by who does not know its own votes', () => {
    const world = new World();
    const forgetful = world.place('auth-1');
    forgetful.state.set(SPACES.standing.key, encode(standingCoder, { reason: 'an old copy' }));
    startFirst(world, 0);
    link(world, 0, [1, 2, 3]);
    assert.deepEqual(seenBy(world.place('auth-0')), { vouched: [2, 3], seen: [] });
    assert.equal(votes(world, 0), false);
    const lifeAt = (name: string) => {
      return world.place(name).state.has(SPACES.memberLife.at(0 as MemberIndex).key);
    };
    assert.deepEqual(['auth-1', 'auth-2'].map(lifeAt), [false, true], 'nor kept for later');
  });

  it('is given to members for themselves alone', () => {
    const world = new World();
    startFirst(world, 0);
    let question: Message | undefined;
    world.onFrame = (_from, _to, { message }) => {
      if (message.TAG === 'firstStart') question = message;
      return message.TAG !== 'firstStart';
    };
    link(world, 0, [1]);
    assert.ok(question?.TAG === 'firstStart');
    const inNameOf = (member: number): Message =>
      ({ TAG: 'firstStart', data: { ...question?.data, member } }) as Message;
    const at = (place: string, message: Message) => ask(world, world.place(place), message);
    assert.deepEqual(at('auth-1', inNameOf(2)), []);
    assert.deepEqual(at('auth-1', inNameOf(9)), []);
    assert.deepEqual(at('auth-0', question), []);
    assert.equal(at('auth-1', question)[0]?.TAG, 'vouch');
  });
});

it('two sets of vouchers share more honest members than vouch twice, for n from 1 to 100', () => {
  for (let n = 1; n <= 100; n++) {
    const f = faultsTolerated(n);
    const needed = vouchersNeeded(n);
    assert.ok(needed <= n - 1, 'there are so many others');
    assert.equal(needed, Math.min(n - f, n - 1));
    // Of the others some are traitors and vouch for everybody.
    if (n > 1) assert.ok(2 * (needed - f) + f > n - 1, `${n}`);
  }
});
