/**
 * The kinds of outer ledgers: what the protocol knows of each, which is whom it can pay. Pure; what
 * talks to a ledger is an adapter of the shell. A kind is a row, and the genesis document names
 * kinds of this table only.
 *
 * A recipient is judged before money is locked for it: by the wallet before it signs, and by every
 * authority before it votes. So all of them have to judge alike: by the bytes alone.
 */
import { foundText, strayIn } from '../base/characters.ts';
import { MAX_RECIPIENT_BYTES } from '../base/limits.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import { textIn } from '../codec/parts.ts';

interface LedgerKind {
  /** What a recipient is there, for people: "the name of a person". */
  readonly recipient: string;
  /** Whether this text is such a recipient. It has 1 to MAX_RECIPIENT_BYTES bytes. */
  readonly isRecipient: (text: string) => boolean;
}

export const LEDGER_KINDS = {
  /** A book that a person keeps who pays out by hand. */
  cashbook: {
    recipient: 'a name or number as the cashier knows it, without a space at either end',
    isRecipient: (text) => strayIn(text) === undefined && !/^ | $/.test(text),
  },
} as const satisfies Readonly<Record<string, LedgerKind>>;

export type LedgerKindName = keyof typeof LEDGER_KINDS;

/** Whether there is such a kind. */
export function isLedgerKind(kind: string): kind is LedgerKindName {
  return Object.hasOwn(LEDGER_KINDS, kind);
}

/** Why a ledger of this kind cannot pay to these bytes; undefined: it can. */
export function checkRecipient(kind: string, bytes: Uint8Array): Refusal | undefined {
  if (!isLedgerKind(kind)) return refusal('unknown_ledger', { field: 'ledger', found: kind });
  const { recipient, isRecipient } = LEDGER_KINDS[kind];
  const bad = (expected: string, found: string): Refusal =>
    refusal('bad_recipient', { field: 'recipient', expected, found });
  if (bytes.length === 0 || bytes.length > MAX_RECIPIENT_BYTES) {
    return bad(`1 to ${MAX_RECIPIENT_BYTES} bytes`, `${bytes.length}`);
  }
  const text = recipientText(bytes);
  if (text === undefined) return bad('text', 'bytes that are none');
  return isRecipient(text) ? undefined : bad(recipient, foundText(text));
}

/** The text of a recipient; undefined for bytes that are none. */
export function recipientText(bytes: Uint8Array): string | undefined {
  return textIn(bytes);
}
