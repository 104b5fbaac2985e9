/** What ships for systemd: the unit, the user, the folders, and how the daemon speaks to it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { EXITS, type ExitName } from '../../agent/shell/exit-codes.ts';
import { MANAGERS } from '../../platform/linux/managers.ts';
import { DEFAULT_FOLDER } from '../../platform/linux/observed.ts';
import { makeNetwork } from './network.ts';

/** Both units, with the exits that a new start cannot mend. */
const UNITS = {
  'systemd/meshpayd.service': [
    'usage',
    'bad_data',
    'no_permission',
    'config',
    'store_damaged',
    'data_in_use',
  ],
  'systemd/meshpay-radio.service': ['usage', 'bad_data', 'no_permission', 'config'],
} as const satisfies Record<string, readonly ExitName[]>;

/** Worse than this in "systemd-analyze security", of 10, and somebody has opened a unit too far. */
const WORST_EXPOSURE = 3;

/** Why a test cannot run here: for its option `skip`; false where it can. */
function without(...programs: readonly string[]): string | false {
  const missing = programs.filter((name) => spawnSync(name, ['--version']).status !== 0);
  return missing.length > 0 && `not on this machine: ${missing.join(', ')}`;
}

/** The values of a key in a unit, in order. */
function valuesOf(unit: string, key: string): readonly string[] {
  const lines = readFileSync(unit, 'utf8').split('\n');
  return lines
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

for (const [unit, names] of Object.entries(UNITS)) {
  describe(`the unit ${unit}`, () => {
    it('is understood by systemd, every line of it', { skip: without('systemd-analyze') }, () => {
      const folder = mkdtempSync(join(tmpdir(), 'meshpay-unit-'));
      try {
        const copy = join(folder, basename(unit));
        // The check wants the program to be there; which Node it is does not matter to it.
        writeFileSync(copy, readFileSync(unit, 'utf8').replace('/usr/bin/node', process.execPath));
        const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], {
          encoding: 'utf8',
        });
        assert.deepEqual([stdout, stderr], ['', '']);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('opens no more than it must', { skip: without('systemd-analyze') }, (test) => {
      const { stdout } = spawnSync(
        'systemd-analyze',
        ['security', '--offline=true', '--json=short', unit],
        { encoding: 'utf8' },
      );
      const table = JSON.parse(stdout) as readonly { set: boolean | null; exposure: string }[];
      assert.ok(table.length > 20);
      const { stdout: words } = spawnSync(
        'systemd-analyze',
        ['security', '--offline=true', '--no-pager', unit],
        { encoding: 'utf8' },
      );
      const overall = /Overall exposure level.*: ([\d.]+)/.exec(words)?.[1];
      test.diagnostic(`exposure ${overall}`);
      assert.ok(Number(overall) <= WORST_EXPOSURE, overall);
    });

    it('does not start again what a new start cannot mend', () => {
      const [line] = valuesOf(unit, 'RestartPreventExitStatus');
      assert.equal(line, names.map((name) => EXITS[name].status).join(' '));
    });

    it('is started again after a hangup that came before its handler stood', () => {
      assert.deepEqual(valuesOf(unit, 'RestartForceExitStatus'), ['SIGHUP']);
    });

    it('takes no options of Node from the environment', () => {
      assert.ok(valuesOf(unit, 'UnsetEnvironment').join(' ').split(' ').includes('NODE_OPTIONS'));
    });

    it('is started again by its watchdog when it hangs', () => {
      assert.deepEqual(valuesOf(unit, 'WatchdogSec'), ['60']);
      assert.deepEqual(valuesOf(unit, 'Restart'), ['on-failure']);
    });
  });
}

describe('the units together', () => {
  const node = 'systemd/meshpayd.service';
  const radio = 'systemd/meshpay-radio.service';

  it('start the radio first, and neither stops or restarts with the other', () => {
    assert.ok(valuesOf(node, 'After').join(' ').includes(basename(radio)));
    assert.ok(valuesOf(node, 'Wants').join(' ').includes(basename(radio)));
    for (const tie of ['Requires', 'BindsTo', 'PartOf', 'Requisite', 'PropagatesStopTo']) {
      assert.deepEqual([...valuesOf(node, tie), ...valuesOf(radio, tie)], [], tie);
    }
  });

  it('tell the daemon alone to stop, so that it can still speak through systemd-notify', () => {
    assert.deepEqual(valuesOf(node, 'KillMode'), ['mixed']);
  });

  it('leave the mesh and its supplicant running when the radio program ends', () => {
    assert.deepEqual(valuesOf(radio, 'KillMode'), ['process']);
    assert.deepEqual(valuesOf(radio, 'RuntimeDirectoryPreserve'), ['yes']);
    assert.deepEqual(valuesOf(radio, 'RuntimeDirectory'), [basename(DEFAULT_FOLDER)]);
  });

  it('give root to the radio alone, and no capability to the node', () => {
    assert.deepEqual(valuesOf(radio, 'User'), ['root']);
    assert.deepEqual(valuesOf(node, 'User'), ['meshpay']);
    assert.deepEqual(valuesOf(node, 'CapabilityBoundingSet'), ['']);
  });
});

describe('what comes with the units', () => {
  it('is their user and their folders', {
    skip: without('systemd-sysusers', 'systemd-tmpfiles'),
  }, () => {
    const root = mkdtempSync(join(tmpdir(), 'meshpay-root-'));
    try {
      mkdirSync(join(root, 'etc'));
      for (const [program, ...args] of [
        ['systemd-sysusers', resolve('systemd/meshpay.sysusers')],
        ['systemd-tmpfiles', '--create', resolve('systemd/meshpay.tmpfiles')],
      ] as const) {
        const { status, stderr } = spawnSync(program, [`--root=${root}`, ...args], {
          encoding: 'utf8',
        });
        assert.equal(status, 0, stderr);
      }
      assert.match(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^meshpay:/m);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe('the daemon under a service manager', () => {
  it('says when it is ready, that it lives, and that it stops', async () => {
    const network = await makeNetwork({ authorities: 1 });
    try {
      const node = network.authority(0);
      const bin = join(network.folder, 'bin');
      const words = join(network.folder, 'words');
      mkdirSync(bin);
      writeFileSync(join(bin, 'systemd-notify'), `#!/bin/sh\nsleep 0.2\necho "$@" >> '${words}'\n`);
      chmodSync(join(bin, 'systemd-notify'), 0o755);
      writeFileSync(words, '');
      const said = (): string[] => readFileSync(words, 'utf8').trim().split('\n');
      await node.start({
        env: {
          PATH: `${bin}:${process.env['PATH']}`,
          NOTIFY_SOCKET: '/x',
          WATCHDOG_USEC: '100000',
        },
      });
      // Each word is brought by a process of its own, so they may overtake each other.
      await node.until(() => said().includes('READY=1'), 'it said that it is ready');
      await node.until(() => said().includes('WATCHDOG=1'), 'the watchdog was told');
      await node.stop();
      // A word that came later would be taken for the next start's.
      assert.ok(said().includes('STOPPING=1'));
    } finally {
      await network.close();
    }
  });
});

describe('the program that runs as root', () => {
  it('may write where network managers are told, to LEDs, and nowhere else', () => {
    const places = valuesOf('systemd/meshpay-radio.service', 'ReadWritePaths')
      .join(' ')
      .split(' ')
      .map((place) => place.replace(/^-/, ''));
    const leds = ['leds', 'gpio-leds'].map((name) => `/sys/devices/platform/${name}`);
    assert.deepEqual(places.sort(), [...MANAGERS.flatMap(placesOf), ...leds].sort());
    assert.deepEqual(valuesOf('systemd/meshpay-radio.service', 'ProtectSystem'), ['strict']);
  });
});

/**
 * A file of ours comes and goes in its folder; one of somebody else's is edited. What runs makes a
 * folder below its own in /run.
 */
function placesOf({ folder, runtime, files }: (typeof MANAGERS)[number]): readonly string[] {
  return files.map((file) => {
    if (typeof runtime === 'string' && file.startsWith(`${runtime}/`)) return runtime;
    return folder === file ? file : dirname(file);
  });
}
