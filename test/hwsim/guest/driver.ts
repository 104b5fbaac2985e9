/**
 * A driver inside the virtual machine (driver-protocol.ts): long-lived, so that a payment costs
 * neither a start of Node nor a word over the line to the host.
 */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readGenesisFile } from '../../../agent/cli/network/read.ts';
import { memosOf } from '../../../agent/core/memo.ts';
import type { StatusView } from '../../../agent/shell/control/api.ts';
import { askControl } from '../../../agent/shell/control/client.ts';
import { signerFromSeed } from '../../../agent/shell/keys.ts';
import { openSession } from '../../../agent/wallet/session.ts';
import { sound } from '../../support/sound.ts';
import type {
  DriverAnswer,
  DriverLine,
  DriverRequest,
  OpenWallet,
  PaymentTimes,
} from '../driver-protocol.ts';
import { LineSplitter } from '../protocol.ts';
import { Payer } from './payer.ts';

const POLL_MS = 20;
const STATUS_MS = 5_000;

const payers = new Map<string, Payer>();
const splitter = new LineSplitter();
process.stdin.on('data', (chunk: Buffer) => {
  for (const line of splitter.push(chunk)) void serve(JSON.parse(line) as DriverLine);
});
process.stdin.on('end', () => process.exit(0));
answer({ ready: true });

function answer(line: DriverAnswer): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function serve(line: DriverLine): Promise<void> {
  try {
    answer({ id: line.id, value: (await handle(line)) ?? null });
  } catch (error) {
    answer({ id: line.id, error: error instanceof Error ? (error.stack ?? '') : String(error) });
  }
}

function handle(request: DriverRequest): unknown {
  switch (request.op) {
    case 'statuses':
      return Promise.all(request.sockets.map(status));
    case 'open':
      return open(request);
    case 'linked':
      return linked(named(request.wallet), request.members, request.timeoutMs);
    case 'pay': {
      const { wallet, count, pauseMs, timeoutMs } = request;
      return series(() => named(wallet).pay(request), count, pauseMs, timeoutMs);
    }
    case 'offer':
      return named(request.wallet).offer(request, request.count, request.everyMs);
    case 'keep':
      return named(request.wallet).keep(request, request.pauseMs);
    case 'quiet':
      return named(request.wallet).quiet();
    case 'next':
      return next(named(request.wallet), request.sinceMs, request.timeoutMs);
    case 'settled':
      return settled(named(request.wallet), request.timeoutMs);
    case 'payments':
      return named(request.wallet).payments();
    case 'waiting':
      return named(request.wallet).waiting();
    case 'close':
      return close(request.wallet);
  }
}

async function open({ wallet, folder, genesisFile, seed, peers }: OpenWallet): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = Buffer.from(seed, 'hex');
  const signer = signerFromSeed(key);
  const network = readGenesisFile(genesisFile);
  const memos = memosOf(key, network.id);
  const config = { peers, allowVolatile: true };
  const session = sound(await openSession({ folder, signer, memos, network, config }));
  session.watch(
    () => undefined,
    (error) => {
      process.stderr.write(`${wallet}: ${String(error)}\n`);
      process.exit(1);
    },
  );
  payers.set(wallet, new Payer(session));
}

async function close(wallet: string): Promise<void> {
  const payer = named(wallet);
  payers.delete(wallet);
  await payer.close();
}

async function linked(payer: Payer, members: number, timeoutMs: number): Promise<number> {
  await until(() => payer.memberLinks() >= members, timeoutMs);
  return payer.memberLinks();
}

async function next(
  payer: Payer,
  sinceMs: number,
  timeoutMs: number,
): Promise<PaymentTimes | null> {
  const found = (): PaymentTimes | undefined => payer.payments().find(isBegunAndDoneSince(sinceMs));
  await until(() => found() !== undefined, timeoutMs);
  return found() ?? null;
}

function isBegunAndDoneSince(timeMs: number): (payment: PaymentTimes) => boolean {
  return ({ createdMs, certifiedMs }) =>
    createdMs !== null && createdMs >= timeMs && certifiedMs !== null;
}

async function settled(payer: Payer, timeoutMs: number): Promise<number> {
  await until(() => payer.open() === 0, timeoutMs);
  return payer.open();
}

async function until(isSo: () => boolean, timeoutMs: number): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!isSo() && performance.now() < endMs) await sleep(POLL_MS);
}

/** A payment that is not done when time is up stays under way, and is not in the answer. */
async function series(
  pay: () => Promise<PaymentTimes>,
  count: number,
  pauseMs: number,
  timeoutMs: number,
): Promise<PaymentTimes[]> {
  const done: PaymentTimes[] = [];
  const late = sleep(timeoutMs, undefined, { ref: false });
  for (let i = 0; i < count; i += 1) {
    if (i > 0) await sleep(pauseMs);
    const payment = await Promise.race([pay(), late]);
    if (payment === undefined) break;
    done.push(payment);
  }
  return done;
}

function status(socket: string): Promise<StatusView | null> {
  const late = sleep(STATUS_MS, null, { ref: false });
  return Promise.race([askControl(socket, 'status').catch(() => null), late]);
}

function named(wallet: string): Payer {
  const payer = payers.get(wallet);
  if (payer === undefined) throw new Error(`no wallet named ${wallet}`);
  return payer;
}
