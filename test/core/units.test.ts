import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_AMOUNT, MAX_BALANCE } from '../../agent/core/base/limits.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import {
  type Amount,
  type Balance,
  credit,
  debit,
  formatAmount,
  nextSequence,
  parseAmount,
  type Sequence,
} from '../../agent/core/base/units.ts';

const amounts = fc.bigInt({ min: 0n, max: MAX_AMOUNT });
const decimals = fc.integer({ min: 0, max: 30 });

test('an amount that is written down is read back as the same amount', () => {
  fc.assert(
    fc.property(amounts, decimals, (minor, places) => {
      assert.equal(parseAmount(formatAmount(minor, places), places), minor);
    }),
  );
});

test('a text is an amount only if it is a plain decimal number in range', () => {
  const refused = [
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '1e3',
    '0x10',
    '.5',
    '5.',
    '1,5',
    '007',
    '1.2.3',
    'NaN',
    '١',
    '1'.repeat(81),
    `${MAX_AMOUNT + 1n}`,
  ];
  for (const text of refused) {
    const result = parseAmount(text, 0);
    assert.ok(isRefusal(result) && result.refused === 'bad_amount', `"${text}"`);
  }
  assert.equal(parseAmount(`${MAX_AMOUNT}`, 0), MAX_AMOUNT);
  assert.equal(parseAmount('0', 0), 0n);
});

test('a text is read up to 80 characters, and not at all where it goes on', () => {
  const zeros = (length: number): string => `0.${'0'.repeat(length - 2)}`;
  assert.equal(parseAmount(zeros(80), 78), 0n);
  const result = parseAmount(zeros(81), 79);
  assert.ok(isRefusal(result) && result.refused === 'bad_amount');
  assert.equal(result.found, zeros(80));
});

test('an amount has as many decimals as its token at most, and fewer mean zeros', () => {
  assert.equal(parseAmount('1.5', 2), 150n);
  assert.equal(parseAmount('1.50', 2), 150n);
  assert.equal(parseAmount('1', 2), 100n);
  const result = parseAmount('1.0', 0);
  assert.ok(isRefusal(result));
  assert.deepEqual([result.refused, result.expected], ['too_many_decimals', 'no decimals']);
});

test('more decimals than the token has are refused by name, even zeros', () => {
  const result = parseAmount('1.50', 1);
  assert.deepEqual(result, {
    refused: 'too_many_decimals',
    field: 'amount',
    expected: 'at most 1 decimals',
    found: '1.50',
  });
});

test('negative quantities keep their sign and places', () => {
  assert.equal(formatAmount(-5n, 2), '-0.05');
  assert.equal(formatAmount(-1_250n, 2), '-12.50');
  assert.equal(formatAmount(-7n, 0), '-7');
});

test('crediting and debiting the same amount changes nothing', () => {
  fc.assert(
    fc.property(amounts, fc.bigInt({ min: -MAX_AMOUNT, max: MAX_AMOUNT }), (amount, balance) => {
      const after = debit(credit(balance as Balance, amount as Amount), amount as Amount);
      assert.equal(after, balance);
    }),
  );
});

test('arithmetic out of range is a broken promise, never a wrapped number', () => {
  assert.throws(() => credit(MAX_BALANCE as Balance, 1n as Amount), /broken invariant/);
  assert.throws(() => debit(-MAX_BALANCE as Balance, 1n as Amount), /broken invariant/);
  assert.throws(() => nextSequence((2n ** 64n - 1n) as Sequence), /broken invariant/);
  assert.equal(credit((MAX_BALANCE - 1n) as Balance, 1n as Amount), MAX_BALANCE);
  assert.equal(debit((1n - MAX_BALANCE) as Balance, 1n as Amount), -MAX_BALANCE);
  assert.equal(nextSequence((2n ** 64n - 2n) as Sequence), 2n ** 64n - 1n);
});
