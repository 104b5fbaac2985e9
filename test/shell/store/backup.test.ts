/** Backups: whole or refused; what is restored serves and never votes. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { SPACES, spaceOf } from '../../../agent/core/spaces.ts';
import { BARS, barOf } from '../../../agent/core/standing.ts';
import { backup, backupFolder, restore } from '../../../agent/shell/store/backup.ts';
import { BackupReader } from '../../../agent/shell/store/backup-reader.ts';
import { StoreDamaged } from '../../../agent/shell/store/damage.ts';
import { openLevel } from '../../../agent/shell/store/level.ts';
import type { Store } from '../../../agent/shell/store/store.ts';
import { account, damageIn, fill, Ledger, NETWORK, open, temporaryFolder } from './fixture.ts';

/** The caller's records of a store, its standing left out. */
async function recordsOf(store: Store): Promise<Map<string, string>> {
  const records = new Map<string, string>();
  for await (const group of store.records()) {
    for (const { key, value } of group) {
      if (!['commit', 'schema', 'standing'].includes(spaceOf(key) ?? '')) {
        records.set(key, Buffer.from(value).toString('hex'));
      }
    }
  }
  return records;
}

async function contentsOf(folder: string): Promise<Map<string, string>> {
  const store = await open(folder);
  const records = await recordsOf(store);
  await store.close();
  return records;
}

/** A folder with a store of 50 facts, and a backup of it. */
async function backedUp(t: TestContext): Promise<{ folder: string; file: string }> {
  const folder = temporaryFolder(t);
  await fill(folder, 50);
  const file = join(temporaryFolder(t), 'node.backup');
  await backupFolder({ folder }, file);
  return { folder, file };
}

describe('a backup', () => {
  it('comes back whole, and what comes back may not vote', async (t) => {
    const { folder, file } = await backedUp(t);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const target = join(temporaryFolder(t), 'new');
    // A genesis, 50 entries and indexes, 20 accounts, a head; then schema and standing.
    assert.equal(await restore(file, { folder: target, allowVolatile: true }), 122 + 2);
    assert.deepEqual(await contentsOf(target), await contentsOf(folder));
    const store = await open(target);
    assert.deepEqual(barOf(store), BARS.restored);
    await store.close();
    assert.deepEqual(readdirSync(target), ['store']);
  });

  it('names the network and has the state of one moment while the node goes on', async (t) => {
    const folder = temporaryFolder(t);
    const store = await open(folder);
    const ledger = new Ledger();
    await store.commit(ledger.genesis());
    for (let i = 0; i < 3_000; i++) await store.commit(ledger.fact());
    const file = join(folder, 'live.backup');
    let isDone = false;
    const backing = backup(store, file).finally(() => {
      isDone = true;
    });
    let meanwhile = 0;
    for (; !isDone; meanwhile++) await store.commit(ledger.fact());
    const summary = await backing;
    await store.close();
    const commits = Number(summary.commitNumber);
    assert.ok(commits >= 3_002 && commits < 3_002 + meanwhile, `${commits} of ${meanwhile} more`);
    const reader = await BackupReader.open(file);
    assert.deepEqual(new Uint8Array(reader.header.network ?? []), NETWORK);
    await reader.close();
    const target = temporaryFolder(t);
    await restore(file, { folder: target, allowVolatile: true });
    // Schema and genesis came with a commit of their own, each fact with one.
    const entries = [...(await contentsOf(target)).keys()].filter((key) => key.startsWith('J'));
    assert.equal(entries.length, commits - 2);
  });

  it('is not made of nothing, of a damaged store, or over another file', async (t) => {
    const folder = temporaryFolder(t);
    const file = join(temporaryFolder(t), 'node.backup');
    await assert.rejects(backupFolder({ folder }, file), { code: 'store_absent' });
    const missing = join(folder, 'missing');
    await assert.rejects(backupFolder({ folder: missing }, file), { code: 'store_absent' });
    assert.ok(!existsSync(missing));
    await (await open(folder)).close();
    await assert.rejects(backupFolder({ folder }, file), { code: 'store_empty' });
    await fill(folder, 3);
    writeFileSync(file, 'mine');
    await assert.rejects(backupFolder({ folder }, file), { code: 'file_exists' });
    const other = join(temporaryFolder(t), 'node.backup');
    writeFileSync(join(folder, 'store/commits'), '');
    await assert.rejects(backupFolder({ folder }, other), { code: 'store_damaged' });
    assert.ok(!existsSync(other));
  });

  it('fails when the disk lost a record under a running node, and leaves no file', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 3);
    const store = await open(folder);
    const file = join(folder, 'node.backup');
    const lossy: Store = {
      get: (key) => store.get(key),
      statistics: () => store.statistics(),
      commit: (writes) => store.commit(writes),
      scrub: (records) => store.scrub(records),
      close: () => store.close(),
      async *records() {
        for await (const group of store.records()) yield group.slice(1);
      },
    };
    await assert.rejects(backup(lossy, file), StoreDamaged);
    await store.close();
    assert.deepEqual(readdirSync(folder), ['store']);
  });
});

describe('a restore', () => {
  it('refuses a file with any byte changed, cut off or added, and leaves no store', async (t) => {
    const { file } = await backedUp(t);
    const bytes = readFileSync(file);
    const bad = join(temporaryFolder(t), 'bad.backup');
    const folder = temporaryFolder(t);
    const refused = async (changed: Uint8Array, what: string) => {
      writeFileSync(bad, changed);
      const restoring = restore(bad, { folder, allowVolatile: true });
      await assert.rejects(restoring, { code: /bad_backup|schema_newer/ }, what);
      assert.deepEqual(readdirSync(folder), [], what);
    };
    const places = [0, 3, 4, 7, 8, 11, 12, 20, 46, 50, 60, bytes.length - 1, bytes.length - 40];
    for (let i = 1; i < 20; i++) places.push(Math.floor((bytes.length * i) / 20));
    for (const at of places) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await refused(changed, `byte ${at} of ${bytes.length} changed`);
    }
    for (const length of [0, 3, 30, 200, bytes.length - 33, bytes.length - 1]) {
      await refused(bytes.subarray(0, length), `cut to ${length}`);
    }
    await refused(Buffer.concat([bytes, Buffer.of(0)]), 'a byte more');
  });

  it('does not touch a folder that has a store, sound or not', async (t) => {
    const { folder, file } = await backedUp(t);
    await assert.rejects(restore(file, { folder }), { code: 'store_exists' });
    assert.deepEqual(await damageIn(folder), []);
    const broken = temporaryFolder(t);
    mkdirSync(join(broken, 'store'));
    await assert.rejects(restore(file, { folder: broken }), { code: 'store_exists' });
  });

  it('begins anew after a crash in the middle of it', async (t) => {
    const { folder, file } = await backedUp(t);
    const target = temporaryFolder(t);
    const partial = join(target, 'store.partial/db');
    mkdirSync(partial, { recursive: true });
    const opened = await openLevel(partial, true);
    assert.ok(opened.state === 'open');
    await opened.level.put(Buffer.from('A'), Buffer.from('left behind'));
    await opened.level.close();
    await restore(file, { folder: target, allowVolatile: true });
    assert.deepEqual(await contentsOf(target), await contentsOf(folder));
  });

  it('keeps its standing when it is backed up and restored again', async (t) => {
    const { file } = await backedUp(t);
    const target = temporaryFolder(t);
    await restore(file, { folder: target, allowVolatile: true });
    const again = join(target, 'again.backup');
    await backupFolder({ folder: target }, again);
    const last = temporaryFolder(t);
    await restore(again, { folder: last, allowVolatile: true });
    const store = await open(last);
    assert.ok(store.get(SPACES.standing.key) !== undefined);
    assert.ok(store.get(SPACES.account.at(account(1)).key) !== undefined);
    await store.close();
  });
});
