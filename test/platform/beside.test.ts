/**
 * A router on which somebody else's networks are: what would harm them or fail is refused by name.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reachedBy } from '../../platform/openwrt/beside.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import type { MeshSettings } from '../../platform/settings.ts';
import { commands, down, up, value } from './conformance.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { PHY, SETTINGS } from './samples.ts';

function make(options: Readonly<Record<string, string>> = {}) {
  const fake = new FakeOpenwrt();
  fake.unset('radio0', 'disabled');
  for (const [name, text] of Object.entries({ channel: '1', ...options })) {
    fake.set('radio0', name, text);
  }
  return { fake, platform: new OpenwrtPlatform(fake, fake.host, 'iw') };
}

async function refusal(platform: OpenwrtPlatform, change: Partial<MeshSettings> = {}) {
  const settings = { ...SETTINGS, ...change };
  const plan = platform.plan(settings, value(await platform.observe(settings)));
  return plan.ok ? [] : plan.faults.map(({ code, field, found }) => `${code} ${field}: ${found}`);
}

describe('networks of one radio', () => {
  it('keep their beacon interval, and the mesh takes it', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config);
    await up(platform);
    assert.equal(fake.config['wireless']?.['radio0']?.options['beacon_int'], undefined);
    assert.deepEqual(await commands(platform), []);
    fake.set('default_radio0', 'disabled', '1');
    assert.deepEqual(await commands(platform), [], 'a mesh is not taken down for an interval');
    fake.unset('default_radio0', 'disabled');
    await down(platform);
    assert.deepEqual(fake.config, before);
  });

  it('are refused where no combination of the radio has room for them and a mesh', async () => {
    const { fake, platform } = make();
    const combination = (max: number, types: string) => ({
      limits: [{ max, types: types.split(',') as never }],
      maxInterfaces: 8,
      maxChannels: 1,
    });
    fake.phyList = [{ ...PHY, combinations: [combination(8, 'AP')] }];
    assert.deepEqual(await refusal(platform), ['radio_busy radio radio0: default_radio0']);
    fake.phyList = [{ ...PHY, combinations: [combination(1, 'AP,mesh point')] }];
    assert.equal((await refusal(platform)).length, 1);
    fake.phyList = [{ ...PHY, combinations: [combination(2, 'AP,mesh point')] }];
    assert.deepEqual(await refusal(platform), []);
    fake.phyList = [{ ...PHY, combinations: [] }];
    fake.set('default_radio0', 'disabled', '1');
    assert.deepEqual(await refusal(platform), [], 'a mesh alone needs no combination');
  });

  for (const channel of ['auto', '0']) {
    it(`are refused while they look for a channel themselves (${channel})`, async () => {
      const { platform } = make({ channel });
      assert.deepEqual(await refusal(platform), [
        'radio_busy radio radio0: channel auto, which default_radio0 uses',
      ]);
    });
  }

  it('have the band that an old configuration tells by its mode', async () => {
    const { fake, platform } = make({ hwmode: '11na', channel: '1' });
    fake.unset('radio0', 'band');
    assert.deepEqual(await refusal(platform), ['radio_busy radio radio0: 2412 MHz']);
    fake.set('radio0', 'hwmode', '11ng');
    assert.deepEqual(await refusal(platform), []);
  });
});

describe('a name of an interface', () => {
  it("is refused while another section has it, which is not the mesh's", async () => {
    const { fake, platform } = make();
    fake.set('default_radio0', 'ifname', 'mesh0');
    assert.deepEqual(await refusal(platform), [
      'interface_taken interfaceName: mesh0 is option ifname of wireless.default_radio0',
    ]);
    fake.set('default_radio0', 'disabled', '1');
    assert.deepEqual(await refusal(platform), []);
    fake.set('default_radio0', 'ifname', 'mesh01');
    fake.unset('default_radio0', 'disabled');
    assert.deepEqual(await refusal(platform), []);
  });

  it('is refused while another network is on it', async () => {
    for (const option of ['device', 'ifname']) {
      const { fake, platform } = make();
      const lan = fake.config['network']?.['lan']?.options;
      assert.ok(lan !== undefined);
      lan[option] = ['eth0', 'mesh0'];
      assert.deepEqual(await refusal(platform), [
        'interface_taken interfaceName: mesh0 is the device of network.lan',
      ]);
    }
  });
});

describe('a key', () => {
  it('is refused where the scripts of OpenWrt may cut it', async () => {
    for (const [passphrase, isRefused] of [
      ['0Y89D#E$2C"P/A;A4D#2x6D"', true],
      ['a"b#c"d12', true],
      ['hello#123', false],
      ['hello"12', false],
      ['#hello123', false],
    ] as const) {
      const { platform } = make();
      const expected = isRefused ? ['passphrase_invalid passphrase: both " and #'] : [];
      assert.deepEqual(await refusal(platform, { passphrase }), expected, passphrase);
    }
  });
});

describe('the country', () => {
  it('is refused where another radio that is on has another, since there is one for all', async () => {
    const { fake, platform } = make();
    const other = { type: 'wifi-device', options: { phy: 'phy9', country: 'HK' } };
    (fake.config['wireless'] ?? {})['radio1'] = other;
    assert.deepEqual(await refusal(platform), ['country_conflict country: HK in wireless.radio1']);
    fake.set('radio1', 'country', 'us');
    assert.deepEqual(await refusal(platform), []);
    fake.set('radio1', 'country', 'HK');
    fake.set('radio1', 'disabled', '1');
    assert.deepEqual(await refusal(platform), []);
  });

  it('of the own radio is changed', async () => {
    const { fake, platform } = make({ country: 'HK' });
    assert.deepEqual(await refusal(platform), []);
    await up(platform);
    assert.equal(fake.config['wireless']?.['radio0']?.options['country'], 'US');
  });

  it('of a mesh that is up is told where it is not the wanted one', async () => {
    const { fake, platform } = make();
    await up(platform);
    const warnings = async () =>
      platform
        .status(SETTINGS, value(await platform.observe(SETTINGS)))
        .warnings.map(({ code, found }) => [code, found]);
    assert.deepEqual(await warnings(), []);
    fake.country = 'HK';
    assert.deepEqual(await warnings(), [['country_other', 'HK']]);
    fake.loseMesh();
    assert.deepEqual(await warnings(), []);
  });
});

describe('the width of a radio', () => {
  const radio = (number: number, frequencyMhz: number) => ({
    ...{ band: '5 GHz' as const, number, frequencyMhz },
    ...{ disabled: false, noInitiation: false, radar: number >= 52 && number < 149 },
  });
  const channels = [36, 40, 44, 48, 52, 56, 60, 64, 149].map((n) => radio(n, 5000 + 5 * n));

  it('is refused where it reaches radar or a channel that is not allowed', async () => {
    for (const [htmode, found] of [
      ['HE160', ['channel_radar htmode of radio0: HE160, which reaches 5260 MHz']],
      ['VHT80', []],
      ['HT20', []],
      ['NOHT', []],
    ] as const) {
      const { fake, platform } = make({ band: '5g', channel: '36', htmode, country: 'US' });
      fake.country = 'US';
      fake.phyList = [{ ...PHY, channels }];
      assert.deepEqual(await refusal(platform, { frequencyMhz: 5180 }), found, htmode);
    }
    const { fake, platform } = make({ band: '5g', channel: '149', htmode: 'HT40' });
    fake.phyList = [{ ...PHY, channels }];
    assert.deepEqual(await refusal(platform, { frequencyMhz: 5745 }), [
      'channel_unknown htmode of radio0: HT40, which reaches 5765 MHz',
    ]);
  });

  it('is that of its block', () => {
    const reached = (mode: string, frequencyMhz: number) => reachedBy(mode, frequencyMhz);
    assert.deepEqual(reached('HE160', 5180), [5200, 5220, 5240, 5260, 5280, 5300, 5320]);
    assert.deepEqual(reached('VHT80', 5320), [5260, 5280, 5300]);
    assert.deepEqual(reached('HT40', 5200), [5180]);
    assert.deepEqual(reached('EHT80', 5805), [5745, 5765, 5785]);
    assert.deepEqual(reached('HE80', 5500), [5520, 5540, 5560]);
    assert.deepEqual(reached('EHT320', 5955).length, 15);
    assert.deepEqual(reached('HE40', 5995), [6015]);
    assert.deepEqual(reached('HT40', 2437), [2457]);
    assert.deepEqual(reached('HT40', 2442), [2422]);
    assert.deepEqual(reached('HT40+', 5200), [5220]);
    assert.deepEqual(reached('HT40-', 2462), [2442]);
    for (const mode of ['HT20', 'NOHT', '', 'HT']) assert.deepEqual(reached(mode, 5180), []);
  });
});

describe('a router that has no configuration of its radios yet', () => {
  it('says how to make one, and can be taken down', async () => {
    const { fake, platform } = make();
    fake.failing = { line: 'uci show wireless', status: 1, stderr: 'uci: Entry not found' };
    assert.deepEqual(await refusal(platform), [
      'radio_unconfigured radio phy0: no /etc/config/wireless',
    ]);
    await down(platform);
    fake.failing = { line: 'uci show wireless', status: 1, stderr: 'uci: I/O error' };
    const observed = await platform.observe(SETTINGS);
    assert.equal(observed.ok ? '' : observed.fault.code, 'command_failed');
  });
});

describe('IPv6', () => {
  const CONF = '/proc/sys/net/ipv6/conf';

  it('that is off or missing is found by plan and probe', async () => {
    for (const [files, found] of [
      [{ [`${CONF}/all/disable_ipv6`]: '1\n' }, 'net.ipv6.conf: disable_ipv6 is 1'],
      [{ [`${CONF}/default/disable_ipv6`]: '1\n' }, 'net.ipv6.conf: disable_ipv6 is 1'],
      [{ '/proc/sys/net/core/x': '' }, 'a kernel without /proc/sys/net/ipv6'],
      [{ [`${CONF}/all/disable_ipv6`]: '0\n', [`${CONF}/default/disable_ipv6`]: '0\n' }, ''],
      [{ [`${CONF}/all/disable_ipv6`]: '1\n', [`${CONF}/mesh0/disable_ipv6`]: '0\n' }, ''],
      [{ [`${CONF}/mesh0/disable_ipv6`]: '1\n' }, 'net.ipv6.conf: disable_ipv6 is 1'],
    ] as const) {
      const { fake, platform } = make();
      for (const [path, text] of Object.entries(files)) fake.host.files.set(path, text);
      const expected = found === '' ? [] : [`ipv6_off IPv6: ${found}`];
      assert.deepEqual(await refusal(platform), expected, JSON.stringify(files));
      if (Object.keys(files).some((path) => path.includes('mesh0'))) continue;
      const { faults } = value(await platform.probe());
      assert.deepEqual(
        faults.map(({ code }) => code),
        found === '' ? [] : ['ipv6_off'],
      );
    }
  });
});
