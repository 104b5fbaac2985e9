/** The hardware address of a mesh beside another interface of the same radio. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { commands, up, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { PHY, SETTINGS } from './samples.ts';

const ADDRESS = '00:03:7f:00:00:03';
const LOCAL = '02:03:7f:00:00:03';

/** A radio with an interface that is up, and what its driver says of its addresses. */
async function make(addresses = ADDRESS, mask = '00:00:00:00:00:00', phy = PHY) {
  const fake = new FakeLinux([phy]);
  fake.host.files.set('/sys/class/ieee80211/phy0/addresses', `${addresses}\n`);
  fake.host.files.set('/sys/class/ieee80211/phy0/address_mask', `${mask}\n`);
  fake.world.interfaces = fake.world.interfaces.map((each) => ({ ...each, address: ADDRESS }));
  await fake.host.output(['ip', 'link', 'set', 'wlan0', 'up']);
  const platform = new LinuxPlatform(fake, fake.host, 'netlink');
  return { fake, platform };
}

async function given(platform: LinuxPlatform): Promise<readonly string[]> {
  return transcript(await commands(platform)).filter((line) => line.includes(' address '));
}

describe('the hardware address of a mesh', () => {
  it('is its own where the radio has one for an interface that stays up beside it', async () => {
    const { fake, platform } = await make();
    const lines = transcript(await commands(platform));
    const at = lines.indexOf(`ip link set mesh0 address ${LOCAL}`);
    assert.ok(at > lines.indexOf('iw phy phy0 interface add mesh0 type mp'));
    assert.ok(at < lines.findIndex((line) => line.startsWith('wpa_supplicant ')));
    await up(platform);
    assert.deepEqual(await commands(platform), []);
    const status = platform.status(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.deepEqual([status.joined, status.address], [true, LOCAL]);
    fake.killSupplicant();
    assert.deepEqual(
      (await given(platform)).filter((line) => line.startsWith('ip link')),
      [],
      'it keeps it',
    );
  });

  it('is the same at every start, and never that of a third interface', async () => {
    const { fake, platform } = await make();
    await up(platform);
    await fake.host.output(['iw', 'dev', 'mesh0', 'del']);
    assert.ok((await given(platform)).includes(`ip link set mesh0 address ${LOCAL}`));
    const [wlan] = fake.world.interfaces;
    assert.ok(wlan !== undefined);
    fake.world.interfaces.push({ ...wlan, name: 'ap0', index: 4, address: LOCAL });
    const [line] = await given(platform);
    assert.equal(line, `ip link set mesh0 address 06${LOCAL.slice(2)}`);
  });

  it('is left to the kernel where it has others to give, or nobody is beside the mesh', async () => {
    const ipv6 = ['ip -6 address replace fd12::1/64 dev mesh0'];
    const list = await make(`${ADDRESS}\n${LOCAL}`);
    assert.deepEqual(await given(list.platform), ipv6);
    const mask = await make(ADDRESS, '00:00:00:00:00:0f');
    assert.deepEqual(await given(mask.platform), ipv6);
    const alone = await make(ADDRESS, undefined, { ...PHY, combinations: [] });
    assert.deepEqual(await given(alone.platform), ipv6);
  });
});
