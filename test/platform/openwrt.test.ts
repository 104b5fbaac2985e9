/** The OpenWrt body on a simulated router: conformance, its transcripts, and its rollback. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { parseWirelessStatus } from '../../platform/openwrt/observed.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { batch, parseUciShow } from '../../platform/openwrt/uci.ts';
import type { RadioEvent } from '../../platform/radio.ts';
import { commands, conform, up, value } from './conformance.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { PHY_WITHOUT_MESH, SETTINGS } from './samples.ts';

function make() {
  const fake = new FakeOpenwrt();
  return { fake, platform: new OpenwrtPlatform(fake, fake.host, 'iw') };
}

conform('openwrt', async () => {
  const { fake, platform } = make();
  return {
    platform,
    emit: (event) => fake.emit(event),
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

describe('a plan for OpenWrt', () => {
  it('describes the mesh in one batch and reloads', async () => {
    const { platform } = make();
    assert.deepEqual(transcript(await commands(platform)), [
      'write /etc/meshpay-radio.json (0600, 80 bytes)',
      'cp -p /etc/config/wireless /var/run/meshpay-radio.rollback.wireless',
      'cp -p /etc/config/network /var/run/meshpay-radio.rollback.network',
      'write /var/run/meshpay-radio.uci (0600, 621 bytes, secret)',
      'uci -f /var/run/meshpay-radio.uci batch',
      'remove /var/run/meshpay-radio.uci',
      'wifi reload',
      'await /sys/class/net/mesh0/carrier = 1 (60000 ms)',
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
        mesh_ttl: '31',
        mesh_fwding: '1',
      },
    });
    assert.deepEqual(fake.config['network']?.['meshpay'], {
      type: 'interface',
      options: { proto: 'static', ip6addr: ['fd12::1/64'] },
    });
  });

  it('puts the whole configuration back when the mesh does not come up', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config);
    fake.broken = true;
    const result = await platform.apply(await commands(platform));
    assert.equal(result.ok ? '' : result.fault.code, 'mesh_not_up');
    assert.match(result.ok ? '' : result.fault.found, /rolled back/);
    assert.deepEqual(fake.config, before);
    assert.equal(fake.host.transcript.at(-1), 'wifi reload');
    assert.ok(!fake.host.files.has('/var/run/meshpay-radio.uci'));
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
      'wifi up',
      'await /sys/class/net/mesh0/carrier = 1 (60000 ms)',
    ]);
  });

  it('refuses to move the channel under another network of the same radio', async () => {
    const { fake, platform } = make();
    const other = fake.config['wireless']?.['default_radio0'];
    assert.ok(other !== undefined);
    delete other.options['disabled'];
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_busy');
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
