/** What `meshpay wallet history` prints. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyCsv, renderHistory, sumsOf } from '../../agent/cli/render/history.ts';
import { PLAIN } from '../../agent/cli/render/paint.ts';
import { certificateView } from '../../agent/shell/control/money-view.ts';
import type { Freshness } from '../../agent/wallet/refresh.ts';
import type { PaymentView } from '../../agent/wallet/view.ts';
import { certificateFor, memosFor, testNetwork } from './support.ts';

const village = testNetwork();
const { open } = memosFor(12, village.network);
const certificate = certificateView(village.network, certificateFor(village), open);
/** 2026-01-31 12:00:00.250 UTC. */
const NOON = Date.UTC(2026, 0, 31, 12, 0, 0, 250);
const FRESH: Freshness = {
  confirmed: true,
  told: ['oak', 'elm', 'ash'],
  doubt: undefined,
  wallMs: NOON,
};

const HISTORY_TEXT = `learned (UTC)     amount  token        account             order     memo
2026-01-31 12:00  -12.50  HRS    to    mp1pdgn4kd5...f70v  f92a8671  "bread"
2026-01-31 12:00  +12.50  HRS    from  mp1v6l8uvev...zgm0  f92a8671

Shown: received 12.50 HRS, paid 12.50 HRS.
5 older payments: --most N shows more.
Each payment is proven by its certificate.
Confirmed 2026-01-31 12:00:00 UTC by oak, elm and ash: they know of no other.`;

describe('the history of a wallet', () => {
  it('lists payments with the newest last', () => {
    const made: PaymentView = {
      number: '0',
      direction: 'paid',
      wallMs: NOON,
      order: certificate.order,
      votes: certificate.votes,
    };
    const got: PaymentView = {
      ...made,
      number: '1',
      direction: 'received',
      order: { ...made.order, memo: '' },
    };
    const shown = {
      payments: [got, made],
      total: 7,
      isFiltered: false,
      contacts: new Map(),
      freshness: FRESH,
    };
    assert.equal(renderHistory(PLAIN, shown), HISTORY_TEXT);
    const contacts = new Map([['Bob', made.order.recipient]]);
    const named = renderHistory(PLAIN, { ...shown, contacts, isFiltered: true });
    assert.match(named, /to {4}Bob {17}f92a8671 {2}"bread"$/m);
    assert.doesNotMatch(named, /older payments/);
    const none = { ...shown, payments: [] };
    assert.match(renderHistory(PLAIN, none), /^No payments yet\.\n\nEach payment/);
    assert.match(renderHistory(PLAIN, { ...none, isFiltered: true }), /^No such payments\./);
  });

  it('sums payments up by token, and writes them for a spreadsheet', () => {
    const order = { ...certificate.order, memo: 'a "b", c' };
    const wallMs = NOON;
    const made: PaymentView = { number: '0', direction: 'paid', wallMs, order, votes: ['oak'] };
    const cups = { ...order, token: 'CUP', amount: '3', amountMinor: '3', memo: '=1+1' };
    const got: PaymentView = { ...made, number: '1', direction: 'received', order: cups };
    assert.deepEqual(sumsOf([got, made, made]), [
      { token: 'HRS', received: '0.00', paid: '25.00' },
      { token: 'CUP', received: '3', paid: '0' },
    ]);
    const contacts = new Map([['Bob', order.recipient]]);
    const { account, recipient, id } = order;
    assert.deepEqual(historyCsv([got, made], contacts).split('\n'), [
      'number,learned,direction,amount,token,account,name,memo,order,votes',
      `0,2026-01-31 12:00:00Z,paid,-12.50,HRS,${recipient},Bob,"a ""b"", c",${id},1`,
      `1,2026-01-31 12:00:00Z,received,3,CUP,${account},,'=1+1,${id},1`,
    ]);
    const sealed = { ...got, order: { ...cups, memo: null } };
    assert.match(historyCsv([sealed], new Map()), /,CUP,mp1[a-z0-9]+,,,/);
  });
});
