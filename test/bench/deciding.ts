/**
 * (q) A withdrawal, (r) the committee's decision about it, (s) closing a sequence with one member
 * dead, and (t) a change of the committee: times from real authorities over loopback and a wallet
 * in this process. Messages and bytes beside them are counted by the core in a world without a
 * shell (traffic.ts), so they are the same on every machine.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf } from '../../agent/core/base/names.ts';
import type { Amount, LedgerIndex, MemberIndex, TokenIndex } from '../../agent/core/base/units.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { connectControl } from '../../agent/shell/control/client.ts';
import type { EventView } from '../../agent/shell/control/event-view.ts';
import { UNUSED_MARK_TEXT, unusedMarkOf } from '../../agent/shell/daemon/owner.ts';
import { makeNetwork, type NetworkOptions, type TestNetwork } from '../process/network.ts';
import { openTestWallet, type TestWallet } from '../process/wallet.ts';
import { until } from '../support/wait.ts';
import { type Figure, quantile } from './machine.ts';
import {
  closingTraffic,
  epochTraffic,
  outcomeTraffic,
  type Traffic,
  withdrawalTraffic,
} from './traffic.ts';

const HRS = 0 as TokenIndex;
const HOUR_MS = 3_600_000;
const TILL = {
  name: 'till',
  kind: 'cashbook',
  tokens: [HRS],
  observers: [0 as MemberIndex],
  quorum: 1,
  about: 'the box under the counter',
} as const;

/** Runs something beside a network whose first authority keeps the till, and a wallet of it. */
async function beside<T>(
  options: NetworkOptions,
  act: (network: TestNetwork, wallet: TestWallet) => Promise<T>,
): Promise<T> {
  const network = await makeNetwork({
    ...options,
    ledgers: [TILL],
    config: { 'log.level': 'warn' },
  });
  try {
    network.authority(0).configure({ ledger: [{ name: 'till', kind: 'cashbook', folder: null }] });
    await network.start();
    const [signer] = network.wallets;
    if (signer === undefined) throw new Error('the network has no wallet');
    const peers = network.nodes.slice(0, options.authorities).map(({ address }) => address);
    const folder = join(network.folder, 'wallet');
    const wallet = await openTestWallet(folder, network.network, signer, peers);
    try {
      return await act(network, wallet);
    } finally {
      await wallet.close();
    }
  } finally {
    await network.close();
  }
}

/** From a command to the notice that ends it, and when that came. */
function ended(
  { session }: TestWallet,
  command: Parameters<TestWallet['session']['command']>[0],
  isEnd: (notice: Notice) => boolean,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const begunMs = performance.now();
    const unhear = session.hear((notice) => {
      if (isEnd(notice)) {
        unhear();
        resolve(performance.now() - begunMs);
      } else if (notice.kind === 'command_refused') {
        unhear();
        reject(new Error(notice.refusal.refused));
      }
    });
    session.command(command);
  });
}

function withdrawal(wallet: TestWallet): Promise<number> {
  const command = {
    kind: 'withdraw',
    token: HRS,
    amount: 1n as Amount,
    ledger: 0 as LedgerIndex,
    recipient: new TextEncoder().encode('Amina at the mill'),
    validUntilMs: BigInt(Date.now() + HOUR_MS),
    nonce: new Uint8Array(randomBytes(16)),
  } as const;
  return ended(wallet, command, ({ kind }) => kind === 'order_certified');
}

interface Decided {
  readonly requestsMs: readonly number[];
  readonly outcomesMs: readonly number[];
}

/** One withdrawal after the other: until its certificate, and from there until it is decided. */
function withdrawals(authorities: number, count: number): Promise<Decided> {
  return beside({ authorities, wallets: 1 }, async (network, wallet) => {
    const client = await connectControl(network.authority(0).socket);
    const [requestsMs, outcomesMs]: [number[], number[]] = [[], []];
    let appliedMs = 0;
    const onEvent = (event: EventView): void => {
      if (event.kind === 'applied') appliedMs = performance.now();
      if (event.kind === 'agreed') outcomesMs.push(performance.now() - appliedMs);
    };
    const following = client.request('events', { kinds: ['applied', 'agreed'] }, { onEvent });
    const gone = following.catch(() => undefined);
    for (let n = 0; n < count; n++) {
      requestsMs.push(await withdrawal(wallet));
      await until(() => outcomesMs.length === n + 1, 'it is decided');
    }
    client.close();
    await gone;
    return { requestsMs, outcomesMs };
  });
}

/** With one of four dead: an order that nobody may vote for is given up, again and again. */
function closings(count: number): Promise<readonly number[]> {
  return beside({ authorities: 4, wallets: 2 }, async (network, wallet) => {
    const recipient = network.wallets[1]?.publicKey ?? new Uint8Array(32);
    await wallet.pay(recipient, 1n);
    await network.authority(3).kill9();
    const timesMs: number[] = [];
    for (let n = 0; n < count; n++) {
      const amount = 100_000_000n as Amount;
      const order = {
        kind: 'pay',
        recipient,
        token: HRS,
        amount,
        memo: '',
        nonce: undefined,
      } as const;
      await ended(wallet, order, ({ kind }) => kind === 'order_refused');
      const close = { kind: 'close', by: 'wish' } as const;
      timesMs.push(await ended(wallet, close, ({ kind }) => kind === 'order_failed'));
    }
    return timesMs;
  });
}

interface Gap {
  readonly usualMs: number;
  readonly longestMs: number;
}

/** A seat of four goes to new hardware while a wallet pays without a pause. */
function epochChange(): Promise<Gap> {
  const options = { authorities: 4, relays: 1, wallets: 2 };
  return beside(options, async (network, wallet) => {
    const recipient = network.wallets[1]?.publicKey ?? new Uint8Array(32);
    const fresh = network.relay(0);
    await fresh.kill9();
    fresh.configure({ role: 'authority', 'store.folder': join(fresh.folder, 'ledger') });
    writeFileSync(unusedMarkOf(fresh.config.node_key), UNUSED_MARK_TEXT);
    await fresh.start();
    let isOver = false;
    const timesMs: number[] = [];
    const paying = (async () => {
      let endedMs = performance.now();
      while (!isOver) {
        await wallet.pay(recipient, 1n);
        timesMs.push(performance.now() - endedMs);
        endedMs = performance.now();
      }
    })();
    await until(() => timesMs.length >= 20, 'the wallet pays');
    await change(network);
    const paid = timesMs.length;
    await until(() => timesMs.length >= paid + 20, 'the wallet pays on');
    isOver = true;
    await paying;
    return { usualMs: quantile(timesMs, 0.5), longestMs: Math.max(...timesMs) };
  });
}

async function change(network: TestNetwork): Promise<void> {
  const seat = { name: 'authority-3', key: nameOf('node', network.relay(0).signer.publicKey) };
  const proposal = { add: [], remove: [], replace: [seat] };
  const proposed = await network.authority(0).control.request('committee.propose', proposal);
  const committee = proposed.wanted[0]?.name ?? '';
  for (const member of [1, 2]) {
    const { control } = network.authority(member);
    await until(async () => {
      return (await control.request('committee.change')).wanted.length > 0;
    }, 'the proposal is known');
    await control.request('committee.approve', { committee });
  }
  const next = [0, 1, 2].map((member) => network.authority(member));
  for (const node of [...next, network.relay(0)]) {
    await node.until(({ committee: { epoch }, voting }) => epoch === 1 && voting.may, 'it votes');
  }
}

function traffic(what: string, { frames, bytes, note }: Traffic): readonly Figure[] {
  return [
    { what: `${what}: messages of all`, value: frames, unit: '', note },
    { what: `${what}: bytes of all`, value: bytes, unit: 'B', note },
  ];
}

/** (q) and (r): withdrawals in a committee of this size, so many of them. */
export async function deciding(authorities: number, count: number): Promise<readonly Figure[]> {
  const { requestsMs, outcomesMs } = await withdrawals(authorities, count);
  const of = `${authorities} authorities`;
  const note = `${count} withdrawals, one after the other`;
  const goal = `< ${authorities <= 4 ? 150 : 400}`;
  return [
    { what: `${of}: certificate: p50`, value: quantile(requestsMs, 0.5), unit: 'ms', note },
    {
      what: `${of}: certificate: p99`,
      value: quantile(requestsMs, 0.99),
      unit: 'ms',
      goal: '< 1,000',
    },
    { what: `${of}: outcome: p50`, value: quantile(outcomesMs, 0.5), unit: 'ms', goal },
    { what: `${of}: outcome: p99`, value: quantile(outcomesMs, 0.99), unit: 'ms' },
    ...traffic(`${of}: certificate`, withdrawalTraffic(authorities)),
    ...traffic(`${of}: outcome`, outcomeTraffic(authorities)),
  ];
}

/** (s) */
export async function closing(count: number): Promise<readonly Figure[]> {
  const timesMs = await closings(count);
  const note = `${count} closings, one authority of four dead`;
  return [
    { what: 'a sequence is closed: p50', value: quantile(timesMs, 0.5), unit: 'ms', note },
    {
      what: 'a sequence is closed: p99',
      value: quantile(timesMs, 0.99),
      unit: 'ms',
      goal: '< 2,000',
    },
    ...traffic('a sequence is closed', closingTraffic()),
  ];
}

/** (t) */
export async function epoch(): Promise<readonly Figure[]> {
  const { usualMs, longestMs } = await epochChange();
  return [
    { what: 'between two payments, usually', value: usualMs, unit: 'ms' },
    { what: 'between two payments, at the change', value: longestMs, unit: 'ms', goal: '< 3,000' },
    ...traffic('a change of the committee', epochTraffic()),
  ];
}
