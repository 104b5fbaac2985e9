/**
 * Agreement (PROTOCOL: Agreement): what the members of a committee say to each other about one
 * subject, the certificates that come of it, and what each keeps of it. What all of it means is in
 * agreement/agreement.ts.
 */
import { MAX_AGREED_VALUE_BYTES, MAX_MEMBERS, MAX_SUBJECTS_OPEN } from '../base/limits.ts';
import type { Epoch, MemberIndex, Sequence } from '../base/units.ts';
import {
  epochCoder,
  hashCoder,
  keyCoder,
  memberCoder,
  sequenceCoder,
  signatureCoder,
} from './canonical.ts';
import type { Coder, ValueOf } from './coder.ts';
import { u8, u16, u32, u64 } from './numbers.ts';
import { type MemberSignature, signaturesCoder } from './order.ts';
import {
  bool,
  checked,
  listOf,
  listWith,
  optional,
  sizedBytes,
  struct,
  variant,
  wordOf,
} from './parts.ts';

/*
 * As in order.ts, shapes that others use are written out: a declaration that the compiler makes of
 * nested coders for other projects has `any` in its depth.
 */

/**
 * What is decided, once. Each kind has its row of rules in agreement/subjects.ts; a number is never
 * used again.
 */
export type Subject =
  /** What becomes of the money of a withdrawal. */
  | { readonly TAG: 'outcome'; readonly data: Place }
  /** What was voted for at a sequence of an account; later turns settle a reserve (closing). */
  | { readonly TAG: 'closing'; readonly data: Turn }
  /** How an epoch ends. */
  | { readonly TAG: 'epoch'; readonly data: { readonly epoch: Epoch } };

/** An account, and a sequence of it. */
interface Place {
  readonly account: Uint8Array;
  readonly sequence: Sequence;
}

/** Which decision about a place it is, from 1. */
interface Turn extends Place {
  readonly turn: number;
}

export const subjectCoder: Coder<Subject> = variant({
  outcome: [1, struct<Place>({ account: keyCoder, sequence: sequenceCoder })],
  epoch: [3, struct<{ readonly epoch: Epoch }>({ epoch: epochCoder })],
  closing: [2, struct<Turn>({ account: keyCoder, sequence: sequenceCoder, turn: u8 })],
});

/** What may be decided: bytes, which mean something to the rules of the subject alone. */
const agreedValueCoder = sizedBytes(
  checked(
    u16,
    (size) => size <= MAX_AGREED_VALUE_BYTES || `${size} bytes, at most ${MAX_AGREED_VALUE_BYTES}`,
  ),
);

/** A member says something in a debate, and signs its body. */
interface SaidIn<T> {
  readonly epoch: Epoch;
  readonly member: MemberIndex;
  readonly body: T;
  readonly signature: Uint8Array;
  /** Told before: whoever knows of a decision answers with it. */
  readonly again: boolean;
}

/** A member whose turn it is proposes a value; the part that it signs. */
interface ProposalBody {
  readonly subject: Subject;
  readonly round: number;
  /** The round in which a quorum prevoted for this very value; none: it is the proposer's own. */
  readonly validRound: number | undefined;
  readonly value: Uint8Array;
}

export const proposalBodyCoder: Coder<ProposalBody> = struct<ProposalBody>({
  subject: subjectCoder,
  round: u32,
  validRound: optional(u32),
  value: agreedValueCoder,
});

export interface Proposal extends SaidIn<ProposalBody> {
  /** The prevotes of `validRound`. */
  readonly prevotes: readonly MemberSignature[];
}

export const proposalCoder: Coder<Proposal> = struct<Proposal>({
  epoch: epochCoder,
  member: memberCoder,
  body: proposalBodyCoder,
  signature: signatureCoder,
  prevotes: signaturesCoder,
  again: bool,
});

/** A prevote or precommit; the part that is signed. */
export interface BallotBody {
  readonly subject: Subject;
  readonly round: number;
  /** SHA-256 of the value; none: for no value. */
  readonly value: Uint8Array | undefined;
}

export const ballotBodyCoder: Coder<BallotBody> = struct<BallotBody>({
  subject: subjectCoder,
  round: u32,
  value: optional(hashCoder),
});

export type Ballot = SaidIn<BallotBody>;

export const ballotCoder: Coder<Ballot> = struct<Ballot>({
  epoch: epochCoder,
  member: memberCoder,
  body: ballotBodyCoder,
  signature: signatureCoder,
  again: bool,
});

/** A value of a round, and what was signed for it: bodies of ballots. */
interface Shown {
  readonly epoch: Epoch;
  readonly subject: Subject;
  readonly round: number;
  readonly value: Uint8Array;
}

/** A value that a quorum prevoted for in a round. */
export interface Polka extends Shown {
  readonly prevotes: readonly MemberSignature[];
}

export const polkaCoder: Coder<Polka> = struct<Polka>({
  epoch: epochCoder,
  subject: subjectCoder,
  round: u32,
  value: agreedValueCoder,
  prevotes: signaturesCoder,
});

/** A value that a quorum precommitted in a round: it is decided, and anybody can check that. */
export interface Decision extends Shown {
  readonly precommits: readonly MemberSignature[];
}

export const decisionCoder: Coder<Decision> = struct<Decision>({
  epoch: epochCoder,
  subject: subjectCoder,
  round: u32,
  value: agreedValueCoder,
  precommits: signaturesCoder,
});

/**
 * What a member said and holds of a subject that is not decided: what it would contradict, if it
 * lost this record.
 */
export const agreementCoder = struct({
  epoch: epochCoder,
  subject: subjectCoder,
  round: u32,
  /** What it said in this round, once it did. */
  proposed: optional(struct({ value: agreedValueCoder, validRound: optional(u32) })),
  prevoted: optional(struct({ value: optional(hashCoder) })),
  precommitted: optional(struct({ value: optional(hashCoder) })),
  /** The value of its last precommit for one. */
  locked: optional(struct({ round: u32, value: agreedValueCoder })),
  /** The value with the latest quorum of prevotes that it knows of. */
  valid: optional(struct({ round: u32, value: agreedValueCoder, prevotes: signaturesCoder })),
});
export type AgreementRecord = ValueOf<typeof agreementCoder>;

/** Subjects by the hashes of their bytes, in ascending order. */
export const openSubjectsCoder = listOf(MAX_SUBJECTS_OPEN, hashCoder);

/** The two kinds of ballots of a round. */
export type BallotKind = 'prevote' | 'precommit';
const ballotKindCoder = wordOf<BallotKind>({ prevote: 1, precommit: 2 });

/** What was said of a subject, in this round and later ones, and what it waits for. In memory. */
export const heardCoder = struct({
  /** Of this round and of the next. */
  proposals: listOf(2, proposalCoder),
  /** Of each member of one kind, at most one of this round and one of a later one. */
  ballots: listWith(
    checked(u16, (count) => count <= 4 * MAX_MEMBERS || `${count} ballots`),
    struct({
      kind: ballotKindCoder,
      round: u32,
      value: optional(hashCoder),
      member: memberCoder,
      signature: signatureCoder,
    }),
  ),
  /** When this round is waited for no longer, as `nowMs`: for its proposal, for more ballots. */
  timeouts: struct({ propose: optional(u64), prevote: optional(u64), precommit: optional(u64) }),
  /** When what was said is told again, and how often it was since anything new was heard. */
  retellAtMs: u64,
  retold: u8,
});
export type Heard = ValueOf<typeof heardCoder>;
export type HeardBallot = Heard['ballots'][number];

/** A member that contradicted itself in a round: two things that it signed. */
export const equivocationCoder: Coder<Equivocation> = variant({
  proposals: [1, struct({ first: proposalCoder, second: proposalCoder })],
  prevotes: [2, struct({ first: ballotCoder, second: ballotCoder })],
  precommits: [3, struct({ first: ballotCoder, second: ballotCoder })],
});
export type Equivocation =
  | { readonly TAG: 'proposals'; readonly data: Two<Proposal> }
  | { readonly TAG: 'prevotes' | 'precommits'; readonly data: Two<Ballot> };
interface Two<T> {
  readonly first: T;
  readonly second: T;
}

/** Subjects that somebody wants looked at in this step, by the hashes of their bytes. In memory. */
export const wokenCoder = listWith(u16, hashCoder);
