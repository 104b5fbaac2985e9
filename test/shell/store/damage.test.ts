/** Damage on the disk is found at start and named, never passed over. */
import assert from 'node:assert/strict';
import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { journalHeadCoder } from '../../../agent/core/codec/record.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { describeDamage, StoreDamaged } from '../../../agent/shell/store/damage.ts';
import { type Level, openLevel } from '../../../agent/shell/store/level.ts';
import { scan } from '../../../agent/shell/store/level-read.ts';
import { inspectStore, openStore } from '../../../agent/shell/store/open.ts';
import { digestOf, keyBytes, seal } from '../../../agent/shell/store/seal.ts';
import { account, asKilled, damageIn, fill, Ledger, open, temporaryFolder } from './fixture.ts';

const FACTS = 200;

/** What a killed process leaves, with all records in the commit log and in LevelDB's own log. */
async function storeInLog(t: TestContext, facts = FACTS): Promise<string> {
  const folder = temporaryFolder(t);
  await fill(folder, 0);
  const store = await open(folder);
  const ledger = new Ledger();
  for (let i = 0; i < facts; i++) await store.commit(ledger.fact());
  // Whoever reads all records waits until LevelDB has the last commit, too.
  await store.records()[Symbol.asyncIterator]().next();
  const killed = asKilled(t, folder);
  await store.close();
  return killed;
}

/** A closed store whose records are all in one table, and nothing else is in it. */
async function storeInTable(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  await fill(folder, FACTS);
  await tamper(folder, (level) => level.compactRange(Buffer.of(0), Buffer.of(255)));
  assert.deepEqual(await damageIn(folder), []);
  return folder;
}

/** A copy of a closed store. */
function copyOf(t: TestContext, folder: string): string {
  return asKilled(t, folder);
}

/** Blocks of the ring before the entry with this number from the beginning. */
function blocksBefore(log: Buffer, entry: number): number {
  let block = 0;
  for (let i = 0; i < entry; i++) {
    block += Math.ceil((16 + log.readUInt32BE((2 + block) * 4096 + 4)) / 4096);
  }
  return block;
}

function files(folder: string, ending: string): string[] {
  const database = join(folder, 'store/db');
  const names = readdirSync(database).filter((name) => name.endsWith(ending));
  return names.map((name) => join(database, name)).sort((a, b) => sizeOf(b) - sizeOf(a));
}

function sizeOf(path: string): number {
  return statSync(path).size;
}

/** The largest file of a kind. */
function largest(folder: string, ending: string): string {
  const [path] = files(folder, ending);
  assert.ok(path !== undefined, `a store has a ${ending} file`);
  return path;
}

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  writeFileSync(path, bytes);
}

/** Whether byte i belongs to the varint at the start of these bytes. */
function isInVarint(bytes: Uint8Array, i: number): boolean {
  return bytes.subarray(0, i).every((byte) => byte >= 128);
}

async function codes(folder: string): Promise<string[]> {
  return (await damageIn(folder)).map(({ code }) => code);
}

/** Changes a closed store behind the back of the program. */
async function tamper(folder: string, change: (level: Level) => Promise<void>): Promise<void> {
  const opened = await openLevel(join(folder, 'store/db'), false);
  assert.ok(opened.state === 'open');
  await change(opened.level);
  await opened.level.close();
}

describe('a flipped bit', () => {
  it('is noticed wherever it is in an entry of the commit log, the last one too', async (t) => {
    const origin = await storeInLog(t, 30);
    const bytes = readFileSync(join(origin, 'store/commits'));
    for (const entry of [0, 1, 14, 28, 29]) {
      const start = (2 + blocksBefore(bytes, entry)) * 4096;
      const length = 8 + bytes.readUInt32BE(start + 4) + 8;
      for (let i = 0; i < 12; i++) {
        const folder = copyOf(t, origin);
        const at = start + Math.floor(((i + 0.5) / 12) * length);
        flipBit(join(folder, 'store/commits'), at);
        assert.notDeepEqual(await codes(folder), [], `bit flipped in entry ${entry} at ${at}`);
      }
    }
  });

  it('does no harm wherever it is in the log of LevelDB: all is in the commit log', async (t) => {
    const origin = await storeInLog(t, 60);
    const truth = await contents(copyOf(t, origin));
    const size = sizeOf(largest(origin, '.log'));
    for (let i = 0; i < 20; i++) {
      const folder = copyOf(t, origin);
      flipBit(largest(folder, '.log'), Math.floor(((i + 0.5) / 20) * size));
      assert.deepEqual(await codes(folder), []);
      assert.deepEqual(await contents(folder), truth);
    }
  });

  it('in one copy of the checkpoint does no harm, in both of them it is noticed', async (t) => {
    const origin = await storeInTable(t);
    for (const copies of [[0], [1], [0, 1]]) {
      const folder = copyOf(t, origin);
      for (const copy of copies) flipBit(join(folder, 'store/commits'), copy * 4096 + 20);
      assert.deepEqual(await codes(folder), copies.length === 1 ? [] : ['commit_log']);
    }
  });

  it('never gives wrong records, wherever it is in a table', async (t) => {
    const origin = await storeInTable(t);
    const [size, truth] = [sizeOf(largest(origin, '.ldb')), await contents(origin)];
    let noticed = 0;
    for (let i = 0; i < 60; i++) {
      const folder = temporaryFolder(t);
      cpSync(join(origin, 'store'), join(folder, 'store'), { recursive: true });
      const at = Math.floor(((i + 0.5) / 60) * size);
      flipBit(largest(folder, '.ldb'), at);
      if ((await codes(folder)).length > 0) noticed += 1;
      // Some bits mean nothing: unused checksums, padding. Then all is as it was.
      else assert.deepEqual(await contents(folder), truth, `bit flipped at ${at} of ${size}`);
    }
    assert.ok(noticed >= 50, `${noticed} of 60 noticed`);
  });

  it('is noticed in a filter, which hides records from lookups but not from scans', async (t) => {
    const folder = await storeInTable(t);
    const table = largest(folder, '.ldb');
    const bytes = readFileSync(table);
    // The footer begins with the place of the metaindex, as a varint; the filters end before it.
    const footer = bytes.subarray(-48);
    const metaindex = footer.reduceRight(
      (place, byte, i) => (isInVarint(footer, i) ? place * 128 + (byte & 127) : place),
      0,
    );
    writeFileSync(table, bytes.fill(0, metaindex - 700, metaindex - 500));
    assert.deepEqual([...new Set(await codes(folder))], ['lookup']);
  });

  it('is noticed in the file that names the tables, and in the one that names that', async (t) => {
    for (const name of ['MANIFEST-', 'CURRENT']) {
      const folder = await storeInTable(t);
      const database = join(folder, 'store/db');
      const file = readdirSync(database).find((entry) => entry.startsWith(name)) ?? '';
      flipBit(join(database, file), Math.floor(sizeOf(join(database, file)) / 2));
      assert.notDeepEqual(await codes(folder), [], name);
    }
  });

  it('is named with the record that it is in', async (t) => {
    const folder = await storeInTable(t);
    const key = SPACES.account.at(account(3)).key;
    await tamper(folder, async (level) => {
      const stored = level.getSync(keyBytes(key));
      assert.ok(stored !== undefined);
      stored[7] = (stored[7] ?? 0) ^ 4;
      await level.put(keyBytes(key), stored);
    });
    const damage = await damageIn(folder);
    const hex = Buffer.from(account(3)).toString('hex');
    const text = `account record of account ${hex}: the checksum does not fit (checksum)`;
    assert.deepEqual(damage.map(describeDamage), [text]);
  });

  it('ends a read while the node runs', async (t) => {
    const folder = await storeInTable(t);
    const key = SPACES.account.at(account(3)).key;
    await tamper(folder, (level) => level.put(keyBytes(key), Buffer.alloc(40)));
    const opened = await openStore({ folder, allowVolatile: true });
    assert.ok(opened.state === 'damaged' && opened.reader !== undefined);
    const { reader } = opened;
    assert.throws(() => reader.get(key), StoreDamaged);
    assert.ok(
      reader.get(SPACES.account.at(account(4)).key) !== undefined,
      'the others can be read',
    );
    await reader.close();
  });
});

describe('a lost tail', () => {
  it('of the log of LevelDB does no harm, however much it is', async (t) => {
    const origin = await storeInLog(t, 60);
    const truth = await contents(copyOf(t, origin));
    for (const cut of [1, 5_000, Number.POSITIVE_INFINITY]) {
      const folder = copyOf(t, origin);
      const log = largest(folder, '.log');
      truncateSync(log, Math.max(0, sizeOf(log) - cut));
      assert.deepEqual(await contents(folder), truth, `${cut} bytes`);
    }
    const folder = copyOf(t, origin);
    const log = largest(folder, '.log');
    const bytes = readFileSync(log);
    // What a power failure does: pages are written in any order.
    writeFileSync(log, bytes.fill(0, 2_000, 20_000));
    assert.deepEqual(await contents(folder), truth, 'a hole in its middle');
    const bare = copyOf(t, origin);
    rmSync(largest(bare, '.log'));
    assert.deepEqual(await contents(bare), truth, 'all of it');
  });

  it('of the commit log is noticed while LevelDB knows of it, and counted', async (t) => {
    for (const [entries, lost] of [
      [1, /^the commit log does not have them/],
      [20, /^the commit log does not have them/],
    ] as const) {
      const folder = await storeInLog(t, 60);
      const path = join(folder, 'store/commits');
      const bytes = readFileSync(path);
      const end = (2 + blocksBefore(bytes, 60 - entries)) * 4096;
      writeFileSync(path, bytes.fill(0, end));
      const [damage] = await damageIn(folder);
      assert.equal(damage?.code, 'commits_lost');
      assert.match(damage.found, lost);
      assert.match(damage.where, new RegExp(`to ${damage.where.split(' ').at(-1)}$`));
    }
  });

  it('of the commit log that nobody was told of is no damage: the last one is torn', async (t) => {
    const folder = await storeInLog(t, 20);
    const path = join(folder, 'store/commits');
    const bytes = readFileSync(path);
    const at = (2 + blocksBefore(bytes, 20)) * 4096;
    // The beginning of an entry of two blocks, whose second one did not come to the disk.
    bytes.copy(bytes, at, at - 4096, at - 4096 + 100);
    bytes.writeBigUInt64BE(bytes.readBigUInt64BE(at + 8) + 1n, at + 8);
    writeFileSync(path, bytes);
    assert.deepEqual(await codes(folder), []);
  });

  it('that has a whole entry after it is damage: what was acknowledged is lost', async (t) => {
    const folder = await storeInLog(t, 20);
    const path = join(folder, 'store/commits');
    const bytes = readFileSync(path);
    const at = (2 + blocksBefore(bytes, 10)) * 4096;
    writeFileSync(path, bytes.fill(0, at, at + 4096));
    rmSync(largest(folder, '.log'));
    const [damage] = await damageIn(folder);
    assert.equal(damage?.code, 'commits_lost');
  });
});

describe('a file that is gone', () => {
  it('is noticed: table, manifest, CURRENT', async (t) => {
    for (const name of [/\.ldb$/, /^MANIFEST/, /^CURRENT$/]) {
      const folder = await storeInTable(t);
      const database = join(folder, 'store/db');
      const file = readdirSync(database).find((entry) => name.test(entry)) ?? '';
      rmSync(join(database, file));
      assert.deepEqual(await codes(folder), ['unreadable'], String(name));
      assert.deepEqual(await codes(folder), ['unreadable'], 'and nothing was made anew');
    }
  });

  it('is noticed when it is the whole database', async (t) => {
    const folder = await storeInTable(t);
    rmSync(join(folder, 'store/db'), { recursive: true });
    assert.deepEqual(await codes(folder), ['database_gone']);
  });

  it('is noticed when it is the commit log, or that is not readable', async (t) => {
    const folder = await storeInTable(t);
    const log = join(folder, 'store/commits');
    for (const bytes of [Buffer.alloc(8192, 1), Buffer.alloc(0)]) {
      writeFileSync(log, bytes);
      assert.deepEqual(await codes(folder), ['commit_log']);
    }
    rmSync(log);
    assert.deepEqual(await codes(folder), ['commit_log']);
  });
});

describe('an older state', () => {
  it('is noticed as a copy of the database beside a newer commit log', async (t) => {
    const folder = await storeInTable(t);
    const copy = join(temporaryFolder(t), 'db');
    cpSync(join(folder, 'store/db'), copy, { recursive: true });
    const store = await open(folder);
    await store.commit([{ key: SPACES.account.at(account(0)).key, value: Uint8Array.of(1) }]);
    await store.close();
    rmSync(join(folder, 'store/db'), { recursive: true });
    renameSync(copy, join(folder, 'store/db'));
    const [damage] = await damageIn(folder);
    assert.equal(damage?.code, 'commits_lost');
    assert.match(damage.found, /^the last 1 of 203/);
  });

  it('is noticed as another history of the same length', async (t) => {
    const [folder, other] = [temporaryFolder(t), temporaryFolder(t)];
    await fill(folder, 5);
    await fill(other, 5, 200);
    rmSync(join(folder, 'store/db'), { recursive: true });
    renameSync(join(other, 'store/db'), join(folder, 'store/db'));
    assert.deepEqual(await codes(folder), ['other_history']);
  });

  it('is noticed in a single record that fell back to its former value', async (t) => {
    const folder = await storeInTable(t);
    const key = SPACES.account.at(account(3)).key;
    const value = new Uint8Array(120);
    await tamper(folder, (level) => level.put(keyBytes(key), seal(value, digestOf(key, value))));
    assert.deepEqual(await codes(folder), ['records_differ']);
  });

  it('is noticed in a record that is gone, and in one that was never committed', async (t) => {
    const folder = await storeInTable(t);
    const value = Uint8Array.of(1);
    const key = SPACES.account.at(account(77)).key;
    await tamper(folder, (level) => level.put(keyBytes(key), seal(value, digestOf(key, value))));
    assert.match((await damageIn(folder)).map(describeDamage).join(), /there are 424 and not 423/);
    await tamper(folder, (level) => level.del(keyBytes(key)));
    assert.deepEqual(await codes(folder), []);
    await tamper(folder, (level) => level.del(keyBytes(SPACES.account.at(account(3)).key)));
    assert.match((await damageIn(folder)).map(describeDamage).join(), /there are 422 and not 423/);
  });

  it('is noticed when the commit record itself is gone', async (t) => {
    const folder = await storeInTable(t);
    await tamper(folder, (level) => level.del(keyBytes(SPACES.commit.key)));
    assert.deepEqual(await codes(folder), ['commit_record', 'commit_record']);
  });
});

describe('the journal', () => {
  it('must not miss an entry, and the missing one is named', async (t) => {
    const folder = await storeInTable(t);
    await tamper(folder, (level) => level.del(keyBytes(SPACES.journal.at(100n).key)));
    assert.deepEqual((await damageIn(folder)).map(describeDamage), [
      'journal record 100: missing (journal)',
    ]);
    await tamper(folder, (level) => level.del(keyBytes(SPACES.journal.at(199n).key)));
    assert.deepEqual(
      (await damageIn(folder)).map(({ where }) => where),
      ['journal record 100', 'journal record 199'],
    );
  });

  it('must be linked entry by entry, even when all else was made to fit', async (t) => {
    const folder = temporaryFolder(t);
    const store = await open(folder);
    const ledger = new Ledger();
    for (let i = 0; i < 9; i++) await store.commit(ledger.fact());
    const key = SPACES.journal.at(4n).key;
    await store.commit([{ key, value: new Uint8Array(332) }]);
    const head = { count: 9n, link: new Uint8Array(32) };
    const value = encode(journalHeadCoder, head);
    await store.commit([{ key: SPACES.journalHead.key, value }]);
    await store.close();
    assert.deepEqual(
      (await damageIn(folder)).map(({ where }) => where),
      [
        'journal record of journal number 4',
        'journal record of journal number 5',
        'journalHead record',
      ],
    );
  });

  it('must be as long as its head says', async (t) => {
    for (const count of [8n, 10n]) {
      const folder = temporaryFolder(t);
      const store = await open(folder);
      const ledger = new Ledger();
      for (let i = 0; i < 9; i++) await store.commit(ledger.fact());
      const value = encode(journalHeadCoder, { count, link: new Uint8Array(32) });
      await store.commit([{ key: SPACES.journalHead.key, value }]);
      await store.close();
      assert.deepEqual(await codes(folder), ['journal']);
    }
  });
});

describe('a damaged store', () => {
  it('lists so much and counts the rest', async (t) => {
    const folder = await storeInTable(t);
    await tamper(folder, async (level) => {
      for await (const group of scan(level)) {
        for (const [key] of group) await level.put(key, Buffer.alloc(20));
      }
    });
    const damage = await damageIn(folder);
    assert.equal(damage.length, 33);
    assert.match(damage[32]?.found ?? '', /^39[0-9] more/);
  });

  it('can be inspected without being changed', async (t) => {
    const folder = await storeInLog(t);
    const log = join(folder, 'store/commits');
    const bytes = readFileSync(log);
    writeFileSync(log, bytes.fill(0, 8 * 4096, 9 * 4096));
    const before = readFileSync(log);
    const inspected = await inspectStore({ folder });
    assert.equal(inspected.state, 'damaged');
    assert.ok('reader' in inspected && inspected.reader !== undefined);
    assert.ok(!('commit' in inspected.reader));
    await inspected.reader.close();
    assert.deepEqual(readFileSync(log), before);
  });
});

/** All that a store holds, looked up and scanned. */
async function contents(folder: string): Promise<string[]> {
  const inspected = await inspectStore({ folder });
  assert.ok(inspected.state === 'sound');
  const lines: string[] = [];
  for await (const group of inspected.reader.records()) {
    for (const { key, value } of group) {
      const found = inspected.reader.get(key) ?? new Uint8Array();
      lines.push([key, value, found].map((bytes) => Buffer.from(bytes).toString('hex')).join(' '));
    }
  }
  await inspected.reader.close();
  return lines;
}
