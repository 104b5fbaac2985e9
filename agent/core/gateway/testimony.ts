/**
 * What observers say that happened on an outer ledger (PROTOCOL: Deposits). The genesis document
 * names the observers of each ledger and how many of them certify an event; a member number is its
 * key's for good, so they stay the same people whoever judges later.
 *
 * Safety: an observer signs only what its own connection to the ledger calls final, never what
 * another one says. So a false event needs as many hostile observers as the ledger's quorum.
 */
import { type Refusal, refusal } from '../base/refusal.ts';
import type { LedgerIndex, MemberIndex } from '../base/units.ts';
import { type Report, type ReportBody, reportBodyCoder, type Testimony } from '../codec/fact.ts';
import type { Read } from '../io.ts';
import { committeeOf, currentCommittee } from '../network/committees.ts';
import { isStatementValid, signStatement } from '../network/statement.ts';
import type { AuthoritySetup, NodeSetup } from '../setup.ts';

type Checks = Pick<NodeSetup, 'network' | 'verify'>;

/** Whether a member is one of a ledger's observers. */
export function isObserver({ network }: Checks, ledger: LedgerIndex, member: MemberIndex): boolean {
  return network.genesis.ledgers[ledger]?.observers.includes(member) === true;
}

/** This observer's word. */
export function testify(read: Read, setup: AuthoritySetup, body: ReportBody): Testimony {
  return { ...signStatement(read, setup, 'testimony', reportBodyCoder, body), body };
}

/** Whether an observer of that ledger has said this. */
export function isTestimonyValid(read: Read, setup: Checks, testimony: Testimony): boolean {
  const { body, member } = testimony;
  if (!isObserver(setup, body.ledger, member)) return false;
  return isStatementValid(read, setup, 'testimony', reportBodyCoder, testimony, body);
}

/** Undefined when enough observers of the ledger say so, otherwise why it is not proven. */
export function checkReport(
  read: Read,
  setup: Checks,
  { body, statements }: Report,
): Refusal | undefined {
  const ledger = setup.network.genesis.ledgers[body.ledger];
  if (ledger === undefined) {
    return refusal('unknown_ledger', { field: 'ledger', found: `${body.ledger}` });
  }
  if (statements.length < ledger.quorum) {
    const expected = `${ledger.quorum} observers`;
    return refusal('no_quorum', { field: 'report', expected, found: `${statements.length}` });
  }
  if (body.event.TAG === 'deposit') {
    const { token, amount } = body.event.data;
    if (!ledger.tokens.includes(token)) return refusal('unknown_token', { field: 'deposit.token' });
    if (amount === 0n) return refusal('amount_zero', { field: 'deposit.amount' });
  }
  const unknown = statements.find(({ epoch }) => committeeOf(read, epoch) === undefined);
  if (unknown !== undefined) {
    const expected = `at most ${currentCommittee(read).epoch}`;
    return refusal('unknown_epoch', { field: 'report', expected, found: `${unknown.epoch}` });
  }
  const bad = statements.find((each) => !isTestimonyValid(read, setup, { ...each, body }));
  return bad === undefined
    ? undefined
    : refusal('bad_signature', { field: `testimony of member ${bad.member}` });
}
