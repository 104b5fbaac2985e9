/**
 * Whatever bytes come, a decoder makes a value or says that they are malformed; any other exception
 * is a fault of ours, and is never taken for somebody else's bytes.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import { decode, decodeOwn, hashCoder } from '../../agent/core/codec/canonical.ts';
import { type Coder, Malformed } from '../../agent/core/codec/coder.ts';
import { frameCoder, knownVoteCoder, lifeCoder } from '../../agent/core/codec/message.ts';
import { u8 } from '../../agent/core/codec/numbers.ts';
import { textOf } from '../../agent/core/codec/parts.ts';
import * as records from '../../agent/core/codec/record.ts';
import { makeBeacon, parseBeacon } from '../../agent/core/network/beacon.ts';
import { decodeGenesis } from '../../agent/core/network/genesis.ts';
import { decodePacket } from '../../agent/shell/net/datagram/packet.ts';
import { headerCoder, trailerCoder } from '../../agent/shell/store/backup-format.ts';
import { commitCoder } from '../../agent/shell/store/commit.ts';
import { schemaCoder } from '../../agent/shell/store/schema.ts';
import { signerOf } from '../support/keys.ts';
import { sampleBytes } from '../support/samples.ts';

const samples = sampleBytes();
const network = samples.get('network-id') ?? new Uint8Array(32);

const RECORDS = Object.entries(records)
  .filter(([name]) => name.endsWith('Coder'))
  .map(([name, coder]) => [name, coder as unknown as Coder<unknown>] as const);

const CODERS: Readonly<Record<string, Coder<unknown>>> = {
  frameCoder: frameCoder as Coder<unknown>,
  knownVoteCoder: knownVoteCoder as Coder<unknown>,
  lifeCoder: lifeCoder as Coder<unknown>,
  hashCoder: hashCoder as Coder<unknown>,
  headerCoder: headerCoder as Coder<unknown>,
  trailerCoder: trailerCoder as Coder<unknown>,
  commitCoder: commitCoder as Coder<unknown>,
  schemaCoder: schemaCoder as Coder<unknown>,
  textCoder: textOf(255) as Coder<unknown>,
  ...Object.fromEntries(RECORDS),
};

/** Bytes that nobody made, and bytes that were made and then cut, changed or put together. */
const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc
    .tuple(
      fc.constantFrom(...samples.values()),
      fc.nat(2_000),
      fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([sample, length, changes, more]) => {
      const cut = Uint8Array.from([...sample.subarray(0, length), ...more]);
      for (const [at, byte] of changes) if (at < cut.length) cut[at] = byte;
      return cut;
    }),
);

const MANY = { numRuns: 400 };

describe('a decoder', () => {
  for (const [name, coder] of Object.entries(CODERS)) {
    it(`throws nothing but Malformed: ${name}`, () => {
      const check = (given: Uint8Array): void => {
        try {
          decodeOwn(coder, given);
        } catch (error) {
          assert.ok(error instanceof Malformed, `${error}`);
        }
      };
      for (const sample of samples.values()) {
        check(sample);
        for (let length = 0; length < Math.min(sample.length, 80); length++) {
          check(sample.subarray(0, length));
        }
      }
      fc.assert(fc.property(bytes, check), MANY);
    });
  }

  it('of packets that come from strangers throws nothing at all', () => {
    const content = { role: 'relay', port: 1, counter: 1n } as const;
    const beacon = makeBeacon(network, signerOf('mill'), content);
    const change = fc.array(fc.tuple(fc.nat(beacon.length), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(change, fc.nat(beacon.length + 3), (changes, length) => {
        const changed = Uint8Array.from({ length }, (_, i) => beacon[i] ?? 0);
        for (const [at, byte] of changes) if (at < length) changed[at] = byte;
        parseBeacon(network, changed);
      }),
      MANY,
    );
    fc.assert(
      fc.property(bytes, (given) => {
        decodePacket(Buffer.from(given));
        decodeGenesis(given);
      }),
      MANY,
    );
  });
});

describe('decode', () => {
  const faulty = (error: unknown): Coder<number> => ({
    put: (value, out) => u8.put(value, out),
    take() {
      throw error;
    },
  });

  it('refuses what is malformed, with the reason', () => {
    const refused = decode(faulty(new Malformed('no such thing')), new Uint8Array(1));
    assert.ok(isRefusal(refused));
    assert.equal(refused.refused, 'malformed');
    assert.equal(refused.found, 'no such thing');
  });

  it('lets every fault of ours through', () => {
    const faults = [new TypeError('x'), new RangeError('x'), new Error('x'), 'thrown text'];
    for (const fault of faults) {
      assert.throws(
        () => decode(faulty(fault), new Uint8Array(1)),
        (thrown) => thrown === fault,
      );
    }
    assert.throws(() => decode(textOf(9), undefined as unknown as Uint8Array), TypeError);
  });
});
