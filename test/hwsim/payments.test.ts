/**
 * Payments cross a mesh of virtual radios: `meshpayd` as a router runs it, found by beacons, with
 * real SAE. Five radios; authorities at 1 to 4, wallets beside 0 and 4. Each scenario is run once or
 * twice here, for what happens; `npm run bench:hwsim` runs them often, for how long it takes.
 * Skipped with a printed reason where the host cannot have virtual radios.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { carriesData, framesOf, MEDIUM_INTERFACE, startCapture } from './capture.ts';
import { prepareHost } from './host.ts';
import { latencyOf, payInTurn, paymentsOf } from './payments.ts';
import {
  killRadio,
  offerUnderLoss,
  reshape,
  restartAgent,
  reviveRadio,
  type Scene,
  setScene,
  untilAllEqual,
  untilPeered,
} from './scenarios.ts';
import { islands, line, ring } from './topology.ts';
import { bootWorld, type World } from './world.ts';

const RADIOS = 5;
const AUTHORITIES = [1, 2, 3, 4];
/** Far above what anything takes, also where many others use the same cores. */
const PATIENCE_MS = 120_000;
/** What only the payer and the authorities should ever read. */
const MEMO = 'two loaves of rye';

const host = await prepareHost((text) => void process.stdout.write(`# hwsim: ${text}\n`));
const skip = host.kind === 'unavailable' ? host.reason : false;
if (host.kind === 'unavailable') process.stdout.write(`# hwsim: skipped: ${host.reason}\n`);

describe('payments over a mesh of virtual radios', { skip }, () => {
  let world: World;
  let scene: Scene;

  before(async () => {
    assert.ok(host.kind === 'ready');
    world = await bootWorld({ host, radios: RADIOS });
    await world.explain(async () => {
      const wallets = [0, 4];
      scene = await setScene(world, line(RADIOS), { authorities: AUTHORITIES, wallets });
    });
  });

  after(async () => {
    await world?.close();
  });

  it('are certified along a line, three hops from the last vote that is needed', async (t) => {
    await world.explain(async () => {
      const [payer, payee] = pair(scene);
      const { p50Ms, count } = latencyOf(await payInTurn(payer, payee, 5, PATIENCE_MS));
      t.diagnostic(`${count} payments over three hops: median ${p50Ms.toFixed(0)} ms`);
      await untilAllEqual(scene);
    });
  });

  it('show an eavesdropper neither memo nor names, in frames that are all protected', async () => {
    await world.explain(async () => {
      const [payer, payee] = pair(scene);
      const medium = await startCapture(world.outside, MEDIUM_INTERFACE, 'payments', true);
      await payInTurn(payer, payee, 1, PATIENCE_MS, MEMO);
      const recorded = await medium.stop();
      for (const text of [MEMO, 'authority-', 'radio-trial', 'HRS']) {
        assert.ok(!recorded.includes(text), `"${text}" is on the air`);
      }
      for (const account of [payer.account, payee.account]) {
        assert.ok(!recorded.includes(Buffer.from(account, 'hex')), 'an account is on the air');
      }
      const frames = framesOf(recorded).filter(carriesData);
      assert.ok(frames.length > 0 && frames.every((frame) => frame.protected));
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
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const open = (await paymentsOf(scene.wallets)).filter((one) => one.certifiedMs === null);
      assert.equal(open.length, 2, 'nobody has a quorum');
      await world.topology(line(RADIOS));
      await untilCertified(scene);
      await untilAllEqual(scene);
    });
  });

  it('all come through when every receiver loses a quarter of its packets', async (t) => {
    await world.explain(async () => {
      const options = { lossPercent: 25, perSecond: 2, seconds: 4 };
      const patience = { withinMs: 120_000, patienceMs: PATIENCE_MS };
      const figure = await offerUnderLoss(scene, { ...options, ...patience });
      assert.equal(figure.offered, 8);
      assert.equal(figure.completedInTheEnd, 8);
      t.diagnostic(`8 payments at 25 % loss: median ${figure.p50Ms.toFixed(0)} ms`);
      await untilAllEqual(scene);
    });
  });

  it('survive a restart of an agent, which leaves the mesh alone, and one of wpa_supplicant', async () => {
    await world.explain(async () => {
      const [payer, payee] = pair(scene);
      const keep = { op: 'keep', wallet: payer.name, to: payee.account } as const;
      await payer.driver.ask({ ...keep, pauseMs: 1_000 });
      assert.ok(await restartAgent(scene, scene.agents.at(3)), 'its peers did not notice');
      await scene.care.renew(world.node(2));
      await untilPeered(world, world.links);
      await payer.driver.ask({ op: 'quiet', wallet: payer.name });
      await untilCertified(scene);
      await untilAllEqual(scene);
    });
  });
});

function pair({ wallets: [a, b] }: Scene) {
  assert.ok(a !== undefined && b !== undefined);
  return [a, b] as const;
}

/** Waits until no payment is open, and none was refused. */
async function untilCertified({ wallets }: Scene): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const payments = await paymentsOf(wallets);
    assert.deepEqual(
      payments.filter(({ refused }) => refused !== null),
      [],
    );
    if (payments.every(({ certifiedMs }) => certifiedMs !== null)) return;
    assert.ok(performance.now() < endMs, 'payments are still open');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
