/**
 * Who shall sit in the next committee, and which members' operators want it (PROTOCOL: Change of
 * epoch). A proposal is nothing but a committee that may follow; whoever approves it signs it, so a
 * proposal is its own first approval.
 *
 * Safety: nobody stops voting for less than a quorum of approvals, and each is signed by the key of
 * the member whose operator gave it. Approvals decide nothing: what is decided is agreed on.
 * Liveness: a member tells its own approval to each other member, again and again, until the epoch
 * ends. An operator may approve another committee later; what once had a quorum stays good.
 * Bounds: one approval a member, and MAX_READY_COMMITTEES committees that had a quorum.
 */
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { MAX_READY_COMMITTEES } from '../base/limits.ts';
import type { Refusal } from '../base/refusal.ts';
import type { MemberIndex } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import { type Approval, approvalBodyCoder, membersCoder } from '../codec/epochs.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { sendToMember } from '../mesh/route.ts';
import { type Member, quorumOf } from '../network/committee.ts';
import { currentCommittee, membersOf } from '../network/committees.ts';
import { isStatementValid, signStatement } from '../network/statement.ts';
import type { AuthoritySetup } from '../setup.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { checkNext } from './change.ts';

/** A committee that somebody wants to come next. */
export interface WantedCommittee {
  readonly members: readonly Member[];
  readonly approvedBy: readonly MemberIndex[];
}

/** What a proposal is called: a hash of it. */
export function proposalHash(members: readonly Member[]): Uint8Array {
  return sha256(encode(membersCoder, members));
}

/** All proposals of this epoch that a member approves now. */
export function proposalsOf(read: Read): readonly WantedCommittee[] {
  const proposals: WantedCommittee[] = [];
  for (const { member, body } of approvalsOf(read)) {
    const at = proposals.findIndex(({ members }) => isSame(members, body.members));
    const approvedBy = [...(proposals[at]?.approvedBy ?? []), member];
    if (at < 0) proposals.push({ members: body.members, approvedBy });
    else proposals[at] = { members: body.members, approvedBy };
  }
  return proposals;
}

/** Whether this committee has, or once had, the approval of a quorum. */
export function isReady(read: Read, members: readonly Member[]): boolean {
  return readyOf(read).some((other) => isSame(other, members));
}

/** The committees that have, or had, the approval of a quorum. */
export function readyOf(read: Read): readonly (readonly Member[])[] {
  return recordAt(read, SPACES.readyCommittees) ?? [];
}

/** The operator of this member wants this committee to come next. */
export function approve(
  draft: Draft,
  setup: AuthoritySetup,
  members: readonly Member[],
): Refusal | undefined {
  const refused = checkNext(draft, members);
  if (refused !== undefined) return refused;
  const own = draft.read(SPACES.approval.at(setup.authority.member));
  if (own === undefined || !isSame(own.body.members, members)) {
    const body = { nth: (own?.body.nth ?? 0) + 1, members };
    const signed = signStatement(draft, setup, 'approval', approvalBodyCoder, body);
    keepApproval(draft, { ...signed, body });
  }
  return undefined;
}

/** Keeps an approval that another member signed. False: it tells nothing new. */
export function takeApproval(draft: Draft, setup: AuthoritySetup, approval: Approval): boolean {
  const { epoch, member, body } = approval;
  if (epoch !== currentCommittee(draft).epoch || member === setup.authority.member) return false;
  const known = draft.read(SPACES.approval.at(member));
  if (known !== undefined && known.body.nth >= body.nth) return false;
  if (!isStatementValid(draft, setup, 'approval', approvalBodyCoder, approval, body)) return false;
  if (checkNext(draft, body.members) !== undefined) return false;
  keepApproval(draft, approval);
  return true;
}

/** Tells the own approval to one other member, or to all; nothing where there is none. */
export function tellApproval(draft: Draft, setup: AuthoritySetup, only?: MemberIndex): void {
  const { member: self } = setup.authority;
  const data = draft.read(SPACES.approval.at(self));
  if (data === undefined) return;
  const others = only === undefined ? membersOf(draft) : [only];
  for (const member of others) {
    if (member !== self) sendToMember(draft, member, { TAG: 'approval', data });
  }
}

/** The epoch is over: nobody wants anything yet. */
export function forgetApprovals(draft: Draft): void {
  for (const member of membersOf(draft)) draft.remove(SPACES.approval.at(member));
  draft.remove(SPACES.readyCommittees);
}

function keepApproval(draft: Draft, approval: Approval): void {
  draft.write(SPACES.approval.at(approval.member), approval);
  const { members } = approval.body;
  const approvedBy = proposalsOf(draft).find((each) => isSame(each.members, members))?.approvedBy;
  const { length: committee } = membersOf(draft);
  draft.note({ kind: 'approved', member: approval.member, proposal: proposalHash(members) });
  if ((approvedBy?.length ?? 0) < quorumOf(committee)) return;
  const ready = readyOf(draft);
  if (isReady(draft, members) || ready.length === MAX_READY_COMMITTEES) return;
  draft.write(SPACES.readyCommittees, [...ready, members]);
}

function approvalsOf(read: Read): readonly Approval[] {
  return membersOf(read).flatMap((member) => recordAt(read, SPACES.approval.at(member)) ?? []);
}

function isSame(a: readonly Member[], b: readonly Member[]): boolean {
  return equalBytes(encode(membersCoder, a), encode(membersCoder, b));
}
