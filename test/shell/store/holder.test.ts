/** One process at a time works on a data folder; the next one is told which that is. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { holderOf, holdFolder } from '../../../agent/shell/store/holder.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { damageIn, open, temporaryFolder } from './fixture.ts';

const CHILD = fileURLToPath(new URL('./kill-child.js', import.meta.url));

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
    writeFileSync(join(folder, 'pid'), '');
    const opened = await openStore({ folder, allowVolatile: true });
    assert.ok(opened.state === 'refused' && opened.error.code === 'data_in_use');
    assert.match(opened.error.message, /a process without a pid file/);
    await store.close();
  });
});

describe('a pid file', () => {
  it('of a process that is gone, or whose pid another one has now, is replaced', async (t) => {
    const folder = join(temporaryFolder(t), 'data');
    mkdirSync(folder);
    // No pid is that high, and no process began before the first tick.
    for (const stale of ['4194999 1\n', `${process.ppid} 1\n`, `${process.pid} 1\n`, 'nonsense']) {
      writeFileSync(join(folder, 'pid'), stale);
      assert.equal(await holderOf(folder), undefined, stale);
      const hold = await holdFolder(folder);
      assert.equal(await holderOf(folder), process.pid);
      await hold.release();
      assert.ok(!existsSync(join(folder, 'pid')));
    }
  });
});
