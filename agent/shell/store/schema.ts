/**
 * The schema record: the version of all layouts in the store, and whether the store was moved to
 * other hardware, which seals it (move.ts). The version comes first in every version, so that any
 * program can tell a newer store from a damaged one.
 */
import type { ByteKey } from '../../core/base/bytes.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import { decode, encode } from '../../core/codec/canonical.ts';
import type { ValueOf } from '../../core/codec/coder.ts';
import { u32 } from '../../core/codec/numbers.ts';
import { optional, struct, textOf } from '../../core/codec/parts.ts';
import { standingCoder } from '../../core/codec/record.ts';
import { SPACES } from '../../core/spaces.ts';

export const SCHEMA_KEY: ByteKey = SPACES.schema.key;

/** Where a sealed store went, and the standing that it had before. */
const movedCoder = struct({
  code: textOf(64),
  standing: optional(standingCoder),
});
export type Moved = ValueOf<typeof movedCoder>;

export const schemaCoder = struct({ version: u32, moved: optional(movedCoder) });
export type Schema = ValueOf<typeof schemaCoder>;

/** The bytes of a schema record. */
export function encodeSchema(version: number, moved?: Moved): Uint8Array {
  return encode(schemaCoder, { version, moved });
}

/** The version in a schema record of any version. */
export function schemaVersion(value: Uint8Array): number | undefined {
  if (value.length < 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
}

/** A schema record of this version; undefined if it is none. */
export function decodeSchema(value: Uint8Array): Schema | undefined {
  const schema = decode(schemaCoder, value);
  return isRefusal(schema) ? undefined : schema;
}
