/**
 * The chain of decisions (PROTOCOL: Change of epoch): each names the committee that follows the one
 * that made it, from the genesis document on. Every node follows it, keeps it, and brings it to
 * whoever is behind.
 *
 *   A -> B  epochsQuery     my epoch; what ended it?
 *   B -> A  epochDecision   this; or, if B is behind, the same question to A
 *
 * Safety: a decision is taken only as the next of the chain, with precommits of a quorum of the
 * committee that the chain had before. So nobody believes anybody, and whoever steals keys of
 * former members changes nothing for a node that has gone on.
 * Liveness: a node asks over every link as it comes up, and whenever something names an epoch that
 * it does not know; it asks on while answers lead further, and tells over all links when it has
 * gone on.
 * Bounds: one decision an answer, one question a link as it comes up, and for what names an unknown
 * epoch one in ASK_EPOCHS_EVERY_MS.
 */
import { checkDecision } from '../agreement/decision.ts';
import { concludeAgreement } from '../agreement/open.ts';
import { ASK_EPOCHS_EVERY_MS } from '../base/limits.ts';
import { isRefusal } from '../base/refusal.ts';
import type { LinkId } from '../base/units.ts';
import type { Decision } from '../codec/agreement.ts';
import { decode } from '../codec/canonical.ts';
import { type EpochValue, epochValueCoder } from '../codec/epochs.ts';
import type { DataOf } from '../codec/message.ts';
import type { Draft, Origin } from '../draft.ts';
import { nodeLinks } from '../mesh/links.ts';
import { currentCommittee } from '../network/committees.ts';
import { part } from '../part.ts';
import { isAuthority, type NodeSetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { setTimerBy } from '../timers.ts';
import { checkNext, following } from './change.ts';
import { endEpoch, settle } from './settle.ts';

export const chainPart = part({
  name: 'chain',
  roles: ['authority', 'relay', 'wallet'],
  spaces: ['epochDecision', 'epochsAskedAt'],
  linkUp: (draft, _, { link }) => askEpochs(draft, link),
  unknownEpoch: (draft, _, link) => askSometimes(draft, link),
  takes: { epochsQuery: answerEpochs, epochDecision: takeDecision },
  // The step after the one in which another committee came is not to wait for anything.
  due: { epochBegan: () => undefined },
});

/** Goes on to the next epoch, as this decision of the current committee says, which was checked. */
export function adopt(draft: Draft, setup: NodeSetup, decision: Decision): void {
  const value = decode(epochValueCoder, decision.value);
  if (isRefusal(value) || decision.epoch !== currentCommittee(draft).epoch) return;
  if (isAuthority(setup)) endEpoch(draft, setup, value);
  const former = currentCommittee(draft);
  const committee = following(draft, value.members);
  draft.write(SPACES.formerCommittee.at(former.epoch), former);
  draft.write(SPACES.committee, committee);
  draft.write(SPACES.epochDecision.at(former.epoch), decision);
  if (isAuthority(setup)) settle(draft, setup);
  setTimerBy(draft, 'epochBegan', Math.floor(draft.stamp.nowMs));
  for (const { link } of nodeLinks(draft)) askEpochs(draft, link);
}

function askEpochs(draft: Draft, link: LinkId): void {
  const { epoch } = currentCommittee(draft);
  draft.send(link, { TAG: 'epochsQuery', data: { from: epoch } });
}

/** The same for what strangers can send as often as they like. */
function askSometimes(draft: Draft, link: LinkId): void {
  const now = BigInt(Math.floor(draft.stamp.nowMs));
  const asked = draft.read(SPACES.epochsAskedAt);
  if (asked !== undefined && now - asked < BigInt(ASK_EPOCHS_EVERY_MS)) return;
  draft.write(SPACES.epochsAskedAt, now);
  askEpochs(draft, link);
}

function answerEpochs(
  draft: Draft,
  _setup: NodeSetup,
  from: Origin,
  { from: epoch }: DataOf<'epochsQuery'>,
): void {
  const { epoch: current } = currentCommittee(draft);
  if (epoch > current) return askSometimes(draft, from.link);
  const data = draft.read(SPACES.epochDecision.at(epoch));
  if (data !== undefined) draft.answer(from, { TAG: 'epochDecision', data });
}

function takeDecision(draft: Draft, setup: NodeSetup, from: Origin, decision: Decision): void {
  const value = nextOf(draft, decision);
  if (value === undefined) return;
  const refused = checkDecision(draft, setup, decision) ?? checkNext(draft, value.members);
  if (refused !== undefined) {
    return draft.note({ kind: 'refused', link: from.link, refusal: refused });
  }
  if (isAuthority(setup)) concludeAgreement(draft, decision);
  adopt(draft, setup, decision);
  askEpochs(draft, from.link);
}

/** What it decides, if it is the next of the chain. */
function nextOf(draft: Draft, { epoch, subject, value }: Decision): EpochValue | undefined {
  const current = currentCommittee(draft).epoch;
  const isNext = subject.TAG === 'epoch' && subject.data.epoch === current && epoch === current;
  const read = isNext ? decode(epochValueCoder, value) : undefined;
  return read === undefined || isRefusal(read) ? undefined : read;
}
