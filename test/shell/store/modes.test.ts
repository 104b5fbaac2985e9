/** Whatever the umask, what a store keeps is never anybody else's, not even while it is made. */
import assert from 'node:assert/strict';
import fs, { readdirSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { backupFolder, restore } from '../../../agent/shell/store/backup.ts';
import { holdFolder } from '../../../agent/shell/store/holder.ts';
import { moveIn, moveOut, moveRequest } from '../../../agent/shell/store/move.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { fill, temporaryFolder } from './fixture.ts';

/** What lies below a folder and others may read or enter; what is in a closed folder is closed. */
function exposed(folder: string, root = folder): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o077) !== 0) return [`${relative(root, path)} ${(mode & 0o777).toString(8)}`];
    return [];
  });
}

/** Looks after every call that may make something, with no bit taken off by the umask. */
function watchModes(t: TestContext, folder: string): () => readonly string[] {
  const mask = process.umask(0);
  const found = new Set<string>();
  const look = (): void => {
    for (const part of ['', 'store', 'store.moving']) {
      const place = join(folder, part);
      if (!fs.existsSync(place)) continue;
      for (const one of exposed(place)) if (!/^(db|mine) /.test(one)) found.add(join(part, one));
    }
  };
  const { mkdir, open, writeFile } = fs.promises;
  for (const [name, call] of Object.entries({ mkdir, open, writeFile })) {
    Object.assign(fs.promises, {
      async [name](...parts: unknown[]): Promise<unknown> {
        const result = await (call as (...all: unknown[]) => Promise<unknown>)(...parts);
        look();
        return result;
      },
    });
  }
  syncBuiltinESMExports();
  t.after(() => {
    process.umask(mask);
    Object.assign(fs.promises, { mkdir, open, writeFile });
    syncBuiltinESMExports();
  });
  return () => {
    look();
    return [...found];
  };
}

describe('with a umask of 0', () => {
  it('the folder is closed, and so is everything that says who holds it', async (t) => {
    const folder = temporaryFolder(t);
    const found = watchModes(t, folder);
    const hold = await holdFolder(folder);
    assert.deepEqual(found(), []);
    await hold.release();
    const opened = await openStore({ folder: join(folder, 'data'), allowVolatile: true });
    if ('store' in opened) await opened.store.close();
    assert.deepEqual(found(), []);
    const inner = exposed(join(folder, 'data', 'store')).filter((one) => !one.startsWith('db '));
    assert.deepEqual(inner, []);
  });

  it('a new store, a backup and a restored store are closed', async (t) => {
    const [folder, target] = [temporaryFolder(t), temporaryFolder(t)];
    const found = watchModes(t, folder);
    await fill(folder, 3);
    await backupFolder({ folder, allowVolatile: true }, join(folder, 'b'));
    assert.deepEqual(found(), []);
    await restore(join(folder, 'b'), { folder: target, allowVolatile: true });
    assert.deepEqual(exposed(target), []);
  });

  it('a move is closed: its secret, its file and the key that comes with it', async (t) => {
    const [old, folder] = [temporaryFolder(t), temporaryFolder(t)];
    await fill(old, 3);
    const found = watchModes(t, folder);
    const code = await moveRequest({ folder, allowVolatile: true });
    assert.deepEqual(exposed(join(folder, 'store.moving')), []);
    const files = [{ name: 'node.key', bytes: new Uint8Array(32) }];
    await moveOut({ folder: old, allowVolatile: true }, code, join(folder, 'm'), files);
    await moveIn({ folder, allowVolatile: true }, join(folder, 'm'));
    assert.deepEqual(found(), []);
    assert.deepEqual(readdirSync(folder).sort(), ['m', 'node.key', 'store']);
  });
});
