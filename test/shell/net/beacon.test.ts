/** The beacon: one layout, one rule of acceptance. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_BEACON_BYTES } from '../../../agent/core/base/limits.ts';
import { isRefusal } from '../../../agent/core/base/refusal.ts';
import {
  BEACON_BYTES,
  judgeBeacon,
  makeBeacon,
  parseBeacon,
  type UnprovenBeacon,
} from '../../../agent/core/network/beacon.ts';
import { createVerify } from '../../../agent/shell/verify.ts';
import { identityOf, NETWORK } from './harness.ts';

const verify = createVerify();
const { signer } = identityOf(1);
const CONTENT = { role: 'relay', port: 7420, counter: 41n } as const;
const PACKET = makeBeacon(NETWORK, signer, CONTENT);

function parsed(packet: Uint8Array): UnprovenBeacon {
  const beacon = parseBeacon(NETWORK, packet);
  assert.ok(!isRefusal(beacon));
  return beacon;
}

function refusedAs(packet: Uint8Array): string | undefined {
  const beacon = parseBeacon(NETWORK, packet);
  return isRefusal(beacon) ? beacon.refused : undefined;
}

describe('a beacon', () => {
  it('says who, what, where and which, and fits one packet', () => {
    const { key, role, port, counter } = parsed(PACKET);
    assert.deepEqual({ key, role, port, counter }, { ...CONTENT, key: signer.publicKey });
    assert.equal(PACKET.length, BEACON_BYTES);
    assert.ok(BEACON_BYTES <= MAX_BEACON_BYTES);
  });

  it('is accepted when it is newer than the last one of its key', () => {
    assert.equal(judgeBeacon(verify, NETWORK, parsed(PACKET), undefined), 'accepted');
    assert.equal(judgeBeacon(verify, NETWORK, parsed(PACKET), 40n), 'accepted');
    assert.equal(judgeBeacon(verify, NETWORK, parsed(PACKET), 41n), 'replayed');
    assert.equal(judgeBeacon(verify, NETWORK, parsed(PACKET), 42n), 'replayed');
  });

  it('of another network or version is told from its first bytes', () => {
    const other = new Uint8Array(32).fill(9);
    assert.equal(refusedAs(makeBeacon(other, signer, CONTENT)), 'wrong_network');
    assert.equal(refusedAs(Uint8Array.of(2, ...PACKET.subarray(1))), 'wrong_network');
    assert.equal(refusedAs(new Uint8Array()), 'wrong_network');
  });

  it('signed for another network is forged on this one', () => {
    const elsewhere = makeBeacon(new Uint8Array(32).fill(9), signer, CONTENT);
    const moved = Uint8Array.from([...PACKET.subarray(0, 33), ...elsewhere.subarray(33)]);
    assert.equal(judgeBeacon(verify, NETWORK, parsed(moved), undefined), 'forged');
  });

  it('of another length, an unknown role or port 0 is malformed', () => {
    assert.equal(refusedAs(PACKET.subarray(0, -1)), 'malformed');
    assert.equal(refusedAs(Uint8Array.of(...PACKET, 0)), 'malformed');
    const withByte = (at: number, byte: number) => PACKET.map((old, i) => (i === at ? byte : old));
    assert.equal(refusedAs(withByte(65, 3)), 'malformed');
    assert.equal(refusedAs(withByte(66, 0).map((old, i) => (i === 67 ? 0 : old))), 'malformed');
  });

  it('is not accepted with any bit changed', () => {
    fc.assert(
      fc.property(fc.nat(BEACON_BYTES - 1), fc.nat(7), (at, bit) => {
        const changed = PACKET.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));
        const beacon = parseBeacon(NETWORK, changed);
        if (!isRefusal(beacon)) {
          assert.equal(judgeBeacon(verify, NETWORK, beacon, undefined), 'forged');
        }
      }),
      { numRuns: 300 },
    );
  });
});
