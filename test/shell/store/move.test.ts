/** Moves: at every moment at most one of the two stores may vote. */
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { SPACES } from '../../../agent/core/spaces.ts';
import { backup, backupFolder, restore } from '../../../agent/shell/store/backup.ts';
import { moveIn, moveOut, moveRequest } from '../../../agent/shell/store/move.ts';
import { isMoveCode } from '../../../agent/shell/store/move-secret.ts';
import { inspectStore, openStore } from '../../../agent/shell/store/open.ts';
import { fill, open, temporaryFolder } from './fixture.ts';

const KEY = { name: 'node.key', bytes: new Uint8Array(32).fill(3) };

/** An old folder with a store, a new one without, and a place for the file. */
async function places(t: TestContext): Promise<{ old: string; fresh: string; file: string }> {
  const [old, fresh] = [temporaryFolder(t), temporaryFolder(t)];
  await fill(old, 20);
  return { old, fresh, file: join(temporaryFolder(t), 'node.move') };
}

/** Whether an authority could start on this folder and vote. */
async function mayVote(folder: string): Promise<boolean> {
  if (!existsSync(join(folder, 'store'))) return false;
  const opened = await openStore({ folder, allowVolatile: true });
  if (!('store' in opened)) return false;
  const standing = opened.store.get(SPACES.standing.key);
  await opened.store.close();
  return opened.state === 'sound' && standing === undefined;
}

function at(folder: string): { folder: string; allowVolatile: true } {
  return { folder, allowVolatile: true };
}

describe('a move', () => {
  it('takes records, files and the right to vote from the old folder to the new one', async (t) => {
    const { old, fresh, file } = await places(t);
    const code = await moveRequest(at(fresh));
    assert.match(code, /^mpmove1[a-z0-9]{32}$/);
    assert.deepEqual([await mayVote(old), await mayVote(fresh)], [true, false]);
    await moveOut(at(old), code, file, [KEY]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual([await mayVote(old), await mayVote(fresh)], [false, false]);
    assert.deepEqual(await moveIn(at(fresh), file), ['node.key']);
    assert.deepEqual([await mayVote(old), await mayVote(fresh)], [false, true]);
    assert.deepEqual(new Uint8Array(readFileSync(join(fresh, 'node.key'))), KEY.bytes);
    assert.equal(statSync(join(fresh, 'node.key')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(fresh).sort(), ['node.key', 'store']);
    assert.deepEqual(readdirSync(join(fresh, 'store')).sort(), ['commits', 'db']);
  });

  it('cannot be done twice, to the same folder or another', async (t) => {
    const { old, fresh, file } = await places(t);
    const other = temporaryFolder(t);
    const [code, otherCode] = [await moveRequest(at(fresh)), await moveRequest(at(other))];
    assert.notEqual(code, otherCode);
    await moveOut(at(old), code, file);
    await assert.rejects(moveOut(at(old), otherCode, file), { code: 'move_code_differs' });
    await assert.rejects(moveIn(at(other), file), { code: 'move_code_differs' });
    await moveIn(at(fresh), file);
    await assert.rejects(moveIn(at(fresh), file), { code: 'store_exists' });
    // Not even when somebody removes the store that came in.
    rmSync(join(fresh, 'store'), { recursive: true });
    await assert.rejects(moveIn(at(fresh), file), { code: 'move_not_requested' });
    await moveRequest(at(fresh));
    await assert.rejects(moveIn(at(fresh), file), { code: 'move_code_differs' });
  });

  it('gives the same code and the same file when a step is repeated', async (t) => {
    const { old, fresh, file } = await places(t);
    const code = await moveRequest(at(fresh));
    assert.equal(await moveRequest(at(fresh)), code);
    await moveOut(at(old), code, file, [KEY]);
    const bytes = readFileSync(file);
    rmSync(file);
    await moveOut(at(old), code, file, [KEY]);
    assert.deepEqual(readFileSync(file), bytes);
    await moveOut(at(old), code, file, [KEY]);
    assert.deepEqual(readFileSync(file), bytes);
  });

  it('does not give a restored store its vote back', async (t) => {
    const { old, fresh, file } = await places(t);
    const saved = join(temporaryFolder(t), 'node.backup');
    await backupFolder(at(old), saved);
    const restored = temporaryFolder(t);
    await restore(saved, at(restored));
    await moveOut(at(restored), await moveRequest(at(fresh)), file);
    await moveIn(at(fresh), file);
    assert.equal(await mayVote(fresh), false);
    const store = await open(fresh);
    const reason = Buffer.from(store.get(SPACES.standing.key) ?? []).toString('latin1');
    assert.match(reason, /restored from a backup/);
    await store.close();
  });
});

describe('a sealed store', () => {
  it('is refused by name, also to a backup, and can still be inspected', async (t) => {
    const { old, fresh, file } = await places(t);
    const code = await moveRequest(at(fresh));
    await moveOut(at(old), code, file);
    const opened = await openStore(at(old));
    assert.ok(opened.state === 'refused');
    assert.match(opened.error.message, new RegExp(`^store_moved: .* with code ${code}$`));
    const saved = join(old, 'node.backup');
    await assert.rejects(backupFolder(at(old), saved), { code: 'store_moved' });
    const inspected = await inspectStore(at(old));
    assert.ok(inspected.state === 'sound');
    assert.equal(inspected.schema.moved?.code, code);
    assert.ok(inspected.reader.get(SPACES.standing.key) !== undefined);
    await assert.rejects(backup(inspected.reader, saved), { code: 'store_moved' });
    await inspected.reader.close();
  });

  it('comes back without its vote if the secret is lost', async (t) => {
    const { old, fresh, file } = await places(t);
    await moveOut(at(old), await moveRequest(at(fresh)), file, [KEY]);
    const other = temporaryFolder(t);
    await restore(file, at(other));
    assert.equal(await mayVote(other), false);
    assert.ok(!existsSync(join(other, 'node.key')));
    await (await open(other)).close();
  });
});

describe('a crash in a move', () => {
  it('before the file is written leaves a sealed store, and moveOut goes on', async (t) => {
    const { old, fresh, file } = await places(t);
    const code = await moveRequest(at(fresh));
    // The folder of the file is not there: writing fails after the seal.
    const nowhere = join(file, 'nowhere', 'node.move');
    await assert.rejects(moveOut(at(old), code, nowhere, [KEY]), { code: 'ENOENT' });
    assert.equal(await mayVote(old), false);
    await moveOut(at(old), code, file, [KEY]);
    await moveIn(at(fresh), file);
    assert.deepEqual([await mayVote(old), await mayVote(fresh)], [false, true]);
  });

  it('while the new store is built leaves none, and moveIn begins again', async (t) => {
    const { old, fresh, file } = await places(t);
    await moveOut(at(old), await moveRequest(at(fresh)), file, [KEY]);
    // What a crash may leave: part of another store in the hidden folder, and the key file.
    const other = temporaryFolder(t);
    await fill(other, 3);
    cpSync(join(other, 'store/db'), join(fresh, 'store.moving/db'), { recursive: true });
    writeFileSync(join(fresh, 'node.key'), KEY.bytes);
    assert.equal(await mayVote(fresh), false);
    await moveIn(at(fresh), file);
    assert.equal(await mayVote(fresh), true);
  });

  it('after the store appeared, with the secret still in it, does not allow another', async (t) => {
    const { old, fresh, file } = await places(t);
    await moveOut(at(old), await moveRequest(at(fresh)), file);
    const secret = readFileSync(join(fresh, 'store.moving/secret'));
    await moveIn(at(fresh), file);
    writeFileSync(join(fresh, 'store/secret'), secret);
    assert.equal(await mayVote(fresh), true);
    await assert.rejects(moveIn(at(fresh), file), { code: 'store_exists' });
  });
});

describe('a move is refused', () => {
  it('with a mistyped code, before anything is sealed', async (t) => {
    const { old, fresh, file } = await places(t);
    const code = await moveRequest(at(fresh));
    assert.ok(isMoveCode(code));
    const typo = code.slice(0, 20) + (code[20] === 'q' ? 'p' : 'q') + code.slice(21);
    for (const bad of [typo, '', code.slice(1), `${code}q`, code.replace('mpmove', 'mpnode')]) {
      await assert.rejects(moveOut(at(old), bad, file), { code: 'bad_move_code' });
    }
    assert.equal(await mayVote(old), true);
  });

  it('over a file that is there, with files of bad names, or where a store is', async (t) => {
    const { old, fresh, file } = await places(t);
    const code = await moveRequest(at(fresh));
    writeFileSync(file, 'mine');
    await assert.rejects(moveOut(at(old), code, file), { code: 'file_exists' });
    rmSync(file);
    for (const name of ['../up', '', 'a/b', '.hidden', 'store', 'pid', 'store.moving']) {
      const files = [{ name, bytes: KEY.bytes }];
      await assert.rejects(moveOut(at(old), code, file, files), { code: 'bad_backup' }, name);
    }
    await assert.rejects(moveRequest(at(old)), { code: 'store_exists' });
    assert.equal(await mayVote(old), true);
  });

  it('without a request, with a plain backup, or over a key file that differs', async (t) => {
    const { old, fresh, file } = await places(t);
    const saved = join(temporaryFolder(t), 'node.backup');
    await backupFolder(at(old), saved);
    await assert.rejects(moveIn(at(fresh), saved), { code: 'move_not_requested' });
    const code = await moveRequest(at(fresh));
    await assert.rejects(moveIn(at(fresh), saved), { code: 'bad_backup' });
    await moveOut(at(old), code, file, [KEY]);
    writeFileSync(join(fresh, 'node.key'), 'another');
    await assert.rejects(moveIn(at(fresh), file), { code: 'file_exists' });
    assert.equal(await mayVote(fresh), false);
    rmSync(join(fresh, 'node.key'));
    const bytes = readFileSync(file);
    for (const i of [60, 200, bytes.length >> 1, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      writeFileSync(file, changed);
      await assert.rejects(moveIn(at(fresh), file));
      assert.equal(await mayVote(fresh), false);
    }
    writeFileSync(file, bytes);
    await moveIn(at(fresh), file);
    assert.equal(await mayVote(fresh), true);
  });

  it('while the old or the new folder is in use', async (t) => {
    const { old, fresh, file } = await places(t);
    const code = await moveRequest(at(fresh));
    const store = await open(old);
    await assert.rejects(moveOut(at(old), code, file), { code: 'data_in_use' });
    await store.close();
    assert.equal(await mayVote(old), true);
    mkdirSync(join(fresh, 'unrelated'));
    await moveOut(at(old), code, file);
    await moveIn(at(fresh), file);
    assert.equal(await mayVote(fresh), true);
  });
});
