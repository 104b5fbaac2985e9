/** Outer ledgers of a new network, as `meshpay network create` is told of them. Pure. */
import { foundText } from '../../core/base/characters.ts';
import { type Refusal, refusal } from '../../core/base/refusal.ts';
import type { MemberIndex, TokenIndex } from '../../core/base/units.ts';
import { isLedgerKind, LEDGER_KINDS } from '../../core/ledgers/kinds.ts';
import { quorumOf } from '../../core/network/committee.ts';
import type { OuterLedger, Token } from '../../core/network/genesis.ts';

const FIELD = '--ledger';
/** How one is written; `observers` may be followed by "/2". */
const WRITTEN = /^([^=]*)=([^:]*):([^:]*):([^:/]*)(?:\/([0-9]{1,2}))?$/;

/** "cashbox=cashbook:HRS:oak" -> a ledger; with "oak,elm,ash/2" two of three certify. */
export function parseLedger(
  text: string,
  tokens: readonly Token[],
  authorities: readonly string[],
): OuterLedger | Refusal {
  const [, name, kind, tokenText, observerText, quorumText] = WRITTEN.exec(text) ?? [];
  if (name === undefined || kind === undefined || !tokenText || !observerText) {
    const expected = 'NAME=KIND:TOKENS:OBSERVERS such as cashbox=cashbook:HRS:authority-1';
    return refusal('bad_genesis', { field: FIELD, expected, found: foundText(text) });
  }
  if (!isLedgerKind(kind)) {
    const expected = Object.keys(LEDGER_KINDS).join(' or ');
    return refusal('bad_genesis', { field: `${FIELD} kind`, expected, found: foundText(kind) });
  }
  const paid = placesOf(
    tokenText,
    tokens.map(({ symbol }) => symbol),
    'token',
  );
  if (!Array.isArray(paid)) return paid;
  const observers = placesOf(observerText, authorities, 'observer');
  if (!Array.isArray(observers)) return observers;
  return {
    name,
    kind,
    tokens: paid as TokenIndex[],
    observers: observers as MemberIndex[],
    quorum: quorumText === undefined ? quorumOf(observers.length) : Number(quorumText),
    about: '',
  };
}

/** The places of these names in a list, in its order. */
function placesOf(text: string, known: readonly string[], what: string): number[] | Refusal {
  const names = text.split(',');
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const expected = known.join(' or ');
    const found = foundText(stranger);
    return refusal('bad_genesis', { field: `${FIELD} ${what}`, expected, found });
  }
  return names.map((name) => known.indexOf(name)).sort((a, b) => a - b);
}
