/**
 * Who is told what of an account (PROTOCOL: Privacy): its owner, who signs the question, and
 * authorities.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import type {
  Amount,
  Balance,
  LinkId,
  MemberIndex,
  Sequence,
} from '../../agent/core/base/units.ts';
import type { Frame, Message, Question, Wish } from '../../agent/core/codec/message.ts';
import type { SignedOrder } from '../../agent/core/codec/order.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { ask, certificateOf, orderOf, questionOf } from '../support/forge.ts';
import { signerOf } from '../support/keys.ts';
import { accountAt } from '../support/ledger.ts';
import { HRS, World } from '../support/world.ts';

const FALSE = new Uint8Array(64).fill(7);
const WISHES: readonly Wish[] = [
  { TAG: 'state', data: {} },
  { TAG: 'latest', data: {} },
  { TAG: 'orders', data: { from: 0n as Sequence } },
  { TAG: 'credits', data: { from: 0n } },
  { TAG: 'facts', data: { from: 0n } },
  {
    TAG: 'plan',
    data: {
      TAG: 'transfer',
      data: { recipient: signerOf('bob').publicKey, token: HRS, amount: 1n as Amount },
    },
  },
];
const ANSWERS = {
  state: 'account',
  latest: 'latest',
  orders: 'certificates',
  credits: 'credits',
  facts: 'accountFacts',
  plan: 'latest',
};

/** A world in which alice has paid bob twice. */
function paidTwice(): World {
  const world = new World({ relays: ['relay'] }).connectAll();
  for (const amount of [3n, 4n]) {
    world.pay('alice', 'bob', amount);
    world.run();
  }
  return world;
}

const NOTHING = { account: undefined, next: 0n };

/** Asks auth-0, which says that it tells nothing, and nothing else. */
function isRefused(world: World, data: Question, name = 'auth-0'): void {
  const answers = ask(world, world.place(name), { TAG: 'question', data });
  const member = Number(name.slice(-1)) as MemberIndex;
  const code = REFUSALS.not_the_owner.wire;
  assert.deepEqual(answers, [{ TAG: 'rejected', data: { member, code, ...NOTHING } }]);
}

describe('a question about an account', () => {
  for (const wish of WISHES) {
    test(`for ${wish.TAG} is answered to its owner`, () => {
      const world = paidTwice();
      const question: Message = { TAG: 'question', data: questionOf(world, 'alice', wish) };
      const [answer] = ask(world, world.place('auth-0'), question);
      assert.equal(answer?.TAG, ANSWERS[wish.TAG]);
    });

    test(`for ${wish.TAG} is not, if another key signed it, or the owner something else`, () => {
      const world = paidTwice();
      isRefused(world, { ...questionOf(world, 'alice', wish), signature: FALSE });
      isRefused(world, questionOf(world, 'alice', wish, { signer: 'bob' }));
      isRefused(world, questionOf(world, 'alice', wish, { signer: 'auth-1' }));
      isRefused(world, questionOf(world, 'alice', wish, { networkId: new Uint8Array(32).fill(3) }));
      const question = questionOf(world, 'alice', wish);
      const { body, signature } = question;
      const bob = world.place('bob').signer.publicKey;
      isRefused(world, { body: { ...body, account: bob }, signature });
      isRefused(world, { body: { ...body, nonce: new Uint8Array(16) }, signature });
      const others = WISHES.filter(({ TAG }) => TAG !== wish.TAG);
      for (const other of others) isRefused(world, { body: { ...body, wish: other }, signature });
    });

    test(`for ${wish.TAG} that was recorded at one member is nobody's at another`, () => {
      const world = paidTwice();
      const question = questionOf(world, 'alice', wish);
      for (const name of ['auth-1', 'auth-2', 'auth-3']) isRefused(world, question, name);
      const member = 1 as MemberIndex;
      isRefused(world, { ...question, body: { ...question.body, member } }, 'auth-1');
      isRefused(world, { ...question, body: { ...question.body, member } }, 'auth-0');
    });
  }

  test('about another page needs another signature', () => {
    const world = paidTwice();
    const wish: Wish = { TAG: 'orders', data: { from: 1n as Sequence } };
    const { body, signature } = questionOf(world, 'alice', wish);
    const first: Wish = { TAG: 'orders', data: { from: 0n as Sequence } };
    isRefused(world, { body: { ...body, wish: first }, signature });
  });

  test('is told of as refused once, to whoever runs the authority', () => {
    const world = paidTwice();
    const [wish] = WISHES;
    assert.ok(wish !== undefined);
    const before = world.notices('auth-0', 'refused').length;
    ask(world, world.place('auth-0'), {
      TAG: 'question',
      data: questionOf(world, 'alice', wish, { signer: 'bob' }),
    });
    const told = world.notices('auth-0', 'refused').slice(before);
    assert.deepEqual(
      told.map(({ refusal }) => refusal.refused),
      ['not_the_owner'],
    );
  });

  test('is refused alike, whether there is such an account or not', () => {
    const world = paidTwice();
    const account = new Uint8Array(32).fill(77);
    for (const wish of WISHES)
      isRefused(world, questionOf(world, 'alice', wish, { body: { account } }));
  });

  test('for another member costs no look at its signature', () => {
    let checks = 0;
    const world = new World({
      verify: () => {
        checks++;
        return true;
      },
    });
    const wish: Wish = { TAG: 'state', data: {} };
    isRefused(world, questionOf(world, 'alice', wish), 'auth-1');
    assert.equal(checks, 0);
  });

  test('is no question to a relay, which says so', () => {
    const world = paidTwice();
    const question: Message = {
      TAG: 'question',
      data: questionOf(world, 'alice', { TAG: 'state', data: {} }),
    };
    const [answer] = ask(world, world.place('relay'), question);
    assert.equal(answer?.TAG === 'rejected' && answer.data.code, REFUSALS.not_an_authority.wire);
  });

  test('of a wallet is signed for each member alone, and about its own account', () => {
    const world = paidTwice();
    const seen: [string, Question][] = [];
    world.onFrame = (from, to, { message }) => {
      if (from.name === 'alice' && message.TAG === 'question') seen.push([to.name, message.data]);
      return true;
    };
    world.refresh('alice');
    world.run();
    assert.equal(seen.length, 5 * 4);
    for (const [name, { body }] of seen) {
      assert.equal(`auth-${body.member}`, name);
      assert.deepEqual(body.account, world.place('alice').signer.publicKey);
      assert.deepEqual(
        body.nonce,
        world.place('alice').state.get(SPACES.question.key)?.slice(0, 16),
      );
    }
  });
});

/** What a stranger is answered by auth-0, as far as it tells of an account. */
function told(world: World, message: Message): unknown {
  const [answer] = ask(world, world.place('auth-0'), message);
  switch (answer?.TAG) {
    case 'orderRefusal': {
      const { code, next, balance } = answer.data.verdict;
      return [nameOf(code), next, balance, answer.data.pending];
    }
    case 'rejected':
      return [nameOf(answer.data.code), answer.data.account, answer.data.next];
    case 'applied':
    case 'certificates':
      return [answer.TAG, answer.data.next];
    default:
      return answer?.TAG;
  }
}

function nameOf(code: number): string | undefined {
  return Object.entries(REFUSALS).find(([, { wire }]) => wire === code)?.[0];
}

function order(data: SignedOrder): Message {
  return { TAG: 'order', data };
}

describe('an order', () => {
  test('that its owner did not sign brings out nothing, whatever else is wrong with it', () => {
    const world = paidTwice();
    const bare = (parts: Parameters<typeof orderOf>[3], to = 'bob') =>
      order({ ...orderOf(world, 'alice', to, parts), signature: FALSE });
    const nothing = [0n, 0n, undefined];
    assert.deepEqual(told(world, bare({ sequence: 2n })), ['bad_signature', ...nothing]);
    assert.deepEqual(told(world, bare({ sequence: 0n })), ['bad_signature', ...nothing]);
    assert.deepEqual(told(world, bare({ amount: 0n })), ['amount_zero', ...nothing]);
    assert.deepEqual(told(world, bare({ token: 63 })), ['unknown_token', ...nothing]);
    assert.deepEqual(told(world, bare({}, 'alice')), ['pays_itself', ...nothing]);
    world.place('auth-0').state.set(SPACES.standing.key, Uint8Array.of(1, 120));
    assert.deepEqual(told(world, bare({})), ['not_voting', ...nothing]);
  });

  test('brings out the balance only where it is too small for it, and never what came later', () => {
    const world = paidTwice();
    const tooMuch = order(orderOf(world, 'alice', 'bob', { sequence: 2n, amount: 5_000n }));
    assert.deepEqual(told(world, tooMuch), ['insufficient_balance', 2n, 993n, undefined]);
    const other = order(orderOf(world, 'alice', 'bob', { sequence: 0n, amount: 9n }));
    assert.deepEqual(told(world, other), ['sequence_used', 1n, 0n, undefined]);
    const early = order(orderOf(world, 'alice', 'bob', { sequence: 9n }));
    assert.deepEqual(told(world, early), ['missing_earlier', 2n, 0n, undefined]);
    const paid = order(orderOf(world, 'alice', 'bob', { sequence: 0n, amount: 3n }));
    assert.deepEqual(told(world, paid), ['certificates', 1n]);
  });

  test('brings out the one that is pending, to whoever has another one for its place', () => {
    const world = paidTwice();
    const pending = orderOf(world, 'alice', 'bob', { sequence: 2n, amount: 5n });
    assert.equal(told(world, order(pending)), 'vote');
    const other = orderOf(world, 'alice', 'bob', { sequence: 2n, amount: 6n });
    assert.deepEqual(told(world, order(other)), ['order_pending', 2n, 0n, pending]);
    const bare = order({ ...other, signature: FALSE });
    assert.deepEqual(told(world, bare), ['bad_signature', 0n, 0n, undefined]);
  });

  test('that is pending is not confirmed to whoever guesses it', () => {
    const world = paidTwice();
    const pending = orderOf(world, 'alice', 'bob', { sequence: 2n, amount: 5n });
    assert.equal(told(world, order(pending)), 'vote');
    const guess = order({ ...pending, signature: FALSE });
    assert.deepEqual(told(world, guess), ['bad_signature', 0n, 0n, undefined]);
    assert.equal(told(world, order(pending)), 'vote', 'its owner gets the vote again');
  });

  test('that is pending is voted for again, also with another good signature', () => {
    const isGood = (signature: Uint8Array) => signature[0] !== FALSE[0];
    const world = new World({ verify: (_key, _message, signature) => isGood(signature) });
    const pending = orderOf(world, 'alice', 'bob', { amount: 5n });
    assert.equal(told(world, order(pending)), 'vote');
    assert.equal(told(world, order({ ...pending, signature: new Uint8Array(64).fill(9) })), 'vote');
    assert.notEqual(told(world, order({ ...pending, signature: FALSE })), 'vote');
  });
});

describe('a certificate', () => {
  const message = (world: World, signed: SignedOrder, members?: readonly number[]): Message => {
    return { TAG: 'certificate', data: certificateOf(world, signed, members) };
  };

  test('that is old brings out nothing that came after it', () => {
    const world = paidTwice();
    const first = orderOf(world, 'alice', 'bob', { sequence: 0n, amount: 3n });
    assert.deepEqual(told(world, message(world, first)), ['applied', 1n]);
    const second = orderOf(world, 'alice', 'bob', { sequence: 1n, amount: 4n });
    assert.deepEqual(told(world, message(world, second)), ['applied', 2n]);
    assert.equal(accountAt(world, 'auth-0', 'alice').next, 2n);
  });

  test('that came too early brings out what is missing, if the owner signed its order', () => {
    const world = paidTwice();
    const early = orderOf(world, 'alice', 'bob', { sequence: 9n });
    const { publicKey } = world.place('alice').signer;
    assert.deepEqual(told(world, message(world, early)), ['missing_earlier', publicKey, 2n]);
    const forged = message(world, { ...early, signature: FALSE });
    assert.deepEqual(told(world, forged), ['bad_signature', undefined, 0n]);
  });

  test('with a guess at what was paid is not confirmed', () => {
    const world = paidTwice();
    const guess = orderOf(world, 'alice', 'bob', { sequence: 0n, amount: 3n });
    const forged = message(world, { ...guess, signature: FALSE });
    assert.deepEqual(told(world, forged), ['bad_signature', undefined, 0n]);
    const other = orderOf(world, 'alice', 'bob', { sequence: 0n, amount: 8n });
    const few = message(world, other, [0, 1]);
    assert.deepEqual(told(world, few), ['no_quorum', undefined, 0n]);
  });

  test('tells a relay no more than whoever sent it', () => {
    const world = paidTwice();
    const data = certificateOf(world, orderOf(world, 'alice', 'bob', { sequence: 0n, amount: 3n }));
    const frame: Frame = {
      to: 0 as MemberIndex,
      route: [9n as LinkId],
      isPassedOn: true,
      message: { TAG: 'certificate', data },
    };
    const answers: Message[] = [];
    world.onFrame = (from, _to, { message: each }) => {
      if (from.name === 'auth-0') answers.push(each);
      return true;
    };
    world.inject('relay', 'auth-0', frame);
    world.run();
    const [answer] = answers;
    assert.equal(answer?.TAG === 'progress' && answer.data.body.next, 1n);
  });
});

describe('among nodes', () => {
  test('an authority asks the others over its own links, and hears each', () => {
    const world = paidTwice();
    const account = world.place('alice').signer.publicKey;
    const command = { kind: 'query', account } as const;
    world.event(world.place('auth-0'), { kind: 'command', command });
    world.run();
    const seen = world.notices('auth-0', 'account_seen');
    assert.deepEqual(
      seen.map(({ member, next, balances }) => [member, next, balances[0]?.balance]),
      [1, 2, 3].map((member) => [member, 2n, 993n as Balance]),
    );
  });

  test('a relay or a wallet cannot ask for an account', () => {
    const world = paidTwice();
    const account = world.place('alice').signer.publicKey;
    for (const name of ['relay', 'bob']) {
      const command = { kind: 'query', account } as const;
      const step = world.event(world.place(name), { kind: 'command', command });
      assert.deepEqual(step.sends, []);
      const [refused] = world.notices(name, 'command_refused');
      assert.equal(refused?.refusal.refused, 'not_the_owner');
    }
  });

  test('anybody may ask whether an authority is there, and hears it signed', () => {
    const world = paidTwice();
    const nonce = new Uint8Array(16).fill(8);
    for (const name of ['relay', 'alice', 'auth-0']) {
      world.event(world.place(name), { kind: 'command', command: { kind: 'reach', nonce } });
      world.run();
      const members = world.notices(name, 'reached').map(({ member }) => member);
      assert.deepEqual(members, name === 'auth-0' ? [1, 2, 3] : [0, 1, 2, 3]);
    }
  });

  test('an answer that is not signed, or answers another question, reaches nobody', () => {
    const world = paidTwice();
    const relay = world.place('relay');
    const words: Message[] = [];
    world.onFrame = (_from, to, { message }) => {
      if (to === relay && message.TAG === 'way') words.push(message);
      return to !== relay;
    };
    const reach = (fill: number) => {
      const nonce = new Uint8Array(16).fill(fill);
      world.event(relay, { kind: 'command', command: { kind: 'reach', nonce } });
      world.run();
    };
    reach(1);
    reach(2);
    assert.equal(words.length, 8);
    const say = (message: Message | undefined) => {
      assert.ok(message?.TAG === 'way');
      world.inject('auth-0', 'relay', { to: undefined, route: [], isPassedOn: true, message });
      return world.notices('relay', 'reached').length;
    };
    const [old] = words;
    const fresh = words[4];
    assert.equal(say(old), 0, 'the answer to an earlier question');
    assert.ok(fresh?.TAG === 'way');
    assert.equal(say({ TAG: 'way', data: { ...fresh.data, signature: FALSE } }), 0);
    assert.equal(say({ TAG: 'way', data: { ...fresh.data, member: 2 as MemberIndex } }), 0);
    assert.equal(say(fresh), 1);
  });

  test('a nonce of another length is refused', () => {
    const world = paidTwice();
    for (const length of [0, 15, 17]) {
      const command = { kind: 'reach', nonce: new Uint8Array(length) } as const;
      const step = world.event(world.place('relay'), { kind: 'command', command });
      assert.deepEqual([step.sends, step.writes], [[], []]);
    }
    assert.equal(world.notices('relay', 'command_refused').length, 3);
  });
});
