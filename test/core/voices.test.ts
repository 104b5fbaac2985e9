/** Frames that were passed on are nobody's own word, whoever passed them and whatever they say. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sha256 } from '../../agent/core/base/crypto.ts';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import type {
  Amount,
  Balance,
  LedgerIndex,
  LinkId,
  MemberIndex,
  Sequence,
} from '../../agent/core/base/units.ts';
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import {
  type Frame,
  frameCoder,
  heardBy,
  MESSAGES,
  type Message,
  type Tag,
} from '../../agent/core/codec/message.ts';
import type { Step } from '../../agent/core/io.ts';
import { writeOf } from '../../agent/core/space.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { asFounded } from '../../agent/core/views.ts';
import { closedBy } from '../support/closings.ts';
import { certificateOf, orderOf } from '../support/forge.ts';
import { accountAt, balanceAt } from '../support/ledger.ts';
import { HRS, World } from '../support/world.ts';

const MEMBER = 0 as MemberIndex;
const FALSE = new Uint8Array(64).fill(7);
const ABOVE = 4n as Sequence;

/** What auth-0 might say, each as an honest node would take it if it were its own word and true. */
function wordsOf(world: World): { readonly [T in Tag]: Extract<Message, { TAG: T }>['data'] } {
  const account = world.place('alice').signer.publicKey;
  const order = orderOf(world, 'alice', 'bob', { amount: 3n });
  const pair = { first: order, second: orderOf(world, 'alice', 'bob', { amount: 4n }) };
  const certificate = certificateOf(world, order);
  const spoilt = { ...order, signature: FALSE };
  const epoch = asFounded(world.network).committee.epoch;
  const nonce = new Uint8Array(16).fill(1);
  const hash = new Uint8Array(32).fill(9);
  const none = { pending: undefined, signature: FALSE };
  const path = [...account.subarray(0, 2)].flatMap((byte) => [byte >> 4, byte & 15]).slice(0, 3);
  const code = REFUSALS.missing_earlier.wire;
  const entry = { account, next: 1n as Sequence, history: new Uint8Array(8).fill(1) };
  const balances = [{ token: HRS, balance: 999_999n as Balance }];
  const subject = { TAG: 'outcome', data: { account, sequence: 0n as Sequence } } as const;
  const place = { account, sequence: 0n as Sequence };
  const agreed = { subject, round: 0 };
  const value = Uint8Array.of(1);
  const ledger = 0 as LedgerIndex;
  const event = { TAG: 'paid', data: { account, sequence: 0n as Sequence } } as const;
  const deposit = { id: hash, account, token: HRS, amount: 1n as Amount };
  const unproven = {
    body: { ledger, event: { TAG: 'deposit', data: deposit } },
    statements: [],
  } as const;
  const said = { epoch, member: MEMBER, signature: FALSE, again: true };
  const verdict = { orderHash: hash, code, next: ABOVE, balance: 0n as Balance };
  return {
    order: spoilt,
    vote: { epoch, member: MEMBER, orderHash: hash, signature: FALSE },
    orderRefusal: { epoch, member: MEMBER, verdict, ...none },
    closingRequest: { place, cause: { TAG: 'wish', data: FALSE } },
    closingStatement: {
      epoch,
      member: MEMBER,
      place,
      voted: undefined,
      signature: FALSE,
      cause: { TAG: 'wish', data: FALSE },
    },
    closingTold: { member: MEMBER, place, statements: 4, decision: closedBy(world, place) },
    closingVote: { epoch, member: MEMBER, order, signature: FALSE },
    certificate: { ...certificate, votes: certificate.votes.filter(({ member }) => member !== 1) },
    applied: { member: MEMBER, account, next: 1n as Sequence },
    rejected: { member: MEMBER, code, account, next: 0n as Sequence },
    accountQuery: { account },
    question: {
      body: { member: 1 as MemberIndex, account, nonce, wish: { TAG: 'state', data: {} } },
      signature: FALSE,
    },
    wayQuery: { nonce },
    way: { epoch, member: MEMBER, body: { nonce, votes: true }, signature: FALSE },
    heartbeat: {
      epoch,
      member: MEMBER,
      body: { counter: 1, wallMs: 0n, digest: hash, votes: true, heard: [] },
      signature: FALSE,
    },
    account: {
      member: MEMBER,
      account,
      next: ABOVE,
      received: 0n,
      pending: undefined,
      balances,
      locked: [],
    },
    certificatesQuery: { account, from: 0n as Sequence },
    certificates: { member: MEMBER, account, next: 1n as Sequence, certificates: [certificate] },
    credits: { member: MEMBER, account, from: 0n, received: 0n, certificates: [] },
    gossip: order,
    doubleSpend: pair,
    root: { epoch, digest: hash },
    digest: { path: [], children: Array.from({ length: 16 }, () => hash) },
    bucket: { path, entries: [entry] },
    progress: {
      epoch,
      member: MEMBER,
      body: { account, next: ABOVE },
      signature: FALSE,
    },
    proofCount: { count: 1n, set: hash },
    proofsQuery: { from: 0n },
    proofs: { from: 0n, count: 1n, list: [pair] },
    latest: {
      epoch,
      member: MEMBER,
      body: {
        account,
        nonce,
        next: ABOVE,
        received: 0n,
        pending: undefined,
        knows: true,
        answer: undefined,
      },
      signature: FALSE,
    },
    firstStart: { epoch, member: MEMBER, body: { life: nonce }, signature: FALSE },
    vouch: {
      epoch,
      member: MEMBER,
      body: { about: MEMBER, life: nonce, word: 'first', vote: undefined },
      signature: FALSE,
    },
    proposal: { ...said, body: { ...agreed, validRound: undefined, value }, prevotes: [] },
    prevote: { ...said, body: { ...agreed, value: hash } },
    precommit: { ...said, body: { ...agreed, value: hash } },
    polka: { epoch, ...agreed, value, prevotes: [] },
    decision: { epoch, ...agreed, value, precommits: [] },
    approval: { epoch, member: MEMBER, body: { nth: 1, members: [] }, signature: FALSE },
    statement: { epoch, member: MEMBER, body: { root: hash, orders: hash }, signature: FALSE },
    pageQuery: { names: [hash] },
    page: { bytes: value },
    epochsQuery: { from: epoch },
    epochDecision: {
      epoch,
      subject: { TAG: 'epoch', data: { epoch } },
      round: 0,
      value,
      precommits: [],
    },
    settleRequest: { ...certificate, votes: [] },
    testimony: { epoch, member: MEMBER, body: { ledger, event }, signature: FALSE },
    fact: { TAG: 'outcome', data: { epoch, ...agreed, value, precommits: [] } },
    factCount: { count: 1n, set: hash },
    factsQuery: { from: 0n },
    accountFacts: { member: MEMBER, account, from: 0n, count: 0n, list: [] },
    facts: { from: 0n, count: 1n, list: [{ TAG: 'report', data: unproven }] },
  };
}

/** A world in which alice has paid once and auth-0 never got to know; and what auth-0 could say. */
function start() {
  const world = new World({ heartbeats: true }).connectAll();
  world.onFrame = (_from, to) => to.name !== 'auth-0';
  return { world, words: wordsOf(world) };
}

function say(
  world: World,
  words: ReturnType<typeof wordsOf>,
  tag: Tag,
  to: string,
  isPassedOn: boolean,
): Step {
  const message = { TAG: tag, data: words[tag] } as Message;
  return world.inject('auth-0', to, { to: undefined, route: [], isPassedOn, message });
}

/** One that holds the page which is asked for, or misses the one that comes. */
function wantPages(world: World, words: ReturnType<typeof wordsOf>, tag: Tag): void {
  const { state } = world.place('auth-1');
  const { names } = words.pageQuery;
  const { bytes } = words.page;
  const page = names[0] ?? new Uint8Array(32);
  const root = new Uint8Array(32);
  const missed = [
    writeOf(SPACES.lastCut, sha256(bytes)),
    writeOf(SPACES.behind, { root, isContained: false }),
  ];
  if (tag === 'pageQuery') missed.splice(0, 2, writeOf(SPACES.cutPage.at(page), bytes));
  if (tag !== 'pageQuery' && tag !== 'page') return;
  for (const { key, value } of missed) if (value !== undefined) state.set(key, value);
}

function isEffect({ writes, sends, closes, notices }: Step): boolean {
  const news = notices.filter(({ kind }) => kind !== 'refused');
  return writes.length + sends.length + closes.length + news.length > 0;
}

const TAGS = Object.keys(MESSAGES) as Tag[];
const OWN = (role: 'authority' | 'wallet') => TAGS.filter((tag) => heardBy(role, tag) === 'own');

describe('between authorities', () => {
  for (const tag of OWN('authority')) {
    test(`${tag} is an authority's own word, or nobody's`, () => {
      const { world, words } = start();
      wantPages(world, words, tag);
      const forged = say(world, words, tag, 'auth-1', true);
      assert.ok(!isEffect(forged), 'passed on');
      assert.ok(isEffect(say(world, words, tag, 'auth-1', false)), 'its own');
    });

    test(`${tag} is passed neither on nor back`, () => {
      const { world, words } = start();
      const message = { TAG: tag, data: words[tag] } as Message;
      const route = [world.linkOf('auth-0', 'auth-1')];
      const out = { to: 1 as MemberIndex, route: [], isPassedOn: false, message };
      assert.deepEqual(world.inject('alice', 'auth-0', out).sends, []);
      if (MESSAGES[tag].travels === 'back') return;
      const back = { to: undefined, route, isPassedOn: false, message };
      assert.deepEqual(world.inject('alice', 'auth-0', back).sends, []);
    });
  }

  test('a stranger that says what only authorities say loses its link, who passes it on does not', () => {
    const { world, words } = start();
    const message: Message = { TAG: 'root', data: words.root };
    const frame = { to: undefined, route: [], message };
    assert.equal(world.inject('alice', 'auth-0', { ...frame, isPassedOn: true }).closes.length, 0);
    assert.equal(world.inject('alice', 'auth-0', { ...frame, isPassedOn: false }).closes.length, 1);
  });

  for (const tag of TAGS.filter((each) => heardBy('authority', each) !== 'own')) {
    test(`a false ${tag} that was passed on writes nothing and is no news`, () => {
      const { world, words } = start();
      const step = say(world, words, tag, 'auth-1', true);
      const news = step.notices.filter(({ kind }) => kind !== 'refused');
      assert.deepEqual([step.writes, step.closes, news], [[], [], []]);
    });
  }
});

/** Bob asks for what came in, and alice has paid; auth-0 has not heard of it, and says nothing. */
function paid() {
  const { world } = start();
  world.pay('alice', 'bob', 3n);
  world.run();
  world.refresh('alice');
  world.run();
  assert.equal(world.notices('alice', 'order_certified').length, 1);
  return { world, words: wordsOf(world) };
}

describe('to a wallet with a link of its own to the member', () => {
  for (const tag of TAGS) {
    test(`${tag} that the member passed on has no effect`, () => {
      const { world, words } = paid();
      assert.ok(!isEffect(say(world, words, tag, 'alice', true)));
    });
  }

  for (const tag of ['applied', 'rejected', 'credits'] as const) {
    test(`${tag} has one as the member's own word`, () => {
      const { world, words } = paid();
      assert.ok(isEffect(say(world, words, tag, 'alice', false)));
    });

    test(`${tag} has none as another member's word`, () => {
      const { world, words } = paid();
      const message = { TAG: tag, data: words[tag] } as Message;
      const frame = { to: undefined, route: [], isPassedOn: false, message };
      assert.ok(!isEffect(world.inject('auth-1', 'alice', frame)));
    });
  }

  test('a frame on its way to somebody else is none for a wallet', () => {
    const { world, words } = paid();
    const message: Message = { TAG: 'applied', data: words.applied };
    const frame = { isPassedOn: false, message };
    const on = world.inject('auth-0', 'alice', { ...frame, to: MEMBER, route: [] });
    const back = world.inject('auth-0', 'alice', {
      ...frame,
      to: undefined,
      route: [1n as LinkId],
    });
    assert.ok(!isEffect(on) && !isEffect(back));
  });
});

/** alice hangs on auth-0 alone. Whatever passes on to auth-3 shows the way back to her. */
function withTraitor() {
  const world = new World({ heartbeats: true });
  const names = world.authorities.map(({ name }) => name);
  names.forEach((a, i) => {
    for (const b of names.slice(i + 1)) world.connect(a, b);
  });
  world.connect('alice', 'auth-0');
  world.run();
  let route: readonly LinkId[] = [];
  world.onFrame = (_from, to, frame) => {
    if (to.name === 'auth-3' && frame.route.length > 0) route = frame.route;
    return to.name !== 'auth-0' || frame.to !== MEMBER || frame.message.TAG !== 'certificate';
  };
  world.pay('alice', 'bob', 5n);
  world.run();
  assert.ok(route.length > 0, 'the traitor has seen the way back');
  return { world, route };
}

test('a traitor that knows the way back cannot speak in the name of the node on it', () => {
  const { world, route } = withTraitor();
  const words = wordsOf(world);
  for (const tag of TAGS) {
    const message = { TAG: tag, data: words[tag] } as Message;
    const notices = world.place('alice').notices.length;
    const before = new Map(world.place('alice').state);
    for (const isPassedOn of [false, true]) {
      const { sends } = world.inject('auth-3', 'auth-0', {
        to: undefined,
        route,
        isPassedOn,
        message,
      });
      for (const { bytes } of sends) assert.ok(decodeOwn(frameCoder, bytes).isPassedOn, tag);
      world.run();
    }
    assert.equal(world.place('alice').notices.length, notices, tag);
    assert.deepEqual(world.place('alice').state, before, tag);
  }
  assert.equal(accountAt(world, 'auth-0', 'alice').next, 0n);
  assert.equal(balanceAt(world, 'auth-0', 'alice'), 1_000n);
});

test('what a relay passes on to an authority is marked, however it came', () => {
  const { world } = start();
  const message: Message = { TAG: 'order', data: orderOf(world, 'alice', 'bob') };
  for (const route of [[], [5n]] as LinkId[][]) {
    const frame: Frame = { to: 1 as MemberIndex, route, isPassedOn: route.length > 0, message };
    const [send] = world.inject('alice', 'auth-0', frame).sends;
    assert.ok(send !== undefined);
    const passed = decodeOwn(frameCoder, send.bytes);
    assert.deepEqual([passed.isPassedOn, passed.route.length], [true, route.length + 1]);
  }
});

test('an honest authority marks nothing that it says itself, with or without a way back', () => {
  const { world } = start();
  const message: Message = { TAG: 'order', data: orderOf(world, 'alice', 'bob') };
  const own = { to: 1 as MemberIndex, route: [], isPassedOn: false, message };
  const carried = { to: 1 as MemberIndex, route: [5n as LinkId], isPassedOn: true, message };
  for (const frame of [own, carried]) {
    const { sends } = world.inject('alice', 'auth-1', frame);
    for (const { bytes } of sends) assert.ok(!decodeOwn(frameCoder, bytes).isPassedOn);
  }
});

describe('a node that is asked to carry', () => {
  for (const tag of TAGS) {
    const { travels } = MESSAGES[tag];
    test(`${tag} does so ${travels === 'no' ? 'neither way' : `on the way ${travels}`}`, () => {
      const { world, words } = start();
      const message = { TAG: tag, data: words[tag] } as Message;
      const frame = { isPassedOn: false, message };
      const out = world.inject('alice', 'auth-0', { ...frame, to: 1 as MemberIndex, route: [] });
      assert.equal(out.sends.length, travels === 'out' ? 1 : 0);
      const route = [world.linkOf('auth-0', 'auth-1')];
      const back = world.inject('alice', 'auth-0', { ...frame, to: undefined, route });
      assert.equal(back.sends.length, travels === 'back' ? 1 : 0);
    });
  }
});
