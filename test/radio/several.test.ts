/**
 * Several radios in one mesh: their configuration, what each is asked for, how they share a host.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RadioService } from '../../agent/radio/service.ts';
import { describeProblem, parseConfig, writeConfig } from '../../agent/shell/config/config.ts';
import { radiosOf } from '../../agent/shell/config/config-radios.ts';
import type { Config } from '../../agent/shell/config/config-schema.ts';
import { beaconInterfaces } from '../../agent/shell/daemon/wanted-peers.ts';
import { meshAddressesWithPrefix } from '../../agent/shell/radio/address.ts';
import { gated } from '../../agent/shell/radio/body.ts';
import { heldFile, readRadioReport } from '../../agent/shell/radio/report.ts';
import { readRadioSetups } from '../../agent/shell/radio/settings.ts';
import { transcript } from '../../platform/command.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import type { Phy } from '../../platform/radio.ts';
import type { MeshSettings } from '../../platform/settings.ts';
import { Turns } from '../../platform/turns.ts';
import { value } from '../platform/conformance.ts';
import { FakeLinux } from '../platform/fake-linux.ts';
import { FakeOpenwrt } from '../platform/fake-openwrt.ts';
import { PHY, SETTINGS } from '../platform/samples.ts';
import { found } from '../support/wait.ts';

const HEAD = 'name = "oak"\nrole = "relay"\n';
const TWO = `${HEAD}[[radio]]
body = "linux"
country = "US"
status_file = "/run/x/status.json"
[[radio]]
band = "5"
channel = 36
parameters = { mesh_rssi_threshold = -75 }
`;

function read(toml: string): Config {
  const reading = parseConfig(toml, '/etc/meshpayd.toml');
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.config;
}

function problems(toml: string): readonly string[] {
  const reading = parseConfig(toml, '/f');
  return reading.ok ? [] : reading.problems.map(describeProblem);
}

describe('tables [[radio]]', () => {
  it('are a radio each, with what is of the node from the first', () => {
    const [first, second, ...more] = radiosOf(read(TWO));
    assert.deepEqual(more, []);
    assert.equal(first['radio.interface'], 'mesh0');
    assert.equal(first['radio.channel'], 1);
    assert.ok(second !== undefined);
    const keys = ['interface', 'band', 'channel', 'country', 'body', 'mcast_rate'] as const;
    assert.deepEqual(
      keys.map((key) => second[`radio.${key}`]),
      ['mesh1', '5', 36, 'US', 'linux', 6],
    );
    assert.deepEqual(second['radio.parameters'], { mesh_rssi_threshold: -75 });
    assert.equal(second['radio.status_file'], '/run/x/status-1.json');
  });

  it('may be one, and are the same as others in the table [radio]', () => {
    const one = read(`${HEAD}[[radio]]\nchannel = 6\n`);
    assert.deepEqual([one['radio.channel'], radiosOf(one).length], [6, 1]);
    const inline = read(
      `${HEAD}[radio]\nbody = "linux"\ncountry = "US"\nstatus_file = "/run/x/status.json"\n` +
        'others = [{ band = "5", channel = 36, parameters = { mesh_rssi_threshold = -75 } }]\n',
    );
    assert.deepEqual(inline, read(TWO));
    assert.deepEqual(read(writeConfig(inline)), inline);
  });

  it('say by name what stands in the wrong table, or twice', () => {
    assert.match(
      problems(`${TWO}country = "DE"\n`).join(),
      /radio\.others\[0\]\.country: expected a field of one radio; others stand in the first/,
    );
    assert.match(
      problems(`${TWO}interface = "mesh0"\n`).join(),
      /radio\.others: expected an interface of its own for each radio, found mesh0 twice/,
    );
    assert.match(
      problems(TWO.replace('channel = 36', 'channel = 0')).join(),
      /others\[0\]\.channel: /,
    );
    assert.match(problems(`${TWO}${'[[radio]]\n'.repeat(3)}`).join(), /at most 3/);
    assert.deepEqual(problems(`${TWO}${'[[radio]]\n'.repeat(2)}`), []);
  });

  it('give beacons an interface each', () => {
    assert.deepEqual(beaconInterfaces(read(TWO)), ['mesh0', 'mesh1']);
    assert.deepEqual(beaconInterfaces(read(HEAD)), []);
  });
});

describe('addresses of several radios', () => {
  it('are of link-local kind but for the first, and each its own', () => {
    const [id, key] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const all = [0, 1, 2].map((place) => meshAddressesWithPrefix(id, key, place));
    assert.deepEqual(
      all.map((each) => each.length),
      [2, 1, 1],
    );
    const local = all.map((each) => each.at(-1) ?? '');
    assert.ok(local.every((each) => each.startsWith('fe80::')));
    assert.equal(new Set(local).size, 3);
  });
});

describe('what several radios are asked for', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-several-'));
    writeFileSync(join(folder, 'secret'), 'correct horse battery\n', { mode: 0o600 });
    chmodSync(join(folder, 'secret'), 0o600);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const setups = (toml: string) =>
    readRadioSetups({
      ...read(toml),
      'radio.passphrase_file': join(folder, 'secret'),
      'radio.mesh_id': 'street',
    });

  it('is one mesh id, passphrase and country, and each knows of the others', () => {
    const reading = setups(TWO);
    assert.ok(reading.ok);
    const [first, second] = reading.setups.map(({ settings }) => settings);
    assert.equal(first?.meshId, second?.meshId);
    assert.equal(first?.passphrase, second?.passphrase);
    assert.deepEqual([first?.frequencyMhz, second?.frequencyMhz], [2412, 5180]);
    assert.deepEqual([first?.siblings, second?.siblings], [['mesh1'], ['mesh0']]);
    assert.deepEqual([first?.isFurther, second?.isFurther], [undefined, true]);
  });

  it('is refused by the table that is wrong', () => {
    const reading = setups(TWO.replace('channel = 36', 'channel = 233'));
    assert.ok(!reading.ok);
    assert.ok(reading.faults.every(({ field }) => field.startsWith('radio.others[0].channel')));
  });
});

const PHY5: Phy = { ...PHY, index: 1, name: 'phy5' };
const FIRST: MeshSettings = { ...SETTINGS, siblings: ['mesh1'] };
const SECOND: MeshSettings = {
  ...SETTINGS,
  interfaceName: 'mesh1',
  siblings: ['mesh0'],
  isFurther: true,
  frequencyMhz: 5180,
  addresses: ['fe80::7/64'],
};

describe('several radios on one host', () => {
  async function make() {
    const fake = new FakeLinux([PHY, PHY5]);
    fake.host.files.set('/etc/dhcpcd.conf', 'hostname\n');
    const platform = new LinuxPlatform(fake, fake.host, 'netlink');
    const apply = async (settings: MeshSettings) => {
      const plan = platform.plan(settings, value(await platform.observe(settings)));
      assert.ok(plan.ok, JSON.stringify(plan));
      value(await platform.apply(plan.commands));
      return transcript(plan.commands);
    };
    const restore = async (settings: MeshSettings) => {
      const plan = platform.restore(settings, value(await platform.observe(settings)));
      assert.ok(plan.ok);
      value(await platform.apply(plan.commands));
      return transcript(plan.commands);
    };
    const names = () => fake.world.interfaces.map(({ name }) => name);
    const conf = () => `${fake.host.files.get('/etc/dhcpcd.conf')}`;
    return { fake, apply, restore, names, conf };
  }

  it('each take a radio of their own, and neither takes the other for a leftover', async () => {
    for (const order of [
      [FIRST, SECOND],
      [SECOND, FIRST],
    ] as const) {
      const { fake, apply, names, conf } = await make();
      for (const settings of order) await apply(settings);
      const phys = fake.world.interfaces.filter(({ type }) => type === 'mesh point');
      assert.deepEqual(names().sort(), ['mesh0', 'mesh1', 'wlan0']);
      assert.equal(new Set(phys.map(({ phyIndex }) => phyIndex)).size, 2);
      assert.match(conf(), /denyinterfaces mesh0 mesh1$/m);
      for (let round = 0; round < 2; round++) {
        for (const settings of order) {
          assert.deepEqual(
            (await apply(settings)).filter((line) => !line.includes('mesh_param')),
            [],
          );
        }
      }
    }
  });

  it('leave the host as it was, whichever is taken down last', async () => {
    for (const order of [
      [FIRST, SECOND],
      [SECOND, FIRST],
    ] as const) {
      const { fake, apply, restore, names, conf } = await make();
      await apply(FIRST);
      await apply(SECOND);
      const [one, other] = order;
      const lines = await restore(one);
      assert.ok(!lines.some((line) => line.startsWith('iw reg set')), 'the other one needs it');
      assert.match(conf(), /denyinterfaces/);
      assert.equal(fake.world.country, 'US');
      await restore(other);
      assert.deepEqual(names(), ['wlan0']);
      assert.equal(conf(), 'hostname\n');
      assert.equal(fake.world.country, '00');
    }
  });

  it('take a radio that is named, and one beside the other where there is but one', async () => {
    const { fake, apply } = await make();
    await apply({ ...FIRST, radio: 'phy5' });
    await apply(SECOND);
    const phyOf = (name: string) =>
      fake.world.interfaces.find((each) => each.name === name)?.phyIndex;
    assert.deepEqual([phyOf('mesh0'), phyOf('mesh1')], [PHY5.index, PHY.index]);
  });

  it('is refused by name on OpenWrt, and the first is built', async () => {
    const fake = new FakeOpenwrt();
    const platform = new OpenwrtPlatform(fake, fake.host, 'iw');
    const plan = platform.plan(SECOND, value(await platform.observe(SECOND)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_second');
    assert.ok(platform.plan(FIRST, value(await platform.observe(FIRST))).ok);
    const first = platform.plan(FIRST, value(await platform.observe(FIRST)));
    value(await platform.apply(first.ok ? first.commands : []));
    const restored = platform.restore(SECOND, value(await platform.observe(SECOND)));
    assert.deepEqual(restored, { ok: true, commands: [] });
  });
});

describe('two services on one host', () => {
  it('bring both up, and put all back, one turn at a time', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'meshpay-two-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const fake = new FakeLinux([PHY, PHY5]);
    fake.host.files.set('/etc/dhcpcd.conf', 'hostname\n');
    const perform = fake.host.perform.bind(fake.host);
    fake.host.perform = async (command) => {
      // What takes its time would let another turn in between.
      await new Promise((resolve) => setImmediate(resolve));
      return perform(command);
    };
    const platform = new LinuxPlatform(fake, fake.host, 'netlink');
    const turns = new Turns();
    const quiet = () => undefined;
    const levels = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
    const log = { ...levels, fatal: quiet, health: { lost: 0, fault: null } };
    const files = ['status.json', 'status-1.json'].map((name) => join(folder, name));
    const services = [FIRST, SECOND].map((settings, i) => {
      const setup = { settings, notes: [] };
      const statusFile = files[i] ?? '';
      return new RadioService({ platform: gated(platform), setup, statusFile, turns, log });
    });
    const both = (state: string) =>
      found(() => {
        const states = files.map((file) => readRadioReport(file));
        return states.every((each) => each.found && each.report.state === state) || undefined;
      }, `both ${state}`);
    await Promise.all(services.map((service) => service.start()));
    await both('up');
    writeFileSync(heldFile(files[0] ?? ''), '');
    await both('down');
    await Promise.all(services.map((service) => service.stop()));
    assert.equal(`${fake.host.files.get('/etc/dhcpcd.conf')}`, 'hostname\n');
    assert.equal(fake.world.country, '00');
  });
});

describe('turns', () => {
  it('are taken one after the other, also after one that failed', async () => {
    const turns = new Turns();
    const done: number[] = [];
    const slow = turns.take(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done.push(1);
      throw new Error('of its own');
    });
    const next = turns.take(async () => done.push(2));
    await assert.rejects(slow, /of its own/);
    await next;
    assert.deepEqual(done, [1, 2]);
  });
});
