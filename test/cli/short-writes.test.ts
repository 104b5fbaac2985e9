/**
 * The system takes a part of a file and then no more, as it does where a disk gets full: what comes
 * of each file that a command writes. `ulimit -f` makes the system do so, in steps of 1,024 bytes.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { networkOf } from '../../agent/core/network/genesis.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { newSeed, writeKeyFile } from '../../agent/shell/keys.ts';
import { createWallet, openWalletFolder } from '../../agent/wallet/folder.ts';
import { writeReceipt } from '../../agent/wallet/receipt.ts';
import { writeNewFile } from '../../platform/file-writer.ts';
import { sound } from '../support/sound.ts';
import {
  certificateFor,
  finished,
  MESHPAY,
  meshpay,
  signerOf,
  temporaryFolder,
  testNetwork,
} from './support.ts';

const CONFIG = { peers: [], allowVolatile: true };

/** Runs a command whose files can have so many KiB. */
function limited(kib: number, args: readonly string[], cwd: string) {
  const script = `ulimit -f ${kib}; exec "$@"`;
  const line = ['-c', script, '-', process.execPath, MESHPAY, ...args];
  const env = { PATH: process.env['PATH'], HOME: cwd };
  return finished(spawn('bash', line, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** A genesis document of some 30 KB, so that there is much of it to lose. */
function largeNetwork() {
  const { network } = testNetwork('large');
  const issuance = Array.from({ length: 150 }, (_, i) => ({
    account: signerOf(20 + i).publicKey,
    token: 0 as TokenIndex,
    amount: BigInt(i + 1) as Amount,
  }));
  return networkOf({ ...network.genesis, issuance });
}

describe('a file of which the system takes only a part', () => {
  it('is not there, nor is any other, when a network is made', async (t) => {
    const folder = temporaryFolder(t);
    const issues = Array.from({ length: 30 }, (_, i) => [
      '--issue',
      `${nameOf('account', signerOf(20 + i).publicKey)}=HRS:1.00`,
    ]).flat();
    const line = ['network', 'create', 'n', '--authorities', '1', '--token', 'HRS:2', ...issues];
    assert.equal((await meshpay(line, folder)).status, 0);
    const sizes = ['genesis.json', 'authority-1/meshpayd.toml'].map(
      (name) => statSync(join(folder, 'n', name)).size,
    );
    rmSync(join(folder, 'n'), { recursive: true });
    const most = Math.ceil(Math.max(...sizes) / 1_024);
    for (let kib = 0; kib < most; kib++) {
      const { status, err } = await limited(kib, line, folder);
      assert.equal(status, 74, err);
      assert.match(err, /^meshpay: file_failed: /);
      assert.deepEqual(readdirSync(folder), [], `${kib} KiB of ${most}`);
    }
    assert.equal((await limited(most, line, folder)).status, 0);
  });

  it('is the old one, and the wallet as it was, when a wallet joins', async (t) => {
    const folder = temporaryFolder(t);
    const wallet = sound(createWallet(join(folder, 'w'), undefined, CONFIG));
    const network = largeNetwork();
    const document = JSON.stringify(genesisToJson(network.genesis), undefined, 2);
    writeFileSync(join(folder, 'genesis.json'), document);
    const files = readdirSync(wallet);
    const toml = readFileSync(join(wallet, 'wallet.toml'), 'utf8');
    const line = ['wallet', 'join', 'genesis.json', '--wallet', 'w', '--peer', '127.0.0.1:1'];
    for (const kib of [0, 1, 4, Math.floor(document.length / 1_024)]) {
      const { status, err } = await limited(kib, line, folder);
      assert.equal(status, 74, err);
      assert.deepEqual(readdirSync(wallet), files, `${kib} KiB`);
      assert.equal(readFileSync(join(wallet, 'wallet.toml'), 'utf8'), toml);
    }
    assert.equal((await meshpay(line, folder)).status, 0);
    assert.deepEqual(sound(openWalletFolder(wallet)).network.id, network.id);
  });

  it('is not there when a receipt is written', (t) => {
    const folder = temporaryFolder(t);
    const village = testNetwork();
    const wish = { memo: 'bread for the whole street, and something to drink for everybody' };
    const text = `${writeReceipt(village.network, certificateFor(village, wish))}\n`.repeat(2);
    const cut = join(folder, 'receipt');
    const tiny = { ...process.env, RECEIPT: text, FILE: cut };
    const module = new URL('../../platform/file-writer.js', import.meta.url).href;
    const script = `import { writeNewFile } from ${JSON.stringify(module)};
      try { writeNewFile(process.env.FILE, process.env.RECEIPT, 0o644); }
      catch ({ code, path }) { console.log(code, path); }`;
    const line = [
      '-c',
      'ulimit -f 1; exec "$@"',
      '-',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ];
    return finished(spawn('bash', line, { env: tiny })).then(({ out }) => {
      assert.ok(text.length > 1_024);
      assert.equal(out, `EFBIG ${cut}\n`);
      assert.deepEqual(readdirSync(folder), []);
      writeNewFile(cut, text, 0o644);
    });
  });

  it('is no key', (t) => {
    const folder = temporaryFolder(t);
    // Where no file can be made beside it, none is made under its name.
    mkdirSync(join(folder, 'gone'));
    rmSync(join(folder, 'gone'), { recursive: true });
    assert.equal(
      writeKeyFile(join(folder, 'gone', 'node.key'), newSeed())?.code,
      'key_file_missing',
    );
    const path = join(folder, 'node.key');
    assert.equal(writeKeyFile(path, newSeed()), undefined);
    assert.equal(statSync(path).mode & 0o7777, 0o600);
    assert.deepEqual(readdirSync(folder), ['node.key']);
  });
});
