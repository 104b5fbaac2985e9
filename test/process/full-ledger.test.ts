/**
 * A start with as many accounts as an authority holds, under the flags and the limit of its unit.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestAt } from '../../agent/core/authority/digest.ts';
import { toHex } from '../../agent/core/base/bytes.ts';
import { MAX_ACCOUNTS } from '../../agent/core/base/limits.ts';
import { Draft } from '../../agent/core/draft.ts';
import type { Write } from '../../agent/core/io.ts';
import { openStore } from '../../agent/shell/store/open.ts';
import { fullLedger } from '../support/full-ledger.ts';
import { makeNetwork, type TestNetwork } from './network.ts';
import { openTestWallet } from './wallet.ts';

const UNIT = readFileSync('systemd/meshpayd.service', 'utf8');

/** What the unit gives Node on its command line, and MemoryMax in KiB. */
const NODE_FLAGS = (/^ExecStart=\S*node (.*?) \//m.exec(UNIT)?.[1] ?? '').split(' ');
const MOST_KIB = 1024 * Number(/^MemoryMax=(\d+)M$/m.exec(UNIT)?.[1]);

/** The most memory that a process ever had, in KiB. */
function peakKib(pid: number | undefined): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Fills the ledger of a founded authority. Returns the root of its digest tree. */
async function fill({ wallets, authority }: TestNetwork): Promise<string> {
  const [payee, other] = wallets;
  assert.ok(payee !== undefined && other !== undefined);
  const folder = authority(0).config['store.folder'];
  const opened = await openStore({ folder, allowVolatile: true });
  assert.ok(opened.state === 'sound');
  const { store } = opened;
  const records = fullLedger(MAX_ACCOUNTS - wallets.length, wallets.length, payee.publicKey);
  let batch: Write[] = [];
  for (;;) {
    const { done, value } = records.next();
    if (done !== true) batch.push(value);
    if (batch.length === 20_000 || done === true) {
      await store.commit(batch);
      batch = [];
    }
    if (done !== true) continue;
    const draft = new Draft(store, { nowMs: 0, wallMs: 0 });
    assert.equal(toHex(digestAt(draft, [])), toHex(value), 'the core hashes it the same');
    await store.close();
    return toHex(value);
  }
}

/** One of the wallets that were there before pays the other. */
async function pay({ folder, network, wallets, nodes }: TestNetwork, name: string, who: number) {
  const [payer, payee] = [wallets[who], wallets[1 - who]];
  assert.ok(payer !== undefined && payee !== undefined);
  const peers = nodes.map(({ address }) => address);
  const wallet = await openTestWallet(join(folder, name), network, payer, peers);
  await wallet.pay(payee.publicKey, 1n);
  await wallet.close();
}

test('an authority starts and votes with a full ledger of orders without certificates', async () => {
  assert.ok(NODE_FLAGS.includes('--max-old-space-size=48'));
  const network = await makeNetwork({ authorities: 1, config: { 'log.level': 'error' } });
  const node = network.authority(0);
  try {
    await node.start();
    await node.stop();
    await fill(network);
    for (let start = 0; start < 2; start++) {
      const { voting } = await node.start({ nodeArgs: NODE_FLAGS });
      assert.deepEqual(voting, { may: true, whyNot: null });
      await pay(network, `wallet-${start}`, start);
      assert.ok(peakKib(node.pid) < MOST_KIB, `${peakKib(node.pid)} KiB of ${MOST_KIB}`);
      await node.kill9();
    }
  } finally {
    await network.close();
  }
});
