/**
 * Bad input to every command of the built program: one line with the code, the field, what was
 * expected and what was found; the exit status of the table; no stack trace; nothing on standard
 * output.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { COMMANDS } from '../../agent/cli/commands.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { createWallet } from '../../agent/wallet/folder.ts';
import { writeReceipt } from '../../agent/wallet/receipt.ts';
import { CASES } from './bad-input-cases.ts';
import { WALLET_CASES } from './bad-input-wallet-cases.ts';
import { certificateFor, meshpay, testNetwork } from './support.ts';

const ALL = [...CASES, ...WALLET_CASES];

const village = testNetwork();
describe('bad input', { concurrency: 4 }, () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-bad-'));
    const put = (name: string, text: string, mode = 0o644): void =>
      writeFileSync(join(folder, name), text, { mode });
    const town = testNetwork('town').network;
    const document = (network: typeof town): object => genesisToJson(network.genesis);
    const receipt = writeReceipt(village.network, certificateFor(village));
    put('text', 'no receipt\n');
    put('genesis.json', JSON.stringify(document(village.network)));
    put('town.json', JSON.stringify(document(town)));
    put('broken.json', JSON.stringify({ ...document(town), epoch: 0 }));
    put('receipt', receipt);
    put('tampered', receipt.replace('12.50', '92.50'));
    put('few-votes', writeReceipt(village.network, certificateFor(village, { voters: [1, 2] })));
    // Cases run beside each other, and one command at a time holds a data folder or a wallet: to
    // each case that holds one, its own.
    for (const name of ['oak', 'elm', 'ash', 'fir', 'yew', 'box']) {
      const store = `[store]\nfolder = "${name}-data"\nallow_volatile = true\n`;
      put(`${name}.toml`, `name = "oak"\nrole = "authority"\n${store}`);
    }
    // What is no file is told, and neither waited for nor read without an end.
    assert.equal(spawnSync('mkfifo', [join(folder, 'pipe')]).status, 0);
    symlinkSync('/dev/zero', join(folder, 'zeros'));
    for (const name of ['piped', 'deaf']) mkdirSync(join(folder, name));
    symlinkSync('../pipe', join(folder, 'piped', 'wallet.key'));
    put('bad.toml', 'name = "oak"\nrole = "boss"\n');
    mkdirSync(join(folder, 'full'));
    put('full/file', '');
    const config = { peers: [], allowVolatile: true };
    const wallet = (name: string): string => join(folder, name);
    createWallet(wallet('alice'), village.network, config, new Uint8Array(32).fill(11));
    for (const name of ['bob', 'carol']) createWallet(wallet(name), village.network, config);
    createWallet(wallet('homeless'), undefined, config);
    put('deaf/wallet.key', `${'00'.repeat(31)}02\n`, 0o600);
    symlinkSync('../zeros', join(folder, 'deaf', 'genesis.json'));
    createWallet(wallet('strange'), village.network, config);
    put('strange/wallet.toml', 'peer = "127.0.0.1:1"\n');
    mkdirSync(wallet('exposed'));
    put('exposed/wallet.key', `${'00'.repeat(31)}01\n`, 0o644);
    put('exposed/genesis.json', JSON.stringify(document(village.network)));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const { line, exit, says } of ALL) {
    it(`is told for: meshpay ${line.length > 90 ? `${line.slice(0, 90)}...` : line}`, async () => {
      const { status, out, err } = await meshpay(line.split(' '), folder);
      const [first = ''] = err.split('\n');
      assert.match(first, /^meshpay: /);
      assert.match(first.slice('meshpay: '.length), says);
      assert.equal(status, EXITS[exit].status, err);
      assert.doesNotMatch(err, /^\s+at /m, 'no stack trace');
      assert.equal(out, '');
    });
  }

  it('is told for every command that can be called wrongly', () => {
    for (const { path } of COMMANDS) {
      const name = path.join(' ');
      assert.ok(
        ALL.some(({ line }) => `${line} `.startsWith(`${name} `)),
        `there is a case for "${name}"`,
      );
    }
  });

  it('is told as one line of JSON to whoever asked for JSON', async () => {
    const { out, err, status } = await meshpay(['wallet', 'pay', '--json'], folder);
    const lines = err.trimEnd().split('\n');
    const { error } = JSON.parse(lines[0] ?? '');
    const [expected, found] = ['an account name, mp1...', 'nothing'];
    assert.deepEqual([lines.length, out, status], [1, '', EXITS.usage.status]);
    assert.deepEqual(error, {
      code: 'bad_usage',
      status,
      message: `recipient: expected ${expected}, found ${found}`,
      field: 'recipient',
      expected,
      found,
      hints: ['"meshpay wallet pay --help" shows how it is used.'],
    });
    const after = await meshpay(['wallet', 'pay', '--', '--json'], folder);
    assert.match(after.err, /^meshpay: bad_usage: /, 'a word after -- is no option');
  });

  it('shows where in the program it arose only with --debug', async () => {
    const { err, status } = await meshpay(['network', 'show', 'nowhere', '--debug'], folder);
    assert.match(err, /^\s+at /m);
    assert.equal(status, EXITS.no_input.status);
  });
});
