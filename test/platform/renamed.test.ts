/**
 * A mesh interface that somebody renames as soon as it is made: it is noticed, and nothing is left.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { commands, down, up, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { SETTINGS } from './samples.ts';

const OTHER = 'wlx020000000001';

/** A host on which udev is quicker than the supplicant, so often. */
async function make(times: number) {
  const fake = new FakeLinux();
  const platform = new LinuxPlatform(fake, fake.host, 'netlink');
  let left = times;
  fake.onAdd = (name) => {
    if (left-- > 0) fake.rename(name, OTHER);
  };
  const tried = await platform.apply(await commands(platform));
  const names = () => fake.world.interfaces.map(({ name }) => name);
  return { fake, platform, tried, names };
}

describe('a mesh interface that udev renames', () => {
  it('gets its name back, and is not made a second time', async () => {
    const { platform, tried, names } = await make(1);
    assert.equal(tried.ok, false, 'the supplicant finds no such interface');
    assert.deepEqual(names(), ['wlan0', OTHER]);
    const lines = transcript(await commands(platform));
    assert.ok(lines.includes(`ip link set ${OTHER} name mesh0`));
    assert.ok(!lines.some((line) => line.includes('interface add')));
    await up(platform);
    assert.deepEqual(names(), ['wlan0', 'mesh0']);
    assert.deepEqual(await commands(platform), []);
  });

  it('goes with everything else when the mesh is taken down', async () => {
    const { platform, names } = await make(1);
    await down(platform);
    assert.deepEqual(names(), ['wlan0']);
  });

  it('is left out of it where nothing says that it is ours', async () => {
    const { fake, platform, names } = await make(0);
    const own = fake.world.interfaces.find(({ name }) => name === 'mesh0');
    assert.ok(own !== undefined);
    const add = (index: number, change: object, name: string, origin: string) => {
      fake.world.interfaces.push({ ...own, index, name, ...change });
      const [link] = fake.world.links;
      assert.ok(link !== undefined);
      fake.world.links.push({ ...link, index, name, up: name === 'up' });
      fake.host.files.set(`/sys/class/net/${name}/name_assign_type`, origin);
    };
    add(2, {}, 'older', '4\n');
    add(90, {}, 'own', '3\n');
    add(91, {}, 'up', '4\n');
    add(92, { type: 'managed' }, 'other', '4\n');
    assert.deepEqual(value(await platform.observe(SETTINGS)).renamed, []);
    await down(platform);
    assert.deepEqual(names(), ['wlan0', 'older', 'own', 'up', 'other']);
  });

  it('is taken away where the mesh has its interface by now', async () => {
    const { fake, platform, names } = await make(1);
    fake.onAdd = () => undefined;
    await fake.host.output(['iw', 'phy', 'phy0', 'interface', 'add', 'mesh0', 'type', 'mp']);
    await up(platform);
    assert.deepEqual(names(), ['wlan0', 'mesh0']);
  });
});
