/** Wallet commands against real daemons: paying, waiting, interrupting, resuming, receipts. */
import assert from 'node:assert/strict';
import {
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Lab, openLab } from '../../agent/cli/lab/lab.ts';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { createWallet, openWalletFolder } from '../../agent/wallet/folder.ts';
import { sound } from '../support/sound.ts';
import { atTerminal, finished, meshpay, type Ran, startMeshpay } from './support.ts';

/**
 * What a payment that takes more than a moment shows of how it stands (text.test.ts: not before).
 */
const PROGRESS =
  /^(Connecting\.\.\.|asking before signing: .*|votes [0-3] of 3.*|No quorum yet; it goes on by itself, and Ctrl-C is safe\. Waiting for:| {2}(authority-[1-4]|node [0-9.:]+): .*)$/;

/** One lab for all: the tests follow each other, as a day with two wallets. */
describe('a wallet', { concurrency: 1 }, () => {
  let folder = '';
  let lab: Lab;
  let bob = '';

  const run = (line: string): Promise<Ran> => meshpay(line.split(' '), folder);
  /** How a command ends whose readers are gone from the beginning. */
  const unread = async (args: readonly string[]): Promise<number | null> => {
    const child = startMeshpay(args, folder);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return (await finished(child)).status;
  };
  const kill = (...numbers: number[]): Promise<unknown> =>
    Promise.all(numbers.map((number) => lab.nodes[number - 1]?.daemon.kill()));
  const start = async (...numbers: number[]): Promise<void> => {
    for (const number of numbers) lab.nodes[number - 1]?.daemon.start();
    for (const { daemon } of lab.nodes) {
      await daemon.until(({ links }) => links.members > 0, 'to have links', 30_000);
    }
  };
  const balanceOf = async (name: string): Promise<string> => {
    const ran = await run(`wallet balance --wallet wallets/${name} --json`);
    assert.equal(ran.status, 0, ran.err);
    return JSON.parse(ran.out).balances[0].amount;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-wallet-'));
    lab = await openLab({ folder, authorities: 4, relays: 1, wallets: 2 });
    await Promise.all(lab.nodes.map((node) => lab.start(node)));
    bob = (await run('wallet address --wallet wallets/bob')).out.trim();
    assert.match(bob, /^mp1[a-z0-9]{58}$/);
  });

  after(async () => {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('pays, writes the receipt, and anybody checks it with the genesis document alone', async () => {
    const args = ['--wallet', 'wallets/alice', '--receipt', 'bread', '--json'];
    const memo = ['--memo', 'bread and milk'];
    const ran = await meshpay(['wallet', 'pay', bob, '12.50', 'HRS', ...memo, ...args], folder);
    assert.equal(ran.status, 0, ran.err);
    const told = ran.err.split('\n').filter((line) => line !== '' && !PROGRESS.test(line));
    assert.deepEqual(told, [], 'a payment tells nothing beside its result but its progress');
    const paid = JSON.parse(ran.out);
    assert.equal(paid.certificate.order.amount, '12.50');
    assert.equal(paid.certificate.order.amountMinor, '1250');
    assert.equal(paid.certificate.order.memo, 'bread and milk');
    assert.ok(paid.certificate.votes.length >= 3 && paid.spread.length >= 3);
    const verified = await run('wallet verify bread --genesis network --json');
    assert.equal(verified.status, 0, verified.err);
    const { order } = paid.certificate;
    assert.deepEqual(JSON.parse(verified.out).order, { ...order, memo: null });
    const opened = await run('wallet verify bread --wallet wallets/bob --json');
    assert.deepEqual(JSON.parse(opened.out).order, order, 'the payee reads the memo');
    const shown = await run('wallet verify bread --genesis network');
    assert.match(shown.out, /^memo +a sealed memo$/m);
    assert.ok(!readFileSync(join(folder, 'bread'), 'utf8').includes('milk'));
    const again = await run('wallet receipt --wallet wallets/alice');
    assert.equal(again.out, readFileSync(join(folder, 'bread'), 'utf8'));
  });

  it('learns of its money through the relay, and pays through it', async () => {
    assert.equal(await balanceOf('bob'), '1012.50');
    const alice = (await run('wallet address --wallet wallets/alice')).out.trim();
    const ran = await run(`wallet pay ${alice} 2.50 HRS --wallet wallets/bob`);
    assert.equal(ran.status, 0, ran.err);
    assert.equal(await balanceOf('alice'), '990.00');
    const { out } = await run('wallet history --wallet wallets/bob --json');
    const { payments, total } = JSON.parse(out);
    assert.equal(total, '2');
    const lines = payments.map((payment: { direction: string; order: { amount: string } }) => {
      return `${payment.direction} ${payment.order.amount}`;
    });
    assert.deepEqual(lines, ['paid 2.50', 'received 12.50']);
    assert.deepEqual(
      payments.map(({ order }: { order: { memo: string } }) => order.memo),
      ['', 'bread and milk'],
    );
  });

  it('asks to be paid, and pays what it was asked for', async () => {
    const words = ['wallet', 'request', '3', 'HRS', '--memo', 'rye & salt', '--wallet'];
    const asked = await meshpay([...words, 'wallets/bob', '--json', '--svg', 'rye.svg'], folder);
    const { uri, amount } = JSON.parse(asked.out);
    assert.deepEqual([asked.status, amount], [0, '3.00']);
    assert.match(readFileSync(join(folder, 'rye.svg'), 'utf8'), /^<svg [\s\S]*<\/svg>\n$/);
    const shown = await meshpay([...words, 'wallets/bob'], folder);
    assert.match(shown.out, /[█▀▄]{20}/);
    assert.match(shown.out, /^memo +"rye & salt"$/m);
    assert.equal((await meshpay([...words, 'wallets/bob', '--no-qr'], folder)).out.trim(), uri);
    const taken = await meshpay([...words, 'wallets/bob', '--svg', 'rye.svg'], folder);
    assert.equal(taken.status, EXITS.cannot_create.status);

    // A wallet that knows no node goes by those of the request.
    const lone = ['--wallet', 'wallets/lone', '--json', '--yes'];
    cpSync(join(folder, 'wallets/alice'), join(folder, 'wallets/lone'), { recursive: true });
    const config = readFileSync(join(folder, 'wallets/lone/wallet.toml'), 'utf8');
    const peerless = config.replace(/^peers = .*$/m, 'peers = []');
    writeFileSync(join(folder, 'wallets/lone/wallet.toml'), peerless);
    const paid = await meshpay(['wallet', 'pay', uri, ...lone], folder);
    assert.equal(paid.status, 0, paid.err);
    const { order } = JSON.parse(paid.out).certificate;
    assert.deepEqual(
      [order.amount, order.token, order.memo, order.recipient],
      ['3.00', 'HRS', 'rye & salt', bob],
    );
    rmSync(join(folder, 'wallets/lone'), { recursive: true });
    await run(`wallet pay ${bob} 0.01 HRS --wallet wallets/alice`);
    const back = await meshpay(
      ['wallet', 'request', '3.01', 'HRS', '--no-qr', '--wallet', 'wallets/alice'],
      folder,
    );
    const returned = await meshpay(
      ['wallet', 'pay', back.out.trim(), '--wallet', 'wallets/bob'],
      folder,
    );
    assert.equal(returned.status, 0, returned.err);
  });

  it('pays a contact, and asks whoever is at a terminal', async (t) => {
    const named = await run(`wallet name bobby ${bob} --wallet wallets/alice`);
    assert.equal(named.out, `bobby is ${bob}\n`);
    assert.match((await run('wallet names --wallet wallets/alice')).out, /^bobby +mp1/m);
    const pay = 'wallet pay bobby 0.01 HRS --wallet wallets/alice';
    const no = await atTerminal(`${pay}`, 'n\n', folder);
    if (no === undefined) return t.skip('script(1) is not installed');
    assert.match(no.out, /Pay 0\.01 HRS to bobby \(mp1[a-z0-9]+\) on lab\?/);
    assert.match(no.out, /not_wanted.*\s+Nothing was signed\./);
    assert.equal(no.status, EXITS.failure.status);
    const ctrlC = await atTerminal(`${pay}`, '\u0003', folder);
    assert.deepEqual([ctrlC?.status, /Nothing was signed/.test(ctrlC?.out ?? '')], [130, true]);
    const insisting = await atTerminal(`${pay} --anyway`, '\n', folder);
    assert.match(insisting?.out ?? '', /hold up every later payment/);
    const yes = await atTerminal(`${pay}`, 'y\n', folder);
    assert.equal(yes?.status, 0, yes?.out);
    const { payments } = JSON.parse(
      (await run('wallet history --wallet wallets/alice --to bobby --json')).out,
    );
    assert.equal(payments[0].order.amount, '0.01');
    const table = await run('wallet history --wallet wallets/alice --to bobby');
    assert.match(table.out, / to +bobby /);
    assert.match((await run('wallet history --csv --wallet wallets/alice')).out, /^number,learned/);
    const back = await run('wallet address --wallet wallets/alice');
    await run(`wallet pay ${back.out.trim()} 0.01 HRS --wallet wallets/bob`);
  });

  it('refuses to pay more than it can prove to own', async () => {
    const { status, err } = await run(`wallet pay ${bob} 990.01 HRS --wallet wallets/alice`);
    assert.equal(status, EXITS.failure.status);
    assert.match(
      err,
      /^meshpay: insufficient_balance: amount: expected at most 990\.00 HRS, by the word of the authorities, found 990\.01 HRS$/m,
    );
    const nothing = await run('wallet resume --wallet wallets/alice');
    assert.equal(nothing.out, 'Nothing is on its way.\n');
  });

  it('pays with one authority silent', async () => {
    await kill(4);
    const { status, err } = await run(`wallet pay ${bob} 10 HRS --wallet wallets/alice`);
    assert.equal(status, 0, err);
    assert.equal(await balanceOf('alice'), '980.00');
  });

  it('is paid, and says so first, where the receipt or the result cannot be written', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root may try to write to /proc');
    const pay = ['wallet', 'pay', bob, '1', 'HRS', '--wallet', 'wallets/alice'];
    const ran = await meshpay([...pay, '--receipt', '/proc/receipt'], folder);
    assert.equal(ran.status, EXITS.paid_not_written.status, ran.err);
    assert.match(ran.out, /^paid 1\.00 HRS to /);
    assert.match(
      ran.err,
      /^meshpay: paid_not_written: the receipt: file_missing: \/proc\/receipt: /m,
    );
    assert.match(ran.err, /Do not make it again/);
    const json = await meshpay([...pay, '--receipt', '/proc/receipt', '--json'], folder);
    assert.equal(json.status, EXITS.paid_not_written.status);
    assert.equal(JSON.parse(json.out).receipt, null);
    const unprinted = await finished(startMeshpay(pay, folder, openSync('/dev/full', 'w')));
    assert.equal(unprinted.status, EXITS.paid_not_written.status);
    assert.match(unprinted.err, /^paid 1\.00 HRS to /m);
    assert.match(unprinted.err, /^meshpay: paid_not_written: the result: file_failed: standard /m);
    const back = (await run('wallet address --wallet wallets/alice')).out.trim();
    assert.equal((await run(`wallet pay ${back} 3 HRS --wallet wallets/bob`)).status, 0);
  });

  it('is paid though nobody reads on, and an event that nobody reads ends the following', async () => {
    const config = join(folder, 'network/authority-1/meshpayd.toml');
    const following = startMeshpay(['events', '--config', config], folder);
    const followed = finished(following);
    await new Promise((resolve) => following.stderr?.once('data', resolve));
    following.stdout?.destroy();
    const pay = ['wallet', 'pay', bob, '1', 'HRS', '--wallet', 'wallets/alice'];
    assert.equal(await unread(pay), 0);
    assert.equal((await followed).status, 0);
    const back = (await run('wallet address --wallet wallets/alice')).out.trim();
    assert.equal((await run(`wallet pay ${back} 1 HRS --wallet wallets/bob`)).status, 0);
  });

  let order = '';

  it('says why it waits when two are silent, and leaves the order live', async () => {
    await kill(3);
    const unsigned = await run(`wallet pay ${bob} 20 HRS --wallet wallets/alice --timeout 2`);
    assert.equal(unsigned.status, EXITS.try_again.status);
    assert.match(unsigned.err, /^meshpay: not_latest: authorities: .* word of 3, found 2$/m);
    assert.match(unsigned.err, /^ {2}No answer from authority-3 and authority-4\.$/m);
    const nothing = await run('wallet balance --wallet wallets/alice --offline --json');
    assert.deepEqual(JSON.parse(nothing.out).live, null);
    assert.equal(JSON.parse(nothing.out).confirmed, false);
    const ran = await run(
      `wallet pay ${bob} 20 HRS --wallet wallets/alice --anyway --timeout 10 --receipt r`,
    );
    assert.equal(ran.status, EXITS.try_again.status);
    assert.equal(ran.out, '');
    assert.match(
      ran.err,
      /^Signed all the same, as --anyway asks: authorities: expected the word/m,
    );
    assert.match(
      ran.err,
      /^No quorum yet; it goes on by itself, and Ctrl-C is safe\. Waiting for:$/m,
    );
    assert.match(ran.err, /^ {2}authority-3: /m);
    assert.match(ran.err, /^ {2}authority-4: /m);
    assert.match(ran.err, /^ {2}node 127\.0\.0\.1:[0-9]+: no connection to this address/m);
    const [, id = ''] =
      /^meshpay: not_certified: order ([0-9a-f-]{36}): expected votes of 3 authorities, found 2$/m.exec(
        ran.err,
      ) ?? [];
    assert.notEqual(id, '');
    assert.match(ran.err, /stays live/);
    order = id;
    const { out } = await run('wallet balance --wallet wallets/alice --offline --json');
    assert.equal(JSON.parse(out).live.order.id, order);
    assert.equal(JSON.parse(out).balances[0].amount, '980.00');
  });

  it('has no success in waiting in vain, though nobody reads on', async () => {
    const waiting = ['--wallet', 'wallets/alice', '--timeout', '2'];
    const { try_again: expected } = EXITS;
    assert.equal(await unread(['wallet', 'resume', ...waiting]), expected.status);
    assert.equal(await unread(['wallet', 'pay', bob, '3', 'HRS', ...waiting]), expected.status);
  });

  it('stops at Ctrl-C and says that the order stays live', async () => {
    const child = startMeshpay(['wallet', 'resume', '--wallet', 'wallets/alice'], folder);
    const ended = finished(child);
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    child.kill('SIGINT');
    const { status, err } = await ended;
    assert.equal(status, EXITS.interrupted.status);
    assert.match(err, new RegExp(`^meshpay: interrupted: order ${order}: `, 'm'));
    assert.match(err, /stays live/);
  });

  it('is killed while it waits, and does not make the same payment twice', async () => {
    const pay = ['wallet', 'pay', bob, '20', 'HRS', '--wallet', 'wallets/alice'];
    const child = startMeshpay(pay, folder);
    const ended = finished(child);
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    child.kill('SIGKILL');
    await ended;
    await start(3, 4);
    const { status, out, err } = await meshpay([...pay, '--json'], folder);
    assert.equal(status, 0, err);
    assert.match(err, /^This very payment is on its way already: 20\.00 HRS to /m);
    assert.equal(
      JSON.parse(out).certificate.order.id,
      order,
      'the same order, with the same bytes',
    );
    assert.equal(await balanceOf('alice'), '960.00');
    assert.equal(await balanceOf('bob'), '1040.00');
  });

  it('finishes an order in whichever command comes next, and tells of it', async () => {
    await kill(3, 4);
    const waiting = await run(
      `wallet pay ${bob} 5 HRS --wallet wallets/alice --anyway --timeout 2`,
    );
    assert.equal(waiting.status, EXITS.try_again.status);
    await start(3, 4);
    const { status, out, err } = await run('wallet balance --wallet wallets/alice');
    assert.equal(status, 0);
    assert.match(err, /^paid what was on its way: 5\.00 HRS to /m);
    assert.match(out, /^955\.00 HRS$/m);
  });

  it('tries with money that it cannot prove when told to, and completes when the money comes', async () => {
    const { peers } = sound(openWalletFolder(join(folder, 'wallets/alice'))).config;
    sound(createWallet(join(folder, 'wallets/dave'), lab.network, { peers, allowVolatile: true }));
    const dave = (await run('wallet address --wallet wallets/dave')).out.trim();
    const early = await run(`wallet pay ${bob} 4 HRS --wallet wallets/dave --anyway --timeout 10`);
    assert.equal(early.status, EXITS.try_again.status, early.err);
    assert.match(
      early.err,
      /^ {2}authority-1: insufficient_balance, .*; it says 0\.00 \(since [0-9:]{8} UTC\)$/m,
    );
    assert.doesNotMatch(early.err, /^ {2}node /m, 'there is a link to every node');
    const gift = await run(`wallet pay ${dave} 4 HRS --wallet wallets/bob`);
    assert.equal(gift.status, 0, gift.err);
    const late = await run('wallet resume --wallet wallets/dave --timeout 30');
    assert.equal(late.status, 0, late.err);
    assert.equal(await balanceOf('dave'), '0.00');
  });

  it('takes a receipt in without any network, and only once', async () => {
    createWallet(join(folder, 'wallets/carol'), lab.network, { peers: [], allowVolatile: true });
    const carol = (await run('wallet address --wallet wallets/carol')).out.trim();
    const paid = await run(`wallet pay ${carol} 7 HRS --wallet wallets/alice --receipt seven`);
    assert.equal(paid.status, 0, paid.err);
    const first = await run('wallet import seven --wallet wallets/carol --offline --json');
    assert.equal(JSON.parse(first.out).outcome, 'taken');
    const second = await run('wallet import seven --wallet wallets/carol --offline --json');
    assert.equal(JSON.parse(second.out).outcome, 'known');
    const { out } = await run('wallet balance --wallet wallets/carol --offline --json');
    assert.equal(JSON.parse(out).balances[0].amount, '7.00');
    const foreign = await run('wallet import seven --wallet wallets/bob --json');
    assert.equal(JSON.parse(foreign.out).outcome, 'passed_on');
  });

  it('keeps a payment apart from a live one that differs', async () => {
    await kill(3, 4);
    const waiting = await run(
      `wallet pay ${bob} 1 HRS --wallet wallets/alice --anyway --timeout 2`,
    );
    assert.equal(waiting.status, EXITS.try_again.status);
    await start(3, 4);
    const pay = [
      'wallet',
      'pay',
      bob,
      '1',
      'HRS',
      '--memo',
      'the second',
      '--wallet',
      'wallets/alice',
    ];
    const { status, err } = await meshpay(pay, folder);
    assert.equal(status, 0, err);
    assert.match(err, /^An earlier payment comes first: 1\.00 HRS to /m);
    assert.match(err, /^paid 1\.00 HRS to /m);
    assert.equal(await balanceOf('alice'), '946.00');
  });

  for (const [what, spoil] of [
    ['its key alone', (store: string) => rmSync(store, { recursive: true })],
    [
      'an old copy of its folder',
      (store: string, old: string) => {
        rmSync(store, { recursive: true });
        cpSync(old, store, { recursive: true });
      },
    ],
  ] as const) {
    it(`learns first what it paid before, with ${what}, and signs no second order`, async () => {
      const [store, old] = [join(folder, 'wallets/alice/store'), join(folder, 'old')];
      rmSync(old, { recursive: true, force: true });
      cpSync(store, old, { recursive: true });
      const [before, later] = [await balanceOf('alice'), Number(await balanceOf('alice'))];
      const paid = await run(`wallet pay ${bob} 2 HRS --wallet wallets/alice`);
      assert.equal(paid.status, 0, paid.err);
      spoil(store, old);
      const again = await run(`wallet pay ${bob} 3 HRS --wallet wallets/alice`);
      assert.equal(again.status, 0, again.err);
      assert.equal(await balanceOf('alice'), (later - 5).toFixed(2), `from ${before}`);
      const statuses = await Promise.all(lab.nodes.map(({ daemon }) => daemon.status()));
      assert.ok(statuses.every((status) => status.counters.doubleSpends === 0));
    });
  }

  it('does not sign with its key alone where too few can tell what it paid before', async () => {
    await kill(3, 4);
    const [store, old] = [join(folder, 'wallets/alice/store'), join(folder, 'old')];
    rmSync(old, { recursive: true, force: true });
    renameSync(store, old);
    const ran = await run(`wallet pay ${bob} 1 HRS --wallet wallets/alice --timeout 10`);
    assert.equal(ran.status, EXITS.try_again.status);
    assert.match(ran.err, /^meshpay: not_latest: authorities: expected the word of 3, found 2$/m);
    const resumed = await run('wallet resume --wallet wallets/alice');
    assert.equal(resumed.out, 'Nothing is on its way.\n');
    rmSync(store, { recursive: true });
    renameSync(old, store);
    await start(3, 4);
  });

  it('is used by one command at a time', async () => {
    await kill(3, 4);
    const child = startMeshpay(
      ['wallet', 'pay', bob, '3', 'HRS', '--wallet', 'wallets/alice'],
      folder,
    );
    const ended = finished(child);
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    const { status, err } = await run('wallet balance --wallet wallets/alice --offline');
    assert.equal(status, EXITS.data_in_use.status);
    assert.match(err, new RegExp(`^meshpay: data_in_use: .* process ${child.pid}$`, 'm'));
    await start(3, 4);
    assert.equal((await ended).status, 0, 'the first one completes by itself');
  });

  it('brings everything back from its key alone', async () => {
    rmSync(join(folder, 'wallets/alice/store'), { recursive: true });
    assert.equal(await balanceOf('alice'), '933.00');
  });

  it('says what is damaged and what to do about it', async () => {
    const log = join(folder, 'wallets/bob/store/commits');
    writeFileSync(log, readFileSync(log).fill(0));
    const { status, err } = await run('wallet balance --wallet wallets/bob');
    assert.equal(status, EXITS.store_damaged.status);
    assert.match(
      err,
      /^meshpay: store_damaged: wallets\/bob: expected a sound store, found a damaged one$/m,
    );
    assert.match(err, /commit log/);
  });
});
