/**
 * What waiting keeps: `wallet resume` beside authorities of which nobody answers, with its real
 * store and links. How often it is woken there is counted; then it is woken as often as the loops
 * before it looked in an hour, 50 times a second, by commands that are refused, so that core and
 * loop are part of each turn.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { memosOf } from '../../agent/core/memo.ts';
import { resume } from '../../agent/wallet/pay.ts';
import { openSession, type WalletSession } from '../../agent/wallet/session.ts';
import { seedOf, signerOf } from '../support/keys.ts';
import { sound } from '../support/sound.ts';
import { World } from '../support/world.ts';
import type { Figure } from './machine.ts';

const TURNS_OF_AN_HOUR = 50 * 3_600;

const PAYMENT = {
  kind: 'pay',
  recipient: signerOf('bob').publicKey,
  token: 0 as TokenIndex,
  amount: 1n as Amount,
  memo: '',
  nonce: undefined,
} as const;

/** `seconds`: how long the real rate is counted. */
export async function waiting(seconds: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'meshpay-bench-'));
  try {
    await leaveOrder(folder);
    const session = await open(folder);
    const stop = new AbortController();
    let judged = 0;
    const { resumed } = session;
    if (resumed === undefined) throw new Error('there is no order to go on with');
    const done = resume(session, resumed, {
      signal: stop.signal,
      onProgress: () => {
        judged += 1;
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
    const perHour = (3_600 / seconds) * judged;
    await turns(session, TURNS_OF_AN_HOUR / 10);
    judged = 0;
    const before = heapBytes();
    await turns(session, TURNS_OF_AN_HOUR);
    const grown = heapBytes() - before;
    stop.abort();
    await done;
    await session.close();
    return [
      { what: 'woken while nobody answers', value: perHour, unit: 'times an hour' },
      { what: 'woken for the next figure', value: judged, unit: 'times' },
      {
        what: 'heap grown by an hour of 50 turns a second',
        value: grown / 1_024,
        unit: 'KiB',
        goal: '0 (was 314 B a turn: 55,000 KiB)',
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function leaveOrder(folder: string): Promise<void> {
  const session = await open(folder);
  session.command(PAYMENT);
  await session.settled();
  await session.close();
}

/** Alice's session; at the addresses of the authorities nobody listens. */
async function open(folder: string): Promise<WalletSession> {
  const { network } = new World();
  const peers = [1, 2, 3, 4].map((port) => ({ host: '127.0.0.1', port }));
  const memos = memosOf(seedOf('alice'), network.id);
  const config = { peers, allowVolatile: true };
  const wallet = { folder, signer: signerOf('alice'), memos, network, config };
  return sound(await openSession(wallet));
}

/** Each is a step that notices something: the wait is woken and judges. */
async function turns(session: WalletSession, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    session.command(PAYMENT);
    await session.settled();
  }
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
