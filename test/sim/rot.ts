/**
 * Decay: a bit of one record on a disk is another than was written. Records stand there as the real
 * store has them, sealed (agent/shell/store/seal.ts), and it is the store's own check of seals and
 * journal that has to notice. LevelDB itself is not here; the whole check, with commit and anchor, is
 * tested on a real one in test/shell/store.
 */
import type { ByteKey } from '../../agent/core/bytes.ts';
import { type Damage, DamageList, StoreDamaged } from '../../agent/shell/store/damage.ts';
import { JournalCheck } from '../../agent/shell/store/journal-check.ts';
import { digestOf, seal, unseal } from '../../agent/shell/store/seal.ts';

export interface Rot {
  readonly key: ByteKey;
  /** What lies on the disk under the key: value and seal, one bit of which is wrong. */
  readonly stored: Uint8Array;
}

/** Flips one bit of a record as it lies on the disk, of its value or of its seal. */
export function rotOf(key: ByteKey, value: Uint8Array, bit: number): Rot {
  const stored = sealed(key, value);
  const at = bit % (8 * stored.length);
  const byte = stored[at >> 3] ?? 0;
  stored[at >> 3] = byte ^ (1 << (at & 7));
  return { key, stored };
}

/**
 * What the product's check at start finds on a disk. Records that nothing happened to are sealed here,
 * and not when they were written: nobody changes them in between, and it costs a hash a write.
 */
export function damageOf(records: ReadonlyMap<ByteKey, Uint8Array>, rot: Rot): readonly Damage[] {
  const damage = new DamageList();
  const journal = new JournalCheck(damage);
  // Ascending, as a database gives them.
  for (const key of [...records.keys()].sort()) {
    const stored = key === rot.key ? rot.stored : sealed(key, records.get(key) ?? new Uint8Array());
    const found = opened(key, stored);
    if (!(found instanceof Uint8Array)) damage.add(found.code, found.where, found.found);
    journal.take(key, found instanceof Uint8Array ? found : undefined);
  }
  journal.finish();
  return damage.list();
}

/** Whether the product notices when it replaces the record, as a commit does (commit.ts there). */
export function isNoticed({ key, stored }: Rot): boolean {
  return !(opened(key, stored) instanceof Uint8Array);
}

function sealed(key: ByteKey, value: Uint8Array): Uint8Array {
  return seal(value, digestOf(key, value));
}

function opened(key: ByteKey, stored: Uint8Array): Uint8Array | Damage {
  try {
    return unseal(key, stored).value;
  } catch (error) {
    if (error instanceof StoreDamaged) return error.damage;
    throw error;
  }
}
