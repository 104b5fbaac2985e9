/**
 * Which orders may have a certificate that is hidden (PROTOCOL: Closing a sequence). Members were
 * asked what they voted for at a sequence, and those that answered vote there no more. For an order
 * a quorum q of votes can then be had, by whoever helps it, from
 *
 *   the members that said they voted for it,
 *   up to f of the others that answered, who may be traitors and have lied, and
 *   all that were not asked, who may vote for it still.
 *
 * Safety: an order that is not possible has no certificate and never will: honest members that
 * answered said the truth and hold to it. Checked for every split of votes, every lie and every set
 * of members that answered, for committees of 4 to 7 (test/core/closing/possible.test.ts).
 * Liveness: once all honest members have answered, no order is possible that none of them voted
 * for. More answers never make an order possible that was not.
 */
import { faultsTolerated, quorumOf } from '../network/committee.ts';

/**
 * Whether an order may be certified for which `said` of the `answered` members say that they voted,
 * in a committee of `members`. 0 <= said <= answered <= members.
 */
export function isPossible(said: number, answered: number, members: number): boolean {
  const liars = Math.min(faultsTolerated(members), answered - said);
  return said + liars + (members - answered) >= quorumOf(members);
}
