/** Payments offered at a steady rate while every receiver loses packets above the radio. */
import { offerUnderLoss, reshape, untilAllEqual } from '../scenarios.ts';
import { star } from '../topology.ts';
import { type Bench, RADIOS } from './scene.ts';
import { type Row, seconds } from './table.ts';

const PER_SECOND = 10;
const SECONDS = 10;
const WITHIN_MS = 120_000;

/** Percent, how long the last payments are waited for, and who must be done within 120 s. */
const ROUNDS = [
  { lossPercent: 0, patienceMs: 130_000, allInTime: true },
  { lossPercent: 25, patienceMs: 130_000, allInTime: true },
  { lossPercent: 50, patienceMs: 240_000, allInTime: true },
  { lossPercent: 80, patienceMs: 480_000, allInTime: false },
] as const;

export function measureLoss(bench: Bench): Promise<Row[]> {
  return bench.scenes.run(async (scene) => {
    await reshape(scene.world, star(RADIOS, 1));
    const rows: Row[] = [];
    for (const { lossPercent, patienceMs, allInTime } of ROUNDS) {
      const figure = await offerUnderLoss(scene, {
        lossPercent,
        perSecond: PER_SECOND,
        seconds: SECONDS,
        withinMs: WITHIN_MS,
        patienceMs,
      });
      const { offered, completed, completedInTheEnd, p50Ms, p99Ms, orderP50Ms, loss } = figure;
      const done = allInTime ? completed : completedInTheEnd;
      rows.push({
        what: `${PER_SECOND} payments/s for ${SECONDS} s, 4 wallets, ${lossPercent} % loss`,
        figure:
          `${offered} offered, ${completed} within ${seconds(WITHIN_MS)}, ` +
          `${offered - completedInTheEnd} unconfirmed; p50 ${seconds(p50Ms)}, ` +
          `p99 ${seconds(p99Ms)}, p50 of one order ${seconds(orderP50Ms)}; ` +
          `${loss.dropped} of ${loss.dropped + loss.passed} packets dropped`,
        goal: allInTime ? `all within ${seconds(WITHIN_MS)}` : 'all in the end',
        met: done === offered,
      });
      bench.say(rows.at(-1)?.figure ?? '');
      await untilAllEqual(scene);
    }
    return rows;
  });
}
