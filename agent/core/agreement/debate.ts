/**
 * One subject's debate at one member: algorithm 1 of Tendermint, with the numbers of its lines.
 * agreement.ts says what it is good for, and where it departs from the paper.
 *
 * Everything that is signed here is in the record first, and both are of one step, so it is on disk
 * before it leaves (io.ts). What was said in a round is looked up before anything is said.
 */
import { equalBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { MAX_AGREED_VALUE_BYTES } from '../base/limits.ts';
import type { MemberIndex } from '../base/units.ts';
import type {
  AgreementRecord,
  BallotKind,
  Decision,
  Heard,
  Polka,
  Proposal,
} from '../codec/agreement.ts';
import type { Draft } from '../draft.ts';
import { isStopped } from '../epochs/stop.ts';
import { type Committee, memberAt, quorumOf } from '../network/committee.ts';
import { currentCommittee } from '../network/committees.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { mayVote } from '../standing.ts';
import { setTimerBy } from '../timers.ts';
import {
  ballotsOf,
  countThrough,
  forValue,
  heardFrom,
  isSameValue,
  NOTHING_HEARD,
  proposalOf,
  proposerOf,
  roundsOfDoubt,
  roundToJumpTo,
  roundWaitMs,
  withBallot,
  withNews,
  withRetelling,
} from './heard.ts';
import type { RulesOfOne } from './rules.ts';
import { saidBallot, saidProposal, sayBallot, sayProposal } from './speech.ts';

type Step = 'propose' | BallotKind;
type Valid = NonNullable<AgreementRecord['valid']>;

export class Debate {
  readonly #draft: Draft;
  readonly #setup: AuthoritySetup;
  readonly #hash: Uint8Array;
  readonly #rules: RulesOfOne;
  readonly #committee: Committee;
  /** Whether this member may speak in it; otherwise it only listens. */
  readonly #speaks: boolean;
  #record: AgreementRecord;
  readonly #before: AgreementRecord;
  #heard: Heard;
  /** The proposal of this round was judged in this step already. */
  #judged: Proposal | undefined;

  constructor(
    draft: Draft,
    setup: AuthoritySetup,
    hash: Uint8Array,
    record: AgreementRecord,
    rules: RulesOfOne,
  ) {
    this.#draft = draft;
    this.#setup = setup;
    this.#hash = hash;
    this.#rules = rules;
    this.#committee = currentCommittee(draft);
    const sits = memberAt(this.#committee, setup.authority.member) !== undefined;
    // Who has stopped says nothing more in this epoch but of how that ends.
    const isOver = isStopped(draft) && record.subject.TAG !== 'epoch';
    this.#speaks = sits && mayVote(draft) && !isOver;
    this.#record = record;
    this.#before = record;
    this.#heard = draft.read(SPACES.heard.at(hash)) ?? NOTHING_HEARD;
  }

  get #self(): MemberIndex {
    return this.#setup.authority.member;
  }

  get #quorum(): number {
    return quorumOf(this.#committee.members.length);
  }

  get #step(): Step {
    if (this.#record.precommitted !== undefined) return 'precommit';
    return this.#record.prevoted === undefined ? 'propose' : 'prevote';
  }

  /** Goes on as far as it can with what was heard. Returns the decision that it leads to. */
  advance(): Decision | undefined {
    for (;;) {
      const decision = this.#decided();
      if (decision !== undefined) return decision;
      const moved =
        this.#jump() || this.#learnPolka() || (this.#speaks && (this.#speak() || this.#waitOver()));
      if (moved) continue;
      this.#save();
      return undefined;
    }
  }

  /** Whoever has this polka may rely on it: what is locked may be left for it. */
  learn(polka: Polka): void {
    const { round, value, prevotes } = polka;
    if (round > this.#record.round) this.#begin(round);
    this.#keepValid({ round, value, prevotes });
  }

  /** Lines 49 to 51: a quorum of precommits for a value that is at hand. */
  #decided(): Decision | undefined {
    const { epoch, subject, round } = this.#record;
    const ballots = ballotsOf(this.#heard, 'precommit', round);
    const found = this.#withQuorum(ballots);
    if (found?.value === undefined) return undefined;
    const value = this.#valueOf(found.value);
    if (value === undefined) return undefined;
    return { epoch, subject, round, value, precommits: found.signatures };
  }

  /** Lines 55 and 56. */
  #jump(): boolean {
    const round = roundToJumpTo(this.#heard, this.#committee, this.#record.round);
    if (round === undefined) return false;
    this.#begin(round);
    return true;
  }

  /** Lines 42 and 43: a quorum of prevotes of this round for a value that is at hand. */
  #learnPolka(): boolean {
    const { round, valid } = this.#record;
    if (valid?.round === round) return false;
    const found = this.#withQuorum(ballotsOf(this.#heard, 'prevote', round));
    const value = found?.value && this.#valueOf(found.value);
    if (found === undefined || value === undefined) return false;
    return this.#keepValid({ round, value, prevotes: found.signatures });
  }

  #keepValid(valid: Valid): boolean {
    if (valid.round <= (this.#record.valid?.round ?? -1)) return false;
    this.#record = { ...this.#record, valid };
    return true;
  }

  /** What is due in this step of the round, and can be said now. */
  #speak(): boolean {
    if (this.#recall('prevote') || this.#recall('precommit')) return true;
    switch (this.#step) {
      case 'propose':
        return this.#propose() || this.#prevote();
      case 'prevote':
        return this.#precommit();
      case 'precommit':
        return false;
    }
  }

  /** Lines 14 to 19. What a quorum prevoted for once is proposed before what is wished for. */
  #propose(): boolean {
    const { round, proposed, valid, epoch, subject } = this.#record;
    if (proposed !== undefined) return this.#recallProposal();
    if (proposerOf(this.#committee, this.#hash, round) !== this.#self) return false;
    const value = valid?.value ?? this.#rules.propose();
    if (value === undefined || value.length > MAX_AGREED_VALUE_BYTES) return false;
    const proposal = { value, validRound: valid?.round };
    this.#record = { ...this.#record, proposed: proposal };
    const said = { epoch, subject, round, ...proposal, prevotes: valid?.prevotes ?? [] };
    this.#hear(sayProposal(this.#draft, this.#setup, said, false));
    return true;
  }

  /** A new process has forgotten what it heard, also of itself. */
  #recallProposal(): boolean {
    if (proposalOf(this.#heard, this.#record.round) !== undefined) return false;
    const said = saidProposal(this.#record);
    if (said === undefined) return false;
    this.#hear(sayProposal(this.#draft, this.#setup, said, true));
    return true;
  }

  /** The same of a ballot. */
  #recall(kind: BallotKind): boolean {
    const said = saidBallot(this.#record, kind);
    if (said === undefined) return false;
    const ballots = ballotsOf(this.#heard, kind, said.round);
    if (ballots.some(({ member }) => member === this.#self)) return false;
    const { body, signature } = sayBallot(this.#draft, this.#setup, kind, said, true);
    this.#hearOwn(kind, body.value, signature);
    return true;
  }

  #hear(proposal: Proposal): void {
    this.#heard = { ...this.#heard, proposals: [...this.#heard.proposals, proposal] };
  }

  /** Lines 22 to 33: for the value that is proposed, unless this member is locked on another. */
  #prevote(): boolean {
    const proposal = proposalOf(this.#heard, this.#record.round);
    if (proposal === undefined || proposal === this.#judged) return false;
    this.#judged = proposal;
    const { value, validRound } = proposal.body;
    const { locked } = this.#record;
    const isFree =
      locked === undefined ||
      equalBytes(locked.value, value) ||
      (validRound !== undefined && validRound >= locked.round);
    if (!isFree) return this.#say('prevote', undefined);
    const verdict = this.#judge(value);
    if (verdict === undefined) return false;
    return this.#say('prevote', verdict ? sha256(value) : undefined);
  }

  /**
   * Whether this member prevotes for a value that it is free to; undefined: it cannot tell yet. A
   * quorum that prevoted for it found it valid, as f + 1 honest members of that did.
   */
  #judge(value: Uint8Array): boolean | undefined {
    const { round, valid } = this.#record;
    const verdict = this.#rules.judge(value);
    if (verdict === 'invalid') return false;
    if (verdict === 'valid' || (valid !== undefined && equalBytes(valid.value, value))) return true;
    if (verdict === 'unknown') return undefined;
    return round >= roundsOfDoubt(this.#committee);
  }

  /** Lines 36 to 46: locks on the value of a polka of this round; for no value, if that won. */
  #precommit(): boolean {
    const { round, valid } = this.#record;
    if (valid?.round === round) {
      this.#record = { ...this.#record, locked: { round, value: valid.value } };
      return this.#say('precommit', sha256(valid.value));
    }
    const found = this.#withQuorum(ballotsOf(this.#heard, 'prevote', round));
    return found !== undefined && found.value === undefined && this.#say('precommit', undefined);
  }

  #say(kind: BallotKind, value: Uint8Array | undefined): boolean {
    const { epoch, subject, round } = this.#record;
    const key = kind === 'prevote' ? 'prevoted' : 'precommitted';
    this.#record = { ...this.#record, [key]: { value } };
    const ballot = sayBallot(
      this.#draft,
      this.#setup,
      kind,
      { epoch, subject, round, value },
      false,
    );
    this.#hearOwn(kind, value, ballot.signature);
    return true;
  }

  #hearOwn(kind: BallotKind, value: Uint8Array | undefined, signature: Uint8Array): void {
    const { round } = this.#record;
    const own = { kind, round, value, member: this.#self, signature };
    this.#heard = withBallot(withNews(this.#heard), round, own);
  }

  /** Lines 34, 47, 57 to 67: what a round waits for comes, or the next one begins without it. */
  #waitOver(): boolean {
    const { round } = this.#record;
    const precommits = ballotsOf(this.#heard, 'precommit', round);
    this.#waitFor('propose');
    if (countThrough(this.#heard, 'prevote', round) >= this.#quorum) this.#waitFor('prevote');
    if (countThrough(this.#heard, 'precommit', round) >= this.#quorum) this.#waitFor('precommit');
    const step = this.#step;
    if (step === 'propose' && this.#isOver('propose')) return this.#say('prevote', undefined);
    if (step === 'prevote' && this.#isOver('prevote')) return this.#say('precommit', undefined);
    // A quorum that precommitted for no value decides nothing in this round.
    const isBarren = forValue(precommits, undefined).length >= this.#quorum;
    if (!isBarren && !this.#isOver('precommit')) return false;
    this.#begin(round + 1);
    return true;
  }

  #waitFor(step: Step): void {
    const { timeouts } = this.#heard;
    if (timeouts[step] !== undefined) return;
    const atMs = Math.floor(this.#draft.stamp.nowMs) + roundWaitMs(this.#record.round);
    this.#heard = { ...this.#heard, timeouts: { ...timeouts, [step]: BigInt(atMs) } };
  }

  #isOver(step: Step): boolean {
    const at = this.#heard.timeouts[step];
    return at !== undefined && at <= BigInt(Math.floor(this.#draft.stamp.nowMs));
  }

  /** Lines 11 to 13 and 20 to 21. */
  #begin(round: number): void {
    const nothingSaid = { proposed: undefined, prevoted: undefined, precommitted: undefined };
    this.#record = { ...this.#record, round, ...nothingSaid };
    this.#heard = withNews(heardFrom(this.#heard, round));
    this.#judged = undefined;
  }

  /** The value that a quorum of these ballots is for, if one is. */
  #withQuorum(ballots: readonly Heard['ballots'][number][]) {
    for (const { value } of ballots) {
      const signatures = forValue(ballots, value);
      if (signatures.length >= this.#quorum) return { value, signatures };
    }
    return undefined;
  }

  /** The value with this hash, as far as this member has it. */
  #valueOf(hash: Uint8Array): Uint8Array | undefined {
    const { round, valid } = this.#record;
    const proposed = proposalOf(this.#heard, round)?.body.value;
    return [proposed, valid?.value].find(
      (value) => value !== undefined && isSameValue(sha256(value), hash),
    );
  }

  #save(): void {
    if (this.#record !== this.#before) {
      this.#draft.write(SPACES.agreement.at(this.#hash), this.#record);
    }
    this.#heard = withRetelling(this.#heard, Math.floor(this.#draft.stamp.nowMs));
    this.#draft.write(SPACES.heard.at(this.#hash), this.#heard);
    const { propose, prevote, precommit } = this.#heard.timeouts;
    const waits = [
      this.#step === 'propose' ? propose : undefined,
      this.#step === 'prevote' ? prevote : undefined,
      precommit,
      this.#heard.retellAtMs,
    ];
    for (const at of waits) {
      // What is over led to nothing: so at a member that may not speak. Time alone changes nothing.
      const isAhead = at !== undefined && at > BigInt(Math.floor(this.#draft.stamp.nowMs));
      if (isAhead) setTimerBy(this.#draft, 'agree', Number(at));
    }
  }
}
