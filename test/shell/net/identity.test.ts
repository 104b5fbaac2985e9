/** Key files, and the certificate that is made from a key. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { toHex } from '../../../agent/core/base/bytes.ts';
import {
  formatSeed,
  isKeyFault,
  newSeed,
  parseSeed,
  readKeyFile,
  writeKeyFile,
} from '../../../agent/shell/keys.ts';
import { identityFromSeed } from '../../../agent/shell/net/identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshpay-keys-'));
after(() => rmSync(folder, { recursive: true }));

/** The code of the fault of reading a file of this content and mode. */
function faultOf(name: string, text: string, mode = 0o600): string | undefined {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  const result = readKeyFile(path);
  return isKeyFault(result) ? result.code : undefined;
}

describe('a key file', () => {
  it('gives back the seed that was written, for the owner alone, and is never overwritten', () => {
    const path = join(folder, 'node.key');
    const seed = newSeed();
    assert.equal(writeKeyFile(path, seed), undefined);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readKeyFile(path), seed);
    assert.equal(writeKeyFile(path, newSeed())?.code, 'key_file_exists');
    assert.deepEqual(readKeyFile(path), seed);
  });

  it('may hold either form of the seed', () => {
    const seed = newSeed();
    assert.deepEqual(parseSeed(toHex(seed)), seed);
    assert.deepEqual(parseSeed(toHex(seed).toUpperCase()), seed);
    assert.deepEqual(parseSeed(formatSeed(seed)), seed);
    assert.equal(faultOf('hex.key', `  ${toHex(seed)}\n`), undefined);
  });

  it('is refused when others may read or write it, and left as it is', () => {
    for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610]) {
      assert.equal(faultOf('exposed.key', toHex(newSeed()), mode), 'key_file_exposed');
      assert.equal(statSync(join(folder, 'exposed.key')).mode & 0o777, mode);
    }
    assert.equal(faultOf('exposed.key', toHex(newSeed()), 0o400), undefined);
  });

  it('is refused when it holds anything else, and the fault names the file, not the secret', () => {
    const text = formatSeed(newSeed());
    const mistyped = text.slice(0, -1) + (text.endsWith('q') ? 'p' : 'q');
    for (const bad of ['', 'abc', mistyped, `${text}${text}`, toHex(newSeed()).slice(1)]) {
      assert.equal(faultOf('bad.key', bad), 'key_file_malformed');
    }
    const result = readKeyFile(join(folder, 'bad.key'));
    assert.ok(isKeyFault(result) && result.message.startsWith(join(folder, 'bad.key')));
    assert.ok(!result.message.includes(readFileSync(join(folder, 'bad.key'), 'utf8')));
  });

  it('that is not there, or is a folder, is a fault and not an exception', () => {
    const missing = readKeyFile(join(folder, 'nothing.key'));
    assert.equal(isKeyFault(missing) && missing.code, 'key_file_missing');
    chmodSync(folder, 0o700);
    const isFolder = readKeyFile(folder);
    assert.equal(isKeyFault(isFolder) && isFolder.code, 'key_file_malformed');
  });
});

describe('the certificate of a key', () => {
  it('tells one process from another', () => {
    const seed = new Uint8Array(32).fill(3);
    assert.notEqual(identityFromSeed(seed).instance, identityFromSeed(seed).instance);
    assert.notEqual(identityFromSeed(seed).certificate, identityFromSeed(seed).certificate);
  });

  it('is the same in one process, holds the key, is signed by it, and never expires', () => {
    const seed = new Uint8Array(32).fill(3);
    const instance = new Uint8Array(15).fill(0xf0);
    const identity = identityFromSeed(seed, instance);
    assert.equal(identity.certificate, identityFromSeed(seed, instance).certificate);
    const certificate = new X509Certificate(identity.certificate);
    assert.equal(certificate.serialNumber, identity.instance);
    const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
    assert.equal(toHex(Uint8Array.from(spki.subarray(-32))), toHex(identity.publicKey));
    assert.equal(certificate.publicKey.asymmetricKeyType, 'ed25519');
    assert.equal(certificate.verify(certificate.publicKey), true);
    assert.equal(certificate.validFrom, 'Jan  1 00:00:00 1970 GMT');
    assert.equal(certificate.validTo, 'Dec 31 23:59:59 9999 GMT');
  });
});
