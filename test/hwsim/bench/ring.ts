/**
 * A node of a ring dies: one that is an authority and the way to another. The quorum that is left
 * includes an authority that has to be reached the other way round.
 */
import { percentile } from '../payments.ts';
import { killRadio, reshape, reviveRadio, untilAllEqual, warmUp } from '../scenarios.ts';
import { ring } from '../topology.ts';
import { type Bench, RADIOS } from './scene.ts';
import { ms, type Row } from './table.ts';

const ROUNDS = 10;
/** 0 - 5 - 4: without 5, authority 4 is reached over 1, 2 and 3. */
const VICTIM = 5;
const GOAL_MS = 2_300;
/** Until paths go through the one that came back: an active HWMP path lives 5 s. */
const SETTLE_MS = 8_000;

export function measureRing(bench: Bench): Promise<Row[]> {
  return bench.scenes.run(async (scene) => {
    const [payer] = scene.wallets;
    if (payer === undefined) throw new RangeError('a wallet');
    await reshape(scene.world, ring(RADIOS));
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await scene.world.time.sleep(SETTLE_MS);
      await warmUp(scene);
      times.push(await killRadio(scene, VICTIM, payer));
      bench.say(`round ${round + 1}: ${ms(times.at(-1) ?? Number.NaN)}`);
      await reviveRadio(scene, VICTIM, ring(RADIOS));
      await untilAllEqual(scene);
    }
    const p50Ms = percentile(times, 50);
    return [
      {
        what: `death of a node of a ring to the next new payment, median of ${ROUNDS}`,
        figure: `${ms(p50Ms)}; ${ms(Math.min(...times))} to ${ms(Math.max(...times))}`,
        goal: `< ${GOAL_MS} ms`,
        met: p50Ms < GOAL_MS,
      },
    ];
  });
}
