/** Memos for tests in which nobody opens any. */

import { SEALED_MEMO_BYTES } from '../../agent/core/base/limits.ts';
import { NO_MEMO } from '../../agent/core/codec/order.ts';
import type { Memos } from '../../agent/core/memo.ts';

/** Bytes that might be a sealed memo, others for each text of up to so many characters. */
export function memoLike(text: string): Uint8Array {
  if (text === '') return NO_MEMO;
  const bytes = new Uint8Array(SEALED_MEMO_BYTES).fill(0xaa);
  bytes.set(Buffer.from(text).subarray(0, SEALED_MEMO_BYTES));
  return bytes;
}

/** Of a wallet that neither writes memos nor reads them. */
export const NO_MEMOS: Memos = { seal: () => undefined, open: () => undefined };
