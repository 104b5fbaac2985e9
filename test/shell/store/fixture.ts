/** Stores in temporary folders, filled with records of the shapes that an authority writes. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { concatBytes } from '../../../agent/core/base/bytes.ts';
import type { Sequence } from '../../../agent/core/base/units.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { journalHeadCoder, numberCoder } from '../../../agent/core/codec/record.ts';
import type { Write } from '../../../agent/core/io.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import type { Damage } from '../../../agent/shell/store/damage.ts';
import { inspectStore, type OpenOptions, openStore } from '../../../agent/shell/store/open.ts';
import type { Store } from '../../../agent/shell/store/store.ts';

export const NETWORK = new Uint8Array(32).fill(7);

/**
 * Where nothing waits for a disk, if there is such a place: for tests that open very many stores.
 */
export const IN_MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A folder that is removed after the test. */
export function temporaryFolder(t: Pick<TestContext, 'after'>, where = tmpdir()): string {
  const folder = mkdtempSync(join(where, 'meshpay-store-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a store that must be sound or empty. */
export async function open(folder: string, options: Partial<OpenOptions> = {}): Promise<Store> {
  const opened = await openStore({ folder, allowVolatile: true, ...options });
  if ('store' in opened) return opened.store;
  throw new Error(`not sound: ${JSON.stringify(opened)}`);
}

/** What opening a store for work, and the scrub after it, find wrong. Leaves it closed. */
export async function damageAtWork(folder: string): Promise<readonly Damage[]> {
  const opened = await openStore({ folder, allowVolatile: true });
  if (opened.state === 'refused') throw opened.error;
  if (opened.state === 'damaged') {
    await opened.reader?.close();
    return opened.damage;
  }
  const found = await scrubWhole(opened.store);
  await opened.store.close();
  return found;
}

/** Runs the scrub to the end of its pass; empty if all is whole. */
export async function scrubWhole(store: Store, records = 50): Promise<readonly Damage[]> {
  for (;;) {
    const step = await store.scrub(records);
    if (typeof step !== 'string') return step;
    if (step === 'whole') return [];
  }
}

/**
 * What is wrong with a store; empty if it is sound. Leaves it closed. What the whole check finds, a
 * node at work must find as well, at its start or by the scrub: that is tried on a copy.
 */
export async function damageIn(folder: string): Promise<readonly Damage[]> {
  const copy = mkdtempSync(join(IN_MEMORY, 'meshpay-copy-'));
  let atWork: readonly Damage[];
  try {
    cpSync(join(folder, 'store'), join(copy, 'store'), { recursive: true });
    atWork = await damageAtWork(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  const opened = await inspectStore({ folder });
  if (opened.state === 'refused') throw opened.error;
  if ('reader' in opened) await opened.reader?.close();
  const damage = opened.state === 'damaged' ? opened.damage : [];
  assert.equal(atWork.length > 0, damage.length > 0, JSON.stringify([atWork, damage]));
  return damage;
}

/** A copy of an open store as it is on the disk: what a process that is killed leaves. */
export function asKilled(t: Pick<TestContext, 'after'>, folder: string): string {
  const copy = temporaryFolder(t, IN_MEMORY);
  // LevelDB's own thread goes on while this one copies: again, until it did nothing meanwhile.
  for (;;) {
    const before = filesOf(join(folder, 'store/db'));
    try {
      cpSync(join(folder, 'store'), join(copy, 'store'), { recursive: true });
      if (filesOf(join(folder, 'store/db')) === before) return copy;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    rmSync(join(copy, 'store'), { recursive: true, force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/** Names and sizes of the files in a folder. */
function filesOf(folder: string): string {
  const sizes = readdirSync(folder).map((name) => {
    return `${name} ${statSync(join(folder, name), { throwIfNoEntry: false })?.size}`;
  });
  return sizes.sort().join();
}

/** The account of a number: its key. */
export function account(n: number): Uint8Array {
  return createHash('sha256').update(`account ${n}`).digest();
}

/** An authority's bookkeeping in small: each fact is a journal entry and changes some records. */
export class Ledger {
  #count = 0n;
  #link: Uint8Array = new Uint8Array(32);

  /** The writes of the first commit: which network this is. */
  genesis(): Write[] {
    return [{ key: SPACES.genesis.key, value: NETWORK }];
  }

  /** The writes of the next fact, of about `bytes` bytes. */
  fact(bytes = 300): Write[] {
    const number = this.#count;
    const payer = account(Number(number % 20n));
    const body = createHash('shake256', { outputLength: bytes }).update(`${number}`).digest();
    const entry = concatBytes(this.#link, body);
    this.#count += 1n;
    this.#link = createHash('sha256').update(entry).digest();
    const head = { count: this.#count, link: this.#link };
    return [
      { key: SPACES.journal.at(number).key, value: entry },
      { key: SPACES.journalHead.key, value: encode(journalHeadCoder, head) },
      {
        key: SPACES.certificateAt.at(payer, number as Sequence).key,
        value: encode(numberCoder, number),
      },
      { key: SPACES.account.at(payer).key, value: body.subarray(0, 120) },
    ];
  }
}

/** Fills a new store with facts, one commit each, and closes it. */
export async function fill(folder: string, facts: number, bytes?: number): Promise<void> {
  const store = await open(folder);
  const ledger = new Ledger();
  await store.commit(ledger.genesis());
  for (let i = 0; i < facts; i++) await store.commit(ledger.fact(bytes));
  await store.close();
}
