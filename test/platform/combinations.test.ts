/** Interfaces beside each other on one radio: which fit, and whose beacon interval they have. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeCombinations, fitsTogether } from '../../platform/combinations.ts';
import { transcript } from '../../platform/command.ts';
import { parsePhys } from '../../platform/iw/parse-phy.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import type { InterfaceType, Phy } from '../../platform/radio.ts';
import { commands, down, up, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { PHY, SETTINGS } from './samples.ts';

type Limit = readonly [max: number, ...types: InterfaceType[]];

function withLimits(maxInterfaces: number, maxChannels: number, ...limits: readonly Limit[]): Phy {
  const read = limits.map(([max, ...types]) => ({ max, types }));
  return { ...PHY, combinations: [{ limits: read, maxInterfaces, maxChannels }] };
}

describe('a combination of interfaces', () => {
  const phy = withLimits(3, 1, [1, 'managed'], [2, 'AP', 'mesh point']);

  it('has room by type, in sum and by channels', () => {
    assert.ok(fitsTogether(phy, ['AP', 'mesh point']));
    assert.ok(fitsTogether(phy, ['AP', 'mesh point', 'managed']));
    assert.ok(!fitsTogether(phy, ['AP', 'AP', 'mesh point']));
    assert.ok(!fitsTogether(phy, ['managed', 'managed']));
    assert.ok(!fitsTogether(phy, ['IBSS', 'mesh point']));
    assert.ok(!fitsTogether(phy, ['AP', 'mesh point'], 2));
    assert.ok(!fitsTogether(withLimits(2, 1, [4, 'AP', 'mesh point']), ['AP', 'AP', 'mesh point']));
  });

  it('is not needed by one alone', () => {
    assert.ok(fitsTogether({ ...PHY, combinations: [] }, ['mesh point']));
    assert.ok(!fitsTogether({ ...PHY, combinations: [] }, ['AP', 'mesh point']));
  });

  it('may have a type in several limits', () => {
    const both = withLimits(2, 1, [1, 'AP', 'mesh point'], [1, 'AP']);
    assert.ok(fitsTogether(both, ['AP', 'mesh point']));
    assert.ok(fitsTogether(both, ['mesh point', 'AP']));
    assert.ok(!fitsTogether(both, ['mesh point', 'mesh point']));
  });

  it('is shown in words', () => {
    assert.deepEqual(describeCombinations(phy), [
      'managed: 1; AP, mesh point: 2; 3 in all on 1 channel',
    ]);
  });

  it('is read of wiphys of several radios too, whatever the size of its first letter', () => {
    for (const heading of ['valid', 'globally valid', 'Globally valid']) {
      const text = [
        'Wiphy phy0',
        '\twiphy index: 0',
        '\tSupported commands:',
        `\t${heading} interface combinations:`,
        '\t\t * #{ AP, mesh point } <= 4,',
        '\t\t   total <= 4, #channels <= 2',
        '\tSupported wiphy radios:',
        '\t\t* Idx 0:',
        '',
      ].join('\n');
      const [read] = value(parsePhys(text));
      assert.deepEqual(read?.combinations, [
        { limits: [{ max: 4, types: ['AP', 'mesh point'] }], maxInterfaces: 4, maxChannels: 2 },
      ]);
    }
  });
});

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
