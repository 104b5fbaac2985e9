/** Schema versions: an older store is brought up to date after a backup, a newer one is refused. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SPACES, spaceOf } from '../../../agent/core/spaces.ts';
import { restore } from '../../../agent/shell/store/backup.ts';
import type { Migration } from '../../../agent/shell/store/migrate.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { SCHEMA_KEY, schemaVersion } from '../../../agent/shell/store/schema.ts';
import type { Store } from '../../../agent/shell/store/store.ts';
import { account, damageIn, fill, open, temporaryFolder } from './fixture.ts';

/** A made-up change: account records get a byte at their end. Leaves alone what has it. */
const longerAccounts: Migration = {
  subject: 'account records get a byte at their end',
  migrate({ key, value }) {
    if (spaceOf(key) !== 'account' || value.length === 121) return [];
    return [{ key, value: Uint8Array.of(...value, 5) }];
  },
};

const sameAgain: Migration = { subject: 'nothing', migrate: () => [] };

function version(store: Store): number | undefined {
  const value = store.get(SCHEMA_KEY);
  return value === undefined ? undefined : schemaVersion(value);
}

function accountLength(store: Store): number | undefined {
  return store.get(SPACES.account.at(account(3)).key)?.length;
}

describe('a store of an older version', () => {
  it('is migrated step by step, after a backup, before its records are handed out', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 50);
    const lengths = new Set<number>();
    const store = await open(folder, { migrations: [longerAccounts, sameAgain] });
    for await (const group of store.records()) {
      for (const { key, value } of group) {
        if (spaceOf(key) === 'account') lengths.add(value.length);
      }
    }
    assert.equal(version(store), 3);
    assert.equal(accountLength(store), 121);
    assert.deepEqual([...lengths], [121]);
    await store.close();

    const old = temporaryFolder(t);
    await restore(join(folder, 'before-schema-3.backup'), { folder: old, allowVolatile: true });
    const before = await open(old);
    assert.deepEqual([version(before), accountLength(before)], [1, 120]);
    await before.close();
  });

  it('is migrated from the beginning, and keeps the first backup, after a crash in the middle', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 50);
    const failing: Migration = {
      subject: 'fails half-way',
      migrate(record) {
        if (record.key.startsWith('J')) throw new Error('power failure');
        return longerAccounts.migrate(record);
      },
    };
    const migrations = [longerAccounts, failing];
    await assert.rejects(openStore({ folder, allowVolatile: true, migrations }), /power failure/);
    const backup = readFileSync(join(folder, 'before-schema-3.backup'));
    const store = await open(folder, { migrations: [longerAccounts, sameAgain] });
    assert.deepEqual([version(store), accountLength(store)], [3, 121]);
    await store.close();
    assert.deepEqual(readFileSync(join(folder, 'before-schema-3.backup')), backup);
  });
});

describe('a store of a newer version', () => {
  it('is refused by name, and left as it is', async (t) => {
    const folder = temporaryFolder(t);
    await (await open(folder, { migrations: [sameAgain] })).close();
    const opened = await openStore({ folder, allowVolatile: true });
    assert.ok(opened.state === 'refused');
    assert.equal(opened.error.code, 'schema_newer');
    assert.match(opened.error.message, /it has version 2, this program knows up to 1/);
    await (await open(folder, { migrations: [sameAgain] })).close();
    await assert.rejects(damageIn(folder), { code: 'schema_newer' });
  });
});
