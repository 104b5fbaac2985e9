/**
 * Whether this authority votes, and whose state this is. No other file reads or writes these
 * records:
 *
 *   owner        the key whose state this is; a store that has none was never begun
 *   standing     the bar: this authority never votes again, since it may have given votes that its
 *                ledger does not know (PROTOCOL: Evidence is used)
 *   firstStart   it votes when others have vouched for the first start of its key
 *                (authority/first-start.ts)
 *
 * Safety: nothing in the core takes a bar away. Whoever may have contradicted itself would do so
 * again at the next order, so doubt ends voting for every account at once.
 */

import type { Sequence } from './base/units.ts';
import type { ValueOf } from './codec/coder.ts';
import type { standingCoder, Vouchers } from './codec/record.ts';
import type { Draft } from './draft.ts';
import type { Read, Write } from './io.ts';
import { recordAt, writeOf } from './space.ts';
import { SPACES } from './spaces.ts';

/** Why an authority never votes again, for people. */
export type Bar = ValueOf<typeof standingCoder>;

/** All reasons for a bar. */
export const BARS = {
  elsewhere: {
    reason:
      'a vote of this key turned up that this ledger does not know: the key was used elsewhere',
  },
  lost: { reason: 'the ledger of a key that has been in use is gone: it may have voted before' },
  restored: { reason: 'restored from a backup: later votes are not known' },
} as const satisfies Record<string, Bar>;

/** The bar of a store that was sealed for the move with this code. */
export function movedBar(code: string): Bar {
  return { reason: `moved to other hardware, code ${code}` };
}

/**
 * How an authority stands, for people: it votes, it never votes again, or it waits until others
 * have vouched for it.
 */
export type AuthorityStanding =
  | { readonly kind: 'votes' }
  | { readonly kind: 'barred'; readonly bar: Bar; readonly isElsewhere: boolean }
  | { readonly kind: 'first_start'; readonly vouchers: Vouchers };

export function standingOf(read: Read): AuthorityStanding {
  const bar = barOf(read);
  if (bar !== undefined) return { kind: 'barred', bar, isElsewhere: wasUsedElsewhere(bar) };
  if (read.get(SPACES.firstStart.key) === undefined) return { kind: 'votes' };
  return { kind: 'first_start', vouchers: vouchersOf(read) };
}

/** Whether this authority votes, and so remembers each vote that it ever gave. */
export function mayVote(read: Read): boolean {
  return !isBarred(read) && read.get(SPACES.firstStart.key) === undefined && !isBehind(read);
}

/** Whether its ledger is not known to contain what the last change of epoch decided. */
export function isBehind(read: Read): boolean {
  return read.get(SPACES.behind.key) !== undefined;
}

/** Whether it never votes again. */
export function isBarred(read: Read): boolean {
  return read.get(SPACES.standing.key) !== undefined;
}

/** Why it never votes again; undefined: nothing bars it. */
export function barOf(read: Read): Bar | undefined {
  return recordAt(read, SPACES.standing);
}

/** Whether the key voted in another life. */
function wasUsedElsewhere({ reason }: Bar): boolean {
  return reason === BARS.elsewhere.reason;
}

/** This key voted at this place in another life. */
export function bar(draft: Draft, account: Uint8Array, sequence: Sequence): void {
  if (isBarred(draft)) return;
  draft.write(SPACES.standing, BARS.elsewhere);
  draft.note({ kind: 'voted_elsewhere', account, sequence });
}

/** Puts this bar in place of the one that a store has, or, only where a store is copied, none. */
export function barWrite(bar: Bar | undefined): Write {
  if (bar !== undefined) return writeOf(SPACES.standing, bar);
  return { key: SPACES.standing.key, value: undefined };
}

/** The life that waits for others to vouch for it; undefined: this is no first start. */
export function ownLife(draft: Draft): Uint8Array | undefined {
  return draft.read(SPACES.firstStart)?.life;
}

/** What others have said of this first start so far. */
export function vouchersOf(read: Read): Vouchers {
  return recordAt(read, SPACES.vouchers) ?? NOBODY;
}

const NOBODY: Vouchers = { vouched: [], seen: [] };

export function keepVouchers(draft: Draft, vouchers: Vouchers): void {
  draft.write(SPACES.vouchers, vouchers);
}

/** Enough others have vouched: from now on it votes, unless it is barred. */
export function admit(draft: Draft): void {
  draft.remove(SPACES.firstStart);
  draft.remove(SPACES.vouchers);
}

/** The key whose state this is; undefined: it was never begun. */
export function ownerOf(read: Read): Uint8Array | undefined {
  return read.get(SPACES.owner.key);
}

/**
 * What begins a state for this key: with a life that others have to vouch for, with a bar, or,
 * where no authority owns it, with neither.
 */
export function beginning(
  key: Uint8Array,
  as: { readonly life: Uint8Array } | { readonly bar: Bar } | undefined,
): readonly Write[] {
  const owner = writeOf(SPACES.owner, key);
  if (as === undefined) return [owner];
  if ('bar' in as) return [owner, barWrite(as.bar)];
  return [owner, writeOf(SPACES.firstStart, as)];
}
