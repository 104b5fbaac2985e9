/**
 * The digest of a set of hashes: their sum modulo 2^256, as 32 bytes, most significant first. It is
 * the same in whatever order they came, and what leaves the set is taken off again. 32 zeros: the
 * empty set. Whoever can choose very many entries can make two sets with one digest, so it is used
 * only where that harms nobody but who does it.
 */

/** The digest with this hash added. */
export function withHash(digest: Uint8Array, hash: Uint8Array): Uint8Array {
  return combined(digest, hash, 1);
}

/** The digest without this hash, which is in it. */
export function withoutHash(digest: Uint8Array, hash: Uint8Array): Uint8Array {
  return combined(digest, hash, -1);
}

function combined(digest: Uint8Array, hash: Uint8Array, sign: 1 | -1): Uint8Array {
  const sum = new Uint8Array(32);
  let carry = 0;
  for (let i = 31; i >= 0; i--) {
    carry += (digest[i] ?? 0) + sign * (hash[i] ?? 0);
    sum[i] = carry & 255;
    carry >>= 8;
  }
  return sum;
}
