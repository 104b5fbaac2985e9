/** Words, backups, and wallets that come back: real runs of the built command. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { createWallet } from '../../agent/wallet/folder.ts';
import { wordsOf } from '../../agent/wallet/words.ts';
import {
  atTerminal,
  meshpay,
  type Ran,
  signerOf,
  temporaryFolder,
  testNetwork,
} from './support.ts';

const village = testNetwork();
const SEED = new Uint8Array(32).fill(11);
const ADDRESS = nameOf('account', signerOf(11).publicKey);
const WORDS = wordsOf(SEED).join(' ');

/** A folder with alice's wallet in it, who knows bob. */
async function prepared(t: TestContext): Promise<(line: string) => Promise<Ran>> {
  const folder = temporaryFolder(t);
  const config = { peers: [{ host: '192.0.2.7', port: 7420 }], allowVolatile: true };
  const bob = nameOf('account', signerOf(12).publicKey);
  const contacts = new Map([['bob', bob]]);
  createWallet(join(folder, 'alice'), village.network, config, SEED, contacts);
  const genesis = JSON.stringify(genesisToJson(village.network.genesis));
  writeFileSync(join(folder, 'genesis.json'), genesis);
  writeFileSync(join(folder, 'secret'), 'open sesame\nnot this line\n', { mode: 0o600 });
  writeFileSync(join(folder, 'wrong'), 'open poppy\n', { mode: 0o600 });
  writeFileSync(join(folder, 'exposed'), 'open sesame\n', { mode: 0o644 });
  writeFileSync(join(folder, 'empty'), '\n', { mode: 0o600 });
  return Object.assign((line: string) => meshpay(line.split(' '), folder), { folder });
}

const folderOf = (run: unknown): string => (run as { readonly folder: string }).folder;

describe('a wallet that is kept', { concurrency: 2 }, () => {
  it('comes back from its words with the same address', async (t) => {
    const run = await prepared(t);
    const { out } = await run('wallet words --wallet alice --json');
    assert.equal(JSON.parse(out).words.join(' '), WORDS);
    const shown = (await run('wallet words --wallet alice')).out;
    for (const [at, word] of WORDS.split(' ').entries()) {
      assert.match(shown, new RegExp(`(^| )${at + 1} ${word}\\b`, 'm'));
    }
    writeFileSync(join(folderOf(run), 'paper'), `${WORDS}\n`);
    const back = await run('wallet restore --from paper --wallet new --genesis genesis.json');
    assert.equal(back.status, 0, back.err);
    assert.match(back.out, new RegExp(`^address +${ADDRESS}$`, 'm'));
    assert.match(back.out, /^network +village$/m);
    assert.equal((await run('wallet address --wallet new')).out.trim(), ADDRESS);
    assert.equal(statSync(join(folderOf(run), 'new/wallet.key')).mode & 0o777, 0o600);
    const again = await run('wallet restore --from paper --wallet new');
    assert.equal(again.status, EXITS.cannot_create.status, 'nothing is overwritten');
  });

  for (const [how, lock, open] of [
    ['locked', '--passphrase-file secret', '--passphrase-file secret'],
    ['plain', '--plain', ''],
  ] as const) {
    it(`comes back from a ${how} backup with its network, nodes and contacts`, async (t) => {
      const run = await prepared(t);
      const written = await run(`wallet backup kept --wallet alice --json ${lock}`.trim());
      assert.deepEqual(JSON.parse(written.out), { file: 'kept', locked: how === 'locked' });
      const text = readFileSync(join(folderOf(run), 'kept'), 'utf8');
      assert.equal(text.includes('mpsecret1'), how === 'plain');
      assert.equal(statSync(join(folderOf(run), 'kept')).mode & 0o777, 0o600);
      const taken = await run(`wallet backup kept --wallet alice ${lock}`);
      assert.equal(taken.status, EXITS.cannot_create.status);
      const back = await run(`wallet restore --from kept --wallet new ${open}`.trim());
      assert.equal(back.status, 0, back.err);
      const whole = (name: string): string => readFileSync(join(folderOf(run), name), 'utf8');
      for (const file of ['wallet.key', 'genesis.json', 'contacts.toml']) {
        assert.equal(whole(`new/${file}`), whole(`alice/${file}`), file);
      }
      assert.match(whole('new/wallet.toml'), /^peers = \["192\.0\.2\.7:7420"\]$/m);
    });
  }

  it('comes back from its key file', async (t) => {
    const run = await prepared(t);
    const back = await run('wallet restore --from alice/wallet.key --wallet new --json');
    assert.deepEqual(JSON.parse(back.out).address, ADDRESS);
    assert.equal(JSON.parse(back.out).network, null);
  });

  const LOCK = 'wallet backup kept --wallet alice';
  const BACK = 'wallet restore --from kept --wallet new';
  const BAD: readonly (readonly [string, keyof typeof EXITS, RegExp])[] = [
    [LOCK, 'usage', /bad_usage: passphrase: expected --passphrase-file FILE, or --plain/],
    [`${LOCK} --plain --passphrase-file secret`, 'usage', /bad_usage: --plain: .*found both$/m],
    [`${LOCK} --passphrase-file nowhere`, 'no_input', /file_missing: nowhere/],
    [
      `${LOCK} --passphrase-file exposed`,
      'no_permission',
      /--passphrase-file: expected a file that/,
    ],
    [`${LOCK} --passphrase-file empty`, 'bad_data', /expected a passphrase in the first line/],
    ['wallet backup kept --plain --wallet nobody', 'no_input', /nobody: expected a wallet/],
    ['wallet words --wallet nobody', 'no_input', /nobody: expected a wallet/],
    ['wallet restore --wallet new', 'usage', /bad_usage: --from: .*found none$/m],
    [BACK, 'no_input', /file_missing: kept/],
    ['wallet restore --from secret --wallet new', 'usage', /bad_name: words: expected 24 of them/],
    ['wallet restore --from empty --wallet new', 'bad_data', /expected a backup, a key/],
    [
      'wallet restore --from genesis.json --wallet new',
      'bad_data',
      /genesis\.json: kind: expected/,
    ],
    [
      'wallet restore --from alice/wallet.key --peer 127.0.0.1:1 --wallet new',
      'usage',
      /bad_usage: --peer: expected --genesis with it/,
    ],
  ];
  for (const [line, exit, says] of BAD) {
    it(`is told what is wrong: meshpay ${line}`, async (t) => {
      const run = await prepared(t);
      const { status, out, err } = await run(line);
      assert.match(err, says);
      assert.deepEqual([status, out], [EXITS[exit].status, '']);
      assert.doesNotMatch(err, /sesame|abandon|mpsecret1[a-z0-9]/);
      const address = await run('wallet address --wallet new');
      assert.equal(address.status, EXITS.no_input.status, 'nothing half-done stays');
    });
  }

  it('stays shut without the right passphrase, and when it was changed', async (t) => {
    const run = await prepared(t);
    assert.equal((await run(`${LOCK} --passphrase-file secret`)).status, 0);
    const shut = await run(`${BACK} --passphrase-file wrong`);
    assert.match(
      shut.err,
      /bad_file: kept: expected its passphrase, found one that does not open it/,
    );
    assert.equal(shut.status, EXITS.bad_data.status);
    const unasked = await run(BACK);
    assert.match(unasked.err, /--passphrase-file: expected a file with the passphrase/);
    const file = join(folderOf(run), 'kept');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 60));
    const damaged = await run(`${BACK} --passphrase-file secret`);
    assert.match(damaged.err, /bad_file: kept: expected a whole backup, found a damaged one/);
  });

  const CHANGES: readonly (readonly [from: string | RegExp, to: string, field: RegExp])[] = [
    ['"version": 1', '"version": 2', /kept: version: expected 1/],
    ['mpsecret1', 'mpsecret1x', /kept: key: expected a key/],
    ['"decimals"', '"decimal"', /kept: genesis/],
    ['"192.0.2.7:7420"', '7', /kept: peers: expected/],
    ['"bob": "mp1', '"bob": "mp2', /kept: contacts: bob: expected an address/],
    [/\}\s*$/, '', /kept: expected a whole backup/],
  ];
  for (const [from, to, field] of CHANGES) {
    it(`names what is wrong in a plain backup: ${to || 'cut'}`, async (t) => {
      const run = await prepared(t);
      await run(`${LOCK} --plain`);
      const file = join(folderOf(run), 'kept');
      const text = readFileSync(file, 'utf8');
      const changed = text.replace(from, to);
      assert.notEqual(changed, text);
      writeFileSync(file, changed);
      const { status, err } = await run(BACK);
      assert.match(err, field);
      assert.equal(status, EXITS.bad_data.status);
      assert.doesNotMatch(err, /mpsecret1x?[a-z0-9]{8}/);
    });
  }

  it('shows its words at the terminal when it is made, and asks them back', async (t) => {
    const run = await prepared(t);
    const given = await atTerminal('wallet new --wallet carol', 'nonsense\n', folderOf(run), 4);
    if (given === undefined) return t.skip('script(1) is not installed');
    assert.match(given.out, /Write these 24 words on paper/);
    assert.match(given.out, /That is not word [0-9]+\./);
    const made = await run('wallet address --wallet carol');
    assert.equal(made.status, EXITS.no_input.status, 'no wallet before the words are known');
    const yes = await atTerminal('wallet new --wallet carol --yes', '', folderOf(run));
    assert.equal(yes?.status, 0, yes?.out);
    assert.doesNotMatch(yes?.out ?? '', /24 words/);
  });
});
