/**
 * Orders that this authority voted for are told again until they are certified: word of a vote goes
 * out once (order.ts) and may get lost, and two halves of a split vote have to meet for a proof.
 *
 * Nothing is kept for each of them. The last ones that were voted for are in a list of
 * MAX_RECENT_VOTES places, which a newer vote takes over when all are taken; and a walk goes over
 * all accounts, in the order in which they came, from a place that is drawn at start, and around.
 * So an order is told soon and often while few are on their way, and every one is told in its turn
 * whoever makes however many. A walk that came around and met no order rests until the list is full
 * again.
 *
 * Bounds: a round tells MAX_RETOLD_ORDERS, half of them from the list, looks at MAX_RETELL_LOOKS
 * accounts, and rounds are SYNC_IDLE_MS apart, however often ledgers are compared.
 */
import { invariant } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import {
  MAX_RECENT_VOTES,
  MAX_RETELL_LOOKS,
  MAX_RETOLD_ORDERS,
  SYNC_IDLE_MS,
} from '../base/limits.ts';
import { draw } from '../chance.ts';
import type { SignedOrder } from '../codec/order.ts';
import type { Retelling } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { memberLinks } from '../mesh/links.ts';
import { SPACES } from '../spaces.ts';
import { accountCount, readAccount } from './account.ts';

/** Notes an account that has a pending order now. */
export function retellLater(draft: Draft, account: Uint8Array): void {
  const before = retellingOf(draft);
  const at = SPACES.retold.at(before.next);
  // Whose place is taken is left to the walk.
  const quiet = draft.has(at) ? 0n : before.quiet;
  draft.write(at, account);
  writeRetelling(draft, { ...before, next: (before.next + 1) % MAX_RECENT_VOTES, quiet });
}

/** One round, if it is time for one. */
export function retellPending(draft: Draft): void {
  const before = retellingOf(draft);
  const links = memberLinks(draft);
  if (links.length === 0 || draft.stamp.nowMs < before.dueMs) return;
  const recent = tellRecent(draft, before, MAX_RETOLD_ORDERS / 2);
  const walked = walk(draft, recent);
  const after = { ...walked.after, dueMs: BigInt(draft.stamp.nowMs + SYNC_IDLE_MS) };
  writeRetelling(draft, after);
  for (const data of walked.orders) {
    for (const link of links) draft.send(link, { TAG: 'gossip', data });
  }
}

interface Told {
  readonly orders: readonly SignedOrder[];
  readonly after: Retelling;
}

/** Orders of the list, in turn; what is certified by now leaves its place. */
function tellRecent(draft: Draft, before: Retelling, most: number): Told {
  const orders: SignedOrder[] = [];
  let { place } = before;
  for (let looks = 0; looks < MAX_RECENT_VOTES && orders.length < most; looks++) {
    const at = SPACES.retold.at(place);
    place = (place + 1) % MAX_RECENT_VOTES;
    const account = draft.read(at);
    if (account === undefined) continue;
    const { pending } = readAccount(draft, account);
    if (pending === undefined) draft.remove(at);
    else orders.push(pending);
  }
  return { orders, after: { ...before, place } };
}

/** Adds orders of all accounts, in turn, to those of the list. */
function walk(draft: Draft, { orders: recent, after: before }: Told): Told {
  const count = accountCount(draft);
  const orders = [...recent];
  let { quiet, at } = before;
  for (let looks = 0; looks < MAX_RETELL_LOOKS && orders.length < MAX_RETOLD_ORDERS; looks++) {
    if (quiet >= count) break;
    const next = at ?? BigInt(draw(draft, Number(count), 'retell'));
    const account = accountAt(draft, next % count);
    const { pending } = readAccount(draft, account);
    at = (next % count) + 1n;
    quiet = pending === undefined ? quiet + 1n : 0n;
    const isListed = recent.some(({ order }) => equalBytes(order.account, account));
    if (pending !== undefined && !isListed) orders.push(pending);
  }
  return { orders, after: { ...before, quiet, at } };
}

function accountAt(draft: Draft, n: bigint): Uint8Array {
  const account = draft.read(SPACES.accountAt.at(n));
  invariant(account !== undefined, 'the list of accounts is as long as their count');
  return account;
}

const AT_START: Retelling = { next: 0, place: 0, quiet: 0n, at: undefined, dueMs: 0n };

function retellingOf(draft: Draft): Retelling {
  return draft.read(SPACES.retelling) ?? AT_START;
}

function writeRetelling(draft: Draft, retelling: Retelling): void {
  draft.write(SPACES.retelling, retelling);
}
