/** What a person is told when a mesh does not come up: the log by its name, and its last line. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { commands } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';

const LOG = '/run/meshpay-radio/mesh0.log';

describe('a mesh that does not come up', () => {
  it('on Linux names the log of the supplicant and its last line', async () => {
    for (const [words, told] of [
      [
        'mesh0: interface state DISABLED\nmesh0: mesh join error=-16\n\n',
        'ends: mesh0: mesh join error=-16',
      ],
      ['', 'is empty'],
      [`begin${'x'.repeat(300)}\n`, `ends: ${'x'.repeat(160)}`],
    ] as const) {
      const fake = new FakeLinux();
      fake.deaf = true;
      fake.words = words;
      const platform = new LinuxPlatform(fake, fake.host, 'netlink');
      const applied = await platform.apply(await commands(platform));
      assert.ok(!applied.ok);
      assert.equal(applied.fault.code, 'mesh_not_up');
      assert.equal(applied.fault.found, `undefined; ${LOG} ${told}`);
    }
  });

  it('on Linux names it also where the supplicant does not start', async () => {
    const fake = new FakeLinux();
    fake.words = 'Could not read interface mesh0 flags: No such device\n';
    fake.onAdd = (name) => fake.rename(name, 'wlx1');
    const platform = new LinuxPlatform(fake, fake.host, 'netlink');
    const applied = await platform.apply(await commands(platform));
    assert.ok(!applied.ok);
    assert.match(applied.fault.found, /; \/run\/meshpay-radio\/mesh0\.log ends: Could not read/);
  });

  it('says nothing of a log where something else failed', async () => {
    const fake = new FakeLinux();
    fake.words = 'words';
    fake.host.files.set('/etc/dhcpcd.conf', '');
    const platform = new LinuxPlatform(fake, fake.host, 'netlink');
    const plan = await commands(platform);
    fake.host.readOnly = ['/etc'];
    const applied = await platform.apply(plan);
    assert.equal(applied.ok ? '' : applied.fault.found, 'EROFS');
  });

  it('on a router tells what its log says of the interface', async () => {
    const fake = new FakeOpenwrt();
    fake.broken = true;
    fake.log = 'one\nnetifd: radio0 (1): Interface mesh0 setup failed: NO_DEVICE\n';
    const platform = new OpenwrtPlatform(fake, fake.host, 'iw');
    const applied = await platform.apply(await commands(platform));
    assert.ok(!applied.ok);
    assert.equal(applied.fault.code, 'rolled_back');
    assert.match(
      applied.fault.found,
      /; "logread -e mesh0" ends: netifd: radio0 \(1\): Interface mesh0 setup failed: NO_DEVICE$/,
    );
  });
});
