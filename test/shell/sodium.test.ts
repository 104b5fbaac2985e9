/** libsodium is used where it is sound, and nowhere else. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { quickSignerFromSeed, signerFromSeed } from '../../agent/shell/keys.ts';
import { loadSodium, type Sodium, sodiumWhenBusy } from '../../agent/shell/sodium.ts';
import { createNodeCheck, createVerify } from '../../agent/shell/verify.ts';

const SEED = new Uint8Array(32).fill(9);
const MESSAGE = Uint8Array.of(1, 2, 3);
const { publicKey, sign } = signerFromSeed(SEED);

type Function = (...parts: never[]) => unknown;

/** The addon of this machine, with other functions in place of some; undefined: there is none. */
function addonWith(changes: Record<string, Function>): object | undefined {
  const require = createRequire(import.meta.url);
  try {
    const root = dirname(require.resolve('sodium-native/package.json'));
    const machine = `${process.platform}-${process.arch}`;
    const addon = require(join(root, 'prebuilds', machine, 'sodium-native.node'));
    return { ...(addon as object), ...changes };
  } catch {
    return undefined;
  }
}

describe('libsodium', () => {
  it('is loaded where the package has it for this machine', () => {
    assert.equal(loadSodium() !== undefined, addonWith({}) !== undefined);
  });

  it('signs and judges as node:crypto does, of parts of arrays too', (t) => {
    const sodium = loadSodium();
    if (sodium === undefined) return t.skip('there is none for this machine');
    const padded = (bytes: Uint8Array) => Uint8Array.of(7, ...bytes, 7).subarray(1, -1);
    const signs = sodium.signerOf(padded(SEED));
    for (const message of [MESSAGE, new Uint8Array(), new Uint8Array(5_000).fill(4)]) {
      const signature = signs(padded(message));
      assert.deepEqual(signature, sign(message));
      for (const check of [sodium.check, createNodeCheck()]) {
        assert.equal(check(padded(publicKey), padded(message), padded(signature)), true);
        const other = Uint8Array.of(...message, 1);
        assert.equal(check(padded(publicKey), padded(other), padded(signature)), false);
      }
    }
  });

  it('gives each signature an array of its own', (t) => {
    const signs = loadSodium()?.signerOf(SEED);
    if (signs === undefined) return t.skip('there is none for this machine');
    const first = signs(MESSAGE);
    signs(Uint8Array.of(5));
    assert.deepEqual(first, sign(MESSAGE));
  });

  it('is not asked about what has another length', (t) => {
    const sodium = loadSodium();
    if (sodium === undefined) return t.skip('there is none for this machine');
    const signature = sign(MESSAGE);
    for (const length of [0, 31, 33]) {
      assert.equal(sodium.check(new Uint8Array(length), MESSAGE, signature), false);
      if (length > 0) assert.throws(() => sodium.signerOf(new Uint8Array(length)));
    }
    for (const length of [0, 63, 65]) {
      assert.equal(sodium.check(publicKey, MESSAGE, new Uint8Array(length)), false);
    }
  });
});

describe('a libsodium that is not what it should be', () => {
  const all = (value: unknown) => () => value;
  const faults: [string, Record<string, Function>][] = [
    ['takes every signature', { crypto_sign_verify_detached: all(true) }],
    ['takes none', { crypto_sign_verify_detached: all(false) }],
    ['answers with a number', { crypto_sign_verify_detached: all(0) }],
    ['signs with zeros', { crypto_sign_detached: all(0) }],
    ['makes no key', { crypto_sign_seed_keypair: all(-1) }],
  ];
  for (const [what, changes] of faults) {
    it(`is not used: it ${what}`, (t) => {
      const addon = addonWith(changes);
      if (addon === undefined) return t.skip('there is none for this machine');
      assert.equal(
        loadSodium(() => addon),
        undefined,
      );
    });
  }

  it('or is not there, is done without', () => {
    const missing = (): never => {
      throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
    };
    assert.equal(loadSodium(missing), undefined);
    assert.equal(
      loadSodium(() => ({})),
      undefined,
    );
    assert.equal(createVerify()(publicKey, MESSAGE, sign(MESSAGE)), true);
  });
});

describe('libsodium on demand', () => {
  const sodium: Sodium = { check: () => true, signerOf: () => () => new Uint8Array(64) };

  /** Asks so many times, so far apart; how often it was loaded, and what the last answer was. */
  function asked(times: number, apartMs: number, isThere = true) {
    let [nowMs, loads] = [5, 0];
    const ask = sodiumWhenBusy(
      () => nowMs,
      () => {
        loads += 1;
        return isThere ? sodium : undefined;
      },
    );
    let answer: Sodium | undefined;
    for (let n = 0; n < times; n++) {
      answer = ask();
      nowMs += apartMs;
    }
    return { loads, answer };
  }

  it('is loaded at the hundredth signature of a second, once, and kept', () => {
    assert.deepEqual(asked(99, 1), { loads: 0, answer: undefined });
    assert.deepEqual(asked(100, 1), { loads: 1, answer: sodium });
    assert.deepEqual(asked(5_000, 10), { loads: 1, answer: sodium });
  });

  it('is not loaded by a node that has less to do, however long', () => {
    assert.deepEqual(asked(100, 10), { loads: 1, answer: sodium });
    assert.deepEqual(asked(5_000, 11), { loads: 0, answer: undefined });
  });

  it('is asked for once where there is none', () => {
    assert.deepEqual(asked(5_000, 1, false), { loads: 1, answer: undefined });
  });

  it('signs and judges as before, before and after', () => {
    const quick = quickSignerFromSeed(SEED);
    const verify = createVerify();
    assert.deepEqual(quick.publicKey, publicKey);
    for (let n = 0; n < 250; n++) {
      const message = Uint8Array.of(n, 1);
      const signature = quick.sign(message);
      assert.deepEqual(signature, sign(message));
      assert.equal(verify(publicKey, message, signature), true);
      assert.equal(verify(publicKey, MESSAGE, signature), false);
    }
  });
});
