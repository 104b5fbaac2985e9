/**
 * A wallet learns what became of its withdrawals, and which deposits came in, from certified facts
 * that it checks for itself (core/wallet/facts.ts).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOOK_AT_LEDGERS_MS } from '../../agent/core/base/limits.ts';
import type {
  Amount,
  Epoch,
  LedgerIndex,
  MemberIndex,
  Sequence,
} from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import {
  type AccountFacts,
  type CertifiedFact,
  type ReportBody,
  reportBodyCoder,
} from '../../agent/core/codec/fact.ts';
import { Draft } from '../../agent/core/draft.ts';
import { accountFactAt, accountFactCount } from '../../agent/core/facts/fact-list.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { walletOf } from '../../agent/core/views.ts';
import { ownWithdrawal } from '../../agent/core/wallet/withdrawals.ts';
import { balanceAt, lockedAt } from '../support/ledger.ts';
import { OuterLedger } from '../support/outer-ledger.ts';
import { HRS, World, type WorldOptions } from '../support/world.ts';

const FIRST = 0n as Sequence;

function begin(options: WorldOptions = {}) {
  const world = new World({ gateways: ['auth-0'], heartbeats: true, ...options });
  const ledger = new OuterLedger(world);
  world.connectAll();
  return { world, ledger };
}

function looks(world: World, count: number): void {
  for (let i = 0; i < count; i++) world.pass(LOOK_AT_LEDGERS_MS);
}

/** What alice's wallet believes to have, after asking. */
function held(world: World): bigint {
  world.refresh('alice');
  world.run();
  const { state, signer } = world.place('alice');
  const { balances } = walletOf(state, world.network, signer.publicKey);
  return balances.find(({ token }) => token === HRS)?.balance ?? 0n;
}

function stepsOf(world: World): readonly string[] {
  return ownWithdrawal(world.place('alice').state, FIRST)?.steps.map(({ state }) => state) ?? [];
}

const CERTIFIED = ['pending', 'locked', 'signing', 'certified'];

function withdrawn(options: WorldOptions = {}) {
  const begun = begin(options);
  begun.world.withdraw('alice', 400n);
  begun.world.run();
  assert.deepEqual(stepsOf(begun.world), CERTIFIED);
  return begun;
}

describe('a wallet learns that its withdrawal', () => {
  it('was submitted, and paid', () => {
    const { world, ledger } = withdrawn();
    looks(world, 3);
    assert.equal(held(world), 600n);
    assert.deepEqual(stepsOf(world), [...CERTIFIED, 'submitted']);
    ledger.become(ledger.only, 'final');
    looks(world, 1);
    assert.equal(held(world), 600n);
    assert.deepEqual(stepsOf(world), [...CERTIFIED, 'submitted', 'finalized']);
  });

  it('was refused by the ledger, and has the money again, once', () => {
    const { world, ledger } = withdrawn();
    looks(world, 3);
    ledger.become(ledger.only, 'refused');
    looks(world, 1);
    for (let again = 0; again < 3; again++) assert.equal(held(world), 1_000n);
    assert.deepEqual(stepsOf(world), [...CERTIFIED, 'submitted', 'rejected']);
    assert.equal(balanceAt(world, 'auth-1', 'alice'), 1_000n);
    assert.equal(lockedAt(world, 'auth-1', 'alice'), 0n);
  });

  it('was paid, and came back', () => {
    const { world, ledger } = withdrawn();
    looks(world, 3);
    ledger.become(ledger.only, 'final');
    looks(world, 1);
    assert.equal(held(world), 600n);
    tell(world, [returned(world)], { from: 2n });
    tell(world, [returned(world)], { from: 2n });
    assert.equal(held(world), 1_000n);
    assert.deepEqual(stepsOf(world), [...CERTIFIED, 'submitted', 'finalized', 'returned']);
  });

  it('came back before it was known to be decided, or after a refund, is not believed', () => {
    const { world } = withdrawn({ gateways: [] });
    tell(world, [returned(world)]);
    assert.equal(held(world), 600n);
    world.pass(3_700_000);
    assert.equal(held(world), 1_000n);
    tell(world, [returned(world)], { from: 1n });
    assert.equal(held(world), 1_000n);
    assert.deepEqual(stepsOf(world), [...CERTIFIED, 'expired']);
  });

  it('expired, and has the money again', () => {
    const { world } = withdrawn({ gateways: [] });
    world.pass(3_700_000);
    assert.equal(held(world), 1_000n);
    assert.deepEqual(stepsOf(world), [...CERTIFIED, 'expired']);
  });

  it('went all its way, with nothing left but its key', () => {
    const { world, ledger } = withdrawn();
    looks(world, 3);
    ledger.become(ledger.only, 'final');
    looks(world, 1);
    world.place('alice').state.clear();
    world.restart('alice');
    for (const { name } of world.authorities) world.connect('alice', name);
    held(world);
    world.pass(20_000);
    assert.equal(held(world), 600n);
    assert.deepEqual(stepsOf(world), ['certified', 'submitted', 'finalized']);
  });
});

/** The facts that auth-1 holds about alice. */
function factsOf(world: World): CertifiedFact[] {
  const { state } = world.place('auth-1');
  const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
  const { publicKey } = world.place('alice').signer;
  const count = Number(accountFactCount(draft, publicKey));
  return Array.from({ length: count }, (_, n) => accountFactAt(draft, publicKey, BigInt(n)));
}

/** The cashier's word that the first withdrawal of alice came back. */
function returned(world: World): CertifiedFact {
  const { publicKey: account } = world.place('alice').signer;
  const event = { TAG: 'returned' as const, data: { account, sequence: FIRST } };
  const body: ReportBody = { ledger: 0 as LedgerIndex, event };
  const epoch = 0 as Epoch;
  const bytes = signingBytes('testimony', world.network.id, epoch, encode(reportBodyCoder, body));
  const signature = world.place('auth-0').signer.sign(bytes);
  const statements = [{ epoch, member: 0 as MemberIndex, signature }];
  return { TAG: 'report', data: { body, statements } };
}

/** A page that auth-1 sends alice over its own link. */
function tell(world: World, list: readonly CertifiedFact[], change: Partial<AccountFacts> = {}) {
  const { publicKey: account } = world.place('alice').signer;
  const data = { member: 1 as never, account, from: 0n, count: 9n, list, ...change };
  const message = { TAG: 'accountFacts' as const, data };
  world.inject('auth-1', 'alice', { to: undefined, route: [], isPassedOn: false, message });
}

describe('a wallet believes no fact', () => {
  it('with too few, foreign or doubled signatures, and goes on to believe a sound one', () => {
    const { world, ledger } = withdrawn();
    looks(world, 3);
    ledger.become(ledger.only, 'final');
    looks(world, 1);
    const [outcome, paid] = factsOf(world);
    assert.ok(outcome?.TAG === 'outcome' && paid?.TAG === 'report');
    const { precommits } = outcome.data;
    const [first] = precommits;
    assert.ok(first !== undefined);
    const bad: readonly CertifiedFact[] = [
      { TAG: 'outcome', data: { ...outcome.data, precommits: precommits.slice(1) } },
      { TAG: 'outcome', data: { ...outcome.data, value: Uint8Array.of(2) } },
      { TAG: 'report', data: { ...paid.data, statements: [] } },
      {
        TAG: 'report',
        data: {
          ...paid.data,
          statements: paid.data.statements.map((each) => ({ ...each, member: 1 as never })),
        },
      },
    ];
    for (const fact of bad) {
      tell(world, [fact]);
      assert.deepEqual(stepsOf(world), CERTIFIED);
    }
    // What comes first is told last: nothing is taken in before it.
    tell(world, [paid]);
    assert.deepEqual(stepsOf(world), CERTIFIED);
    tell(world, [outcome, paid], { account: world.place('bob').signer.publicKey });
    assert.deepEqual(stepsOf(world), CERTIFIED);
    tell(world, [outcome, paid]);
    assert.deepEqual(stepsOf(world), [...CERTIFIED, 'submitted', 'finalized']);
  });
});

describe('a deposit', () => {
  it('is in the balance of its owner, everywhere and once', () => {
    const { world, ledger } = begin();
    const { publicKey: account } = world.place('alice').signer;
    const id = new Uint8Array(32).fill(1);
    ledger.payIn({ id, account, token: HRS, amount: 250n as Amount });
    looks(world, 3);
    assert.equal(balanceAt(world, 'auth-2', 'alice'), 1_250n);
    for (let again = 0; again < 3; again++) assert.equal(held(world), 1_250n);
    assert.equal(world.notices('alice', 'deposited').length, 1);
  });
});
