/**
 * What people paste, and what others wrote, through the built command: taken, named, made harmless.
 */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readEnvironment } from '../../agent/cli/config.ts';
import { createTerminal, type Sink } from '../../agent/cli/terminal.ts';
import { nameOf } from '../../agent/core/base/names.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { cleanText } from '../../agent/shell/log/log-clean.ts';
import { createVerify } from '../../agent/shell/verify.ts';
import { createWallet } from '../../agent/wallet/folder.ts';
import { readReceipt, writeReceipt } from '../../agent/wallet/receipt.ts';
import { certificateFor, meshpay, signerOf, temporaryFolder, testNetwork } from './support.ts';

const village = testNetwork();
const BOB = nameOf('account', signerOf(12).publicKey);
const receipt = writeReceipt(village.network, certificateFor(village));
const document = JSON.stringify(genesisToJson(village.network.genesis));

/**
 * A folder with a wallet that has nobody to connect to, so that a good payment ends as `no_peers`.
 */
function prepared(t: TestContext): string {
  const folder = temporaryFolder(t);
  const config = { peers: [], allowVolatile: true };
  createWallet(join(folder, 'alice'), village.network, config, new Uint8Array(32).fill(11));
  writeFileSync(join(folder, 'genesis.json'), document);
  writeFileSync(join(folder, 'receipt'), receipt);
  return folder;
}

const pay = (...words: string[]): string[] => ['wallet', 'pay', ...words, '--wallet', 'alice'];

describe('a pasted word', { concurrency: 4 }, () => {
  for (const [what, words] of [
    ['spaces and line ends', [` ${BOB}\r\n`, '\t1.00 ', 'HRS\r']],
    ['a byte order mark', [`\ufeff${BOB}`, '\ufeff1.00', '\ufeffHRS']],
    ['no-break spaces', [`\u00a0${BOB}\u00a0`, '1.00\u00a0', 'HRS\u00a0']],
  ] as const) {
    it(`is taken without ${what} around it`, async (t) => {
      const { err } = await meshpay(pay(...words), prepared(t));
      assert.match(err, /^meshpay: no_peers: /);
    });
  }

  for (const [words, says] of [
    [
      [BOB, '1.00', 'HRS\u200b'],
      /^meshpay: unknown_token: token: .*found a zero-width space after HRS$/m,
    ],
    [
      [`${BOB}\u200b`, '1.00', 'HRS'],
      /^meshpay: bad_name: recipient: .*found a zero-width space after /m,
    ],
    [
      [BOB, '1\u00a0000', 'HRS'],
      /^meshpay: bad_amount: amount: .*found a no-break space after 1$/m,
    ],
    [
      [BOB, '1', 'HRS', '--timeout', '1\u200b'],
      /^meshpay: bad_usage: --timeout: .*a zero-width space after 1$/m,
    ],
    [
      [BOB, '1', 'HRS', 'x\u202e'],
      /^meshpay: bad_usage: arguments: .*a right-to-left override after x$/m,
    ],
  ] as const) {
    it(`is refused by name: ${JSON.stringify(words.slice(1))}`, async (t) => {
      const { err, status } = await meshpay(pay(...words), prepared(t));
      assert.match(err, says);
      assert.equal(status, EXITS.usage.status);
    });
  }

  it('is named where it should be a command, an option, a file or a peer', async (t) => {
    const folder = prepared(t);
    const says = async (...words: string[]): Promise<string> => (await meshpay(words, folder)).err;
    assert.match(await says('wallet\u00a0pay'), /found a no-break space after wallet$/m);
    assert.match(
      await says('wallet', 'address', '--json\u200b'),
      /found a zero-width space after --json$/m,
    );
    assert.match(
      await says('wallet', 'verify', 'receipt\r', '--genesis', 'genesis.json'),
      /^meshpay: file_missing: receipt\\u\{d\}: .*; the name has a carriage return after receipt$/m,
    );
    const join = ['wallet', 'join', 'genesis.json', '--wallet', 'alice', '--peer'];
    assert.match(
      await says(...join, '127.0.0.1:1\u200b'),
      /a zero-width space after 127\.0\.0\.1:1$/m,
    );
    assert.equal(await says(...join, ' 127.0.0.1:1\r'), '');
  });
});

describe('a file from another system', { concurrency: 4 }, () => {
  it('is taken with a byte order mark: genesis, wallet.toml, key', async (t) => {
    const folder = prepared(t);
    for (const file of [
      'genesis.json',
      'alice/genesis.json',
      'alice/wallet.toml',
      'alice/wallet.key',
    ]) {
      const path = join(folder, file);
      writeFileSync(path, `\ufeff${readFileSync(path, 'utf8')}\r\n`);
    }
    chmodSync(join(folder, 'alice/wallet.key'), 0o600);
    const { status, err } = await meshpay(['network', 'show', 'genesis.json'], folder);
    assert.equal(status, 0, err);
    const paying = await meshpay(pay(BOB, '1', 'HRS'), folder);
    assert.match(paying.err, /^meshpay: no_peers: /);
  });

  it('is refused by the name of what is in it, and of a key nothing more', async (t) => {
    const folder = prepared(t);
    const key = readFileSync(join(folder, 'alice/wallet.key'), 'utf8');
    writeFileSync(join(folder, 'alice/wallet.key'), key.replace('mpsecret1', 'mpsecret1\u200b'));
    const address = await meshpay(['wallet', 'address', '--wallet', 'alice'], folder);
    assert.match(address.err, /^meshpay: key_file_malformed: .*\(a zero-width space in it\)/);
    assert.doesNotMatch(address.err, /mpsecret1\S*[a-z0-9]{12}/);
    writeFileSync(join(folder, 'genesis.json'), document.replace('{', '{\u00a0'));
    const shown = await meshpay(['network', 'show', 'genesis.json'], folder);
    assert.match(shown.err, /^meshpay: bad_file: .*found a no-break space after \{$/m);
  });

  it('is a receipt with its line ends and a byte order mark, and anything else is named', () => {
    const read = (text: string) => readReceipt(village.network, text, createVerify());
    for (const text of [`\ufeff${receipt}`, receipt.replaceAll('\n', '\r\n')]) {
      assert.ok(!isRefusal(read(text)), JSON.stringify(text.slice(0, 40)));
    }
    for (const [text, found] of [
      [receipt.replace('MeshPay', '\u200bMeshPay'), 'a zero-width space before MeshPayrecei'],
      [receipt.replace('12.50', '12.5\u200b0'), 'a zero-width space after amount12.5'],
      [receipt.replace('amount ', 'amount\u00a0'), 'a no-break space after amount'],
    ] as const) {
      const refused = read(text);
      assert.ok(isRefusal(refused));
      assert.equal(refused.found, found);
    }
  });
});

describe('what others wrote', { concurrency: 4 }, () => {
  const HOSTILE = 'x\u001b[2K\r\u009b2J\u202evalid\u2066\u200b\u2028\u007f';
  const UNSEEN = /[^\n\x20-\x7e]/;

  it('leaves the command harmless in failures and in JSON', async (t) => {
    const folder = prepared(t);
    const { members, ...rest } = genesisToJson(village.network.genesis) as { members: object[] };
    const hostile = { ...rest, members, name: HOSTILE.slice(0, 30) };
    writeFileSync(join(folder, 'hostile.json'), JSON.stringify(hostile));
    const shown = await meshpay(['network', 'show', 'hostile.json'], folder);
    assert.equal(shown.status, EXITS.bad_data.status);
    assert.doesNotMatch(shown.err, UNSEEN);
    const memo = writeReceipt(village.network, certificateFor(village, { memo: HOSTILE }));
    writeFileSync(join(folder, 'memo'), memo);
    const verify = ['wallet', 'verify', 'memo', '--wallet', 'alice'];
    const [text, json] = await Promise.all([
      meshpay(verify, folder),
      meshpay([...verify, '--json'], folder),
    ]);
    assert.equal(text.status, 0, text.err);
    assert.doesNotMatch(text.out, UNSEEN);
    assert.doesNotMatch(json.out, UNSEEN);
    assert.equal(JSON.parse(json.out).order.memo, HOSTILE);
    const unknown = await meshpay([HOSTILE], folder);
    assert.doesNotMatch(unknown.err, UNSEEN);
  });

  it('leaves a terminal harmless wherever it is printed, and our colours as they are', () => {
    const sink = (isTTY: boolean): Sink & { readonly texts: string[] } => {
      const texts: string[] = [];
      return { isTTY, texts, write: (text) => texts.push(text) };
    };
    const environment = readEnvironment({ HOME: '/' });
    for (const isTTY of [true, false]) {
      const [out, err] = [sink(isTTY), sink(isTTY)];
      const terminal = createTerminal(out, err, environment);
      terminal.print(`${terminal.paint.good('paid')} ${HOSTILE}`);
      terminal.printJson({ memo: HOSTILE });
      terminal.note(HOSTILE);
      const own = isTTY ? '\u001b[32mpaid\u001b[39m' : 'paid';
      const [printed = '', json = ''] = out.texts;
      assert.equal(printed.slice(0, own.length + 1), `${own} `);
      for (const text of [printed.slice(own.length), json, ...err.texts]) {
        assert.doesNotMatch(text, UNSEEN);
      }
      assert.deepEqual(JSON.parse(json), { memo: HOSTILE });
    }
  });

  it('leaves a log harmless', () => {
    assert.doesNotMatch(cleanText(HOSTILE), UNSEEN);
  });
});

describe('a receipt of another network', () => {
  it("is not checked beside a wallet of its own network without a word of the wallet's owner", async (t) => {
    const folder = prepared(t);
    const town = testNetwork('town');
    const id = nameOf('network', town.network.id);
    writeFileSync(join(folder, 'town.json'), JSON.stringify(genesisToJson(town.network.genesis)));
    writeFileSync(join(folder, 'foreign'), writeReceipt(town.network, certificateFor(town)));
    const verify = ['wallet', 'verify', 'foreign', '--genesis', 'town.json'];
    const own = await meshpay([...verify, '--wallet', 'alice'], folder);
    assert.equal(own.status, EXITS.bad_data.status);
    assert.match(
      own.err,
      /^meshpay: other_network: --genesis: expected the network of the wallet alice: village, mpnet1/,
    );
    assert.ok(own.err.includes(`found town, ${id}`));
    assert.equal(own.out, '');
    const asked = await meshpay([...verify, '--wallet', 'alice', '--other-network'], folder);
    assert.equal(asked.status, 0, asked.err);
    assert.ok(asked.out.includes(id), 'the network is shown by what nobody can make up');
    const without = await meshpay([...verify, '--json'], folder);
    assert.equal(JSON.parse(without.out).networkId, id);
    const same = ['wallet', 'verify', 'receipt', '--genesis', 'genesis.json', '--wallet', 'alice'];
    assert.equal((await meshpay(same, folder)).status, 0);
  });
});
