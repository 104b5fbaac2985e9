/**
 * The commit log: an acknowledged commit is there whatever happens to LevelDB's own log, at
 * whatever moment, and nothing is told before it is synced.
 */
import assert from 'node:assert/strict';
import fs, { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ClassicLevel } from 'classic-level';
import { decodeOwn } from '../../../agent/core/codec/canonical.ts';
import { journalHeadCoder } from '../../../agent/core/codec/record.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { type CommitRecord, noCommit, planCommit } from '../../../agent/shell/store/commit.ts';
import {
  CommitLog,
  createCommitLog,
  readCommitLog,
} from '../../../agent/shell/store/commit-log.ts';
import {
  COMMIT_LOG_FIRST_BLOCKS,
  COMMIT_LOG_MOST_BLOCKS,
} from '../../../agent/shell/store/limits.ts';
import { encodeEntry } from '../../../agent/shell/store/log-format.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import type { Store } from '../../../agent/shell/store/store.ts';
import { Random } from '../../support/random.ts';
import {
  account,
  asKilled,
  damageAtWork,
  damageIn,
  fill,
  IN_MEMORY,
  Ledger,
  NETWORK,
  open,
  temporaryFolder,
} from './fixture.ts';

type WriteParts = [file: number, bytes: Buffer, at: number, length: number, position: number];
type Sync = (file: number, done: (error: Error | null) => void) => void;

/** Puts something in the place of calls of node:fs and of LevelDB until the test ends. */
function replaceCalls(t: TestContext) {
  const real = { fdatasync: fs.fdatasync, writeSync: fs.writeSync };
  const { batch, compactRange } = ClassicLevel.prototype;
  t.after(() => {
    Object.assign(fs, real);
    Object.assign(ClassicLevel.prototype, { batch, compactRange });
    syncBuiltinESMExports();
  });
  return {
    real,
    batch: batch as (...parts: unknown[]) => Promise<void>,
    compactRange: compactRange as (...parts: unknown[]) => Promise<void>,
    files(calls: object) {
      Object.assign(fs, calls);
      syncBuiltinESMExports();
    },
    level(calls: object) {
      Object.assign(ClassicLevel.prototype, calls);
    },
  };
}

/** Tells every call that makes something durable, in order. */
function recordCalls(t: TestContext): string[] {
  const seen: string[] = [];
  const { real, batch, compactRange, files, level } = replaceCalls(t);
  files({
    writeSync: (...parts: WriteParts) => {
      seen.push(parts[4] < 8192 ? `checkpoint ${parts[4] / 4096}` : 'entry');
      return real.writeSync(...parts);
    },
    fdatasync: (file: number, done: (error: Error | null) => void) => {
      seen.push('sync begins');
      real.fdatasync(file, (error) => {
        seen.push('synced');
        done(error);
      });
    },
  });
  level({
    batch(this: unknown, operations: readonly unknown[], options?: { readonly sync?: boolean }) {
      seen.push(`batch of ${operations.length}, ${options?.sync ?? false}`);
      return batch.call(this, operations, options);
    },
    async compactRange(this: unknown, ...range: unknown[]) {
      seen.push('flush begins');
      await compactRange.apply(this, range);
      seen.push('flushed');
    },
  });
  return seen;
}

/** What is left when the power fails: LevelDB's own log was never synced. */
function asPowerless(t: TestContext, folder: string): string {
  const copy = asKilled(t, folder);
  const database = join(copy, 'store/db');
  for (const name of readdirSync(database)) {
    if (/^\d+\.log$/.test(name)) rmSync(join(database, name));
  }
  return copy;
}

async function headOf(folder: string): Promise<number> {
  const store = await open(folder);
  const head = store.get(SPACES.journalHead.key);
  await store.close();
  return head === undefined ? 0 : Number(decodeOwn(journalHeadCoder, head).count);
}

/** The last commit that a start would find in the log, with all since the checkpoint before it. */
async function lastInLog(folder: string): Promise<bigint> {
  const contents = await readCommitLog(join(folder, 'store/commits'));
  assert.ok(typeof contents === 'object');
  assert.equal(contents.stray, undefined);
  return contents.checkpoint.commit.number + BigInt(contents.entries.length);
}

async function commitFacts(store: Store, ledger: Ledger, facts: number, bytes?: number) {
  for (let i = 0; i < facts; i++) await store.commit(ledger.fact(bytes));
}

/** The first commits of a store, as the log has them. */
function entriesOf(count: number): { readonly after: CommitRecord; readonly bytes: Buffer }[] {
  const entries: { readonly after: CommitRecord; readonly bytes: Buffer }[] = [];
  let last = noCommit();
  for (let n = 0; n < count; n++) {
    const write = { key: SPACES.owner.key, value: new Uint8Array(32).fill(n) };
    const { after, operations } = planCommit(last, [write], () => undefined);
    entries.push({ after, bytes: encodeEntry(after, operations.slice(0, -1)) });
    last = after;
  }
  return entries;
}

describe('a commit', () => {
  it('is synced in the log before it is told, and LevelDB has it after that', async (t) => {
    const store = await open(temporaryFolder(t));
    const seen = recordCalls(t);
    await store.commit(new Ledger().genesis());
    seen.push('told');
    await store.scrub(1);
    assert.deepEqual(seen, ['entry', 'sync begins', 'synced', 'told', 'batch of 2, false']);
    await store.close();
  });

  it('fails when its sync fails, LevelDB does not hear of it, and no other follows', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 2);
    const store = await open(folder);
    const { real, batch, files, level } = replaceCalls(t);
    let isBroken = true;
    const fdatasync: Sync = (file, done) => {
      if (!isBroken) return real.fdatasync(file, done);
      done(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
    };
    let batches = 0;
    files({ fdatasync });
    level({
      batch(this: unknown, ...parts: unknown[]) {
        batches += 1;
        return batch.apply(this, parts);
      },
    });
    const refused = { code: 'store_unavailable', errno: 'EIO' };
    await assert.rejects(store.commit(new Ledger().genesis()), refused);
    isBroken = false;
    await assert.rejects(store.commit(new Ledger().genesis()), refused);
    assert.equal(batches, 0);
    await store.close();
    assert.deepEqual(await damageIn(folder), []);
  });

  it('is there at the next start when LevelDB fails, which the next commit tells', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 2);
    const store = await open(folder);
    const { batch, level } = replaceCalls(t);
    level({
      async batch() {
        throw new Error('IO error: /x/000003.log: Input/output error');
      },
    });
    const write = { key: SPACES.owner.key, value: NETWORK };
    await store.commit([write]);
    await assert.rejects(store.scrub(1), { code: 'commit_failed' });
    await assert.rejects(store.commit([write]), { code: 'commit_failed' });
    level({ batch });
    await assert.rejects(store.commit([write]), { code: 'commit_failed' });
    await store.close();
    const again = await open(folder);
    assert.deepEqual(again.get(SPACES.owner.key), NETWORK);
    await again.close();
  });

  it('is whole when the system writes less than it was asked to', async (t) => {
    const folder = temporaryFolder(t);
    const store = await open(folder);
    const { real, files } = replaceCalls(t);
    files({
      writeSync: (file: number, bytes: Buffer, at: number, length: number, position: number) =>
        real.writeSync(file, bytes, at, Math.min(length, 100), position),
    });
    await commitFacts(store, new Ledger(), 3);
    const left = asPowerless(t, folder);
    await store.close();
    assert.equal(await headOf(left), 3);
  });
});

describe('a checkpoint', () => {
  it('comes after the flush of LevelDB, and each copy is synced before the next', async (t) => {
    const folder = temporaryFolder(t);
    const store = await open(folder);
    await store.commit(new Ledger().genesis());
    const seen = recordCalls(t);
    await store.close();
    assert.deepEqual(seen, [
      'batch of 2, false',
      'flush begins',
      'flushed',
      'batch of 1, false',
      'checkpoint 0',
      'sync begins',
      'synced',
      'checkpoint 1',
      'sync begins',
      'synced',
    ]);
  });

  it('does not begin the log anew while an entry is on its way', async (t) => {
    const path = join(temporaryFolder(t, IN_MEMORY), 'commits');
    await createCommitLog(path);
    const log = await CommitLog.open(path);
    const entries = entriesOf(2);
    const first = entries[0];
    assert.ok(first !== undefined && entries[1] !== undefined);
    const block = await log.append(first.bytes);
    const { real, files } = replaceCalls(t);
    let sync = (): void => undefined;
    files({
      fdatasync: (file: number, done: (error: Error | null) => void) => {
        sync = () => real.fdatasync(file, done);
        files({ fdatasync: real.fdatasync });
      },
    });
    const second = log.append(entries[1].bytes);
    await log.keep(first.after, block, undefined);
    sync();
    await second;
    assert.equal(log.isEmpty, false);
    log.close();
    const contents = await readCommitLog(path);
    assert.ok(typeof contents !== 'string');
    assert.deepEqual(
      contents.entries.map(({ after }) => after.number),
      [2n],
    );
  });

  it('is not made by a session that wrote nothing: nothing is written at all', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 3);
    const seen = recordCalls(t);
    const before = readFileSync(join(folder, 'store/commits'));
    await (await open(folder)).close();
    assert.deepEqual(seen, []);
    assert.deepEqual(readFileSync(join(folder, 'store/commits')), before);
  });

  it('that fails in the background is told at the next commit', async (t) => {
    const folder = temporaryFolder(t, IN_MEMORY);
    const store = await open(folder);
    const { compactRange, level } = replaceCalls(t);
    let flushes = 0;
    level({
      async compactRange() {
        flushes += 1;
        throw new Error('IO error: /x/000007.ldb: Input/output error');
      },
    });
    const ledger = new Ledger();
    await assert.rejects(commitFacts(store, ledger, 2_000, 60_000), { code: 'commit_failed' });
    assert.equal(flushes, 1);
    level({ compactRange });
    await assert.rejects(store.commit(ledger.fact()), { code: 'commit_failed' });
    await store.close();
    assert.deepEqual(await damageIn(folder), []);
  });
});

describe('a power failure', () => {
  it('costs nothing that was acknowledged, at any moment of a long load', async (t) => {
    const folder = temporaryFolder(t, IN_MEMORY);
    const store = await open(folder);
    const { real, files } = replaceCalls(t);
    const ledger = new Ledger();
    let acknowledged = 0;
    let moment = 0;
    const copies: { readonly copy: string; readonly acknowledged: number }[] = [];
    const checkpoints = { made: 0 };
    files({
      writeSync: (...parts: WriteParts) => {
        const isCheckpoint = parts[4] < 8192;
        if (isCheckpoint) checkpoints.made += 1;
        // Before each write of a checkpoint, and before some entries.
        if (isCheckpoint || (moment++ % 97 === 13 && copies.length < 40)) {
          copies.push({ copy: asPowerless(t, folder), acknowledged });
        }
        return real.writeSync(...parts);
      },
    });
    // More than once around the ring at its largest.
    const facts = Math.ceil((1.4 * COMMIT_LOG_MOST_BLOCKS) / 5);
    for (let i = 0; i < facts; i++) {
      await store.commit(ledger.fact(17_000));
      acknowledged += 1;
    }
    await store.close();
    assert.ok(checkpoints.made >= 4, `${checkpoints.made} copies of checkpoints`);
    for (const { copy, acknowledged: told } of copies) {
      assert.deepEqual(await damageAtWork(copy), [], `after ${told} facts`);
      assert.ok((await headOf(copy)) >= told, `after ${told} facts`);
      rmSync(copy, { recursive: true });
    }
    assert.equal(await headOf(folder), facts);
    assert.deepEqual(await damageIn(folder), []);
    const { size } = statSync(join(folder, 'store/commits'));
    assert.ok(size <= (COMMIT_LOG_MOST_BLOCKS + 2) * 4096, `${size} bytes`);
    t.diagnostic(`${copies.length} moments, ${checkpoints.made / 2} checkpoints`);
  });

  it('costs nothing, however many sessions it ends, after however many commits', async (t) => {
    for (const seed of [1, 2, 3]) {
      const random = new Random(seed);
      const ledger = new Ledger();
      let folder = temporaryFolder(t, IN_MEMORY);
      let acknowledged = 0;
      for (let session = 0; session < 12; session++) {
        const story = `seed ${seed}, session ${session}`;
        const opened = await openStore({ folder, allowVolatile: true });
        assert.deepEqual('damage' in opened ? opened.damage : [], [], story);
        assert.ok('store' in opened, story);
        const facts = random.below(3) === 0 ? random.below(4) : random.below(90);
        const bytes = random.below(4) === 0 ? 9_000 : undefined;
        for (let i = 0; i < facts; i++) {
          await opened.store.commit(ledger.fact(bytes));
          acknowledged += 1;
          assert.equal(
            await lastInLog(folder),
            opened.store.statistics().commitNumber,
            `${story}, fact ${i}`,
          );
        }
        const left = asPowerless(t, folder);
        await opened.store.close();
        if (random.below(3) > 0) folder = left;
        assert.equal(await headOf(asKilled(t, folder)), acknowledged, story);
      }
    }
  });

  it('costs nothing when it comes again before anything was written anew', async (t) => {
    const folder = temporaryFolder(t);
    const store = await open(folder);
    await commitFacts(store, new Ledger(), 9);
    let left = asPowerless(t, folder);
    await store.close();
    for (let again = 0; again < 3; again++) {
      const opened = await open(left);
      const next = asPowerless(t, left);
      await opened.close();
      left = next;
    }
    assert.equal(await headOf(left), 9);
  });
});

describe('the log', () => {
  it('grows with the load, and no more than it may', async (t) => {
    const folder = temporaryFolder(t, IN_MEMORY);
    const size = () => statSync(join(folder, 'store/commits')).size / 4096 - 2;
    const store = await open(folder);
    const ledger = new Ledger();
    assert.equal(size(), COMMIT_LOG_FIRST_BLOCKS);
    await commitFacts(store, ledger, COMMIT_LOG_FIRST_BLOCKS);
    assert.equal(size(), COMMIT_LOG_FIRST_BLOCKS, 'exactly as many as there is room for');
    await commitFacts(store, ledger, 1);
    assert.equal(size(), 2 * COMMIT_LOG_FIRST_BLOCKS);
    await store.close();
    assert.equal(await headOf(folder), COMMIT_LOG_FIRST_BLOCKS + 1);
  });

  it('takes a commit that is as large as all of it, and refuses a larger one', async (t) => {
    const folder = temporaryFolder(t, IN_MEMORY);
    const store = await open(folder);
    const large = (records: number) =>
      Array.from({ length: records }, (_, i) => ({
        key: SPACES.journal.at(BigInt(i)).key,
        value: new Uint8Array(65_536),
      }));
    const most = Math.floor((COMMIT_LOG_MOST_BLOCKS * 4096) / 65_600);
    await store.commit(large(most));
    await store.commit([{ key: SPACES.account.at(account(1)).key, value: NETWORK }]);
    await store.commit(large(most));
    const left = asPowerless(t, folder);
    await assert.rejects(store.commit(large(most + 2)), { code: 'commit_failed' });
    await store.close();
    const again = await open(left);
    assert.equal(again.get(SPACES.journal.at(BigInt(most - 1)).key)?.length, 65_536);
    assert.deepEqual(again.get(SPACES.account.at(account(1)).key), NETWORK);
    await again.close();
  });
});
