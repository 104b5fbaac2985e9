/** The desk: each question goes to its ledger once at a time, and every answer comes back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LedgerIndex } from '../../../agent/core/base/units.ts';
import { decodeOwn, encode, ledgerCoder } from '../../../agent/core/codec/canonical.ts';
import {
  depositsAnswerCoder,
  depositsAskCoder,
  payoutAnswerCoder,
  payoutAskCoder,
} from '../../../agent/core/codec/gateway.ts';
import type { Answer, Ask } from '../../../agent/core/io.ts';
import { createDesk } from '../../../agent/shell/ledgers/desk.ts';
import { answered, failed, type LedgerPort } from '../../../agent/shell/ledgers/port.ts';
import { LEDGER_ANSWER_MS } from '../../../agent/shell/limits.ts';
import { keyOf, payoutOf } from '../../conformance/ledgers.ts';

const LEDGER = 0 as LedgerIndex;
const PROOF = Uint8Array.of(7);

function payoutAsk(proof: Uint8Array | undefined, ledger = LEDGER, n = 1): Ask {
  const body = encode(payoutAskCoder, { ledger, key: keyOf(n), payout: payoutOf(n), proof });
  return { kind: 'payout', key: keyOf(n), body };
}

function depositsAsk(from: bigint): Ask {
  const body = encode(depositsAskCoder, { ledger: LEDGER, from });
  return { kind: 'deposits', key: encode(ledgerCoder, LEDGER), body };
}

/** A ledger that does nothing but what a test gives it. */
function ledgerOf(parts: Partial<LedgerPort>): { port: LedgerPort; changed: () => void } {
  let listener: () => void = () => undefined;
  const absent = async () => answered({ state: 'absent', reference: '' } as const);
  const port: LedgerPort = {
    submit: absent,
    status: absent,
    find: async () => answered(undefined),
    deposits: async (from) => answered({ deposits: [], next: from }),
    health: async () => answered({ id: keyOf(1), summary: '' }),
    onChange: (hear) => {
      listener = hear;
      return () => undefined;
    },
    close: async () => undefined,
    ...parts,
  };
  return { port, changed: () => listener() };
}

const answerOf = (parts: Partial<LedgerPort>, ask: Ask): Promise<Answer> =>
  new Promise((resolve) => createDesk(new Map([[LEDGER, ledgerOf(parts).port]])).ask(ask, resolve));

const said = ({ body }: Answer) => decodeOwn(payoutAnswerCoder, body);

describe('a desk', () => {
  it('hands in what has a proof, and only asks about what has none', async () => {
    const parts: Partial<LedgerPort> = {
      submit: async (key, payout, proof) => {
        assert.deepEqual([key, payout, proof], [keyOf(1), payoutOf(1), PROOF]);
        return answered({ state: 'seen', reference: 'handed in' });
      },
      status: async (key) => {
        assert.deepEqual(key, keyOf(1));
        return answered({ state: 'final', reference: 'asked about' });
      },
    };
    const handed = await answerOf(parts, payoutAsk(PROOF));
    assert.deepEqual([handed.kind, handed.key], ['payout', keyOf(1)]);
    assert.deepEqual(said(handed).data, { state: 'seen', reference: 'handed in' });
    const asked = await answerOf(parts, payoutAsk(undefined));
    assert.deepEqual(said(asked).data, { state: 'final', reference: 'asked about' });
  });

  it('shows deposits from where they are asked for', async () => {
    const deposit = { id: keyOf(3), ...payoutOf(1) };
    const { id, account, token, amount } = deposit;
    const page = { deposits: [{ id, account, token, amount }], next: 8n };
    const answer = await answerOf(
      { deposits: async (from) => (from === 7n ? answered(page) : failed('permanent', 'no')) },
      depositsAsk(7n),
    );
    assert.deepEqual(decodeOwn(depositsAnswerCoder, answer.body), { TAG: 'page', data: page });
  });

  it('tells errors as they are, and what throws as unknown', async () => {
    for (const errorClass of ['transient', 'permanent', 'unknown'] as const) {
      const status = async () => failed(errorClass, 'because');
      const answer = said(await answerOf({ status }, payoutAsk(undefined)));
      assert.deepEqual(answer, { TAG: 'error', data: { class: errorClass, reason: 'because' } });
    }
    const status = () => Promise.reject(new Error('broke'));
    const thrown = said(await answerOf({ status }, payoutAsk(undefined)));
    assert.deepEqual(thrown, { TAG: 'error', data: { class: 'unknown', reason: 'Error: broke' } });
    const deposits = () => Promise.reject(new Error('broke'));
    const none = decodeOwn(
      depositsAnswerCoder,
      (await answerOf({ deposits }, depositsAsk(0n))).body,
    );
    assert.equal(none.TAG, 'error');
  });

  it('has no connection to a ledger that is not open', async () => {
    const answer = said(await answerOf({}, payoutAsk(PROOF, 1 as LedgerIndex)));
    assert.deepEqual(answer.data, { class: 'transient', reason: 'the ledger is not open' });
  });

  it('cuts what a ledger says to its bound, between characters', async () => {
    for (const [reference, cut] of [
      ['x'.repeat(500), 'x'.repeat(120)],
      ['é'.repeat(100), 'é'.repeat(60)],
      [`${'x'.repeat(119)}é`, 'x'.repeat(119)],
      ['a\ud800b', 'ab'],
    ] as const) {
      const status = async () => answered({ state: 'seen', reference } as const);
      const answer = said(await answerOf({ status }, payoutAsk(undefined)));
      assert.deepEqual(answer.data, { state: 'seen', reference: cut });
    }
  });

  it('asks one thing once at a time, and other things meanwhile', async () => {
    const waiting: (() => void)[] = [];
    let asked = 0;
    const status: LedgerPort['status'] = async () => {
      asked++;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return answered({ state: 'seen', reference: '' });
    };
    const desk = createDesk(new Map([[LEDGER, ledgerOf({ status }).port]]));
    const told: Answer[] = [];
    const ask = (n: number) => desk.ask(payoutAsk(undefined, LEDGER, n), (each) => told.push(each));
    ask(1);
    ask(1);
    ask(2);
    assert.equal(asked, 2);
    for (const go of waiting.splice(0)) go();
    while (told.length < 2) await new Promise((resolve) => setImmediate(resolve));
    ask(1);
    assert.equal(asked, 3);
    for (const go of waiting.splice(0)) go();
  });

  it('asks again where an answer never came, and takes none that comes too late', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const answers: ((state: 'seen' | 'final') => void)[] = [];
    const { port } = ledgerOf({
      submit: () =>
        new Promise((resolve) => {
          answers.push((state) => resolve(answered({ state, reference: '' })));
        }),
    });
    const desk = createDesk(new Map([[LEDGER, port]]));
    const told: unknown[] = [];
    const ask = () => desk.ask(payoutAsk(PROOF), (answer) => told.push(said(answer)));
    ask();
    t.mock.timers.tick(LEDGER_ANSWER_MS - 1);
    await turn();
    ask();
    assert.deepEqual([answers.length, told], [1, []]);
    t.mock.timers.tick(1);
    await turn();
    const reason = `Error: no answer in ${LEDGER_ANSWER_MS} ms`;
    const unknown = { TAG: 'error', data: { class: 'unknown', reason } };
    assert.deepEqual(told, [unknown]);
    ask();
    assert.equal(answers.length, 2);
    answers[0]?.('seen');
    await turn();
    assert.deepEqual(told, [unknown]);
    ask();
    assert.equal(answers.length, 2);
    answers[1]?.('final');
    await turn();
    t.mock.timers.tick(LEDGER_ANSWER_MS);
    await turn();
    assert.deepEqual(told, [unknown, { TAG: 'status', data: { state: 'final', reference: '' } }]);
  });

  it('tells of news by itself', () => {
    const { port, changed } = ledgerOf({});
    const desk = createDesk(new Map([[LEDGER, port]]));
    const told: Answer[] = [];
    desk.listen((answer) => told.push(answer));
    assert.deepEqual([desk.served, told], [[LEDGER], []]);
    changed();
    assert.deepEqual(
      told.map(({ kind, key }) => [kind, key]),
      [['ledger_news', encode(ledgerCoder, LEDGER)]],
    );
  });

  it('is not for questions to others', () => {
    const desk = createDesk(new Map());
    const ask: Ask = { kind: 'weather', key: keyOf(1), body: new Uint8Array() };
    assert.throws(() => desk.ask(ask, () => undefined), /nobody is there to be asked: weather/);
  });
});
