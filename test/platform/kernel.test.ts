/**
 * The Linux body against a real kernel: mac80211_hwsim radios, real wpa_supplicant, real SAE. Runs
 * as root where at least two such radios are free in this network namespace (test/hwsim boots such
 * a kernel); elsewhere it says why it does not. Real radios are never touched.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '../../platform/fault.ts';
import { type GuardReport, NeighbourGuard } from '../../platform/guard.ts';
import { IwReader } from '../../platform/iw/reader.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { DEFAULT_LIVENESS } from '../../platform/liveness.ts';
import type { NetlinkReader } from '../../platform/netlink/reader.ts';
import type { MeshPath, RadioEvent, Station } from '../../platform/radio.ts';
import { REAL_TIME, Reconciler, type Turn } from '../../platform/reconcile.ts';
import { HostRunner } from '../../platform/runner.ts';
import type { MeshSettings } from '../../platform/settings.ts';
import { folderFor, settingsFor, virtualRadios } from './virtual-radios.ts';

const PEER_TIMEOUT_MS = 60_000;
const BLOCKED = 'a switch of the software blocks the radio';

const { reader, radios, reason } = await virtualRadios(2);

interface TestNode {
  readonly platform: LinuxPlatform;
  readonly settings: MeshSettings;
  readonly pidFile: string;
}

describe('the Linux body on virtual radios', { skip: reason }, () => {
  const runner = new HostRunner();
  const netlink = reader as NetlinkReader;
  const iw = new IwReader(runner);
  const [left, right, third] = [nodeAt(0), nodeAt(1), nodeAt(2)];
  const { platform } = left;
  const turns: Turn[] = [];
  const events: RadioEvent[] = [];
  let loops: readonly Reconciler<unknown>[] = [];

  before(async () => {
    loops = [left, right].map((node) => {
      return new Reconciler(node.platform, node.settings, (turn) => turns.push(turn));
    });
    const untouched = await fingerprint();
    const bad = { ...left.settings, country: 'XX', passphrase: 'short' };
    const plan = platform.plan(bad, value(await platform.observe(bad)));
    assert.equal(plan.ok, false);
    assert.equal(await fingerprint(), untouched);
    await Promise.all(loops.map((loop, place) => loop.start(place === 0 ? keep : undefined)));
    await peered();
  });

  after(() => {
    for (const loop of loops) loop.close();
    platform.close();
  });

  it('secures both neighbours with protected management frames', async () => {
    for (const node of [left, right]) {
      const [station] = value(await node.platform.stations(node.settings.interfaceName));
      assert.equal(station?.protectedManagement, true);
      assert.equal(station?.authorized, true);
    }
  });

  it('plans nothing once the mesh is up', async () => {
    for (const { platform: body, settings } of [left, right]) {
      const plan = body.plan(settings, value(await body.observe(settings)));
      assert.deepEqual(plan, { ok: true, commands: [] });
    }
  });

  it('keeps the passphrase out of every argument list', async () => {
    const pid = (await readFile(left.pidFile, 'utf8')).trim();
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    const hexadecimal = Buffer.from(left.settings.passphrase).toString('hex');
    assert.ok(
      !commandLine.includes(left.settings.passphrase) && !commandLine.includes(hexadecimal),
    );
  });

  it('reads the same through netlink and through iw', async () => {
    const name = left.settings.interfaceName;
    assert.deepEqual(value(await iw.phys()), value(await netlink.phys()));
    assert.deepEqual(value(await iw.interfaces()), value(await netlink.interfaces()));
    assert.deepEqual(value(await iw.regulatory()), value(await netlink.regulatory()));
    assert.deepEqual(value(await iw.links()), value(await netlink.links()));
    assert.deepEqual(
      value(await iw.meshParameters(name)),
      value(await netlink.meshParameters(name)),
    );
    const [byIw, byNetlink] = [value(await iw.stations(name)), value(await netlink.stations(name))];
    assert.deepEqual(byIw.map(lasting), byNetlink.map(lasting));
    const paths = [value(await iw.paths(name)), value(await netlink.paths(name))] as const;
    assert.deepEqual(paths[0].map(ends), paths[1].map(ends));
    const missing = [await iw.stations('none0'), await netlink.stations('none0')];
    for (const result of missing) assert.equal(result.ok || result.fault.code, 'interface_missing');
  });

  it('sets mesh parameters in their kernel width', async () => {
    const name = left.settings.interfaceName;
    const wanted = { mesh_ttl: 17, mesh_hwmp_rann_interval: 4000, mesh_rssi_threshold: -80 };
    value(await netlink.setMeshParameters(name, wanted));
    const found = value(await netlink.meshParameters(name));
    assert.deepEqual({ ...found, ...wanted }, found);
    value(await netlink.setMeshParameters(name, { mesh_ttl: 31, mesh_rssi_threshold: 0 }));
  });

  it('creates and deletes an interface, and both readers see it come and go', async () => {
    const phys = value(await netlink.phys());
    const phy = phys.find(({ name }) => name === right.settings.radio);
    assert.ok(phy !== undefined);
    value(await netlink.createMeshInterface(phy.index, 'spare0'));
    for (const eyes of [netlink, iw]) {
      const found = value(await eyes.interfaces()).find(({ name }) => name === 'spare0');
      assert.deepEqual([found?.type, found?.phyIndex], ['mesh point', phy.index]);
    }
    value(await netlink.deleteInterface('spare0'));
    for (const eyes of [netlink, iw]) {
      assert.ok(!value(await eyes.interfaces()).some(({ name }) => name === 'spare0'));
      const gone = await eyes.removeStation('spare0', '02:00:00:00:09:09');
      assert.equal(gone.ok ? '' : gone.fault.code, 'interface_missing');
      const nobody = await eyes.removeStation(left.settings.interfaceName, '02:00:00:00:09:09');
      assert.equal(nobody.ok, false);
    }
  });

  it('reaches a supplicant that sees another /tmp, as one of an earlier start does', async () => {
    const { interfaceName } = left.settings;
    const folder = folderFor(0);
    const call = `wpa_cli -p ${folder}/${interfaceName}.control -i ${interfaceName}`;
    const ping = async (options: string) => {
      const script = `mount -t tmpfs none /tmp && timeout 5 ${call} ${options} ping`;
      const output = await runner.output(['unshare', '--mount', 'sh', '-c', script]);
      return output.ok ? output.value.stdout.trim() : '';
    };
    assert.equal(await ping(`-s ${folder}`), 'PONG');
    assert.notEqual(await ping(''), 'PONG', 'without it there is no answer');
  });

  const accidents: Record<string, () => Promise<unknown>> = {
    'its wpa_supplicant is killed': async () => {
      const pid = await readFile(left.pidFile, 'utf8');
      process.kill(Number(pid), 'SIGKILL');
    },
    'another program takes the interface down': () =>
      runner.output(['ip', 'link', 'set', left.settings.interfaceName, 'down']),
    'the interface is deleted': () =>
      runner.output(['iw', 'dev', left.settings.interfaceName, 'del']),
    'another program sets another country': () => runner.output(['iw', 'reg', 'set', 'DE']),
    [BLOCKED]: async () => {
      for (const entry of await runner.list('/sys/class/rfkill')) {
        const name = await readFile(`/sys/class/rfkill/${entry}/name`, 'utf8');
        if (name.trim() !== left.settings.radio) continue;
        await runner.output(['rfkill', 'block', entry.replace('rfkill', '')]);
      }
    },
    'the radio goes and comes back': async () => {
      await runner.output(['ip', 'netns', 'add', 'radio-away']);
      await runner.output([
        'iw',
        'phy',
        `${left.settings.radio}`,
        'set',
        'netns',
        'name',
        'radio-away',
      ]);
      await until(async () => turns.at(-1)?.state === 'waiting', 'a turn that waits');
      const inside = ['ip', 'netns', 'exec', 'radio-away'] as const;
      await runner.output([...inside, 'iw', 'phy', `${left.settings.radio}`, 'set', 'netns', '1']);
      await runner.output(['ip', 'netns', 'del', 'radio-away']);
    },
  };
  for (const [name, cause] of Object.entries(accidents)) {
    const skip = name === BLOCKED && !existsSync('/usr/sbin/rfkill') ? 'needs rfkill' : false;
    it(`is back with its peer after ${name}`, { skip }, async () => {
      turns.length = 0;
      await cause();
      await until(async () => turns.some(({ state }) => state !== 'steady'), 'a turn that acts');
      await peered();
      const { settings } = left;
      const observed = value(await platform.observe(settings));
      assert.equal(platform.status(settings, observed).country, settings.country);
    });
  }

  it('peers again after a neighbour was forgotten, once its peering has been reset', async () => {
    const name = left.settings.interfaceName;
    const [station] = value(await platform.stations(name));
    assert.ok(station !== undefined);
    events.length = 0;
    value(await platform.forgetStation(name, station.address));
    const returned = (event: RadioEvent) => event.kind === 'peer_candidate';
    await until(async () => events.some(returned), 'a peer candidate');
    value(await platform.resetPeering(name, station.address));
    await peered();
  });

  const few = radios.length < 3 ? 'needs a third virtual radio' : false;
  it('drops a neighbour that falls silent, and takes it back', { skip: few }, async (context) => {
    const { platform: body, settings: silent } = third;
    const loop = new Reconciler(body, silent, (turn) => turns.push(turn));
    const reports: GuardReport[] = [];
    let forgottenMs = 0;
    const guard = new NeighbourGuard({
      platform,
      interfaceName: left.settings.interfaceName,
      liveness: DEFAULT_LIVENESS,
      scheduler: REAL_TIME,
      nowMs: () => performance.now(),
      revive: () => undefined,
      report: (report) => {
        if (report.verdict.act === 'forget') forgottenMs = performance.now();
        reports.push(report);
      },
    });
    const watch = value(await platform.watch((event) => guard.onEvent(event)));
    await loop.start();
    const has = async (count: number) =>
      value(await platform.stations(left.settings.interfaceName)).filter(established).length ===
      count;
    await until(() => has(2), 'a third node');
    guard.start();
    const group = `/sys/kernel/debug/ieee80211/${silent.radio}/hwsim/group`;
    const before = (await readFile(group, 'utf8')).trim();
    const cutMs = performance.now();
    await writeFile(group, '0x8000');
    await until(async () => reports.some(({ verdict }) => verdict.act === 'forget'), 'a verdict');
    context.diagnostic(`dropped ${Math.round(forgottenMs - cutMs)} ms after the cut`);
    await until(() => has(1), 'one neighbour');
    await writeFile(group, before);
    const healMs = performance.now();
    await until(() => has(2), 'the neighbour back');
    context.diagnostic(`peered ${Math.round(performance.now() - healMs)} ms after healing`);
    assert.ok(reports.some(({ verdict }) => verdict.act === 'reset_peering'));
    assert.deepEqual(
      reports.filter(({ fault }) => fault !== undefined),
      [],
    );
    guard.close();
    watch.close();
    loop.close();
    await restore(third);
  });

  it('shows another passphrase as SAE failures on both sides, and no peer', async () => {
    for (const loop of loops) loop.close();
    const settings = { ...right.settings, passphrase: 'another passphrase' };
    const stranger = { ...right, settings };
    const plan = right.platform.plan(settings, value(await right.platform.observe(settings)));
    assert.ok(plan.ok);
    value(await right.platform.apply(plan.commands));
    const failures = async (node: TestNode) =>
      node.platform.status(node.settings, value(await node.platform.observe(node.settings)))
        .saeFailures.length;
    await until(async () => (await failures(left)) > 0, 'a failure on the left');
    await until(async () => (await failures(stranger)) > 0, 'a failure on the right');
    assert.ok(!value(await platform.stations(left.settings.interfaceName)).some(established));
  });

  it('leaves the host as it was after restoring', async () => {
    for (const loop of loops) loop.close();
    await sleep(1000);
    for (const node of [left, right]) {
      await restore(node);
      const { platform: body, settings } = node;
      const again = body.restore(settings, value(await body.observe(settings)));
      assert.deepEqual(again, { ok: true, commands: [] });
    }
    const names = value(await netlink.interfaces()).map(({ name }) => name);
    assert.ok(
      !names.includes(left.settings.interfaceName) && !names.includes(right.settings.interfaceName),
    );
  });

  function nodeAt(place: number): TestNode {
    const settings = settingsFor(radios, place);
    return {
      settings,
      platform: new LinuxPlatform(netlink, runner, 'netlink', folderFor(place)),
      pidFile: `${folderFor(place)}/${settings.interfaceName}.pid`,
    };
  }

  async function restore({ platform: body, settings }: TestNode): Promise<void> {
    const plan = body.restore(settings, value(await body.observe(settings)));
    assert.ok(plan.ok);
    value(await body.apply(plan.commands));
  }

  function keep(event: RadioEvent): void {
    events.push(event);
  }

  async function peered(): Promise<void> {
    await until(async () => {
      const dumps = [left, right].map(({ platform: body, settings }) =>
        body.stations(settings.interfaceName),
      );
      const results = await Promise.all(dumps);
      return results.every((result) => result.ok && result.value.some(established));
    }, 'two secured neighbours');
  }

  async function fingerprint(): Promise<string> {
    const parts = [await netlink.interfaces(), await netlink.regulatory(), await netlink.links()];
    return JSON.stringify(parts);
  }

  async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < PEER_TIMEOUT_MS; waitedMs += 200) {
      if (await condition()) return;
      await sleep(200);
    }
    const last = JSON.stringify(turns.slice(-5));
    assert.fail(`${what} did not come within ${PEER_TIMEOUT_MS} ms; last turns: ${last}`);
  }
});

function established(station: Station): boolean {
  return station.peerLink === 'ESTAB' && station.authorized;
}

/** What stays the same between two looks at a station. */
function lasting(station: Station) {
  const { address, peerLink, signalDbm, authorized, protectedManagement, beaconIntervalTu } =
    station;
  return { address, peerLink, signalDbm, authorized, protectedManagement, beaconIntervalTu };
}

function ends({ destination, nextHop, hopCount }: MeshPath) {
  return { destination, nextHop, hopCount };
}

function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  return assert.fail(JSON.stringify(result.fault));
}
