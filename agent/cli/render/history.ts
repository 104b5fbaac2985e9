/** A wallet's payments: as a table for people, with what they come to, and for a spreadsheet. */
import { formatAmount } from '../../core/base/units.ts';
import { payeeText, shortName } from '../../shell/control/money-view.ts';
import { type Contacts, nameOfContact } from '../../wallet/contacts.ts';
import { memoText } from '../../wallet/receipt.ts';
import type { Freshness } from '../../wallet/refresh.ts';
import type { PaymentView } from '../../wallet/view.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';
import { counted, moment } from './text.ts';
import { freshnessText } from './wallet.ts';

export interface ShownHistory {
  /** The newest first. */
  readonly payments: readonly PaymentView[];
  /** How many the wallet has. */
  readonly total: number;
  /** Not all payments were asked for. */
  readonly isFiltered: boolean;
  readonly contacts: Contacts;
  readonly freshness: Freshness;
}

/** A moment without its seconds. */
const MINUTES = 'YYYY-MM-DD hh:mm'.length;
/** So much of an order's id is shown; "wallet receipt" takes it for the whole. */
const SHORT_ID = 8;

/** What payments of one token come to, in the token's own unit. */
export interface Sums {
  readonly token: string;
  readonly received: string;
  readonly paid: string;
}

/** The newest payment last. */
export function renderHistory(paint: Paint, shown: ShownHistory): string {
  const { payments, total, isFiltered, contacts, freshness } = shown;
  const asked = paint.faint(freshnessText(freshness));
  if (payments.length === 0) {
    return `${isFiltered ? 'No such payments.' : 'No payments yet.'}\n\n${asked}`;
  }
  const rows = [...payments].reverse().map(({ direction, wallMs, order }) => {
    const paid = direction === 'paid';
    return [
      paint.faint(moment(wallMs).slice(0, MINUTES)),
      paid ? paint.warn(`-${order.amount}`) : paint.good(`+${order.amount}`),
      order.token,
      paid ? 'to' : 'from',
      whoText({ direction, order }, contacts),
      paint.faint(order.id.slice(0, SHORT_ID)),
      memoText(order.memo),
    ];
  });
  const columns = [
    { title: 'learned (UTC)' },
    { title: 'amount', align: 'right' },
    { title: 'token' },
    { title: '' },
    { title: 'account' },
    { title: 'order' },
    { title: 'memo' },
  ] as const;
  const older = total - rows.length;
  const more =
    older > 0 && !isFiltered
      ? [paint.faint(`${counted(older, 'older payment')}: --most N shows more.`)]
      : [];
  const sums = sumsOf(payments).map(
    ({ token, received, paid }) => `Shown: received ${received} ${token}, paid ${paid} ${token}.`,
  );
  return [renderTable(paint, columns, rows), '', ...sums, ...more, asked].join('\n');
}

/** What the payments come to, by token, in the order in which the tokens come first. */
export function sumsOf(payments: readonly PaymentView[]): readonly Sums[] {
  const sums = new Map<string, { places: number; received: bigint; paid: bigint }>();
  for (const { direction, order } of [...payments].reverse()) {
    const places = order.amount.split('.')[1]?.length ?? 0;
    const sum = sums.get(order.token) ?? { places, received: 0n, paid: 0n };
    sum[direction] += BigInt(order.amountMinor);
    sums.set(order.token, sum);
  }
  return [...sums].map(([token, { places, received, paid }]) => {
    return { token, received: formatAmount(received, places), paid: formatAmount(paid, places) };
  });
}

const CSV_HEAD = 'number,learned,direction,amount,token,account,name,memo,order,votes';

/** The oldest first, as a spreadsheet takes it (RFC 4180). Amounts received are positive. */
export function historyCsv(payments: readonly PaymentView[], contacts: Contacts): string {
  const rows = [...payments].reverse().map(({ number, direction, wallMs, order, votes }) => {
    const account = direction === 'paid' ? order.recipient : order.account;
    const cells = [
      number,
      `${moment(wallMs)}Z`,
      direction,
      direction === 'paid' ? `-${order.amount}` : order.amount,
      order.token,
      harmlessCell(account),
      harmlessCell(nameOfContact(contacts, account) ?? ''),
      harmlessCell(order.memo ?? ''),
      order.id,
      `${votes.length}`,
    ];
    return cells.map(quotedCell).join(',');
  });
  return [CSV_HEAD, ...rows].join('\n');
}

function whoText(
  { direction, order }: Pick<PaymentView, 'direction' | 'order'>,
  contacts: Contacts,
): string {
  if (direction === 'paid') {
    return nameOfContact(contacts, order.recipient) ?? payeeText(order);
  }
  return nameOfContact(contacts, order.account) ?? shortName(order.account);
}

/** A spreadsheet takes a text that begins so for a formula, and others write memos. */
function harmlessCell(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function quotedCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
