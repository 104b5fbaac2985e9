/** What ships for systemd: the unit, the user, the folders, and how the daemon speaks to it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { EXITS, type ExitName } from '../../agent/shell/exit-codes.ts';
import { makeNetwork } from './network.ts';

const UNIT = 'systemd/meshpayd.service';

/** Whether a program is there; says so and skips the test where it is not. */
function has(test: TestContext, program: string): boolean {
  const isThere = spawnSync(program, ['--version']).status === 0;
  if (!isThere) test.skip(`${program} is not on this machine`);
  return isThere;
}

describe('the service unit', () => {
  it('is understood by systemd, every line of it', (test) => {
    if (!has(test, 'systemd-analyze')) return;
    const folder = mkdtempSync(join(tmpdir(), 'meshpay-unit-'));
    try {
      const copy = join(folder, 'meshpayd.service');
      // The check wants the program to be there; which Node it is does not matter to it.
      writeFileSync(copy, readFileSync(UNIT, 'utf8').replace('/usr/bin/node', process.execPath));
      const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], {
        encoding: 'utf8',
      });
      assert.deepEqual([stdout, stderr], ['', '']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('does not start again what a new start cannot mend', () => {
    const line = /^RestartPreventExitStatus=(.*)$/m.exec(readFileSync(UNIT, 'utf8'))?.[1];
    const names: readonly ExitName[] = [
      'usage',
      'bad_data',
      'no_permission',
      'config',
      'store_damaged',
      'data_in_use',
    ];
    assert.equal(line, names.map((name) => EXITS[name].status).join(' '));
  });

  it('comes with its user and its folders', (test) => {
    if (!has(test, 'systemd-sysusers') || !has(test, 'systemd-tmpfiles')) return;
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
      writeFileSync(join(bin, 'systemd-notify'), `#!/bin/sh\necho "$@" >> '${words}'\n`);
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
      await node.until(() => said().includes('WATCHDOG=1'), 'the watchdog was told');
      assert.ok(said().includes('READY=1'));
      await node.stop();
      await new Promise<void>((done) => {
        const look = (): void => {
          if (said().includes('STOPPING=1')) done();
          else setTimeout(look, 5);
        };
        look();
      });
    } finally {
      await network.close();
    }
  });
});
