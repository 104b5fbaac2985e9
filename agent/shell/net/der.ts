/**
 * The few parts of DER (ITU-T X.690) that one certificate is made of. Only writes; what comes from
 * others is read by OpenSSL.
 */
import { invariant } from '../../core/base/assert.ts';
import { concatBytes } from '../../core/base/bytes.ts';

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
} as const;

function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...content);
  invariant(body.length < 0x1_0000, 'a DER element of ours is short');
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...length), body);
}

/** SEQUENCE of the given elements. */
export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return element(TAG.sequence, ...elements);
}

/** SET of one element. */
export function setOf(only: Uint8Array): Uint8Array {
  return element(TAG.set, only);
}

/** [0] EXPLICIT. */
export function context0(inner: Uint8Array): Uint8Array {
  return element(TAG.context0, inner);
}

/** INTEGER, not negative, from its bytes, most significant first. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  const sign = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array();
  return element(TAG.integer, sign, digits);
}

/** BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return element(TAG.bitString, Uint8Array.of(0), bytes);
}

/** OBJECT IDENTIFIER from its encoded content. */
export function objectIdentifier(...content: readonly number[]): Uint8Array {
  return element(TAG.objectIdentifier, Uint8Array.from(content));
}

/** UTF8String of ASCII text. */
export function utf8String(text: string): Uint8Array {
  return element(TAG.utf8String, Buffer.from(text, 'utf8'));
}

/** UTCTime, "YYMMDDHHMMSSZ". */
export function utcTime(text: string): Uint8Array {
  return element(TAG.utcTime, Buffer.from(text, 'latin1'));
}

/** GeneralizedTime, "YYYYMMDDHHMMSSZ". */
export function generalizedTime(text: string): Uint8Array {
  return element(TAG.generalizedTime, Buffer.from(text, 'latin1'));
}
