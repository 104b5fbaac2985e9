/** The cashbook: as a ledger, as a book, and cut short at every commit. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isRefusal, refusal } from '../../../agent/core/base/refusal.ts';
import type { Amount, TokenIndex } from '../../../agent/core/base/units.ts';
import {
  type ClosedState,
  entryAt,
  headOf,
  openAt,
  payoutUnder,
} from '../../../agent/core/cashbook/book.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import type { LedgerState } from '../../../agent/core/codec/payout.ts';
import { recordAt } from '../../../agent/core/space.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { systemClock } from '../../../agent/shell/clock.ts';
import { Cashbook, openCashbook } from '../../../agent/shell/ledgers/cashbook.ts';
import type { LedgerAnswer } from '../../../agent/shell/ledgers/port.ts';
import type { Store } from '../../../agent/shell/store/store.ts';
import {
  errorClass,
  GOOD_PROOF,
  given,
  keyOf,
  type LedgerStage,
  ledgerConformance,
  payoutOf,
} from '../../conformance/ledgers.ts';
import { FaultyLedger } from '../../support/faulty-ledger.ts';
import { asKilled, damageIn, open as openStoreOf, temporaryFolder } from '../store/fixture.ts';

const OPTIONS = {
  allowVolatile: true,
  clock: systemClock(),
  judge: (_key: Uint8Array, _payout: unknown, proof: Uint8Array) =>
    proof.join() === GOOD_PROOF.join() ? undefined : refusal('no_quorum', { field: 'proof' }),
};

/** A book in a folder that is removed once it is closed. */
async function bookIn(t: TestContext, place: () => string): Promise<[string, Cashbook]> {
  let book: Cashbook | undefined;
  t.after(() => book?.close());
  const folder = place();
  book = await opened(folder);
  return [folder, book];
}

/** Outside the store itself, which is all that copies and losses are of. */
const markOf = (folder: string): string => join(folder, 'book.mark');

/** What a killed process leaves: the store, and the mark. */
function killed(t: TestContext, folder: string): string {
  const copy = asKilled(t, folder);
  cpSync(markOf(folder), markOf(copy));
  return copy;
}

async function opened(folder: string): Promise<Cashbook> {
  const book = await openCashbook({ ...OPTIONS, folder, mark: markOf(folder) });
  if (typeof book === 'string') throw new Error(book);
  return book;
}

const STATES: Readonly<Record<Exclude<LedgerState, 'absent' | 'seen' | 'returned'>, ClosedState>> =
  {
    final: 'paid',
    refused: 'refused',
  };

function stageOf(t: TestContext, folder: string, book: Cashbook): LedgerStage {
  return {
    ledger: book,
    async become(key, state) {
      const known = payoutUnder(book.read, key);
      assert.ok(known);
      const outcome = given(await book.dealWith(known.number, STATES[state], ''));
      assert.ok(!isRefusal(outcome), isRefusal(outcome) ? outcome.refused : '');
    },
    async payIn(n, account, amount) {
      const slip = { receipt: `no ${n}`, account, token: 0 as TokenIndex, note: '' };
      const booked = given(await book.depositOf({ ...slip, amount: amount as Amount }));
      assert.equal(typeof booked, 'bigint');
    },
    async again() {
      return stageOf(t, ...(await bookIn(t, () => killed(t, folder))));
    },
  };
}

async function begin(
  t: TestContext,
): Promise<{ stage: LedgerStage; book: Cashbook; folder: string }> {
  const [folder, book] = await bookIn(t, () => temporaryFolder(t));
  return { stage: stageOf(t, folder, book), book, folder };
}

ledgerConformance('a cashbook', async (t) => (await begin(t)).stage);

const submit = async (book: Cashbook, n: number) =>
  given(await book.submit(keyOf(n), payoutOf(n), GOOD_PROOF));
const deal = async (book: Cashbook, number: number, state: ClosedState) =>
  given(await book.dealWith(BigInt(number), state, `by hand ${number}`));
const deposit = { receipt: '17/2', account: keyOf(42), token: 0 as TokenIndex, note: 'coins' };

function openNumbers({ read }: Cashbook): number[] {
  const { open } = headOf(read);
  return Array.from({ length: Number(open) }, (_, place) => Number(openAt(read, BigInt(place))));
}

describe('a cashbook', () => {
  it('books each thing on two accounts, which always come to nothing', async (t) => {
    const { book } = await begin(t);
    for (const n of [1, 2, 3]) await submit(book, n);
    await deal(book, 1, 'paid');
    await deal(book, 2, 'refused');
    given(await book.depositOf({ ...deposit, amount: 400n as Amount }));
    const [totals] = headOf(book.read).totals;
    // Of three of 12.50 one was paid and one refused; 4.00 came in.
    assert.deepEqual(totals, { token: 0, cash: -850n, network: 2_100n, payable: -1_250n });
    const audit = given(await book.audit());
    assert.deepEqual([audit.wrong, audit.next], [undefined, 6n]);
  });

  it('keeps what is open apart, whichever is dealt with first', async (t) => {
    const { book } = await begin(t);
    for (const n of [1, 2, 3, 4]) await submit(book, n);
    await deal(book, 2, 'paid');
    assert.deepEqual(openNumbers(book).sort(), [1, 3, 4]);
    await deal(book, 4, 'refused');
    await deal(book, 1, 'paid');
    assert.deepEqual(openNumbers(book), [3]);
    await deal(book, 3, 'paid');
    assert.deepEqual(openNumbers(book), []);
    await submit(book, 5);
    assert.deepEqual(openNumbers(book), [5]);
    assert.equal(given(await book.audit()).wrong, undefined);
  });

  it('says the same again of what was said before, and refuses what does not follow', async (t) => {
    const { book } = await begin(t);
    await submit(book, 1);
    const refusedAs = async (number: number, state: ClosedState) => {
      const outcome = await deal(book, number, state);
      return isRefusal(outcome) ? outcome.refused : outcome.state;
    };
    assert.equal(await refusedAs(0, 'paid'), 'unknown_payout');
    assert.equal(await refusedAs(2, 'paid'), 'unknown_payout');
    assert.equal(await refusedAs(1, 'paid'), 'paid');
    assert.equal(await refusedAs(1, 'paid'), 'paid');
    assert.equal(await refusedAs(1, 'refused'), 'payout_closed');
    assert.equal(headOf(book.read).entries, 2n);
    await submit(book, 2);
    assert.equal(await refusedAs(2, 'refused'), 'refused');
    assert.equal(await refusedAs(2, 'paid'), 'payout_closed');
    assert.equal(await refusedAs(2, 'refused'), 'refused');
    assert.equal(headOf(book.read).entries, 4n);
  });

  it('takes a receipt number for one deposit', async (t) => {
    const { book } = await begin(t);
    const payIn = async (change: object) => {
      const slip = { ...deposit, amount: 5n as Amount, ...change };
      const booked = given(await book.depositOf(slip));
      return isRefusal(booked) ? booked.refused : booked;
    };
    assert.equal(await payIn({ amount: 0n }), 'amount_zero');
    assert.equal(await payIn({}), 0n);
    assert.equal(await payIn({ note: 'the same once more' }), 0n);
    assert.equal(await payIn({ amount: 6n }), 'receipt_used');
    assert.equal(await payIn({ account: keyOf(43) }), 'receipt_used');
    assert.equal(await payIn({ token: 1 }), 'receipt_used');
    assert.equal(await payIn({ receipt: '17/3' }), 1n);
    assert.equal(headOf(book.read).deposits, 2n);
  });

  it('refuses a payout of nothing', async (t) => {
    const { book } = await begin(t);
    const answer = await book.submit(keyOf(1), payoutOf(1, 0n), GOOD_PROOF);
    assert.equal(errorClass(answer), 'permanent');
    assert.equal(headOf(book.read).payouts, 0n);
  });

  it('is held by one process, and is whole on disk', async (t) => {
    const { book, folder } = await begin(t);
    await submit(book, 1);
    const second = await openCashbook({ ...OPTIONS, folder, mark: markOf(folder) });
    assert.match(String(second), /^data_in_use/);
    await deal(book, 1, 'paid');
    await book.close();
    assert.deepEqual(await damageIn(folder), []);
  });
});

describe('a cashbook that has forgotten something', () => {
  const LOST = /^cashbook_lost: this node has seen a book of 3 entries here, and finds /;

  /** A book with a payout that was paid and one that is open, closed, and its folder. */
  async function written(t: TestContext, meanwhile?: (book: Cashbook, folder: string) => unknown) {
    const folder = temporaryFolder(t);
    const book = await opened(folder);
    await submit(book, 1);
    await meanwhile?.(book, folder);
    await deal(book, 1, 'paid');
    await submit(book, 2);
    await book.close();
    return folder;
  }

  const reopened = async (folder: string): Promise<string> => {
    const book = await openCashbook({ ...OPTIONS, folder, mark: markOf(folder) });
    if (typeof book === 'string') return book;
    await book.close();
    return 'served';
  };

  it('is not opened when its folder is empty, or is that of another book', async (t) => {
    const folder = await written(t);
    rmSync(join(folder, 'store'), { recursive: true });
    assert.match(await reopened(folder), LOST);
    assert.match(await reopened(folder), /finds another: /);
    const other = await written(t);
    cpSync(markOf(folder), markOf(other));
    assert.match(await reopened(other), LOST);
    assert.match(await reopened(other), /finds another: /);
  });

  it('is not opened from an older copy, also once that has grown', async (t) => {
    let copy = '';
    const folder = await written(t, (_book, now) => {
      copy = asKilled(t, now);
    });
    const grown = await opened(copy);
    assert.deepEqual(openNumbers(grown), [1]);
    await grown.close();
    cpSync(markOf(folder), markOf(copy));
    assert.match(await reopened(copy), LOST);
    assert.match(await reopened(copy), /finds one of 1: /);
    rmSync(markOf(copy));
    const astray = await opened(copy);
    for (const n of [2, 3]) await submit(astray, n);
    await astray.close();
    cpSync(markOf(folder), markOf(copy));
    assert.match(await reopened(copy), /finds one that was written otherwise: /);
    rmSync(markOf(copy));
    const further = await opened(copy);
    await submit(further, 4);
    await further.close();
    cpSync(markOf(folder), markOf(copy));
    assert.match(await reopened(copy), /finds one that was written otherwise: /);
    assert.equal(await reopened(folder), 'served');
  });

  it('is not opened on a mark that is none, and is ahead of its mark where it was killed', async (t) => {
    let early = '';
    const folder = await written(t, (_book, now) => {
      early = readFileSync(markOf(now), 'utf8');
    });
    writeFileSync(markOf(folder), early.slice(0, -2));
    assert.match(await reopened(folder), /is no mark of a cashbook$/);
    writeFileSync(markOf(folder), early);
    assert.equal(await reopened(folder), 'served');
  });

  it('answers nothing that could not be marked', async (t) => {
    const { book, folder } = await begin(t);
    rmSync(markOf(folder));
    mkdirSync(markOf(folder));
    assert.equal(errorClass(await book.submit(keyOf(1), payoutOf(1), GOOD_PROOF)), 'unknown');
    assert.equal(errorClass(await book.status(keyOf(1))), 'transient');
  });
});

it('a listener that throws spoils nothing for those after it', async (t) => {
  const { book } = await begin(t);
  let heard = 0;
  book.onChange(() => {
    throw new Error('a listener');
  });
  book.onChange(() => heard++);
  await submit(book, 1);
  await deal(book, 1, 'paid');
  assert.equal(given(await book.status(keyOf(1))).state, 'final');
  assert.equal(heard, 2);
});

describe('the audit of a cashbook', () => {
  async function audited(t: TestContext, spoil: (store: Store) => Promise<void>): Promise<string> {
    const folder = temporaryFolder(t);
    const book = await opened(folder);
    for (const n of [1, 2]) await submit(book, n);
    await deal(book, 1, 'paid');
    await book.close();
    const store = await openStoreOf(folder);
    await spoil(store);
    await store.close();
    const again = await opened(folder);
    const { wrong = 'nothing' } = given(await again.audit());
    await again.close();
    return wrong;
  }
  const entry = (store: Store, n: bigint) => {
    const found = entryAt(store, n);
    assert.ok(found);
    return found;
  };

  it('finds an entry that was changed, is missing, or was not counted', async (t) => {
    const put = async (store: Store, n: bigint, amount: bigint) => {
      const { coder, key } = SPACES.bookEntry.at(n);
      const changed = { ...entry(store, n), amount: amount as Amount };
      await store.commit([{ key, value: encode(coder, changed) }]);
    };
    assert.equal(await audited(t, async () => undefined), 'nothing');
    const followed = await audited(t, (store) => put(store, 1n, 7n));
    assert.equal(followed, 'entry 2 does not follow from the one before');
    const newest = await audited(t, (store) => put(store, 2n, 7n));
    assert.equal(newest, 'the newest entry is not the one that the head names');
    const missing = await audited(t, (store) =>
      store.commit([{ key: SPACES.bookEntry.at(0n).key, value: undefined }]),
    );
    assert.equal(missing, 'entry 0 is missing');
    const record = await audited(t, (store) =>
      store.commit([{ key: SPACES.bookPayout.at(keyOf(2)).key, value: undefined }]),
    );
    assert.equal(record, 'payout 2 of entry 1 has no record');
  });

  it('finds totals that the entries do not come to', async (t) => {
    const wrong = await audited(t, async (store) => {
      const head = recordAt(store, SPACES.bookHead);
      assert.ok(head);
      const value = encode(SPACES.bookHead.coder, { ...head, open: 5n });
      await store.commit([{ key: SPACES.bookHead.key, value }]);
    });
    assert.equal(wrong, 'the entries do not come to the totals');
  });
});

/** What a gateway and a cashier do with a book, each step until it is answered. */
const WORK: readonly ((book: Cashbook) => Promise<LedgerAnswer<unknown>>)[] = [
  (book) => book.submit(keyOf(1), payoutOf(1), GOOD_PROOF),
  (book) => book.submit(keyOf(2), payoutOf(2), GOOD_PROOF),
  (book) => book.dealWith(1n, 'paid', ''),
  (book) => book.depositOf({ ...deposit, amount: 9n as Amount }),
  (book) => book.dealWith(2n, 'refused', ''),
];

describe('a cashbook whose process ends', () => {
  for (const when of ['before', 'after'] as const) {
    it(`${when} any of its commits does everything once, and all is said again`, async (t) => {
      for (let cut = 0; cut < WORK.length; cut++) {
        const folder = temporaryFolder(t);
        const store = await openStoreOf(folder);
        let commits = -1;
        const cutting: Store = {
          get: (key) => store.get(key),
          records: () => store.records(),
          statistics: () => store.statistics(),
          scrub: (records) => store.scrub(records),
          close: () => store.close(),
          async commit(writes) {
            if (commits++ === cut) {
              if (when === 'after') await store.commit(writes);
              throw new Error('the process ended');
            }
            return store.commit(writes);
          },
        };
        const first = await Cashbook.begin(cutting, { ...OPTIONS, folder, mark: markOf(folder) });
        assert.ok(typeof first !== 'string');
        for (const earlier of WORK.slice(0, cut)) await earlier(first);
        const [step] = WORK.slice(cut);
        assert.ok(step);
        assert.equal(errorClass(await step(first)), 'unknown', `cut ${cut}`);
        assert.equal(errorClass(await first.status(keyOf(1))), 'transient');
        const second = await opened(killed(t, folder));
        await store.close();
        for (const later of WORK.slice(cut)) await later(second);
        const { payouts, open, deposits, entries } = headOf(second.read);
        assert.deepEqual([payouts, open, deposits, entries], [2n, 0n, 1n, 5n], `cut ${cut}`);
        assert.equal(given(await second.status(keyOf(1))).state, 'final');
        assert.equal(given(await second.audit()).wrong, undefined);
        await second.close();
      }
    });
  }
});

it('a ledger behind a bad connection is still asked by key, and pays once', async (t) => {
  const { book } = await begin(t);
  const faulty = new FaultyLedger(book);
  faulty.faults.push('lose_question', 'lose_answer', 'vanish', undefined, 'refuse');
  const hand = () => faulty.submit(keyOf(1), payoutOf(1), GOOD_PROOF);
  assert.equal(errorClass(await hand()), 'transient');
  assert.equal(errorClass(await hand()), 'unknown');
  assert.equal(given(await faulty.status(keyOf(1))).state, 'absent');
  assert.deepEqual(given(await faulty.find(keyOf(1))), payoutOf(1));
  assert.equal(errorClass(await hand()), 'permanent');
  faulty.faults.push('late');
  const late = hand();
  const sooner = given(await hand());
  faulty.release();
  assert.deepEqual(given(await late), sooner);
  assert.equal(headOf(book.read).payouts, 1n);
});
