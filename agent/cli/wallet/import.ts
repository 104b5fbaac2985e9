/** Taking in a certificate that somebody handed over. */

import { equalBytes } from '../../core/base/bytes.ts';
import type { Certificate } from '../../core/codec/order.ts';
import { keyOfEntry } from '../../core/keyspace.ts';
import { failure } from '../failure.ts';
import { duration } from '../render/text.ts';
import { connect } from './refresh.ts';
import type { WalletSession } from './session.ts';

/** `taken`: new to this wallet; `known`: it had it; `passed_on`: it pays somebody else. */
export type ImportOutcome = 'taken' | 'known' | 'passed_on';

const TAKE_MS = 5_000;
/** What was sent needs a moment to leave before the links are closed. */
const SEND_MS = 300;

/** Gives a checked certificate to the wallet and, with `signal`, to the authorities. */
export async function importReceipt(
  session: WalletSession,
  certificate: Certificate,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ImportOutcome> {
  const { account, sequence, action } = certificate.order.order;
  const isHere = (): boolean =>
    session.read.get(keyOfEntry('incomingAt', account, sequence)) !== undefined;
  const isOurs = equalBytes(action.data.recipient, session.account);
  const wasHere = isHere();
  if (signal !== undefined) await connect(session, signal);
  session.command({ kind: 'deliver', certificate: bytes });
  const begun = performance.now();
  while (isOurs && !isHere()) {
    if (performance.now() - begun > TAKE_MS) {
      const expected = `to be stored within ${duration(TAKE_MS)}`;
      throw failure('file_failed', { field: 'receipt', expected, found: 'that it is not' });
    }
    await session.bell.next(TAKE_MS);
  }
  if (signal !== undefined) await session.bell.rest(SEND_MS);
  if (!isOurs) return 'passed_on';
  return wasHere ? 'known' : 'taken';
}
