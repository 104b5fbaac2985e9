/**
 * Payments cross a mesh of virtual radios: `meshpayd` as a router runs it, found by beacons, with
 * real SAE. Five radios; authorities at 1 to 4, wallets beside 0 and 4. Each scenario is run once
 * or twice here, for what happens; `npm run bench:hwsim` runs them often, for how long it takes.
 * Skipped with a printed reason where the host cannot have virtual radios.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeAgents } from './agents.ts';
import { killSupplicant, startRadio } from './bring-up.ts';
import {
  carriesData,
  framesOf,
  isRobustManagement,
  MEDIUM_INTERFACE,
  startCapture,
} from './capture.ts';
import { COUNTED_MIPS } from './machine.ts';
import { stations } from './mesh.ts';
import { latencyOf, payInTurn, paymentsOf, untilSettled } from './payments.ts';
import {
  killRadio,
  MESH,
  offerUnderLoss,
  reshape,
  restartAgent,
  reviveRadio,
  type Scene,
  startAndPay,
  untilAllEqual,
  untilPeered,
  untilWalletsLinked,
} from './scenarios.ts';
import { readyHost, skip } from './suite.ts';
import { islands, line, ring } from './topology.ts';
import { bootWorld, type World } from './world.ts';

const RADIOS = 5;
const AUTHORITIES = [1, 2, 3, 4];
const WALLETS = [0, 4];
const START_MS = 30_000;
/** Far above what anything takes, also where many others use the same cores. */
const PATIENCE_MS = 120_000;
/** What only the payer and the authorities should ever read. */
const MEMO = 'two loaves of rye';

describe('payments over a mesh of virtual radios', { skip }, () => {
  let world: World;
  let scene: Scene;

  before(async () => {
    world = await bootWorld({ host: readyHost(), radios: RADIOS });
  });

  after(async () => {
    await world?.close();
  });

  it('are possible within thirty seconds of the start of all four authorities', async (t) => {
    await world.explain(async () => {
      const places = { authorities: AUTHORITIES, wallets: WALLETS };
      const agents = await makeAgents(world, { ...places, mesh: MESH });
      await agents.startDrivers();
      const shape = islands(RADIOS, [AUTHORITIES]);
      const wallet = { number: 1, to: agents.accountOf(0) };
      const { times, payer } = await startAndPay(world, agents, shape, wallet);
      const { securedMs, linkedMs, paidMs } = times;
      const inSeconds = [securedMs, linkedMs, paidMs].map((time) => (time / 1_000).toFixed(1));
      t.diagnostic(`secured, linked, paid after ${inSeconds.join(', ')} s ${clockOf(world)}`);
      // Only a counted clock says the same on every machine.
      if (world.figures.clock === 'counted') assert.ok(Math.max(securedMs, paidMs) < START_MS);
      await startRadio(world.node(0));
      await reshape(world, line(RADIOS));
      const other = await agents.openWallet(0);
      scene = { world, agents, wallets: [other, payer] };
      await agents.untilLinked(PATIENCE_MS);
      await untilWalletsLinked(scene.wallets, AUTHORITIES.length);
    });
  });

  it('are certified along a line, three hops from the last vote that is needed', async (t) => {
    await world.explain(async () => {
      const [payer, payee] = pair(scene);
      const { p50Ms, count } = latencyOf(await payInTurn(payer, payee, 5, PATIENCE_MS));
      t.diagnostic(`${count} payments over three hops: median ${p50Ms.toFixed(0)} ms`);
      await untilAllEqual(scene);
    });
  });

  it('show an eavesdropper nothing of an order, in frames that are all protected', async () => {
    await world.explain(async () => {
      const [payer, payee] = pair(scene);
      const medium = await startCapture(world.outside, MEDIUM_INTERFACE, 'payments', true);
      const [payment] = await payInTurn(payer, payee, 1, PATIENCE_MS, { memo: MEMO });
      const recorded = await medium.stop();
      const secrets = [
        // Nothing as short as a token's symbol: by chance it is somewhere in what is encrypted.
        ...[MEMO, 'authority-', 'radio-trial'].map((text) => Buffer.from(text)),
        ...[payer.account, payee.account].map((hex) => Buffer.from(hex, 'hex')),
        ...piecesOf(Buffer.from(payment?.orderHex ?? '', 'hex')),
      ];
      assert.ok(secrets.length > 10, 'the order is among them');
      for (const secret of secrets) {
        assert.ok(!recorded.includes(secret), `${secret.toString('hex')} is on the air`);
      }
      const frames = framesOf(recorded);
      const data = frames.filter(carriesData);
      assert.ok(data.length > 0 && data.every((frame) => frame.protected));
      const open = frames.filter(isRobustManagement).filter((frame) => !frame.protected);
      assert.deepEqual(open, []);
    });
  });

  it('cross only peerings whose management frames are protected', async () => {
    await world.explain(async () => {
      for (const node of world.nodes) {
        const peers = (await stations(node)).filter(({ plink }) => plink === 'ESTAB');
        assert.ok(peers.length > 0 && peers.every(({ mfp }) => mfp), node.name);
      }
    });
  });

  it('go on when a node of a ring dies that all knew as a way, and it catches up', async (t) => {
    await world.explain(async () => {
      const [payer] = pair(scene);
      await reshape(world, ring(RADIOS));
      // Without node 1 the only quorum left includes node 2, which was reached through node 1.
      const passedMs = await killRadio(scene, 1, payer);
      t.diagnostic(`next payment ${passedMs.toFixed(0)} ms after the death`);
      await reviveRadio(scene, 1, ring(RADIOS));
      await untilAllEqual(scene);
    });
  });

  it('go on at the side of a split that has a quorum, and the other side says why not', async () => {
    await world.explain(async () => {
      const [payer, payee] = pair(scene);
      await world.topology(islands(RADIOS, [[0, 1, 2, 3], [4]]));
      await untilPeered(world, world.links);
      const { driver, name } = payee;
      const stuck = driver.ask(
        {
          op: 'pay',
          wallet: name,
          to: payer.account,
          insists: true,
          count: 1,
          pauseMs: 0,
          timeoutMs: PATIENCE_MS,
        },
        PATIENCE_MS,
      );
      await payInTurn(payer, payee, 2, PATIENCE_MS);
      const reasons = (await driver.ask({ op: 'waiting', wallet: name })).join('\n');
      assert.match(reasons, /authority-1: (no answer|connected, but)/);
      assert.match(reasons, /authority-2: (no answer|connected, but)/);
      assert.match(reasons, /authority-3: (no answer|connected, but)/);
      assert.doesNotMatch(reasons, /authority-4/);
      await world.topology(line(RADIOS));
      const [payment] = await stuck;
      assert.equal(typeof payment?.certifiedMs, 'number', 'it is certified after the healing');
      await untilAllEqual(scene);
    });
  });

  it('wait on both sides of a split into halves, and are all made after it heals', async () => {
    await world.explain(async () => {
      const [payer, payee] = pair(scene);
      await world.topology(
        islands(RADIOS, [
          [0, 1, 2],
          [3, 4],
        ]),
      );
      for (const [from, to] of [
        [payer, payee],
        [payee, payer],
      ] as const) {
        const offer = { op: 'offer', wallet: from.name, to: to.account } as const;
        await from.driver.ask({ ...offer, count: 1, everyMs: 1 });
      }
      await world.time.sleep(3_000);
      const open = (await paymentsOf(scene.wallets)).filter((one) => one.certifiedMs === null);
      assert.equal(open.length, 2, 'nobody has a quorum');
      await world.topology(line(RADIOS));
      await untilCertified(scene);
      await untilAllEqual(scene);
    });
  });

  it('all come through when every receiver loses half of its packets', async (t) => {
    await world.explain(async () => {
      const options = { lossPercent: 50, perSecond: 2, seconds: 4 };
      const patience = { withinMs: 120_000, patienceMs: PATIENCE_MS };
      const figure = await offerUnderLoss(scene, { ...options, ...patience });
      assert.equal(figure.offered, 8);
      assert.equal(figure.completedInTheEnd, 8);
      const { dropped, passed } = figure.loss;
      assert.ok(dropped > passed / 2, `${dropped} packets dropped, ${passed} let through`);
      const loss = `${dropped} of ${dropped + passed} packets lost`;
      t.diagnostic(`8 payments, ${loss}: median ${figure.p50Ms.toFixed(0)} ms`);
      await untilAllEqual(scene);
    });
  });

  it('survive a restart of an agent, which leaves the mesh alone, and one of wpa_supplicant', async () => {
    await world.explain(async () => {
      const [payer, payee] = pair(scene);
      const keep = { op: 'keep', wallet: payer.name, to: payee.account } as const;
      await payer.driver.ask({ ...keep, pauseMs: 1_000 });
      assert.ok(await restartAgent(scene, scene.agents.at(3)), 'its peers did not notice');
      await killSupplicant(world, world.node(2));
      await untilPeered(world, world.links);
      await payer.driver.ask({ op: 'quiet', wallet: payer.name });
      await untilCertified(scene);
      await untilAllEqual(scene);
    });
  });
});

/** Any sixteen bytes of it would show: nonces and tags of the radio are shorter or random. */
function piecesOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / 16) }, (_, i) =>
    bytes.subarray(i * 16, i * 16 + 16),
  );
}

function clockOf({ figures }: World): string {
  return figures.clock === 'counted' ? `at ${COUNTED_MIPS} MIPS` : "by the host's clock";
}

function pair({ wallets: [a, b] }: Scene) {
  assert.ok(a !== undefined && b !== undefined);
  return [a, b] as const;
}

/** Waits until no payment is open, and none was refused. */
async function untilCertified({ wallets }: Scene): Promise<void> {
  assert.equal(await untilSettled(wallets, PATIENCE_MS), 0, 'payments are still open');
  const refused = (await paymentsOf(wallets)).filter((payment) => payment.refused !== null);
  assert.deepEqual(refused, []);
}
