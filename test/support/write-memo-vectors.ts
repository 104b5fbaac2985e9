/**
 * Writes test/vectors/memo.json anew. Frozen: what changes a line there needs a new
 * PROTOCOL_VERSION. Each step is written out here with the same parts as agent/core/memo.ts, but
 * not with its code, so that memos can be made that no honest payer makes.
 *
 *   node dist/test/support/write-memo-vectors.js
 */
import { writeFileSync } from 'node:fs';
import { aessiv } from '@noble/ciphers/aes.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ascii, concatBytes, toHex } from '../../agent/core/base/bytes.ts';
import type { Amount, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import { encode, sequenceCoder } from '../../agent/core/codec/canonical.ts';
import { NO_MEMO, type Order, orderCoder } from '../../agent/core/codec/order.ts';
import { seedOf, signerOf } from './keys.ts';

const NETWORK = Uint8Array.from({ length: 32 }, (_, i) => i);

interface Made {
  readonly name: string;
  readonly order?: Order;
  readonly memo: string | null;
  /** What is sealed; the memo padded as it should be if left out. */
  readonly padded?: Uint8Array;
  readonly change?: (sealed: Uint8Array) => Uint8Array;
}

function orderWith(sequence: bigint, amount: bigint): Order {
  const recipient = signerOf('payee').publicKey;
  const data = { recipient, token: 2 as TokenIndex, amount: amount as Amount, memo: NO_MEMO };
  const account = signerOf('payer').publicKey;
  return { account, sequence: sequence as Sequence, action: { TAG: 'transfer', data } };
}

/** So many bytes of length in front of a text, zeros behind it. */
function padded(text: string | Uint8Array, length = Buffer.byteLength(text)): Uint8Array {
  const bytes = new Uint8Array(65);
  bytes[0] = length;
  bytes.set(Buffer.from(text), 1);
  return bytes;
}

function trailing(): Uint8Array {
  const bytes = padded('bread');
  bytes[64] = 1;
  return bytes;
}

const flip = (at: number) => (sealed: Uint8Array) =>
  sealed.map((byte, i) => (i === at ? byte ^ 1 : byte));

const MADE: readonly Made[] = [
  { name: 'a word', memo: 'bread' },
  { name: 'one byte', memo: 'x' },
  { name: 'as long as may be', memo: 'm'.repeat(64) },
  { name: 'not ASCII', memo: 'brød på søndag' },
  {
    name: 'the largest sequence and amount',
    memo: 'bread',
    order: orderWith(2n ** 64n - 1n, 2n ** 128n - 1n),
  },
  { name: 'a changed tag', memo: null, change: flip(0) },
  { name: 'a changed text', memo: null, change: flip(80) },
  { name: 'an empty one', memo: null, padded: padded('') },
  { name: 'a length above the bound', memo: null, padded: padded('m'.repeat(64), 65) },
  { name: 'something behind the end', memo: null, padded: trailing() },
  { name: 'not UTF-8', memo: null, padded: padded(Uint8Array.of(0xff, 0xfe)) },
  { name: 'UTF-8 of a surrogate', memo: null, padded: padded(Uint8Array.of(0xed, 0xa0, 0x80)) },
];

const vectors = MADE.map(({ name, order = orderWith(7n, 1_234n), memo, padded: own, change }) => {
  const [payerSeed, payeeSeed] = [seedOf('payer'), seedOf('payee')];
  const { recipient } = order.action.data;
  const secret = x25519.getSharedSecret(
    ed25519.utils.toMontgomerySecret(payerSeed),
    ed25519.utils.toMontgomery(recipient),
  );
  const sequence = encode(sequenceCoder, order.sequence);
  const info = concatBytes(ascii('meshpay/1/memo'), order.account, recipient, sequence);
  const key = hkdf(sha256, secret, NETWORK, info, 64);
  const bare = encode(orderCoder, order);
  const whole = aessiv(key, bare).encrypt(own ?? padded(memo ?? 'bread'));
  const sealed = change?.(whole) ?? whole;
  const parts = { payerSeed, payeeSeed, network: NETWORK, order: bare, secret, key, sealed };
  const texts = Object.entries(parts).map(([label, bytes]) => [label, toHex(bytes)]);
  return { name, ...Object.fromEntries(texts), memo };
});
writeFileSync('test/vectors/memo.json', `${JSON.stringify(vectors, null, 2)}\n`);
