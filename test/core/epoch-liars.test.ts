import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestAt } from '../../agent/core/authority/digest.ts';
import { compareBytes } from '../../agent/core/base/bytes.ts';
import { MAX_LISTED_POLKAS } from '../../agent/core/base/limits.ts';
import type { Epoch, MemberIndex } from '../../agent/core/base/units.ts';
import type { Polka } from '../../agent/core/codec/agreement.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { type EpochValue, type ListedOrder, listPageCoder } from '../../agent/core/codec/epochs.ts';
import type { SignedOrder } from '../../agent/core/codec/order.ts';
import { Draft } from '../../agent/core/draft.ts';
import { comparePolkas, latestPolkas } from '../../agent/core/epochs/carried.ts';
import {
  forgetList,
  keepList,
  keepPage,
  type Listed,
  namesOf,
  pageNamed,
  readList,
} from '../../agent/core/epochs/lists.ts';
import { possibleBy } from '../../agent/core/epochs/possible.ts';
import { noteAlike } from '../../agent/core/epochs/settle.ts';
import {
  forgetJudged,
  forgetStatements,
  mostKept,
  mostListed,
} from '../../agent/core/epochs/stop.ts';
import { isAuthority } from '../../agent/core/setup.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { isBehind } from '../../agent/core/standing.ts';
import { Changes } from '../support/changes.ts';
import { subjectNumber } from '../support/debates.ts';
import { orderOf } from '../support/forge.ts';

const NOBODY = { orders: [], polkas: [] };

/** Three members' statements with these lists. */
function stated(draft: Draft, lists: readonly Listed[]): EpochValue['statements'] {
  return lists.map((listed, n) => {
    const orders = keepList(draft, SPACES.statedPage, listed);
    return { member: n as MemberIndex, orders, signature: new Uint8Array(64) };
  });
}

function byAccount(a: ListedOrder, b: ListedOrder): number {
  return compareBytes(a.order.order.account, b.order.order.account);
}

/** A proof that three of four prevoted for something, if the signatures are not looked at. */
function polkaOf(n: number): Polka {
  const prevotes = [0, 1, 2].map((member) => {
    return { member: member as MemberIndex, signature: new Uint8Array(64) };
  });
  return {
    epoch: 0 as Epoch,
    subject: subjectNumber(n),
    round: 0,
    value: new Uint8Array(1),
    prevotes,
  };
}

function at(world: Changes, name: string) {
  const { setup, state } = world.place(name);
  assert.ok(isAuthority(setup));
  const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: world.nowMs, wallMs: 0 });
  return { draft, setup };
}

describe('what members state when they stop', () => {
  /** How many orders three statements of four leave possible, if the first of them list these. */
  function possible(
    lists: readonly (readonly SignedOrder[])[],
    whys: readonly ListedOrder['why'][] = [],
  ): number | undefined {
    const { draft, setup } = at(new Changes(), 'auth-0');
    const listed = [0, 1, 2].map((n) => {
      const why = whys[n] ?? 'voted';
      return { ...NOBODY, orders: (lists[n] ?? []).map((order) => ({ why, order })) };
    });
    const most = { orders: 4, polkas: MAX_LISTED_POLKAS };
    return possibleBy(draft, setup, stated(draft, listed), most)?.orders.length;
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
    const [few, kept] = [orders.slice(0, 4), ['kept', 'kept', 'kept'] as const];
    assert.equal(possible([few, few], kept), 4);
    assert.equal(possible([orders, few], kept), undefined);
    assert.equal(possible([few, few.slice(0, 2).reverse()], kept), undefined);
    const [one, other] = orders;
    assert.ok(one !== undefined && other !== undefined);
    assert.equal(possible([[one, one], [one]], kept), undefined);
    assert.equal(possible([[one, other]]), undefined, 'two votes for one account');
    assert.equal(possible([[one], [other]]), 2, 'of two members');
  });

  it('is nothing else at a place where more than f list what was kept', () => {
    const world = new Changes();
    const [one, other] = [1n, 2n].map((amount) => orderOf(world, 'alice', 'bob', { amount }));
    assert.ok(one !== undefined && other !== undefined);
    assert.equal(possible([[one], [one], [other]], ['kept', 'kept', 'voted']), 1);
    assert.equal(possible([[one], [other]], ['kept', 'voted']), 1, 'a traitor keeps nothing');
    const later = orderOf(world, 'alice', 'bob', { sequence: 1n });
    assert.equal(possible([[one], [one], [later]], ['kept', 'kept', 'voted']), 2);
  });

  it('can be read by everybody once it is decided, whatever was listed', () => {
    const world = new Changes({ wallets: ['alice', 'bob', 'carol', 'dave', 'eve'] });
    const { draft, setup } = at(world, 'auth-0');
    const names = ['alice', 'bob', 'carol', 'dave', 'eve'];
    // A stranger's accounts, each with three orders: one of them at each member.
    const orders = [1n, 2n, 3n].map((amount) => {
      const of = names.map((name, n) => orderOf(world, name, names[(n + 1) % 5] ?? '', { amount }));
      return of.map((order) => ({ why: 'voted' as const, order })).sort(byAccount);
    });
    // A traitor's proofs of debates that are over, as many as it may list.
    const polkas = Array.from({ length: MAX_LISTED_POLKAS }, (_, n) => polkaOf(n)).sort(
      comparePolkas,
    );
    const lists = [
      { orders: orders[0] ?? [], polkas },
      { orders: orders[1] ?? [], polkas: [polkaOf(MAX_LISTED_POLKAS)] },
      { orders: orders[2] ?? [], polkas: [] },
    ];
    const sure = { ...setup, verify: () => true };
    const found = possibleBy(draft, sure, stated(draft, lists), mostListed(draft));
    assert.deepEqual([found?.orders.length, found?.polkas.length], [15, MAX_LISTED_POLKAS + 1]);
    const kept = keepList(draft, SPACES.cutPage, found ?? NOBODY);
    const { kind } = readList(draft, setup.network.id, kept, mostKept(draft));
    assert.equal(kind, 'whole');
    const tooLong = { orders: 14, polkas: MAX_LISTED_POLKAS + 1 };
    assert.equal(readList(draft, setup.network.id, kept, tooLong).kind, 'broken');
    const tooMany = { orders: 15, polkas: MAX_LISTED_POLKAS };
    assert.equal(readList(draft, setup.network.id, kept, tooMany).kind, 'broken');
  });

  it('has each page looked at once, however often a hostile one names it', () => {
    const { draft } = at(new Changes(), 'auth-0');
    let name = keepList(draft, SPACES.statedPage, NOBODY);
    for (let level = 0; level < 12; level++) {
      const data = Array.from({ length: 30 }, () => name);
      const bytes = encode(listPageCoder, { TAG: 'pages', data });
      name = keepPage(draft, SPACES.statedPage, bytes);
    }
    assert.equal(namesOf(draft, name).length, 13);
    forgetList(draft, SPACES.statedPage, name, []);
    assert.equal(pageNamed(draft, name), undefined);
  });

  it('is kept while a value that was judged rests on it, and no longer', () => {
    const world = new Changes();
    const { draft } = at(world, 'auth-0');
    const [first, second] = [1n, 2n].map((amount) => {
      const orders = [{ why: 'voted' as const, order: orderOf(world, 'alice', 'bob', { amount }) }];
      return keepList(draft, SPACES.statedPage, { ...NOBODY, orders });
    });
    assert.ok(first !== undefined && second !== undefined);
    const known = (): boolean[] =>
      [first, second].map((name) => pageNamed(draft, name) !== undefined);
    forgetJudged(draft, [first, second]);
    assert.deepEqual(known(), [true, true]);
    forgetJudged(draft, [second]);
    assert.deepEqual(known(), [false, true]);
    forgetStatements(draft);
    assert.deepEqual(known(), [false, false]);
    assert.equal(draft.read(SPACES.judgedLists), undefined);
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
