/**
 * The discovery beacon: how a node tells its neighbours, by multicast, that it is there and on
 * which port it takes streams. 140 bytes, big-endian:
 *
 *   version (1) | network id (32) | node key (32) | role (1) | TLS port (2) | counter (8)
 *     | signature (64)
 *
 * signed over everything between network id and signature, with the domain tag of `beacon`.
 *
 * Safety: a beacon is a hint where to dial and nothing else. Who answers there proves its key in
 * the handshake, so a beacon that is replayed, or carried elsewhere, costs a vain attempt at most.
 * Liveness: a node chooses counters that grow, also over restarts as long as its clock does (it
 * starts from the wall clock). A listener takes only counters above the one that it remembers, and
 * forgets it some time after the node fell silent, so that a clock that went back heals by itself.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Signer, Verify } from '../base/crypto.ts';
import { PROTOCOL_VERSION } from '../base/limits.ts';
import { isRefusal, type Refusal, refusal } from '../base/refusal.ts';
import { decode, encode, hashCoder, keyCoder, signatureCoder } from '../codec/canonical.ts';
import { u8, u16, u64 } from '../codec/numbers.ts';
import { checked, struct, wordOf } from '../codec/parts.ts';
import { signingBytes } from './signing.ts';

/** What the sender says it does: holds a ledger, or only passes frames on. Judged by nobody. */
export type BeaconRole = 'authority' | 'relay';

const portCoder = checked(u16, (port) => port > 0 || 'port 0');

const roleCoder = wordOf<BeaconRole>({ authority: 1, relay: 2 });

const bodyCoder = struct({
  key: keyCoder,
  role: roleCoder,
  port: portCoder,
  counter: u64,
});

const beaconCoder = struct({
  version: u8,
  network: hashCoder,
  body: bodyCoder,
  signature: signatureCoder,
});

/** Bytes of every beacon. */
export const BEACON_BYTES = 1 + 32 + 32 + 1 + 2 + 8 + 64;

export interface Beacon {
  /** The sender's Ed25519 key (32 bytes). */
  readonly key: Uint8Array;
  readonly role: BeaconRole;
  /** 1 to 65535. */
  readonly port: number;
  /** Below 2^64. */
  readonly counter: bigint;
}

/** A beacon as it came, its signature not looked at yet. */
export interface UnprovenBeacon extends Beacon {
  readonly signature: Uint8Array;
}

/** What a listener makes of a well-formed beacon. */
export type BeaconVerdict = 'accepted' | 'replayed' | 'forged';

/** The bytes of a beacon of this node on this network (id of 32 bytes). */
export function makeBeacon(
  network: Uint8Array,
  signer: Signer,
  content: Omit<Beacon, 'key'>,
): Uint8Array {
  const body = { ...content, key: signer.publicKey };
  const signature = signer.sign(signingBytes('beacon', network, encode(bodyCoder, body)));
  return encode(beaconCoder, { version: PROTOCOL_VERSION, network, body, signature });
}

/** Opens a packet without touching cryptography. Refused: wrong_network, malformed. */
export function parseBeacon(network: Uint8Array, packet: Uint8Array): UnprovenBeacon | Refusal {
  if (packet[0] !== PROTOCOL_VERSION || !equalBytes(packet.subarray(1, 33), network)) {
    return refusal('wrong_network');
  }
  const beacon = decode(beaconCoder, packet);
  return isRefusal(beacon) ? beacon : { ...beacon.body, signature: beacon.signature };
}

/** The rule of acceptance. `lastCounter`: the last one accepted of this key, if remembered. */
export function judgeBeacon(
  verify: Verify,
  network: Uint8Array,
  beacon: UnprovenBeacon,
  lastCounter: bigint | undefined,
): BeaconVerdict {
  if (lastCounter !== undefined && beacon.counter <= lastCounter) return 'replayed';
  const { key, role, port, counter, signature } = beacon;
  const signed = signingBytes('beacon', network, encode(bodyCoder, { key, role, port, counter }));
  return verify(key, signed, signature) ? 'accepted' : 'forged';
}
