/** Restarts under load: no payment is lost, and a daemon's restart does not touch the mesh. */

import { killSupplicant } from '../bring-up.ts';
import { paymentsOf, untilSettled } from '../payments.ts';
import { reshape, restartAgent, untilAllEqual, untilPeered } from '../scenarios.ts';
import { line } from '../topology.ts';
import { AUTHORITIES, type Bench, RADIOS } from './scene.ts';
import type { Row } from './table.ts';

const ROUNDS = 10;
const PAUSE_MS = 500;
const PATIENCE_MS = 180_000;

export function measureRestarts(bench: Bench): Promise<Row[]> {
  return bench.scenes.run(async (scene) => {
    const { wallets, agents, world } = scene;
    const [payer, payee] = wallets;
    if (payer === undefined || payee === undefined) throw new RangeError('two wallets');
    await reshape(world, line(RADIOS));
    const keep = { op: 'keep', wallet: payer.name, to: payee.account } as const;
    await payer.driver.ask({ ...keep, pauseMs: PAUSE_MS });
    let untouched = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const radio = AUTHORITIES[round % AUTHORITIES.length] ?? -1;
      if (await restartAgent(scene, agents.at(radio))) untouched += 1;
      bench.say(`agent ${round + 1} of ${ROUNDS} is back`);
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      const radio = AUTHORITIES[round % AUTHORITIES.length] ?? -1;
      await killSupplicant(world, world.node(radio));
      await untilPeered(world, world.links);
      bench.say(`wpa_supplicant ${round + 1} of ${ROUNDS} is back`);
    }
    await payer.driver.ask({ op: 'quiet', wallet: payer.name });
    await untilSettled(wallets, PATIENCE_MS);
    const payments = await paymentsOf(wallets);
    const equal = await untilAllEqual(scene);
    const lost = payments.length - equal;
    return [
      {
        what: `payments lost over ${ROUNDS} restarts of agents and ${ROUNDS} of wpa_supplicant`,
        figure: `${lost} of ${payments.length}; all ledgers are equal`,
        goal: '0',
        met: lost === 0,
      },
      {
        what: 'restarts of an agent that left all its peerings as they were',
        figure: `${untouched} of ${ROUNDS}`,
        goal: `${ROUNDS}`,
        met: untouched === ROUNDS,
      },
    ];
  });
}
