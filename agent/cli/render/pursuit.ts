/** A payment on its way, for people: who has voted, who has not, and why. Pure. */
import { harmless } from '../../core/base/characters.ts';
import { REFUSALS, type Refusal, type RefusalCode } from '../../core/base/refusal.ts';
import { formatAmount } from '../../core/base/units.ts';
import { type Answers, hasForgotten } from '../../core/wallet/answers.ts';
import { describeLinkFault } from '../../shell/net/fault.ts';
import type { Waiting } from '../../wallet/pay.ts';
import type { MissingVote, Pursuit } from '../../wallet/pursuit.ts';
import type { PeerTrouble } from '../../wallet/session.ts';
import { counted, moment } from './text.ts';

/** "asking before signing: 2 of 3 would vote, 1 refuse". */
export function askingText(answers: Answers): string {
  if (hasForgotten(answers)) {
    return 'this wallet has forgotten an order that authorities know of: waiting for it';
  }
  const { willing, needed, refusing } = answers;
  const refuse = refusing.length === 0 ? '' : `, ${refusing.length} refuse`;
  return `asking before signing: ${willing.length} of ${needed} would vote${refuse}`;
}

/** "votes 2 of 3 (authority-1, authority-3), 1 silent". */
export function progressText({ voters, quorum, refusals, silent }: Pursuit): string {
  const who = voters.length === 0 ? '' : ` (${voters.join(', ')})`;
  const rest = [
    ...(refusals > 0 ? [counted(refusals, 'refusal')] : []),
    ...(silent > 0 && voters.length < quorum ? [`${silent} silent`] : []),
  ];
  return `votes ${voters.length} of ${quorum}${who}${rest.length > 0 ? `, ${rest.join(', ')}` : ''}`;
}

/**
 * Why there is no quorum yet: one line for each authority that has not voted, and one for each node
 * that the wallet should be linked with and is not.
 */
export function waitingLines({ troubles, missing, decimals }: Waiting): readonly string[] {
  return [
    ...missing.map((each) => `${each.name}: ${missingText(each, decimals)}`),
    ...troubles.map((trouble) => `node ${troubleText(trouble)}`),
  ];
}

/** "192.0.2.7:7420: connection refused". */
export function troubleText({ address, fault }: PeerTrouble): string {
  return `${address}: ${fault === undefined ? 'no answer yet' : harmless(describeLinkFault(fault))}`;
}

/** What relays say of an authority that is not there: how many of them were asked is no matter. */
const NO_WAY: readonly RefusalCode[] = ['too_many_hops', 'unreachable'];

function missingText(each: MissingVote, decimals: number): string {
  const { refusal, isLinked, fault, sinceWallMs } = each;
  const since = `since ${moment(sinceWallMs).slice(11)} UTC`;
  if (refusal !== undefined && !NO_WAY.includes(refusal.refused)) {
    return `${refusalText(refusal, decimals)} (${since})`;
  }
  if (isLinked) return `connected, but silent ${since}`;
  const why = fault === undefined ? 'no link of its own' : harmless(describeLinkFault(fault));
  return `no answer ${since}: ${refusal === undefined ? why : 'nobody found a way to it'}`;
}

/** "insufficient_balance, the balance is below the amount; it says 5.00". */
function refusalText({ refused, expected, found }: Refusal, decimals: number): string {
  const { meaning } = REFUSALS[refused];
  if (refused === 'below_opening' && expected !== undefined) {
    return `${refused}, ${meaning}: that takes ${formatAmount(BigInt(expected), decimals)}`;
  }
  if (found === undefined) return `${refused}, ${meaning}`;
  const isBalance = refused === 'insufficient_balance' && /^-?[0-9]+$/.test(found);
  const says = isBalance ? formatAmount(BigInt(found), decimals) : harmless(found);
  return `${refused}, ${meaning}; it says ${says}`;
}
