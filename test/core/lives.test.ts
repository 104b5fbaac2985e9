/**
 * A key that voted in another life: its votes and words turn up, and it stops (authority/lives.ts).
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import type { Epoch, LinkId, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import {
  type Certificate,
  certificateCoder,
  type SignedOrder,
} from '../../agent/core/codec/order.ts';
import { standingCoder } from '../../agent/core/codec/record.ts';
import { latestOf } from '../../agent/core/latest.ts';
import { wayOf } from '../../agent/core/mesh/way.ts';
import { progressOf } from '../../agent/core/progress.ts';
import type { AuthoritySetup } from '../../agent/core/setup.ts';
import { recordAt } from '../../agent/core/space.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { ask, certificateOf, orderOf, questionOf, verdictOf, voteOf } from '../support/forge.ts';
import { verify } from '../support/keys.ts';
import { accountAt, balanceAt } from '../support/ledger.ts';
import { type Place, World } from '../support/world.ts';

const NOT_VOTING = REFUSALS.not_voting.wire;

/** Whether auth-0 still votes, for somebody who has to do with nothing of the test. */
function votes(world: World): boolean {
  const order = orderOf(world, 'zoe', 'bob');
  const verdict = verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data: order }));
  assert.ok(verdict === 'vote' || verdict === NOT_VOTING, `${verdict}`);
  return verdict === 'vote';
}

function worldOfThree(): World {
  return new World({ wallets: ['alice', 'bob', 'zoe'] });
}

function bring(world: World, data: Certificate): string | number {
  return verdictOf(ask(world, world.place('auth-0'), { TAG: 'certificate', data }));
}

function alarms(world: World): number {
  return world.notices('auth-0', 'voted_elsewhere').length;
}

describe('a certificate with an own vote that the ledger does not know', () => {
  it('is applied, and ends voting for every account and for good', () => {
    const world = worldOfThree();
    const order = orderOf(world, 'alice', 'bob', { amount: 7n });
    assert.equal(bring(world, certificateOf(world, order, [0, 1, 2])), 'applied');
    assert.equal(balanceAt(world, 'auth-0', 'alice'), 993n);
    assert.deepEqual(
      world
        .notices('auth-0', 'voted_elsewhere')
        .map(({ account, sequence }) => [account, sequence]),
      [[world.place('alice').signer.publicKey, 0n]],
    );
    assert.equal(votes(world), false);
    world.restart('auth-0');
    assert.equal(votes(world), false);
  });

  it('is told once, however many there are', () => {
    const world = worldOfThree();
    for (const sequence of [0n, 1n, 2n]) {
      bring(world, certificateOf(world, orderOf(world, 'alice', 'bob', { sequence }), [0, 1, 2]));
    }
    assert.equal(alarms(world), 1);
    assert.equal(accountAt(world, 'auth-0', 'alice').next, 3n);
  });

  it('counts where its sequence is in the future', () => {
    const world = worldOfThree();
    const order = orderOf(world, 'alice', 'bob', { sequence: 1n });
    assert.equal(
      bring(world, certificateOf(world, order, [0, 1, 2])),
      REFUSALS.missing_earlier.wire,
    );
    assert.equal(votes(world), false);
  });

  it('counts where another order has its sequence', () => {
    const world = worldOfThree();
    bring(world, certificateOf(world, orderOf(world, 'alice', 'bob'), [1, 2, 3]));
    const other = orderOf(world, 'alice', 'bob', { amount: 2n });
    assert.equal(
      bring(world, certificateOf(world, other, [0, 1, 2])),
      REFUSALS.account_frozen.wire,
    );
    assert.equal(votes(world), false);
  });

  it('counts where another order is pending', () => {
    const world = worldOfThree();
    const mine = orderOf(world, 'alice', 'bob', { amount: 5n });
    ask(world, world.place('auth-0'), { TAG: 'order', data: mine });
    bring(world, certificateOf(world, orderOf(world, 'alice', 'bob'), [0, 1, 2]));
    assert.equal(votes(world), false);
  });

  it('counts in whatever certificate: too few votes, a false vote beside it, another signature', () => {
    const order = orderOf(worldOfThree(), 'alice', 'bob');
    const spoilt: SignedOrder = { ...order, signature: order.signature.map((byte) => byte ^ 1) };
    const makers: ((world: World) => Certificate)[] = [
      (world) => certificateOf(world, order, [0]),
      (world) => ({ ...certificateOf(world, order), votes: forgedBeside(world, order) }),
      (world) => certificateOf(world, spoilt, [0, 1, 2]),
    ];
    for (const make of makers) {
      const world = worldOfThree();
      assert.notEqual(bring(world, make(world)), 'applied');
      assert.equal(votes(world), false);
    }
  });

  it('counts though its bytes are others than this authority would make', () => {
    const otherBytes = new Uint8Array(64).fill(7);
    const world = new World({
      wallets: ['alice', 'bob', 'zoe'],
      verify: (key, bytes, signature) => {
        return signature.every((byte) => byte === 7) || verify(key, bytes, signature);
      },
    });
    const order = orderOf(world, 'alice', 'bob');
    const good = certificateOf(world, order, [0, 1, 2]);
    const own = good.votes.map((vote) => {
      return vote.member === 0 ? { ...vote, signature: otherBytes } : vote;
    });
    assert.equal(bring(world, { ...good, votes: own }), 'applied');
    assert.equal(alarms(world), 1);
    assert.equal(votes(world), false);
  });

  it('counts from another authority that catches this one up', () => {
    const world = worldOfThree();
    const data = certificateOf(world, orderOf(world, 'alice', 'bob'), [0, 1, 2]);
    const peer = world.place('auth-1');
    ask(world, peer, { TAG: 'order', data: data.order });
    ask(world, peer, { TAG: 'certificate', data });
    assert.equal(world.notices('auth-1', 'voted_elsewhere').length, 0);
    world.connect('auth-0', 'auth-1');
    world.run();
    assert.equal(accountAt(world, 'auth-0', 'alice').next, 1n);
    assert.equal(votes(world), false);
  });

  it('counts from a receipt that a wallet delivers', () => {
    const world = worldOfThree();
    world.connect('bob', 'auth-0');
    world.run();
    const receipt = certificateOf(world, orderOf(world, 'alice', 'bob'), [0, 1, 2]);
    const certificate = encode(certificateCoder, receipt);
    world.event(world.place('bob'), {
      kind: 'command',
      command: { kind: 'deliver', certificate },
    });
    world.run();
    assert.equal(votes(world), false);
  });
});

/** Three votes, of which the second is false. */
function forgedBeside(world: World, order: SignedOrder): Certificate['votes'] {
  const stranger = world.place('bob').signer;
  return [voteOf(world, order, 0), voteOf(world, order, 1, stranger), voteOf(world, order, 2)];
}

describe('an authority goes on voting', () => {
  it('where the vote in its name is no vote of its key, or of another epoch', () => {
    const world = worldOfThree();
    const order = orderOf(world, 'alice', 'bob');
    const stranger = world.place('bob').signer;
    const rest = [voteOf(world, order, 1), voteOf(world, order, 2)];
    const forged = [voteOf(world, order, 0, stranger), ...rest];
    bring(world, { epoch: 0 as Epoch, order, votes: forged });
    bring(world, { epoch: 1 as Epoch, order, votes: [voteOf(world, order, 0), ...rest] });
    const other = { ...voteOf(world, order, 1), member: 0 as never };
    bring(world, { epoch: 0 as Epoch, order, votes: [other, ...rest] });
    assert.equal(votes(world), true);
  });

  it('where the order is pending, was pending at a crash, or is applied already', () => {
    const world = worldOfThree();
    const order = orderOf(world, 'alice', 'bob');
    ask(world, world.place('auth-0'), { TAG: 'order', data: order });
    world.restart('auth-0');
    bring(world, certificateOf(world, order, [1, 2, 3]));
    bring(world, certificateOf(world, order, [0, 1, 2]));
    world.restart('auth-0');
    bring(world, certificateOf(world, order, [0, 2, 3]));
    const next = orderOf(world, 'alice', 'bob', { sequence: 1n });
    ask(world, world.place('auth-0'), { TAG: 'order', data: next });
    bring(world, certificateOf(world, next, [0, 1, 2]));
    assert.equal(alarms(world), 0);
    assert.equal(votes(world), true);
  });

  it('where another order was certified than the one that it voted for, and both are', () => {
    const world = worldOfThree();
    const [mine, other] = [1n, 2n].map((amount) => orderOf(world, 'alice', 'bob', { amount }));
    assert.ok(mine !== undefined && other !== undefined);
    ask(world, world.place('auth-0'), { TAG: 'order', data: mine });
    bring(world, certificateOf(world, other, [1, 2, 3]));
    world.restart('auth-0');
    assert.equal(bring(world, certificateOf(world, mine, [0, 1, 2])), REFUSALS.account_frozen.wire);
    assert.equal(alarms(world), 0);
    assert.equal(votes(world), true);
  });

  it('as one that was restored goes on not voting: no alarm', () => {
    const world = worldOfThree();
    const restored = encode(standingCoder, { reason: 'restored from a backup' });
    world.place('auth-0').state.set(SPACES.standing.key, restored);
    bring(world, certificateOf(world, orderOf(world, 'alice', 'bob'), [0, 1, 2]));
    assert.equal(alarms(world), 0);
    assert.deepEqual(world.place('auth-0').state.get(SPACES.standing.key), restored);
  });
});

/** What auth-0 said with this account record, directly or on its way through auth-0. */
function hearOwn(world: World, message: Message, passing: boolean): void {
  const route = passing ? [9n as LinkId] : [];
  const bytes = encode(frameCoder, { to: undefined, route, isPassedOn: passing, message });
  world.event(world.place('auth-0'), { kind: 'frame', link: 8n as LinkId, bytes });
}

describe('an own signed word', () => {
  const nonce = new Uint8Array(16).fill(3);
  const setupOf = (place: Place) => place.setup as AuthoritySetup;
  const said = (
    world: World,
    change: { next?: bigint; received?: bigint; pending?: SignedOrder },
  ) => {
    const place = world.place('auth-0');
    const account = world.place('alice').signer.publicKey;
    const { next = 1n, received = 0n, pending } = change;
    const record = { ...accountAt(world, 'auth-0', 'alice'), next: next as Sequence, received };
    const then = { ...record, pending };
    return [
      latestOf(world.network.state, setupOf(place), { account, nonce }, then, {
        knows: true,
        answer: undefined,
      }),
      progressOf(world.network.state, setupOf(place), account, then.next),
    ] as const;
  };
  /** One order of alice is certified, one is pending. */
  const begun = () => {
    const world = worldOfThree();
    const place = world.place('auth-0');
    const paid = orderOf(world, 'alice', 'bob');
    ask(world, place, { TAG: 'order', data: paid });
    bring(world, certificateOf(world, paid, [0, 1, 2]));
    const pending = orderOf(world, 'alice', 'bob', { sequence: 1n });
    ask(world, place, { TAG: 'order', data: pending });
    return { world, paid, pending };
  };

  it('of before agrees with the ledger, whoever brings it again', () => {
    const { world, paid, pending } = begun();
    const words = [
      ...said(world, { next: 0n }),
      ...said(world, { next: 0n, pending: paid }),
      ...said(world, {}),
      ...said(world, { pending }),
    ];
    for (const word of words) for (const passing of [false, true]) hearOwn(world, word, passing);
    assert.equal(alarms(world), 0);
    assert.equal(votes(world), true);
  });

  it('that this ledger cannot have said ends voting, also where it only passes by', () => {
    const { world: other } = begun();
    const stranger = orderOf(other, 'alice', 'bob', { sequence: 1n, amount: 9n });
    const early = orderOf(other, 'alice', 'bob', { amount: 9n });
    // Progress (1) says nothing of what is pending.
    const lies = [
      { lie: { next: 2n }, kinds: [0, 1] },
      { lie: { pending: stranger }, kinds: [0] },
      { lie: { next: 0n, pending: early }, kinds: [0] },
    ] as const;
    for (const { lie, kinds } of lies) {
      for (const kind of kinds) {
        for (const passing of [false, true]) {
          const { world } = begun();
          hearOwn(world, said(world, lie)[kind], passing);
          assert.equal(alarms(world), 1);
          assert.equal(votes(world), false);
        }
      }
    }
    const { world } = begun();
    hearOwn(world, said(world, { received: 1n })[0], false);
    assert.equal(alarms(world), 1);
  });

  it('of another member that is ahead says nothing of us', () => {
    const { world } = begun();
    const place = world.place('auth-1');
    const account = world.place('alice').signer.publicKey;
    const record = { ...accountAt(world, 'auth-1', 'alice'), next: 9n as Sequence };
    const words = [
      latestOf(world.network.state, setupOf(place), { account, nonce }, record, {
        knows: true,
        answer: undefined,
      }),
      progressOf(world.network.state, setupOf(place), account, record.next),
    ];
    for (const word of words) for (const passing of [false, true]) hearOwn(world, word, passing);
    assert.equal(alarms(world), 0);
    assert.equal(votes(world), true);
  });

  it('of any other kind that comes back is left alone', () => {
    const { world } = begun();
    const place = world.place('auth-0');
    const order = orderOf(world, 'alice', 'bob', { sequence: 9n });
    const account = world.place('alice').signer.publicKey;
    const member = 0 as MemberIndex;
    const next = 9n as Sequence;
    const words: Message[] = [
      { TAG: 'applied', data: { member, account, next } },
      { TAG: 'rejected', data: { member, code: NOT_VOTING, account, next } },
      wayOf(world.network.state, setupOf(place), nonce),
      ...ask(world, place, { TAG: 'order', data: orderOf(world, 'zoe', 'bob') }),
      ...ask(world, place, { TAG: 'order', data: order }),
    ];
    assert.deepEqual(
      words.map(({ TAG }) => TAG),
      ['applied', 'rejected', 'way', 'vote', 'orderRefusal'],
    );
    for (const word of words) for (const passing of [false, true]) hearOwn(world, word, passing);
    assert.equal(alarms(world), 0);
    assert.equal(votes(world), true);
  });

  it('with a signature that is not ours says nothing', () => {
    const { world } = begun();
    for (const word of said(world, { next: 2n })) {
      const data = { ...word.data, signature: new Uint8Array(64) };
      hearOwn(world, { TAG: word.TAG, data } as Message, false);
    }
    assert.equal(alarms(world), 0);
  });
});

it('an authority keeps the first vote of each other member that it saw certified, and none of its own', () => {
  const world = worldOfThree();
  const orders = [0n, 1n].map((sequence) => orderOf(world, 'alice', 'bob', { sequence }));
  const [first, second] = orders;
  assert.ok(first !== undefined && second !== undefined);
  for (const data of orders) {
    ask(world, world.place('auth-0'), { TAG: 'order', data });
    const members = data.order.sequence === 0n ? [0, 1, 2] : [0, 1, 3];
    assert.equal(bring(world, certificateOf(world, data, members)), 'applied');
  }
  const kept = (member: number): SignedOrder | undefined => {
    const { state } = world.place('auth-0');
    return recordAt(state, SPACES.memberVote.at(member as MemberIndex))?.order;
  };
  assert.deepEqual([0, 1, 2, 3].map(kept), [undefined, first, first, second]);
});

describe('the latest word of an authority', () => {
  it('says whether it remembers its votes', () => {
    const world = worldOfThree();
    const place = world.place('auth-0');
    const data = questionOf(world, 'alice', { TAG: 'latest', data: {} });
    const question: Message = { TAG: 'question', data };
    const knows = () => {
      const [answer] = ask(world, place, question);
      return answer?.TAG === 'latest' && answer.data.body.knows;
    };
    assert.equal(knows(), true);
    place.state.set(SPACES.firstStart.key, new Uint8Array(16));
    assert.equal(knows(), false);
    place.state.delete(SPACES.firstStart.key);
    place.state.set(SPACES.standing.key, encode(standingCoder, { reason: 'an old copy' }));
    assert.equal(knows(), false);
  });
});
