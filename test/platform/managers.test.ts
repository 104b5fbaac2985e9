/** Telling network managers: only those that run, and until they have heard it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { commands, down, up, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { SETTINGS } from './samples.ts';

function make(files: Readonly<Record<string, string>>) {
  const fake = new FakeLinux();
  for (const [path, content] of Object.entries(files)) fake.host.files.set(path, content);
  return { fake, platform: new LinuxPlatform(fake, fake.host, 'netlink') };
}

const REBIND = 'dhcpcd --rebind';
const CONF = { '/etc/dhcpcd.conf': 'hostname\n' };

describe('a network manager', () => {
  for (const path of ['/run/dhcpcd/pid', '/run/dhcpcd.pid']) {
    it(`is told where it is dhcpcd for all interfaces (${path})`, async () => {
      const { fake, platform } = make({ ...CONF, [path]: '77\n' });
      fake.host.processes.set(77, { pid: 77, argv: ['dhcpcd: [manager]'], ageMs: 0 });
      assert.ok(transcript(await commands(platform)).includes(REBIND));
    });
  }

  it('is not started where there are only clients for one interface, or what it left', async () => {
    const client = make({ ...CONF, '/run/dhcpcd/eth0.pid': '77\n', '/run/dhcpcd/eth0.sock': '' });
    client.fake.host.processes.set(77, { pid: 77, argv: ['dhcpcd: eth0'], ageMs: 0 });
    const dead = make({ ...CONF, '/run/dhcpcd/pid': '77\n' });
    dead.fake.host.processes.set(77, { pid: 77, argv: ['sshd'], ageMs: 0 });
    for (const { platform } of [client, dead]) {
      const lines = transcript(await commands(platform));
      assert.ok(lines.some((line) => line.startsWith('write /etc/dhcpcd.conf ')));
      assert.ok(!lines.includes(REBIND));
    }
  });

  it('is told again where that failed, when it is to keep away and when it is not', async () => {
    const { fake, platform } = make({ '/run/NetworkManager/state': '' });
    const tell = 'nmcli general reload conf';
    const perform = fake.host.perform.bind(fake.host);
    const failing: typeof perform = async (command) =>
      command.kind === 'run' && command.argv[0] === 'nmcli'
        ? perform({ kind: 'run', argv: ['false'] })
        : perform(command);
    fake.host.perform = failing;
    assert.equal((await platform.apply(await commands(platform))).ok, false);
    fake.host.perform = perform;
    assert.ok(transcript(await commands(platform)).includes(tell));
    await up(platform);
    assert.deepEqual(await commands(platform), []);
    const restoration = async () => {
      const plan = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
      return plan.ok ? plan.commands : [];
    };
    fake.host.perform = failing;
    assert.equal((await platform.apply(await restoration())).ok, false);
    fake.host.perform = perform;
    assert.ok(transcript(await restoration()).includes(tell));
    await down(platform);
    assert.deepEqual(await restoration(), []);
    assert.deepEqual(await fake.host.list('/run/meshpay-radio'), []);
  });
});
