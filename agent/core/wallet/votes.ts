/** What authorities say about the live order: votes, up to the certificate, and refusals. */

import { equalBytes } from '../base/bytes.ts';
import type { Detail } from '../base/detail.ts';
import { type RefusalCode, refusal, refusalCodeOf } from '../base/refusal.ts';
import { type OrderRefusal, type Vote, verdictCoder } from '../codec/message.ts';
import {
  type Certificate,
  isVoteValid,
  orderHash,
  orderSigningBytes,
  type SignedOrder,
} from '../codec/order.ts';
import type { LiveOrder } from '../codec/record.ts';
import type { Draft, Origin } from '../draft.ts';
import { sendToMember } from '../mesh/route.ts';
import { quorumOf } from '../network/committee.ts';
import { committeeOf, membersOf } from '../network/committees.ts';
import { opensAt } from '../network/genesis.ts';
import { isStatementValid } from '../network/statement.ts';
import { questionOf } from '../question.ts';
import type { WalletSetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { writeAttempts } from './attempts.ts';
import { feed } from './feed.ts';
import { readLiveOrder, recordPaid } from './holdings.ts';
import { showIncome } from './income.ts';
import { spread } from './spread.ts';
import { noteStep } from './withdrawals.ts';

export function takeVote(draft: Draft, setup: WalletSetup, _from: Origin, vote: Vote): void {
  const live = readLiveOrder(draft);
  const { network } = setup;
  if (live === undefined || vote.epoch !== live.epoch) return;
  if (live.votes.some(({ member }) => member === vote.member)) return;
  const committee = committeeOf(draft, vote.epoch);
  if (committee === undefined) return;
  const hash = orderHash(network.id, live.order.order);
  if (!equalBytes(hash, vote.orderHash)) return;
  if (!isVoteValid(network.id, committee, hash, vote, setup.verify)) return;
  const { member, signature } = vote;
  const votes = [...live.votes, { member, signature }].sort((a, b) => a.member - b.member);
  const quorum = quorumOf(committee.members.length);
  draft.note({ kind: 'vote_received', member, votes: votes.length, quorum });
  if (votes.length < quorum)
    noteStep(draft, network, live.order.order, votes.length > 1 ? 'signing' : 'locked');
  if (votes.length < quorum) {
    draft.write(SPACES.liveOrder, { ...live, votes });
    return;
  }
  finish(draft, setup, { epoch: vote.epoch, order: live.order, votes });
}

/** The order is certified: keep the certificate, then tell everybody. */
export function finish(draft: Draft, setup: WalletSetup, certificate: Certificate): void {
  recordPaid(draft, setup.network, certificate);
  draft.remove(SPACES.liveOrder);
  draft.remove(SPACES.ownClosing);
  draft.note({ kind: 'order_certified', certificate });
  writeAttempts(draft, { count: 0, fed: [], unspread: membersOf(draft) });
  spread(draft, setup);
}

/**
 * An authority says no, and what it lacks is brought to it. However many say so, the order is not
 * given up: their word is on the order without its signature, so whoever holds an order can spoil
 * that and have honest members refuse what another has voted for. Only a certificate ends an order,
 * its own or another's for its sequence, which is what is asked for (refresh.ts).
 */
export function takeOrderRefusal(
  draft: Draft,
  setup: WalletSetup,
  _from: Origin,
  message: OrderRefusal,
): void {
  const live = readLiveOrder(draft);
  const { network } = setup;
  const { member, verdict } = message;
  const code = refusalCodeOf(verdict.code);
  if (live === undefined || code === undefined) return;
  if (!equalBytes(verdict.orderHash, orderHash(network.id, live.order.order))) return;
  if (!isStatementValid(draft, setup, 'refusal', verdictCoder, message, verdict)) return;

  const { token } = live.order.order.action.data;
  const detail =
    code === 'below_opening'
      ? { expected: `${opensAt(network.genesis, token)}` }
      : detailOf(code, verdict);
  draft.note({ kind: 'order_refused', member, refusal: refusal(code, detail) });
  if (code === 'order_pending') noteRival(draft, setup, live, message.pending);
  if (code === 'missing_earlier') feed(draft, member, verdict.next);
  if (code === 'insufficient_balance') showIncome(draft, setup, member);
  if (code === 'sequence_used') {
    const { sequence: from } = live.order.order;
    const wish = { TAG: 'orders', data: { from } } as const;
    sendToMember(draft, member, questionOf(draft, setup, member, wish));
  }
}

/** An authority holds another order for the sequence: with the live one a proof (closing.ts). */
function noteRival(
  draft: Draft,
  { network, verify }: WalletSetup,
  live: LiveOrder,
  rival: SignedOrder | undefined,
): void {
  if (rival === undefined || live.rival !== undefined) return;
  const { account, sequence } = live.order.order;
  const isSamePlace = equalBytes(rival.order.account, account) && rival.order.sequence === sequence;
  if (!isSamePlace) return;
  if (equalBytes(orderHash(network.id, rival.order), orderHash(network.id, live.order.order)))
    return;
  const bytes = orderSigningBytes(network.id, rival.order);
  if (verify(account, bytes, rival.signature)) draft.write(SPACES.liveOrder, { ...live, rival });
}

/** What the authority told beside the code. */
function detailOf(code: RefusalCode, { balance, next }: OrderRefusal['verdict']): Detail {
  if (code === 'insufficient_balance') return { found: `${balance}` };
  return code === 'missing_earlier' ? { found: `${next}` } : {};
}
