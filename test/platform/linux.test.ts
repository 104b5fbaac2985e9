/** The Linux body on a simulated host: conformance, and its plans as whole transcripts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { saeFailures, supplicantConfiguration } from '../../platform/linux/supplicant.ts';
import { commands, conform, up, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { showNeighbours } from './neighbour-files.ts';
import { PHY, PHY_WITHOUT_MESH, SETTINGS } from './samples.ts';

function make(fake = new FakeLinux()) {
  return { fake, platform: new LinuxPlatform(fake, fake.host, 'netlink') };
}

conform('linux', async () => {
  const { fake, platform } = make();
  return {
    platform,
    changeCountry: (country) => fake.emit({ kind: 'regulatory_changed', country }),
    picture: () => {
      const { interfaces, links, country } = fake.world;
      const files = [...fake.host.files.keys()].filter((path) => !path.startsWith('/sys/'));
      return { interfaces, links, country, files: files.sort(), processes: fake.host.processes };
    },
    removeMesh: () => {
      fake.world.phys = [PHY_WITHOUT_MESH];
    },
  };
});

const BRING_UP = [
  'iw phy phy0 interface add mesh0 type mp',
  'write /run/meshpay-radio/mesh0.conf (0600, 366 bytes, secret)',
  'wpa_supplicant -B -P /run/meshpay-radio/mesh0.pid -f /run/meshpay-radio/mesh0.log -i mesh0 ' +
    '-D nl80211 -c /run/meshpay-radio/mesh0.conf',
  'ip -6 address replace fd12::1/64 dev mesh0',
  'await /sys/class/net/mesh0/carrier = 1 (30000 ms)',
  'iw dev mesh0 set mesh_param mesh_ttl=31',
  'iw dev mesh0 set mesh_param mesh_fwding=1',
  'iw dev mesh0 set mcast_rate 6',
  'write /run/meshpay-radio/mesh0.multicast (0600, 2 bytes)',
  'ip ntable change name ndisc_cache dev mesh0 mcast_probes 20 ucast_probes 20 retrans 200 ' +
    'delay_probe 2000',
];
const FORGET_RATE = 'remove /run/meshpay-radio/mesh0.multicast';

describe('a plan for Debian', () => {
  it('brings a mesh up from nothing', async () => {
    const { platform } = make();
    assert.deepEqual(transcript(await commands(platform)), [
      'write /run/meshpay-radio/mesh0.before.json (0600, 54 bytes)',
      'iw reg set US',
      'write /run/meshpay-radio/mesh0.country (0600, 3 bytes)',
      ...BRING_UP,
    ]);
  });

  it('tells systemd-networkd also where netplan alone tells it what to do', async () => {
    const { fake, platform } = make();
    fake.host.files.set('/run/systemd/netif/links/2', '');
    const lines = transcript(await commands(platform));
    const write = 'write /etc/systemd/network/0-0-meshpay.network (0644, ';
    assert.ok(
      lines.some((line) => line.startsWith(write)),
      lines.join('\n'),
    );
    assert.ok(lines.includes('networkctl reload'));
  });

  it('tells every installed network manager to leave the interface alone', async () => {
    const { fake, platform } = make();
    fake.host.files.set('/etc/NetworkManager/NetworkManager.conf', '');
    fake.host.files.set('/run/NetworkManager/state', '');
    fake.host.files.set('/etc/dhcpcd.conf', 'hostname\n');
    const lines = transcript(await commands(platform));
    assert.deepEqual(lines.slice(1, 6), [
      'write /run/meshpay-radio/NetworkManager.untold (0600, 0 bytes)',
      'write /etc/NetworkManager/conf.d/zz-meshpay.conf (0644, 112 bytes)',
      'nmcli general reload conf',
      'remove /run/meshpay-radio/NetworkManager.untold',
      'write /etc/dhcpcd.conf (0644, 62 bytes)',
    ]);
    await up(platform);
    assert.deepEqual(await commands(platform), []);
    const restore = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.ok(restore.ok);
    value(await platform.apply(restore.commands));
    assert.equal(fake.host.files.get('/etc/dhcpcd.conf'), 'hostname\n');
    assert.ok(!fake.host.files.has('/etc/NetworkManager/conf.d/zz-meshpay.conf'));
  });

  it('starts a dead supplicant again and sets the mesh parameters anew', async () => {
    const { fake, platform } = make();
    await up(platform);
    fake.killSupplicant();
    assert.deepEqual(transcript(await commands(platform)), [
      FORGET_RATE,
      BRING_UP[2],
      // The addresses and the manner of asking for neighbours are the interface's, which stayed.
      ...BRING_UP.slice(4, -1),
    ]);
  });

  it('stops the supplicant before it creates a deleted interface again', async () => {
    const { fake, platform } = make();
    await up(platform);
    await fake.host.output(['iw', 'dev', 'mesh0', 'del']);
    assert.deepEqual(transcript(await commands(platform)), [
      'stop process 100 (/run/meshpay-radio/mesh0.conf)',
      BRING_UP[0],
      FORGET_RATE,
      ...BRING_UP.slice(2),
    ]);
  });

  it('restarts the supplicant when another program took the interface down', async () => {
    const { fake, platform } = make();
    await up(platform);
    await fake.host.output(['ip', 'link', 'set', 'mesh0', 'down']);
    assert.deepEqual(transcript(await commands(platform)).slice(0, 3), [
      'stop process 100 (/run/meshpay-radio/mesh0.conf)',
      FORGET_RATE,
      BRING_UP[2],
    ]);
  });

  it("asks for neighbours patiently again when somebody set the kernel's values", async () => {
    const { fake, platform } = make();
    await up(platform);
    showNeighbours(fake.host, 'mesh0');
    assert.deepEqual(transcript(await commands(platform)), BRING_UP.slice(-1));
  });

  it('only sets the country again when somebody changed it', async () => {
    const { fake, platform } = make();
    await up(platform);
    fake.world.country = 'DE';
    assert.deepEqual(transcript(await commands(platform)), [
      'iw reg set US',
      'write /run/meshpay-radio/mesh0.country (0600, 3 bytes)',
    ]);
  });

  it('asks once for the country where the radio has one of its own, and heeds its marks', async () => {
    const { fake, platform } = make();
    fake.ownCountry = '98';
    await up(platform);
    assert.equal(fake.world.country, '98');
    assert.deepEqual(await commands(platform), []);
    const closed = PHY.channels.map((each) => ({ ...each, disabled: true }));
    fake.world.phys = [{ ...PHY, channels: closed }];
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'channel_not_allowed');
    fake.world.country = 'DE';
    fake.world.phys = [PHY];
    assert.ok(transcript(await commands(platform)).includes('iw reg set US'));
  });

  it('never asks for a country that only the kernel can make', async () => {
    const { fake, platform } = make();
    fake.world.country = '99';
    await up(platform);
    const restore = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.ok(restore.ok);
    assert.ok(transcript(restore.commands).includes('iw reg set 00'));
  });

  it('can be taken down on a kernel that has lost 802.11', async () => {
    const { fake, platform } = make();
    fake.host.files.set('/etc/dhcpcd.conf', 'hostname\n');
    await up(platform);
    fake.bare = true;
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_missing');
    const restore = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.ok(restore.ok);
    const files = transcript(restore.commands).filter((line) => line.startsWith('write'));
    assert.deepEqual(files, ['write /etc/dhcpcd.conf (0644, 9 bytes)']);
    value(await platform.apply(restore.commands));
    assert.deepEqual(await fake.host.list('/run/meshpay-radio'), []);
  });

  it('sets another multicast rate without a new join, also when it was broken off before', async () => {
    const { fake, platform } = make();
    await up(platform);
    const changed = { ...SETTINGS, multicastRateMbps: 12 };
    const planned = async () => platform.plan(changed, value(await platform.observe(changed)));
    const plan = await planned();
    assert.ok(plan.ok);
    assert.deepEqual(transcript(plan.commands), [
      'iw dev mesh0 set mcast_rate 12',
      'write /run/meshpay-radio/mesh0.multicast (0600, 3 bytes)',
    ]);
    value(await platform.apply(plan.commands.slice(0, 1)));
    assert.deepEqual(await planned(), plan);
    value(await platform.apply(plan.commands));
    assert.equal(fake.world.multicastRate, 12);
    assert.deepEqual(await planned(), { ok: true, commands: [] });
  });

  it('takes a mesh of ours under another name away before it makes the wanted one', async () => {
    const { fake, platform } = make();
    const picture = () => [fake.world.interfaces, fake.world.country, [...fake.host.files.keys()]];
    const before = structuredClone(picture());
    await up(platform);
    const renamed = { ...SETTINGS, interfaceName: 'mesh7' };
    const plan = platform.plan(renamed, value(await platform.observe(renamed)));
    assert.ok(plan.ok);
    assert.deepEqual(transcript(plan.commands).slice(0, 10), [
      'write /run/meshpay-radio/mesh7.before.json (0600, 54 bytes)',
      'stop process 100 (/run/meshpay-radio/mesh0.conf)',
      'iw dev mesh0 del',
      'remove /run/meshpay-radio/mesh0.pid',
      'remove /run/meshpay-radio/mesh0.log',
      'remove /run/meshpay-radio/mesh0.control',
      'remove /run/meshpay-radio/mesh0.conf',
      'remove /run/meshpay-radio/mesh0.multicast',
      'remove /run/meshpay-radio/mesh0.country',
      'remove /run/meshpay-radio/mesh0.before.json',
    ]);
    value(await platform.apply(plan.commands));
    const restore = platform.restore(renamed, value(await platform.observe(renamed)));
    assert.ok(restore.ok);
    value(await platform.apply(restore.commands));
    assert.deepEqual(picture(), before, 'the country from before the first mesh is back');
  });

  it('finds a radio that came back under another number', async () => {
    const { fake, platform } = make();
    await up(platform);
    fake.world.phys = [PHY_WITHOUT_MESH];
    fake.world.interfaces = [];
    fake.world.links = [];
    const gone = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(gone.ok ? '' : gone.faults[0].code, 'radio_without_mesh');
    fake.world.phys = [PHY_WITHOUT_MESH, { ...PHY, index: 7, name: 'phy7' }];
    const lines = transcript(await commands(platform));
    assert.ok(lines.includes('iw phy phy7 interface add mesh0 type mp'));
  });

  it('stops, rewrites and starts when the passphrase changes', async () => {
    const { platform } = make();
    await up(platform);
    const changed = { ...SETTINGS, passphrase: 'another passphrase' };
    const plan = platform.plan(changed, value(await platform.observe(changed)));
    assert.ok(plan.ok);
    assert.deepEqual(transcript(plan.commands).slice(0, 4), [
      'stop process 100 (/run/meshpay-radio/mesh0.conf)',
      'write /run/meshpay-radio/mesh0.conf (0600, 356 bytes, secret)',
      FORGET_RATE,
      BRING_UP[2],
    ]);
  });

  it('never deletes an interface of that name which it did not make', async () => {
    const { fake, platform } = make();
    await fake.host.output(['iw', 'phy', 'phy0', 'interface', 'add', 'mesh0', 'type', 'mp']);
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'interface_taken');
    const restore = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.deepEqual(restore, { ok: true, commands: [] });
  });

  it('lets an idle interface yield, and refuses to cut a connected one', async () => {
    const alone = { ...PHY, combinations: [] };
    const { fake, platform } = make(new FakeLinux([alone]));
    await fake.host.output(['ip', 'link', 'set', 'wlan0', 'up']);
    assert.ok(transcript(await commands(platform)).includes('ip link set wlan0 down'));
    const [wlan] = fake.world.interfaces;
    assert.ok(wlan !== undefined);
    fake.world.interfaces = [{ ...wlan, frequencyMhz: 5180 }];
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_busy');
  });

  it('does not take a reused process number for its supplicant', async () => {
    const { fake, platform } = make();
    await up(platform);
    fake.host.processes.set(100, { pid: 100, argv: ['sshd'], ageMs: 10 });
    const lines = transcript(await commands(platform));
    assert.ok(lines.includes(BRING_UP[2] ?? ''));
    assert.ok(!lines.some((line) => line.startsWith('stop')));
  });

  it('undoes a soft block and refuses a hard one', async () => {
    const { fake, platform } = make();
    const folder = '/sys/class/rfkill/rfkill3';
    for (const [name, content] of Object.entries({
      name: 'phy0',
      type: 'wlan',
      soft: '1',
      hard: '0',
    })) {
      fake.host.files.set(`${folder}/${name}`, `${content}\n`);
    }
    assert.ok(transcript(await commands(platform)).includes('rfkill unblock 3'));
    fake.host.files.set(`${folder}/hard`, '1\n');
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_blocked');
  });

  it("undoes a soft block of the machine's switch first, which looks hard at the radio", async () => {
    const { fake, platform } = make();
    const block = (switchIndex: number, name: string, soft: string, hard: string) => {
      for (const [file, text] of Object.entries({ name, type: 'wlan', soft, hard })) {
        fake.host.files.set(`/sys/class/rfkill/rfkill${switchIndex}/${file}`, `${text}\n`);
      }
    };
    block(4, 'phy0', '1', '1');
    block(7, 'ideapad_wlan', '1', '0');
    const lines = transcript(await commands(platform));
    assert.deepEqual(
      lines.filter((line) => line.startsWith('rfkill')),
      ['rfkill unblock 7', 'rfkill unblock 4'],
    );
    block(7, 'ideapad_wlan', '0', '1');
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_blocked');
  });

  it('names a program that is missing, and its package, before anything is changed', async () => {
    const { fake, platform } = make();
    fake.host.files.delete('/usr/sbin/wpa_cli');
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.deepEqual(plan.ok ? [] : plan.faults, [
      {
        code: 'tool_missing',
        field: 'command wpa_cli',
        expected: 'the program, from the package wpasupplicant',
        found: 'none',
      },
    ]);
    fake.host.files.set('/etc/NetworkManager/NetworkManager.conf', '');
    fake.host.files.set('/run/NetworkManager/state', '');
    fake.host.files.delete('/usr/sbin/nmcli');
    const both = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.deepEqual(both.ok ? [] : both.faults.map(({ field }) => field), [
      'command wpa_cli',
      'command nmcli',
    ]);
    const probe = value(await platform.probe());
    assert.deepEqual(probe.faults, plan.ok ? [] : plan.faults);
  });

  it('lets the supplicant answer in a folder that every start of the unit shares', async () => {
    const { fake, platform } = make();
    await up(platform);
    value(await platform.resetPeering('mesh0', '02:00:00:00:00:0b'));
    assert.equal(
      fake.host.transcript.at(-1),
      'wpa_cli -p /run/meshpay-radio/mesh0.control -s /run/meshpay-radio -i mesh0 ' +
        'mesh_peer_remove 02:00:00:00:00:0b',
    );
  });

  it('names the driver of each radio', async () => {
    const { fake, platform } = make();
    fake.host.files.set('/sys/class/ieee80211/phy1/device/uevent', 'DRIVER=brcmfmac\nMODALIAS=x\n');
    const { radios } = value(await platform.probe());
    assert.deepEqual(
      radios.map(({ phy, driver }) => [phy.name, driver]),
      [
        ['phy1', 'brcmfmac'],
        ['phy0', undefined],
      ],
    );
  });

  it('refuses a supplicant that is missing or built without mesh', async () => {
    const { fake, platform } = make();
    fake.host.files.set('/usr/sbin/wpa_supplicant', 'no such word');
    const without = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(without.ok ? '' : without.faults[0].code, 'supplicant_without_mesh');
    fake.host.files.delete('/usr/sbin/wpa_supplicant');
    const missing = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(missing.ok ? '' : missing.faults[0].code, 'supplicant_missing');
  });
});

describe('the supplicant configuration', () => {
  it('is the same text for the same settings', () => {
    assert.equal(
      supplicantConfiguration(SETTINGS, '/run/c', 'global_sae_pwe'),
      `# Written by meshpay; changes are overwritten.
ctrl_interface=/run/c
user_mpm=1
max_peer_links=99
sae_pwe=2
p2p_disabled=1
network={
  ssid=737472656574
  mode=5
  frequency=2412
  scan_freq=2412
  key_mgmt=SAE
  sae_password=636f727265637420686f72736520226261747465727922
  ieee80211w=2
  mesh_fwding=1
  beacon_int=150
  disable_ht40=1
}
`,
    );
  });

  it('puts sae_pwe into the network block only for builds that read it there', () => {
    const text = supplicantConfiguration(SETTINGS, '/run/c', 'network_sae_pwe');
    assert.match(text, /network=\{[^}]*sae_pwe=2/);
    assert.equal(text.match(/sae_pwe/g)?.length, 1);
  });

  it('counts SAE failures until the neighbour connects', () => {
    const log = [
      'mesh0: MESH-SAE-AUTH-FAILURE addr=42:00:00:00:03:00',
      'mesh0: MESH-SAE-AUTH-FAILURE addr=42:00:00:00:03:00',
      'mesh0: MESH-SAE-AUTH-FAILURE addr=42:00:00:00:02:00',
      'mesh0: MESH-PEER-CONNECTED 42:00:00:00:02:00',
    ].join('\n');
    assert.deepEqual(saeFailures(log), [{ address: '42:00:00:00:03:00', count: 2 }]);
  });
});
