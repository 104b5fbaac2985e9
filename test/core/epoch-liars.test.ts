import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestAt } from '../../agent/core/authority/digest.ts';
import type { Epoch, MemberIndex } from '../../agent/core/base/units.ts';
import type { Polka } from '../../agent/core/codec/agreement.ts';
import type { SignedOrder } from '../../agent/core/codec/order.ts';
import { Draft } from '../../agent/core/draft.ts';
import { latestPolkas } from '../../agent/core/epochs/carried.ts';
import { keepList } from '../../agent/core/epochs/lists.ts';
import { possibleBy } from '../../agent/core/epochs/possible.ts';
import { noteAlike } from '../../agent/core/epochs/settle.ts';
import { isAuthority } from '../../agent/core/setup.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { isBehind } from '../../agent/core/standing.ts';
import { Changes } from '../support/changes.ts';
import { subjectNumber } from '../support/debates.ts';
import { orderOf } from '../support/forge.ts';

const NOBODY = { orders: [], polkas: [] };

function at(world: Changes, name: string) {
  const { setup, state } = world.place(name);
  assert.ok(isAuthority(setup));
  const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: world.nowMs, wallMs: 0 });
  return { draft, setup };
}

describe('what members state when they stop', () => {
  /** How many orders three statements of four leave possible, if the first of them list these. */
  function possible(lists: readonly (readonly SignedOrder[])[]): number | undefined {
    const { draft, setup } = at(new Changes(), 'auth-0');
    const statements = [0, 1, 2].map((n) => {
      const orders = (lists[n] ?? []).map((order) => ({ why: 'voted' as const, order }));
      const name = keepList(draft, SPACES.statedPage, { ...NOBODY, orders });
      return { member: n as MemberIndex, orders: name, signature: new Uint8Array(64) };
    });
    return possibleBy(draft, setup, statements, 4)?.orders.length;
  }

  it('binds an account to nothing but what its owner signed', () => {
    const order = orderOf(new Changes(), 'alice', 'bob');
    const forged = { ...order, signature: order.signature.map((byte) => byte ^ 1) };
    assert.equal(possible([[order]]), 1);
    assert.equal(possible([[forged]]), 0);
    assert.equal(possible([[forged], [forged], [forged]]), 0);
    assert.equal(possible([[forged], [order]]), 1);
    assert.equal(possible([]), 0);
  });

  it('has to be a list: in ascending order, and no longer than accounts allow', () => {
    const world = new Changes();
    const orders = [0n, 1n, 2n, 3n, 4n].map((sequence) =>
      orderOf(world, 'alice', 'bob', { sequence }),
    );
    assert.equal(possible([orders.slice(0, 4)]), 4);
    assert.equal(possible([orders]), undefined);
    assert.equal(possible([orders.slice(0, 2).reverse()]), undefined);
    const [one] = orders;
    assert.ok(one !== undefined);
    assert.equal(possible([[one, one]]), undefined);
  });

  it('of a debate is the polka of the latest round of the latest epoch', () => {
    const polka = (epoch: number, round: number, n = 0): Polka => ({
      epoch: epoch as Epoch,
      subject: subjectNumber(n),
      round,
      value: Uint8Array.of(round),
      prevotes: [],
    });
    assert.deepEqual(latestPolkas([polka(0, 1), polka(0, 3), polka(0, 2)]), [polka(0, 3)]);
    assert.deepEqual(latestPolkas([polka(0, 9), polka(1, 0)]), [polka(1, 0)]);
    assert.equal(latestPolkas([polka(0, 1), polka(0, 1, 1)]).length, 2);
  });
});

describe('an authority that is behind', () => {
  function behind() {
    const { draft, setup } = at(new Changes(), 'auth-0');
    draft.write(SPACES.behind, { root: new Uint8Array(32).fill(9), isContained: false });
    draft.write(SPACES.lastCut, keepList(draft, SPACES.cutPage, NOBODY));
    const note = (member: number, epoch = 0) =>
      noteAlike(draft, setup, member as MemberIndex, epoch as Epoch);
    return { draft, note };
  }

  it('votes again when f + 1 members of this epoch have its ledger', () => {
    const { draft, note } = behind();
    note(1);
    note(1);
    assert.ok(isBehind(draft));
    note(2);
    assert.ok(!isBehind(draft));
  });

  it('goes by nobody of another epoch, nor by two with two ledgers', () => {
    const { draft, note } = behind();
    note(1, 1);
    note(2, 1);
    note(3, 1);
    assert.ok(isBehind(draft));
    note(1);
    const alike = draft.read(SPACES.alike);
    assert.ok(alike !== undefined);
    assert.deepEqual(alike.root, digestAt(draft, []));
    draft.write(SPACES.alike, { ...alike, root: new Uint8Array(32).fill(3) });
    note(2);
    assert.ok(isBehind(draft));
  });

  it('says of no ledger that it is that of the epoch', () => {
    const world = new Changes();
    const { state } = world.place('auth-0');
    const { draft } = behind();
    const record = draft.readBytes(SPACES.behind);
    assert.ok(record !== undefined);
    const roots = (): number => {
      let count = 0;
      world.onFrame = (from, _to, { message }) => {
        if (from.name === 'auth-0' && message.TAG === 'root') count++;
        return true;
      };
      world.pass(6_000);
      return count;
    };
    assert.ok(roots() > 0);
    state.set(SPACES.behind.key, record);
    assert.equal(roots(), 0);
  });
});
