/** How what is wrong is put into words (base/detail.ts). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDetail } from '../../agent/core/base/detail.ts';
import { describeRefusal, REFUSALS, refusal } from '../../agent/core/base/refusal.ts';
import { controlError, refusalError } from '../../agent/shell/control/errors.ts';
import { wrongConfig } from '../../agent/shell/daemon/start-failure.ts';

const FIELD = { field: 'amount', expected: 'at most 5.00', found: '7.00' };

test('a detail says the field, what was expected and what was found, as far as they are known', () => {
  assert.equal(describeDetail(FIELD), 'amount: expected at most 5.00, found 7.00');
  assert.equal(describeDetail({ field: 'amount', found: '7.00' }), 'amount: found 7.00');
  assert.equal(describeDetail({ field: 'amount', expected: 'less' }, 'x'), 'amount: expected less');
  assert.equal(describeDetail({ field: 'amount' }, 'meaning'), 'amount');
  assert.equal(describeDetail({ found: '7.00' }, 'meaning'), 'meaning: found 7.00');
  assert.equal(describeDetail({}, 'meaning'), 'meaning');
  assert.equal(describeDetail({ expected: 'less' }), 'expected less');
});

test('refusals, answers of the socket and failures of a start use these words', () => {
  const words = 'amount: expected at most 5.00, found 7.00';
  const refused = refusal('insufficient_balance', FIELD);
  assert.equal(describeRefusal(refused), `insufficient_balance: ${words}`);
  const { meaning, retry } = REFUSALS.insufficient_balance;
  const bare = refusal('insufficient_balance');
  assert.equal(describeRefusal(bare), `insufficient_balance: ${meaning}`);
  const view = { code: 'insufficient_balance', message: `insufficient_balance: ${words}`, retry };
  assert.deepEqual(refusalError(refused).view, { ...view, ...FIELD });
  const wrong = controlError('bad_params', FIELD);
  assert.deepEqual(wrong.view, {
    code: 'bad_params',
    message: `bad_params: ${words}`,
    ...FIELD,
    retry: 'never',
  });
  assert.equal(controlError('bad_config', FIELD, 'its words').message, 'bad_config: its words');
  const { exit, message } = wrongConfig(FIELD);
  assert.deepEqual([exit, message], ['config', words]);
});
