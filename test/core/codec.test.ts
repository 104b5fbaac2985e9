import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  MAX_CERTIFICATE_BYTES,
  MAX_MEMBERS,
  MAX_ORDER_BYTES,
  MAX_RECIPIENT_BYTES,
  MAX_WALL_MS,
  SEALED_MEMO_BYTES,
} from '../../agent/core/base/limits.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import type { LedgerIndex } from '../../agent/core/base/units.ts';
import { decode, encode } from '../../agent/core/codec/canonical.ts';
import type { Coder } from '../../agent/core/codec/coder.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import { type Action, certificateCoder, signedOrderCoder } from '../../agent/core/codec/order.ts';
import { accountCoder, factCoder } from '../../agent/core/codec/record.ts';
import * as arbitrary from '../support/arbitraries.ts';

interface Layout {
  readonly name: string;
  readonly coder: Coder<unknown>;
  readonly values: fc.Arbitrary<unknown>;
}

function layout<T>(name: string, coder: Coder<T>, values: fc.Arbitrary<T>): Layout {
  return { name, coder: coder as Coder<unknown>, values };
}

const LAYOUTS = [
  layout('signed order', signedOrderCoder, arbitrary.signedOrder),
  layout('certificate', certificateCoder, arbitrary.certificate),
  layout('frame', frameCoder, arbitrary.frame),
  layout('account record', accountCoder, arbitrary.account),
  layout('fact', factCoder, arbitrary.fact),
];

for (const { name, coder, values } of LAYOUTS) {
  test(`a ${name} is decoded from its bytes as it was`, () => {
    fc.assert(
      fc.property(values, (value) => {
        assert.deepEqual(plain(decode(coder, encode(coder, value))), plain(value));
      }),
    );
  });

  test(`a ${name} has one encoding: other bytes are refused or are another one`, () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, flip) => {
        const bytes = encode(coder, value);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ flip;
        const other = decode(coder, bytes);
        if (isRefusal(other)) assert.equal(other.refused, 'malformed');
        else assert.deepEqual(encode(coder, other), bytes);
      }),
    );
  });

  test(`a ${name} that is cut short or has bytes behind it is refused`, () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const bytes = encode(coder, value);
        assert.ok(isRefusal(decode(coder, bytes.subarray(0, at % bytes.length))));
        assert.ok(isRefusal(decode(coder, Uint8Array.from([...bytes, 0]))));
      }),
    );
  });
}

test('random bytes never make the decoder throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      for (const { coder } of LAYOUTS) decode(coder, bytes);
    }),
    { numRuns: 2_000 },
  );
});

test('votes out of order or doubled are refused', () => {
  fc.assert(
    fc.property(arbitrary.certificate, (certificate) => {
      fc.pre(certificate.votes.length >= 2);
      const votes = [...certificate.votes].reverse();
      assert.throws(() => encode(certificateCoder, { ...certificate, votes }));
      const [first] = certificate.votes;
      const doubled = first === undefined ? [] : [first, first];
      assert.throws(() => encode(certificateCoder, { ...certificate, votes: doubled }));
    }),
  );
});

test('a frame on its way to a member is marked where there is a way back, and nowhere else', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      fc.pre(frame.to !== undefined);
      const bytes = encode(frameCoder, frame);
      const markAt = 4 + 8 * frame.route.length;
      assert.equal(bytes[markAt], frame.route.length > 0 ? 1 : 0);
      bytes[markAt] = 1 - (bytes[markAt] ?? 0);
      assert.ok(isRefusal(decode(frameCoder, bytes)));
    }),
  );
});

test('the bounds of limits.ts are the sizes of the largest messages', () => {
  const [sample] = fc.sample(arbitrary.signedOrder, 1);
  assert.ok(sample !== undefined);
  const { order } = sample;
  const { token, amount } = order.action.data;
  const [memo, key] = [new Uint8Array(SEALED_MEMO_BYTES), new Uint8Array(32)];
  const transfer: Action = { TAG: 'transfer', data: { recipient: key, token, amount, memo } };
  const recipient = new Uint8Array(MAX_RECIPIENT_BYTES);
  const ledger = 0 as LedgerIndex;
  const data = { token, amount, ledger, recipient, validUntilMs: MAX_WALL_MS };
  const withdrawal: Action = { TAG: 'withdrawal', data };
  const sizes = [transfer, withdrawal].map((action) => {
    return encode(signedOrderCoder, { ...sample, order: { ...order, action } }).length;
  });
  assert.equal(Math.max(...sizes), MAX_ORDER_BYTES);
  const signed = { ...sample, order: { ...order, action: withdrawal } };
  const votes = Array.from({ length: MAX_MEMBERS }, (_, i) => ({
    member: i as never,
    signature: new Uint8Array(64),
  }));
  const largest = encode(certificateCoder, { epoch: 0 as never, order: signed, votes });
  assert.equal(largest.length, MAX_CERTIFICATE_BYTES);
});

/** Optional fields that are absent and undefined alike; bytes of any kind as arrays. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(present.map(([name, field]) => [name, plain(field)]));
}
