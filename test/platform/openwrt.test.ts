/** The OpenWrt body on a simulated router: conformance, its transcripts, and its rollback. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { parseWirelessStatus } from '../../platform/openwrt/observed.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { batch, parseUciShow } from '../../platform/openwrt/uci.ts';
import type { RadioEvent } from '../../platform/radio.ts';
import { commands, conform, down, up, value } from './conformance.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { PHY, PHY_WITHOUT_MESH, SETTINGS } from './samples.ts';

function make() {
  const fake = new FakeOpenwrt();
  return { fake, platform: new OpenwrtPlatform(fake, fake.host, 'iw') };
}

/** Files of a plan that is under way or was broken off. */
function scraps(fake: FakeOpenwrt): readonly string[] {
  return [...fake.host.files.keys()].filter((path) => path.includes('meshpay-radio'));
}

conform('openwrt', async () => {
  const { fake, platform } = make();
  return {
    platform,
    changeCountry: (country) => fake.emit({ kind: 'regulatory_changed', country }),
    picture: () => ({
      config: fake.config,
      mesh: fake.mesh,
      files: [...fake.host.files.keys()].sort(),
    }),
    removeMesh: () => {
      fake.phyList = [PHY_WITHOUT_MESH];
    },
  };
});

/** How neighbours are asked for on every interface that netifd builds. */
const NEIGHBOURS = [
  'net.ipv6.neigh.mesh0.mcast_solicit=20',
  'net.ipv6.neigh.mesh0.ucast_solicit=20',
  'net.ipv6.neigh.mesh0.retrans_time_ms=200',
  'net.ipv6.neigh.mesh0.delay_first_probe_time=2',
];

describe('a plan for OpenWrt', () => {
  it('describes the mesh in one batch and reloads', async () => {
    const { platform } = make();
    assert.deepEqual(transcript(await commands(platform)), [
      'write /etc/meshpay-radio.json (0600, 159 bytes)',
      'write /etc/meshpay-radio.trial (0600, 58 bytes)',
      'write /var/run/meshpay-radio.uci (0600, 2498 bytes, secret)',
      'uci -f /var/run/meshpay-radio.uci batch',
      'remove /var/run/meshpay-radio.uci',
      'wifi reload',
      'await /sys/class/net/mesh0/carrier = 1 (60000 ms)',
      `sysctl -q -w ${NEIGHBOURS.join(' ')}`,
      'remove /etc/meshpay-radio.trial',
      '/etc/init.d/firewall reload',
    ]);
  });

  it('repairs parameters that are not in force, and those that netifd has no option for', async () => {
    const fake = new FakeOpenwrt();
    const platform = new OpenwrtPlatform(fake, fake.host, 'iw');
    const settings = {
      ...SETTINGS,
      parameters: { mesh_ttl: 31, mesh_nolearn: 1, mesh_fwding: 1, mesh_power_mode: 2 },
    };
    const plan = async () => {
      const planned = platform.plan(settings, value(await platform.observe(settings)));
      assert.ok(planned.ok);
      return planned.commands;
    };
    value(await platform.apply(await plan()));
    assert.deepEqual(await plan(), [], 'what the kernel does not tell is not set');
    assert.ok(!('mesh_nolearn' in (fake.config['wireless']?.['meshpay']?.options ?? {})));
    fake.parameters = { mesh_ttl: 7, mesh_nolearn: 0, mesh_fwding: 1, mesh_power_mode: 1 };
    const set = 'iw dev mesh0 set mesh_param';
    assert.deepEqual(transcript(await plan()), [
      `${set} mesh_ttl=31`,
      `${set} mesh_power_mode=light`,
      `${set} mesh_nolearn=1`,
    ]);
  });

  it('renders one named section with a fixed interface name and the HWMP parameters', async () => {
    const { fake, platform } = make();
    await up(platform);
    assert.deepEqual(fake.config['wireless']?.['meshpay'], {
      type: 'wifi-iface',
      options: {
        device: 'radio0',
        network: 'meshpay',
        mode: 'mesh',
        ifname: 'mesh0',
        mesh_id: 'street',
        encryption: 'sae',
        key: SETTINGS.passphrase,
        disabled: '0',
        mcast_rate: '6000',
        mesh_ttl: '31',
        mesh_fwding: '1',
      },
    });
    assert.deepEqual(fake.config['network']?.['meshpay'], {
      type: 'interface',
      options: { proto: 'static', ip6addr: ['fd12::1/64'] },
    });
  });

  it('sets country, band, channel and beacon interval of the radio, and nothing else of it', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config['wireless']?.['radio0']?.options);
    await up(platform);
    assert.deepEqual(fake.config['wireless']?.['radio0']?.options, {
      ...before,
      country: 'US',
      band: '2g',
      channel: '1',
      beacon_int: '150',
      disabled: '0',
    });
  });

  it('never switches the open access point on that a radio from the factory comes with', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config);
    await up(platform);
    assert.equal(fake.config['wireless']?.['default_radio0']?.options['disabled'], '1');
    await down(platform);
    assert.deepEqual(fake.config, before);
  });

  it("leaves the operator's networks on a radio that was on, and what he switches on later", async () => {
    const { fake, platform } = make();
    fake.set('radio0', 'disabled', '0');
    fake.set('radio0', 'channel', '1');
    await up(platform);
    assert.equal(fake.config['wireless']?.['default_radio0']?.options['disabled'], undefined);
    fake.set('default_radio0', 'disabled', '1');
    assert.deepEqual(await commands(platform), []);
    fake.unset('default_radio0', 'disabled');
    assert.deepEqual(await commands(platform), []);
  });

  it('refuses a radio that is off where a network without a name would come up with it', async () => {
    const { fake, platform } = make();
    const wireless = fake.config['wireless'] ?? {};
    const network = wireless['default_radio0'];
    assert.ok(network !== undefined);
    delete wireless['default_radio0'];
    wireless['@wifi-iface[0]'] = network;
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.deepEqual(plan.ok ? [] : plan.faults.map(({ code, expected }) => [code, expected]), [
      ['radio_busy', "option disabled '1' in @wifi-iface[0], which would come up with the mesh"],
    ]);
  });

  it('takes the section that is on the band, where a radio has one for each', async () => {
    const { fake, platform } = make();
    const [wireless, radio0] = [fake.config['wireless'], fake.config['wireless']?.['radio0']];
    assert.ok(wireless !== undefined && radio0 !== undefined);
    wireless['radio1'] = { type: 'wifi-device', options: { ...radio0.options, band: '5g' } };
    const settings = { ...SETTINGS, frequencyMhz: 5180 };
    const plan = platform.plan(settings, value(await platform.observe(settings)));
    assert.ok(plan.ok);
    value(await platform.apply(plan.commands));
    assert.equal(wireless['meshpay']?.options['device'], 'radio1');
    assert.equal(wireless['radio1'].options['channel'], '36');
    assert.equal(radio0.options['channel'], 'auto');
  });

  it('gives every radio that it ever took its options back', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config);
    const [wireless, radio0] = [fake.config['wireless'], fake.config['wireless']?.['radio0']];
    assert.ok(wireless !== undefined && radio0 !== undefined);
    await up(platform);
    const other = { type: 'wifi-device', options: { phy: 'phy7', band: '2g', channel: '6' } };
    wireless['radio7'] = structuredClone(other);
    fake.phyList = [{ ...PHY, name: 'phy7', index: 7 }];
    await up(platform);
    assert.equal(wireless['meshpay']?.options['device'], 'radio7');
    const restore = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.ok(restore.ok);
    value(await platform.apply(restore.commands));
    assert.deepEqual(wireless['radio7'], other);
    delete wireless['radio7'];
    assert.deepEqual(fake.config, before);
  });

  it('puts back what was there when the mesh does not come up', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config);
    fake.broken = true;
    const result = await platform.apply(await commands(platform));
    assert.equal(result.ok ? '' : result.fault.code, 'rolled_back');
    assert.deepEqual(fake.config, before);
    assert.ok(fake.host.transcript.slice(-4).includes('wifi reload'));
    assert.deepEqual(scraps(fake), []);
  });

  it('takes back what a start that a power cut broke off had done, if its mesh is not there', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config);
    fake.broken = true;
    const plan = await commands(platform);
    const beforeAwait = plan.findIndex(({ kind }) => kind === 'await');
    value(await platform.apply(plan.slice(0, beforeAwait)));
    for (const path of fake.host.files.keys()) {
      if (path.startsWith('/var/')) fake.host.files.delete(path);
    }
    const result = await platform.apply(await commands(platform));
    assert.equal(result.ok ? '' : result.fault.code, 'rolled_back');
    assert.deepEqual(fake.config, before);
    assert.deepEqual(scraps(fake), []);
  });

  it('leaves what the operator changed since, when it takes a start back', async () => {
    const { fake, platform } = make();
    fake.broken = true;
    const plan = await commands(platform);
    value(await platform.apply(plan.slice(0, 6)));
    const lan = fake.config['network']?.['lan'];
    assert.ok(lan !== undefined);
    lan.options['ipaddr'] = '10.7.0.1';
    fake.set('default_radio0', 'key', 'a new key');
    const wanted = structuredClone(fake.config);
    const result = await platform.apply(await commands(platform));
    assert.equal(result.ok ? '' : result.fault.code, 'rolled_back');
    assert.deepEqual(fake.config['network'], { lan: wanted['network']?.['lan'] });
    assert.equal(fake.config['wireless']?.['default_radio0']?.options['key'], 'a new key');
    assert.equal(fake.config['wireless']?.['radio0']?.options['disabled'], '1');
  });

  it('leaves a radio on, on which the operator has a network by now, and nothing else', async () => {
    const { fake, platform } = make();
    await up(platform);
    const wireless = fake.config['wireless'] ?? {};
    wireless['guest'] = { type: 'wifi-iface', options: { device: 'radio0', mode: 'ap' } };
    await down(platform);
    assert.equal(wireless['radio0']?.options['disabled'], '0');
    assert.equal(wireless['default_radio0']?.options['disabled'], '1');
    assert.deepEqual(scraps(fake), []);
  });

  it('finds out that the configuration was not written, and leaves nothing staged', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config);
    fake.full = true;
    const result = await platform.apply(await commands(platform));
    assert.equal(result.ok ? '' : result.fault.code, 'rolled_back');
    assert.match(result.ok ? '' : result.fault.found, /wireless \(not committed\)/);
    assert.ok(!JSON.stringify(result).includes(SETTINGS.passphrase));
    assert.deepEqual(fake.config, before);
    assert.deepEqual(scraps(fake), []);
  });

  it('is not down while its sections are still in the configuration', async () => {
    for (const failing of [{ full: true }, { refused: 'network.meshpay' }]) {
      const { fake, platform } = make();
      await up(platform);
      Object.assign(fake, failing);
      const planned = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.ok(planned.ok);
      const result = await platform.apply(planned.commands);
      assert.equal(result.ok ? '' : result.fault.code, 'command_failed');
      assert.ok(fake.config['network']?.['meshpay'] !== undefined);
      assert.ok(fake.host.files.has('/etc/meshpay-radio.json'));
      Object.assign(fake, { full: false, refused: undefined });
      await down(platform);
      assert.equal(fake.config['network']?.['meshpay'], undefined);
      assert.deepEqual(scraps(fake), []);
    }
  });

  it('has nothing to put back where nothing was changed yet', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config);
    const plan = await commands(platform);
    const broken: typeof plan = [{ kind: 'run', argv: ['false'] }, ...plan];
    const result = await platform.apply(broken);
    assert.equal(result.ok ? '' : result.fault.code, 'tool_missing');
    assert.deepEqual(fake.config, before);
  });

  it('repairs a section that somebody changed', async () => {
    const { fake, platform } = make();
    await up(platform);
    const section = fake.config['wireless']?.['meshpay'];
    assert.ok(section !== undefined);
    section.options['encryption'] = 'none';
    assert.ok((await commands(platform)).length > 0);
    await up(platform);
    assert.equal(fake.config['wireless']?.['meshpay']?.options['encryption'], 'sae');
  });

  it('asks netifd once more when all is described and the mesh is away', async () => {
    const { fake, platform } = make();
    await up(platform);
    fake.mesh = undefined;
    assert.deepEqual(transcript(await commands(platform)), [
      'wifi up radio0',
      'await /sys/class/net/mesh0/carrier = 1 (60000 ms)',
      `sysctl -q -w ${NEIGHBOURS.join(' ')}`,
    ]);
  });

  it('refuses to move the channel under another network of the same radio', async () => {
    const { fake, platform } = make();
    fake.unset('radio0', 'disabled');
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_busy');
  });

  it('refuses a router without wpa_cli, naming the package', async () => {
    const { fake, platform } = make();
    fake.host.files.delete('/usr/sbin/wpa_cli');
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.deepEqual(plan.ok ? '' : [plan.faults[0].code, plan.faults[0].expected], [
      'tool_missing',
      'the program, from the package wpa-cli',
    ]);
  });

  it('never quotes a status of netifd, in which the keys of all networks are', async () => {
    const { fake, platform } = make();
    fake.statusText = '["key: hunter22"]';
    const observed = await platform.observe(SETTINGS);
    assert.equal(observed.ok ? '' : observed.fault.code, 'output_unreadable');
    assert.ok(!JSON.stringify(observed).includes('hunter22'));
  });

  it('refuses a wpad that is built without mesh', async () => {
    const { fake, platform } = make();
    fake.meshBuild = false;
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'supplicant_without_mesh');
  });

  it('hears netifd through ubus', async () => {
    const { fake, platform } = make();
    const seen: RadioEvent[] = [];
    const watch = value(await platform.watch((event) => seen.push(event)));
    for (const follower of fake.host.followers) {
      follower('{ "network.interface": {"action":"ifdown","interface":"meshpay"} }');
      follower('{ "other": {} }');
    }
    watch.close();
    assert.deepEqual(seen, [
      { kind: 'interface_changed', interfaceName: 'meshpay', phyIndex: undefined },
    ]);
  });

  it('listens again after ubus has ended, and not after it was closed', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { fake, platform } = make();
    const seen: RadioEvent[] = [];
    const watch = value(await platform.watch((event) => seen.push(event)));
    fake.host.enders[0]?.();
    assert.deepEqual([seen.splice(0), fake.host.followers.length], [[{ kind: 'lost' }], 0]);
    context.mock.timers.tick(1000);
    const [follower] = fake.host.followers;
    follower?.('{ "network.interface": {"action":"ifup","interface":"meshpay"} }');
    assert.equal(seen[0]?.kind, 'interface_changed');
    watch.close();
    context.mock.timers.tick(60_000);
    assert.deepEqual([seen.length, fake.host.followers.length], [1, 0]);
  });

  it('reads SAE failures from the system log', async () => {
    const { platform } = make();
    const status = platform.status(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.deepEqual(status.saeFailures, [{ address: '42:00:00:00:03:00', count: 1 }]);
  });
});

describe('uci', () => {
  it('reads quotes, lists and anonymous sections', () => {
    const config = parseUciShow(
      [
        'wireless.@wifi-iface[0]=wifi-iface',
        "wireless.@wifi-iface[0].ssid='Ada'\\''s'",
        "wireless.@wifi-iface[0].list='one' 'two words'",
        'nonsense',
      ].join('\n'),
    );
    assert.deepEqual(config.get('@wifi-iface[0]'), {
      type: 'wifi-iface',
      options: { ssid: "Ada's", list: ['one', 'two words'] },
    });
  });

  it('quotes every value that it writes', () => {
    assert.equal(batch.set('a.b.c', "x'; reboot"), "set a.b.c='x'\\''; reboot'");
  });

  it('refuses a status that is not one', () => {
    assert.equal(parseWirelessStatus('[1]'), undefined);
    assert.equal(parseWirelessStatus('{"radio0": 3}'), undefined);
  });
});
