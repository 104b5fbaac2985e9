/**
 * Facts (PROTOCOL: Withdrawals, Deposits): what is certified, changes a ledger, and is no order's
 * certificate. Each proves itself; what each does is in facts/facts.ts.
 */
import { MAX_FACTS_PER_FRAME, MAX_MEMBERS } from '../base/limits.ts';
import type { Epoch, LedgerIndex, MemberIndex } from '../base/units.ts';
import { type Decision, decisionCoder } from './agreement.ts';
import {
  epochCoder,
  hashCoder,
  keyCoder,
  ledgerCoder,
  memberCoder,
  sequenceCoder,
  signatureCoder,
} from './canonical.ts';
import type { Coder, ValueOf } from './coder.ts';
import { u8, u64 } from './numbers.ts';
import { checked, listOf, listWith, struct, variant } from './parts.ts';
import { type LedgerDeposit, ledgerDepositCoder } from './payout.ts';

export const placeCoder = struct({ account: keyCoder, sequence: sequenceCoder });
/** Which withdrawal: of this account, with this sequence. */
export type WithdrawalPlace = ValueOf<typeof placeCoder>;

/** What happened on an outer ledger, for good. */
export type LedgerEvent =
  /** A withdrawal was paid out. */
  | { readonly TAG: 'paid'; readonly data: WithdrawalPlace }
  /** It was not, and never will be; or it was, and the money came back. */
  | { readonly TAG: 'returned'; readonly data: WithdrawalPlace }
  /** Somebody paid in. */
  | { readonly TAG: 'deposit'; readonly data: LedgerDeposit };

/** What an observer of a ledger says happened there; the part that it signs. */
export interface ReportBody {
  readonly ledger: LedgerIndex;
  readonly event: LedgerEvent;
}

export const reportBodyCoder: Coder<ReportBody> = struct<ReportBody>({
  ledger: ledgerCoder,
  event: variant({
    paid: [1, placeCoder],
    returned: [2, placeCoder],
    deposit: [3, ledgerDepositCoder],
  }),
});

interface Statement {
  readonly epoch: Epoch;
  readonly member: MemberIndex;
  readonly signature: Uint8Array;
}

const statementFields = { epoch: epochCoder, member: memberCoder, signature: signatureCoder };

/** One observer's word. */
export interface Testimony extends Statement {
  readonly body: ReportBody;
}

export const testimonyCoder: Coder<Testimony> = struct<Testimony>({
  ...statementFields,
  body: reportBodyCoder,
});

/** The same word of as many observers as the ledger asks for. */
export interface Report {
  readonly body: ReportBody;
  /** In ascending order of members, each once. */
  readonly statements: readonly Statement[];
}

const reportCoder: Coder<Report> = struct<Report>({
  body: reportBodyCoder,
  statements: checked(listOf(MAX_MEMBERS, struct<Statement>(statementFields)), (list) => {
    const isAscending = list.every(
      (each, i) => i === 0 || each.member > (list[i - 1]?.member ?? 0),
    );
    return isAscending || 'statements must be in ascending order of members, each once';
  }),
});

export type CertifiedFact =
  | { readonly TAG: 'outcome'; readonly data: Decision }
  | { readonly TAG: 'report'; readonly data: Report };

export const certifiedFactCoder: Coder<CertifiedFact> = variant({
  outcome: [1, decisionCoder],
  report: [2, reportCoder],
});

/** How many facts are held, and the digest of which: the sum of their names. */
export const factCountCoder = struct({ count: u64, set: hashCoder });
export type FactCount = ValueOf<typeof factCountCoder>;

/** Some facts of a member's list, from the nth on, and how many it has. */
export const factPageCoder = struct({
  from: u64,
  count: u64,
  list: listWith(u8, certifiedFactCoder),
});
export type FactPage = ValueOf<typeof factPageCoder>;

/** Some facts about an account, from the nth on in a member's own order. */
export const accountFactsCoder = struct({
  member: memberCoder,
  account: keyCoder,
  from: u64,
  /** How many the authority holds about it. */
  count: u64,
  list: listOf(MAX_FACTS_PER_FRAME, certifiedFactCoder),
});
export type AccountFacts = ValueOf<typeof accountFactsCoder>;
