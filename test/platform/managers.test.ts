/** Telling network managers: only those that run, and until they have heard it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { MANAGER_LOOK_TURNS } from '../../platform/limits.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { networkctlState, nmcliState } from '../../platform/linux/manager-look.ts';
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

  for (const [what, above, below] of [
    ['one for an interface', 'a\n\n', 'interface wlan0\nstatic ip_address=192.168.7.1/24\n'],
    ['the first of several', 'a\n', 'ssid x\nb\ninterface wlan0\nc\nprofile y\n'],
    ['one with space before it', 'a\n', ' \tinterface wlan0\n'],
    ['a profile', '# interface wlan0\ninterfaces\n;ssid\n', 'profile static_eth0\nb'],
    ['an answer', '', 'arping 192.168.7.1\n'],
    ['one without a name', 'x interface\n', 'interface'],
    ['one in lines of another system', 'a\r\n', 'ssid\r\nb\r\n'],
    ['a line without an end', 'a\n', 'b'],
  ] as const) {
    it(`has our words before its first block: ${what}`, async () => {
      assert.deepEqual(await around(above + below), [above + BLOCK + below, above + below]);
    });
  }

  it('gets a block moved that stands where it does not count', async () => {
    const [above, below] = ['a\n', 'interface wlan0\nstatic x\n'];
    for (const before of [above + below + BLOCK, `${above}interface wlan0\n${BLOCK}static x\n`]) {
      assert.deepEqual(await around(before), [above + BLOCK + below, above + below]);
    }
  });

  it('keeps what somebody wrote into our block', async () => {
    const before = BLOCK.replace('# meshpay: end', 'precious\n# meshpay: end');
    assert.deepEqual(await around(before), [`precious\n${BLOCK}`, 'precious\n']);
  });

  it('keeps what stands below our block, and above it', async () => {
    const old = BLOCK.replace('mesh0', 'mesh9');
    assert.deepEqual(await around(`above\n${old}below\n`), [
      `above\nbelow\n${BLOCK}`,
      'above\nbelow\n',
    ]);
    assert.deepEqual(await around(`${old}\nbelow`), [`\n${BLOCK}below`, '\nbelow']);
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

describe('what a manager reads', () => {
  const NM = { '/etc/NetworkManager/NetworkManager.conf': '', '/run/NetworkManager/state': '' };
  const NETWORKD = { '/run/systemd/netif/links/2': '' };
  const files = ({ host }: FakeLinux) =>
    [...host.files].filter(([path]) => path.includes('meshpay.'));

  it('sorts behind what others wrote for NetworkManager, in words that nobody takes back', async () => {
    const { fake, platform } = make(NM);
    await up(platform);
    const [[path, content] = ['', '']] = files(fake);
    const names = ['99-disable-uap.conf', '90-x.conf', 'local.conf', path.split('/').at(-1)];
    assert.equal(names.sort().at(-1), 'zz-meshpay.conf');
    assert.equal(
      content,
      '[keyfile]\nunmanaged-devices+=interface-name:mesh0\n\n' +
        '[device-meshpay]\nmatch-device=interface-name:mesh0\nmanaged=0\n',
    );
  });

  it('sorts before what others wrote for systemd-networkd', async () => {
    const { fake, platform } = make(NETWORKD);
    await up(platform);
    const [[path, content] = ['', '']] = files(fake);
    const names = ['00-all.network', '05-x.network', '10-netplan-wlan.network'];
    assert.equal([...names, path.split('/').at(-1)].sort()[0], '0-0-meshpay.network');
    assert.equal(content, '[Match]\nName=mesh0\n\n[Link]\nUnmanaged=yes\n');
  });

  it('lies in /run where /etc cannot be written, and goes again', async () => {
    const { fake, platform } = make({ ...NM, ...NETWORKD, ...CONF });
    fake.host.readOnly = ['/etc/'];
    const before = new Map(fake.host.files);
    await up(platform);
    assert.deepEqual(
      files(fake).map(([path]) => path),
      ['/run/NetworkManager/conf.d/zz-meshpay.conf', '/run/systemd/network/0-0-meshpay.network'],
    );
    assert.equal(fake.host.files.get('/etc/dhcpcd.conf'), CONF['/etc/dhcpcd.conf']);
    assert.deepEqual(await commands(platform), []);
    fake.host.readOnly = [];
    await up(platform);
    assert.deepEqual(
      files(fake).map(([path]) => path.split('/')[1]),
      ['etc', 'etc'],
    );
    await down(platform);
    for (const [path, content] of before) assert.equal(fake.host.files.get(path), content, path);
    assert.deepEqual(files(fake), []);
  });

  it('stays, and does not keep the mesh up, where it cannot be taken away any more', async () => {
    const { fake, platform } = make({ ...NM, ...NETWORKD, ...CONF });
    await up(platform);
    fake.host.readOnly = ['/etc/'];
    assert.deepEqual(await commands(platform), []);
    await down(platform);
    assert.deepEqual(await fake.host.list('/run/meshpay-radio'), []);
    assert.equal(files(fake).length, 2);
    fake.host.readOnly = [];
    await down(platform);
    assert.deepEqual(files(fake), []);
    assert.equal(fake.host.files.get('/etc/dhcpcd.conf'), CONF['/etc/dhcpcd.conf']);
  });

  it('is not changed, and does not stop the mesh, where nothing can be written', async () => {
    const { fake, platform } = make({ ...NM, ...NETWORKD, ...CONF, '/run/dhcpcd/pid': '77' });
    fake.host.processes.set(77, { pid: 77, argv: ['dhcpcd: [manager]'], ageMs: 0 });
    fake.host.readOnly = ['/etc/', '/run/NetworkManager', '/run/systemd'];
    await up(platform);
    assert.deepEqual(await commands(platform), []);
    const { warnings } = await statusOf(platform);
    assert.deepEqual(
      warnings.map(({ code, field }) => `${code} ${field}`),
      ['NetworkManager', 'systemd-networkd', 'dhcpcd'].map(
        (name) => `manager_holds manager ${name}`,
      ),
    );
    await down(platform);
  });
});

async function statusOf(platform: LinuxPlatform) {
  return platform.status(SETTINGS, value(await platform.observe(SETTINGS)));
}

describe('whether a manager has obeyed', () => {
  const RUNNING = {
    '/etc/NetworkManager/NetworkManager.conf': '',
    '/run/NetworkManager/state': '',
    '/run/systemd/netif/links/2': '',
  };

  /** A host whose managers say this of their devices, and how often they were asked. */
  function answering(nmcli: string, networkctl: string) {
    const { fake, platform } = make(RUNNING);
    const answers = { nmcli, networkctl };
    const asked: string[] = [];
    const output = fake.host.output.bind(fake.host);
    fake.host.output = async (argv) => {
      const [program, verb] = argv;
      const isQuestion = verb === '-t' || verb === 'list';
      if (!isQuestion || (program !== 'nmcli' && program !== 'networkctl')) return output(argv);
      asked.push(program);
      return { ok: true, value: { status: 0, stdout: answers[program], stderr: '' } };
    };
    return { fake, platform, answers, asked };
  }

  const GOOD = ['eth0:connected\nmesh0:unmanaged\n', ' 5 mesh0 wlan routable unmanaged\n'] as const;

  it('is looked at while it runs and there is an interface, and told by a code of its own', async () => {
    const { platform, answers, asked } = answering(...GOOD);
    await platform.observe(SETTINGS);
    assert.deepEqual(asked, []);
    await up(platform);
    assert.deepEqual((await statusOf(platform)).warnings, []);
    answers.nmcli = 'mesh0:disconnected\n';
    answers.networkctl = '  5 mesh0 wlan carrier configuring\n';
    for (let turn = 0; turn <= MANAGER_LOOK_TURNS; turn++) await platform.observe(SETTINGS);
    const { warnings } = await statusOf(platform);
    assert.deepEqual(
      warnings.map(({ code, field, found }) => [code, field, found]),
      [
        ['manager_holds', 'manager NetworkManager', 'mesh0 is disconnected'],
        ['manager_holds', 'manager systemd-networkd', 'mesh0 is configuring'],
      ],
    );
    assert.match(warnings[0]?.expected ?? '', /nmcli general reload conf/);
    [answers.nmcli, answers.networkctl] = GOOD;
    assert.deepEqual((await statusOf(platform)).warnings, [], 'what is mended is seen at once');
  });

  it('is asked again now and then, and at once when something has changed', async () => {
    const { fake, platform, asked } = answering(...GOOD);
    await up(platform);
    await platform.observe(SETTINGS);
    const first = asked.length;
    for (let turn = 0; turn < MANAGER_LOOK_TURNS; turn++) await platform.observe(SETTINGS);
    assert.equal(asked.length, first);
    await platform.observe(SETTINGS);
    assert.equal(asked.length, first + 2);
    fake.world.interfaces = fake.world.interfaces.map((each) => ({ ...each, index: 99 }));
    await platform.observe(SETTINGS);
    assert.equal(asked.length, first + 4);
  });

  it('is read of that interface alone', () => {
    assert.equal(
      nmcliState('mesh01:connected\nmesh0:connecting (prepare)\n', 'mesh0'),
      'connecting (prepare)',
    );
    assert.equal(nmcliState('xmesh0:connected\n', 'mesh0'), undefined);
    assert.equal(networkctlState(' 1 lo loopback carrier unmanaged\n', 'mesh0'), undefined);
    assert.equal(networkctlState(' 5 mesh0 wlan off pending\n', 'mesh0'), undefined);
    assert.equal(networkctlState('  5 mesh0 wlan off configured\n', 'mesh0'), 'configured');
    assert.equal(networkctlState('', 'mesh0'), undefined);
  });
});

describe('whether dhcpcd has obeyed', () => {
  const ROUTES = '/proc/net/route';
  const heading = 'Iface\tDestination\tGateway \tFlags\tRefCnt\n';
  const found = async (routes: string, argv: string, isUp = true) => {
    const { fake, platform } = make({ ...CONF, '/run/dhcpcd/pid': '77\n', [ROUTES]: heading });
    fake.host.processes.set(77, { pid: 77, argv: [argv], ageMs: 0 });
    if (isUp) await up(platform);
    fake.host.processes.set(77, { pid: 77, argv: [argv], ageMs: 0 });
    fake.host.files.set(ROUTES, `${heading}${routes}`);
    return (await statusOf(platform)).warnings.map(({ field, found: what }) => `${field}: ${what}`);
  };
  const manager = 'dhcpcd: [manager] [ip4] [ip6]';

  it('shows by an IPv4 address of the mesh interface, while it runs', async () => {
    const route = 'mesh0\t0000FEA9\t00000000\t0001\t0\n';
    const held = ['manager dhcpcd: mesh0 has an IPv4 address'];
    assert.deepEqual(await found(`wlan0\t0000FEA9\t00000000\t0001\t0\n${route}`, manager), held);
    assert.deepEqual(await found('', manager), []);
    assert.deepEqual(await found(route.replace('mesh0', 'mesh01'), manager), []);
    assert.deepEqual(await found(route, 'sshd'), [], 'the operator may have given it one');
    assert.deepEqual(await found(route, manager, false), []);
  });
});

describe('managers that cannot be told', () => {
  const UNITS = '/sys/fs/cgroup/system.slice';

  async function named(files: Readonly<Record<string, string>>) {
    const { platform } = make(files);
    const { warnings } = await statusOf(platform);
    const probed = value(await platform.probe()).warnings;
    assert.deepEqual(probed, warnings);
    return warnings.map(({ code, field, found }) => `${code} ${field}: ${found}`);
  }

  it('are named where they run, in status and probe', async () => {
    assert.deepEqual(await named({}), []);
    assert.deepEqual(await named({ [`${UNITS}/iwd.service/cgroup.procs`]: '1' }), [
      'manager_untold manager iwd: it runs, and takes every radio',
    ]);
    const connman = { [`${UNITS}/connman.service/cgroup.procs`]: '1' };
    assert.equal((await named(connman)).length, 1);
    const file = '/etc/connman/main.conf';
    const line = (names: string) => ({ [file]: `[General]\nNetworkInterfaceBlacklist=${names}\n` });
    assert.equal((await named({ ...connman, ...line('vmnet,mesh1') })).length, 1);
    assert.equal((await named({ ...connman, ...line('') })).length, 1);
    assert.deepEqual(await named({ ...connman, ...line('vmnet, mesh') }), []);
  });

  it('are named where ifupdown has an interface of a radio, in any of its files', async () => {
    const file = '/etc/network/interfaces';
    assert.deepEqual(await named({ [file]: 'auto lo eth0\niface eth0 inet dhcp\n' }), []);
    for (const text of ['auto lo mesh0', 'allow-hotplug mesh0', 'iface mesh0 inet dhcp']) {
      assert.deepEqual(await named({ [file]: `${text}\n` }), [
        'manager_untold manager ifupdown: mesh0',
      ]);
      assert.equal((await named({ [`${file}.d/x`]: `${text}\n` })).length, 1);
    }
    assert.deepEqual(await named({ [file]: '  iface wlan0 inet manual\n#iface mesh0\n' }), [
      'manager_untold manager ifupdown: wlan0',
    ]);
  });
});
