/** A cashier's book for people: what is to be paid, a slip to print, entries and totals. */
import type {
  BookEntryView,
  BookView,
  DepositView,
  PayoutView,
  PendingView,
} from '../../shell/control/cashier-view.ts';
import { shortName } from '../../shell/control/money-view.ts';
import type { Paint } from './paint.ts';
import { renderFields, renderTable } from './table.ts';
import { counted, moment, wrapped } from './text.ts';

const SLIP_COLUMNS = 64;

/** `meshpay cashier pending`. */
export function renderPending(paint: Paint, { ledger, payouts, open }: PendingView): string {
  if (payouts.length === 0) return paint.faint(`Nothing is to be paid from ${ledger}.`);
  const columns = [
    { title: 'payout', align: 'right' },
    { title: 'amount', align: 'right' },
    { title: 'to' },
    { title: 'since' },
  ] as const;
  const rows = payouts.map(({ number, amount, token, recipient, takenOnMs }) => {
    return [number, `${amount} ${token}`, cut(recipient, 30), moment(takenOnMs)];
  });
  const more = Number(open) - payouts.length;
  const rest = more > 0 ? [paint.faint(`and ${counted(more, 'more payout')}`)] : [];
  const next = payouts[0]?.number ?? '1';
  const how = `Pay, then say so: meshpay cashier paid ${next}`;
  return [renderTable(paint, columns, rows), ...rest, '', paint.faint(how)].join('\n');
}

const WORDS: Readonly<Record<PayoutView['state'], string>> = {
  open: 'to be paid',
  paid: 'paid',
  refused: 'refused, and nothing was paid',
};

/** A slip to print: what was paid to whom, and room for a signature. */
export function renderSlip(view: PayoutView): string {
  const rule = '-'.repeat(SLIP_COLUMNS);
  const fields: (readonly [string, string])[] = [
    ['amount', `${view.amount} ${view.token}`],
    ['to', folded(view.recipient)],
    ['from account', folded(view.account)],
    ['withdrawal', `number ${view.sequence} of that account`],
    ['asked for', `${moment(view.takenOnMs)} UTC`],
    ['state', WORDS[view.state]],
    ...(view.state === 'open' ? [] : [['since', `${moment(view.sinceMs)} UTC`] as const]),
    ...(view.note === '' ? [] : [['note', folded(view.note)] as const]),
    ['book', `entry ${view.entry}, ${view.entryHash.slice(0, 32)}`],
  ];
  const width = Math.max(...fields.map(([label]) => label.length)) + 2;
  const lines = fields.map(([label, value]) => {
    return `${label.padEnd(width)}${value.split('\n').join(`\n${' '.repeat(width)}`)}`;
  });
  const title = `PAYOUT ${view.number}`;
  const head = `${title}${view.ledger.padStart(SLIP_COLUMNS - title.length)}`;
  const sign = view.state === 'paid' ? ['', '', `received: ${'_'.repeat(SLIP_COLUMNS - 10)}`] : [];
  return [rule, head, rule, ...lines, ...sign, rule].join('\n');
}

/** `meshpay cashier deposit`. */
export function renderDeposit(paint: Paint, view: DepositView): string {
  return renderFields(paint, [
    ['booked', `${view.amount} ${view.token}`],
    ['for', view.account],
    ['receipt', view.receipt],
    ['book', `${view.ledger}, entry ${view.entry}, ${moment(view.wallMs)} UTC`],
  ]);
}

/** `meshpay cashier book`. */
export function renderBook(paint: Paint, view: BookView): string {
  const { ledger, folder, entries, count, next, totals, wrong } = view;
  const columns = [
    { title: 'entry', align: 'right' },
    { title: 'when' },
    { title: 'debit' },
    { title: 'credit' },
    { title: 'amount', align: 'right' },
    { title: 'what' },
  ] as const;
  const rows = entries.map((entry) => [
    entry.entry,
    moment(entry.wallMs).slice(0, 16),
    entry.debit,
    entry.credit,
    `${entry.amount} ${entry.token}`,
    cut(whatOf(entry), 22),
  ]);
  const sums = totals.map(({ token, cash, network, payable }) => [token, cash, payable, network]);
  const sumColumns = [
    { title: 'token' },
    { title: 'cash', align: 'right' },
    { title: 'payable', align: 'right' },
    { title: 'network', align: 'right' },
  ] as const;
  const verdict =
    wrong === null
      ? paint.good(`All ${counted(Number(count), 'entry', 'entries')} follow from each other.`)
      : paint.bad(`This book is not as it was written: ${wrong}.`);
  return [
    paint.faint(`${ledger}, in ${folder}`),
    ...(rows.length === 0 ? ['No entries.'] : [renderTable(paint, columns, rows)]),
    ...(next === null ? [] : [paint.faint(`and more: meshpay cashier book --from ${next}`)]),
    '',
    ...(sums.length === 0 ? [] : [renderTable(paint, sumColumns, sums), '']),
    verdict,
  ].join('\n');
}

function whatOf({ what, payout, receipt, account }: BookEntryView): string {
  if (what === 'deposit') return `receipt ${receipt ?? ''}, ${shortName(account ?? '')}`;
  return what === 'payable' ? `payout ${payout ?? ''}` : `payout ${payout ?? ''} ${what}`;
}

/** In lines that fit beside the labels of a slip; a name without spaces is broken where it ends. */
function folded(text: string): string {
  const columns = SLIP_COLUMNS - 14;
  return wrapped(text, columns)
    .flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''])
    .join('\n');
}

function cut(text: string, columns: number): string {
  const letters = [...text];
  return letters.length <= columns ? text : `${letters.slice(0, columns - 1).join('')}…`;
}
