/**
 * Checking records. Memory does not grow with the store.
 *
 *   every record   its seal fits, and a lookup finds the very same bytes
 *   all together   number and sum of the records are those of the last commit
 *   the guarded    the same for those that a vote depends on (guard.ts)
 *   the journal    numbers without a gap, each entry linked to the one before, the head to the last
 *
 * Before a node takes part the guarded ones are checked, after the commit log (judge.ts). All of
 * them are where nobody waits: by the scrub (scrub.ts) while the node works, and in one pass of a
 * backup, a move, a migration and whatever inspects a store that is not in use.
 */
import { type ByteKey, equalBytes } from '../../core/base/bytes.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import { decode } from '../../core/codec/canonical.ts';
import { spaceOf } from '../../core/spaces.ts';
import { COMMIT_KEY, type CommitRecord, commitCoder, noCommit, Sum } from './commit.ts';
import { DamageList, nameOfKey } from './damage.ts';
import { GUARDED_PREFIXES, isGuarded } from './guard.ts';
import { JournalCheck } from './journal-check.ts';
import { messageOf } from './layout.ts';
import type { Level } from './level.ts';
import { scan } from './level-read.ts';
import { decodeSchema, SCHEMA_KEY, type Schema, schemaVersion } from './schema.ts';
import { digestOf, isSealedWith, keyBytes, keyOfBytes, valueIn } from './seal.ts';
import { isCorruption, isSystemError, systemRefusal } from './system-error.ts';

/** A single record as it is stored, sealed. */
export type Lookup = Pick<Level, 'getSync'>;

/** Who wants to know while the pass goes on. */
export interface VerifyWatch {
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
  for await (const group of readable(scan(level), pass.damage)) pass.take(group);
  return pass.finish();
}

/** One record as it was read. */
export interface CheckedRecord {
  readonly key: ByteKey;
  readonly value: Uint8Array;
  readonly digest: Uint8Array;
  /** Whether its seal fits. */
  readonly isSound: boolean;
}

/**
 * Checks one record: its seal, and unless `isTouched`, since it may be another by now, that a
 * lookup finds the same bytes. Throws StoreError `store_unavailable`.
 */
export function checkRecord(
  level: Lookup,
  damage: DamageList,
  [bytes, stored]: readonly [Buffer, Uint8Array],
  isTouched = false,
): CheckedRecord {
  const key = keyOfBytes(bytes);
  const value = valueIn(stored);
  const digest = digestOf(key, value);
  if (!isTouched) lookUp(level, damage, key, bytes, stored);
  const isSound = isSealedWith(stored, digest);
  if (!isSound) damage.add('checksum', nameOfKey(key), 'the checksum does not fit');
  if (spaceOf(key) === undefined) {
    damage.add('records_differ', nameOfKey(key), 'no such record is known');
  }
  return { key, value, digest, isSound };
}

function lookUp(
  level: Lookup,
  damage: DamageList,
  key: ByteKey,
  bytes: Buffer,
  stored: Uint8Array,
): void {
  try {
    const found = level.getSync(bytes);
    if (found !== undefined && equalBytes(found, stored)) return;
    const what = found === undefined ? 'a lookup finds nothing' : 'a lookup finds another value';
    damage.add('lookup', nameOfKey(key), what);
  } catch (error) {
    if (isSystemError(error)) throw systemRefusal(error);
    damage.add('lookup', nameOfKey(key), `a lookup fails: ${messageOf(error)}`);
  }
}

/** Says what is wrong when `sum` is not that of the records which a commit counted. */
export function compareSums(
  sum: Sum,
  expected: { readonly count: bigint; readonly sum: Uint8Array },
  where: string,
  damage: DamageList,
): void {
  if (sum.equals(expected)) return;
  const found =
    sum.count === expected.count
      ? 'their number is right and their sum is not: one is stale'
      : `there are ${sum.count} and not ${expected.count}`;
  damage.add('records_differ', where, found);
}

/** The check itself, for whoever reads the records: groups of them in ascending order of keys. */
export class RecordCheck {
  readonly damage = new DamageList();
  readonly #level: Lookup;
  readonly #watch: VerifyWatch;
  readonly #journal = new JournalCheck(this.damage);
  readonly #all = new Sum(noCommit());
  readonly #guarded = new Sum(noCommit());
  readonly #expected: number | undefined;
  #schemaRecords = 0;
  #commit: CommitRecord | undefined;
  #schema: Schema | undefined;

  constructor(level: Lookup, watch: VerifyWatch = {}) {
    this.#level = level;
    this.#watch = watch;
    const commit = peekCommit(level);
    this.#expected = commit === undefined ? undefined : Number(commit.count);
  }

  take(group: readonly (readonly [Buffer, Uint8Array])[]): void {
    for (const record of group) this.#takeRecord(record);
    this.#watch.onProgress?.(Number(this.#all.count), this.#expected);
  }

  #takeRecord(record: readonly [Buffer, Uint8Array]): void {
    const { key, value, digest, isSound } = checkRecord(this.#level, this.damage, record);
    if (key === COMMIT_KEY) {
      if (isSound) this.#commit = decodeCommit(value);
      return;
    }
    this.#all.apply({ before: undefined, after: digest });
    if (isGuarded(key)) this.#guarded.apply({ before: undefined, after: digest });
    this.#journal.take(key, isSound ? value : undefined);
    if (!isSound || key !== SCHEMA_KEY) return;
    this.#schemaRecords += 1;
    this.#schema = decodeSchema(value);
  }

  finish(): Verified {
    this.#journal.finish();
    const commit = this.#commit ?? noCommit();
    if (this.damage.count === 0) this.#compareWithCommit(commit);
    const recordCount = Number(this.#all.count) - this.#schemaRecords;
    return { commit, schema: this.#schema, recordCount, damage: this.damage };
  }

  /** Says nothing new after other damage: any changed record changes the sum. */
  #compareWithCommit(commit: CommitRecord): void {
    if (this.#commit === undefined) {
      if (this.#all.count > 0n) this.damage.add('commit_record', 'commit record', 'it is missing');
      return;
    }
    const at = `records at commit ${commit.number}`;
    compareSums(this.#all, commit, `all ${at}`, this.damage);
    if (this.damage.count > 0) return;
    compareSums(this.#guarded, commit.guarded, `the guarded ${at}`, this.damage);
    if (this.#schema === undefined) {
      this.damage.add('schema', 'schema record', 'it is missing or unreadable');
    }
  }
}

/**
 * Reads and checks the guarded records alone (guard.ts), as of the last commit, while `watch`
 * hears of progress. Their number does not grow with history.
 */
export async function verifyGuarded(
  level: Level,
  commit: CommitRecord,
  watch: VerifyWatch = {},
): Promise<Verified> {
  const damage = new DamageList();
  const sum = new Sum(noCommit());
  let schema: Schema | undefined;
  for (const prefix of GUARDED_PREFIXES) {
    for await (const group of readable(scan(level, rangeOf(prefix)), damage)) {
      for (const record of group) {
        const { key, value, digest, isSound } = checkRecord(level, damage, record);
        sum.apply({ before: undefined, after: digest });
        if (key === SCHEMA_KEY && isSound) schema = decodeSchema(value);
      }
      watch.onProgress?.(Number(sum.count), Number(commit.guarded.count));
    }
  }
  if (damage.count === 0) {
    compareSums(sum, commit.guarded, `the guarded records at commit ${commit.number}`, damage);
  }
  if (damage.count === 0 && schema === undefined) {
    damage.add('schema', 'schema record', 'it is missing or unreadable');
  }
  return { commit, schema, recordCount: Number(commit.count) - 1, damage };
}

/** All keys that begin with this byte. */
function rangeOf(prefix: string): { readonly gte: Buffer; readonly lt: Buffer } {
  const byte = prefix.charCodeAt(0);
  return { gte: Buffer.of(byte), lt: Buffer.of(byte + 1) };
}

/** The groups up to where LevelDB finds its files to be wrong, which is damage. */
async function* readable(
  groups: AsyncGenerator<[Buffer, Uint8Array][], void>,
  damage: DamageList,
): AsyncGenerator<[Buffer, Uint8Array][], void> {
  for (;;) {
    const group = await groups.next().catch((error: unknown) => {
      if (isSystemError(error)) throw systemRefusal(error);
      if (!isCorruption(error)) throw error;
      damage.add('unreadable', 'LevelDB', messageOf(error));
    });
    if (group?.value === undefined) return;
    yield group.value;
  }
}

function decodeCommit(value: Uint8Array): CommitRecord | undefined {
  const commit = decode(commitCoder, value);
  return isRefusal(commit) ? undefined : commit;
}

/** The record of the last commit, if it can be read. */
export function peekCommit(level: Lookup, damage?: DamageList): CommitRecord | undefined {
  const value = peek(level, COMMIT_KEY, damage);
  return value === undefined ? undefined : decodeCommit(value);
}

/** The schema version of a database before it was checked; undefined if it cannot be told. */
export function peekSchemaVersion(level: Level): number | undefined {
  const value = peek(level, SCHEMA_KEY);
  return value === undefined ? undefined : schemaVersion(value);
}

/** A record that is looked up before the pass; undefined when absent or unsound. */
function peek(level: Lookup, key: ByteKey, damage?: DamageList): Uint8Array | undefined {
  try {
    const stored = level.getSync(keyBytes(key));
    if (stored === undefined) return undefined;
    const value = valueIn(stored);
    return isSealedWith(stored, digestOf(key, value)) ? value : undefined;
  } catch (error) {
    if (!isCorruption(error)) throw isSystemError(error) ? systemRefusal(error) : error;
    damage?.add('unreadable', nameOfKey(key), messageOf(error));
    return undefined;
  }
}
