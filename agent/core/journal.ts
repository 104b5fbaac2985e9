/**
 * The journal: every fact that this node learned for good, in order, each linked to the one before
 * by its hash. Other records point into it by number; entries are never changed or removed.
 */

import { invariant } from './base/assert.ts';
import { sha256 } from './base/crypto.ts';
import type { Sequence } from './base/units.ts';
import { encode } from './codec/canonical.ts';
import type { Certificate } from './codec/order.ts';
import { type Fact, type JournalHead, journalEntryCoder } from './codec/record.ts';
import type { Draft } from './draft.ts';
import type { Cell } from './space.ts';
import { SPACES } from './spaces.ts';

const NO_ENTRIES: JournalHead = { count: 0n, link: new Uint8Array(32) };

/** How many facts there are, and the hash of the last entry. */
export function journalHead(draft: Draft): JournalHead {
  return draft.read(SPACES.journalHead) ?? NO_ENTRIES;
}

/** Adds a fact, and writes its number under `index`. */
export function record(draft: Draft, fact: Fact, index: Cell<bigint>): bigint {
  const { count, link } = journalHead(draft);
  const entry = encode(journalEntryCoder, { link, fact });
  draft.writeBytes(SPACES.journal.at(count), entry);
  const head = { count: count + 1n, link: sha256(entry) };
  draft.write(SPACES.journalHead, head);
  draft.write(index, count);
  return count;
}

/** The fact whose number is under `index`, if any. */
export function recorded(draft: Draft, index: Cell<bigint>): Fact | undefined {
  const number = draft.read(index);
  return number === undefined ? undefined : factAt(draft, number);
}

/** The fact with this number. */
export function factAt(draft: Draft, number: bigint): Fact {
  const entry = draft.read(SPACES.journal.at(number));
  invariant(entry !== undefined, 'an index points at a journal entry');
  return entry.fact;
}

/**
 * Where the account stands in an entry with a certificate, and in one with what closed a sequence:
 * behind link, kind and epoch, and in the latter behind the kind of its subject.
 */
const PAYER_AT = 32 + 1 + 4;
const OWNER_AT = PAYER_AT + 1;
const CERTIFICATE = 1;
const CLOSING = 7;

/** In whose history the nth fact is, if it is in one; without reading the rest of it. */
export function payerAt(draft: Draft, number: bigint): Uint8Array | undefined {
  const entry = draft.readBytes(SPACES.journal.at(number));
  invariant(entry !== undefined, 'the journal has no gap');
  const at = entry[32] === CERTIFICATE ? PAYER_AT : entry[32] === CLOSING ? OWNER_AT : undefined;
  return at === undefined ? undefined : entry.slice(at, at + 32);
}

/** The certificate of this account and sequence, if it was applied here. */
export function certificateAt(
  draft: Draft,
  account: Uint8Array,
  sequence: Sequence,
): Certificate | undefined {
  const fact = recorded(draft, SPACES.certificateAt.at(account, sequence));
  return fact?.TAG === 'certificate' ? fact.data : undefined;
}
