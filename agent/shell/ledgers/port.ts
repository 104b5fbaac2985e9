/**
 * The ledger port: what a gateway needs of an outer ledger, a cashier's book as well as a chain.
 * test/conformance/ledgers.ts is what every adapter has to do; a new one runs it in two lines.
 *
 * Safety: a key is the name of one withdrawal, the same for every gateway. `submit` of a key that
 * the ledger has already is success after the details have been compared, however often it is said,
 * by whomever, before or after a restart: that is the fence, and it is the ledger's own. Nothing
 * that was accepted is ever forgotten.
 *
 * Liveness: nothing here waits for a person or for a block. What was submitted is followed with
 * `status`; `onChange` wakes whoever follows.
 */
import type {
  LedgerDeposit,
  LedgerError,
  LedgerErrorClass,
  LedgerStatus,
  Payout,
} from '../../core/codec/payout.ts';

/** Deposits in the ledger's order. */
export interface DepositPage {
  readonly deposits: readonly LedgerDeposit[];
  /** Where to read on; the same again while there is nothing more. */
  readonly next: bigint;
}

export interface LedgerHealth {
  /** Other for another ledger in the same place: who has followed one must not go on with it. */
  readonly id: Uint8Array;
  /** In one line, for people. */
  readonly summary: string;
}

export type LedgerAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: LedgerError };

export interface LedgerPort {
  /**
   * Has a payout made, unless the ledger has this key already. `proof`: what shows everybody that
   * the committee decided it. Permanent: another payout has the key, or the proof proves nothing.
   */
  submit(key: Uint8Array, payout: Payout, proof: Uint8Array): Promise<LedgerAnswer<LedgerStatus>>;
  /** The payout that the ledger has under a key, if it has one, so that details can be compared. */
  find(key: Uint8Array): Promise<LedgerAnswer<Payout | undefined>>;
  /** How the payout under a key stands. */
  status(key: Uint8Array): Promise<LedgerAnswer<LedgerStatus>>;
  /** Deposits from this place on, at most MAX_DEPOSITS_PER_PAGE. The first place is 0. */
  deposits(from: bigint): Promise<LedgerAnswer<DepositPage>>;
  health(): Promise<LedgerAnswer<LedgerHealth>>;
  /** Hears when a payout or a deposit may be another than before; the result ends that. */
  onChange(listener: () => void): () => void;
  /** Ends the connection. What was accepted stays accepted. */
  close(): Promise<void>;
}

/** Makes an answer. */
export function answered<T>(value: T): LedgerAnswer<T> {
  return { ok: true, value };
}

/** Makes an answer of an error. */
export function failed(
  errorClass: LedgerErrorClass,
  reason: string,
): { readonly ok: false; readonly error: LedgerError } {
  return { ok: false, error: { class: errorClass, reason } };
}
