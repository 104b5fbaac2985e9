/** One process at a time works on a data folder; the next one is told which that is. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { holderOf, holdFolder } from '../../../agent/shell/store/holder.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { until } from '../../support/wait.ts';
import { damageIn, open, temporaryFolder } from './fixture.ts';
import { watchFileCalls } from './paused-files.ts';

const CHILD = fileURLToPath(new URL('./kill-child.js', import.meta.url));

function pidFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('pid'));
}

/** The name that this process puts down. */
async function nameOfThis(folder: string): Promise<string> {
  const hold = await holdFolder(folder);
  const name = pidFiles(folder).find((candidate) => candidate !== 'pid') ?? '';
  await hold.release();
  return name;
}

describe('a second instance', () => {
  it('is refused with the pid of the first, until that one is gone, however it went', async (t) => {
    const folder = temporaryFolder(t);
    const child = spawn(process.execPath, [CHILD, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    child.stdout.resume();
    const opened = await openStore({ folder, allowVolatile: true });
    assert.ok(opened.state === 'refused');
    assert.equal(opened.error.code, 'data_in_use');
    assert.match(opened.error.message, new RegExp(`held by process ${child.pid}$`));
    assert.equal(await holderOf(folder), child.pid, 'and leaves the pid file alone');
    const [first] = readFileSync(join(folder, 'pid'), 'latin1').split(' ');
    assert.equal(first, `${child.pid}`, 'whose first word is the number, for scripts');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    assert.deepEqual(await damageIn(folder), []);
    assert.ok(!existsSync(join(folder, 'pid')));
  });

  it('is refused in the same process, too', async (t) => {
    const folder = temporaryFolder(t);
    const store = await open(folder);
    const opened = await openStore({ folder, allowVolatile: true });
    assert.ok(opened.state === 'refused' && opened.error.code === 'data_in_use');
    await store.close();
  });

  it("is kept out by LevelDB's lock where the pid file says nothing", async (t) => {
    const folder = temporaryFolder(t);
    const store = await open(folder);
    for (const name of pidFiles(folder)) rmSync(join(folder, name));
    const opened = await openStore({ folder, allowVolatile: true });
    assert.ok(opened.state === 'refused' && opened.error.code === 'data_in_use');
    assert.match(opened.error.message, /a process that cannot be seen from here/);
    await store.close();
  });
});

describe('a pid file', () => {
  it('of a process that is gone, or whose pid another one has now, is replaced', async (t) => {
    const folder = join(temporaryFolder(t), 'data');
    mkdirSync(folder);
    const held = await holdFolder(folder);
    const own = pidFiles(folder).find((name) => name !== 'pid') ?? '';
    await held.release();
    const [, pid = '', start = '', boot = ''] = own.split('.');
    assert.equal(pid, String(process.pid));
    const living = ['pid', pid, start, boot, '0'].join('.');
    // No pid is that high, no process began before the first tick, and this is another boot.
    for (const stale of [
      living.replace(pid, '4194999'),
      living.replace(`${pid}.${start}`, `${process.ppid}.1`),
      living.replace(start, '1'),
      living.replace(boot, 'c0ffee'),
      'nonsense',
    ]) {
      writeFileSync(join(folder, stale), '');
      writeFileSync(join(folder, `${stale}.new`), '');
      writeFileSync(join(folder, 'pid'), `${stale}\n`);
      assert.equal(await holderOf(folder), undefined, stale);
      const hold = await holdFolder(folder);
      assert.equal(await holderOf(folder), process.pid);
      await hold.release();
      assert.deepEqual(pidFiles(folder), [], 'and swept up');
    }
    writeFileSync(join(folder, living), '');
    writeFileSync(join(folder, 'pid'), `${living}\n`);
    await assert.rejects(holdFolder(folder), { code: 'data_in_use' });
    assert.ok(existsSync(join(folder, living)), 'and the name of a living one is left alone');
  });

  it('of a process that is dead and whose parent has not noticed holds nothing', async (t) => {
    const folder = temporaryFolder(t);
    // What becomes of the shell waits for no child: the first sleep is a zombie until then.
    const script = 'sleep 0.2 & echo $!; exec sleep 600';
    const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => shell.kill('SIGKILL'));
    const [line] = await once(shell.stdout, 'data');
    const pid = Number(String(line));
    const stat = () =>
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /, '')
        .split(' ');
    await until(() => stat()[0] === 'Z', 'a zombie');
    const [, , , boot] = (await nameOfThis(folder)).split('.');
    const name = `pid.${pid}.${stat()[19]}.${boot}.0`;
    writeFileSync(join(folder, name), '');
    writeFileSync(join(folder, 'pid'), `${name}\n`);
    const hold = await holdFolder(folder);
    await hold.release();
  });

  it('is not taken while another wants the folder: the name that sorts last withdraws', async (t) => {
    const folder = temporaryFolder(t);
    const own = await nameOfThis(folder);
    const calls = watchFileCalls(t);
    // Names of this process, which lives, that hold nothing yet.
    const first = own.replace(/[^.]+$/, '0');
    writeFileSync(join(folder, first), '');
    calls.start();
    await assert.rejects(holdFolder(folder), { code: 'data_in_use' });
    assert.equal(
      calls.count,
      5,
      'put down, looked, who holds it, taken back twice: no second look',
    );
    assert.deepEqual(pidFiles(folder), [first]);
    rmSync(join(folder, first));

    const last = own.replace(/[^.]+$/, 'ffffffffff');
    writeFileSync(join(folder, last), '');
    // Put down, looked, who holds it; and the other withdraws before the second look.
    calls.start(3, async () => rmSync(join(folder, last)));
    const hold = await holdFolder(folder);
    assert.ok(!existsSync(join(folder, last)), 'not before that');
    await hold.release();
    assert.deepEqual(pidFiles(folder), []);
  });
});
