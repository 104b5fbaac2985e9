/** Relays that lie, lead nowhere, or are many: nothing is lost, and nobody is stuck for good. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verify } from '../../agent/core/base/crypto.ts';
import {
  ASK_WAYS_EVERY_MS,
  LEADS_FOR_MS,
  MAX_RELAY_LINKS,
  MAX_WAYS_ASKED,
  RETRY_FIRST_MS,
} from '../../agent/core/base/limits.ts';
import type { LinkId, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message, wayBodyCoder } from '../../agent/core/codec/message.ts';
import { certificateCoder } from '../../agent/core/codec/order.ts';
import { Draft } from '../../agent/core/draft.ts';
import { nodeLinks } from '../../agent/core/mesh/links.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { asFounded } from '../../agent/core/views.ts';
import { ask, certificateOf, frameOf, orderOf } from '../support/forge.ts';
import { verify as realVerify } from '../support/keys.ts';
import { accountAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Authorities that all know each other, and these relays before all of them. */
function worldWith(
  relays: readonly string[],
  others: readonly string[] = [],
  verify: Verify = realVerify,
): World {
  const world = new World({ relays: [...relays, ...others], wallets: ['alice', 'bob'], verify });
  const names = world.authorities.map(({ name }) => name);
  names.forEach((a, i) => {
    for (const b of names.slice(i + 1)) world.connect(a, b);
  });
  for (const relay of relays) for (const name of names) world.connect(relay, name);
  return world;
}

test('a relay that swallows certificates and says that all have applied them stops nothing', () => {
  const world = worldWith(['good', 'bad']);
  world.connect('alice', 'good');
  world.connect('alice', 'bad');
  world.run();
  world.onFrame = (from, to, { message }) => {
    if (from.name !== 'alice' || to.name !== 'bad' || message.TAG !== 'certificate') return true;
    const { account, sequence } = message.data.order.order;
    for (const member of [0, 1, 2, 3] as MemberIndex[]) {
      const next = (sequence + 1n) as Sequence;
      const lie: Message = { TAG: 'applied', data: { member, account, next } };
      const bytes = frameOf(lie);
      world.event(from, { kind: 'frame', link: 0xbadn as LinkId, bytes });
    }
    return false;
  };
  for (let payment = 0; payment < 60; payment++) {
    world.pay('alice', 'bob', 1n);
    world.pass(600_000);
    assert.equal(world.notices('alice', 'order_certified').length, payment + 1);
    for (const authority of world.authorities) {
      assert.equal(accountAt(world, authority.name, 'alice').next, BigInt(payment + 1));
    }
  }
});

test('a relay on the way gets past a node that leads nowhere, whichever link is the older', () => {
  const world = worldWith(['last'], ['first', 'stranger']);
  world.connect('alice', 'first');
  world.connect('stranger', 'first', 'found');
  world.connect('first', 'last', 'found');
  world.run();
  world.pay('alice', 'bob', 1n);
  world.pass(HOUR_MS);
  assert.equal(world.notices('alice', 'order_certified').length, 1);
});

/**
 * alice before `first`, which has so many keyed and silent strangers, and then `last` for a link.
 */
function worldWithStrangers(count: number, why: 'wanted' | 'found'): World {
  const strangers = Array.from({ length: count }, (_, i) => `stranger${i}`);
  const world = worldWith(['last'], ['first', ...strangers]);
  for (const name of strangers) world.connect(name, 'first');
  world.connect('first', 'last', why);
  world.connect('alice', 'first');
  world.run();
  world.onFrame = (from) => !strangers.includes(from.name);
  return world;
}

/** Milliseconds from a payment of alice to its certificate. */
function payingMs(world: World): number {
  const before = world.notices('alice', 'order_certified').length;
  const beganMs = world.nowMs;
  world.pay('alice', 'bob', 1n);
  world.run();
  while (world.notices('alice', 'order_certified').length === before) {
    assert.ok(world.nowMs - beganMs < HOUR_MS, 'certified within an hour');
    world.pass(250);
  }
  return world.nowMs - beganMs;
}

for (const count of [0, 20, 100, MAX_RELAY_LINKS]) {
  test(`${count} silent strangers with keys do not keep a relay from a node that it wants`, () => {
    const world = worldWithStrangers(count, 'wanted');
    for (let payment = 0; payment < 20; payment++) {
      assert.ok(payingMs(world) <= MINUTE_MS);
      world.pass(MINUTE_MS + 7 * payment);
    }
  });
}

for (const count of [0, 20, 100, MAX_RELAY_LINKS - 1]) {
  test(`${count} silent strangers do not keep a relay from a node that nobody asked for`, () => {
    const world = worldWithStrangers(count, 'found');
    for (let payment = 0; payment < 20; payment++) {
      assert.ok(payingMs(world) <= MINUTE_MS);
      world.pass(MINUTE_MS + 7 * payment);
    }
    assert.equal(world.notices('first', 'account_seen').length, 0, 'its own questions are no news');
  });
}

test('a stranger that leads to an authority once and falls silent is soon like any other', () => {
  const world = worldWithStrangers(20, 'found');
  for (const { name } of world.authorities) world.connect('stranger0', name);
  world.run();
  const swallow = world.onFrame;
  world.onFrame = (from, to, frame) => from.name === 'stranger0' || swallow(from, to, frame);
  payingMs(world);
  world.onFrame = swallow;
  assert.ok(payingMs(world) <= 2 * LEADS_FOR_MS);
  world.pass(LEADS_FOR_MS);
  payingMs(world);
  assert.ok(payingMs(world) <= 1_000, 'only the node that leads on is drawn');
});

test('neither a recorded answer nor a false one makes a stranger lead anywhere, nor costs much', () => {
  let checks = 0;
  const verify: Verify = (key, message, signature) => {
    checks++;
    return realVerify(key, message, signature);
  };
  const world = new World({ relays: ['first', 'stranger'], verify });
  world.connect('alice', 'first');
  world.connect('stranger', 'first');
  const first = world.place('first');
  const asked: { nonce: Uint8Array; member: MemberIndex }[] = [];
  world.onFrame = (_, to, { to: member, message }) => {
    const isQuestion = to.name === 'stranger' && message.TAG === 'wayQuery';
    if (isQuestion && member !== undefined) asked.push({ ...message.data, member });
    return to.name === 'first';
  };
  const strangerLink = () => {
    const draft = new Draft({ get: (key) => first.state.get(key) }, { nowMs: 0, wallMs: 0 });
    return nodeLinks(draft)[0];
  };
  const answer = ({ nonce, member }: (typeof asked)[number], isSigned: boolean) => {
    const { epoch } = asFounded(world.network).committee;
    const body = { nonce, votes: true };
    const message = signingBytes('way', world.network.id, epoch, encode(wayBodyCoder, body));
    const signer = world.place(isSigned ? `auth-${member}` : 'stranger').signer;
    const data = { epoch, member, body, signature: signer.sign(message) };
    const link = strangerLink()?.link;
    assert.ok(link !== undefined);
    world.event(first, { kind: 'frame', link, bytes: frameOf({ TAG: 'way', data }) });
  };

  world.pay('alice', 'bob', 1n);
  world.run();
  const [once] = asked;
  assert.ok(once !== undefined && asked.length === 1, 'it is asked');
  const before = checks;
  for (let i = 0; i < 50; i++) answer(once, false);
  assert.equal(checks, before + 1, 'one answer is checked');
  assert.equal(strangerLink()?.asked?.leads, false);

  world.pass(ASK_WAYS_EVERY_MS * 2);
  const again = asked.at(-1);
  assert.ok(again !== undefined && asked.length > 1, 'it is asked again');
  answer(once, true);
  assert.equal(strangerLink()?.asked?.leads, undefined, 'the answer to an earlier question');
  answer(again, true);
  assert.equal(strangerLink()?.asked?.leads, true, 'the answer to this one');
});

test('one frame makes a relay ask over a bounded number of links, all of them in turn', () => {
  const world = worldWithStrangers(100, 'found');
  const first = world.place('first');
  const asked = new Set<string>();
  world.onFrame = (from, to, { message }) => {
    if (from.name === 'first' && message.TAG === 'wayQuery') asked.add(to.name);
    return false;
  };
  const message: Message = { TAG: 'order', data: orderOf(world, 'alice', 'bob') };
  const bytes = frameOf(message, 0 as MemberIndex);
  for (let frame = 0; frame < 7; frame++) {
    world.nowMs += 2 * ASK_WAYS_EVERY_MS;
    const { sends } = world.event(first, { kind: 'frame', link: 0xbadn as LinkId, bytes });
    assert.ok(sends.length <= MAX_WAYS_ASKED + 1, `${sends.length} frames`);
    world.run();
  }
  assert.equal(asked.size, 101);
});

test('a wanted node that swallows everything does not keep a relay from the others', () => {
  const world = worldWith(['last'], ['first', 'bad']);
  world.connect('alice', 'first');
  world.connect('first', 'bad');
  world.connect('first', 'last', 'found');
  world.run();
  world.onFrame = (from) => from.name !== 'bad';
  assert.ok(payingMs(world) <= 5 * MINUTE_MS);
});

test('a wanted link displaces the oldest that is not, and no other one', () => {
  const world = worldWithStrangers(MAX_RELAY_LINKS, 'wanted');
  const first = world.place('first');
  const known = () => {
    const draft = new Draft({ get: (key) => first.state.get(key) }, { nowMs: 0, wallMs: 0 });
    return nodeLinks(draft).map(({ link, wanted }) => ({ link: Number(link), wanted }));
  };
  const up = (link: number, wanted: boolean) => {
    const peerKey = new Uint8Array(32).fill(link % 251);
    world.event(first, { kind: 'link_up', link: BigInt(link) as LinkId, peerKey, wanted });
  };
  const before = known();
  up(70_000, false);
  assert.deepEqual(known(), before, 'an unwanted one stays unknown');
  up(70_001, true);
  const added = { link: 70_001, wanted: true };
  assert.deepEqual(known(), [...before.slice(1), added], 'the oldest gives way');
  for (let link = 70_002; link < 70_400; link++) up(link, true);
  assert.equal(known().length, MAX_RELAY_LINKS);
  assert.ok(known().some(({ link }) => link === 70_001));
  assert.ok(known().every(({ wanted }) => wanted));
});

test('income that only its owner knows of gets past any number of relays that lead nowhere', () => {
  const dead = ['dead0', 'dead1', 'dead2', 'dead3', 'dead4', 'dead5'];
  const world = worldWith(['good'], dead);
  for (const name of [...dead, 'good']) world.connect('bob', name);
  world.run();
  const order = orderOf(world, 'alice', 'bob', { amount: 500n });
  for (const place of world.authorities) ask(world, place, { TAG: 'order', data: order });
  const certificate = encode(certificateCoder, certificateOf(world, order));
  const command = { kind: 'deliver', certificate } as const;
  world.event(world.place('bob'), { kind: 'command', command });
  world.pay('bob', 'alice', 1_200n);
  world.pass(6 * HOUR_MS);
  assert.equal(world.notices('bob', 'order_certified').length, 1);
});

test('relays that swallow everything cost an order a few seconds, and what it needs as well', () => {
  const dead = ['dead0', 'dead1', 'dead2'];
  const world = worldWith(['good'], dead);
  for (const name of [...dead, 'good']) world.connect('alice', name);
  world.run();
  const isKept = (tag: Message['TAG']) => tag !== 'certificate';
  world.onFrame = (from, _to, { message }) => from.name !== 'alice' || isKept(message.TAG);
  world.pay('alice', 'bob', 100n);
  world.pass(MINUTE_MS);
  assert.equal(world.notices('alice', 'order_certified').length, 1);
  // No authority has the certificate, so each has to be brought it before it votes again.
  world.onFrame = () => true;
  world.pay('alice', 'bob', 100n);
  world.pass(8_000);
  assert.equal(world.notices('alice', 'order_certified').length, 2);
});

test('answers in the name of members that do not exist are not listened to', () => {
  const world = new World({ relays: ['bad'] }).connectAll();
  world.pay('bob', 'alice', 10n);
  world.run();
  const alice = world.place('alice');
  world.refresh('alice');
  world.run();
  assert.equal(world.notices('alice', 'received').length, 1);
  const account = alice.signer.publicKey;
  for (let member = 4; member < 256; member++) {
    const data = { member: member as MemberIndex, account, from: 0n, received: 0n };
    const lie: Message = { TAG: 'credits', data: { ...data, certificates: [] } };
    const bytes = frameOf(lie);
    const step = world.event(alice, { kind: 'frame', link: 0xbadn as LinkId, bytes });
    assert.deepEqual([step.writes, step.sends, step.notices], [[], [], []]);
  }
});

test('a word that is repeated brings a wallet to show its income once an attempt', () => {
  const world = new World({ relays: ['bad'] });
  world.connectAll();
  for (let i = 0; i < 3; i++) {
    world.pay('bob', 'alice', 10n);
    world.run();
  }
  const alice = world.place('alice');
  world.refresh('alice');
  world.run();
  const refusals: Uint8Array[] = [];
  world.onFrame = (_from, to, frame) => {
    if (to === alice && frame.message.TAG === 'orderRefusal') {
      refusals.push(encode(frameCoder, frame));
    }
    return true;
  };
  world.pay('alice', 'bob', 5_000n);
  world.run();
  assert.equal(refusals.length, 4);
  const bytes = refusals[0] ?? new Uint8Array();
  for (let i = 0; i < 3; i++) {
    const step = world.event(alice, { kind: 'frame', link: 0xbadn as LinkId, bytes });
    assert.deepEqual(step.sends, []);
  }
});

test('a word that is repeated brings a wallet to send its order once an attempt', () => {
  const world = worldWith(['bad']);
  world.connect('alice', 'bad');
  world.run();
  const alice = world.place('alice');
  let word: Uint8Array | undefined;
  world.onFrame = (_from, to, frame) => {
    if (to === alice && frame.message.TAG === 'progress') word ??= encode(frameCoder, frame);
    return true;
  };
  world.pay('alice', 'bob', 1n);
  world.pass(MINUTE_MS);
  for (const name of ['auth-0', 'auth-1', 'auth-2', 'auth-3']) world.place(name).up = false;
  world.pay('alice', 'bob', 1n);
  world.run();
  const again = () => world.event(alice, { kind: 'frame', link: 0xbadn as LinkId, bytes });
  const bytes = word ?? new Uint8Array();
  assert.deepEqual(
    Array.from({ length: 4 }, () => again().sends.length),
    [1, 0, 0, 0],
  );
  world.pass(RETRY_FIRST_MS);
  assert.deepEqual([again().sends.length, again().sends.length], [1, 0]);
});

test('a word of old is no answer to what is asked now', () => {
  const world = worldWith(['bad']);
  world.connect('alice', 'bad');
  world.run();
  const alice = world.place('alice');
  const words: Uint8Array[] = [];
  world.onFrame = (_from, to, frame) => {
    if (to === alice && ['latest', 'progress'].includes(frame.message.TAG)) {
      words.push(encode(frameCoder, frame));
    }
    return true;
  };
  world.refresh('alice');
  world.run();
  assert.equal(words.length, 4);
  assert.equal(world.notices('alice', 'latest_seen').length, 4);
  world.onFrame = (_from, to) => to !== alice;
  world.refresh('alice');
  world.run();
  for (const bytes of words) world.event(alice, { kind: 'frame', link: 0xbadn as LinkId, bytes });
  assert.equal(world.notices('alice', 'latest_seen').length, 4);
});

test('a word that the member did not sign is no answer', () => {
  const world = worldWith(['bad']);
  world.connect('alice', 'bad');
  world.run();
  world.onFrame = (_from, to, frame) => {
    const { message } = frame;
    if (to.name !== 'alice' || message.TAG !== 'latest') return true;
    const body = { ...message.data.body, next: 0n as Sequence, pending: undefined };
    const lie: Message = { TAG: 'latest', data: { ...message.data, body } };
    const bytes = encode(frameCoder, { ...frame, message: lie });
    world.event(to, { kind: 'frame', link: 0xbadn as LinkId, bytes });
    return false;
  };
  world.pay('alice', 'bob', 1n);
  world.run();
  world.refresh('alice');
  world.run();
  assert.deepEqual(world.notices('alice', 'latest_seen'), []);
});

test('a relay that says there is nothing does not end the search for income', () => {
  const world = worldWith(['good', 'bad']);
  for (let i = 0; i < 6; i++) {
    world.connect('alice', 'good');
    world.pay('alice', 'bob', 10n);
    world.run();
  }
  world.connect('bob', 'bad');
  world.run();
  world.onFrame = (from, to, { message }) => {
    if (from.name !== 'bob' || to.name !== 'bad') return true;
    if (message.TAG !== 'question' || message.data.body.wish.TAG !== 'credits') return false;
    const { account, wish } = message.data.body;
    for (const member of [0, 1, 2, 3] as MemberIndex[]) {
      const data = { account, ...wish.data, member, received: 0n, certificates: [] };
      const lie: Message = { TAG: 'credits', data };
      const bytes = frameOf(lie);
      world.event(from, { kind: 'frame', link: 0xbadn as LinkId, bytes });
    }
    return false;
  };
  const nonce = new Uint8Array(16).fill(9);
  world.refresh('bob', nonce);
  world.run();
  assert.equal(world.notices('bob', 'refreshed').length, 0);
  world.connect('bob', 'good');
  for (let i = 0; i < 8; i++) {
    world.run();
    world.refresh('bob', nonce);
  }
  world.run();
  assert.equal(world.notices('bob', 'received').length, 6);
  const refreshed = () => world.notices('bob', 'refreshed').map(({ member }) => member);
  assert.equal(new Set(refreshed()).size, 4);

  // What was vouched for in answer to another question says nothing of this one.
  const before = refreshed().length;
  world.onFrame = (_from, to, { message }) => to.name !== 'bob' || message.TAG !== 'latest';
  world.refresh('bob');
  world.run();
  assert.equal(refreshed().length, before);
});

/** Bob, behind two relays, has all payments to him but one; and how often he asked for credits. */
function withAHole(payments: number, hole: number) {
  let checks = 0;
  const world = worldWith(['good', 'fine'], [], (...signed) => {
    checks += 1;
    return realVerify(...signed);
  });
  world.connect('alice', 'good');
  for (let i = 0; i < payments; i++) {
    world.pay('alice', 'bob', 1n);
    world.run();
  }
  const bob = world.place('bob');
  world.notices('alice', 'order_certified').forEach((notice, i) => {
    if (i === hole) return;
    const certificate = encode(certificateCoder, notice.certificate);
    world.event(bob, { kind: 'command', command: { kind: 'deliver', certificate } });
  });
  for (const relay of ['good', 'fine']) world.connect('bob', relay);
  world.run();
  let asked = 0;
  world.onFrame = (from, _to, { message }) => {
    const isQuestion = from === bob && message.TAG === 'question';
    if (isQuestion && message.data.body.wish.TAG === 'credits') asked += 1;
    return true;
  };
  return {
    /** With a question that makes the search begin at the first page. */
    refresh() {
      world.refresh('bob', new Uint8Array(16));
      world.run();
    },
    /** Over each of the two ways. */
    asked: () => asked / 2,
    /** Signatures that anybody checked. */
    checks: () => checks,
    held: () => world.notices('bob', 'received').length,
  };
}

test('a wallet that is told of more than it has looks through all pages at once', () => {
  const { refresh, asked, held, checks } = withAHole(41, 18);
  assert.equal(held(), 40);
  refresh();
  assert.equal(held(), 41);
  // What is missing is on the fifth page of each of four members; nothing is missing afterwards.
  const before = asked();
  assert.ok(before <= 4 * (5 + 2), `${before} questions`);
  const checked = checks();
  refresh();
  assert.equal(asked() - before, 4 * 2);
  // Of what comes again nothing is checked again: there are the questions, those for credits over
  // two ways, and the word of each member.
  assert.equal(checks() - checked, 4 * (4 + 2 * 2 + 1));
});

test('a wallet asks for a bounded number of pages in a row, and then goes on where it was', () => {
  const { refresh, asked, held } = withAHole(141, 135);
  for (const seen of [140, 140, 141]) {
    const before = asked();
    refresh();
    assert.equal(held(), seen);
    assert.ok(asked() - before <= 4 * (16 + 2), `${asked() - before} questions`);
  }
});
