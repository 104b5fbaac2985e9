/** When a member does not open a place that somebody wants closed, and states nothing of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REFUSALS, type RefusalCode } from '../../../agent/core/base/refusal.ts';
import type { Epoch, MemberIndex, Sequence } from '../../../agent/core/base/units.ts';
import type { ClosingRequest } from '../../../agent/core/codec/closing.ts';
import type { SignedOrder } from '../../../agent/core/codec/order.ts';
import { recordAt, writeOf } from '../../../agent/core/space.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { Closings, statementOf } from '../../support/closings.ts';
import { ask, orderOf } from '../../support/forge.ts';

const SEQUENCE = 0n as Sequence;

/** What auth-0 answers to a request, and whether it keeps anything of the place. */
function asked(world: Closings, request: ClosingRequest): { code: unknown; isKept: boolean } {
  const place = world.place('auth-0');
  const [answer] = ask(world, place, { TAG: 'closingRequest', data: request });
  world.loseThose(() => true);
  const at = SPACES.closing.at(request.place.account, SEQUENCE);
  const record = recordAt({ get: (key) => place.state.get(key) }, at);
  const code = answer?.TAG === 'rejected' ? answer.data.code : answer?.TAG;
  return { code, isKept: record !== undefined };
}

/** A world in which auth-0 alone has these records besides. */
function having(writes: (world: Closings) => readonly ReturnType<typeof writeOf>[]) {
  const world = new Closings();
  world.silence(1, 2, 3);
  const { state } = world.place('auth-0');
  for (const { key, value } of writes(world)) {
    assert.ok(value !== undefined);
    state.set(key, value);
  }
  return { world, wish: world.wishOf('alice', { of: 'alice', sequence: 0n }) };
}

function refused(code: RefusalCode): { code: unknown; isKept: boolean } {
  return { code: REFUSALS[code].wire, isKept: false };
}

describe('a wish to close a sequence', () => {
  it('is granted where nothing stands against it', () => {
    const { world, wish } = having(() => []);
    assert.deepEqual(asked(world, wish), { code: 'closingTold', isKept: true });
  });

  it('is refused where a former epoch may have certified an order', () => {
    const { world, wish } = having((made) => {
      const order = made.order('bob', 5n);
      return [writeOf(SPACES.keptOrders.at(order.order.account, SEQUENCE), [order])];
    });
    assert.deepEqual(asked(world, wish), refused('order_kept'));
  });

  it('is refused while the epoch ends', () => {
    const { world, wish } = having(() => [
      writeOf(SPACES.stopped, { epoch: 0 as Epoch, roots: [] }),
    ]);
    assert.deepEqual(asked(world, wish), refused('epoch_ending'));
  });

  it('is refused where the account is frozen', () => {
    const { world, wish } = having((made) => {
      const record = made.account(made.place('auth-0'));
      assert.ok(record !== undefined);
      const at = SPACES.account.at(made.place('alice').signer.publicKey);
      return [writeOf(at, { ...record, frozen: true })];
    });
    assert.deepEqual(asked(world, wish), refused('account_frozen'));
  });

  it('is refused while the member may not vote', () => {
    const root = new Uint8Array(32).fill(9);
    const { world, wish } = having(() => [writeOf(SPACES.behind, { root, isContained: false })]);
    assert.deepEqual(asked(world, wish), refused('not_voting'));
  });
});

describe('two orders shown to have a sequence closed', () => {
  it('have to be two, both of the place and both signed by its owner', () => {
    const { world } = having(() => []);
    const [first, second] = [world.order('bob', 5n), world.order('carol', 7n)];
    const forged = { ...second, signature: second.signature.map((byte) => byte ^ 1) };
    const later = world.order('carol', 7n, 1n);
    const pairs = [
      [first, first],
      [first, forged],
      [forged, first],
      [first, later],
    ] as const;
    for (const [one, other] of pairs) {
      const { place } = world.proofOf(first, second);
      const { cause } = world.proofOf(one, other);
      assert.deepEqual(asked(world, { place, cause }), refused('not_the_owner'));
    }
    const granted = asked(world, world.proofOf(first, second));
    assert.deepEqual(granted, { code: 'closingTold', isKept: true });
  });
});

describe('what a member says that it voted for', () => {
  const MEMBER = 3 as MemberIndex;

  /** Whose statements auth-0 has, once this member said that it voted for this. */
  function statedBy(named: (world: Closings) => SignedOrder): readonly number[] {
    const world = new Closings();
    world.silence(1, 2, MEMBER);
    const wish = world.wishOf('alice', { of: 'alice', sequence: 0n });
    asked(world, wish);
    world.hear();
    const { state } = world.place('auth-0');
    world.bring(`auth-${MEMBER}`, 'auth-0', statementOf(world, MEMBER, wish, named(world)));
    const at = SPACES.closing.at(wish.place.account, SEQUENCE);
    const record = recordAt({ get: (key) => state.get(key) }, at);
    return (record?.statements ?? []).map(({ member }) => member).filter((n) => n === MEMBER);
  }

  it('counts if it is an order of the place that its owner signed', () => {
    assert.deepEqual(
      statedBy((world) => world.order('bob', 5n)),
      [MEMBER],
    );
  });

  it('counts for nothing if the owner did not sign it, or if it is of another place', () => {
    const forged = (world: Closings): SignedOrder => {
      const order = world.order('bob', 5n);
      return { ...order, signature: order.signature.map((byte) => byte ^ 1) };
    };
    assert.deepEqual(statedBy(forged), []);
    assert.deepEqual(
      statedBy((world) => world.order('bob', 5n, 1n)),
      [],
    );
    assert.deepEqual(
      statedBy((world) => orderOf(world, 'carol', 'bob', { amount: 5n, sequence: 0n })),
      [],
    );
  });
});
