/** What can be wrong with a store, and how it is reported. */
import { type ByteKey, fromByteKey, toHex } from '../../core/base/bytes.ts';
import { SPACES, spaceOf } from '../../core/spaces.ts';
import { MAX_DAMAGE_LISTED } from './limits.ts';

export const DAMAGES = {
  checksum: 'a record is not what was written',
  lookup: 'a record is in the tables but cannot be looked up, or an older one is found',
  unreadable: 'LevelDB cannot read its files',
  records_differ: 'a record is lost, stale or too many',
  commit_record: 'the record of the last commit is missing or makes no sense',
  commits_lost: 'the last commits are not in the database',
  other_history: 'the database is not the one that this commit log belongs to',
  database_gone: 'there is a commit log, but no database',
  commit_log: 'the commit log is missing or unreadable',
  journal: 'the journal is not one unbroken chain',
  schema: 'the schema record is missing or makes no sense',
} as const;

export type DamageCode = keyof typeof DAMAGES;

/** One thing that is wrong: its kind, where, and what was found there. */
export interface Damage {
  readonly code: DamageCode;
  readonly where: string;
  readonly found: string;
}

/** "account record of account 0a1b…: the checksum does not fit (checksum)". */
export function describeDamage({ code, where, found }: Damage): string {
  return `${where}: ${found} (${code})`;
}

/** Everything that was found, up to a bound; the rest is counted. */
export class DamageList {
  readonly #listed: Damage[] = [];
  #found = 0;

  add(code: DamageCode, where: string, found: string): void {
    this.#found += 1;
    if (this.#listed.length < MAX_DAMAGE_LISTED) this.#listed.push({ code, where, found });
  }

  /** These, and after them what another check found. */
  with(other: DamageList): DamageList {
    const all = new DamageList();
    for (const { code, where, found } of [...this.#listed, ...other.#listed]) {
      all.add(code, where, found);
    }
    all.#found = this.#found + other.#found;
    return all;
  }

  get count(): number {
    return this.#found;
  }

  /** The damage in the order in which it was found; a last entry says how much was left out. */
  list(): readonly Damage[] {
    const more = this.#found - this.#listed.length;
    if (more === 0) return this.#listed;
    const { code } = this.#listed.at(-1) ?? { code: 'checksum' };
    return [...this.#listed, { code, where: 'the store', found: `${more} more of its kind` }];
  }
}

/** Met while a record was read: the process must end, since nothing here can be relied on. */
export class StoreDamaged extends Error {
  override readonly name = 'StoreDamaged';
  readonly code = 'store_damaged';
  readonly damage: Damage;

  constructor(damage: Damage) {
    super(`store_damaged: ${describeDamage(damage)}`);
    this.damage = damage;
  }
}

/**
 * What a person calls the record under a key, read off its row in spaces.ts: "certificateAt
 * record of account 0a1b…, sequence 7".
 */
export function nameOfKey(key: ByteKey): string {
  const space = spaceOf(key);
  if (space === undefined) return `unknown record ${toHex(fromByteKey(key))}`;
  const bytes = fromByteKey(key).subarray(1);
  const parts: string[] = [];
  let offset = 0;
  for (const { name, bytes: length } of SPACES[space].parts) {
    const part = bytes.subarray(offset, length === undefined ? undefined : offset + length);
    offset += part.length;
    parts.push(`${name} ${part.length <= 8 ? BigInt(`0x0${toHex(part)}`) : toHex(part)}`);
  }
  if (offset < bytes.length) parts.push(`stray bytes ${toHex(bytes.subarray(offset))}`);
  return parts.length === 0 ? `${space} record` : `${space} record of ${parts.join(', ')}`;
}
