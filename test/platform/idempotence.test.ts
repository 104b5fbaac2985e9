/**
 * Whatever has happened to a host: one plan makes it as it is wanted, the next one is empty, and
 * down leaves no trace. The accidents are drawn by fast-check and shrink to the few that matter.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { transcript } from '../../platform/command.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { DEFAULT_FOLDER } from '../../platform/linux/observed.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import type { Platform } from '../../platform/platform.ts';
import type { MeshSettings } from '../../platform/settings.ts';
import { down, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { PHY, SETTINGS } from './samples.ts';

/** Wishes that follow each other, as an operator edits the configuration. */
const WISHES: Readonly<Record<string, Partial<MeshSettings>>> = {
  'as before': {},
  'another passphrase': { passphrase: 'another passphrase' },
  'another name': { meshId: 'garden' },
  'two addresses': { addresses: ['fd12::7/64', 'fd13::1/64'] },
  'no address': { addresses: [] },
  'other parameters': { parameters: { mesh_ttl: 5, mesh_fwding: 1 } },
  'another multicast rate': { multicastRateMbps: 12 },
  'another beacon interval': { beaconIntervalTu: 300 },
  'another channel': { frequencyMhz: 5180 },
};

const LINUX_ACCIDENTS: Readonly<Record<string, (fake: FakeLinux) => unknown>> = {
  'the supplicant dies': (fake) => fake.killSupplicant(),
  'the supplicant has been joining for long': (fake) => fake.age(40_000),
  'the supplicant has just started': (fake) => fake.age(100),
  'the interface is deleted': (fake) => fake.host.output(['iw', 'dev', 'mesh0', 'del']),
  'the interface is taken down': (fake) => fake.host.output(['ip', 'link', 'set', 'mesh0', 'down']),
  'the country changes': (fake) => (fake.world.country = 'DE'),
  'a parameter changes': (fake) => (fake.world.parameters['mesh_ttl'] = 2),
  'an address of ours is added by hand': (fake) =>
    fake.host.output(['ip', '-6', 'address', 'replace', 'fd99::9/64', 'dev', 'mesh0']),
  'the address is taken away': (fake) =>
    fake.host.output(['ip', '-6', 'address', 'del', 'fd12::1/64', 'dev', 'mesh0']),
  'the configuration is edited': (fake) => fake.edit(`${DEFAULT_FOLDER}/mesh0.conf`, '# mine\n'),
  'the note of the rate is lost': (fake) => fake.lose(`${DEFAULT_FOLDER}/mesh0.multicast`),
  'the pid file is lost and its process dies': (fake) => {
    fake.killSupplicant();
    fake.lose(`${DEFAULT_FOLDER}/mesh0.pid`);
  },
  'the log has grown': (fake) => fake.edit(`${DEFAULT_FOLDER}/mesh0.log`, 'x'.repeat(300 << 10)),
  'a switch blocks the radio': (fake) => fake.block(),
  'NetworkManager is installed': (fake) => {
    fake.host.files.set('/etc/NetworkManager/NetworkManager.conf', '');
    fake.host.files.set('/run/NetworkManager/state', '');
  },
  'dhcpcd is installed': (fake) => fake.host.files.set('/etc/dhcpcd.conf', 'hostname\n'),
  'the radio comes back under another number': (fake) => {
    fake.killSupplicant();
    fake.world.phys = [{ ...PHY, name: 'phy9', index: 9 }];
    fake.world.interfaces = [];
    fake.world.links = [];
  },
};

const OPENWRT_ACCIDENTS: Readonly<Record<string, (fake: FakeOpenwrt) => unknown>> = {
  'the mesh goes away': (fake) => fake.loseMesh(),
  'the section is deleted': (fake) => delete fake.config['wireless']?.['meshpay'],
  'the network section is deleted': (fake) => delete fake.config['network']?.['meshpay'],
  'the section is edited': (fake) => fake.set('meshpay', 'encryption', 'none'),
  'an option is added to the section': (fake) => fake.set('meshpay', 'hidden', '1'),
  'the channel is edited': (fake) => fake.set('radio0', 'channel', '11'),
  'the radio is switched off': (fake) => fake.set('radio0', 'disabled', '1'),
  'the country is deleted': (fake) => fake.unset('radio0', 'country'),
};

describe('a plan after any accidents', () => {
  it('makes a Linux host as it is wanted, once, and down leaves no trace', async () => {
    await holds(LINUX_ACCIDENTS, () => {
      const fake = new FakeLinux();
      const platform = new LinuxPlatform(fake, fake.host, 'netlink');
      const traces = () => [
        fake.world.interfaces.filter(({ name }) => name === 'mesh0'),
        [...fake.host.files.keys()].filter((path) => path.startsWith(DEFAULT_FOLDER)),
        [...fake.host.files].filter(([, content]) => `${content}`.includes('mesh0')),
        [...fake.host.processes.values()],
        fake.world.country === '00' ? [] : ['the country'],
      ];
      return { host: fake, platform, traces };
    });
  });

  it('makes an OpenWrt router as it is wanted, once, and down leaves no trace', async () => {
    await holds(OPENWRT_ACCIDENTS, () => {
      const fake = new FakeOpenwrt();
      const platform = new OpenwrtPlatform(fake, fake.host, 'iw');
      const traces = () => [
        fake.mesh === undefined ? [] : [fake.mesh],
        [...fake.host.files.keys()].filter((path) => path.includes('meshpay')),
        Object.keys(fake.config['wireless'] ?? {}).filter((name) => name === 'meshpay'),
        Object.keys(fake.config['network'] ?? {}).filter((name) => name === 'meshpay'),
      ];
      return { host: fake, platform, traces };
    });
  });
});

interface Trial<Host, Observed> {
  readonly host: Host;
  readonly platform: Platform<Observed>;
  /**
   * What shows that a mesh was here; lists that are empty at the start and have to be at the end.
   */
  readonly traces: () => readonly (readonly unknown[])[];
}

async function holds<Host, Observed>(
  accidents: Readonly<Record<string, (host: Host) => unknown>>,
  make: () => Trial<Host, Observed>,
): Promise<void> {
  const happening = fc.array(fc.constantFrom(...Object.keys(accidents)), { maxLength: 4 });
  const wish = fc.constantFrom(...Object.keys(WISHES));
  const story = fc.array(fc.tuple(happening, wish), { minLength: 1, maxLength: 4 });
  const property = fc.asyncProperty(story, async (chapters) => {
    const { host, platform, traces } = make();
    await settle(platform, SETTINGS);
    for (const [names, change] of chapters) {
      for (const name of names) await accidents[name]?.(host);
      await settle(platform, { ...SETTINGS, ...WISHES[change] });
    }
    await down(platform);
    assert.deepEqual(traces().flat(), []);
    const again = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.deepEqual(again, { ok: true, commands: [] });
  });
  await fc.assert(property, { numRuns: 300, includeErrorInReport: true });
}

/** One plan and nothing left; the plan neither touches what it looked at nor changes its mind. */
async function settle<Observed>(platform: Platform<Observed>, wish: MeshSettings): Promise<void> {
  const observed = value(await platform.observe(wish));
  const picture = structuredClone(observed);
  const plan = platform.plan(wish, observed);
  assert.ok(plan.ok, JSON.stringify(plan));
  assert.deepEqual(platform.plan(wish, observed), plan);
  assert.deepEqual(observed, picture);
  value(await platform.apply(plan.commands));
  const next = platform.plan(wish, value(await platform.observe(wish)));
  assert.ok(next.ok);
  assert.deepEqual(transcript(next.commands), []);
  const status = platform.status(wish, value(await platform.observe(wish)));
  assert.ok(status.joined && status.country === wish.country);
}
