/** A wallet for people: balance, history, a payment on its way and done, a verified receipt. */
import { unreachable } from '../../core/base/assert.ts';
import { type CertificateView, payeeText } from '../../shell/control/money-view.ts';
import { memoText } from '../../wallet/receipt.ts';
import type { Doubt, Freshness } from '../../wallet/refresh.ts';
import type { LiveOrderView, WalletView } from '../../wallet/view.ts';
import type { Paint } from './paint.ts';
import { troubleText } from './pursuit.ts';
import { renderFields } from './table.ts';
import { counted, duration, listed, moment } from './text.ts';

/** `meshpay wallet balance`. */
export function renderBalance(paint: Paint, view: WalletView, freshness: Freshness): string {
  const { available, live, locked } = view;
  const width = Math.max(...available.map(({ amount }) => amount.length));
  const balances = available.map(({ amount, token }) => {
    const going = live?.order.token === token ? `, ${live.order.amount} on its way` : '';
    const doubt = freshness.confirmed ? '' : `  ${paint.warn('not confirmed')}`;
    const held = locked.find((each) => each.token === token);
    const lock = held === undefined ? '' : `, ${held.amount} locked in withdrawals`;
    return `${paint.strong(amount.padStart(width))} ${token}${going}${lock}${doubt}`;
  });
  return [
    balances.join('\n'),
    '',
    paint.faint(freshnessText(freshness)),
    ...(view.live === null ? [] : [liveText(paint, view.live)]),
  ].join('\n');
}

/** "Proven by certificates, confirmed by ...". */
export function freshnessText({ told, doubt, wallMs }: Freshness): string {
  if (doubt !== undefined) {
    return [
      `Not confirmed: ${doubtText(doubt)}.`,
      'Each payment is proven by its certificate; others may be missing, made with this key or received.',
    ].join('\n');
  }
  return [
    'Each payment is proven by its certificate.',
    `Confirmed ${moment(wallMs)} UTC by ${listed(told)}: they know of no other.`,
  ].join('\n');
}

/** The same as JSON. */
export function freshnessView({ confirmed, told, doubt, wallMs }: Freshness) {
  return { confirmed, told, why: doubt === undefined ? null : doubtText(doubt), wallMs };
}

function doubtText(doubt: Doubt): string {
  switch (doubt.kind) {
    case 'offline':
      return 'nobody was asked, as --offline wants it';
    case 'no_peers':
      return 'the wallet knows no node to connect to';
    case 'no_link': {
      const why = doubt.trouble === undefined ? '' : ` (${troubleText(doubt.trouble)})`;
      return `no node answered within ${duration(doubt.afterMs)}${why}`;
    }
    case 'too_few': {
      const { answered, needed } = doubt;
      if (answered === 0) return 'no authority answered';
      return `${authorities(answered)} answered of the ${needed} that it takes`;
    }
    case 'newer': {
      const { answered, knowing } = doubt;
      const what = 'payments that this wallet has not got';
      return `${authorities(answered)} answered, and ${knowing} of them know of ${what}`;
    }
    default:
      return unreachable(doubt);
  }
}

function authorities(count: number): string {
  return counted(count, 'authority', 'authorities');
}

function liveText(paint: Paint, { order, votes, quorum }: LiveOrderView): string {
  const who = votes.length === 0 ? 'no votes yet' : `${votes.length} of ${quorum} votes`;
  const amount = `${order.amount} ${order.token} to ${payeeText(order)}`;
  return `${paint.warn('On its way:')} ${amount}, ${who}.`;
}

export interface PaidView {
  readonly certificate: CertificateView;
  /** From the order's first send to its certificate. */
  readonly latencyMs: number;
  /** Members that have applied it. */
  readonly spread: readonly string[];
  readonly members: number;
  readonly receipt: string | null;
}

const GOES_ON = '"meshpay wallet withdrawals" shows how it goes on.';

/** A payment, or a withdrawal, that is certified. */
export function renderPaid(paint: Paint, paid: PaidView): string {
  const { order, votes } = paid.certificate;
  const amount = `${order.amount} ${order.token}`;
  const isWithdrawal = order.kind === 'withdrawal';
  const done = isWithdrawal
    ? `${paint.good('certified')} the withdrawal of ${paint.strong(amount)} to ${payeeText(order)}`
    : `${paint.good('paid')} ${paint.strong(amount)} to ${order.recipient}`;
  return [
    `${done} in ${duration(paid.latencyMs)}`,
    renderFields(paint, [
      ['order', order.id],
      ...(order.memo === '' ? [] : [['memo', memoText(order.memo)] as const]),
      ['votes', listed(votes)],
      [
        'applied',
        `${listed(paid.spread) || 'nobody yet'} (${paid.spread.length} of ${paid.members})`,
      ],
      ...(paid.receipt === null ? [] : [['receipt', paid.receipt] as const]),
    ]),
    ...(isWithdrawal
      ? [paint.faint(`The amount is locked until it is paid out, or given back. ${GOES_ON}`)]
      : []),
  ].join('\n');
}

const LOCKED_ONLY = 'It does not prove that the outer ledger has paid, or will.';

/** A receipt that proves its payment. */
export function renderVerified(
  paint: Paint,
  certificate: CertificateView,
  network: { readonly name: string; readonly id: string },
): string {
  const { order, votes } = certificate;
  const amount = paint.strong(`${order.amount} ${order.token}`);
  const proven =
    order.kind === 'withdrawal'
      ? `${amount} was locked for a withdrawal from the network ${network.name}`
      : `${amount} was paid on the network ${network.name}`;
  return [
    `${paint.good('valid')}: ${proven}`,
    renderFields(paint, [
      ['network', network.id],
      ['from', order.account],
      ['to', order.recipient],
      ...(order.validUntilMs === null
        ? [['memo', memoText(order.memo, 'none')] as const]
        : [
            ['ledger', order.ledger ?? ''] as const,
            ['until', `${moment(order.validUntilMs)} UTC`] as const,
          ]),
      ['order', `${order.id}, sequence ${order.sequence}`],
      ['votes', `${listed(votes)} (epoch ${certificate.epoch})`],
    ]),
    ...(order.kind === 'withdrawal' ? [paint.faint(LOCKED_ONLY)] : []),
  ].join('\n');
}
