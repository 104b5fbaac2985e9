/** How a payment that is done is told (agent/cli/commands/paid.ts), whatever broke beside it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Args } from '../../agent/cli/command.ts';
import { reportPaid, shortOrder } from '../../agent/cli/commands/paid.ts';
import { Failure } from '../../agent/cli/failure.ts';
import { createTerminal } from '../../agent/cli/terminal.ts';
import { orderView } from '../../agent/shell/control/money-view.ts';
import { writeReceipt } from '../../agent/wallet/receipt.ts';
import { NO_MEMOS } from '../support/memos.ts';
import { certificateFor, memosFor, temporaryFolder, testNetwork } from './support.ts';

const village = testNetwork();
const certificate = certificateFor(village);

interface Told {
  readonly out: string;
  readonly err: string;
  readonly failure: Failure | undefined;
}

interface Trouble {
  readonly receipt?: string;
  readonly json?: boolean;
  readonly unprinted?: Error;
  readonly trouble?: unknown;
}

/** Reports the payment, and says what was told and how it ended. */
async function report({ receipt, json = false, unprinted, trouble }: Trouble): Promise<Told> {
  let [out, err] = ['', ''];
  const terminal = createTerminal(
    {
      write: (text) => {
        out += text;
      },
      flushed: () => Promise.resolve(unprinted),
    },
    {
      write: (text) => {
        err += text;
      },
    },
    { noColour: true, dumbTerminal: true, dataFolder: undefined } as never,
  );
  const args = {
    text: (name: string) => (name === 'receipt' ? receipt : undefined),
    flag: (name: string) => name === 'json' && json,
  } as Args;
  const context = { terminal, interrupt: new AbortController().signal } as never;
  const wallet = { network: village.network, memos: memosFor(11, village.network) };
  const paid = { certificate, latencyMs: 12.3456, spread: ['oak', 'elm'], trouble };
  try {
    await reportPaid(args, context, wallet, paid);
    return { out, err, failure: undefined };
  } catch (error) {
    assert.ok(error instanceof Failure);
    return { out, err, failure: error };
  }
}

function placeFor(t: TestContext): string {
  return join(temporaryFolder(t), 'bread.receipt');
}

describe('a payment that is done', () => {
  it('is told, and its receipt is written, and that is all', async (t) => {
    const receipt = placeFor(t);
    const { out, err, failure } = await report({ receipt });
    assert.equal(failure, undefined);
    assert.match(out, /^paid 12\.50 HRS to /);
    assert.ok(out.includes(receipt));
    assert.equal(err, '');
    assert.equal(readFileSync(receipt, 'utf8'), writeReceipt(village.network, certificate));
  });

  it('is told to programs with its latency, who has it, and where the receipt is', async (t) => {
    const receipt = placeFor(t);
    const told = JSON.parse((await report({ receipt, json: true })).out);
    assert.deepEqual(
      [told.latencyMs, told.spread, told.receipt, told.certificate.order.memo],
      [12.35, ['oak', 'elm'], receipt, 'bread'],
    );
    assert.equal(JSON.parse((await report({ json: true })).out).receipt, null);
  });

  it('is told as done where the receipt cannot be written, which never replaces a file', async (t) => {
    const receipt = placeFor(t);
    writeFileSync(receipt, 'precious');
    const { out, failure } = await report({ receipt, json: true });
    assert.equal(JSON.parse(out).receipt, null);
    assert.equal(failure?.code, 'paid_not_written');
    assert.match(failure.message, /^the receipt: file_exists: /);
    assert.match(
      failure.hints.join('\n'),
      /Do not make it again.*wallet receipt [0-9a-f-]{36} --output/s,
    );
    assert.equal(readFileSync(receipt, 'utf8'), 'precious');
  });

  it('is told beside the results where they cannot be written, and its receipt is there', async (t) => {
    const receipt = placeFor(t);
    const unprinted = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const { err, failure } = await report({ receipt, unprinted });
    assert.match(err, /^paid 12\.50 HRS to mp1/);
    assert.equal(failure?.code, 'paid_not_written');
    assert.match(failure.message, /^the result: file_failed: /);
    assert.ok(existsSync(receipt));
  });

  it('is told as done where the store broke after it, and what broke first is told first', async (t) => {
    const { out, err, failure } = await report({ trouble: new Error('the disk is gone') });
    assert.match(out, /^paid 12\.50 HRS to /);
    assert.equal(err, '');
    assert.equal(failure?.code, 'paid_not_written');
    assert.match(failure.message, /^the wallet's store: Error: the disk is gone$/);
    const receipt = placeFor(t);
    writeFileSync(receipt, 'precious');
    const unprinted = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const all = await report({ receipt, unprinted, trouble: new Error('the disk is gone') });
    assert.match(all.failure?.message ?? '', /^the receipt: /);
    assert.match(all.err, /^paid /m);
    const both = await report({ unprinted, trouble: new Error('the disk is gone') });
    assert.match(both.failure?.message ?? '', /^the result: /);
  });

  it('is named by amount, payee, and the memo where there is one', () => {
    const { network } = village;
    const named = (memo: string, open = memosFor(11, network).open) =>
      shortOrder(orderView(network, certificateFor(village, { memo }).order, open));
    assert.match(named('bread'), /^12\.50 HRS to mp1\S+ "bread"$/);
    assert.match(named(''), /^12\.50 HRS to mp1\S+$/);
    assert.match(named('bread', NO_MEMOS.open), /^12\.50 HRS to mp1\S+ .*sealed/);
  });
});
