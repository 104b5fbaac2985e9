/** A sound store: what is committed is there, together, and known to be whole. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InvariantError } from '../../../agent/core/base/assert.ts';
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { refuseVolatile } from '../../../agent/shell/store/volatile.ts';
import { account, damageIn, fill, Ledger, NETWORK, open, temporaryFolder } from './fixture.ts';

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
    assert.deepEqual(second.store.get(SPACES.genesis.key), NETWORK);
    await second.store.close();
  });

  it('keeps the last of several writes to one key, and forgets what was removed', async (t) => {
    const folder = temporaryFolder(t);
    const key = SPACES.account.at(account(1)).key;
    const other = SPACES.account.at(account(2)).key;
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
    assert.equal(store.get(SPACES.genesis.key)?.constructor, Uint8Array);
    await store.close();
  });

  it('is open when the guarded records were checked, and tells progress', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 60);
    const progress: (number | undefined)[] = [];
    const store = await open(folder, { onProgress: (done, of) => progress.push(done, of) });
    // 20 accounts; head, genesis and schema: no journal entry and no index.
    assert.deepEqual(progress.slice(-2), [23, 23]);
    assert.equal(store.statistics().records, 143n);
    assert.equal(store.statistics().commitNumber, 62n);
    await store.close();
  });

  it('does not take a failure of the caller for damage', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 3);
    const onProgress = () => {
      throw new Error('of the caller');
    };
    await assert.rejects(openStore({ folder, allowVolatile: true, onProgress }), /of the caller/);
    assert.deepEqual(await damageIn(folder), []);
  });

  it('reads all records as of one moment, while commits go on', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 5);
    const store = await open(folder);
    const records = store.records();
    await store.commit([{ key: SPACES.account.at(account(99)).key, value: Uint8Array.of(1) }]);
    const keys: ByteKey[] = [];
    for await (const group of records) keys.push(...group.map(({ key }) => key));
    assert.ok(!keys.includes(SPACES.account.at(account(99)).key));
    await store.close();
  });

  it('takes no memory key, no key of its own and no second commit at the same time', async (t) => {
    for (const key of [SPACES.timers.key, SPACES.commit.key]) {
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

  it('is for its user alone', async (t) => {
    const folder = join(temporaryFolder(t), 'data');
    const store = await open(folder);
    assert.equal(statSync(folder).mode & 0o077, 0);
    assert.equal(statSync(join(folder, 'store')).mode & 0o077, 0);
    assert.equal(statSync(join(folder, 'store/commits')).mode & 0o077, 0);
    await store.close();
  });

  it('refuses to live in memory unless it is told to', async (t) => {
    if (!existsSync('/dev/shm')) return t.skip('no /dev/shm here');
    const refused = { code: 'volatile_storage' };
    await assert.rejects(refuseVolatile({ folder: '/dev/shm' }), refused);
    await refuseVolatile({ folder: '/dev/shm', allowVolatile: true });
  });
});
