/** From the start of everything on four nodes, radios and daemons at once, to the first payment. */
import { makeAgents } from '../agents.ts';
import { radioCare } from '../bring-up.ts';
import { payInTurn } from '../payments.ts';
import { MESH, untilPeered, untilWalletsLinked } from '../scenarios.ts';
import { full } from '../topology.ts';
import { bootWorld } from '../world.ts';
import type { Bench } from './main.ts';
import { type Row, seconds } from './table.ts';

const GOAL_MS = 30_000;
const PATIENCE_MS = 240_000;

export async function measureStart({ host, say }: Bench): Promise<Row[]> {
  const world = await bootWorld({ host, radios: 4 });
  try {
    return await world.explain(async () => {
      await world.topology(full(4));
      const care = await radioCare(world, 'product', MESH);
      const places = { authorities: [0, 1, 2, 3], wallets: [0, 3] };
      const agents = await makeAgents(world, { ...places, mesh: MESH, care });
      await agents.startDrivers();
      const beginMs = await agents.desk.ask({ op: 'now' });
      await Promise.all(world.nodes.map((node) => care.start(node)));
      const secured = untilPeered(world, world.links).then(() => agents.desk.ask({ op: 'now' }));
      const [wallets] = await Promise.all([agents.openWallets(), agents.start()]);
      const securedMs = (await secured) - beginMs;
      say(`all peers secured after ${seconds(securedMs)}`);
      const [payer, payee] = wallets;
      if (payer === undefined || payee === undefined) throw new RangeError('two wallets');
      const [first] = await payInTurn(payer, payee, 1, PATIENCE_MS);
      await untilWalletsLinked(wallets, 4);
      const allMs = (first?.certifiedMs ?? Number.NaN) - beginMs;
      return [
        { what: 'start of 4 nodes to all 6 peerings secured', figure: seconds(securedMs) },
        {
          what: 'start of 4 nodes to the first payment certified',
          figure: seconds(Math.max(allMs, securedMs)),
          goal: `< ${seconds(GOAL_MS)}`,
          met: Math.max(allMs, securedMs) < GOAL_MS,
        },
      ];
    });
  } finally {
    await world.close();
  }
}
