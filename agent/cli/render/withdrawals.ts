/** Withdrawals of a wallet, and how money comes in, for people. Pure. */
import { payeeText } from '../../shell/control/money-view.ts';
import type { WithdrawalView } from '../../wallet/withdrawals.ts';
import type { OuterLedgerView } from './network.ts';
import type { Paint } from './paint.ts';
import { renderFields, renderTable } from './table.ts';
import { listed, moment } from './text.ts';

/** `meshpay wallet withdrawals`: the newest last. */
export function renderWithdrawals(paint: Paint, views: readonly WithdrawalView[]): string {
  if (views.length === 0) return 'No withdrawals yet.';
  const rows = [...views]
    .reverse()
    .map(({ order, state, steps, waitsFor }) => [
      paint.faint(momentOf(steps.at(-1)?.wallMs)),
      order.amount,
      order.token,
      payeeText(order),
      painted(paint, state),
      waitsFor,
      paint.faint(order.id),
    ]);
  return renderTable(
    paint,
    [
      { title: 'since (UTC)' },
      { title: 'amount', align: 'right' },
      { title: 'token' },
      { title: 'to' },
      { title: 'state' },
      { title: 'waits for' },
      { title: 'order' },
    ],
    rows,
  );
}

/** `meshpay wallet withdrawal`. */
export function renderWithdrawal(paint: Paint, view: WithdrawalView): string {
  const { order, state, steps, waitsFor } = view;
  return [
    `${paint.strong(`${order.amount} ${order.token}`)} to ${payeeText(order)}: ${painted(paint, state)}`,
    renderFields(paint, [
      ['order', order.id],
      ['tried until', `${momentOf(order.validUntilMs)} UTC`],
      ...steps.map((step) => [step.state, `${momentOf(step.wallMs)} UTC`] as const),
      ...(waitsFor === '' ? [] : [['waits for', waitsFor] as const]),
    ]),
  ].join('\n');
}

/** `meshpay wallet deposit`. */
export function renderDeposit(
  paint: Paint,
  address: string,
  ledgers: readonly OuterLedgerView[],
): string {
  if (ledgers.length === 0) {
    return 'This network has no outer ledger: money comes to a wallet only from other wallets.';
  }
  const ways = ledgers.map(({ name, kind, tokens, observers, quorum, about }) => {
    const word = `It counts on the word of ${quorum} of ${listed(observers)}.`;
    const what = about === '' ? '' : ` (${about})`;
    return `${paint.strong(name)}${what}: pay ${listed(tokens, 'or')} to whoever keeps this ${kind}, and give your address. ${word}`;
  });
  return [...ways, '', renderFields(paint, [['address', address]])].join('\n');
}

function painted(paint: Paint, state: WithdrawalView['state']): string {
  if (state === 'finalized') return paint.good(state);
  const isBack = state === 'rejected' || state === 'expired' || state === 'returned';
  return isBack ? paint.bad(state) : paint.warn(state);
}

function momentOf(wallMs: number | null | undefined): string {
  return wallMs === null || wallMs === undefined ? 'unknown' : moment(wallMs);
}
