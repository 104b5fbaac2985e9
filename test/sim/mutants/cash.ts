/** Deliberate bugs in what becomes of withdrawals and deposits, and at the outer ledger. */
import type { Mutant } from './mutant.ts';

const GATEWAY = 'agent/core/gateway/gateway.js';
const SETTLEMENT = 'agent/core/gateway/settlement.js';
const TESTIMONY = 'agent/core/gateway/testimony.js';
const OBSERVER = 'agent/core/gateway/observer.js';
const FACTS = 'agent/core/facts/facts.js';
const LOCKS = 'agent/core/authority/locks.js';
const BOOK = 'agent/core/cashbook/book.js';

const ROWS: readonly Omit<Mutant, 'profile'>[] = [
  {
    name: 'cash: a certificate without a decision has a payout made',
    file: SETTLEMENT,
    find: 'return checkCertificate(read, setup, certificate) ?? checkOutcome(read, setup, decision);',
    replace: 'return checkCertificate(read, setup, certificate);',
    caughtBy: ['payouts'],
  },
  {
    name: 'cash: another payout than was decided is made',
    file: SETTLEMENT,
    find: 'equalBytes(encode(payoutCoder, due.payout), encode(payoutCoder, payout)) &&',
    replace: '',
    caughtBy: ['payouts'],
  },
  {
    name: 'cash: a decision to refund has a payout made',
    file: SETTLEMENT,
    find: 'if (!isAbout || !isSettle(value)) {',
    replace: 'if (!isAbout) {',
    caughtBy: ['payouts'],
  },
  {
    name: 'cash: a key is taken on twice',
    file: BOOK,
    find: 'const known = payoutUnder(draft, key);\n    if (known !== undefined)\n        return isSame',
    replace: 'const known = payoutUnder(draft, key);\n    if (false)\n        return isSame',
    caughtBy: ['payouts'],
  },
  {
    name: 'cash: all withdrawals of an account have one key',
    file: 'agent/core/gateway/payout-key.js',
    find: 'encode(placeCoder, { account, sequence })',
    replace: 'encode(placeCoder, { account, sequence: 0n })',
    caughtBy: ['payouts', 'liveness'],
  },
  {
    name: 'cash: what the ledger has only seen is said to be paid',
    file: GATEWAY,
    find: "return writePayout(draft, place, { state: 'seen', reference, failures: 0 });",
    replace: "return report(draft, setup, place, { TAG: 'paid', data: place });",
    caughtBy: ['facts'],
  },
  {
    name: 'cash: what was refused is said to be paid',
    file: GATEWAY,
    find: "const TAG = state === 'final' ? 'paid' : 'returned';",
    replace: "const TAG = 'paid';",
    caughtBy: ['facts'],
  },
  {
    name: 'cash: one observer is enough',
    file: TESTIMONY,
    find: 'if (statements.length < ledger.quorum) {',
    replace: 'if (statements.length < 1) {',
    caughtBy: ['facts'],
  },
  {
    name: 'cash: any member observes',
    file: TESTIMONY,
    find: 'if (!isObserver(setup, body.ledger, member))',
    replace: 'if (false)',
    caughtBy: ['facts'],
  },
  {
    name: "cash: an observer's signature is not looked at",
    file: TESTIMONY,
    find: "return isStatementValid(read, setup, 'testimony', reportBodyCoder, testimony, body);",
    replace: 'return true;',
    caughtBy: ['facts'],
  },
  {
    name: 'cash: what another observer says is not kept',
    file: OBSERVER,
    find: 'draft.write(cell, testimony);',
    replace: '',
    caughtBy: ['liveness'],
  },
  {
    name: 'cash: a fact counts each time that it comes',
    file: FACTS,
    find: "if (isHeld(draft, fact))\n        return 'held';",
    replace: '',
    caughtBy: ['ledger', 'journal', 'bounds'],
  },
  {
    name: 'cash: a decision needs no proof where it comes as a fact',
    file: FACTS,
    find: 'refusedDecision(draft, decision) ?? checkDecision(draft, setup, decision)',
    replace: 'refusedDecision(draft, decision)',
    caughtBy: ['agreement', 'payouts', 'ledger'],
  },
  {
    name: 'cash: a lock is released by the own clock',
    file: LOCKS,
    find: "const record = { state: 'locked', hash, withdrawal };",
    replace:
      "const over = BigInt(Math.floor(draft.stamp.wallMs)) >= withdrawal.validUntilMs;\n    const record = { state: over ? 'refunded' : 'locked', hash, withdrawal };",
    caughtBy: ['ledger'],
  },
  {
    name: 'cash: what is paid stays locked',
    file: LOCKS,
    find: 'if (holds(state) && !holds(to)) {',
    replace: "if (holds(state) && to === 'refunded') {",
    caughtBy: ['ledger', 'money'],
  },
  {
    name: 'cash: what came back is burned',
    file: LOCKS,
    find: "if (to === 'refunded' || to === 'returned') {",
    replace: "if (to === 'refunded') {",
    caughtBy: ['ledger', 'money'],
  },
  {
    name: 'cash: settled money is given back while the ledger pays it',
    file: LOCKS,
    find: "refund: { to: 'refunded', from: ['locked'], past: ['refunded'] },",
    replace: "refund: { to: 'returned', from: ['locked'], past: ['refunded'] },",
    caughtBy: ['ledger'],
  },
  {
    name: 'cash: a member holds up what its clock does not want',
    file: 'agent/core/gateway/outcome.js',
    find: "return wanted ? 'valid' : 'doubted';",
    replace: "return wanted ? 'valid' : 'unknown';",
    caughtBy: ['liveness'],
  },
  {
    name: 'cash: a round of a debate waits for who is in a later one',
    file: 'agent/core/agreement/heard.js',
    find: 'ballot.round > round || (ballot.round === round && ballot.kind === kind)',
    replace: 'ballot.round === round && ballot.kind === kind',
    caughtBy: ['liveness'],
  },
  {
    name: 'cash: deposits are said once, and not until they are facts',
    file: GATEWAY,
    find: 'if (bodies.every((each) => isReported(draft, each))) {',
    replace: 'if (true) {',
    caughtBy: ['liveness'],
  },
  {
    name: 'cash: a gateway that crashed asks about nothing',
    file: GATEWAY,
    find: 'if (openCount(draft) > 0n || served(setup).length > 0)\n        lookSoon(draft);',
    replace: '',
    caughtBy: ['liveness'],
  },
  {
    name: 'cash: facts are told once, and never exchanged',
    file: 'agent/core/facts/exchange.js',
    find: 'if (held.count > 0n)',
    replace: 'if (false)',
    caughtBy: ['convergence', 'liveness'],
  },
  {
    name: 'cash: a wallet does not hear that it was paid',
    file: 'agent/core/wallet/facts.js',
    find: "return move(draft, setup, own.order, 'finalized', ['submitted']);",
    replace: 'return true;',
    caughtBy: ['liveness'],
  },
  {
    name: 'cash: a wallet counts a deposit as often as it hears of it',
    file: 'agent/core/wallet/facts.js',
    find: 'if (draft.has(cell))\n        return true;',
    replace: '',
    caughtBy: ['wallets'],
  },
];

export const CASH_MUTANTS: readonly Mutant[] = ROWS.map((row) => ({ ...row, profile: 'cashed' }));
