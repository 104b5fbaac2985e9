/** `wallet cancel` and `wallet unlock` against real daemons. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Lab, openLab } from '../../agent/cli/lab/lab.ts';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { meshpay, type Ran } from './support.ts';

describe('an order that waits', { concurrency: 1 }, () => {
  let folder = '';
  let lab: Lab;
  let bob = '';

  const run = (line: string): Promise<Ran> => meshpay(line.split(' '), folder);
  const kill = (...numbers: number[]): Promise<unknown> =>
    Promise.all(numbers.map((number) => lab.nodes[number - 1]?.daemon.kill()));
  const start = async (...numbers: number[]): Promise<void> => {
    for (const number of numbers) lab.nodes[number - 1]?.daemon.start();
    for (const number of numbers) {
      await lab.nodes[number - 1]?.daemon.until(({ links }) => links.members > 0, 'links', 30_000);
    }
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-close-'));
    lab = await openLab({ folder, authorities: 4, relays: 1, wallets: 2 });
    await Promise.all(lab.nodes.map((node) => lab.start(node)));
    bob = (await run('wallet address --wallet wallets/bob')).out.trim();
  });

  after(async () => {
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  it('says so where there is none', async () => {
    const nothing = await run('wallet cancel --wallet wallets/alice');
    assert.deepEqual([nothing.status, nothing.out], [0, 'Nothing is on its way.\n']);
  });

  it('is given up when nobody may vote for it, and the account pays on', async () => {
    const pay = `wallet pay ${bob} 999999 HRS --wallet wallets/alice --anyway --timeout 3`;
    const waiting = await run(pay);
    assert.equal(waiting.status, EXITS.try_again.status, waiting.err);
    assert.match(waiting.err, /"meshpay wallet cancel" gives it up/);
    const cancelled = await run('wallet cancel --wallet wallets/alice --timeout 60');
    assert.equal(cancelled.status, 0, cancelled.err);
    assert.match(cancelled.out, /^Given up: the order will never be paid/);
    const paid = await run(`wallet pay ${bob} 7 HRS --wallet wallets/alice --timeout 60`);
    assert.equal(paid.status, 0, paid.err);
  });

  it('that two copies of a wallet split between them is unlocked, and the rest is free', async () => {
    cpSync(join(folder, 'wallets/alice'), join(folder, 'wallets/twin'), { recursive: true });
    const pay = (amount: number, wallet: string): Promise<Ran> =>
      run(`wallet pay ${bob} ${amount} HRS --wallet wallets/${wallet} --anyway --timeout 3`);
    await kill(3, 4);
    assert.equal((await pay(20, 'alice')).status, EXITS.try_again.status);
    await kill(1, 2);
    await start(3, 4);
    assert.equal((await pay(30, 'twin')).status, EXITS.try_again.status);
    await start(1, 2);
    const unlocked = await run('wallet unlock --wallet wallets/alice --timeout 60');
    assert.equal(unlocked.status, 0, unlocked.err);
    assert.match(unlocked.out, /^The account is free again\. Money is kept aside/);
    const paid = await run(`wallet pay ${bob} 1 HRS --wallet wallets/alice --timeout 60`);
    assert.equal(paid.status, 0, paid.err);
  });
});
