/**
 * Facts prove themselves (PROTOCOL: Facts), and so does the order for a payout: whatever is changed
 * in one, or said by too few, by strangers, twice, or too early, moves nothing.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { subjectHash } from '../../agent/core/agreement/decision.ts';
import { withdrawalAt } from '../../agent/core/authority/locks.ts';
import { markPresented } from '../../agent/core/authority/open-withdrawals.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import type {
  Amount,
  Epoch,
  LedgerIndex,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import type { Decision } from '../../agent/core/codec/agreement.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import type { CertifiedFact, Report, ReportBody } from '../../agent/core/codec/fact.ts';
import { settlementCoder } from '../../agent/core/codec/gateway.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import type { Payout } from '../../agent/core/codec/payout.ts';
import { Draft } from '../../agent/core/draft.ts';
import { factCount } from '../../agent/core/facts/fact-list.ts';
import { takeFact } from '../../agent/core/facts/facts.ts';
import { OUTCOME_RULES } from '../../agent/core/gateway/outcome.ts';
import { REFUND, SETTLE } from '../../agent/core/gateway/outcome-value.ts';
import { payoutKey } from '../../agent/core/gateway/payout-key.ts';
import { checkSettlement } from '../../agent/core/gateway/settlement.ts';
import { testify } from '../../agent/core/gateway/testimony.ts';
import { currentCommittee } from '../../agent/core/network/committees.ts';
import type { AuthoritySetup } from '../../agent/core/setup.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { certificateOf, frameOf, withdrawalOf } from '../support/forge.ts';
import { OuterLedger } from '../support/outer-ledger.ts';
import { World } from '../support/world.ts';

const LEDGER = 0 as LedgerIndex;
const OBSERVERS = { gateways: ['auth-0', 'auth-1'], observers: [0, 1, 2], observerQuorum: 2 };

/** What a network certified of one withdrawal and one deposit, of which auth-3 knows nothing. */
class Case {
  readonly world = new World({ ...OBSERVERS, heartbeats: true });
  readonly certificate: Certificate;
  readonly facts: CertifiedFact[] = [];

  constructor() {
    const { world } = this;
    const ledger = new OuterLedger(world);
    world.connectAll();
    ledger.paysAtOnce = true;
    const order = withdrawalOf(world, 'alice', { amount: 400n });
    for (const member of [0, 1, 2]) this.tell(`auth-${member}`, { TAG: 'order', data: order });
    this.certificate = certificateOf(world, order, [0, 1, 2]);
    world.crash('auth-3');
    world.onFrame = (_from, _to, { message }) => {
      if (message.TAG === 'fact') this.facts.push(message.data);
      return true;
    };
    for (const member of [0, 1, 2]) {
      this.tell(`auth-${member}`, { TAG: 'certificate', data: this.certificate });
    }
    world.run();
    const account = world.place('bob').signer.publicKey;
    const id = new Uint8Array(32).fill(1);
    ledger.payIn({ id, account, token: 0 as TokenIndex, amount: 250n as Amount });
    for (let i = 0; i < 8; i++) world.pass(1_000);
  }

  tell(name: string, message: Message): void {
    const link = 0xfeedn as LinkId;
    this.world.event(this.world.place(name), { kind: 'frame', link, bytes: frameOf(message) });
    this.world.run();
  }

  get decision(): Decision {
    const fact = this.facts.find(({ TAG }) => TAG === 'outcome');
    assert.ok(fact?.TAG === 'outcome');
    return fact.data;
  }

  report(tag: 'paid' | 'deposit'): Report {
    const fact = this.facts.find(
      (each) => each.TAG === 'report' && each.data.body.event.TAG === tag,
    );
    assert.ok(fact?.TAG === 'report');
    return fact.data;
  }

  /** A step of auth-3, whose writes are not kept. */
  draft(): Draft {
    const { state } = this.world.place('auth-3');
    return new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
  }

  get setup(): AuthoritySetup {
    return this.world.place('auth-3').setup as AuthoritySetup;
  }

  /** What auth-3 makes of facts, one after the other. */
  take(...facts: readonly CertifiedFact[]): string {
    const draft = this.draft();
    const outcomes = facts.map((fact) => takeFact(draft, this.setup, fact));
    const count = Number(factCount(draft).count);
    assert.equal(count, outcomes.filter((outcome) => outcome === 'new').length);
    return outcomes.map((each) => (isRefusal(each) ? each.refused : each)).join(', ');
  }

  /** auth-3 applies the certificate. */
  apply(): void {
    const { world } = this;
    world.restart('auth-3');
    this.tell('auth-3', { TAG: 'certificate', data: this.certificate });
  }
}

const made = new Case();
const later = new Case();
later.apply();
const outcome = (data: Decision): CertifiedFact => ({ TAG: 'outcome', data });
const reported = (data: Report): CertifiedFact => ({ TAG: 'report', data });
const paid = later.report('paid');
const deposit = later.report('deposit');

describe('facts', () => {
  it('are taken once each, in the order in which they follow', () => {
    const all = [outcome(later.decision), reported(paid), reported(deposit)];
    assert.equal(later.take(...all), 'new, new, new');
    assert.equal(later.take(...all, ...all), 'new, new, new, held, held, held');
    const [first, second] = all;
    assert.ok(first && second);
    assert.equal(later.take(second, first, second), 'missing_earlier, new, new');
  });

  it('that come before their withdrawal change nothing, but for deposits', () => {
    const all = [outcome(made.decision), reported(made.report('paid')), reported(deposit)];
    assert.equal(made.take(...all), 'missing_earlier, missing_earlier, new');
  });

  it('move the money of a withdrawal in one way only', () => {
    const { account, sequence } = later.certificate.order.order;
    const draft = later.draft();
    takeFact(draft, later.setup, outcome(later.decision));
    assert.equal(withdrawalAt(draft, account, sequence)?.state, 'settled');
    takeFact(draft, later.setup, reported(paid));
    assert.equal(withdrawalAt(draft, account, sequence)?.state, 'paid');
  });

  const { decision } = later;
  const spoiltDecisions: readonly (readonly [string, Decision, string])[] = [
    ['another value', { ...decision, value: Uint8Array.of(2) }, 'bad_signature'],
    ['no value', { ...decision, value: new Uint8Array() }, 'bad_signature'],
    ['another round', { ...decision, round: decision.round + 1 }, 'bad_signature'],
    ['too few ballots', { ...decision, precommits: decision.precommits.slice(1) }, 'no_quorum'],
  ];
  for (const [what, spoilt, code] of spoiltDecisions) {
    it(`are not decided with ${what}`, () => assert.equal(later.take(outcome(spoilt)), code));
  }

  const [one, two] = paid.statements;
  assert.ok(one && two);
  const spoiltReports: readonly (readonly [string, Report, string])[] = [
    ['one observer of two', { ...paid, statements: [one] }, 'no_quorum'],
    ['nobody', { ...paid, statements: [] }, 'no_quorum'],
    [
      'a signature in the name of another observer',
      { ...paid, statements: [one, { ...two, member: 2 as MemberIndex }] },
      'bad_signature',
    ],
    [
      'a member that is no observer',
      { ...paid, statements: [one, { ...two, member: 3 as MemberIndex }] },
      'bad_signature',
    ],
    [
      'words about another event',
      { ...paid, body: { ...paid.body, event: { ...paid.body.event, TAG: 'returned' } as never } },
      'bad_signature',
    ],
    [
      'another ledger',
      { ...paid, body: { ...paid.body, ledger: 1 as LedgerIndex } },
      'unknown_ledger',
    ],
  ];
  for (const [what, spoilt, code] of spoiltReports) {
    it(`are not reported by ${what}`, () => {
      assert.equal(later.take(outcome(decision), reported(spoilt)), `new, ${code}`);
    });
  }

  /** The word of so many observers, who mean it. */
  const sworn = (body: ReportBody, by = ['auth-0', 'auth-1']): Report => {
    const statements = by.map((name) => {
      const setup = later.world.place(name).setup as AuthoritySetup;
      const { epoch, member, signature } = testify(later.draft(), setup, body);
      return { epoch, member, signature };
    });
    return { body, statements };
  };

  it('of a deposit are one for a name, though observers should say two things', () => {
    const { body } = deposit;
    assert.ok(body.event.TAG === 'deposit');
    const data = { ...body.event.data, amount: 999n as Amount };
    const other = sworn({ ...body, event: { TAG: 'deposit', data } });
    assert.equal(later.take(reported(deposit), reported(other)), 'new, contradicted');
    assert.equal(later.take(reported(other), reported(deposit)), 'new, contradicted');
  });

  it('of a ledger are nothing that a member says who does not observe it', () => {
    const strange = sworn(paid.body, ['auth-0', 'auth-3']);
    assert.equal(later.take(outcome(decision), reported(strange)), 'new, bad_signature');
  });

  it('of an epoch that is not known here yet are asked for again, and false ones are not', () => {
    const of = (data: Report, epoch: number): Report => ({
      ...data,
      statements: data.statements.map((each) => ({ ...each, epoch: epoch as Epoch })),
    });
    const early = { ...decision, epoch: 1 as Epoch };
    assert.equal(later.take(outcome(early)), 'unknown_epoch');
    assert.equal(later.take(outcome(decision), reported(of(paid, 1))), 'new, unknown_epoch');
    const world = new World({ ...OBSERVERS, heartbeats: true });
    world.connectAll();
    const cursorAfter = (...list: readonly CertifiedFact[]): bigint => {
      const { state } = world.place('auth-3');
      const read = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
      const from = read.read(SPACES.factCursor.at(0 as MemberIndex)) ?? 0n;
      const data = { from, count: from + BigInt(list.length), list };
      const message = { TAG: 'facts', data } as const;
      world.inject('auth-0', 'auth-3', { to: undefined, route: [], isPassedOn: false, message });
      const after = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
      return after.read(SPACES.factCursor.at(0 as MemberIndex)) ?? 0n;
    };
    const [first] = deposit.statements;
    assert.ok(first);
    const few = reported({ ...deposit, statements: [first] });
    assert.equal(cursorAfter(few), 1n);
    assert.equal(cursorAfter(few, reported(of(deposit, 1)), few), 2n);
    assert.equal(cursorAfter(few, few), 4n);
  });

  it('of another ledger than that of the withdrawal move nothing', () => {
    const other = sworn({ ...paid.body, ledger: 1 as LedgerIndex });
    assert.equal(later.take(outcome(decision), reported(other)), 'new, unknown_ledger');
    assert.equal(later.take(outcome(decision), reported(sworn(paid.body))), 'new, new');
  });

  it('of a deposit count for its ledger and token only', () => {
    const { body } = deposit;
    const { event } = body;
    assert.ok(event.TAG === 'deposit');
    const other = (change: object): Report => ({
      ...deposit,
      body: { ...body, event: { TAG: 'deposit', data: { ...event.data, ...change } } },
    });
    assert.equal(later.take(reported(other({ amount: 251n }))), 'bad_signature');
    assert.equal(later.take(reported(other({ amount: 0n }))), 'amount_zero');
    assert.equal(later.take(reported(other({ token: 1 }))), 'unknown_token');
  });
});

describe('what becomes of locked money', () => {
  const { account, sequence } = later.certificate.order.order;
  const place = { account, sequence };
  const { action } = later.certificate.order.order;
  assert.ok(action.TAG === 'withdrawal');
  const { validUntilMs } = action.data;
  const OTHER = Uint8Array.of(3);

  /** What a member says of settle, refund and another value, and would propose, at a time. */
  function mind(wallMs: number, isAsked: boolean, isSettled = false): readonly unknown[] {
    const { state } = later.world.place('auth-3');
    const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs });
    if (isAsked) markPresented(draft, account, sequence);
    if (isSettled) takeFact(draft, later.setup, outcome(later.decision));
    const opinions = [SETTLE, REFUND, OTHER].map((value) =>
      OUTCOME_RULES.judge(draft, later.setup, place, value),
    );
    const proposed = OUTCOME_RULES.propose(draft, later.setup, place);
    const mayBegin = OUTCOME_RULES.mayBegin(draft, later.setup, place);
    return [...opinions, proposed, mayBegin];
  }
  const over = Number(validUntilMs);

  it('is settled in time if a gateway asks, and refunded from the last moment on', () => {
    assert.deepEqual(mind(over - 1, true), ['valid', 'doubted', 'invalid', SETTLE, true]);
    assert.deepEqual(mind(over, true), ['doubted', 'valid', 'invalid', REFUND, true]);
    assert.deepEqual(mind(over - 1, false), ['doubted', 'doubted', 'invalid', undefined, true]);
    assert.deepEqual(mind(over, false), ['doubted', 'valid', 'invalid', REFUND, true]);
  });

  it('is called by one byte, which no other version may read otherwise', () => {
    assert.deepEqual([[...SETTLE], [...REFUND]], [[1], [2]]);
  });

  it('is no question any more once it was decided', () => {
    const [settle, refund, , , mayBegin] = mind(over, true, true);
    assert.deepEqual([settle, refund, mayBegin], ['unknown', 'unknown', false]);
  });
});

describe('the order for a payout', () => {
  const { order } = later.certificate.order;
  assert.ok(order.action.TAG === 'withdrawal');
  const { token, amount, recipient } = order.action.data;
  const { account, sequence } = order;
  const payout: Payout = { account, sequence, token, amount, recipient };
  const key = payoutKey(later.world.network.id, { account, sequence });
  const due = { key, payout, ledger: LEDGER };
  const { certificate, decision } = later;

  function verdict(what: Partial<typeof due> = {}, parts: object = {}): string {
    const proof = encode(settlementCoder, { certificate, decision, ...parts });
    const wrong = checkSettlement(later.draft(), later.setup, { ...due, ...what }, proof);
    return wrong?.refused ?? 'good';
  }

  it('is good as it was made', () => assert.equal(verdict(), 'good'));

  const others: readonly (readonly [string, Partial<typeof due>])[] = [
    ['key', { key: key.map((byte) => byte ^ 1) }],
    ['ledger', { ledger: 1 as LedgerIndex }],
    ['amount', { payout: { ...payout, amount: 401n as Amount } }],
    ['recipient', { payout: { ...payout, recipient: Uint8Array.of(65) } }],
    ['sequence', { payout: { ...payout, sequence: 1n as Sequence } }],
  ];
  for (const [what, change] of others) {
    it(`is for no other ${what}`, () => assert.equal(verdict(change), 'payout_differs'));
  }

  it('needs a decision to settle this very withdrawal', () => {
    const refund = { ...decision, value: Uint8Array.of(2) };
    assert.equal(verdict({}, { decision: refund }), 'no_quorum');
    const data = { account, sequence: 1n as Sequence };
    const elsewhere = { ...decision, subject: { TAG: 'outcome', data } };
    assert.equal(verdict({}, { decision: elsewhere }), 'no_quorum');
  });

  it('needs a quorum of both', () => {
    const few = { ...decision, precommits: decision.precommits.slice(1) };
    assert.equal(verdict({}, { decision: few }), 'no_quorum');
    const votes = certificate.votes.slice(1);
    assert.equal(verdict({}, { certificate: { ...certificate, votes } }), 'no_quorum');
  });

  it('is of this epoch, or known here from a former one', () => {
    const draft = later.draft();
    const committee = currentCommittee(draft);
    draft.write(SPACES.formerCommittee.at(committee.epoch), committee);
    draft.write(SPACES.committee, { ...committee, epoch: (committee.epoch + 1) as Epoch });
    const proof = encode(settlementCoder, { certificate, decision });
    const check = () => checkSettlement(draft, later.setup, due, proof)?.refused ?? 'good';
    assert.equal(check(), 'epoch_over');
    const place = SPACES.decision.at(subjectHash(decision.subject));
    draft.write(place, { ...decision, value: Uint8Array.of(2) });
    assert.equal(check(), 'epoch_over');
    draft.write(place, decision);
    assert.equal(check(), 'good');
    draft.remove(place);
    const { epoch, subject, round, value } = decision;
    const polka = { epoch, subject, round, value, prevotes: [] };
    draft.write(SPACES.carried.at(subjectHash(subject)), polka);
    assert.equal(check(), 'good');
  });

  it('is no bytes that are none', () => {
    const wrong = checkSettlement(later.draft(), later.setup, due, Uint8Array.of(1, 2, 3));
    assert.equal(wrong?.refused, 'malformed');
  });
});
