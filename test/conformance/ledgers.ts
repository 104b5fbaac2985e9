/**
 * What every ledger has to do (agent/shell/ledgers/port.ts), whatever pays on the other side. An
 * adapter runs it with what stands for the people or blocks behind it.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { MAX_DEPOSITS_PER_PAGE } from '../../agent/core/base/limits.ts';
import type { Amount, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import type { LedgerState, Payout } from '../../agent/core/codec/payout.ts';
import type { LedgerAnswer, LedgerPort } from '../../agent/shell/ledgers/port.ts';

/** A ledger under test, and who acts on its other side. */
export interface LedgerStage {
  readonly ledger: LedgerPort;
  /** Pays the payout under a key for good, or refuses it for good. */
  readonly become: (key: Uint8Array, state: 'final' | 'refused') => Promise<void>;
  /** Somebody pays in, for good. `n` tells one deposit from another. */
  readonly payIn: (n: number, account: Uint8Array, amount: bigint) => Promise<void>;
  /** The connection ends without a word, as a process does; a new one to the same ledger. */
  readonly again: () => Promise<LedgerStage>;
}

/** The proof that the adapter under test is to take; any other is none. */
export const GOOD_PROOF = Uint8Array.of(1, 2, 3);
const BAD_PROOF = Uint8Array.of(9);

export const keyOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

export function payoutOf(n: number, amount = 1_250n): Payout {
  return {
    account: new Uint8Array(32).fill(100 + n),
    sequence: BigInt(n) as Sequence,
    token: 0 as TokenIndex,
    amount: amount as Amount,
    recipient: new TextEncoder().encode(`Amina ${n}`),
  };
}

/** What an answer that has to be one says. */
export function given<T>(answer: LedgerAnswer<T>): T {
  assert.ok(answer.ok, answer.ok ? '' : `${answer.error.class}: ${answer.error.reason}`);
  return answer.value;
}

/** The class of an answer that has to be an error. */
export function errorClass<T>(answer: LedgerAnswer<T>): string {
  assert.ok(!answer.ok, 'an error');
  assert.notEqual(answer.error.reason, '');
  return answer.error.class;
}

async function stateOf({ ledger }: LedgerStage, n: number): Promise<LedgerState> {
  return given(await ledger.status(keyOf(n))).state;
}

const submit = async ({ ledger }: LedgerStage, n: number, payout = payoutOf(n)) =>
  ledger.submit(keyOf(n), payout, GOOD_PROOF);

/**
 * Runs the suite. `open`: a ledger on which nothing has happened yet, taken down after the test.
 */
export function ledgerConformance(
  name: string,
  open: (t: TestContext) => Promise<LedgerStage>,
): void {
  describe(`${name}, like any other ledger`, () => {
    payoutTests(open);
    depositTests(open);
  });
}

function payoutTests(open: (t: TestContext) => Promise<LedgerStage>): void {
  it('knows nothing of a key that was not submitted', async (t) => {
    const stage = await open(t);
    assert.equal(await stateOf(stage, 1), 'absent');
    assert.equal(given(await stage.ledger.find(keyOf(1))), undefined);
  });

  it('takes a payout once, however often and at once it is submitted', async (t) => {
    const stage = await open(t);
    const answers = await Promise.all([submit(stage, 1), submit(stage, 1), submit(stage, 1)]);
    const references = answers.map((answer) => given(answer).reference);
    assert.equal(new Set(references).size, 1);
    assert.deepEqual(given(await stage.ledger.find(keyOf(1))), payoutOf(1));
    given(await submit(stage, 2));
    assert.notEqual(given(await stage.ledger.status(keyOf(2))).reference, references[0]);
    assert.deepEqual(given(await stage.ledger.find(keyOf(2))), payoutOf(2));
  });

  it('refuses another payout under the same key for good, whichever detail differs', async (t) => {
    const stage = await open(t);
    given(await submit(stage, 1));
    const payout = payoutOf(1);
    const others: Payout[] = [
      { ...payout, amount: (payout.amount + 1n) as Amount },
      { ...payout, recipient: new TextEncoder().encode('Amina 2') },
      { ...payout, token: 1 as TokenIndex },
      { ...payout, account: new Uint8Array(32).fill(7) },
      { ...payout, sequence: 2n as Sequence },
    ];
    for (const other of others)
      assert.equal(errorClass(await submit(stage, 1, other)), 'permanent');
    assert.deepEqual(given(await stage.ledger.find(keyOf(1))), payout);
  });

  it('takes nothing on a proof that proves nothing', async (t) => {
    const stage = await open(t);
    const answer = await stage.ledger.submit(keyOf(1), payoutOf(1), BAD_PROOF);
    assert.equal(errorClass(answer), 'permanent');
    assert.equal(await stateOf(stage, 1), 'absent');
  });

  it('is followed until it is paid or refused', async (t) => {
    const stage = await open(t);
    for (const n of [1, 2, 3]) given(await submit(stage, n));
    await stage.become(keyOf(1), 'final');
    await stage.become(keyOf(2), 'refused');
    assert.equal(await stateOf(stage, 1), 'final');
    assert.equal(await stateOf(stage, 2), 'refused');
    assert.equal(await stateOf(stage, 3), 'seen');
  });

  it('never pays again what is over, nor calls it anything else', async (t) => {
    const stage = await open(t);
    for (const n of [1, 2]) given(await submit(stage, n));
    await stage.become(keyOf(1), 'final');
    await stage.become(keyOf(2), 'refused');
    assert.equal(given(await submit(stage, 1)).state, 'final');
    assert.equal(given(await submit(stage, 2)).state, 'refused');
  });

  it('forgets nothing when the connection ends', async (t) => {
    const stage = await open(t);
    for (const n of [1, 2, 3]) given(await submit(stage, n));
    await stage.become(keyOf(2), 'final');
    await stage.become(keyOf(3), 'refused');
    const before = given(await stage.ledger.status(keyOf(1)));
    const next = await stage.again();
    assert.deepEqual(given(await next.ledger.status(keyOf(1))), before);
    assert.equal(given(await submit(next, 1)).reference, before.reference);
    assert.equal(await stateOf(next, 2), 'final');
    assert.equal(await stateOf(next, 3), 'refused');
    assert.equal(errorClass(await submit(next, 2, payoutOf(2, 9n))), 'permanent');
  });

  it('wakes whoever listens when a payout changes, until that ends', async (t) => {
    const stage = await open(t);
    given(await submit(stage, 1));
    given(await submit(stage, 2));
    let heard = 0;
    const end = stage.ledger.onChange(() => heard++);
    await stage.become(keyOf(1), 'final');
    const before = heard;
    assert.ok(before > 0);
    end();
    await stage.become(keyOf(2), 'final');
    assert.equal(heard, before);
  });
}

function depositTests(open: (t: TestContext) => Promise<LedgerStage>): void {
  const account = new Uint8Array(32).fill(42);

  it('shows each deposit once, in order and in pages, also after a restart', async (t) => {
    const stage = await open(t);
    const count = MAX_DEPOSITS_PER_PAGE + 1;
    assert.deepEqual(given(await stage.ledger.deposits(0n)), { deposits: [], next: 0n });
    for (let n = 0; n < count; n++) await stage.payIn(n, account, BigInt(100 + n));
    const first = given(await stage.ledger.deposits(0n));
    assert.equal(first.deposits.length, MAX_DEPOSITS_PER_PAGE);
    const next = await stage.again();
    const second = given(await next.ledger.deposits(first.next));
    const all = [...first.deposits, ...second.deposits];
    assert.deepEqual(
      all.map(({ amount }) => Number(amount)),
      Array.from({ length: count }, (_, n) => 100 + n),
    );
    assert.equal(new Set(all.map(({ id }) => id.join())).size, count);
    const end = given(await next.ledger.deposits(second.next));
    assert.deepEqual(end, { deposits: [], next: second.next });
  });

  it('shows what was paid in as it was', async (t) => {
    const stage = await open(t);
    await stage.payIn(1, account, 700n);
    const [deposit] = given(await stage.ledger.deposits(0n)).deposits;
    assert.equal(deposit?.id.length, 32);
    assert.deepEqual([deposit?.account, deposit?.token, deposit?.amount], [account, 0, 700n]);
  });

  it('is the same ledger after a restart', async (t) => {
    const stage = await open(t);
    const { id } = given(await stage.ledger.health());
    assert.equal(id.length, 32);
    await stage.payIn(1, account, 700n);
    const next = await stage.again();
    assert.deepEqual(given(await next.ledger.health()).id, id);
    await next.ledger.close();
    assert.equal((await next.ledger.health()).ok, false);
  });
}
