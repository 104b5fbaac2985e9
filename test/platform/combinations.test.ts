/** Interfaces beside each other on one radio: which fit, and whose beacon interval they have. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeCombinations, fitsTogether, type Sharer } from '../../platform/combinations.ts';
import { transcript } from '../../platform/command.ts';
import { parsePhys } from '../../platform/iw/parse-phy.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import type { InterfaceType, Phy } from '../../platform/radio.ts';
import { commands, down, up, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { PHY, SETTINGS } from './samples.ts';

/** Interfaces on the channel of the mesh, or on these. */
function on(types: readonly InterfaceType[], ...channels: readonly number[]): Sharer[] {
  return types.map((type, i) => ({ type, frequencyMhz: channels[i] ?? 2412 }));
}

type Limit = readonly [max: number, ...types: InterfaceType[]];

function withLimits(maxInterfaces: number, maxChannels: number, ...limits: readonly Limit[]): Phy {
  const read = limits.map(([max, ...types]) => ({ max, types }));
  return { ...PHY, combinations: [{ limits: read, maxInterfaces, maxChannels }] };
}

describe('a combination of interfaces', () => {
  const phy = withLimits(3, 1, [1, 'managed'], [2, 'AP', 'mesh point']);

  it('has room by type, in sum and by channels', () => {
    assert.ok(fitsTogether(phy, on(['AP', 'mesh point'])));
    assert.ok(fitsTogether(phy, on(['AP', 'mesh point', 'managed'])));
    assert.ok(!fitsTogether(phy, on(['AP', 'AP', 'mesh point'])));
    assert.ok(!fitsTogether(phy, on(['managed', 'managed'])));
    assert.ok(!fitsTogether(phy, on(['IBSS', 'mesh point'])));
    assert.ok(!fitsTogether(phy, on(['AP', 'mesh point'], 2412, 2437)));
    assert.ok(
      !fitsTogether(withLimits(2, 1, [4, 'AP', 'mesh point']), on(['AP', 'AP', 'mesh point'])),
    );
  });

  it('is not needed by one alone', () => {
    assert.ok(fitsTogether({ ...PHY, combinations: [] }, on(['mesh point'])));
    assert.ok(!fitsTogether({ ...PHY, combinations: [] }, on(['AP', 'mesh point'])));
  });

  it('may have a type in several limits', () => {
    const both = withLimits(2, 1, [1, 'AP', 'mesh point'], [1, 'AP']);
    assert.ok(fitsTogether(both, on(['AP', 'mesh point'])));
    assert.ok(fitsTogether(both, on(['mesh point', 'AP'])));
    assert.ok(!fitsTogether(both, on(['mesh point', 'mesh point'])));
  });

  it('is shown in words', () => {
    assert.deepEqual(describeCombinations(phy), [
      'managed: 1; AP, mesh point: 2; 3 in all on 1 channel',
    ]);
  });

  it('is read of a phy with several radios: of all together, and of each', () => {
    const [read] = value(parsePhys(SEVERAL_RADIOS));
    assert.deepEqual(
      [read?.combinations, read?.radios],
      [
        [{ limits: [{ max: 4, types: ['AP', 'mesh point'] }], maxInterfaces: 4, maxChannels: 2 }],
        [
          {
            ranges: [{ lowMhz: 2402, highMhz: 2494 }],
            combinations: [
              {
                limits: [{ max: 2, types: ['AP', 'mesh point'] }],
                maxInterfaces: 2,
                maxChannels: 1,
              },
            ],
          },
          {
            ranges: [
              { lowMhz: 5170, highMhz: 5330 },
              { lowMhz: 5490, highMhz: 5935 },
            ],
            combinations: [
              { limits: [{ max: 1, types: ['AP'] }], maxInterfaces: 1, maxChannels: 1 },
            ],
          },
        ],
      ],
    );
    assert.deepEqual(read === undefined ? [] : describeCombinations(read), [
      'AP, mesh point: 4; 4 in all on 2 channels',
      '2402 to 2494 MHz: AP, mesh point: 2; 2 in all on 1 channel',
      '5170 to 5330 MHz, 5490 to 5935 MHz: AP: 1; 1 in all on 1 channel',
    ]);
  });

  it('has to have room on the radio of the channel, and in the phy', () => {
    const [several] = value(parsePhys(SEVERAL_RADIOS));
    assert.ok(several !== undefined);
    assert.ok(fitsTogether(several, on(['AP', 'mesh point'])));
    assert.ok(!fitsTogether(several, on(['AP', 'AP', 'mesh point'])));
    assert.ok(!fitsTogether(several, on(['AP', 'mesh point'], 2412, 2437)), 'one channel a radio');
    assert.ok(fitsTogether(several, on(['AP', 'AP', 'mesh point'], 5180, 2412, 2412)));
    assert.ok(!fitsTogether(several, on(['AP', 'mesh point'], 5180, 5180)));
    assert.ok(!fitsTogether(several, on(['managed', 'mesh point'], 5180, 2412)), 'not in the phy');
    assert.ok(fitsTogether(several, on(['AP', 'mesh point'], 5330, 2402)));
  });

  it('is the first radio where an older program shows no more', () => {
    const text = SEVERAL_RADIOS.split('\tSupported wiphy radios')[0] ?? '';
    const [read] = value(parsePhys(text));
    assert.deepEqual([read?.combinations[0]?.maxInterfaces, read?.radios], [2, []]);
  });
});

/** As iw 6.14 prints it (info.c). */
const SEVERAL_RADIOS = [
  'Wiphy phy0',
  '\twiphy index: 0',
  '\tSupported commands:',
  '\tvalid interface combinations:',
  '\t\t * #{ AP, mesh point } <= 2,',
  '\t\t   total <= 2, #channels <= 1, radar detect widths: { 20 MHz, 40 MHz }',
  '',
  '\tHT Capability overrides:',
  '\tSupported wiphy radios:',
  '\t\t* Idx 0:',
  '\t\t\tFrequency Range: 2402 MHz - 2494 MHz',
  "\t\t\tRadio's valid interface combinations:",
  '\t\t\t\t * #{ AP, mesh point } <= 2,',
  '\t\t\t\t   total <= 2, #channels <= 1',
  '',
  '\t\t* Idx 1:',
  '\t\t\tFrequency Range: 5170 MHz - 5330 MHz',
  '\t\t\tFrequency Range: 5490 MHz - 5935 MHz',
  "\t\t\tRadio's valid interface combinations:",
  '\t\t\t\t * #{ AP } <= 1,',
  '\t\t\t\t   total <= 1, #channels <= 1',
  '\tGlobally valid interface combinations:',
  '\t\t * #{ AP, mesh point } <= 4,',
  '\t\t   total <= 4, #channels <= 2',
  '',
].join('\n');

describe('an access point beside a mesh', () => {
  /** A host with an interface of the mesh's radio that is up on its channel. */
  async function make(type: InterfaceType, phy: Phy = PHY) {
    const fake = new FakeLinux([phy]);
    const [wlan] = fake.world.interfaces;
    assert.ok(wlan !== undefined);
    fake.world.interfaces = [{ ...wlan, type, frequencyMhz: SETTINGS.frequencyMhz }];
    await fake.host.output(['ip', 'link', 'set', 'wlan0', 'up']);
    return { fake, platform: new LinuxPlatform(fake, fake.host, 'netlink') };
  }
  const interval = ({ host }: FakeLinux) =>
    /beacon_int=(\d+)/.exec(`${host.files.get('/run/meshpay-radio/mesh0.conf')}`)?.[1];

  it('keeps its beacon interval, which the mesh takes', async () => {
    for (const [type, expected] of [
      ['AP', '100'],
      ['P2P-GO', '100'],
      ['managed', '150'],
    ] as const) {
      const phy = withLimits(4, 1, [4, 'AP', 'P2P-GO', 'managed', 'mesh point']);
      const { fake, platform } = await make(type, phy);
      await up(platform);
      assert.equal(interval(fake), expected, type);
      assert.deepEqual(await commands(platform), []);
      await down(platform);
    }
  });

  it('keeps the interval that its configuration names, and a mesh that has joined with it', async () => {
    const { fake, platform } = await make('AP');
    const file = '/etc/hostapd/hostapd.conf';
    for (const [text, expected] of [
      ['interface=wlan1\nbeacon_int=77\n', '100'],
      ['interface=wlan0\n#beacon_int=77\n', '100'],
      ['interface=wlan0\nbeacon_int=14\n', '100'],
      ['interface=wlan0\nbeacon_int=15\n', '15'],
      ['bss=wlan0\nbeacon_int=50\nbeacon_int=200\n', '200'],
    ] as const) {
      fake.host.files.set(file, text);
      await up(platform);
      assert.equal(interval(fake), expected, text);
      fake.killSupplicant();
    }
    await up(platform);
    fake.host.files.delete(file);
    assert.deepEqual(await commands(platform), []);
    fake.host.files.set('/etc/hostapd/old.txt', 'interface=wlan0\nbeacon_int=300\n');
    fake.killSupplicant();
    await up(platform);
    assert.equal(interval(fake), '100');
  });

  it('may come and go without making a joined mesh meet its peers again', async () => {
    const { fake, platform } = await make('AP');
    await up(platform);
    await fake.host.output(['ip', 'link', 'set', 'wlan0', 'down']);
    assert.deepEqual(await commands(platform), []);
    fake.killSupplicant();
    await up(platform);
    assert.equal(interval(fake), '150');
    await fake.host.output(['ip', 'link', 'set', 'wlan0', 'up']);
    assert.deepEqual(await commands(platform), [], 'the kernel has taken both');
    fake.killSupplicant();
    await up(platform);
    assert.equal(interval(fake), '100');
  });

  it('does not change an interval that was wanted', async () => {
    const { fake, platform } = await make('managed');
    const settings = { ...SETTINGS, beaconIntervalTu: 100 };
    for (const each of [settings, SETTINGS]) {
      const plan = platform.plan(each, value(await platform.observe(each)));
      assert.ok(plan.ok);
      value(await platform.apply(plan.commands));
      assert.equal(interval(fake), `${each.beaconIntervalTu}`);
    }
  });

  it('is refused where all of them together have no room, by the connected one', async () => {
    const { fake, platform } = await make(
      'AP',
      withLimits(2, 1, [2, 'AP', 'mesh point', 'managed']),
    );
    const [wlan] = fake.world.interfaces;
    assert.ok(wlan !== undefined);
    const idle = { ...wlan, name: 'wlan1', type: 'managed' as const, frequencyMhz: undefined };
    fake.world.interfaces = [idle, wlan];
    fake.world.links = [...fake.world.links].flatMap((link) =>
      link.name === 'wlan0' ? [link, { ...link, name: 'wlan1' }] : [link],
    );
    assert.ok(transcript(await commands(platform)).includes('ip link set wlan1 down'));
    fake.world.interfaces = [{ ...idle, frequencyMhz: SETTINGS.frequencyMhz }, wlan];
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_busy');
  });
});

describe('an idle interface of the same radio', () => {
  it('is taken down where it would scan, told to the managers, and put back', async () => {
    for (const [type, isTaken] of [
      ['managed', true],
      ['P2P-client', true],
      ['AP', false],
    ] as const) {
      const phy = withLimits(4, 1, [4, 'AP', 'P2P-client', 'managed', 'mesh point']);
      const fake = new FakeLinux([phy]);
      fake.world.interfaces = fake.world.interfaces.map((each) => ({ ...each, type }));
      fake.host.files.set('/etc/dhcpcd.conf', '');
      await fake.host.output(['ip', 'link', 'set', 'wlan0', 'up']);
      const platform = new LinuxPlatform(fake, fake.host, 'netlink');
      const isUp = () => fake.world.links.some(({ name, up: on }) => name === 'wlan0' && on);
      await up(platform);
      assert.equal(isUp(), !isTaken, type);
      const conf = fake.host.files.get('/etc/dhcpcd.conf');
      assert.equal(`${conf}`.includes('denyinterfaces mesh0 wlan0'), isTaken, type);
      assert.deepEqual(await commands(platform), []);
      await down(platform);
      assert.ok(isUp(), type);
    }
  });
});

describe('a radio with a domain of its own', () => {
  it('comes to rest once it was asked for the country, and says which is in force', async () => {
    for (const selfManaged of [true, false]) {
      const fake = new FakeLinux([PHY]);
      const platform = new LinuxPlatform(fake, fake.host, 'netlink');
      const own = { dfsRegion: 'FCC', phyIndex: PHY.index, country: 'CN', selfManaged } as const;
      const regulatory = fake.regulatory.bind(fake);
      fake.regulatory = async () => ({ ok: true, value: [...value(await regulatory()), own] });
      await up(platform);
      assert.deepEqual(await commands(platform), []);
      const { warnings } = platform.status(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.deepEqual(
        warnings.map(({ code, found }) => [code, found]),
        [['country_other', 'CN']],
      );
    }
  });
});
