/**
 * `meshpay cashier`: the book of a cashier who pays out by hand. The running node has it open, so
 * each command asks that node.
 */
import { randomBytes } from 'node:crypto';
import { trimmed } from '../../core/base/characters.ts';
import type { Args, CommandSpec, OptionSpec, PositionalSpec } from '../command.ts';
import { JSON_OPTION } from '../command.ts';
import { ask, DAEMON_OPTIONS } from '../daemon-client.ts';
import { show } from '../output.ts';
import { renderBook, renderDeposit, renderPending, renderSlip } from '../render/cashier.ts';

const LEDGER_OPTION: OptionSpec = {
  name: 'ledger',
  kind: 'text',
  value: 'NAME',
  summary: 'which ledger, if the node serves several',
};
const NOTE_OPTION: OptionSpec = {
  name: 'note',
  kind: 'text',
  value: 'TEXT',
  summary: 'what to write into the book beside it',
};
const OPTIONS = [LEDGER_OPTION, ...DAEMON_OPTIONS, JSON_OPTION];
const PAYOUT: PositionalSpec = {
  name: 'payout',
  summary: 'the number of the payout',
  expected: 'the number of a payout, as "meshpay cashier pending" shows it',
};

const ledgerOf = (args: Args): { ledger?: string } => given(args, 'ledger');
const noteOf = (args: Args): { note?: string } => given(args, 'note');

function given<N extends string>(args: Args, name: N): { [K in N]?: string } {
  const value = args.text(name);
  return (value === undefined ? {} : { [name]: trimmed(value) }) as { [K in N]?: string };
}

export const cashierPending: CommandSpec = {
  path: ['cashier', 'pending'],
  summary: 'the payouts that a cashier has to pay',
  description: [
    'Lists what the network has decided to pay out of this cashbook and nobody has paid yet, the ' +
      'longest waiting first. Each amount is locked for its payer until you say what became of it.',
  ],
  positionals: [],
  options: OPTIONS,
  examples: [
    { about: 'what is to be paid', line: 'meshpay cashier pending' },
    { about: 'for a program', line: 'meshpay cashier pending --ledger till --json' },
  ],
  run: async (args, context) => {
    const view = await ask(args, context, 'cashier.pending', ledgerOf(args));
    show(args, context, view, (paint) => renderPending(paint, view));
  },
};

function dealing(
  word: string,
  state: 'paid' | 'refused',
  summary: string,
  description: readonly string[],
  example: string,
): CommandSpec {
  return {
    path: ['cashier', word],
    summary,
    description,
    positionals: [PAYOUT],
    options: [NOTE_OPTION, ...OPTIONS],
    examples: [
      { about: example, line: `meshpay cashier ${word} 17` },
      { about: 'with a note', line: `meshpay cashier ${word} 17 --note "at the market"` },
    ],
    run: async (args, context) => {
      const payout = trimmed(args.word('payout'));
      const params = { ...ledgerOf(args), payout, state, ...noteOf(args) };
      const view = await ask(args, context, 'cashier.deal', params);
      show(args, context, view, () => renderSlip(view));
    },
  };
}

export const cashierPaid = dealing(
  'paid',
  'paid',
  'say that a payout was paid, and print its slip',
  [
    'Say it after the money was handed over: it is final, and the amount leaves the network. Saying it ' +
      'once more changes nothing and prints the slip again. The slip has room for a signature.',
    'Money that comes back later is booked as a deposit for the account that the slip names.',
  ],
  'the money was handed over',
);

export const cashierRefuse = dealing(
  'refuse',
  'refused',
  'say that a payout will never be paid',
  ['The payer gets the amount back. A payout that was paid cannot be refused any more.'],
  'nobody of that name is known here',
);

export const cashierSlip: CommandSpec = {
  path: ['cashier', 'slip'],
  summary: 'print the slip of a payout',
  description: [
    'Shows one payout, whatever became of it, in a form that can be printed and signed.',
  ],
  positionals: [PAYOUT],
  options: OPTIONS,
  examples: [{ about: 'on paper', line: 'meshpay cashier slip 17 | lp' }],
  run: async (args, context) => {
    const payout = trimmed(args.word('payout'));
    const view = await ask(args, context, 'cashier.payout', { ...ledgerOf(args), payout });
    show(args, context, view, () => renderSlip(view));
  },
};

export const cashierDeposit: CommandSpec = {
  path: ['cashier', 'deposit'],
  summary: 'book money that somebody paid in',
  description: [
    'A receipt number is booked once: the same deposit under the same number changes nothing, so ' +
      'the command can be repeated when its answer was lost. Another deposit under that number is ' +
      'refused. Without --receipt a number is made up and shown.',
  ],
  positionals: [
    { name: 'account', summary: 'for which account, mp1...', expected: 'an account name, mp1...' },
    { name: 'amount', summary: 'how much', expected: 'an amount such as 12.50' },
    { name: 'token', summary: 'of which token', expected: 'a token, such as HRS' },
  ],
  options: [
    {
      name: 'receipt',
      kind: 'text',
      value: 'NUMBER',
      summary: 'the number of the paper receipt, or any text that is this deposit alone',
    },
    NOTE_OPTION,
    ...OPTIONS,
  ],
  examples: [
    {
      about: '20 hours were paid in, receipt 17/2',
      line: 'meshpay cashier deposit mp1... 20 HRS --receipt 17/2',
    },
  ],
  run: async (args, context) => {
    const receipt = args.text('receipt');
    const view = await ask(args, context, 'cashier.deposit', {
      ...ledgerOf(args),
      receipt: receipt === undefined ? randomBytes(6).toString('hex') : trimmed(receipt),
      account: trimmed(args.word('account')).toLowerCase(),
      amount: trimmed(args.word('amount')),
      token: trimmed(args.word('token')),
      ...noteOf(args),
    });
    show(args, context, view, (paint) => renderDeposit(paint, view));
  },
};

export const cashierBook: CommandSpec = {
  path: ['cashier', 'book'],
  summary: 'the entries of the cashbook, its totals, and whether all is there',
  description: [
    'Each entry debits one account of the book and credits another: cash (what lies in the till), ' +
      'payable (what is owed to recipients) and network (what is owed to the accounts of the ' +
      'network). Entries are never changed, and each names the hash of the one before; all of them ' +
      'are checked each time.',
  ],
  positionals: [],
  options: [
    {
      name: 'from',
      kind: 'text',
      value: 'ENTRY',
      summary: 'the first entry to show; 0 if left out',
    },
    ...OPTIONS,
  ],
  examples: [
    { about: 'from the beginning', line: 'meshpay cashier book' },
    {
      about: 'the entries from 100 on, for a program',
      line: 'meshpay cashier book --from 100 --json',
    },
  ],
  run: async (args, context) => {
    const view = await ask(args, context, 'cashier.book', {
      ...ledgerOf(args),
      ...given(args, 'from'),
    });
    show(args, context, view, (paint) => renderBook(paint, view));
  },
};
