/**
 * The order that won a closing gets an ordinary certificate (PROTOCOL: Closing a sequence): every
 * member votes for it, tells the others its vote, and whoever has a quorum of them applies the
 * certificate and so can show it to wallets, payees and authorities that were away. It does not
 * take the wallet, which may be gone.
 *
 * Safety: settle.ts says why these votes may differ from earlier ones. Liveness: told again until
 * the certificate is applied (closing.ts); who has applied it answers with it.
 */
import { readAccount } from '../authority/account.ts';
import { applyCertificate } from '../authority/apply.ts';
import { voteFor } from '../authority/vote.ts';
import { equalBytes } from '../base/bytes.ts';
import type { MemberIndex } from '../base/units.ts';
import type { ClosingPlace, ClosingVote } from '../codec/closing.ts';
import { isVoteValid, type MemberSignature, orderHash, type SignedOrder } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import { isStopped } from '../epochs/stop.ts';
import { certificateAt } from '../journal.ts';
import { sendToMember } from '../mesh/route.ts';
import { memberAt, quorumOf } from '../network/committee.ts';
import { currentCommittee, membersOf } from '../network/committees.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { mayVote } from '../standing.ts';
import { winnerAt } from './settle.ts';

/** Votes for the order that won, and tells all others, or one of them. */
export function voteForWinner(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  order: SignedOrder,
  to?: MemberIndex,
): void {
  const committee = currentCommittee(draft);
  const { member: self } = setup.authority;
  if (!mayVote(draft) || isStopped(draft) || memberAt(committee, self) === undefined) return;
  const vote = voteFor(setup, committee.epoch, orderHash(setup.network.id, order.order));
  const data: ClosingVote = { epoch: committee.epoch, ...vote, order };
  for (const member of to === undefined ? membersOf(draft) : [to]) {
    if (member !== self) sendToMember(draft, member, { TAG: 'closingVote', data });
  }
  addVote(draft, setup, place, order, vote);
}

/** Another member votes for an order that won, as it says. */
export function takeWinnersVote(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  { epoch, member, signature, order }: ClosingVote,
): void {
  const winner = winnerAt(draft, place);
  const committee = currentCommittee(draft);
  if (winner === undefined || epoch !== committee.epoch) return;
  const { id } = setup.network;
  const hash = orderHash(id, winner.order);
  if (!equalBytes(orderHash(id, order.order), hash)) return;
  if (votesFor(draft, place).some((vote) => vote.member === member)) return;
  const vote = { member, signature };
  if (isVoteValid(id, committee, hash, vote, setup.verify)) {
    addVote(draft, setup, place, winner, vote);
  }
}

function votesFor(draft: Draft, { account, sequence }: ClosingPlace): readonly MemberSignature[] {
  return draft.read(SPACES.winVotes.at(account, sequence)) ?? [];
}

/** Keeps a valid vote; with a quorum the order is certified. */
function addVote(
  draft: Draft,
  setup: AuthoritySetup,
  place: ClosingPlace,
  order: SignedOrder,
  vote: MemberSignature,
): void {
  const { account, sequence } = place;
  const others = votesFor(draft, place).filter(({ member }) => member !== vote.member);
  const votes = [...others, vote].sort((a, b) => a.member - b.member);
  const { epoch, members } = currentCommittee(draft);
  const votesAt = SPACES.winVotes.at(account, sequence);
  draft.write(votesAt, votes);
  if (votes.length < quorumOf(members.length)) return;
  draft.remove(votesAt);
  if (sequence > readAccount(draft, account).next) return;
  if (certificateAt(draft, account, sequence) !== undefined) return;
  applyCertificate(draft, setup, { epoch, order, votes });
}
