/** How `wallet pay` and `wallet resume` report a payment that is done. */

import { writeNewFile } from '../../../platform/file-writer.ts';
import type { Certificate } from '../../core/codec/order.ts';
import type { JudgedNetwork } from '../../core/views.ts';
import { certificateView, type OrderView, payeeText } from '../../shell/control/money-view.ts';
import { isFault } from '../../wallet/fault.ts';
import type { Paid } from '../../wallet/pay.ts';
import { memoText, writeReceipt } from '../../wallet/receipt.ts';
import type { WalletSession } from '../../wallet/session.ts';
import type { Args, Context } from '../command.ts';
import { Failure, failure } from '../failure.ts';
import { show } from '../output.ts';
import { renderPaid } from '../render/wallet.ts';
import { outputFailure, systemFailure } from '../system-errors.ts';
import { faultFailure } from '../wallet-failure.ts';

/**
 * Says that it is paid, and only then what else went wrong: nobody may take a payment for failed,
 * and pay again, because a disk is full.
 */
export async function reportPaid(
  args: Args,
  context: Context,
  { network, memos }: Pick<WalletSession, 'network' | 'memos'>,
  paid: Paid,
): Promise<void> {
  const { terminal } = context;
  const certificate = certificateView(network, paid.certificate, memos.open);
  const { latencyMs, spread } = paid;
  const members = network.committee.members.length;
  const wanted = args.text('receipt') ?? null;
  const unsaved = wanted === null ? undefined : saveReceipt(wanted, network, paid.certificate);
  const receipt = unsaved === undefined ? wanted : null;
  const json = { certificate, latencyMs: Math.round(latencyMs * 100) / 100, spread, receipt };
  show(args, context, json, (paint) =>
    renderPaid(paint, { certificate, latencyMs, spread, members, receipt }),
  );
  const unprinted = await terminal.flushed();
  if (unprinted !== undefined) {
    const { order } = certificate;
    terminal.note(`${terminal.notePaint.good(doneWord(order))} ${shortOrder(order)}`);
  }
  const again = `"meshpay wallet receipt ${certificate.order.id} --output FILE" writes the receipt.`;
  if (unsaved !== undefined) throw paidButFailure('the receipt', unsaved, again);
  if (unprinted !== undefined) throw paidButFailure('the result', outputFailure(unprinted), again);
  if (paid.trouble !== undefined) throw paidButFailure("the wallet's store", paid.trouble);
}

/** Writes the receipt of a payment that is done; gives back what kept it from that. */
function saveReceipt(file: string, network: JudgedNetwork, certificate: Certificate): unknown {
  try {
    writeNewFile(file, writeReceipt(network, certificate), 0o644);
    return undefined;
  } catch (error) {
    return error;
  }
}

function paidButFailure(what: string, error: unknown, ...hints: readonly string[]): Failure {
  const said = isFault(error) ? faultFailure(error) : error;
  const known = said instanceof Failure ? said : systemFailure(said);
  const why = known === undefined ? String(error) : `${known.code}: ${known.message}`;
  return failure(
    'paid_not_written',
    { field: `${what}: ${why}` },
    'The payment is done, once and for good. Do not make it again.',
    ...hints,
  );
}

/** What a certificate makes of an order, in a word. */
export function doneWord({ kind }: OrderView): string {
  return kind === 'withdrawal' ? 'certified' : 'paid';
}

/** "12.50 HRS to mp1abc...", with the memo. */
export function shortOrder(order: OrderView): string {
  const { amount, token, memo } = order;
  const note = memo === '' ? '' : ` ${memoText(memo)}`;
  return `${amount} ${token} to ${payeeText(order)}${note}`;
}
