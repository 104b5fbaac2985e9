/** The list of withdrawals whose money is locked, beside a set that does the same. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  listOpen,
  markPresented,
  openAt,
  openCount,
  openOf,
  unlistOpen,
} from '../../agent/core/authority/open-withdrawals.ts';
import type { Sequence } from '../../agent/core/base/units.ts';
import { Draft } from '../../agent/core/draft.ts';
import { Random } from '../support/random.ts';

it('has what was listed and not taken off, each once, whatever the order', () => {
  const random = new Random(7);
  const draft = new Draft({ get: () => undefined }, { nowMs: 5, wallMs: 0 });
  const account = (n: number): Uint8Array => new Uint8Array(32).fill(n % 3);
  const sequence = (n: number): Sequence => BigInt(n) as Sequence;
  const open = new Map<number, boolean>();
  for (let n = 0; n < 60; n++) {
    listOpen(draft, account(n), sequence(n));
    open.set(n, false);
    const some = random.of([...open.keys()]);
    if (random.next() < 0.3) {
      markPresented(draft, account(some), sequence(some));
      open.set(some, true);
    }
    if (random.next() < 0.6) {
      const gone = random.of([...open.keys()]);
      unlistOpen(draft, account(gone), sequence(gone));
      unlistOpen(draft, account(gone), sequence(gone));
      open.delete(gone);
      assert.equal(openOf(draft, account(gone), sequence(gone)), undefined);
    }
    const listed = Array.from({ length: Number(openCount(draft)) }, (_, place) =>
      openAt(draft, BigInt(place)),
    );
    const numbers = listed.map((each) => Number(each.sequence)).sort((a, b) => a - b);
    assert.deepEqual(numbers, [...open.keys()]);
    for (const [each, isPresented] of open) {
      const found = openOf(draft, account(each), sequence(each));
      assert.deepEqual(found, { account: account(each), sequence: sequence(each), isPresented });
    }
  }
  markPresented(draft, account(1), 999n as Sequence);
  assert.equal(openOf(draft, account(1), 999n as Sequence), undefined);
});
