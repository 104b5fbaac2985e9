/**
 * Sealed memos (agent/core/memo.ts): who can open them, who cannot, and their frozen bytes.
 *
 * The vectors of test/vectors/memo.json were made by write-memo-vectors.ts; the steps in them
 * (secret, key, sealed) are checked here against node:crypto, which shares no code with what made
 * them.
 */

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { aessiv } from '@noble/ciphers/aes.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { hex } from '@scure/base';
import fc from 'fast-check';
import { ascii, concatBytes, toHex } from '../../agent/core/base/bytes.ts';
import { MAX_MEMO_BYTES, SEALED_MEMO_BYTES } from '../../agent/core/base/limits.ts';
import type { Amount, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { NO_MEMO, type Order, orderCoder, signedOrderCoder } from '../../agent/core/codec/order.ts';
import { type Memos, memosOf } from '../../agent/core/memo.ts';
import { transferIn } from '../support/actions.ts';
import { seedOf, signerOf } from '../support/keys.ts';
import { accountAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const NETWORK = new Uint8Array(32).fill(1);
const memos = (name: string, network = NETWORK): Memos => memosOf(seedOf(name), network);
const keyOf = (name: string): Uint8Array => signerOf(name).publicKey;

interface Parts {
  readonly from?: string;
  readonly to?: string | Uint8Array;
  readonly sequence?: bigint;
  readonly token?: number;
  readonly amount?: bigint;
}

function orderOf(parts: Parts = {}, memo: Uint8Array = NO_MEMO): Order {
  const { from = 'alice', to = 'bob', sequence = 3n, token = 0, amount = 5n } = parts;
  const recipient = typeof to === 'string' ? keyOf(to) : to;
  const data = { recipient, token: token as TokenIndex, amount: amount as Amount, memo };
  const action = { TAG: 'transfer', data } as const;
  return { account: keyOf(from), sequence: sequence as Sequence, action };
}

function sealed(text: string, parts: Parts = {}): Uint8Array {
  const memo = memos(parts.from ?? 'alice').seal(orderOf(parts), text);
  assert.ok(memo !== undefined);
  return memo;
}

describe('a sealed memo', () => {
  test('is opened by its payer and its payee, and by nobody else', () => {
    const order = orderOf({}, sealed('bread'));
    assert.equal(memos('alice').open(order), 'bread');
    assert.equal(memos('bob').open(order), 'bread');
    assert.equal(memos('carol').open(order), undefined);
    assert.equal(memos('auth-0').open(order), undefined);
  });

  test('of any text is opened as it was, and always has one length', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 64 })
      .filter((each) => Buffer.byteLength(each) <= MAX_MEMO_BYTES);
    const [alice, bob] = [memos('alice'), memos('bob')];
    fc.assert(
      fc.property(text, (memo) => {
        const bytes = alice.seal(orderOf(), memo);
        assert.equal(bytes?.length, SEALED_MEMO_BYTES);
        assert.equal(bob.open(orderOf({}, bytes)), memo);
      }),
    );
  });

  test('has room for so many bytes, and for one at least', () => {
    for (const text of ['a', 'x'.repeat(MAX_MEMO_BYTES), 'é'.repeat(MAX_MEMO_BYTES / 2)]) {
      assert.equal(memos('bob').open(orderOf({}, sealed(text))), text);
    }
    for (const text of ['', 'x'.repeat(MAX_MEMO_BYTES + 1), `${'é'.repeat(32)}x`]) {
      assert.equal(memos('alice').seal(orderOf(), text), undefined);
    }
  });

  test('has the same bytes when it is made again, and others in every other order', () => {
    assert.deepEqual(sealed('bread'), sealed('bread'));
    const others = [
      sealed('brea'),
      sealed('bread', { sequence: 4n }),
      sealed('bread', { amount: 6n }),
      sealed('bread', { token: 1 }),
      sealed('bread', { to: 'carol' }),
      sealed('bread', { from: 'carol' }),
    ];
    assert.equal(new Set([sealed('bread'), ...others].map(toHex)).size, 1 + others.length);
  });

  test('cannot be opened in any other order, nor on another network', () => {
    const memo = sealed('bread');
    const elsewhere: Parts[] = [{ sequence: 4n }, { amount: 6n }, { token: 1 }, { from: 'carol' }];
    for (const parts of elsewhere) {
      assert.equal(memos('bob').open(orderOf(parts, memo)), undefined, JSON.stringify(parts.from));
    }
    const swapped = orderOf({ from: 'bob', to: 'alice' }, memo);
    for (const name of ['alice', 'bob']) assert.equal(memos(name).open(swapped), undefined);
    const network = new Uint8Array(32).fill(2);
    assert.equal(memos('bob', network).open(orderOf({}, memo)), undefined);
  });

  test('cannot be opened after any change of any bit', () => {
    const memo = sealed('bread');
    const bob = memos('bob');
    for (let bit = 0; bit < 8 * memo.length; bit++) {
      const changed = Uint8Array.from(memo);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(bob.open(orderOf({}, changed)), undefined, `bit ${bit}`);
    }
  });

  test('is not there where there is none, or bytes of another length', () => {
    for (const length of [0, 1, SEALED_MEMO_BYTES - 1, SEALED_MEMO_BYTES + 1]) {
      assert.equal(memos('bob').open(orderOf({}, new Uint8Array(length))), undefined);
    }
    assert.equal(memos('bob').open(orderOf({}, new Uint8Array(SEALED_MEMO_BYTES))), undefined);
  });

  test('is refused by every coder unless it is empty or of its one length', () => {
    const signature = new Uint8Array(64);
    for (const length of [0, SEALED_MEMO_BYTES]) {
      const order = orderOf({}, new Uint8Array(length));
      const bytes = encode(signedOrderCoder, { order, signature });
      assert.equal(transferIn(decodeOwn(signedOrderCoder, bytes).order).memo.length, length);
    }
    for (const length of [1, 64, SEALED_MEMO_BYTES - 1, SEALED_MEMO_BYTES + 1, 255]) {
      const order = orderOf({}, new Uint8Array(length));
      assert.throws(() => encode(signedOrderCoder, { order, signature }), /no sealed memo/);
      const bytes = encode(orderCoder, orderOf());
      const at = bytes.length - 1;
      const longer = concatBytes(
        bytes.subarray(0, at),
        Uint8Array.of(length),
        new Uint8Array(length),
      );
      assert.throws(() => decodeOwn(orderCoder, longer), /no sealed memo/);
    }
  });
});

/** A little-endian number of 32 bytes. */
function point(y: bigint, sign = 0): Uint8Array {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => Number((y >> BigInt(8 * i)) & 0xffn));
  bytes[31] = (bytes[31] ?? 0) | (sign << 7);
  return bytes;
}

const P = 2n ** 255n - 19n;
/** Keys that make no secret, or one that everybody knows. */
const BAD_KEYS: Readonly<Record<string, Uint8Array>> = {
  'the neutral element': point(1n),
  'the neutral element with a sign': point(1n, 1),
  'order 2': point(P - 1n),
  'order 4': point(0n),
  'order 4, sign': point(0n, 1),
  'order 8': hex.decode('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  'order 8, the other': hex.decode(
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ),
  'not canonical: p': point(P),
  'not canonical: p + 1': point(P + 1n),
  'not canonical: p + 3': point(P + 3n),
  'not canonical: 2^255 - 1': point(2n ** 255n - 1n),
  'not on the curve': point(2n),
  'not on the curve, sign': point(2n, 1),
};

describe('a key that no secret can be had with', () => {
  for (const [name, key] of Object.entries(BAD_KEYS)) {
    test(`seals nothing and opens nothing: ${name}`, () => {
      const alice = memos('alice');
      assert.equal(alice.seal(orderOf({ to: key }), 'bread'), undefined);
      const memo = sealed('bread');
      assert.equal(alice.open(orderOf({ to: key }, memo)), undefined);
      assert.equal(alice.open({ ...orderOf({ to: 'alice' }, memo), account: key }), undefined);
    });
  }

  test('is not paid by a wallet, with a memo or without', () => {
    const world = new World().connectAll();
    const pay = (recipient: Uint8Array, memo: string) => {
      const command = {
        kind: 'pay',
        recipient,
        token: 0 as TokenIndex,
        amount: 1n as Amount,
        memo,
      };
      world.event(world.place('alice'), { kind: 'command', command } as never);
      return world.notices('alice', 'command_refused').at(-1)?.refusal.refused;
    };
    assert.equal(pay(point(1n), ''), 'recipient_no_key');
    assert.equal(pay(point(P + 3n), ''), 'recipient_no_key');
    assert.equal(pay(point(2n), 'bread'), 'recipient_no_key');
    assert.equal(world.notices('alice', 'order_created').length, 0);
  });
});

test('a paid memo travels sealed, and both ends read it', () => {
  const world = new World({ relays: ['relay'] });
  for (const { name } of world.authorities) world.connect('relay', name);
  world.connect('alice', 'relay');
  world.connect('bob', 'relay');
  world.run();
  const clear = Buffer.from('forty loaves');
  let orders = 0;
  world.onFrame = (_from, _to, { message }) => {
    if (message.TAG !== 'order') return true;
    orders++;
    const { memo } = transferIn(message.data.order);
    assert.equal(memo.length, SEALED_MEMO_BYTES);
    assert.ok(!Buffer.from(memo).includes(clear));
    return true;
  };
  world.pay('alice', 'bob', 5n, 'forty loaves');
  world.run();
  world.refresh('bob');
  world.run();
  assert.ok(orders > 0);
  const [paid] = world.notices('alice', 'order_certified');
  const [received] = world.notices('bob', 'received');
  assert.ok(paid !== undefined && received !== undefined);
  for (const [name, { certificate }] of [
    ['alice', paid],
    ['bob', received],
  ] as const) {
    const { order } = certificate.order;
    assert.equal(memosOf(seedOf(name), world.network.id).open(order), 'forty loaves');
  }
  for (const [, value] of world.place('auth-0').state) {
    assert.ok(!Buffer.from(value).includes(clear), 'nothing of it is on the ledger');
  }
  assert.equal(accountAt(world, 'auth-0', 'alice').next, 1n);
});

test('the cipher is that of RFC 5297, example A.1', () => {
  const key = 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff';
  const beside = '101112131415161718191a1b1c1d1e1f2021222324252627';
  const sealer = aessiv(hex.decode(key), hex.decode(beside));
  assert.equal(
    toHex(sealer.encrypt(hex.decode('112233445566778899aabbccddee'))),
    '85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c',
  );
});

interface Vector {
  readonly name: string;
  readonly payerSeed: string;
  readonly payeeSeed: string;
  readonly network: string;
  /** The order, its memo left out. */
  readonly order: string;
  /** X25519 of the two keys, and what HKDF makes of it. */
  readonly secret: string;
  readonly key: string;
  readonly sealed: string;
  /** Null: the sealed bytes cannot be opened. */
  readonly memo: string | null;
}

const vectors = JSON.parse(readFileSync('test/vectors/memo.json', 'utf8')) as readonly Vector[];

describe('the frozen memos', () => {
  test('are some that open and some that do not', () => {
    assert.ok(vectors.filter(({ memo }) => memo !== null).length >= 4);
    assert.ok(vectors.filter(({ memo }) => memo === null).length >= 6);
  });

  for (const vector of vectors) {
    test(`are opened as they were: ${vector.name}`, () => {
      const network = hex.decode(vector.network);
      const bare = decodeOwn(orderCoder, hex.decode(vector.order));
      const data = { ...transferIn(bare), memo: hex.decode(vector.sealed) };
      const order: Order = { ...bare, action: { TAG: 'transfer', data } };
      for (const seed of [vector.payerSeed, vector.payeeSeed]) {
        assert.equal(memosOf(hex.decode(seed), network).open(order) ?? null, vector.memo);
      }
      if (vector.memo === null) return;
      const again = memosOf(hex.decode(vector.payerSeed), network).seal(bare, vector.memo);
      assert.equal(toHex(again ?? NO_MEMO), vector.sealed);
    });

    test(`have the secret and the key that node:crypto makes: ${vector.name}`, () => {
      const [payer, payee] = [hex.decode(vector.payerSeed), hex.decode(vector.payeeSeed)];
      assert.equal(vector.secret, secretByNode(payer, payee));
      assert.equal(vector.secret, secretByNode(payee, payer));
      const { account, sequence, action } = decodeOwn(orderCoder, hex.decode(vector.order));
      const number = Buffer.alloc(8);
      number.writeBigUInt64BE(sequence);
      const info = concatBytes(ascii('meshpay/1/memo'), account, action.data.recipient, number);
      const key = hkdfSync(
        'sha256',
        hex.decode(vector.secret),
        hex.decode(vector.network),
        info,
        64,
      );
      assert.equal(Buffer.from(key).toString('hex'), vector.key);
    });
  }
});

/** X25519 by node:crypto, between the key of one seed and that of the other. */
function secretByNode(seed: Uint8Array, otherSeed: Uint8Array): string {
  const der = (head: string, bytes: Uint8Array) => Buffer.concat([Buffer.from(head, 'hex'), bytes]);
  const scalar = ed25519.utils.toMontgomerySecret(seed);
  const other = ed25519.utils.toMontgomerySecret(otherSeed);
  const head = '302e020100300506032b656e04220420';
  const privateOf = (bytes: Uint8Array) =>
    createPrivateKey({ key: der(head, bytes), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateOf(other));
  return diffieHellman({ privateKey: privateOf(scalar), publicKey }).toString('hex');
}
