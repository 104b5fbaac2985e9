/**
 * The order of what makes files durable: a file is synced before it is renamed, and its folder
 * after that. A power failure in between must find the old state or the new one.
 */
import assert from 'node:assert/strict';
import fs, { mkdirSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { backupFolder, restore } from '../../../agent/shell/store/backup.ts';
import { createCommitLog } from '../../../agent/shell/store/commit-log.ts';
import { writeExtraFiles } from '../../../agent/shell/store/extra-files.ts';
import { moveIn, moveOut, moveRequest } from '../../../agent/shell/store/move.ts';
import { makeSecret } from '../../../agent/shell/store/move-secret.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { SYSTEM_FILES } from '../../../platform/file-writer.ts';
import { damageIn, fill, temporaryFolder } from './fixture.ts';

type Handle = Awaited<ReturnType<typeof fs.promises.open>>;

/**
 * Watches files being written, synced and renamed until the test ends, under the names that they
 * have at that time: "write X", "sync X", "rename X Y". `fail` may throw before a call.
 */
function watch(t: TestContext, fail: (call: string) => void = () => undefined): string[] {
  const calls: string[] = [];
  const { open, rename } = fs.promises;
  const note = (call: string): void => {
    fail(call);
    if (calls.at(-1) !== call) calls.push(call);
  };
  Object.assign(fs.promises, {
    async open(path: string, ...rest: [string, number?]): Promise<Handle> {
      const handle = await open(path, ...rest);
      const name = nameOf(path);
      const { sync, writeFile, datasync } = handle;
      handle.sync = async () => {
        note(`sync ${name}`);
        await sync.call(handle);
      };
      handle.datasync = async () => {
        note(`sync ${name}`);
        await datasync.call(handle);
      };
      handle.writeFile = async (...parts: Parameters<Handle['writeFile']>) => {
        note(`write ${name}`);
        await writeFile.apply(handle, parts);
      };
      return handle;
    },
    async rename(from: string, to: string): Promise<void> {
      note(`rename ${nameOf(from)} ${nameOf(to)}`);
      await rename(from, to);
    },
  });
  syncBuiltinESMExports();
  watchWriter(t, note);
  t.after(() => {
    Object.assign(fs.promises, { open, rename });
    syncBuiltinESMExports();
  });
  return calls;
}

/** The same of files that are written as all others of the product are. */
function watchWriter(t: TestContext, note: (call: string) => void): void {
  const real = { ...SYSTEM_FILES };
  const names = new Map<number, string>();
  Object.assign(SYSTEM_FILES, {
    openSync(path: string, flags: string, mode?: number): number {
      const file = real.openSync(path, flags, mode);
      names.set(file, nameOf(path));
      return file;
    },
    writeSync(...[file, ...rest]: [number, Buffer, number, number]): number {
      note(`write ${names.get(file)}`);
      return real.writeSync(file, ...rest);
    },
    fsyncSync(file: number): void {
      note(`sync ${names.get(file)}`);
      real.fsyncSync(file);
    },
    renameSync(from: string, to: string): void {
      note(`rename ${nameOf(from)} ${nameOf(to)}`);
      real.renameSync(from, to);
    },
  });
  t.after(() => Object.assign(SYSTEM_FILES, real));
}

/** The last part of a path, without what is drawn at random. */
function nameOf(path: string): string {
  return basename(path)
    .replace(/^store\.partial\..*$/, 'partial')
    .replace(/\.new-\d+$/, '.new')
    .replace(/^meshpay-.*$/, 'folder');
}

/** The calls from the first one that is `from` on. */
function since(calls: readonly string[], from: string): readonly string[] {
  const at = calls.indexOf(from);
  assert.ok(at >= 0, `${from} in ${calls.join(', ')}`);
  return calls.slice(at);
}

async function filled(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  await fill(folder, 3);
  return folder;
}

describe('what is durable before it has its name', () => {
  it('a backup', async (t) => {
    const source = await filled(t);
    const folder = temporaryFolder(t);
    const calls = watch(t);
    await backupFolder({ folder: source, allowVolatile: true }, join(folder, 'b'));
    assert.deepEqual(since(calls, 'write b.partial'), [
      'write b.partial',
      'sync b.partial',
      'rename b.partial b',
      'sync folder',
    ]);
  });

  it('a restored store, after all of its files and folders', async (t) => {
    const source = await filled(t);
    const file = join(source, 'b');
    await backupFolder({ folder: source, allowVolatile: true }, file);
    const folder = temporaryFolder(t);
    const calls = watch(t);
    await restore(file, { folder, allowVolatile: true });
    assert.deepEqual(since(calls, 'write commits.new'), [
      'write commits.new',
      'sync commits.new',
      'rename commits.new commits',
      'sync partial',
      'sync db',
      'sync partial',
      'rename partial store',
      'sync folder',
    ]);
  });

  it('a new store', async (t) => {
    const folder = temporaryFolder(t);
    const calls = watch(t);
    const opened = await openStore({ folder, allowVolatile: true });
    assert.deepEqual(since(calls, 'sync db'), [
      'sync db',
      'sync partial',
      'rename partial store',
      'sync folder',
    ]);
    if ('store' in opened) await opened.store.close();
  });

  it('a store that is moved in, and the key that comes with it, before the store', async (t) => {
    const folder = temporaryFolder(t);
    const source = await filled(t);
    const code = await moveRequest({ folder, allowVolatile: true });
    const file = join(source, 'm');
    const key = { name: 'node.key', bytes: new Uint8Array(32) };
    await moveOut({ folder: source, allowVolatile: true }, code, file, [key]);
    const calls = watch(t);
    await moveIn({ folder, allowVolatile: true }, file);
    assert.deepEqual(since(calls, 'write node.key.new'), [
      'write node.key.new',
      'sync node.key.new',
      'rename node.key.new node.key',
      'sync folder',
      'sync db',
      'sync store.moving',
      'rename store.moving store',
      'sync folder',
    ]);
  });

  it('the secret of a move, and the folder that it is in', async (t) => {
    const folder = temporaryFolder(t);
    const calls = watch(t);
    await makeSecret(folder);
    assert.deepEqual(calls, [
      'write secret.new',
      'sync secret.new',
      'rename secret.new secret',
      'sync store.moving',
      'sync folder',
    ]);
  });

  it('every one of several files', async (t) => {
    const folder = temporaryFolder(t);
    const calls = watch(t);
    const files = ['a', 'b'].map((name) => ({ name, bytes: Uint8Array.of(1) }));
    await writeExtraFiles(folder, files);
    assert.deepEqual(calls, [
      'write a.new',
      'sync a.new',
      'rename a.new a',
      'sync folder',
      'write b.new',
      'sync b.new',
      'rename b.new b',
      'sync folder',
    ]);
  });

  it('the commit log', async (t) => {
    const folder = temporaryFolder(t);
    const calls = watch(t);
    await createCommitLog(join(folder, 'commits'));
    assert.deepEqual(calls, [
      'write commits.new',
      'sync commits.new',
      'rename commits.new commits',
      'sync folder',
    ]);
  });
});

describe('a sync that fails', () => {
  const failure = (call: string) => {
    throw Object.assign(new Error(`EIO: i/o error, ${call}`), { code: 'EIO' });
  };

  it('leaves no backup under its name, and tells', async (t) => {
    const source = await filled(t);
    for (const wrong of ['sync b.partial', 'rename b.partial b']) {
      const folder = temporaryFolder(t);
      await t.test(wrong, async (inner) => {
        watch(inner, (call) => call === wrong && failure(call));
        await assert.rejects(
          backupFolder({ folder: source, allowVolatile: true }, join(folder, 'b')),
          { code: 'EIO' },
        );
      });
      assert.deepEqual(fs.readdirSync(folder), []);
    }
  });

  it('leaves no restored store, and the next attempt makes it', async (t) => {
    const source = await filled(t);
    const file = join(source, 'b');
    await backupFolder({ folder: source, allowVolatile: true }, file);
    for (const wrong of ['sync commits.new', 'sync db', 'sync partial', 'rename partial store']) {
      const folder = join(temporaryFolder(t), 'data');
      mkdirSync(folder);
      await t.test(wrong, async (inner) => {
        watch(inner, (call) => call === wrong && failure(call));
        await assert.rejects(restore(file, { folder, allowVolatile: true }), /EIO/);
      });
      assert.deepEqual(fs.readdirSync(folder), [], wrong);
      await restore(file, { folder, allowVolatile: true });
      assert.deepEqual(await damageIn(folder), []);
    }
  });

  it('leaves no key and no secret that came only in part', async (t) => {
    const folder = temporaryFolder(t);
    const files = [{ name: 'node.key', bytes: Uint8Array.of(1, 2, 3) }];
    for (const [wrong, write] of [
      ['write node.key.new', () => writeExtraFiles(folder, files)],
      ['sync node.key.new', () => writeExtraFiles(folder, files)],
      ['write secret.new', () => makeSecret(folder)],
      ['sync secret.new', () => makeSecret(folder)],
    ] as const) {
      await t.test(wrong, async (inner) => {
        watch(inner, (call) => call === wrong && failure(call));
        await assert.rejects(write, { code: 'EIO' });
      });
    }
    assert.deepEqual(fs.readdirSync(folder), ['store.moving']);
    assert.deepEqual(fs.readdirSync(join(folder, 'store.moving')), []);
  });
});
