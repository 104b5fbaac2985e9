import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import type { Epoch, LinkId, MemberIndex } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import {
  frameCoder,
  type Message,
  type OrderRefusal,
  verdictCoder,
} from '../../agent/core/codec/message.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { ask, askBytes, frameOf, orderOf, voteOf } from '../support/forge.ts';
import { accountAt, balanceAt, digestOf } from '../support/ledger.ts';
import { type Place, World } from '../support/world.ts';

const NO_SIGNATURE = new Uint8Array(64).fill(7);

/** What one hostile authority of four does instead of answering an order. */
type Treachery = (world: World, message: Message) => Message | undefined;

const TREACHERIES: Record<string, Treachery> = {
  'is silent': () => undefined,
  'signs with another key': (world, message) =>
    message.TAG === 'vote'
      ? {
          TAG: 'vote',
          data: {
            ...message.data,
            signature: world.place('alice').signer.sign(message.data.orderHash),
          },
        }
      : message,
  'votes for another order': (world, message) => {
    if (message.TAG !== 'vote') return message;
    const other = orderOf(world, 'alice', 'bob', { amount: 999n });
    return { TAG: 'vote', data: { ...message.data, ...voteOf(world, other, 3) } };
  },
  'repeats an old vote': (world, message) => {
    if (message.TAG !== 'vote') return message;
    const old = orderOf(world, 'alice', 'bob', { sequence: 0n });
    return { TAG: 'vote', data: { ...message.data, ...voteOf(world, old, 3) } };
  },
  'speaks in the name of another': (_world, message) =>
    message.TAG === 'vote'
      ? { TAG: 'vote', data: { ...message.data, member: 0 as never } }
      : message,
  'refuses everything for ever': (world, message) => {
    if (message.TAG !== 'vote') return message;
    const { orderHash, epoch } = message.data;
    const verdict = {
      orderHash,
      code: REFUSALS.account_frozen.wire,
      next: 0n as never,
      balance: 0n as never,
    };
    const signature = world.place('auth-3').signer.sign(orderHash);
    return {
      TAG: 'orderRefusal',
      data: { epoch, member: 3 as never, verdict, pending: undefined, signature },
    };
  },
  'claims to have applied nothing': (_world, message) =>
    message.TAG === 'applied'
      ? { TAG: 'applied', data: { ...message.data, next: 0n as never } }
      : message,
};

for (const [habit, treachery] of Object.entries(TREACHERIES)) {
  test(`payments go on while an authority ${habit}`, () => {
    const world = new World().connectAll();
    betray(world, 'auth-3', treachery);
    for (let i = 1; i <= 3; i++) {
      world.pay('alice', 'bob', 10n);
      world.pass(20_000);
      assert.equal(world.notices('alice', 'order_certified').length, i);
    }
    for (const name of ['auth-0', 'auth-1', 'auth-2']) {
      assert.equal(balanceAt(world, name, 'bob'), 1_030n);
    }
    assert.equal(world.notices('alice', 'order_failed').length, 0);
  });
}

/** Changes what a place sends to wallets. */
function betray(world: World, name: string, treachery: Treachery): void {
  world.onFrame = (from, to, frame) => {
    if (from.name !== name || to.setup.wallet === undefined) return true;
    const message = treachery(world, frame.message);
    if (message === frame.message) return true;
    if (message !== undefined) {
      say(world, to, message);
    }
    return false;
  };
}

/** A place hears a message over a link that leads nowhere. */
function say(world: World, to: Place, message: Message): void {
  const bytes = frameOf(message);
  world.event(to, { kind: 'frame', link: 0xbadn as LinkId, bytes });
}

/** A member's own verdict. */
function refusedBy(world: World, member: number, verdict: OrderRefusal['verdict']): Message {
  const epoch = 0 as Epoch;
  const body = signingBytes('refusal', world.network.id, epoch, encode(verdictCoder, verdict));
  const signature = world.place(`auth-${member}`).signer.sign(body);
  const data = { epoch, member: member as MemberIndex, verdict, pending: undefined, signature };
  return { TAG: 'orderRefusal', data };
}

/** Sequence and amount of each certified order of a place. */
function certifiedOf(world: World, name: string): [bigint, bigint][] {
  return world.notices(name, 'order_certified').map(({ certificate }) => {
    const { sequence, action } = certificate.order.order;
    return [sequence, action.data.amount];
  });
}

test('an order whose sequence another certificate has ends, and the next takes the next one', () => {
  const world = new World().connectAll();
  const used = orderOf(world, 'alice', 'bob', { amount: 1n });
  for (const own of [0, 1, 2, 3]) {
    const place = world.place(`auth-${own}`);
    const others = [0, 1, 2, 3].filter((member) => member !== own);
    const votes = others.map((member) => voteOf(world, used, member));
    const message: Message = {
      TAG: 'certificate',
      data: { epoch: 0 as never, order: used, votes },
    };
    askBytes(world, place, frameOf(message));
  }
  world.pay('alice', 'bob', 2n);
  world.run();
  assert.equal(world.notices('alice', 'order_failed').length, 1);
  assert.equal(world.notices('alice', 'order_failed')[0]?.refusal.refused, 'sequence_used');
  world.pay('alice', 'bob', 3n);
  world.run();
  assert.deepEqual(certifiedOf(world, 'alice'), [
    [0n, 1n],
    [1n, 3n],
  ]);
});

test('a relay that spoils the signature of an order cannot make its wallet give it up', () => {
  const world = new World({ relays: ['bad'], wallets: ['alice', 'bob', 'carol'] });
  for (const { name } of world.authorities) world.connect('bad', name);
  world.connect('alice', 'bad');
  world.run();
  let isSpoiling = true;
  world.onFrame = (from, to, { message }) => {
    if (!isSpoiling || from.name !== 'alice' || message.TAG !== 'order') return true;
    const spoilt: Message = { TAG: 'order', data: { ...message.data, signature: NO_SIGNATURE } };
    for (const authority of world.authorities) {
      for (const answer of ask(world, authority, spoilt)) say(world, from, answer);
    }
    return to.name !== 'bad';
  };
  world.pay('alice', 'bob', 300n);
  world.pass(60_000);
  world.pay('alice', 'carol', 500n);
  world.run();
  assert.equal(world.notices('alice', 'order_created').length, 1);
  assert.equal(world.notices('alice', 'command_refused')[0]?.refusal.refused, 'order_in_flight');
  isSpoiling = false;
  world.pass(60_000);
  assert.deepEqual(certifiedOf(world, 'alice'), [[0n, 300n]]);
});

test('nor can a hostile authority with the help of an honest one that is asked about a spoilt one', () => {
  const world = new World().connectAll();
  const alice = world.place('alice');
  world.onFrame = (from, to) => to.name === 'auth-0' || (from.name === 'auth-0' && to === alice);
  world.pay('alice', 'bob', 300n);
  world.run();
  assert.equal(world.notices('alice', 'vote_received').length, 1);
  const [made] = world.notices('alice', 'order_created');
  assert.ok(made !== undefined);
  const spoilt: Message = { TAG: 'order', data: { ...made.order, signature: NO_SIGNATURE } };
  const [word] = ask(world, world.place('auth-1'), spoilt);
  assert.ok(word !== undefined);
  say(world, alice, word);
  if (word.TAG === 'orderRefusal') say(world, alice, refusedBy(world, 3, word.data.verdict));
  world.onFrame = () => true;
  world.pass(60_000);
  assert.equal(world.notices('alice', 'order_failed').length, 0);
  assert.deepEqual(certifiedOf(world, 'alice'), [[0n, 300n]]);
});

test('a wallet that signs two orders for one sequence leaves a proof at every authority', () => {
  const world = new World().connectAll();
  const [one, two] = [
    orderOf(world, 'alice', 'bob'),
    orderOf(world, 'alice', 'bob', { amount: 2n }),
  ];
  [one, one, two, two].forEach((data, i) => {
    const bytes = frameOf({ TAG: 'order', data });
    askBytes(world, world.place(`auth-${i}`), bytes);
  });
  world.run();
  for (const { name } of world.authorities) {
    assert.equal(world.notices(name, 'double_spend').length, 1, name);
    assert.notEqual(accountAt(world, name, 'alice').pending, undefined);
  }
  assert.equal(balanceAt(world, 'auth-0', 'alice'), 1_000n);
});

test('bytes that are no frame close the link they came over, and change nothing', () => {
  const world = new World().connectAll();
  const place = world.place('auth-0');
  const before = digestOf(world, 'auth-0');
  const garbage = [
    new Uint8Array(),
    new Uint8Array(20_000),
    new Uint8Array(30_000).fill(255),
    Uint8Array.of(0, 0, 0, 99),
    Uint8Array.from({ length: 200 }, (_, i) => (i * 37) % 256),
  ];
  for (const bytes of garbage) {
    const closed = place.closed.length;
    assert.deepEqual(askBytes(world, place, bytes), []);
    assert.equal(place.closed.length, closed + 1);
  }
  assert.equal(digestOf(world, 'auth-0'), before);
});

test('what only authorities say to each other is not taken from a stranger', () => {
  const world = new World();
  const place = world.place('auth-0');
  const signed = orderOf(world, 'alice', 'bob');
  const messages: Message[] = [
    { TAG: 'gossip', data: signed },
    { TAG: 'root', data: { epoch: 0 as Epoch, digest: new Uint8Array(32) } },
    { TAG: 'bucket', data: { path: [], entries: [] } },
    { TAG: 'digest', data: { path: [], children: Array(16).fill(new Uint8Array(32)) } },
  ];
  for (const message of messages) {
    const bytes = frameOf(message);
    assert.deepEqual(askBytes(world, place, bytes), []);
  }
  assert.equal(place.closed.length, messages.length);
  assert.equal(accountAt(world, 'auth-0', 'alice').pending, undefined);
});

test('a frame that has passed too many relays, or leads nowhere, is answered and not passed on', () => {
  const world = new World({ relays: ['relay'] });
  const relay = world.place('relay');
  const message: Message = { TAG: 'order', data: orderOf(world, 'alice', 'bob') };
  const send = (route: bigint[]): number | undefined => {
    const bytes = encode(frameCoder, {
      to: 2 as never,
      route: route as LinkId[],
      isPassedOn: route.length > 0,
      message,
    });
    const [answer] = askBytes(world, relay, bytes);
    return answer?.TAG === 'rejected' ? answer.data.code : undefined;
  };
  assert.equal(send([]), REFUSALS.unreachable.wire);
  assert.equal(send([1n, 2n, 3n, 4n]), REFUSALS.too_many_hops.wire);
});
