/**
 * The check at start: one pass over all records, which also hands each to the caller, so that what
 * is kept in memory is rebuilt by the same reading. Memory does not grow with the store.
 *
 *   every record   its seal fits, and a lookup finds the very same bytes
 *   all together   number and sum of the records are those of the last commit
 *   the journal    numbers without a gap, each entry linked to the one before, the head to the last
 *   the anchor     knows of no later commit, and of no other history
 */
import { type ByteKey, equalBytes } from '../../core/bytes.ts';
import { decode } from '../../core/codec/canonical.ts';
import { keyspaceOf } from '../../core/keyspace.ts';
import { isRefusal } from '../../core/refusal.ts';
import type { AnchorMark } from './anchor.ts';
import { addDigest, COMMIT_KEY, type CommitRecord, commitCoder, noCommit } from './commit.ts';
import { DamageList, nameOfKey } from './damage.ts';
import { JournalCheck } from './journal-check.ts';
import { messageOf } from './layout.ts';
import type { Level } from './level.ts';
import { scan } from './level-store.ts';
import { decodeSchema, SCHEMA_KEY, type Schema, schemaVersion } from './schema.ts';
import { digestOf, isSealedWith, keyBytes, keyOfBytes, valueIn } from './seal.ts';
import type { StoredRecord } from './store.ts';
import { isCorruption, isSystemError, systemRefusal } from './system-error.ts';

/** A single record as it is stored, sealed. */
export type Lookup = Pick<Level, 'getSync'>;

/** Who wants to know while the pass goes on. */
export interface VerifyWatch {
  /** Each sound record but the commit record, in ascending order of keys. */
  readonly onRecord?: ((record: StoredRecord) => void) | undefined;
  /** Records done, and how many there should be if that is known. */
  readonly onProgress?: ((done: number, of: number | undefined) => void) | undefined;
}

export interface Verified {
  /** The last commit; number 0 if there is none that can be read. */
  readonly commit: CommitRecord;
  /** The schema record, if there is one that this version can read. */
  readonly schema: Schema | undefined;
  /** Sound records of the caller: neither the commit record nor the schema record. */
  readonly recordCount: number;
  readonly damage: DamageList;
}

/**
 * Reads and checks a whole database. Damage is a result, never thrown; what `watch` throws is, and
 * StoreError `store_unavailable` where the system refuses to read.
 */
export async function verifyRecords(level: Level, watch: VerifyWatch = {}): Promise<Verified> {
  const pass = new RecordCheck(level, watch);
  const groups = scan(level);
  for (;;) {
    const group = await groups.next().catch((error: unknown) => {
      if (isSystemError(error)) throw systemRefusal(error);
      if (!isCorruption(error)) throw error;
      pass.damage.add('unreadable', 'LevelDB', messageOf(error));
    });
    if (group?.value === undefined) return pass.finish();
    pass.take(group.value);
  }
}

/** Adds what the anchor of a database knows better than its last commit. */
export function compareWithAnchor(
  commit: CommitRecord,
  anchor: AnchorMark | 'absent' | 'unreadable',
  damage: DamageList,
): void {
  if (typeof anchor === 'string') {
    damage.add('anchor', 'anchor file', `it is ${anchor}`);
  } else if (anchor.number > commit.number) {
    const lost = anchor.number - commit.number;
    const where = `commits ${commit.number + 1n} to ${anchor.number}`;
    damage.add('commits_lost', where, `the last ${lost} of ${anchor.number} commits are lost`);
  } else if (anchor.number === commit.number && !equalBytes(anchor.chain, commit.chain)) {
    damage.add('other_history', `commit ${commit.number}`, 'the anchor has another chain hash');
  }
}

/** The check itself, for whoever reads the records: groups of them in ascending order of keys. */
export class RecordCheck {
  readonly damage = new DamageList();
  readonly #level: Lookup;
  readonly #watch: VerifyWatch;
  readonly #journal = new JournalCheck(this.damage);
  readonly #sum = new Uint8Array(32);
  readonly #expected: number | undefined;
  #count = 0;
  #schemaRecords = 0;
  #commit: CommitRecord | undefined;
  #schema: Schema | undefined;

  constructor(level: Lookup, watch: VerifyWatch = {}) {
    this.#level = level;
    this.#watch = watch;
    this.#expected = expectedCount(level);
  }

  take(group: readonly (readonly [Buffer, Uint8Array])[]): void {
    for (const [bytes, stored] of group) this.#takeRecord(bytes, stored);
    this.#watch.onProgress?.(this.#count, this.#expected);
  }

  #takeRecord(bytes: Buffer, stored: Uint8Array): void {
    const key = keyOfBytes(bytes);
    const value = valueIn(stored);
    const digest = digestOf(key, value);
    this.#lookUp(key, bytes, stored);
    const isSound = isSealedWith(stored, digest);
    if (!isSound) this.damage.add('checksum', nameOfKey(key), 'the checksum does not fit');
    if (key === COMMIT_KEY) {
      if (isSound) this.#commit = decodeCommit(value);
      return;
    }
    this.#count += 1;
    addDigest(this.#sum, digest, 1);
    this.#journal.take(key, isSound ? value : undefined);
    if (!isSound) return;
    if (key === SCHEMA_KEY) {
      this.#schemaRecords += 1;
      this.#schema = decodeSchema(value);
    } else if (keyspaceOf(key) === undefined) {
      this.damage.add('records_differ', nameOfKey(key), 'no such record is known');
    }
    this.#watch.onRecord?.({ key, value });
  }

  #lookUp(key: ByteKey, bytes: Buffer, stored: Uint8Array): void {
    try {
      const found = this.#level.getSync(bytes);
      if (found !== undefined && equalBytes(found, stored)) return;
      const what = found === undefined ? 'a lookup finds nothing' : 'a lookup finds another value';
      this.damage.add('lookup', nameOfKey(key), what);
    } catch (error) {
      if (isSystemError(error)) throw systemRefusal(error);
      this.damage.add('lookup', nameOfKey(key), `a lookup fails: ${messageOf(error)}`);
    }
  }

  finish(): Verified {
    this.#journal.finish();
    const commit = this.#commit ?? noCommit();
    if (this.damage.count === 0) this.#compareWithCommit(commit);
    const recordCount = this.#count - this.#schemaRecords;
    return { commit, schema: this.#schema, recordCount, damage: this.damage };
  }

  /** Says nothing new after other damage: any changed record changes the sum. */
  #compareWithCommit(commit: CommitRecord): void {
    if (this.#commit === undefined) {
      if (this.#count > 0) this.damage.add('commit_record', 'commit record', 'it is missing');
      return;
    }
    const where = `all records at commit ${commit.number}`;
    if (BigInt(this.#count) !== commit.count) {
      const found = `there are ${this.#count} and not ${commit.count}`;
      this.damage.add('records_differ', where, found);
    } else if (!equalBytes(this.#sum, commit.sum)) {
      const found = 'their number is right and their sum is not: one is stale';
      this.damage.add('records_differ', where, found);
    } else if (this.#schema === undefined) {
      this.damage.add('schema', 'schema record', 'it is missing or unreadable');
    }
  }
}

function decodeCommit(value: Uint8Array): CommitRecord | undefined {
  const commit = decode(commitCoder, value);
  return isRefusal(commit) ? undefined : commit;
}

/** How many records the last commit counted, if its record can be read. */
function expectedCount(level: Lookup): number | undefined {
  const value = peek(level, COMMIT_KEY);
  const commit = value === undefined ? undefined : decodeCommit(value);
  return commit === undefined ? undefined : Number(commit.count);
}

/** The schema version of a database before it was checked; undefined if it cannot be told. */
export function peekSchemaVersion(level: Level): number | undefined {
  const value = peek(level, SCHEMA_KEY);
  return value === undefined ? undefined : schemaVersion(value);
}

/** A record that is looked up before the pass; undefined when absent or unsound. */
function peek(level: Lookup, key: ByteKey): Uint8Array | undefined {
  try {
    const stored = level.getSync(keyBytes(key));
    if (stored === undefined) return undefined;
    const value = valueIn(stored);
    return isSealedWith(stored, digestOf(key, value)) ? value : undefined;
  } catch {
    // LevelDB cannot read it: the pass will meet that too, and say so.
    return undefined;
  }
}
