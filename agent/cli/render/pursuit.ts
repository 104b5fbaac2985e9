/** A payment on its way, for people: who has voted, who has not, and why. Pure. */
import { harmless } from '../../core/base/characters.ts';
import { REFUSALS, type Refusal } from '../../core/base/refusal.ts';
import { formatAmount } from '../../core/base/units.ts';
import { type Answers, hasForgotten } from '../../core/wallet/answers.ts';
import { describeLinkFault } from '../../shell/net/fault.ts';
import type { Waiting } from '../../wallet/pay.ts';
import type { MissingVote, Pursuit } from '../../wallet/pursuit.ts';
import type { PeerTrouble } from '../../wallet/session.ts';
import { counted } from './text.ts';

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

/** Why there is no quorum yet, one line for each authority that has not voted, or for each node. */
export function waitingLines({ troubles, missing, decimals }: Waiting): readonly string[] {
  if (troubles.length > 0) return troubles.map(troubleText);
  return missing.map((each) => `${each.name}: ${missingText(each, decimals)}`);
}

/** "192.0.2.7:7420: connection refused". */
export function troubleText({ address, fault }: PeerTrouble): string {
  return `${address}: ${fault === undefined ? 'no answer yet' : harmless(describeLinkFault(fault))}`;
}

function missingText({ refusal, isLinked }: MissingVote, decimals: number): string {
  if (refusal !== undefined) return refusalText(refusal, decimals);
  return isLinked ? 'connected, but does not answer' : 'no answer, and no link of its own';
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
