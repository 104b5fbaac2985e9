/**
 * What a gateway asks of its ledgers and is told, for the shell, which does the asking: questions
 * as values, and answers as bytes (core/io.ts).
 */
import { MAX_LEDGER_REFERENCE_BYTES } from '../base/limits.ts';
import type { LedgerIndex } from '../base/units.ts';
import { decodeOwn, encode, ledgerCoder } from '../codec/canonical.ts';
import {
  depositsAnswerCoder,
  depositsAskCoder,
  payoutAnswerCoder,
  payoutAskCoder,
} from '../codec/gateway.ts';
import type { LedgerDeposit, LedgerError, LedgerStatus, Payout } from '../codec/payout.ts';
import type { Answer, Ask } from '../io.ts';
import { DEPOSITS, LEDGER_NEWS, PAYOUT } from './kinds.ts';

/** A question to one ledger. */
export type LedgerQuestion =
  | {
      readonly kind: 'submit';
      readonly ledger: LedgerIndex;
      readonly key: Uint8Array;
      readonly payout: Payout;
      readonly proof: Uint8Array;
    }
  | { readonly kind: 'status'; readonly ledger: LedgerIndex; readonly key: Uint8Array }
  | { readonly kind: 'deposits'; readonly ledger: LedgerIndex; readonly from: bigint };

/** What a question of the core asks a ledger; undefined: it is not for a ledger. */
export function questionIn({ kind, body }: Ask): LedgerQuestion | undefined {
  if (kind === DEPOSITS) return { kind: 'deposits', ...decodeOwn(depositsAskCoder, body) };
  if (kind !== PAYOUT) return undefined;
  const { ledger, key, payout, proof } = decodeOwn(payoutAskCoder, body);
  if (proof === undefined) return { kind: 'status', ledger, key };
  return { kind: 'submit', ledger, key, payout, proof };
}

/** How a payout stands, or why that is not known, in answer to a question about it. */
export function payoutAnswer({ kind, key }: Ask, said: LedgerStatus | LedgerError): Answer {
  const answer =
    'class' in said
      ? ({ TAG: 'error', data: { ...said, reason: cut(said.reason) } } as const)
      : ({ TAG: 'status', data: { ...said, reference: cut(said.reference) } } as const);
  return { kind, key, body: encode(payoutAnswerCoder, answer) };
}

/** Deposits, or why there is nothing to say of them. */
export function depositsAnswer(
  { kind, key }: Ask,
  said: { readonly deposits: readonly LedgerDeposit[]; readonly next: bigint } | LedgerError,
): Answer {
  const answer =
    'class' in said
      ? ({ TAG: 'error', data: { ...said, reason: cut(said.reason) } } as const)
      : ({ TAG: 'page', data: said } as const);
  return { kind, key, body: encode(depositsAnswerCoder, answer) };
}

/** A ledger has news, though nobody asked. */
export function newsOf(ledger: LedgerIndex): Answer {
  return { kind: LEDGER_NEWS, key: encode(ledgerCoder, ledger), body: new Uint8Array() };
}

/** As much of a text as fits its bound, whatever characters it is made of. */
function cut(text: string): string {
  let bytes = 0;
  let out = '';
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > MAX_LEDGER_REFERENCE_BYTES) break;
    // Half of a pair stands for nothing, and has no encoding.
    if (code < 0xd800 || code > 0xdfff) out += letter;
  }
  return out;
}
