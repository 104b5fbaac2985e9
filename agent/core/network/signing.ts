/**
 * Domain separation (PROTOCOL: Networks and committees). Every signed or named byte string begins
 * with
 *
 *   length of the tag (1 byte) | "meshpay/<version>/<kind>" | network id (32) | [epoch (4)]
 *
 * so that a statement of one kind, network or committee is never valid as another. The kind alone
 * decides whether the epoch is there, so no two layouts can be confused.
 */
import { ascii, concatBytes } from '../base/bytes.ts';
import { PROTOCOL_VERSION } from '../base/limits.ts';
import type { Epoch } from '../base/units.ts';

/** Statements that a committee judges name its epoch; the others do not. */
const KINDS_WITH_EPOCH = [
  'vote',
  'refusal',
  'progress',
  'latest',
  'first_start',
  'vouch',
  'way',
  'approval',
  'closing_statement',
  'statement',
  'testimony',
  'proposal',
  'prevote',
  'precommit',
  'heartbeat',
] as const;
const KINDS_WITHOUT_EPOCH = ['order', 'beacon', 'question', 'closing', 'payout'] as const;

export type KindWithEpoch = (typeof KINDS_WITH_EPOCH)[number];
export type KindWithoutEpoch = (typeof KINDS_WITHOUT_EPOCH)[number];
export type StatementKind = KindWithEpoch | KindWithoutEpoch;

const TAGS = new Map<StatementKind, Uint8Array>(
  [...KINDS_WITH_EPOCH, ...KINDS_WITHOUT_EPOCH].map((kind) => {
    const tag = ascii(`meshpay/${PROTOCOL_VERSION}/${kind}`);
    return [kind, concatBytes(Uint8Array.of(tag.length), tag)];
  }),
);

export function signingBytes(
  kind: KindWithoutEpoch,
  network: Uint8Array,
  body: Uint8Array,
): Uint8Array;
export function signingBytes(
  kind: KindWithEpoch,
  network: Uint8Array,
  epoch: Epoch,
  body: Uint8Array,
): Uint8Array;
/** The bytes to sign for a statement of this kind on this network (id of 32 bytes). */
export function signingBytes(
  kind: StatementKind,
  network: Uint8Array,
  ...rest: readonly [Uint8Array] | readonly [Epoch, Uint8Array]
): Uint8Array {
  const tag = TAGS.get(kind) ?? new Uint8Array();
  if (rest.length === 1) return concatBytes(tag, network, rest[0]);
  const [epoch, body] = rest;
  const epochBytes = new Uint8Array(4);
  new DataView(epochBytes.buffer).setUint32(0, epoch);
  return concatBytes(tag, network, epochBytes, body);
}
