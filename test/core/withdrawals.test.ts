/**
 * Withdrawals at an authority (PROTOCOL: Withdrawals): which orders get a vote, what a certificate
 * locks, and what a certified fact makes of the lock.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moveLock, withdrawalAt } from '../../agent/core/authority/locks.ts';
import { HEARTBEAT_MS, SILENT_AFTER_MS, STEADY_MS } from '../../agent/core/base/limits.ts';
import { isRefusal, REFUSALS, type RefusalCode } from '../../agent/core/base/refusal.ts';
import type { Sequence } from '../../agent/core/base/units.ts';
import type { SignedOrder } from '../../agent/core/codec/order.ts';
import { Draft } from '../../agent/core/draft.ts';
import {
  allNotices,
  ask,
  certificateOf,
  orderOf,
  verdictOf,
  type WithdrawalParts,
  withdrawalOf,
} from '../support/forge.ts';
import { accountAt, balanceAt, lockedAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

/** A world whose authorities hear each other, without which none votes for a withdrawal. */
function connected(): World {
  return new World({ heartbeats: true }).connectAll();
}

function verdictOn(parts: WithdrawalParts): string | number {
  const world = connected();
  const data = withdrawalOf(world, 'alice', parts);
  const before = [...world.place('auth-0').state.keys()].length;
  const verdict = verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data }));
  const isKept = accountAt(world, 'auth-0', 'alice').pending !== undefined;
  assert.equal(isKept, verdict === 'vote', 'an order is kept if it was voted for, and only then');
  if (verdict !== 'vote') assert.equal([...world.place('auth-0').state.keys()].length, before);
  return verdict;
}

const wire = (code: RefusalCode): number => REFUSALS[code].wire;

describe('a withdrawal is voted for', () => {
  it('if all is well, whatever its time says', () => {
    assert.equal(verdictOn({}), 'vote');
    assert.equal(verdictOn({ amount: 1_000n }), 'vote');
    // The world is at its first second, and a vote does not depend on that.
    for (const validUntilMs of [0n, 1n, 10n ** 15n])
      assert.equal(verdictOn({ validUntilMs }), 'vote');
  });

  it('by none of the rules of transfers that do not concern it', () => {
    const world = new World({ opens: 500n });
    const data = withdrawalOf(world, 'alice', {
      recipient: world.place('alice').signer.publicKey.map((byte) => (byte & 0x7f) | 0x20),
      amount: 1n,
    });
    assert.notEqual(
      verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data })),
      wire('below_opening'),
    );
  });
});

describe('a withdrawal is refused, and nothing is stored', () => {
  const cases: readonly [string, WithdrawalParts, RefusalCode][] = [
    ['of nothing', { amount: 0n }, 'amount_zero'],
    ['of more than there is', { amount: 1_001n }, 'insufficient_balance'],
    ['of an unknown token', { token: 2 }, 'unknown_token'],
    ['through an unknown ledger', { ledger: 1 }, 'unknown_ledger'],
    ['of a token that the ledger does not pay out', { token: 1 }, 'token_not_paid_out'],
    ['to bytes that are no text', { recipient: Uint8Array.of(0xff) }, 'bad_recipient'],
    ['to a text that begins with a space', { recipient: ' Anna' }, 'bad_recipient'],
    ['to a text that ends with a space', { recipient: 'Anna ' }, 'bad_recipient'],
    ['to a text with a line end', { recipient: 'An\nna' }, 'bad_recipient'],
    ['to a text that runs backwards', { recipient: 'An\u202ena' }, 'bad_recipient'],
    ['too early', { sequence: 1n }, 'missing_earlier'],
  ];
  for (const [what, parts, code] of cases) {
    it(what, () => assert.equal(verdictOn(parts), wire(code)));
  }

  it('when another order holds its sequence, which becomes a proof, in either order', () => {
    const made = [
      (world: World) => [orderOf(world, 'alice', 'bob'), withdrawalOf(world, 'alice')],
      (world: World) => [withdrawalOf(world, 'alice'), orderOf(world, 'alice', 'bob')],
      (world: World) => [
        withdrawalOf(world, 'alice'),
        withdrawalOf(world, 'alice', { recipient: 'Berta' }),
      ],
    ];
    for (const make of made) {
      const world = connected();
      const [first, second] = make(world);
      assert.ok(first !== undefined && second !== undefined);
      ask(world, world.place('auth-0'), { TAG: 'order', data: first });
      const verdict = verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data: second }));
      assert.equal(verdict, wire('order_pending'));
      world.run();
      assert.equal(allNotices(world, 'double_spend').length, 4);
    }
  });
});

describe('an authority that hears fewer than a quorum', () => {
  const asked = (world: World, data: SignedOrder) => {
    return verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data }));
  };

  it('puts withdrawals off and keeps nothing of them, while transfers go on', () => {
    const world = connected();
    world.onFrame = (from, to) => from.name !== 'auth-0' && to.name !== 'auth-0';
    world.pass(SILENT_AFTER_MS + HEARTBEAT_MS);
    const data = withdrawalOf(world, 'alice');
    assert.equal(asked(world, data), wire('partitioned'));
    assert.equal(accountAt(world, 'auth-0', 'alice').pending, undefined);
    assert.equal(asked(world, orderOf(world, 'bob', 'alice')), 'vote');
    world.onFrame = () => true;
    world.pass(STEADY_MS + 3 * HEARTBEAT_MS);
    assert.equal(asked(world, data), 'vote');
  });

  it('says again what it voted for before, and applies what is certified', () => {
    const world = connected();
    const data = withdrawalOf(world, 'alice');
    assert.equal(asked(world, data), 'vote');
    world.onFrame = (from, to) => from.name !== 'auth-0' && to.name !== 'auth-0';
    world.pass(SILENT_AFTER_MS + HEARTBEAT_MS);
    assert.equal(asked(world, data), 'vote');
    certify(world, data);
    assert.equal(lockedAt(world, 'auth-0', 'alice'), data.order.action.data.amount);
  });
});

/** Brings auth-0 the certificate of an order, and says what came of it. */
function certify(world: World, order: SignedOrder): string | number {
  const data = certificateOf(world, order, [1, 2, 3]);
  return verdictOf(ask(world, world.place('auth-0'), { TAG: 'certificate', data }));
}

/** A world where alice's first withdrawal, of 300, is certified at auth-0. */
function locked(amount = 300n): World {
  const world = connected();
  certify(world, withdrawalOf(world, 'alice', { amount }));
  return world;
}

const FIRST = 0n as Sequence;

describe('a certified withdrawal', () => {
  it('moves its amount from the balance to what is locked, and frees the sequence', () => {
    const world = locked();
    assert.equal(balanceAt(world, 'auth-0', 'alice'), 700n);
    assert.equal(lockedAt(world, 'auth-0', 'alice'), 300n);
    assert.equal(accountAt(world, 'auth-0', 'alice').next, 1n);
    const record = withdrawalAt(world.place('auth-0').state, accountOf(world), FIRST);
    assert.equal(record?.state, 'locked');
  });

  it('is one of several at a time, and transfers go on with the rest', () => {
    const world = locked();
    const orders = [
      withdrawalOf(world, 'alice', { sequence: 1n, amount: 50n, recipient: 'Berta' }),
      orderOf(world, 'alice', 'bob', { sequence: 2n, amount: 650n }),
    ];
    for (const data of orders) {
      assert.equal(verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data })), 'vote');
      certify(world, data);
    }
    assert.equal(balanceAt(world, 'auth-0', 'alice'), 0n);
    assert.equal(lockedAt(world, 'auth-0', 'alice'), 350n);
    const more = orderOf(world, 'alice', 'bob', { sequence: 3n, amount: 1n });
    const verdict = verdictOf(ask(world, world.place('auth-0'), { TAG: 'order', data: more }));
    assert.equal(verdict, wire('insufficient_balance'), 'what is locked is not spent');
  });

  it('is applied without a look at the balance, which goes below zero', () => {
    const world = locked(1_300n);
    assert.equal(balanceAt(world, 'auth-0', 'alice'), -300n);
    assert.equal(lockedAt(world, 'auth-0', 'alice'), 1_300n);
  });

  it('and a transfer that is certified too raise the alarm, and nothing is locked twice', () => {
    const world = locked();
    const verdict = certify(world, orderOf(world, 'alice', 'bob', { amount: 5n }));
    assert.equal(verdict, wire('account_frozen'));
    assert.equal(balanceAt(world, 'auth-0', 'alice'), 700n);
    assert.equal(lockedAt(world, 'auth-0', 'alice'), 300n);
  });
});

type Moves = Parameters<typeof moveLock>[3];

/** Carries moves out in their order; what the last one says, and what is left of 1000. */
function after(...moves: readonly Moves[]) {
  const world = locked();
  const { state } = world.place('auth-0');
  const draft = new Draft(state, { nowMs: 0, wallMs: 0 });
  let refused: ReturnType<typeof moveLock>;
  for (const move of moves) refused = moveLock(draft, accountOf(world), FIRST, move);
  for (const { key, value } of draft.finish(undefined).writes) {
    if (value !== undefined) state.set(key, value);
  }
  return {
    state: withdrawalAt(state, accountOf(world), FIRST)?.state,
    balance: balanceAt(world, 'auth-0', 'alice'),
    locked: lockedAt(world, 'auth-0', 'alice'),
    said: isRefusal(refused) ? refused.refused : 'moved',
  };
}

describe('what was locked', () => {
  it('stays locked while it is to be paid out, and is gone when it was', () => {
    const settled = { state: 'settled', balance: 700n, locked: 300n, said: 'moved' };
    assert.deepEqual(after('settle'), settled);
    assert.deepEqual(after('settle', 'settle'), settled);
    const paid = { state: 'paid', balance: 700n, locked: 0n, said: 'moved' };
    assert.deepEqual(after('settle', 'pay'), paid);
    assert.deepEqual(after('settle', 'pay', 'pay'), paid);
    assert.deepEqual(after('settle', 'pay', 'settle'), paid);
  });

  it('is in the balance again once it was refunded, once', () => {
    const refunded = { state: 'refunded', balance: 1_000n, locked: 0n, said: 'moved' };
    assert.deepEqual(after('refund'), refunded);
    assert.deepEqual(after('refund', 'refund'), refunded);
  });

  it('is in the balance again once the ledger gave it back, in whatever order that is told', () => {
    const returned = { state: 'returned', balance: 1_000n, locked: 0n, said: 'moved' };
    assert.deepEqual(after('settle', 'pay', 'return'), returned);
    assert.deepEqual(after('settle', 'return', 'pay'), returned);
    assert.deepEqual(after('settle', 'return', 'return'), returned);
  });

  it('is not moved before what comes earlier, nor against what was decided', () => {
    const still = { state: 'locked', balance: 700n, locked: 300n };
    assert.deepEqual(after('pay'), { ...still, said: 'missing_earlier' });
    assert.deepEqual(after('return'), { ...still, said: 'missing_earlier' });
    const settled = { ...still, state: 'settled', said: 'contradicted' };
    assert.deepEqual(after('settle', 'refund'), settled);
    const refunded = { state: 'refunded', balance: 1_000n, locked: 0n, said: 'contradicted' };
    for (const move of ['settle', 'pay', 'return'] as const) {
      assert.deepEqual(after('refund', move), refunded);
    }
  });

  it('is nothing where the sequence is free, or another order has it', () => {
    const world = new World();
    const { state } = world.place('auth-0');
    const move = () => {
      const draft = new Draft(state, { nowMs: 0, wallMs: 0 });
      return moveLock(draft, accountOf(world), FIRST, 'settle')?.refused;
    };
    assert.equal(move(), 'missing_earlier');
    certify(world, orderOf(world, 'alice', 'bob'));
    assert.equal(move(), 'contradicted');
  });
});

function accountOf(world: World): Uint8Array {
  return world.place('alice').signer.publicKey;
}
