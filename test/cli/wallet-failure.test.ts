/**
 * Faults of the wallet in words (agent/cli/wallet-failure.ts): code, exit, one line, what to do.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Failure } from '../../agent/cli/failure.ts';
import { faultFailure, notSignedText, orFail } from '../../agent/cli/wallet-failure.ts';
import { refusal } from '../../agent/core/base/refusal.ts';
import { KEY_FAULTS } from '../../agent/shell/keys.ts';
import { StoreError } from '../../agent/shell/store/store-error.ts';
import type { NotSigned, WalletFault } from '../../agent/wallet/fault.ts';
import type { LiveOrderView } from '../../agent/wallet/view.ts';

const HRS = { symbol: 'HRS', decimals: 2 };

function told(fault: WalletFault) {
  const failed = faultFailure(fault, HRS);
  assert.ok(failed instanceof Failure);
  return failed;
}

const NOBODY: NotSigned = {
  fault: 'not_signed',
  why: 'too_few',
  code: undefined,
  needed: 3,
  agreeing: 2,
  silent: ['elm', 'fir'],
  refusing: [],
  heldMinor: 0n,
  wantedMinor: 100_001n,
};

describe('a payment that was not signed', () => {
  it('is told with who did not answer, and may be tried again', () => {
    const { code, exit, message, hints } = told(NOBODY);
    assert.deepEqual([code, exit], ['not_latest', 'try_again']);
    assert.equal(message, 'authorities: expected the word of 3, found 2');
    assert.deepEqual(hints.slice(0, 2), ['Nothing was signed.', 'No answer from elm and fir.']);
    assert.match(hints.join('\n'), /try again later\.$/);
    assert.equal(notSignedText(NOBODY, HRS), message);
  });

  it('is told with how much would be let go, and who refuses why', () => {
    const code = 'insufficient_balance';
    const refusing = [{ name: 'oak', code, balanceMinor: 1_000n }] as const;
    const refused = { ...NOBODY, why: 'refused', code, heldMinor: 1_000n, refusing } as const;
    const failed = told(refused);
    assert.deepEqual([failed.code, failed.exit], [code, 'failure']);
    assert.equal(
      failed.message,
      'amount: expected at most 10.00 HRS, by the word of the authorities, found 1000.01 HRS',
    );
    assert.match(failed.hints[1] ?? '', /^oak: insufficient_balance, .*; it says 10\.00 HRS$/);
    assert.match(failed.hints[2] ?? '', /^"--anyway" signs all the same/);
  });

  it('is told with the meaning of any other refusal, and with its exit', () => {
    const code = 'too_many_accounts';
    const failed = told({ ...NOBODY, why: 'refused', code });
    assert.deepEqual([failed.code, failed.exit], [code, 'try_again']);
    assert.doesNotMatch(failed.message, /HRS/);
  });

  it('is told with the order that was forgotten', () => {
    const forgotten = told({ ...NOBODY, why: 'forgotten' });
    assert.equal(forgotten.code, 'not_latest');
    assert.match(forgotten.hints.at(-1) ?? '', /has forgotten an order/);
    const back = told({ ...NOBODY, why: 'brought_back' });
    assert.deepEqual([back.code, back.exit], ['not_latest', 'try_again']);
    assert.match(back.hints.join('\n'), /wallet resume/);
  });

  it('is told as stopped, and that nothing was signed', () => {
    const { code, exit, hints } = told({ fault: 'interrupted' });
    assert.deepEqual([code, exit, hints], ['interrupted', 'interrupted', ['Nothing was signed.']]);
  });
});

describe('an order without a quorum', () => {
  const live = { order: { id: '0a1b' }, votes: ['oak'], quorum: 3 } as unknown as LiveOrderView;

  it('is told with its votes, and that it stays live', () => {
    const late = told({ fault: 'unfinished', why: 'late', live });
    assert.deepEqual([late.code, late.exit], ['not_certified', 'try_again']);
    assert.equal(late.message, 'order 0a1b: expected votes of 3 authorities, found 1');
    assert.match(late.hints[0] ?? '', /^The order 0a1b stays live/);
    const stopped = told({ fault: 'unfinished', why: 'interrupted', live });
    assert.deepEqual([stopped.code, stopped.exit], ['interrupted', 'interrupted']);
    assert.deepEqual(stopped.hints, late.hints);
    const unknown = told({ fault: 'unfinished', why: 'interrupted', live: null });
    assert.deepEqual([unknown.code, unknown.hints], ['interrupted', []]);
  });

  it('is told before what broke', () => {
    const error = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const why = { fault: 'system', error } as const;
    const broken = told({ fault: 'unfinished', why, live });
    assert.deepEqual([broken.code, broken.exit], ['file_failed', 'io']);
    assert.match(broken.hints[0] ?? '', /^The order 0a1b stays live/);
    const alone = told({ fault: 'unfinished', why, live: null });
    assert.deepEqual([alone.code, alone.hints], ['file_failed', []]);
  });

  it('is told as failed where another order has its place', () => {
    const failed = told({ fault: 'order_failed', refusal: refusal('sequence_used') });
    assert.deepEqual([failed.code, failed.exit], ['order_failed', 'failure']);
    assert.match(failed.message, /^order: expected a certificate, found sequence_used, /);
  });
});

describe('a fault of a wallet', () => {
  it('has the code and the exit of its kind', () => {
    const what = { field: 'f', expected: 'e', found: 'x' };
    const store = new StoreError('data_in_use', 'the folder w');
    const damage = [{ code: 'checksum', where: 'a record', found: 'it does not fit' }] as const;
    const key = { code: 'key_file_exposed', message: KEY_FAULTS.key_file_exposed } as const;
    const cases: readonly (readonly [WalletFault, string, string])[] = [
      [{ fault: 'no_wallet', ...what }, 'file_missing', 'no_input'],
      [{ fault: 'no_network', ...what }, 'no_network', 'config'],
      [{ fault: 'network_differs', ...what }, 'file_exists', 'cannot_create'],
      [{ fault: 'folder_taken', ...what }, 'file_exists', 'cannot_create'],
      [{ fault: 'bad_file', ...what }, 'bad_file', 'bad_data'],
      [{ fault: 'bad_config', ...what }, 'bad_config', 'config'],
      [{ fault: 'key', key }, 'key_file_exposed', 'no_permission'],
      [{ fault: 'refused', refusal: refusal('bad_amount') }, 'bad_amount', 'usage'],
      [{ fault: 'store', error: store }, 'data_in_use', 'data_in_use'],
      [{ fault: 'damaged', folder: 'w', damage }, 'store_damaged', 'store_damaged'],
      [{ fault: 'not_stored', afterMs: 5_000 }, 'file_failed', 'io'],
    ];
    for (const [fault, code, exit] of cases) {
      const failed = told(fault);
      assert.deepEqual([failed.code, failed.exit], [code, exit], fault.fault);
    }
  });

  it('is thrown, and any other result is given back', () => {
    assert.throws(() => orFail({ fault: 'interrupted' }), { code: 'interrupted' });
    assert.equal(orFail(7), 7);
    assert.equal(orFail(undefined), undefined);
  });

  it('of the program is no failure', () => {
    const error = Object.assign(new TypeError('wrong'), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.equal(faultFailure({ fault: 'system', error }), error);
  });
});
