/**
 * Key files: for their owner alone, written once, and read only if they are what they should be.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bech32m } from '@scure/base';
import {
  formatSeed,
  isKeyFault,
  newSeed,
  parseSeed,
  readKeyFile,
  writeKeyFile,
} from '../../agent/shell/keys.ts';
import { MAX_KEY_FILE_BYTES } from '../../agent/shell/limits.ts';

const SEED = Uint8Array.from({ length: 32 }, (_, i) => 200 + i);
const HEX = Buffer.from(SEED).toString('hex');

describe('a key file', () => {
  let folder = '';
  let path = '';
  const mask = process.umask();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-key-'));
    path = join(folder, 'node.key');
  });
  afterEach(() => {
    process.umask(mask);
    rmSync(folder, { recursive: true });
  });

  /** What comes of reading a file with this content and mode. */
  function read(content: string, mode = 0o600): string {
    writeFileSync(path, content);
    chmodSync(path, mode);
    const seed = readKeyFile(path);
    return isKeyFault(seed) ? seed.code : Buffer.from(seed).toString('hex');
  }

  for (const umask of [0, 0o777]) {
    it(`is its owner's alone with the umask ${umask.toString(8)}, and is read again`, () => {
      process.umask(umask);
      assert.equal(writeKeyFile(path, SEED), undefined);
      assert.equal(statSync(path).mode & 0o7777, 0o600);
      assert.deepEqual(readKeyFile(path), SEED);
    });
  }

  it('is never written over, and not where there is no folder', () => {
    writeKeyFile(path, SEED);
    assert.equal(writeKeyFile(path, newSeed())?.code, 'key_file_exists');
    assert.equal(readFileSync(path, 'utf8'), `${formatSeed(SEED)}\n`);
    assert.equal(writeKeyFile(join(folder, 'no', 'key'), SEED)?.code, 'key_file_missing');
    assert.equal(writeKeyFile(join(path, 'key'), SEED)?.code, 'key_file_unusable');
  });

  it('is refused where anybody else may do anything with it, and shown with its mode', () => {
    for (const mode of [0o600, 0o400, 0o700]) assert.equal(read(HEX, mode), HEX, `${mode}`);
    for (let bit = 0; bit < 6; bit++) {
      assert.equal(read(HEX, 0o600 | (1 << bit)), 'key_file_exposed', `bit ${bit}`);
    }
    const fault = readKeyFile(path);
    assert.match(isKeyFault(fault) ? fault.message : '', /\(mode 0640, at most 0600\)|\(mode 0620/);
  });

  it('holds one seed, in either form, whatever stands around it', () => {
    assert.equal(read(`  ${formatSeed(SEED)}\r\n`), HEX);
    assert.equal(read(HEX.toUpperCase()), HEX);
    for (const wrong of [
      '',
      HEX.slice(1),
      `${HEX}0`,
      `${HEX}\n${HEX}`,
      formatSeed(SEED).slice(1),
    ]) {
      assert.equal(read(wrong), 'key_file_malformed', wrong);
    }
  });

  it('is not longer than it can be', () => {
    assert.equal(read(HEX.padEnd(MAX_KEY_FILE_BYTES, ' ')), HEX);
    assert.equal(read(HEX.padEnd(MAX_KEY_FILE_BYTES + 1, ' ')), 'key_file_malformed');
    rmSync(path);
    const missing = readKeyFile(path);
    assert.ok(isKeyFault(missing) && missing.code === 'key_file_missing');
  });
});

describe('a seed as text', () => {
  it('has its own prefix and 32 bytes', () => {
    const of = (prefix: string, bytes: Uint8Array) =>
      bech32m.encode(prefix, bech32m.toWords(bytes));
    assert.deepEqual(parseSeed(of('mpsecret', SEED)), SEED);
    assert.equal(parseSeed(of('mpnode', SEED)), undefined);
    assert.equal(parseSeed(of('mpsecret', SEED.subarray(1))), undefined);
    assert.equal(parseSeed(of('mpsecret', new Uint8Array(33))), undefined);
  });
});
