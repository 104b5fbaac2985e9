/**
 * The figures (npm run bench): each with its unit, its goal and what it was measured on. `--quick`
 * does one run of everything. Timings on a shared machine are noisy: medians of five.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { committees } from './committees.ts';
import { crowd } from './crowd.ts';
import { closing, deciding, epoch } from './deciding.ts';
import { endToEnd } from './end-to-end.ts';
import { footprint } from './footprint.ts';
import { lossTable } from './loss.ts';
import { machine, table } from './machine.ts';
import { presence } from './presence.ts';
import { streams } from './streams.ts';
import { throughput } from './throughput.ts';
import { waiting } from './waiting.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const runs = values.quick ? 1 : 5;
const seconds = values.quick ? 5 : 20;

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

const PARTS: Record<string, () => Promise<void>> = {
  throughput: async () => {
    print(
      table('(a) One authority, sync writes, over loopback', await throughput(runs, 8_000, false)),
    );
    print(table('(a) The same with the flags of a router', await throughput(1, 8_000, true)));
  },
  latency: async () => {
    const loads = [
      { wallets: 1, perSecond: 20, seconds },
      { wallets: 8, perSecond: 50, seconds },
      { wallets: 8, perSecond: 200, seconds },
    ];
    for (const load of loads)
      print(table('(b) End to end, four authorities', await endToEnd(load)));
  },
  footprint: async () => {
    print(table('(c) memory, (d) bytes per transfer, (e) start', await footprint()));
  },
  loss: async () => {
    const transports = ['tcp', 'datagram'] as const;
    const load = { percents: [0, 25, 50, 80], transports, perSecond: 10, payments: 10 * seconds };
    print(table('(f) Payments where packets get lost at each receiver', await lossTable(load)));
  },
  crowd: async () => {
    print(table('(j) Payments beside hostile links', await crowd(values.quick ? 3 : 9)));
  },
  waiting: async () => {
    print(table('(k) What `wallet resume` keeps while it waits', await waiting(seconds)));
  },
  streams: async () => {
    print(table('(g) A stream over loopback, by transport', await streams()));
  },
  committees: async () => {
    print(table('(o) One authority by the size of its committee, processor only', committees()));
  },
  presence: async () => {
    print(table('(p) What heartbeats cost an authority', presence()));
  },
  withdrawals: async () => {
    for (const size of [4, 10]) {
      const title = '(q) A withdrawal to its certificate, (r) to the decision about its money';
      print(table(title, await deciding(size, 10 * runs)));
    }
  },
  closing: async () => {
    print(table('(s) A sequence is closed', await closing(4 * runs)));
  },
  epoch: async () => {
    print(table('(t) Payments at a change of the committee', await epoch()));
  },
};

print(`Measured on ${machine()}`);
const chosen = values.only === undefined ? Object.keys(PARTS) : [values.only];
for (const name of chosen) {
  const part = PARTS[name];
  if (part === undefined) {
    process.stderr.write(
      `bench: --only: expected ${Object.keys(PARTS).join(', ')}, found ${name}\n`,
    );
    process.exit(64);
  }
  await part();
}
