/**
 * What a member does with what others say of subjects: whatever is new and valid goes into the
 * debate that it belongs to (debate.ts), which goes on as far as it can. Nothing is kept of
 * subjects whose rules do not know them.
 */
import { equalBytes } from '../base/bytes.ts';
import type { MemberIndex } from '../base/units.ts';
import {
  type AgreementRecord,
  type Ballot,
  type BallotKind,
  ballotBodyCoder,
  type Decision,
  type Heard,
  type Polka,
  type Proposal,
  proposalBodyCoder,
  type Subject,
} from '../codec/agreement.ts';
import type { Draft, Origin } from '../draft.ts';
import { refusedDecision } from '../epochs/carried.ts';
import { currentCommittee } from '../network/committees.ts';
import { isStatementValid } from '../network/statement.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { Debate } from './debate.ts';
import { checkDecision, checkPolka, subjectHash } from './decision.ts';
import { keepEquivocation } from './evidence.ts';
import {
  isOutrun,
  isSameValue,
  NOTHING_HEARD,
  proposalOf,
  proposerOf,
  withBallot,
  withNews,
  withRetold,
} from './heard.ts';
import { beginAgreement, concludeAgreement, isOpen, openSubjects, takeWoken } from './open.ts';
import { rulesFor, type SubjectTable } from './rules.ts';
import { tellAgain, tellDecision } from './speech.ts';

/** What this member said of a subject in this epoch. */
export function debated(draft: Draft, hash: Uint8Array): AgreementRecord | undefined {
  const record = draft.read(SPACES.agreement.at(hash));
  return record?.epoch === currentCommittee(draft).epoch ? record : undefined;
}

export class Hearing {
  readonly #table: SubjectTable;

  constructor(table: SubjectTable) {
    this.#table = table;
  }

  advanceWoken(draft: Draft, setup: AuthoritySetup): void {
    for (const hash of takeWoken(draft)) this.#advance(draft, setup, hash);
  }

  /** The timer: whatever is woken, over, or to be told again. */
  goOn(draft: Draft, setup: AuthoritySetup): void {
    this.advanceWoken(draft, setup);
    const now = BigInt(Math.floor(draft.stamp.nowMs));
    for (const hash of openSubjects(draft)) {
      const heard = draft.read(SPACES.heard.at(hash));
      const record = debated(draft, hash);
      if (heard === undefined || record === undefined) continue;
      if (heard.retellAtMs <= now) {
        tellAgain(draft, setup, record);
        draft.write(SPACES.heard.at(hash), withRetold(heard));
      }
      this.#advance(draft, setup, hash);
    }
  }

  takeProposal(draft: Draft, setup: AuthoritySetup, proposal: Proposal): void {
    const { epoch, member, body, prevotes } = proposal;
    const { subject, round, validRound, value } = body;
    const debate = this.#joined(draft, setup, proposal);
    if (debate === undefined) return;
    const { hash, record, heard } = debate;
    const isDue = round === record.round || round === record.round + 1;
    if (!isDue || proposerOf(currentCommittee(draft), hash, round) !== member) return;
    const known = proposalOf(heard, round);
    if (known !== undefined && equalBytes(known.signature, proposal.signature)) return;
    if (!isStatementValid(draft, setup, 'proposal', proposalBodyCoder, proposal, body)) return;
    if (known !== undefined) {
      const data = { first: known, second: proposal };
      return keepEquivocation(draft, member, subject, round, { TAG: 'proposals', data });
    }
    if (validRound !== undefined) {
      const polka = { epoch, subject, round: validRound, value, prevotes };
      if (validRound >= round || checkPolka(draft, setup, polka) !== undefined) return;
    } else if (prevotes.length > 0) {
      return;
    }
    const proposals = [...heard.proposals, proposal];
    this.#learn(draft, setup, hash, { ...heard, proposals });
  }

  takeBallot(draft: Draft, setup: AuthoritySetup, kind: BallotKind, ballot: Ballot): void {
    const { member, body, signature } = ballot;
    const { subject, round, value } = body;
    const debate = this.#joined(draft, setup, ballot);
    if (debate === undefined) return;
    const { hash, record, heard } = debate;
    const added = { kind, round, value, member, signature };
    if (isOutrun(heard, record.round, added)) return;
    const known = heard.ballots.find(
      (other) => other.member === member && other.kind === kind && other.round === round,
    );
    const isSame = known !== undefined && isSameValue(known.value, value);
    if (isSame && equalBytes(known.signature, signature)) return;
    if (!isStatementValid(draft, setup, kind, ballotBodyCoder, ballot, body)) return;
    if (known === undefined) {
      return this.#learn(draft, setup, hash, withBallot(heard, record.round, added));
    }
    // The same in other bytes is no contradiction, and counts once.
    if (isSame) return;
    const before = { subject, round, value: known.value };
    const first = { ...ballot, body: before, signature: known.signature };
    const TAG = kind === 'prevote' ? 'prevotes' : 'precommits';
    keepEquivocation(draft, member, subject, round, { TAG, data: { first, second: ballot } });
  }

  takePolka(draft: Draft, setup: AuthoritySetup, { link }: Origin, polka: Polka): void {
    const debate = this.#joined(draft, setup, { ...polka, body: polka });
    if (debate === undefined) return;
    const { hash, record } = debate;
    if (polka.round <= (record.valid?.round ?? -1)) return;
    const refused = checkPolka(draft, setup, polka);
    if (refused !== undefined) return draft.note({ kind: 'refused', link, refusal: refused });
    this.#advance(draft, setup, hash, polka);
  }

  /** A decision of this epoch, or one that was carried over to it, ends the debate. */
  takeDecision(draft: Draft, setup: AuthoritySetup, { link }: Origin, decision: Decision): void {
    const { subject } = decision;
    const hash = subjectHash(subject);
    if (draft.has(SPACES.decision.at(hash))) return;
    const isKnown =
      draft.has(SPACES.agreement.at(hash)) || this.#rules(draft, setup, subject).mayBegin;
    if (!isKnown) return;
    const refused = refusedDecision(draft, decision) ?? checkDecision(draft, setup, decision);
    if (refused !== undefined) return draft.note({ kind: 'refused', link, refusal: refused });
    this.#conclude(draft, setup, decision);
  }

  #rules(draft: Draft, setup: AuthoritySetup, subject: Subject) {
    return rulesFor(draft, setup, this.#table, subject);
  }

  /**
   * The debate that a message belongs to, which begins here if it may. Whoever tells again of a
   * subject that is decided is told so.
   */
  #joined(
    draft: Draft,
    setup: AuthoritySetup,
    said: {
      readonly epoch: Proposal['epoch'];
      readonly member?: MemberIndex;
      readonly body: { readonly subject: Subject };
      readonly again?: boolean;
    },
  ):
    | { readonly hash: Uint8Array; readonly record: AgreementRecord; readonly heard: Heard }
    | undefined {
    const { epoch, member, again } = said;
    const { subject } = said.body;
    if (member === setup.authority.member) return undefined;
    const hash = subjectHash(subject);
    const decision = draft.read(SPACES.decision.at(hash));
    if (decision !== undefined) {
      if (member !== undefined && again === true) tellDecision(draft, decision, member);
      return undefined;
    }
    if (epoch !== currentCommittee(draft).epoch) return undefined;
    if (debated(draft, hash) === undefined) {
      if (!this.#rules(draft, setup, subject).mayBegin) return undefined;
      beginAgreement(draft, setup, subject);
    }
    const record = debated(draft, hash);
    if (record === undefined || !isOpen(draft, hash)) return undefined;
    return { hash, record, heard: draft.read(SPACES.heard.at(hash)) ?? NOTHING_HEARD };
  }

  #learn(draft: Draft, setup: AuthoritySetup, hash: Uint8Array, heard: Heard): void {
    draft.write(SPACES.heard.at(hash), withNews(heard));
    this.#advance(draft, setup, hash);
  }

  #advance(draft: Draft, setup: AuthoritySetup, hash: Uint8Array, polka?: Polka): void {
    const record = debated(draft, hash);
    if (record === undefined) return;
    const rules = this.#rules(draft, setup, record.subject);
    const debate = new Debate(draft, setup, hash, record, rules);
    if (polka !== undefined) debate.learn(polka);
    const decision = debate.advance();
    if (decision !== undefined) this.#conclude(draft, setup, decision);
  }

  #conclude(draft: Draft, setup: AuthoritySetup, decision: Decision): void {
    if (!concludeAgreement(draft, decision)) return;
    this.#rules(draft, setup, decision.subject).decided(decision);
  }
}
