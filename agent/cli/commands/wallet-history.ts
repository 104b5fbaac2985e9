/** `meshpay wallet history`: payments, as one reads a ledger, or for a spreadsheet. */
import { parseName } from '../../core/base/names.ts';
import { addressOf, readContacts } from '../../wallet/contacts.ts';
import { orRefused } from '../../wallet/fault.ts';
import { newestPayments, type PaymentFilter, walletView } from '../../wallet/view.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { failure } from '../failure.ts';
import { historyCsv, renderHistory, sumsOf } from '../render/history.ts';
import { freshnessView } from '../render/wallet.ts';
import { WALLET_OPTION, walletFolderOf } from '../wallet.ts';
import { orFail } from '../wallet-failure.ts';
import { momentOf } from './moments.ts';
import { wholeNumber } from './numbers.ts';
import { OFFLINE_OPTION } from './wallet-views.ts';
import { WALLET_ENDS_MS, withWallet } from './with-wallet.ts';

const DEFAULT_MOST = 20;
const MOST = 1_000_000;
const WHO = 'ADDRESS or NAME';

export const walletHistory: CommandSpec = {
  path: ['wallet', 'history'],
  alsoCalled: ['list', 'payments', 'transactions'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'payments made and received, each proven by a certificate',
  description: [
    'Asks the authorities for payments that came in, and lists payments, the newest last, with what ' +
      'they come to. Times are when this wallet learned of a payment, by its own clock; certificates ' +
      'carry no time.',
    'With --since, --until, --from or --to all that fit are shown, unless --most says how many; --from ' +
      'and --to together show both ways.',
  ],
  positionals: [],
  options: [
    { name: 'most', kind: 'text', value: 'N', summary: `how many; ${DEFAULT_MOST} if left out` },
    { name: 'since', kind: 'text', value: 'DAY', summary: 'from this day on, such as 2026-01-31' },
    { name: 'until', kind: 'text', value: 'DAY', summary: 'before this day' },
    { name: 'from', kind: 'text', value: WHO, summary: 'only what this account paid to you' },
    { name: 'to', kind: 'text', value: WHO, summary: 'only what you paid to this account' },
    { name: 'csv', kind: 'flag', summary: 'print a table for a spreadsheet (RFC 4180)' },
    WALLET_OPTION,
    OFFLINE_OPTION,
    JSON_OPTION,
  ],
  examples: [
    { about: 'the last hundred', line: 'meshpay wallet history --most 100' },
    { about: 'January, for the books', line: 'meshpay wallet history --since 2026-01-01 --csv' },
    { about: 'what Anna paid', line: 'meshpay wallet history --from anna' },
  ],
  run: async (args, context) => {
    const filter = filterOf(args, context);
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    const most = wholeNumber(args, 'most', 1, MOST) ?? (isFiltered ? MOST : DEFAULT_MOST);
    if (args.flag('csv') && args.flag('json')) {
      const expected = 'one of --csv and --json';
      throw failure('bad_usage', { field: '--csv', expected, found: 'both' });
    }
    await withWallet(args, context, async (session, freshness) => {
      const { read, network, account, memos } = session;
      const contacts = orFail(readContacts(walletFolderOf(args, context.environment)));
      const payments = newestPayments(read, network, account, most, memos.open, filter);
      const { payments: total } = walletView(read, network, account, memos.open);
      if (args.flag('csv')) return context.terminal.print(historyCsv(payments, contacts));
      const shown = { payments, total: Number(total), isFiltered, contacts, freshness };
      const refreshed = freshnessView(freshness);
      const json = { payments, total, sums: sumsOf(payments), refreshed };
      if (args.flag('json')) return context.terminal.printJson(json);
      context.terminal.print(renderHistory(context.terminal.paint, shown));
    });
  },
};

function filterOf(args: Args, { environment }: Context): PaymentFilter {
  const who = (option: 'from' | 'to'): Uint8Array | undefined => {
    const given = args.text(option);
    if (given === undefined) return undefined;
    const address = orFail(addressOf(walletFolderOf(args, environment), given));
    return orFail(orRefused(parseName('account', address.trim(), `--${option}`)));
  };
  return {
    sinceMs: momentOf(args, 'since'),
    untilMs: momentOf(args, 'until'),
    from: who('from'),
    to: who('to'),
  };
}
