/**
 * The layout that `network create` prints, copied by root to the folders of a system that was made
 * with the files that we ship, and the daemon as the user who runs it there.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../../agent/cli/lab/ports.ts';
import { askControl } from '../../agent/shell/control/client.ts';
import { meshpay } from '../cli/support.ts';
import { found } from '../support/wait.ts';
import { MESHPAYD } from './process.ts';

/** Why it cannot run here; false where it can. */
function without(): string | false {
  if (process.getuid?.() !== 0) return 'only root makes folders of others';
  const missing = ['systemd-sysusers', 'systemd-tmpfiles'].filter(
    (name) => spawnSync(name, ['--version']).status !== 0,
  );
  return missing.length > 0 && `not on this machine: ${missing.join(', ')}`;
}

describe('the documented layout', { skip: without() }, () => {
  let root = '';
  let user = 0;
  let group = 0;
  let socket = '';
  const etc = (name = ''): string => join(root, 'etc/meshpay', name);

  const system = (...argv: [string, ...string[]]): void => {
    const [program, ...args] = argv;
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  /** What the unit runs before the daemon, as root. */
  const prepare = (): void =>
    system('systemd-tmpfiles', `--root=${root}`, '--create', resolve('systemd/meshpay.tmpfiles'));

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'meshpay-layout-'));
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'etc'));
    system('systemd-sysusers', `--root=${root}`, resolve('systemd/meshpay.sysusers'));
    const line = /^meshpay:[^:]*:(\d+):(\d+):/m.exec(
      readFileSync(join(root, 'etc/passwd'), 'utf8'),
    );
    [user, group] = [Number(line?.[1]), Number(line?.[2])];
    assert.ok(user > 0 && group > 0);
    prepare();
    const create = ['network', 'create', 'village', '--authorities', '1', '--token', 'HRS:2'];
    const { status, out } = await meshpay(create, root);
    assert.equal(status, 0);
    assert.match(out, /scp -r \S+village\/authority-1\/\. root@ROUTER:\/etc\/meshpay\/$/m);
    const umask = process.umask(0o077);
    cpSync(join(root, 'village/authority-1/.'), etc(), { recursive: true });
    process.umask(umask);
    // As scp leaves it: all of it root's.
    for (const name of readdirSync(etc())) system('chown', '0:0', etc(name));
    chmodSync(etc(), 0o700);
    // The folders of this trial in place of the system's, and a port that is free.
    const [port = 0] = await freePorts(1);
    socket = join(root, 'run/control.sock');
    mkdirSync(join(root, 'run'));
    system('chown', `${user}:${group}`, join(root, 'run'));
    const toml = readFileSync(etc('meshpayd.toml'), 'utf8')
      .replace(/^folder = .*$/m, `folder = "${join(root, 'var/lib/meshpay')}"`)
      .replace(/^allow_volatile = .*$/m, 'allow_volatile = true')
      .replace(/^socket = .*$/m, `socket = "${socket}"`)
      .replace(/^addresses = .*$/m, `addresses = ["127.0.0.1:${port}"]`)
      .replace(/^on = true$/m, 'on = false');
    writeFileSync(etc('meshpayd.toml'), toml);
    prepare();
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  async function run(use: () => Promise<void>): Promise<void> {
    const args = [MESHPAYD, '--config', etc('meshpayd.toml')];
    const daemon: ChildProcess = spawn(process.execPath, args, {
      uid: user,
      gid: group,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    daemon.stderr?.on('data', (piece: Buffer) => {
      err += piece.toString();
    });
    let ended: number | null | undefined;
    const end = new Promise((done) => {
      daemon.once('close', (code) => {
        ended = code;
        done(code);
      });
    });
    try {
      await found(async () => {
        if (ended !== undefined) throw new Error(`it has ended with ${ended}: ${err}`);
        const status = await askControl(socket, 'status').catch(() => undefined);
        return status?.state === 'starting' ? undefined : status;
      }, 'its store is open');
      await use();
    } finally {
      daemon.kill('SIGTERM');
      await end;
    }
    assert.deepEqual([ended, err], [0, '']);
  }

  const voting = async () => (await askControl(socket, 'status')).voting;
  const mark = async () => {
    const { checks } = await askControl(socket, 'doctor');
    return checks.find(({ name }) => name === 'first start');
  };

  it('gives the key to the daemon alone, and the rest to it to read', () => {
    const rights = (name: string): string => {
      const { mode, uid, gid } = statSync(etc(name));
      return `${(mode & 0o777).toString(8)} ${uid === user ? 'meshpay' : uid}:${gid === group ? 'meshpay' : gid}`;
    };
    assert.deepEqual(['', 'node.key', 'meshpayd.toml', 'genesis.json'].map(rights), [
      '750 0:meshpay',
      '600 meshpay:meshpay',
      '640 0:meshpay',
      '644 0:meshpay',
    ]);
  });

  it('starts as the user of the daemon, votes, and tells of the mark that it cannot remove', async () => {
    await run(async () => {
      assert.deepEqual(await voting(), { may: true, whyNot: null });
      assert.ok(existsSync(etc('node.key.unused')));
      const check = await mark();
      assert.equal(check?.verdict, 'warn');
      assert.match(check?.mend ?? '', /^Remove it, .*: rm .*node\.key\.unused$/);
    });
  });

  it('starts again with the mark and without it, and loses its vote with its ledger', async () => {
    await run(async () => assert.equal((await voting()).may, true));
    // What the unit does as root, when the daemon is ready.
    rmSync(etc('node.key.unused'));
    await run(async () => {
      assert.equal((await voting()).may, true);
      assert.equal((await mark())?.verdict, 'ok');
    });
    rmSync(join(root, 'var/lib/meshpay/store'), { recursive: true });
    await run(async () => assert.match((await voting()).whyNot ?? '', /may have voted before/));
  });

  it('is prepared by the unit, and the mark is removed by it', () => {
    const unit = readFileSync('systemd/meshpayd.service', 'utf8');
    assert.match(unit, /^ExecStartPre=\+-\/usr\/bin\/systemd-tmpfiles --create meshpay\.conf$/m);
    assert.match(unit, /^ExecStartPost=\+-\/usr\/bin\/rm -f \/etc\/meshpay\/node\.key\.unused$/m);
  });
});
