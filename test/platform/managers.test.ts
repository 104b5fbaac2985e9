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

describe("the operator's dhcpcd.conf", () => {
  const PATH = '/etc/dhcpcd.conf';
  const BLOCK = `# meshpay: begin\ndenyinterfaces ${SETTINGS.interfaceName}\n# meshpay: end\n`;

  /** What the file is while the mesh is up, and after it was taken down. */
  async function around(before: string | Uint8Array): Promise<[up: unknown, down: unknown]> {
    const { fake, platform } = make({});
    fake.host.files.set(PATH, before);
    await up(platform);
    const during = fake.host.files.get(PATH);
    assert.deepEqual(await commands(platform), []);
    await down(platform);
    return [during, fake.host.files.get(PATH)];
  }

  for (const [what, before] of [
    ['text', 'hostname\n\n  option x\n'],
    ['nothing', ''],
    ['blank lines at its end', 'hostname\n\n\n'],
    ['lines of another system', 'hostname\r\nduid\r\n'],
    ['words of ours in a line of its own', '# see "# meshpay: begin"\n#meshpay: end\n'],
    ['the end of a block that never began', 'a\n# meshpay: end\nb\n'],
  ] as const) {
    it(`keeps ${what}`, async () => {
      assert.deepEqual(await around(before), [before + BLOCK, before]);
    });
  }

  it('keeps what stands below our block, and above it', async () => {
    const old = BLOCK.replace('mesh0', 'mesh9');
    assert.deepEqual(await around(`above\n${old}below\n`), [
      `above\nbelow\n${BLOCK}`,
      'above\nbelow\n',
    ]);
    assert.deepEqual(await around(`${old}\nbelow`), [`\nbelow\n${BLOCK}`, '\nbelow\n']);
    assert.deepEqual(await around(`a\n${old}b\n${old}c\n`), [`a\nb\nc\n${BLOCK}`, 'a\nb\nc\n']);
  });

  it('keeps all of a block that was begun and not ended, and takes the whole one after it', async () => {
    const torso = 'a\n# meshpay: begin\nprecious\n';
    assert.deepEqual(await around(torso), [torso + BLOCK, torso]);
  });

  it('keeps bytes that are no UTF-8', async () => {
    const text = Buffer.from('# f\u00fcr alle\nhostname\n', 'latin1');
    const [during, after] = await around(text);
    assert.deepEqual(
      [during, after].map((bytes) => Buffer.from(bytes as Uint8Array)),
      [Buffer.concat([text, Buffer.from(BLOCK)]), text],
    );
  });

  it('is left alone where it is there and cannot be read', async () => {
    const { fake, platform } = make({ ...CONF, '/run/dhcpcd/pid': '77\n' });
    fake.host.processes.set(77, { pid: 77, argv: ['dhcpcd: [manager]'], ageMs: 0 });
    const read = fake.host.read.bind(fake.host);
    fake.host.read = async (path) => (path === PATH ? undefined : read(path));
    const lines = transcript(await commands(platform));
    assert.ok(!lines.some((line) => line.includes(PATH)), lines.join('\n'));
  });
});
