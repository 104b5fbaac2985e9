/** How long a payment takes by the hops to the last vote that it needs, with pings beside it. */
import { ping } from '../mesh.ts';
import { latencyOf, payInTurn, percentile } from '../payments.ts';
import { reshape, warmUp } from '../scenarios.ts';
import { line, star, type Topology, topologyOf } from '../topology.ts';
import { type Bench, RADIOS } from './scene.ts';
import { ms, type Row } from './table.ts';

const PAYMENTS = 100;
/** So that the one before has reached everybody: radios and processor are idle. */
const PAUSE_MS = 500;
const PATIENCE_MS = 300_000;
/** Longer than an HWMP path that has become wrong may live (5,000 units of 1.024 ms). */
const SETTLE_MS = 6_000;

interface Shape {
  readonly name: string;
  /** To the third nearest authority. */
  readonly hops: number;
  readonly topology: Topology;
  /** The radio of that authority. */
  readonly last: number;
}

const LINE_OF_FOUR = topologyOf(RADIOS, [
  [0, 2],
  [2, 3],
  [3, 4],
]);

const SHAPES: readonly Shape[] = [
  { name: 'line of 6', hops: 4, topology: line(RADIOS), last: 4 },
  { name: 'all around the payer', hops: 1, topology: star(RADIOS, 0), last: 4 },
  { name: 'line of 4, 3 of 4 authorities there', hops: 3, topology: LINE_OF_FOUR, last: 4 },
  { name: 'all around one relay', hops: 2, topology: star(RADIOS, 1), last: 4 },
];

export function measureHops(bench: Bench): Promise<Row[]> {
  return bench.scenes.run(async (scene) => {
    const rows: Row[] = [];
    const { world, wallets } = scene;
    const [payer, payee] = wallets;
    if (payer === undefined || payee === undefined) throw new RangeError('two wallets');
    for (const { name, hops, topology, last } of SHAPES) {
      await reshape(world, topology);
      await world.time.sleep(SETTLE_MS);
      await warmUp(scene, 5);
      const payments = await payInTurn(payer, payee, PAYMENTS, PATIENCE_MS, { pauseMs: PAUSE_MS });
      const { p50Ms, p99Ms } = latencyOf(payments);
      const { timesMs } = await ping(world.node(0), world.node(last), {
        count: 50,
        intervalMs: 50,
      });
      const pings = `ping ${ms(percentile(timesMs, 50))} and ${ms(percentile(timesMs, 99))}`;
      const goalMs = hops === 1 ? 100 : 500;
      rows.push({
        what: `payment, ${hops} hop${hops === 1 ? '' : 's'} to the quorum (${name}), p50 and p99`,
        figure: `${ms(p50Ms)} and ${ms(p99Ms)}; ${pings}`,
        goal: `p99 < ${goalMs} ms`,
        met: p99Ms < goalMs,
      });
      bench.say(`${hops} hops: ${ms(p50Ms)} and ${ms(p99Ms)}, ${pings}`);
    }
    return rows;
  });
}
