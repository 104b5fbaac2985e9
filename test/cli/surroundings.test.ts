/**
 * Where a command runs: without a home, in a folder that was removed. Nothing lands anywhere else.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { MESHPAYD } from '../process/process.ts';
import { finished, MESHPAY, type Ran, temporaryFolder } from './support.ts';

function run(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const { PATH } = process.env;
  return finished(
    spawn(process.execPath, [program, ...args], {
      cwd,
      env: { PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** Runs a program in a folder that is removed under it. */
function runInNothing(folder: string, program: string, args: string[]): Promise<Ran> {
  const gone = join(folder, 'gone');
  mkdirSync(gone);
  const script = 'cd "$1" && rmdir "$1" && shift && exec "$@"';
  const line = ['-c', script, '-', gone, process.execPath, program, ...args];
  const { PATH } = process.env;
  return finished(spawn('sh', line, { env: { PATH, HOME: folder } }));
}

describe('a command without a home', () => {
  for (const home of ['', 'relative', '.']) {
    it(`makes no wallet in the working folder (HOME is ${JSON.stringify(home)})`, async (t) => {
      const folder = temporaryFolder(t);
      for (const args of [['new'], ['balance'], ['address']]) {
        const { status, out, err } = await run(MESHPAY, ['wallet', ...args], folder, {
          HOME: home,
        });
        assert.equal(status, EXITS.config.status, err);
        assert.match(err, /^meshpay: no_home: HOME: expected an absolute path, found none\n/);
        assert.match(err, /--wallet FOLDER/);
        assert.equal(out, '');
        assert.deepEqual(readdirSync(folder), []);
      }
    });
  }

  it('makes one where it is told to', async (t) => {
    const folder = temporaryFolder(t);
    const args = ['wallet', 'new', '--wallet', join(folder, 'w')];
    assert.equal((await run(MESHPAY, args, folder, { HOME: '' })).status, 0);
    assert.ok(existsSync(join(folder, 'w', 'wallet.key')));
  });
});

describe('a program whose working folder was removed', () => {
  for (const args of [
    ['wallet', 'new', '--wallet', 'w'],
    ['network', 'create', 'n', '--authorities', '1', '--token', 'HRS:2'],
    ['doctor', '--config', 'x.toml'],
    ['restore', 'file', '--config', 'x.toml'],
  ]) {
    it(`says so: meshpay ${args.join(' ')}`, async (t) => {
      const folder = temporaryFolder(t);
      const { status, err } = await runInNothing(folder, MESHPAY, args);
      assert.match(err, /^meshpay: \w+: .*(working folder|file): expected .*, found .*removed\n/);
      assert.doesNotMatch(err, /^\s+at /m);
      assert.ok(status !== 0 && status !== EXITS.internal.status);
      rmSync(join(folder, 'gone'), { recursive: true, force: true });
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('says so: meshpayd with a relative path, and takes an absolute one', async (t) => {
    const folder = temporaryFolder(t);
    const { status, err } = await runInNothing(folder, MESHPAYD, ['--config', 'x.toml']);
    assert.equal(status, EXITS.config.status);
    assert.equal(
      err,
      'meshpayd: x.toml: file: expected an absolute path, or a working folder that is there, found one that was removed\n',
    );
    const absolute = await runInNothing(folder, MESHPAYD, ['--config', '/nowhere/x.toml']);
    assert.match(absolute.err, /^meshpayd: \/nowhere\/x\.toml: file: .*ENOENT\n$/);
  });
});
