/**
 * How many first votes an account gets in an hour (PROTOCOL: What a stranger may leave). Each vote
 * may come to a certificate, which every authority keeps for ever, and two accounts of one owner
 * may pay one unit to and fro. So the genesis says how many each authority gives an account; the
 * next order is refused until the hour is over.
 *
 * Safety: none rests on this. A refusal stores nothing; a vote that was given is given again at any
 * time, certificates are applied whatever this says, and so no clock strands an order (PROTOCOL:
 * Withdrawals).
 * Liveness: a refused order is repeated by its wallet, and voted for in the next hour. Hours are
 * counted by the clock that only goes on, from the start of the process, and named after its seed:
 * whatever the wall clock says or did, no account waits longer than an hour, and each start begins
 * a new one.
 * Bounds: eight bytes in the account's record, written together with the pending order.
 *
 * What it comes to: a certificate takes votes of q - f honest authorities of n - f. So one account
 * leaves at most votesPerHour * (n - f) / (q - f) certificates an hour, which is below twice
 * votesPerHour; as many again in an hour that lies across two of these, and for each start of the
 * authorities.
 */

import { hourName } from '../chance.ts';
import type { Account } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Genesis } from '../network/genesis.ts';
import type { AuthoritySetup } from '../setup.ts';

const HOUR_MS = 3_600_000;

/** First votes that the account had here in this hour. */
export function votesThisHour(draft: Draft, { votes }: Account): number {
  return votes.hour === hourNow(draft) ? votes.count : 0;
}

/** Whether an account that had so many in this hour gets one more. */
export function mayHaveAnother({ votesPerHour }: Genesis, votes: number): boolean {
  return votesPerHour === 0 || votes < votesPerHour;
}

/** The account with one vote more. Where there is no limit nothing is counted. */
export function withVote(draft: Draft, setup: AuthoritySetup, account: Account): Account {
  if (setup.network.genesis.votesPerHour === 0) return account;
  const votes = { hour: hourNow(draft), count: votesThisHour(draft, account) + 1 };
  return { ...account, votes };
}

function hourNow(draft: Draft): number {
  return hourName(draft, Math.floor(draft.stamp.nowMs / HOUR_MS));
}
