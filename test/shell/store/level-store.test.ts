/** A sound store: what is committed is there, together, and known to be whole. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { InvariantError } from '../../../agent/core/assert.ts';
import type { ByteKey } from '../../../agent/core/bytes.ts';
import { keyOf, singleton } from '../../../agent/core/keyspace.ts';
import { Anchor, createAnchor, readAnchor } from '../../../agent/shell/store/anchor.ts';
import { noCommit } from '../../../agent/shell/store/commit.ts';
import { openLevel } from '../../../agent/shell/store/level.ts';
import { LevelStore } from '../../../agent/shell/store/level-store.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { refuseVolatile } from '../../../agent/shell/store/volatile.ts';
import { account, damageIn, fill, Ledger, NETWORK, open, temporaryFolder } from './fixture.ts';

/** A new store on a database whose calls can be watched. */
async function opened(t: TestContext) {
  const folder = temporaryFolder(t);
  const path = join(folder, 'anchor');
  await createAnchor(path);
  const result = await openLevel(join(folder, 'db'), true);
  assert.ok(result.state === 'open');
  const { level } = result;
  // The many forms of `batch` are one here: operations and options.
  const watched = level as unknown as { batch(operations: never, options: never): Promise<void> };
  const store = new LevelStore(level, noCommit(), new Anchor(path), undefined);
  const anchorNumber = async () => {
    const mark = await readAnchor(path);
    return typeof mark === 'string' ? mark : mark.number;
  };
  return { store, level: watched, anchorNumber };
}

describe('a store', () => {
  it('is empty at first, and sound once something is in it', async (t) => {
    const folder = temporaryFolder(t);
    const first = await openStore({ folder, allowVolatile: true });
    assert.equal(first.state, 'empty');
    assert.ok('store' in first);
    await first.store.commit(new Ledger().genesis());
    await first.store.close();
    const second = await openStore({ folder, allowVolatile: true });
    assert.equal(second.state, 'sound');
    assert.ok('store' in second);
    assert.deepEqual(second.store.get(singleton('genesis')), NETWORK);
    await second.store.close();
  });

  it('keeps the last of several writes to one key, and forgets what was removed', async (t) => {
    const folder = temporaryFolder(t);
    const key = keyOf('account', account(1));
    const other = keyOf('account', account(2));
    const store = await open(folder);
    await store.commit([
      { key, value: Uint8Array.of(1) },
      { key: other, value: Uint8Array.of(9) },
      { key, value: Uint8Array.of(2) },
    ]);
    await store.commit([{ key: other, value: undefined }]);
    await store.commit([{ key: other, value: undefined }]);
    assert.deepEqual(store.get(key), Uint8Array.of(2));
    assert.equal(store.get(other), undefined);
    await store.close();
    assert.deepEqual(await damageIn(folder), []);
  });

  it('gives plain byte arrays, whose slices are copies', async (t) => {
    const store = await open(temporaryFolder(t));
    await store.commit(new Ledger().genesis());
    assert.equal(store.get(singleton('genesis'))?.constructor, Uint8Array);
    await store.close();
  });

  it('hands every record to the caller in the pass that checks it, and tells progress', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 60);
    const seen: string[] = [];
    const progress: (number | undefined)[] = [];
    const store = await open(folder, {
      onRecord: ({ key }) => seen.push(key),
      onProgress: (done, of) => progress.push(done, of),
    });
    // Per fact a journal entry and an index; 20 accounts; head, genesis and schema.
    assert.equal(seen.length, 60 + 60 + 20 + 3);
    assert.deepEqual(seen, [...seen].sort());
    assert.deepEqual(progress.slice(-2), [143, 143]);
    assert.equal(store.statistics().records, 143n);
    assert.equal(store.statistics().commitNumber, 62n);
    await store.close();
  });

  it('does not take a failure of the caller for damage', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 3);
    const onRecord = () => {
      throw new Error('of the caller');
    };
    await assert.rejects(openStore({ folder, allowVolatile: true, onRecord }), /of the caller/);
  });

  it('reads all records as of one moment, while commits go on', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 5);
    const store = await open(folder);
    const records = store.records();
    await store.commit([{ key: keyOf('account', account(99)), value: Uint8Array.of(1) }]);
    const keys: ByteKey[] = [];
    for await (const group of records) keys.push(...group.map(({ key }) => key));
    assert.ok(!keys.includes(keyOf('account', account(99))));
    await store.close();
  });

  it('takes no memory key, no key of its own and no second commit at the same time', async (t) => {
    for (const key of [singleton('timers'), singleton('commit')]) {
      const store = await open(temporaryFolder(t));
      await assert.rejects(store.commit([{ key, value: NETWORK }]));
      await store.close();
    }
    const store = await open(temporaryFolder(t));
    const first = store.commit(new Ledger().genesis());
    await assert.rejects(store.commit(new Ledger().genesis()), InvariantError);
    await first;
    await store.close();
  });

  it('is synced with every commit, and only then noted in the anchor', async (t) => {
    const { store, level, anchorNumber } = await opened(t);
    const batch = level.batch.bind(level);
    const synced: unknown[] = [];
    level.batch = async (operations: never, options: never) => {
      await batch(operations, options);
      synced.push(options, await anchorNumber());
    };
    await store.commit(new Ledger().genesis());
    assert.deepEqual(synced, [{ sync: true }, 0n]);
    assert.equal(await anchorNumber(), 1n);
    await store.close();
  });

  it('takes no commit any more after one that failed', async (t) => {
    const { store, level, anchorNumber } = await opened(t);
    const batch = level.batch.bind(level);
    level.batch = async () => {
      throw new Error('IO error: input/output error');
    };
    await assert.rejects(store.commit(new Ledger().genesis()), { code: 'commit_failed' });
    level.batch = batch;
    await assert.rejects(store.commit(new Ledger().genesis()), { code: 'commit_failed' });
    assert.equal(await anchorNumber(), 0n);
    await store.close();
  });

  it('is for its user alone', async (t) => {
    const folder = join(temporaryFolder(t), 'data');
    const store = await open(folder);
    assert.equal(statSync(folder).mode & 0o077, 0);
    assert.equal(statSync(join(folder, 'store')).mode & 0o077, 0);
    assert.equal(statSync(join(folder, 'store/anchor')).mode & 0o077, 0);
    await store.close();
  });

  it('refuses to live in memory unless it is told to', async (t) => {
    if (!existsSync('/dev/shm')) return t.skip('no /dev/shm here');
    const refused = { code: 'volatile_storage' };
    await assert.rejects(refuseVolatile({ folder: '/dev/shm' }), refused);
    await refuseVolatile({ folder: '/dev/shm', allowVolatile: true });
  });
});
