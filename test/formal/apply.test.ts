/**
 * The formal model and the core apply certificates alike: the core's `applyCertificate` against the
 * guard and the effect that the model has for it, as they are written there.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { accountCount, balanceOf, readAccount } from '../../agent/core/authority/account.ts';
import { applyCertificate } from '../../agent/core/authority/apply.ts';
import type { Balance, Sequence } from '../../agent/core/base/units.ts';
import { type Certificate, orderHash, type SignedOrder } from '../../agent/core/codec/order.ts';
import type { Account } from '../../agent/core/codec/record.ts';
import { Draft } from '../../agent/core/draft.ts';
import { certificateAt, record } from '../../agent/core/journal.ts';
import type { AuthoritySetup } from '../../agent/core/setup.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { certificateOf, orderOf } from '../support/forge.ts';
import { HRS, World } from '../support/world.ts';
import { choices, definition } from './small.ts';
import { fieldsOf, isTrue, type Values, valueAt } from './tla.ts';

interface SmallCase {
  readonly sequence: number;
  readonly amount: number;
  /** Of the payer. */
  readonly next: number;
  readonly balance: number;
  readonly pending: keyof typeof PENDING;
  /** Of the payee, who also has an order of its own pending. */
  readonly income: number;
  /** Which certificate was applied here under this number, if its turn is over. */
  readonly earlier: 'this' | 'another';
}

/** What the model and the core hold of an account. */
interface Ledger {
  readonly next: number;
  readonly pending: number;
  readonly balance: number;
}

interface Outcome {
  /** Of the payer and the payee. */
  readonly ledgers: readonly Ledger[];
  /** The certificate under the number of the one that was brought. */
  readonly kept: Certificate | undefined;
  readonly accounts: bigint;
  readonly isApplied: boolean;
}

/** How pending orders are numbered here; the model's `None` is 0. */
const PENDING = { none: 0, this: 1, another: 2 } as const;
const OF_PAYEE = 3;
const [PAYER, PAYEE] = [1, 2] as const;
const NEXT_OF_PAYEE = 2;

/**
 * Certificates of up to 2 units and number 3, in every state as small. None for 0 units or to the
 * payer itself: PositiveAmount and NotToItself let no honest authority vote for such an order.
 */
const CASES: readonly SmallCase[] = choices<SmallCase>({
  sequence: [0, 1, 2, 3],
  amount: [1, 2],
  next: [0, 1, 2, 3],
  balance: [-1, 0, 1, 2],
  pending: ['none', 'this', 'another'],
  income: [-1, 0, 2],
  earlier: ['this', 'another'],
});

const world = new World();
const setup = world.place('auth-0').setup as AuthoritySetup;
const [payer, payee] = ['alice', 'bob'].map((name) => world.place(name).signer.publicKey) as [
  Uint8Array,
  Uint8Array,
];
const ownOfPayee = orderOf(world, 'bob', 'alice', { sequence: BigInt(NEXT_OF_PAYEE) });
const guard = definition('CertificateIsNext');
const effect = fieldsOf(definition('AfterCertificate').body);
const certificates = new Map<string, Certificate>();
const outcomes = CASES.map(outcomeOf);

test('the model changes nothing by a certificate that is not compared here', () => {
  assert.deepEqual([...effect.keys()].sort(), ['applied', 'balance', 'next', 'pending']);
  assert.equal(effect.get('applied'), 'self.applied \\cup {order}');
});

test('the core applies a certificate when its guard in the model holds, in every small case', () => {
  const applied = outcomes.map(({ isApplied }) => isApplied);
  assert.deepEqual(applied, CASES.map(isNext));
  assert.deepEqual(new Set(applied), new Set([true, false]), 'the guard decides nothing here');
});

test('next, pending and balances are then as the model says, and else as they were', () => {
  CASES.forEach((each, i) => {
    const expected = [PAYER, PAYEE].map((account) => afterwards(each, account));
    assert.deepEqual(outcomes[i]?.ledgers, expected, JSON.stringify(each));
  });
});

test('a certificate that is applied is kept under its number, and no account comes of it', () => {
  CASES.forEach((each, i) => {
    if (!isNext(each)) return;
    assert.deepEqual(outcomes[i]?.kept, certificateFor(each, 'this'), JSON.stringify(each));
    assert.equal(outcomes[i]?.accounts, 2n, JSON.stringify(each));
  });
});

/** Gives an authority a certificate, and looks what has become of its records. */
function outcomeOf(each: SmallCase): Outcome {
  const draft = draftOf(each);
  const certificate = certificateFor(each, 'this');
  const refused = applyCertificate(draft, setup, certificate);
  return {
    ledgers: [payer, payee].map((account) => ledgerOf(readAccount(draft, account), each)),
    kept: certificateAt(draft, payer, BigInt(each.sequence) as Sequence),
    accounts: accountCount(draft),
    isApplied:
      draft.finish(undefined).notices.some(({ kind }) => kind === 'applied') &&
      refused === undefined,
  };
}

/** The records of an authority before: both accounts, and the certificate whose turn is over. */
function draftOf(each: SmallCase): Draft {
  const { state } = world.place('auth-0');
  const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
  const records = [
    [payer, each.next, each.balance, pendingOrder(each)],
    [payee, NEXT_OF_PAYEE, each.income, ownOfPayee],
  ] as const;
  for (const [key, next, balance, pending] of records) {
    const balances = balance === 0 ? [] : [{ token: HRS, balance: BigInt(balance) as Balance }];
    const known = { ...readAccount(draft, key), next: BigInt(next) as Sequence };
    draft.write(SPACES.account.at(key), { ...known, balances, pending });
  }
  if (each.sequence < each.next) {
    const data = certificateFor(each, each.earlier);
    const index = SPACES.certificateAt.at(payer, BigInt(each.sequence) as Sequence);
    record(draft, { TAG: 'certificate', data }, index);
  }
  return draft;
}

/** What is pending of the payer, under the number that is next: the certificate's if that is. */
function pendingOrder({ pending, next, amount }: SmallCase): SignedOrder | undefined {
  return pending === 'none' ? undefined : certificateOver(next, amount, pending).order;
}

function certificateFor({ sequence, amount }: SmallCase, which: 'this' | 'another'): Certificate {
  return certificateOver(sequence, amount, which);
}

function certificateOver(number: number, units: number, memo: 'this' | 'another'): Certificate {
  const name = `${number} ${units} ${memo}`;
  const parts = { sequence: BigInt(number), amount: BigInt(units), memo };
  const certificate =
    certificates.get(name) ?? certificateOf(world, orderOf(world, 'alice', 'bob', parts));
  certificates.set(name, certificate);
  return certificate;
}

function ledgerOf(account: Account, { next, amount }: SmallCase): Ledger {
  const hash = ({ order }: SignedOrder) => `${orderHash(setup.network.id, order)}`;
  const numbered = new Map([
    [hash(certificateOver(next, amount, 'this').order), PENDING.this],
    [hash(certificateOver(next, amount, 'another').order), PENDING.another],
    [hash(ownOfPayee), OF_PAYEE],
  ]);
  const { pending } = account;
  return {
    next: Number(account.next),
    pending: pending === undefined ? PENDING.none : (numbered.get(hash(pending)) ?? Number.NaN),
    balance: Number(balanceOf(account, HRS)),
  };
}

function isNext(each: SmallCase): boolean {
  return isTrue(guard.body, valuesOf(each));
}

/** What the model holds of an account after a certificate was brought. */
function afterwards(each: SmallCase, account: number): Ledger {
  const values = valuesOf(each);
  const of = (field: keyof Ledger) =>
    isNext(each)
      ? valueAt(effect.get(field) ?? '', account, values)
      : (values[`self.${field}[${account}]`] ?? Number.NaN);
  return { next: of('next'), pending: of('pending'), balance: of('balance') };
}

function valuesOf({ sequence, amount, next, balance, pending, income }: SmallCase): Values {
  return {
    None: PENDING.none,
    'order.account': PAYER,
    'order.recipient': PAYEE,
    'order.sequence': sequence,
    'order.amount': amount,
    [`self.next[${PAYER}]`]: next,
    [`self.next[${PAYEE}]`]: NEXT_OF_PAYEE,
    [`self.pending[${PAYER}]`]: PENDING[pending],
    [`self.pending[${PAYEE}]`]: OF_PAYEE,
    [`self.balance[${PAYER}]`]: balance,
    [`self.balance[${PAYEE}]`]: income,
  };
}
