/**
 * From one `systemctl start` of everything on four nodes, radios and daemons, to the first payment.
 */
import { makeAgents } from '../agents.ts';
import { MESH, startAndPay } from '../scenarios.ts';
import { installed, installServices, unitOf } from '../services.ts';
import { full } from '../topology.ts';
import { bootWorld } from '../world.ts';
import type { Bench } from './scene.ts';
import { type Row, seconds } from './table.ts';

const GOAL_MS = 30_000;

export async function measureStart({ host, say }: Bench): Promise<Row[]> {
  const options = { radios: 4, systemd: true, memoryMiB: 2_048, clock: 'counted' } as const;
  const world = await bootWorld({ host, ...options });
  try {
    return await world.explain(async () => {
      const places = { authorities: [0, 1, 2, 3], wallets: [0, 3] };
      const agents = await makeAgents(world, { ...places, mesh: MESH, files: installed });
      const services = await installServices(world);
      await agents.startDrivers();
      const to = agents.accountOf(1);
      const units = world.nodes.flatMap((node) => [
        unitOf('meshpay-radio', node),
        unitOf('meshpayd', node),
      ]);
      const start = (): Promise<void> => services.control('start', units, false);
      const { times } = await startAndPay(world, agents, full(4), { number: 0, to }, start);
      const { securedMs, linkedMs, paidMs } = times;
      say(`secured ${seconds(securedMs)}, linked ${seconds(linkedMs)}, paid ${seconds(paidMs)}`);
      const allMs = Math.max(securedMs, paidMs);
      return [
        {
          what: 'systemctl start of 4 nodes to all 6 peerings secured',
          figure: seconds(securedMs),
        },
        { what: 'systemctl start of 4 nodes to all authorities linked', figure: seconds(linkedMs) },
        {
          what: 'systemctl start of 4 nodes to the first payment certified, and all secured',
          figure: seconds(allMs),
          goal: `< ${seconds(GOAL_MS)}`,
          met: allMs < GOAL_MS,
        },
      ];
    });
  } finally {
    await world.close();
  }
}
