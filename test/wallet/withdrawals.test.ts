/** What a person asks to be withdrawn, and how withdrawals and their receipts are shown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseLedger } from '../../agent/cli/network/ledgers.ts';
import { ledgerViews } from '../../agent/cli/render/network.ts';
import { PLAIN } from '../../agent/cli/render/paint.ts';
import { renderVerified } from '../../agent/cli/render/wallet.ts';
import {
  renderDeposit,
  renderWithdrawal,
  renderWithdrawals,
} from '../../agent/cli/render/withdrawals.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import { certificateView, orderView } from '../../agent/shell/control/money-view.ts';
import { isFault } from '../../agent/wallet/fault.ts';
import { readReceipt, writeReceipt } from '../../agent/wallet/receipt.ts';
import { isSameWithdrawal, readWithdrawal } from '../../agent/wallet/request.ts';
import { withdrawalViews } from '../../agent/wallet/withdrawals.ts';
import { certificateOf, withdrawalOf } from '../support/forge.ts';
import { verify } from '../support/keys.ts';
import { World } from '../support/world.ts';

const world = new World();
const { network } = world;
const NOW_MS = 1_700_000_000_000;
const WORDS = {
  amount: '1.50',
  token: 'HRS',
  recipient: 'Anna',
  ledger: 'cashbook',
  validFor: '1h',
};

function read(words: Partial<typeof WORDS>) {
  return readWithdrawal({ ...WORDS, ...words }, { network }, NOW_MS);
}

describe('a withdrawal in words', () => {
  it('is read as it is meant, with what a paste brought around it taken away', () => {
    const command = read({ amount: ' 1.50 ', recipient: ' Anna ' });
    assert.ok(!isFault(command));
    assert.equal(command.amount, 150n);
    assert.equal(Buffer.from(command.recipient).toString(), 'Anna');
    assert.equal(command.validUntilMs, BigInt(NOW_MS + 3_600_000));
  });

  it('is tried for seconds, minutes, hours or days, 30 days at most', () => {
    const until = (validFor: string) => {
      const command = read({ validFor });
      return isFault(command) ? command.refusal.refused : Number(command.validUntilMs) - NOW_MS;
    };
    assert.deepEqual(
      ['1s', '90m', '2h', '30d'].map(until),
      [1_000, 5_400_000, 7_200_000, 2_592_000_000],
    );
    for (const bad of ['0s', '31d', '721h', '1', 'h', '-1h', '1.5h', '1 h', '']) {
      assert.equal(until(bad), 'bad_valid_until', bad);
    }
  });

  it('is refused with the code of what is wrong first', () => {
    const cases = [
      [{ ledger: 'bank' }, 'unknown_ledger'],
      [{ token: 'CUP' }, 'unknown_token'],
      [{ token: 'KWH' }, 'token_not_paid_out'],
      [{ amount: '0.00' }, 'amount_zero'],
      [{ amount: '1.501' }, 'too_many_decimals'],
      [{ amount: '-1' }, 'bad_amount'],
      [{ recipient: '' }, 'bad_recipient'],
      [{ recipient: 'An\u202ena' }, 'bad_recipient'],
    ] as const;
    for (const [words, code] of cases) {
      const command = read(words);
      assert.ok(isFault(command) && command.refusal.refused === code, JSON.stringify(words));
    }
  });

  it('asked for again is the one on its way, whatever its time, and nothing else is', () => {
    const command = read({ amount: '0.01', validFor: '2h' });
    assert.ok(!isFault(command));
    const same = (parts: Parameters<typeof withdrawalOf>[2]) => {
      const order = orderView(network, withdrawalOf(world, 'alice', parts));
      return isSameWithdrawal(order, command, { network });
    };
    assert.ok(same({}));
    assert.ok(!same({ amount: 2n }));
    assert.ok(!same({ recipient: 'Berta' }));
    assert.ok(!same({ token: 1 }));
  });
});

describe('the receipt of a withdrawal', () => {
  const certificate: Certificate = certificateOf(world, withdrawalOf(world, 'alice', {}));

  it('says whom which ledger is to pay, and that it proves no payout', () => {
    const text = writeReceipt(network, certificate);
    for (const line of [
      'proves      that the amount is locked, not paid out',
      'to          Anna',
      'ledger      cashbook',
      'until       1970-01-01T01:00:00.000Z',
    ]) {
      assert.ok(text.includes(`\n${line}\n`), line);
    }
    assert.ok(!text.includes('memo'));
    assert.deepEqual(readReceipt(network, text, verify), certificate);
    const changed = text.replace('to          Anna', 'to          Berta');
    const refused = readReceipt(network, changed, verify);
    assert.ok(isRefusal(refused) && refused.refused === 'bad_receipt');
  });

  it('is shown as what it proves', () => {
    const view = certificateView(network, certificate);
    const text = renderVerified(PLAIN, view, { name: 'test', id: 'mpnet1' });
    assert.match(text, /^valid: 0\.01 HRS was locked for a withdrawal from the network test\n/);
    assert.match(text, /\nledger +cashbook\nuntil +1970-01-01 01:00:00 UTC\n/);
    assert.match(text, /It does not prove that the outer ledger has paid, or will\.$/);
  });
});

describe('withdrawals', () => {
  it('are shown with their states, and with who is waited for', () => {
    const lively = new World({ heartbeats: true }).connectAll();
    lively.withdraw('alice', 300n);
    lively.run();
    lively.onFrame = (_from, { name }, { message }) => message.TAG !== 'order' || name === 'auth-2';
    lively.withdraw('alice', 50n);
    lively.run();
    const { state, signer } = lively.place('alice');
    const views = withdrawalViews(state, lively.network, signer.publicKey);
    const told = views.map(({ state: at, waitsFor }) => [at, waitsFor]);
    assert.deepEqual(told, [
      ['locked', 'votes of auth-0, auth-1, auth-3'],
      ['certified', 'a gateway to take it, and the committee to decide on it'],
    ]);
    const list = renderWithdrawals(PLAIN, views).split('\n');
    assert.match(list[1] ?? '', /3\.00 +HRS +"Anna" at cashbook +certified +a gateway/);
    assert.match(list[2] ?? '', /0\.50 +HRS +"Anna" at cashbook +locked +votes of/);
    const [newest] = views;
    assert.ok(newest !== undefined);
    const text = renderWithdrawal(PLAIN, newest);
    assert.match(text, /^0\.50 HRS to "Anna" at cashbook: locked\n/);
    assert.match(text, /\npending +1970-01-01 00:00:01 UTC\nlocked +1970-01-01 00:00:01 UTC\n/);
    assert.equal(renderWithdrawals(PLAIN, []), 'No withdrawals yet.');
  });
});

it('how to deposit is said with the ledger, its observers and the address', () => {
  const text = renderDeposit(PLAIN, 'mp1alice', ledgerViews(network));
  assert.match(
    text,
    /^cashbook \(the box under the counter\): pay HRS to whoever keeps this cashbook/,
  );
  assert.match(text, /It counts on the word of 1 of auth-0\.\n\naddress +mp1alice$/);
  assert.match(renderDeposit(PLAIN, 'mp1alice', []), /^This network has no outer ledger/);
});

describe('a ledger of a new network, in words', () => {
  const { tokens } = network.genesis;
  const parse = (text: string) => parseLedger(text, tokens, ['oak', 'elm', 'ash', 'fir']);

  it('names its tokens and observers, and how many of them certify', () => {
    const one = parse('cashbox=cashbook:HRS:elm');
    assert.ok(!isRefusal(one));
    assert.deepEqual([one.tokens, one.observers, one.quorum], [[0], [1], 1]);
    const many = parse('cashbox=cashbook:KWH,HRS:fir,oak,elm');
    assert.ok(!isRefusal(many));
    assert.deepEqual([many.tokens, many.observers, many.quorum], [[0, 1], [0, 1, 3], 3]);
    const two = parse('cashbox=cashbook:HRS:oak,elm,ash/2');
    assert.ok(!isRefusal(two) && two.quorum === 2);
  });

  it('is refused with what is wrong in it', () => {
    const cases = [
      ['cashbox', '--ledger'],
      ['cashbox=cashbook:HRS', '--ledger'],
      ['cashbox=cashbook::oak', '--ledger'],
      ['cashbox=bank:HRS:oak', '--ledger kind'],
      ['cashbox=cashbook:CUP:oak', '--ledger token'],
      ['cashbox=cashbook:HRS:oak,pine', '--ledger observer'],
    ] as const;
    for (const [text, field] of cases) {
      const refused = parse(text);
      assert.ok(isRefusal(refused) && refused.field === field, text);
    }
  });
});
