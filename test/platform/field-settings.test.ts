/** What people set for long ways and hard places: distance, basic rates, parameters, radar. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { watchesRadar } from '../../platform/combinations.ts';
import { transcript } from '../../platform/command.ts';
import { parsePhys } from '../../platform/iw/parse-phy.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { parameterRange } from '../../platform/mesh-parameters.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import type { Platform } from '../../platform/platform.ts';
import type { Phy } from '../../platform/radio.ts';
import { checkSettings, joinTimeoutMs, type MeshSettings } from '../../platform/settings.ts';
import { down, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { PHY, SETTINGS } from './samples.ts';

async function apply<O>(platform: Platform<O>, settings: MeshSettings): Promise<readonly string[]> {
  const plan = platform.plan(settings, value(await platform.observe(settings)));
  assert.ok(plan.ok, JSON.stringify(plan));
  value(await platform.apply(plan.commands));
  return transcript(plan.commands);
}

function makeLinux(phy: Phy = PHY) {
  const fake = new FakeLinux([phy]);
  return { fake, platform: new LinuxPlatform(fake, fake.host, 'netlink') };
}

function makeRouter() {
  const fake = new FakeOpenwrt();
  return { fake, platform: new OpenwrtPlatform(fake, fake.host, 'iw') };
}

describe('a distance', () => {
  const coverage = (lines: readonly string[]) => lines.filter((line) => line.includes('coverage'));

  it('is set on the radio as a coverage class, rounded up, and put back', async () => {
    for (const [distanceMeters, expected] of [
      [1, 1],
      [450, 1],
      [451, 2],
      [114_750, 255],
    ] as const) {
      const { fake, platform } = makeLinux({ ...PHY, coverageClass: 0 });
      const settings = { ...SETTINGS, distanceMeters };
      const lines = await apply(platform, settings);
      assert.equal(lines.at(-1), `iw phy phy0 set coverage ${expected}`);
      fake.world.phys = [{ ...PHY, coverageClass: expected }];
      assert.deepEqual(await apply(platform, settings), []);
      await down(platform);
      assert.deepEqual(coverage(fake.host.transcript), [
        `iw phy phy0 set coverage ${expected}`,
        'iw phy phy0 set coverage 0',
      ]);
    }
  });

  it('that nobody asked for is left alone', async () => {
    const { fake, platform } = makeLinux({ ...PHY, coverageClass: 7 });
    await apply(platform, SETTINGS);
    await down(platform);
    assert.deepEqual(coverage(fake.host.transcript), []);
    const set = makeLinux({ ...PHY, coverageClass: 7 });
    assert.deepEqual(
      coverage(await apply(set.platform, { ...SETTINGS, distanceMeters: 3_000 })),
      [],
    );
  });

  it('is an option of the radio on a router, and goes again', async () => {
    const { fake, platform } = makeRouter();
    const device = () => fake.config['wireless']?.['radio0']?.options ?? {};
    await apply(platform, { ...SETTINGS, distanceMeters: 3_000, basicRatesMbps: [6, 12] });
    assert.equal(device()['distance'], '3000');
    assert.equal(device()['basic_rate'], '6000 12000');
    await down(platform);
    assert.ok(!('distance' in device()) && !('basic_rate' in device()));
    await apply(platform, SETTINGS);
    assert.ok(!('distance' in device()) && !('basic_rate' in device()));
  });

  it('is refused beyond what a coverage class can say', () => {
    const faults = (distanceMeters: number) => checkSettings({ ...SETTINGS, distanceMeters });
    assert.deepEqual(faults(114_750), []);
    assert.deepEqual(
      [114_751, -1, 1.5].map((each) => faults(each)[0]?.field),
      Array(3).fill('distanceMeters'),
    );
  });

  it('is read of iw', () => {
    const text =
      'Wiphy phy0\n\twiphy index: 0\n\tSupported commands:\n\tCoverage class: 3 (up to 1350m)\n';
    assert.equal(value(parsePhys(text))[0]?.coverageClass, 3);
  });
});

describe('basic rates', () => {
  it('are told to the supplicant, and have to be rates of the band', async () => {
    const { fake, platform } = makeLinux();
    await apply(platform, { ...SETTINGS, basicRatesMbps: [5.5, 6, 12] });
    const written = `${fake.host.files.get('/run/meshpay-radio/mesh0.conf')}`;
    assert.match(written, /^ {2}mesh_basic_rates=55 60 120$/m);
    const bad = checkSettings({ ...SETTINGS, frequencyMhz: 5180, basicRatesMbps: [6, 1] });
    assert.deepEqual(
      bad.map(({ field, found }) => [field, found]),
      [['basicRatesMbps', '1']],
    );
  });

  it('of other networks on a router stay theirs', async () => {
    const { fake, platform } = makeRouter();
    fake.set('radio0', 'disabled', '0');
    fake.set('radio0', 'channel', '1');
    fake.set('radio0', 'band', '2g');
    await apply(platform, { ...SETTINGS, basicRatesMbps: [6] });
    assert.ok(!('basic_rate' in (fake.config['wireless']?.['radio0']?.options ?? {})));
  });
});

describe('a mesh on 5 GHz', () => {
  it('goes without VHT, with which wpa_supplicant 2.10 does not join', async () => {
    for (const [frequencyMhz, isWithout] of [
      [5180, true],
      [2412, false],
    ] as const) {
      const { fake, platform } = makeLinux();
      await apply(platform, { ...SETTINGS, frequencyMhz });
      const written = `${fake.host.files.get('/run/meshpay-radio/mesh0.conf')}`;
      assert.equal(/^ *disable_vht=1$/m.test(written), isWithout);
    }
  });
});

describe('mesh parameters', () => {
  it('have the ranges of the kernel', () => {
    assert.deepEqual(parameterRange('mesh_rssi_threshold'), [-255, 0]);
    assert.deepEqual(parameterRange('mesh_hwmp_rootmode'), [0, 4]);
    assert.deepEqual(parameterRange('mesh_ttl'), [1, 255]);
    assert.deepEqual(parameterRange('mesh_path_refresh_time'), [0, 4_294_967_295]);
    const refused = checkSettings({ ...SETTINGS, parameters: { mesh_rssi_threshold: 1 } });
    assert.equal(refused[0]?.field, 'mesh_rssi_threshold');
    assert.deepEqual(checkSettings({ ...SETTINGS, parameters: { mesh_rssi_threshold: -255 } }), []);
  });
});

describe('a channel with radar', () => {
  const watching: Phy = {
    ...PHY,
    combinations: PHY.combinations.map((each) => ({ ...each, detectsRadar: true })),
  };
  const settings = { ...SETTINGS, frequencyMhz: 5260, allowRadar: true };

  it('is taken where the driver can watch for radar in a mesh, and only then', async () => {
    for (const [phy, code] of [
      [watching, undefined],
      [PHY, 'channel_radar'],
      [
        {
          ...watching,
          combinations: watching.combinations.map((each) => ({
            ...each,
            limits: [{ max: 1, types: ['AP'] as const }],
          })),
        },
        'channel_radar',
      ],
    ] as const) {
      const { fake, platform } = makeLinux(phy);
      fake.world.interfaces = [];
      fake.world.country = 'US';
      const plan = platform.plan(settings, value(await platform.observe(settings)));
      assert.equal(plan.ok ? undefined : plan.faults[0].code, code);
      const off = platform.plan(
        { ...settings, allowRadar: false },
        value(await platform.observe(settings)),
      );
      assert.equal(off.ok, false, 'off unless asked for');
    }
  });

  it('gives the radio time to listen first', async () => {
    const { fake, platform } = makeLinux(watching);
    fake.world.interfaces = [];
    fake.world.country = 'US';
    const plan = platform.plan(settings, value(await platform.observe(settings)));
    assert.ok(plan.ok && transcript(plan.commands).some((line) => line.endsWith('(90000 ms)')));
    const at = (frequencyMhz: number) => {
      const channel = { ...PHY.channels[0], frequencyMhz, radar: true } as Phy['channels'][number];
      return joinTimeoutMs({ ...SETTINGS, frequencyMhz }, { ...PHY, channels: [channel] });
    };
    assert.deepEqual([5580, 5600, 5640, 5660].map(at), [90_000, 630_000, 630_000, 90_000]);
    assert.equal(joinTimeoutMs(SETTINGS, PHY), 30_000);
  });

  it('is known by what combinations say of it', () => {
    const text = (widths: string) =>
      'Wiphy phy0\n\twiphy index: 0\n\tSupported commands:\n\tvalid interface combinations:\n' +
      `\t\t * #{ AP, mesh point } <= 4,\n\t\t   total <= 4, #channels <= 1${widths}\n`;
    const read = (widths: string) => value(parsePhys(text(widths)))[0];
    const [can, cannot] = [read(', radar detect widths: { 20 MHz }'), read('')];
    assert.ok(can !== undefined && watchesRadar(can));
    assert.ok(cannot !== undefined && !watchesRadar(cannot));
  });
});
