/** What signatures cost is counted, and they are what they were. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CHECK_COST, SIGN_COST } from '../../agent/shell/limits.ts';
import { createMeter } from '../../agent/shell/meter.ts';

it('counts each check and each signature, and hands on what they say', () => {
  const [key, message, signature] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
  const meter = createMeter({
    verify: (...parts) => parts.every((part, i) => part === [key, message, signature][i]),
    sign: (bytes) => (bytes === message ? signature : key),
  });
  assert.equal(meter.spent(), 0);
  assert.equal(meter.verify(key, message, signature), true);
  assert.equal(meter.spent(), CHECK_COST);
  assert.equal(meter.verify(key, signature, message), false);
  assert.equal(meter.spent(), 2 * CHECK_COST, 'also one that fails');
  assert.equal(meter.sign(message), signature);
  assert.equal(meter.spent(), 2 * CHECK_COST + SIGN_COST);
});
