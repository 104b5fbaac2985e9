/**
 * Netlink messages: `struct nlmsghdr`, the answers that end a request (ACK, error, DONE), and the
 * header of generic netlink (include/uapi/linux/netlink.h, genetlink.h). One datagram may carry
 * several messages; a dump is a run of them that ends with DONE.
 */
import { type Fault, fault } from '../fault.ts';
import {
  type Attributes,
  align,
  concatenate,
  MalformedAttribute,
  readAttributes,
  text,
  viewOf,
} from './attributes.ts';

const HEADER_BYTES = 16;
const GENERIC_HEADER_BYTES = 4;

export const REQUEST = 0x1;
export const ACK = 0x4;
export const DUMP = 0x300;
const DUMP_INTERRUPTED = 0x10;
const CAPPED = 0x100;
const EXTENDED_ACK = 0x200;

const TYPE_ERROR = 2;
const TYPE_DONE = 3;
const TYPE_OVERRUN = 4;

/** NLMSGERR_ATTR_MSG: the kernel's own words. */
const ERROR_TEXT = 1;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** What a message means for the request that it answers. */
export type Reply =
  | { readonly kind: 'data'; readonly message: NetlinkMessage; readonly interrupted: boolean }
  | { readonly kind: 'end' }
  | { readonly kind: 'refused'; readonly errno: number; readonly text: string | undefined };

export interface GenericMessage {
  readonly command: number;
  readonly attributes: Attributes;
}

/** The messages of one datagram. Throws Malformed. */
export function readMessages(datagram: Uint8Array): readonly NetlinkMessage[] {
  const view = viewOf(datagram);
  const messages: NetlinkMessage[] = [];
  let offset = 0;
  while (offset < datagram.length) {
    const left = datagram.length - offset;
    if (left < HEADER_BYTES) throw new MalformedAttribute(`${left} bytes after the last message`);
    const length = view.getUint32(offset, true);
    if (length < HEADER_BYTES || length > left) {
      throw new MalformedAttribute(`message length ${length} with ${left} bytes left`);
    }
    messages.push({
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      sequence: view.getUint32(offset + 8, true),
      payload: datagram.subarray(offset + HEADER_BYTES, offset + length),
    });
    offset += align(length);
  }
  return messages;
}

export function writeMessage(
  type: number,
  flags: number,
  sequence: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = viewOf(bytes);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Throws Malformed. */
export function readReply(message: NetlinkMessage): Reply {
  switch (message.type) {
    case TYPE_DONE:
      return message.payload.length >= 4 ? outcome(message, 4) : { kind: 'end' };
    case TYPE_ERROR:
      return outcome(message, errorTextOffset(message));
    case TYPE_OVERRUN:
      throw new MalformedAttribute('the kernel reports lost messages');
    default:
      return {
        kind: 'data',
        message,
        interrupted: (message.flags & DUMP_INTERRUPTED) !== 0,
      };
  }
}

/** Throws Malformed. */
export function readGeneric(payload: Uint8Array): GenericMessage {
  const command = payload[0];
  if (command === undefined || payload.length < GENERIC_HEADER_BYTES) {
    throw new MalformedAttribute(`generic header of ${payload.length} bytes`);
  }
  return { command, attributes: readAttributes(payload.subarray(GENERIC_HEADER_BYTES)) };
}

export function writeGeneric(
  command: number,
  attributes: readonly Uint8Array[],
  version = 0,
): Uint8Array {
  return concatenate([Uint8Array.of(command, version, 0, 0), ...attributes]);
}

/** Names of the kernel errors that answers here are known to carry (errno.h). */
const ERRNO_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'EPERM'],
  [2, 'ENOENT'],
  [6, 'ENXIO'],
  [11, 'EAGAIN'],
  [12, 'ENOMEM'],
  [13, 'EACCES'],
  [16, 'EBUSY'],
  [17, 'EEXIST'],
  [19, 'ENODEV'],
  [22, 'EINVAL'],
  [23, 'ENFILE'],
  [28, 'ENOSPC'],
  [34, 'ERANGE'],
  [95, 'EOPNOTSUPP'],
  [99, 'EADDRNOTAVAIL'],
  [100, 'ENETDOWN'],
  [114, 'EALREADY'],
  [132, 'ERFKILL'],
]);

/** The fault for an error answer of the kernel to `subject`. */
export function refusedFault(subject: string, errno: number, words: string | undefined): Fault {
  const name = ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
  const found = words === undefined ? name : `${name}: ${words}`;
  if (errno === 1 || errno === 13) {
    return fault('not_permitted', subject, 'CAP_NET_ADMIN', found);
  }
  const missing = errno === 19;
  return fault(missing ? 'interface_missing' : 'netlink_refused', subject, 'success', found);
}

function outcome(message: NetlinkMessage, textOffset: number | undefined): Reply {
  if (message.payload.length < 4) throw new MalformedAttribute('error message without its number');
  const number = viewOf(message.payload).getInt32(0, true);
  if (number === 0) return { kind: 'end' };
  if (number > 0) throw new MalformedAttribute(`positive error number ${number}`);
  const extended = (message.flags & EXTENDED_ACK) !== 0 && textOffset !== undefined;
  const words = extended
    ? text(readAttributes(message.payload.subarray(textOffset)), ERROR_TEXT)
    : undefined;
  return { kind: 'refused', errno: -number, text: words };
}

/** Where the attributes of an error start: after the number and the request that it quotes. */
function errorTextOffset({ flags, payload }: NetlinkMessage): number | undefined {
  if (payload.length < 4 + HEADER_BYTES) return undefined;
  const quoted = (flags & CAPPED) !== 0 ? HEADER_BYTES : viewOf(payload).getUint32(4, true);
  const offset = 4 + align(quoted);
  if (quoted < HEADER_BYTES || offset > payload.length) {
    throw new MalformedAttribute(`error quotes ${quoted} bytes of a request`);
  }
  return offset;
}
