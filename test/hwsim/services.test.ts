/**
 * The shipped units under a real systemd, on a mesh of virtual radios: four authorities, each with
 * its radio's service and its daemon's, in the sandbox that the units describe. Skipped with a
 * printed reason where the host cannot have virtual radios, or has no systemd to boot.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Agents, makeAgents, type RadioWallet } from './agents.ts';
import { stations } from './mesh.ts';
import { payInTurn } from './payments.ts';
import { MESH, peerAges, startAndPay, untilPeered } from './scenarios.ts';
import { installed, installServices, type Program, type Services, unitOf } from './services.ts';
import { readyHost, skip } from './suite.ts';
import { full } from './topology.ts';
import { bootWorld, type World } from './world.ts';

const SYSTEMD = '/lib/systemd/systemd';
const NODES = 4;
const START_MS = 30_000;
const PATIENCE_MS = 120_000;
const PROGRAMS: readonly Program[] = ['meshpay-radio', 'meshpayd'];

const noSystemd = existsSync(SYSTEMD) ? false : `no ${SYSTEMD} on this host`;

describe('nodes as services of systemd', { skip: skip === false ? noSystemd : skip }, () => {
  let world: World;
  let agents: Agents;
  let services: Services;
  let wallets: readonly [RadioWallet, RadioWallet];

  before(async () => {
    world = await bootWorld({ host: readyHost(), radios: NODES, systemd: true, memoryMiB: 2_048 });
    await world.explain(async () => {
      const places = { authorities: [0, 1, 2, 3], wallets: [0, 3] };
      agents = await makeAgents(world, { ...places, mesh: MESH, files: installed });
      services = await installServices(world);
      await agents.startDrivers();
    });
  });

  after(async () => {
    await world?.close();
  });

  const unitsOf = (program: Program): string[] => world.nodes.map((node) => unitOf(program, node));

  it('have a secured mesh and pay within thirty seconds of systemctl start', async (t) => {
    await explain(async () => {
      const start = (): Promise<void> =>
        services.control('start', PROGRAMS.flatMap(unitsOf), false);
      const wallet = { number: 1, to: agents.accountOf(0) };
      const { times, payer } = await startAndPay(world, agents, full(NODES), wallet, start);
      wallets = [payer, await agents.openWallet(0)];
      const { securedMs, linkedMs, paidMs } = times;
      const inSeconds = [securedMs, linkedMs, paidMs].map((time) => (time / 1_000).toFixed(1));
      t.diagnostic(`secured, linked, paid after ${inSeconds.join(', ')} s`);
      if (world.figures.clock === 'counted') assert.ok(Math.max(securedMs, paidMs) < START_MS);
      for (const unit of PROGRAMS.flatMap(unitsOf)) {
        const { active, restarts, result } = await services.state(unit);
        assert.deepEqual({ unit, active, restarts, result }, { unit, ...RUNNING });
      }
      for (const node of world.nodes) {
        const key = installed(node).key.real;
        const owner = await world.outside.must(['stat', '-c', '%U:%G %a', key]);
        assert.equal(owner.trim(), 'meshpay:meshpay 600', 'the unit gave the key to the daemon');
        const mark = await world.outside.must(['sh', '-c', `ls ${key}.unused 2>/dev/null; true`]);
        assert.equal(mark, '', 'the mark of an unused key is gone');
        assert.ok(
          (await stations(node)).every(({ mfp }) => mfp),
          'management frames are protected',
        );
      }
    });
  });

  it('keep the mesh when the daemon is restarted, and when the radio program is', async () => {
    await explain(async () => {
      const node = world.node(1);
      for (const program of PROGRAMS) {
        const unit = unitOf(program, node);
        const [before, ages] = [await services.state(unit), await peerAges(node)];
        await services.control('restart', [unit]);
        await agents.untilLinked(PATIENCE_MS);
        const [after, later] = [await services.state(unit), await peerAges(node)];
        assert.notEqual(after.pid, before.pid);
        assert.equal(ages.length, NODES - 1);
        for (const { mac, connectedSeconds } of ages) {
          const same = later.find((peer) => peer.mac === mac);
          assert.ok((same?.connectedSeconds ?? -1) >= connectedSeconds, `${program}: ${mac}`);
        }
        await payInTurn(...wallets, 1, PATIENCE_MS);
      }
    });
  });

  it('get their peers back after the death of wpa_supplicant, inside the sandbox', async () => {
    await explain(async () => {
      const node = world.node(2);
      const unit = unitOf('meshpay-radio', node);
      const [before] = await supplicants(unit);
      await world.outside.must(['kill', '-9', `${before}`]);
      await world.time.until('another supplicant', PATIENCE_MS, async () =>
        (await supplicants(unit)).find((pid) => pid !== before),
      );
      await untilPeered(world, full(NODES));
      await payInTurn(...wallets, 1, PATIENCE_MS);
    });
  });

  it('stop in order, and the mesh outlives them', async () => {
    await explain(async () => {
      const node = world.node(3);
      const units = PROGRAMS.map((program) => unitOf(program, node));
      await services.control('stop', units);
      for (const unit of units) {
        const { active, result } = await services.state(unit);
        assert.deepEqual({ unit, active, result }, { unit, active: 'inactive', result: 'success' });
      }
      assert.equal((await peerAges(node)).length, NODES - 1);
      await payInTurn(...wallets, 1, PATIENCE_MS);
    });
  });

  async function supplicants(unit: string): Promise<number[]> {
    const script = `for pid in $(cat /sys/fs/cgroup/system.slice/${unit}/cgroup.procs); do
      [ "$(cat /proc/$pid/comm 2>/dev/null)" = wpa_supplicant ] && echo $pid; done; true`;
    const told = await world.outside.must(['sh', '-c', script]);
    return told.split('\n').filter(Boolean).map(Number);
  }

  /** A failure comes with what the services said. */
  function explain<T>(part: () => Promise<T>): Promise<T> {
    return world.explain(async () => {
      try {
        return await part();
      } catch (error) {
        const units = PROGRAMS.flatMap(unitsOf);
        const said = await Promise.all(units.map((unit) => services.journal(unit)));
        const words = said.map((text, i) => `--- ${units[i]}\n${text.slice(-2_000)}`);
        throw new Error(`${error instanceof Error ? error.message : error}\n${words.join('\n')}`);
      }
    });
  }
});

const RUNNING = { active: 'active', restarts: 0, result: 'success' };
