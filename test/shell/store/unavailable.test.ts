/**
 * What the system refuses is told as that, with its code and the file, and never as damage: what
 * mends damage costs an authority its vote. Afterwards the store is what it was.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClassicLevel } from 'classic-level';
import { SPACES } from '../../../agent/core/spaces.ts';
import { backupFolder } from '../../../agent/shell/store/backup.ts';
import { StoreDamaged } from '../../../agent/shell/store/damage.ts';
import { openLevel } from '../../../agent/shell/store/level.ts';
import { moveOut } from '../../../agent/shell/store/move.ts';
import { codeOf } from '../../../agent/shell/store/move-secret.ts';
import { inspectStore, openStore } from '../../../agent/shell/store/open.ts';
import { StoreError } from '../../../agent/shell/store/store-error.ts';
import {
  isCorruption,
  isSystemError,
  systemRefusal,
} from '../../../agent/shell/store/system-error.ts';
import { account, damageIn, fill, open, temporaryFolder } from './fixture.ts';

const OPENER = fileURLToPath(new URL('./open-child.js', import.meta.url));
const CODE = codeOf(new Uint8Array(32));

/** What LevelDB throws at an IO error with these words. */
function levelError(text: string, code: string | null = 'LEVEL_IO_ERROR'): Error {
  const cause = Object.assign(new Error(text), code === null ? {} : { code });
  return Object.assign(new Error('Database failed to open', { cause }), {
    code: 'LEVEL_DATABASE_NOT_OPEN',
  });
}

/** A closed store in a table, and the names of its files. */
async function storeWithFiles(t: TestContext) {
  const folder = temporaryFolder(t);
  await fill(folder, 20);
  const level = await openLevel(join(folder, 'store/db'), false);
  assert.ok(level.state === 'open');
  await level.level.compactRange(Buffer.of(0), Buffer.of(255));
  await level.level.close();
  const named = (pattern: RegExp) => {
    const name = readdirSync(join(folder, 'store/db')).find((candidate) => pattern.test(candidate));
    assert.ok(name !== undefined, String(pattern));
    return join(folder, 'store/db', name);
  };
  return { folder, named };
}

/** Everything that opens a store refuses it so. */
async function assertUnavailable(folder: string, errno: string, file: string): Promise<void> {
  const isRight = (error: unknown): true => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, 'store_unavailable', error.message);
    assert.equal(error.errno, errno, error.message);
    assert.ok(error.message.includes(file), error.message);
    assert.ok(error.message.includes(errno), error.message);
    assert.match(error.message, /Keep the store as it is/);
    return true;
  };
  const opened = await openStore({ folder, allowVolatile: true });
  assert.ok(opened.state === 'refused', opened.state);
  isRight(opened.error);
  const inspected = await inspectStore({ folder });
  assert.ok(inspected.state === 'refused', inspected.state);
  isRight(inspected.error);
  await assert.rejects(backupFolder({ folder }, join(folder, 'x.backup')), isRight);
  await assert.rejects(moveOut({ folder, allowVolatile: true }, CODE, join(folder, 'x')), isRight);
}

describe('an error of LevelDB', () => {
  const texts = {
    EACCES: ['Permission denied'],
    EPERM: ['Operation not permitted'],
    ENOSPC: ['No space left on device'],
    EDQUOT: ['Disk quota exceeded', 'Quota exceeded'],
    EROFS: ['Read-only file system'],
    EMFILE: ['Too many open files', 'No file descriptors available'],
    ENFILE: ['Too many open files in system'],
    EIO: ['Input/output error', 'I/O error'],
    ENOTDIR: ['Not a directory'],
    ELOOP: ['Too many levels of symbolic links', 'Symbolic link loop'],
    ENOMEM: ['Cannot allocate memory', 'Out of memory'],
  };

  it("is the system's for each of its codes, in the words of glibc and of musl", () => {
    for (const [errno, words] of Object.entries(texts)) {
      for (const word of words) {
        const error = levelError(`IO error: /a folder: with colons/LOCK: ${word}`);
        assert.ok(isSystemError(error) && !isCorruption(error), word);
        assert.equal(systemRefusal(error).errno, errno);
      }
    }
  });

  it("is the system's, too, where nobody knows the words", () => {
    const error = levelError('IO error: /x/000004.ldb: Structure needs cleaning');
    assert.ok(isSystemError(error) && !isCorruption(error));
    assert.match(systemRefusal(error).message, /000004\.ldb: Structure needs cleaning/);
  });

  it('is damage where a file is gone, too short or wrong', () => {
    for (const error of [
      levelError('IO error: /x/MANIFEST-000002: No such file or directory'),
      levelError('IO error: /x/000004.ldb: Invalid argument'),
      levelError('Corruption: bad block', 'LEVEL_CORRUPTION'),
      levelError('NotFound: x', 'LEVEL_NOT_FOUND'),
      levelError('Invalid argument: /x: does not exist (create_if_missing is false)', null),
    ]) {
      assert.ok(isCorruption(error) && !isSystemError(error), String(error.cause));
    }
  });

  it('is neither where the program is at fault', () => {
    const error = new TypeError('x is not a function');
    assert.ok(!isCorruption(error) && !isSystemError(error));
  });
});

describe('a sound store that cannot be opened now', () => {
  it('is refused where a file of it leads nowhere, or is none, and sound afterwards', async (t) => {
    const { folder, named } = await storeWithFiles(t);
    const database = join(folder, 'store/db');
    const files = [database, named(/^CURRENT$/), named(/^LOCK$/), named(/^MANIFEST/)];
    for (const file of [...files, join(folder, 'store/commits')]) {
      renameSync(file, `${file}.aside`);
      symlinkSync(file, file);
      await assertUnavailable(folder, 'ELOOP', file);
      unlinkSync(file);
      if (file === database) {
        writeFileSync(file, '');
        await assertUnavailable(folder, 'ENOTDIR', file);
        unlinkSync(file);
      } else {
        mkdirSync(file);
        await assertUnavailable(folder, 'EISDIR', file);
        rmdirSync(file);
      }
      renameSync(`${file}.aside`, file);
    }
    assert.deepEqual(await damageIn(folder), []);
  });

  it('is refused where its files belong to somebody else', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root can give files away');
    const { folder, named } = await storeWithFiles(t);
    const nobody = 65_534;
    const database = join(folder, 'store/db');
    const inside = readdirSync(database).map((name) => join(database, name));
    for (const path of [folder, join(folder, 'store'), join(folder, 'store/commits'), database]) {
      chownSync(path, nobody, nobody);
    }
    for (const path of inside) chownSync(path, nobody, nobody);
    for (const pattern of [/^CURRENT$/, /^LOCK$/, /^MANIFEST/, /\.ldb$/, undefined]) {
      const file = pattern === undefined ? join(folder, 'store/commits') : named(pattern);
      chmodSync(file, 0);
      const { stdout } = spawnSync(process.execPath, [OPENER, folder], {
        uid: nobody,
        gid: nobody,
        encoding: 'utf8',
      });
      assert.match(stdout, /^refused store_unavailable EACCES /, file);
      assert.ok(stdout.includes(file), stdout);
      chmodSync(file, 0o666);
    }
    assert.deepEqual(await damageIn(folder), []);
  });

  it('is refused where no more files may be opened', async (t) => {
    const { folder } = await storeWithFiles(t);
    const answers: string[] = [];
    for (let spare = 0; spare < 12; spare++) {
      const words = `"${process.execPath}" "${OPENER}" "${folder}" ${spare}`;
      const limited = `ulimit -n 100 && exec ${words}`;
      const { stdout } = spawnSync('sh', ['-c', limited], { encoding: 'utf8' });
      answers.push(stdout.split(' ').slice(0, 3).join(' ').trim());
    }
    const kinds = new Set(answers);
    assert.deepEqual([...kinds].sort(), ['refused store_unavailable EMFILE', 'sound']);
    assert.deepEqual(await damageIn(folder), []);
  });

  it('is refused where the disk fails in the middle of the check', async (t) => {
    const { folder } = await storeWithFiles(t);
    const { getSync } = ClassicLevel.prototype;
    t.after(() => {
      ClassicLevel.prototype.getSync = getSync;
    });
    let looks = 0;
    ClassicLevel.prototype.getSync = function (this: ClassicLevel, ...parts: never[]) {
      looks += 1;
      if (looks > 10) throw levelError('IO error: /x/000005.ldb: Input/output error').cause;
      return Reflect.apply(getSync, this, parts);
    } as typeof getSync;
    const opened = await openStore({ folder, allowVolatile: true });
    assert.ok(opened.state === 'refused' && opened.error.errno === 'EIO', opened.state);
    ClassicLevel.prototype.getSync = getSync;
    assert.deepEqual(await damageIn(folder), [], 'and the refused one holds nothing any more');
  });
});

describe('a read while the store is open', () => {
  it('that the system refuses is no damage, and one that LevelDB refuses is', async (t) => {
    const { folder } = await storeWithFiles(t);
    const store = await open(folder);
    const { getSync } = ClassicLevel.prototype;
    t.after(async () => {
      ClassicLevel.prototype.getSync = getSync;
      await store.close();
    });
    const failing = (error: unknown): void => {
      ClassicLevel.prototype.getSync = () => {
        throw error;
      };
    };
    const key = SPACES.account.at(account(3)).key;
    for (const code of ['LEVEL_IO_ERROR', null]) {
      failing(levelError('IO error: /x/000005.ldb: Input/output error', code).cause);
      assert.throws(() => store.get(key), { code: 'store_unavailable', errno: 'EIO' });
    }
    for (const code of ['LEVEL_CORRUPTION', null]) {
      failing(levelError('Corruption: bad block', code).cause);
      assert.throws(() => store.get(key), StoreDamaged);
    }
  });
});

describe('a table', () => {
  it('that was cut is damage', async (t) => {
    const { folder, named } = await storeWithFiles(t);
    truncateSync(named(/\.ldb$/), 400);
    const [damage] = await damageIn(folder);
    assert.equal(damage?.code, 'unreadable');
  });
});
