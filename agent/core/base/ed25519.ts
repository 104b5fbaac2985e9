/**
 * The one meaning of an Ed25519 signature in MeshPay (PROTOCOL: Signatures): RFC 8032 verification
 * without cofactor, and before it libsodium's strictness:
 *
 *   S < L;
 *   A and R are canonical (the y coordinate is below p);
 *   neither A nor R is one of the small-order points, whatever its sign bit.
 *
 * Libraries differ in exactly these cases ("Taming the many EdDSAs", Chalkias et al. 2020), and a
 * signature that one authority takes and another refuses would split a committee. `wellFormed`
 * refuses them before any library is asked; what is left, all libraries judge alike.
 */

/** p = 2^255 - 19, little endian. */
const FIELD_PRIME = littleEndian(2n ** 255n - 19n);

/** L = 2^252 + 27742317777372353535851937790883648493, the order of the base point. */
const GROUP_ORDER = littleEndian(2n ** 252n + 27742317777372353535851937790883648493n);

/**
 * The y coordinates, canonical or not, of points of order 1, 2, 4 and 8, without the sign bit:
 * 0, 1, the two of order 8, p - 1, p, p + 1 (libsodium, ge25519_has_small_order).
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  0n,
  1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  2n ** 255n - 20n,
  2n ** 255n - 19n,
  2n ** 255n - 18n,
].map(littleEndian);

/**
 * Whether a public key (32 bytes) and signature (64 bytes) may be looked at by a verifier at all.
 * False is final: the signature is invalid everywhere.
 */
export function wellFormed(publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const r = signature.subarray(0, 32);
  const s = signature.subarray(32);
  return isBelow(s, GROUP_ORDER) && isPlainPoint(publicKey) && isPlainPoint(r);
}

/** Whether an encoded point (32 bytes) is canonical and not of small order. */
export function isPlainPoint(point: Uint8Array): boolean {
  const y = Uint8Array.from(point);
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelow(y, FIELD_PRIME) && !SMALL_ORDER_Y.some((small) => same(y, small));
}

/** Whether one little-endian number is below another, both of 32 bytes. */
function isBelow(number: Uint8Array, bound: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (number[i] ?? 0) - (bound[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return false;
  return true;
}

function littleEndian(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
}
