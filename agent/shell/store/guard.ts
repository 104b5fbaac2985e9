/**
 * The guarded records: those whose loss could make a node sign what it must not. They are all
 * verified before a node takes part, against a number and a sum of their own in the commit record,
 * so that none can be missing, stale or extra. Their number is bounded by that of accounts, not by
 * history; but a cashbook never forgets a payout.
 *
 *   account                     which sequence is next, and which order was voted for
 *   conflict                    accounts that must not be voted for any more
 *   agreement                   what was said of what is not decided yet
 *   standing, firstStart        whether this key may vote at all
 *   committee, formerCommittee  whose votes make a quorum
 *   stopped, behind             whether it votes in this epoch
 *   keptOrders, carried         what may have been certified or decided in a former epoch
 *   owner, genesis              whose ledger this is, and of which network
 *   accountCount, journalHead   what the next account and the next fact go by
 *   liveOrder, wallet           what a wallet has signed, and what it signs next
 *   schema                      whether the store was moved away
 *   book...                     of a cashbook: what must not be paid, or booked, a second time
 *
 * All others are history: facts that a quorum has certified, and where to find them.
 */
import type { ByteKey } from '../../core/base/bytes.ts';
import { SPACES, type SpaceName } from '../../core/spaces.ts';

const GUARDED = [
  'account',
  'conflict',
  'agreement',
  'standing',
  'firstStart',
  'committee',
  'formerCommittee',
  'stopped',
  'behind',
  'keptOrders',
  'carried',
  'owner',
  'genesis',
  'accountCount',
  'journalHead',
  'liveOrder',
  'wallet',
  'schema',
  'bookHead',
  'bookPayout',
  'bookKeyAt',
  'bookOpen',
  'bookReceipt',
  'bookDeposit',
] as const satisfies readonly SpaceName[];

const PREFIXES = new Set<string | undefined>(GUARDED.map((space) => SPACES[space].prefix));

/** Their first bytes, in ascending order. */
export const GUARDED_PREFIXES: readonly string[] = GUARDED.map(
  (space) => SPACES[space].prefix,
).sort();

/** Whether a record is one of them. */
export function isGuarded(key: ByteKey): boolean {
  return PREFIXES.has(key[0]);
}
