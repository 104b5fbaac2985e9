/** Taking in a certificate that somebody handed over. */

import { equalBytes } from '../core/base/bytes.ts';
import { type Certificate, payeeOf } from '../core/codec/order.ts';
import { certificateBytes } from '../core/network/certificate.ts';
import { wasReceived } from '../core/views.ts';
import { type BrokenFault, isFault, type NotStored } from './fault.ts';
import { connect } from './refresh.ts';
import type { WalletSession } from './session.ts';
import { until } from './until.ts';

/** `taken`: new to this wallet; `known`: it had it; `passed_on`: it pays somebody else. */
export type ImportOutcome = 'taken' | 'known' | 'passed_on';

const TAKE_MS = 5_000;
/** What was sent needs a moment to leave before the links are closed. */
const SEND_MS = 300;

/** Gives a checked certificate to the wallet and, with `signal`, to the authorities. */
export async function importReceipt(
  session: WalletSession,
  certificate: Certificate,
  signal: AbortSignal | undefined,
): Promise<ImportOutcome | NotStored | BrokenFault> {
  const { order } = certificate.order;
  const payee = payeeOf(order);
  const isHere = (): boolean => wasReceived(session.read, order);
  const isOurs = payee !== undefined && equalBytes(payee, session.account);
  const wasHere = isHere();
  const linked = signal === undefined ? false : await connect(session, signal);
  if (isFault(linked)) return linked;
  session.command({ kind: 'deliver', certificate: certificateBytes(certificate) });
  const takenByMs = performance.now() + TAKE_MS;
  const taken = await until(
    session,
    () => {
      if (!isOurs || isHere()) return 'here';
      return performance.now() >= takenByMs ? 'late' : undefined;
    },
    { nextMs: () => takenByMs },
  );
  if (isFault(taken)) return taken;
  if (taken === 'late') return { fault: 'not_stored', afterMs: TAKE_MS };
  const sentByMs = performance.now() + (linked ? SEND_MS : 0);
  const isSent = () => performance.now() >= sentByMs || undefined;
  const sent = await until(session, isSent, { nextMs: () => sentByMs });
  if (isFault(sent)) return sent;
  if (!isOurs) return 'passed_on';
  return wasHere ? 'known' : 'taken';
}
