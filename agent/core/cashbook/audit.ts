/**
 * Whether a cashbook's entries are all there and as they were written: the chain of hashes from the
 * first to the newest, and what all of them come to. A store shows by itself whether a record was
 * changed; this shows it to whoever has only the entries, and finds mistakes of our own.
 */
import { equalBytes } from '../base/bytes.ts';
import type { BookEntry, BookTotals } from '../codec/book.ts';
import type { Read } from '../io.ts';
import { afterEntry, entryAt, headOf, keyOfPayout, linkOf, payoutUnder } from './book.ts';

/** How far an audit got, and what the entries so far come to. */
export interface Audit {
  readonly next: bigint;
  readonly link: Uint8Array;
  readonly totals: readonly BookTotals[];
  readonly counts: { readonly payouts: bigint; readonly open: bigint; readonly deposits: bigint };
  /** What is wrong, in words; nothing more is looked at then. */
  readonly wrong: string | undefined;
}

export const NOTHING_AUDITED: Audit = {
  next: 0n,
  link: new Uint8Array(32),
  totals: [],
  counts: { payouts: 0n, open: 0n, deposits: 0n },
  wrong: undefined,
};

/** Whether an audit has seen the newest entry, or found something wrong. */
export function isAudited(read: Read, { next, wrong }: Audit): boolean {
  return wrong !== undefined || next >= headOf(read).entries;
}

/** Looks at the next so many entries, and after the last one at the head. */
export function auditMore(read: Read, audit: Audit, most: number): Audit {
  let now = audit;
  for (let i = 0; i < most && !isAudited(read, now); i++) now = auditEntry(read, now);
  if (now.wrong !== undefined || !isAudited(read, now)) return now;
  return { ...now, wrong: headMistake(read, now) };
}

function auditEntry(read: Read, { next, link, totals, counts }: Audit): Audit {
  const so = { next, link, totals, counts };
  const entry = entryAt(read, next);
  if (entry === undefined) return { ...so, wrong: `entry ${next} is missing` };
  if (!equalBytes(entry.link, link)) {
    return { ...so, wrong: `entry ${next} does not follow from the one before` };
  }
  const after = {
    next: next + 1n,
    link: linkOf(entry),
    totals: afterEntry(totals, entry),
    counts: counted(counts, entry),
  };
  return { ...after, wrong: payoutMistake(read, entry, next, after.counts.payouts) };
}

function counted(counts: Audit['counts'], { booked }: BookEntry): Audit['counts'] {
  const { payouts, open, deposits } = counts;
  switch (booked.TAG) {
    case 'payable':
      return { payouts: payouts + 1n, open: open + 1n, deposits };
    case 'paid':
    case 'refused':
      return { payouts, open: open - 1n, deposits };
    case 'deposit':
      return { payouts, open, deposits: deposits + 1n };
  }
}

/** An entry about a payout and the payout's own record have to tell the same. */
function payoutMistake(
  read: Read,
  { booked }: BookEntry,
  entry: bigint,
  payouts: bigint,
): string | undefined {
  if (booked.TAG === 'deposit') return undefined;
  const number = booked.TAG === 'payable' ? payouts : booked.data.payout;
  const key = keyOfPayout(read, number);
  const record = key && payoutUnder(read, key);
  if (record === undefined) return `payout ${number} of entry ${entry} has no record`;
  const isItsOwn =
    booked.TAG === 'payable'
      ? record.takenOn === entry && record.number === number
      : record.latest >= entry && (record.latest > entry || record.state === booked.TAG);
  return isItsOwn ? undefined : `the record of payout ${number} does not fit entry ${entry}`;
}

function headMistake(read: Read, { link, totals, counts }: Audit): string | undefined {
  const head = headOf(read);
  if (!equalBytes(head.link, link)) return 'the newest entry is not the one that the head names';
  const { payouts, open, deposits } = head;
  const written = [payouts, open, deposits, ...head.totals.flatMap(sums)];
  const found = [counts.payouts, counts.open, counts.deposits, ...totals.flatMap(sums)];
  return written.join() === found.join() ? undefined : 'the entries do not come to the totals';
}

function sums({ token, cash, network, payable }: BookTotals): readonly bigint[] {
  return [BigInt(token), cash, network, payable];
}
