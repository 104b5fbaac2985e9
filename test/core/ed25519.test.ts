/**
 * One meaning of Ed25519 (core/base/ed25519.ts): the published edge cases of ed25519-speccheck with
 * libsodium's verdicts, the vectors of RFC 8032 section 7.1, and a fuzz that compares the verifier
 * in use with a slow model made of point arithmetic, over signatures with torsion, non-canonical
 * encodings and scalars out of range.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, sign as nodeSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { sign as nobleSign, Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { hex } from '@scure/base';
import fc from 'fast-check';
import { concatBytes } from '../../agent/core/base/bytes.ts';
import { isPlainPoint, wellFormed } from '../../agent/core/base/ed25519.ts';
import { pkcs8Of, signerFromSeed } from '../../agent/shell/keys.ts';
import { loadSodium } from '../../agent/shell/sodium.ts';
import { createNodeCheck, createVerify } from '../../agent/shell/verify.ts';

const P = 2n ** 255n - 19n;
const L = Point.CURVE().n;

/** All that production may use on some machine. */
const SODIUM = loadSodium();
const VERIFIERS = [
  createVerify(),
  createVerify(createNodeCheck()),
  ...(SODIUM === undefined ? [] : [createVerify(SODIUM.check)]),
];

/** What they all say. */
function verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const [verdict = false, ...others] = VERIFIERS.map((judge) => judge(key, message, signature));
  for (const other of others) assert.equal(other, verdict, 'the verifiers agree');
  return verdict;
}

interface SpecCase {
  readonly case: number;
  readonly about: string;
  readonly message: string;
  readonly publicKey: string;
  readonly signature: string;
  readonly accepted: boolean;
}

function vectors(): readonly SpecCase[] {
  const file = new URL('../../../test/vectors/ed25519-speccheck.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: SpecCase[] }).cases;
}

describe('the published edge cases', () => {
  it('are twelve, of which libsodium takes one', () => {
    assert.equal(vectors().length, 12);
    assert.equal(vectors().filter((vector) => vector.accepted).length, 1);
  });

  for (const vector of vectors()) {
    it(`case ${vector.case}: ${vector.accepted ? 'accepts' : 'refuses'} ${vector.about}`, () => {
      const [key, message, signature] = [vector.publicKey, vector.message, vector.signature].map(
        (text) => hex.decode(text),
      );
      assert.ok(key && message && signature);
      assert.equal(verify(key, message, signature), vector.accepted);
      assert.equal(modelVerdict(key, message, signature), vector.accepted, 'the model agrees');
    });
  }
});

/** RFC 8032 7.1: TEST 1, 2, 3 and SHA(abc): seed, public key, message, signature. */
const RFC_8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
      '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589' +
      '09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
] as const;

describe('what no verifier is asked about', () => {
  const [, key, , signature] = RFC_8032[0];
  const goodKey = hex.decode(key);
  const goodSignature = hex.decode(signature);

  it('are points whose y is not below p, of large order too', () => {
    for (let y = P; y < 2n ** 255n; y++) {
      const point = toLittleEndian(y);
      const negative = point.map((byte, i) => (i === 31 ? byte | 0x80 : byte));
      assert.equal(isPlainPoint(point) || isPlainPoint(negative), false, `p + ${y - P}`);
      assert.equal(wellFormed(point, goodSignature), false);
      assert.equal(wellFormed(goodKey, concatBytes(point, goodSignature.subarray(32))), false);
    }
    assert.equal(isPlainPoint(toLittleEndian(P - 2n)), true, 'p - 2 is below p');
  });

  it('are the points of small order', () => {
    for (const point of torsionPoints()) assert.equal(isPlainPoint(point.toBytes()), false);
  });

  it('are scalars that are not below L', () => {
    const withScalar = (s: bigint) => concatBytes(goodSignature.subarray(0, 32), toLittleEndian(s));
    assert.equal(wellFormed(goodKey, withScalar(L - 1n)), true);
    for (const s of [L, L + 1n, 2n * L, 2n ** 255n, 2n ** 256n - 1n]) {
      assert.equal(wellFormed(goodKey, withScalar(s)), false, `${s}`);
    }
  });
});

describe('keys and signatures', () => {
  it('are those of RFC 8032', () => {
    for (const [seed, key, message, signature] of RFC_8032) {
      const signer = signerFromSeed(hex.decode(seed));
      assert.equal(hex.encode(signer.publicKey), key);
      assert.equal(hex.encode(signer.sign(hex.decode(message))), signature);
      assert.equal(verify(hex.decode(key), hex.decode(message), hex.decode(signature)), true);
    }
  });

  it('have the same bytes from noble, from node:crypto and from libsodium', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes32, fc.uint8Array({ maxLength: 300 }), (seed, message) => {
        const signer = signerFromSeed(seed);
        const key = createPrivateKey({ key: pkcs8Of(seed), format: 'der', type: 'pkcs8' });
        const expected = hex.encode(nobleSign(message, seed));
        assert.equal(hex.encode(signer.sign(message)), expected);
        assert.equal(hex.encode(nodeSign(null, message, key)), expected);
        const quick = SODIUM?.signerOf(seed) ?? signer.sign;
        assert.equal(hex.encode(quick(message)), expected);
        assert.equal(verify(signer.publicKey, message, signer.sign(message)), true);
      }),
      { numRuns: 50 },
    );
  });

  it('are refused when of another length, never thrown at', () => {
    const [seed, , message] = RFC_8032[1];
    const signer = signerFromSeed(hex.decode(seed));
    const signature = signer.sign(hex.decode(message));
    assert.equal(verify(signer.publicKey.subarray(1), hex.decode(message), signature), false);
    assert.equal(verify(signer.publicKey, hex.decode(message), signature.subarray(1)), false);
    assert.equal(verify(new Uint8Array(), hex.decode(message), new Uint8Array()), false);
  });

  it('are judged alike with and without room in the cache of keys', () => {
    const tiny = createVerify(createNodeCheck(1));
    for (let round = 0; round < 3; round++) {
      for (const [, key, message, signature] of RFC_8032) {
        assert.equal(tiny(hex.decode(key), hex.decode(message), hex.decode(signature)), true);
        assert.equal(
          tiny(hex.decode(key), hex.decode(`00${message}`), hex.decode(signature)),
          false,
        );
      }
    }
  });
});

describe('signatures made to be judged differently', () => {
  it('are judged as the model does', () => {
    const accepted = { true: 0, false: 0 };
    const torsion = torsionPoints();
    const below = (bound: number) => fc.integer({ min: 0, max: bound - 1 });
    const scenario = fc.record({
      secret: fc.bigInt({ min: 1n, max: L - 1n }),
      nonce: fc.bigInt({ min: 1n, max: L - 1n }),
      message: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      torsionOfA: below(8),
      torsionOfR: below(8),
      // 0: of large order; 1: only the torsion part; 2: the torsion part, not canonical.
      kindOfA: fc.constantFrom(0, 0, 0, 1, 2),
      kindOfR: fc.constantFrom(0, 0, 0, 1, 2),
      signFlip: fc.constantFrom(0, 0, 0, 1),
      scalarShift: fc.constantFrom(0n, 0n, 0n, 0n, 1n, 2n, 15n),
      broken: fc.constantFrom(false, false, false, false, true),
    });
    fc.assert(
      fc.property(scenario, (s) => {
        const tA = torsion[s.torsionOfA] ?? Point.ZERO;
        const tR = torsion[s.torsionOfR] ?? Point.ZERO;
        const a = s.kindOfA === 0 ? s.secret : 0n;
        const r = s.kindOfR === 0 ? s.nonce : 0n;
        const encodedA = encodeOddly(times(Point.BASE, a).add(tA), s.kindOfA === 2, s.signFlip);
        const encodedR = encodeOddly(times(Point.BASE, r).add(tR), s.kindOfR === 2, 0);
        // Search a message for which the torsion parts cancel, as an attacker would.
        let message: Uint8Array = s.message;
        for (let tries = 0; tries < 8; tries++) {
          const k = challenge(encodedR, encodedA, message);
          if (tR.add(times(tA, k % 8n)).is0()) break;
          message = concatBytes(s.message, Uint8Array.of(tries));
        }
        const k = challenge(encodedR, encodedA, message);
        const scalar = ((r + k * a) % L) + s.scalarShift * L;
        const signature = concatBytes(encodedR, toLittleEndian(scalar));
        if (s.broken) signature[40] = (signature[40] ?? 0) ^ 1;
        const expected = modelVerdict(encodedA, message, signature);
        accepted[`${expected}`] += 1;
        assert.equal(verify(encodedA, message, signature), expected);
      }),
      { numRuns: 4000 },
    );
    assert.ok(accepted.true > 200 && accepted.false > 200, JSON.stringify(accepted));
  });

  it('made of random bytes are judged as the model does', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(bytes(32), bytes(64), (key, signature) => {
        signature[63] = (signature[63] ?? 0) & 0x0f;
        assert.equal(verify(key, key, signature), modelVerdict(key, key, signature));
      }),
      { numRuns: 1000 },
    );
  });
});

/** RFC 8032 5.1.7 with libsodium's strictness, from point arithmetic alone. */
function modelVerdict(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const encodedR = signature.subarray(0, 32);
  const s = fromLittleEndian(signature.subarray(32));
  const A = decodePoint(key);
  const R = decodePoint(encodedR);
  if (A === undefined || R === undefined || s >= L) return false;
  if (isSmall(A) || isSmall(R)) return false;
  const k = challenge(encodedR, key, message);
  return times(Point.BASE, s).equals(R.add(times(A, k)));
}

/** A canonical encoding of a point of the curve: y below p, no negative zero. */
function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    const point = Point.fromBytes(bytes);
    return hex.encode(point.toBytes()) === hex.encode(bytes) ? point : undefined;
  } catch {
    return undefined;
  }
}

function isSmall(point: Point): boolean {
  return point.double().double().double().is0();
}

function challenge(encodedR: Uint8Array, encodedA: Uint8Array, message: Uint8Array): bigint {
  return fromLittleEndian(sha512(concatBytes(encodedR, encodedA, message))) % L;
}

/** Double and add: slow, and right for every point and scalar, zero included. */
function times(point: Point, scalar: bigint): Point {
  let sum = Point.ZERO;
  for (const bit of scalar.toString(2)) {
    sum = sum.double();
    if (bit === '1') sum = sum.add(point);
  }
  return sum;
}

/** The eight points of small order: the multiples of one of order 8. */
function torsionPoints(): readonly Point[] {
  for (let y = 2n; ; y++) {
    const point = decodePoint(toLittleEndian(y));
    if (point === undefined) continue;
    const torsion = times(point, L);
    if (torsion.double().double().is0()) continue;
    return Array.from({ length: 8 }, (_, i) => times(torsion, BigInt(i)));
  }
}

/** An encoding of the point, or of y + p where that fits, with its sign bit possibly flipped. */
function encodeOddly(point: Point, plusP: boolean, signFlip: number): Uint8Array {
  const bytes = Uint8Array.from(point.toBytes());
  const signBit = (bytes[31] ?? 0) & 0x80;
  const y = point.toAffine().y;
  const odd = plusP && y + P < 2n ** 255n ? toLittleEndian(y + P) : toLittleEndian(y);
  odd[31] = (odd[31] ?? 0) | signBit;
  if (signFlip === 1) odd[31] = (odd[31] ?? 0) ^ 0x80;
  return odd;
}

function toLittleEndian(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
