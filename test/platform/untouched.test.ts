/**
 * Nothing of the operator's that stood before is changed by a plan, by up, by an up that fails, by
 * an up that is broken off, by down: all of /etc is compared, over hosts as people have them.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import type { Platform } from '../../platform/platform.ts';
import type { MeshSettings } from '../../platform/settings.ts';
import { down, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { PHY, SETTINGS } from './samples.ts';

interface Trial<Observed> {
  readonly platform: Platform<Observed>;
  readonly settings: MeshSettings;
  /** Lets the mesh not come up. */
  readonly spoil: () => void;
  readonly etc: () => unknown;
}

/**
 * Goes through everything that may happen, each time on a new host; whether the mesh was refused.
 */
async function tryAll<Observed>(make: () => Trial<Observed>): Promise<boolean> {
  const { platform, settings, etc } = make();
  const before = structuredClone(etc());
  const plan = platform.plan(settings, value(await platform.observe(settings)));
  assert.deepEqual(etc(), before, 'by a plan');
  if (!plan.ok) return true;
  value(await platform.apply(plan.commands));
  await down(platform);
  assert.deepEqual(etc(), before, 'by up and down');
  const failing = make();
  failing.spoil();
  assert.equal((await failing.platform.apply(plan.commands)).ok, false);
  await down(failing.platform);
  assert.deepEqual(failing.etc(), before, 'by an up that failed, and down');
  for (let done = 0; done < plan.commands.length; done++) {
    const broken = make();
    value(await broken.platform.apply(plan.commands.slice(0, done)));
    await down(broken.platform);
    assert.deepEqual(broken.etc(), before, `by an up that was broken off after ${done}, and down`);
  }
  return false;
}

/** Every byte of every file there. */
function etcOf(files: ReadonlyMap<string, string | Uint8Array>): Readonly<Record<string, string>> {
  const etc = [...files].filter(([path]) => path.startsWith('/etc/'));
  const bytes = (content: string | Uint8Array) =>
    Buffer.from(content as Uint8Array).toString('hex');
  return Object.fromEntries(etc.map(([path, content]) => [path, bytes(content)]));
}

const LINUX: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>> = {
  'dhcpcd with a block for an interface': {
    '/etc/dhcpcd.conf':
      'hostname\nslaac private\n\ninterface wlan0\nstatic ip_address=192.168.7.1/24\n',
  },
  'dhcpcd without a last line end': { '/etc/dhcpcd.conf': 'hostname\nclientid' },
  'dhcpcd with one line without an end': { '/etc/dhcpcd.conf': 'hostname' },
  'dhcpcd with an empty file': { '/etc/dhcpcd.conf': '' },
  'dhcpcd in another encoding': {
    '/etc/dhcpcd.conf': Buffer.from('# f\u00fcr\ninterface wlan0\r\nduid', 'latin1'),
  },
  'NetworkManager with a later file': {
    '/etc/NetworkManager/NetworkManager.conf': '[main]\nplugins=keyfile\n',
    '/etc/NetworkManager/conf.d/99-disable-uap.conf':
      '[keyfile]\nunmanaged-devices=interface-name:uap*\n',
    '/run/NetworkManager/state': '',
  },
  'networkd with an earlier file': {
    '/etc/systemd/network/00-all.network': '[Match]\nName=*\n[Network]\nDHCP=yes\n',
    '/run/systemd/netif/links/2': '',
  },
  'managers that cannot be told': {
    '/etc/network/interfaces': 'auto lo\nallow-hotplug wlan0\n',
    '/etc/connman/main.conf': '[General]\n',
  },
};

/** Sections as `/etc/config` has them, in the words of a test: `type name option=value ...`. */
type Sections = Readonly<Record<string, string>>;

function sections(wireless: Sections): FakeOpenwrt['config'][string] {
  return Object.fromEntries(
    Object.entries(wireless).map(([name, text]) => {
      const [type = '', ...words] = text.split(' ');
      return [name, { type, options: Object.fromEntries(words.map((word) => word.split('='))) }];
    }),
  );
}

const PATH = 'path=platform/soc/18000000.wifi';
const AP = 'wifi-iface device=radio0 network=lan mode=ap ssid=village';

const OPENWRT: Readonly<
  Record<string, { readonly refused: boolean; readonly wireless: Sections }>
> = {
  'a radio that is off': {
    refused: false,
    wireless: { radio0: `wifi-device ${PATH} band=2g channel=auto disabled=1`, default_radio0: AP },
  },
  'an access point on the channel': {
    refused: false,
    wireless: { radio0: `wifi-device ${PATH} hwmode=11ng channel=1`, ap: AP },
  },
  'an access point that looks for a channel': {
    refused: true,
    wireless: { radio0: `wifi-device ${PATH} band=2g channel=auto`, ap: AP },
  },
  'two countries': {
    refused: true,
    wireless: {
      radio0: `wifi-device ${PATH} band=2g channel=1 country=US`,
      radio1: 'wifi-device phy=phy9 band=5g channel=40 country=HK',
    },
  },
  'three radios at one device': {
    refused: false,
    wireless: {
      radio0: `wifi-device ${PATH}+1 band=5g channel=149`,
      radio1: `wifi-device ${PATH} band=2g channel=6 htmode=HT20`,
      radio2: `wifi-device ${PATH}+2 band=5g channel=36`,
      ap: 'wifi-iface device=radio2 network=lan mode=ap ssid=village',
    },
  },
  'a mesh of somebody else of that name': {
    refused: true,
    wireless: {
      radio0: `wifi-device ${PATH} band=2g channel=1`,
      other: 'wifi-iface device=radio0 mode=mesh ifname=mesh0 mesh_id=other',
    },
  },
  'a width that reaches too far': {
    refused: true,
    wireless: { radio0: `wifi-device ${PATH} band=2g channel=1 htmode=HT40+` },
  },
  'no section': { refused: true, wireless: {} },
};

describe("what is the operator's in /etc", () => {
  for (const [what, files] of Object.entries(LINUX)) {
    it(`stays on a Linux host, byte for byte: ${what}`, async () => {
      const isRefused = await tryAll(() => {
        const fake = new FakeLinux();
        for (const [path, content] of Object.entries(files)) fake.host.files.set(path, content);
        return {
          platform: new LinuxPlatform(fake, fake.host, 'netlink'),
          settings: SETTINGS,
          spoil: () => {
            fake.deaf = true;
          },
          etc: () => etcOf(fake.host.files),
        };
      });
      assert.equal(isRefused, false);
    });
  }

  for (const [what, { refused, wireless }] of Object.entries(OPENWRT)) {
    it(`stays on an OpenWrt router: ${what}`, async () => {
      const isRefused = await tryAll(() => {
        const fake = new FakeOpenwrt();
        fake.phyList = [0, 1, 2].map((index) => ({ ...PHY, index, name: `phy${index}` }));
        fake.config['wireless'] = sections(wireless);
        return {
          platform: new OpenwrtPlatform(fake, fake.host, 'iw'),
          settings: SETTINGS,
          spoil: () => {
            fake.broken = true;
          },
          etc: () => [fake.config, etcOf(fake.host.files)],
        };
      });
      assert.equal(isRefused, refused);
    });
  }
});
