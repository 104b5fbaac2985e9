/**
 * Netlink attributes: the type-length-value lists in which all of nl80211 and most of rtnetlink is
 * written (include/uapi/linux/netlink.h, `struct nlattr`: u16 length with header, u16 type, value,
 * padding to 4). Host byte order, which is little-endian on every machine that Node runs MeshPay
 * on; socket.ts refuses to open elsewhere.
 *
 * Strict where the kernel is strict: a length below the header or beyond the list, a value of
 * another width than its type, a text with a NUL inside are malformed. Lenient where the kernel
 * asks for it: unknown types are skipped, a repeated type counts with its last value, as in
 * nla_parse(), because padding attributes repeat. Every loop advances by at least the header, so
 * none can be endless.
 *
 * Decoders throw `MalformedAttribute` inside this folder; `decode` turns it into a fault at the
 * edge.
 */
import { failure, fault, type Result, success } from '../fault.ts';

const HEADER_BYTES = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER, which are flags in the type field. */
const TYPE_MASK = 0x3fff;
const NESTED = 0x8000;
const MAX_VALUE_BYTES = 0xffff - HEADER_BYTES;

export class MalformedAttribute extends Error {
  override readonly name = 'Malformed';
}

export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

export type Attributes = ReadonlyMap<number, Uint8Array>;

/** Runs a decoder; a broken message becomes the fault `netlink_malformed`. */
export function decode<T>(subject: string, decoder: () => T): Result<T> {
  try {
    return success(decoder());
  } catch (error) {
    if (!(error instanceof MalformedAttribute)) throw error;
    return failure(fault('netlink_malformed', subject, 'a well-formed message', error.message));
  }
}

/** The attributes of a list in their order: for arrays, whose types are only indices. */
export function readList(bytes: Uint8Array): readonly Attribute[] {
  const view = viewOf(bytes);
  const list: Attribute[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const left = bytes.length - offset;
    if (left < HEADER_BYTES) throw new MalformedAttribute(`${left} bytes after the last attribute`);
    const length = view.getUint16(offset, true);
    if (length < HEADER_BYTES || length > left) {
      throw new MalformedAttribute(`attribute length ${length} with ${left} bytes left`);
    }
    const type = view.getUint16(offset + 2, true) & TYPE_MASK;
    list.push({ type, value: bytes.subarray(offset + HEADER_BYTES, offset + length) });
    offset += align(length);
  }
  return list;
}

/** The attributes of a list by type. */
export function readAttributes(bytes: Uint8Array): Attributes {
  return new Map(readList(bytes).map(({ type, value }) => [type, value]));
}

/** The attributes nested in attribute `type`; empty where it is absent. */
export function nested(attributes: Attributes, type: number): Attributes {
  return readAttributes(attributes.get(type) ?? new Uint8Array());
}

export function nestedList(attributes: Attributes, type: number): readonly Attribute[] {
  return readList(attributes.get(type) ?? new Uint8Array());
}

export function u8(attributes: Attributes, type: number): number | undefined {
  return exact(attributes, type, 1)?.getUint8(0);
}

export function i8(attributes: Attributes, type: number): number | undefined {
  return exact(attributes, type, 1)?.getInt8(0);
}

export function u16(attributes: Attributes, type: number): number | undefined {
  return exact(attributes, type, 2)?.getUint16(0, true);
}

export function u32(attributes: Attributes, type: number): number | undefined {
  return exact(attributes, type, 4)?.getUint32(0, true);
}

export function i32(attributes: Attributes, type: number): number | undefined {
  return exact(attributes, type, 4)?.getInt32(0, true);
}

/** A text that ends with at most one NUL. */
export function text(attributes: Attributes, type: number): string | undefined {
  const value = attributes.get(type);
  if (value === undefined) return undefined;
  const end = value.at(-1) === 0 ? value.length - 1 : value.length;
  const body = value.subarray(0, end);
  if (body.includes(0)) throw new MalformedAttribute(`NUL inside the text of attribute ${type}`);
  return new TextDecoder().decode(body);
}

/** A hardware address as `02:00:00:00:01:00`. */
export function hardwareAddress(attributes: Attributes, type: number): string | undefined {
  const value = attributes.get(type);
  if (value === undefined) return undefined;
  if (value.length !== 6) throw new MalformedAttribute(`hardware address of ${value.length} bytes`);
  return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** `value`, or malformed: for what the kernel always sends. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new MalformedAttribute(`${name} is missing`);
  return value;
}

export function writeAttribute(type: number, value: Uint8Array): Uint8Array {
  if (value.length > MAX_VALUE_BYTES) {
    throw new RangeError(`attribute ${type} of ${value.length} bytes`);
  }
  const bytes = new Uint8Array(align(HEADER_BYTES + value.length));
  const view = viewOf(bytes);
  view.setUint16(0, HEADER_BYTES + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, HEADER_BYTES);
  return bytes;
}

export function writeFlag(type: number): Uint8Array {
  return writeAttribute(type, new Uint8Array());
}

export function writeNumber(type: number, width: 1 | 2 | 4, value: number): Uint8Array {
  const bytes = new Uint8Array(width);
  const view = viewOf(bytes);
  if (width === 1) view.setUint8(0, value);
  else if (width === 2) view.setUint16(0, value, true);
  else view.setUint32(0, value >>> 0, true);
  return writeAttribute(type, bytes);
}

/** A text with its closing NUL, as the kernel's NLA_NUL_STRING policies want it. */
export function writeText(type: number, value: string): Uint8Array {
  return writeAttribute(type, new TextEncoder().encode(`${value}\0`));
}

/** `value` must have the form aa:bb:cc:dd:ee:ff. */
export function writeHardwareAddress(type: number, value: string): Uint8Array {
  return writeAttribute(
    type,
    Uint8Array.from(value.split(':'), (part) => Number.parseInt(part, 16)),
  );
}

export function writeNested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return writeAttribute(type | NESTED, concatenate(attributes));
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function align(length: number): number {
  return (length + 3) & ~3;
}

function exact(attributes: Attributes, type: number, width: number): DataView | undefined {
  const value = attributes.get(type);
  if (value === undefined) return undefined;
  if (value.length !== width) {
    throw new MalformedAttribute(`attribute ${type} has ${value.length} bytes instead of ${width}`);
  }
  return viewOf(value);
}
