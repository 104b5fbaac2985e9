/** `meshpay wallet withdraw`, `withdrawals`, `withdrawal` and `deposit`. */
import { foundText, quoted, trimmed } from '../../core/base/characters.ts';
import { nameOf } from '../../core/base/names.ts';
import { formatAmount } from '../../core/base/units.ts';
import type { Network } from '../../core/network/genesis.ts';
import { isSameWithdrawal, readWithdrawal, type WithdrawCommand } from '../../wallet/request.ts';
import { withdrawalViews } from '../../wallet/withdrawals.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { ledgerViews } from '../render/network.ts';
import { freshnessView } from '../render/wallet.ts';
import { renderDeposit, renderWithdrawal, renderWithdrawals } from '../render/withdrawals.ts';
import { WALLET_OPTION, walletOf } from '../wallet.ts';
import { NO_TOKEN, orFail } from '../wallet-failure.ts';
import { ANYWAY_OPTION, confirmOrder, makeOrder, WAIT_OPTIONS, YES_OPTION } from './ordering.ts';
import { OFFLINE_OPTION } from './wallet-views.ts';
import { WALLET_ENDS_MS, withWallet } from './with-wallet.ts';

const DEFAULT_VALID_FOR = '1h';

export const walletWithdraw: CommandSpec = {
  path: ['wallet', 'withdraw'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'take money out of the network, through an outer ledger',
  description: [
    'Asks the authorities as "wallet pay" does, signs the order, and sends it until a quorum has voted ' +
      'for it. From the first vote on the amount is locked; once it is certified the account can pay on ' +
      'with the rest, and withdraw more.',
    'What becomes of the locked money the committee decides once: it is paid out by the ledger, or ' +
      'given back. After --valid-for it may be given back; no clock decides that by itself. ' +
      '"meshpay wallet withdrawals" shows how far each is and who is waited for.',
    'The recipient is written as the ledger writes it: for a cashbook a name or number that the cashier ' +
      'knows. What the ledger cannot pay to is refused before anything is locked. While the network is ' +
      'split, authorities that hear too few others refuse; the order then waits, and goes on by itself.',
  ],
  positionals: [
    { name: 'amount', summary: 'how much, such as 12.50', expected: 'an amount such as 12.50' },
    { name: 'token', summary: 'of which token, such as HRS', expected: 'a token such as HRS' },
  ],
  options: [
    { name: 'to', kind: 'text', value: 'RECIPIENT', summary: 'whom the ledger is to pay' },
    {
      name: 'ledger',
      kind: 'text',
      value: 'NAME',
      summary: 'through which ledger of "network show"; may be left out where there is one',
    },
    {
      name: 'valid-for',
      kind: 'text',
      value: 'TIME',
      summary: `how long it is tried at least: 30m, 1h, 7d; ${DEFAULT_VALID_FOR} if left out, 30d at most`,
    },
    YES_OPTION,
    ANYWAY_OPTION,
    ...WAIT_OPTIONS,
    WALLET_OPTION,
    JSON_OPTION,
  ],
  examples: [
    {
      about: 'to Anna, by the cashier',
      line: 'meshpay wallet withdraw 20.00 HRS --to Anna --ledger cashbox',
    },
  ],
  run: runWithdraw,
};

async function runWithdraw(args: Args, context: Context): Promise<void> {
  const wallet = walletOf(args, context.environment);
  const [only, other] = wallet.network.genesis.ledgers;
  const wanted = readWithdrawal(
    {
      amount: args.word('amount'),
      token: args.word('token'),
      recipient: required(args, 'to', 'whom the ledger is to pay'),
      ledger:
        args.text('ledger') ??
        (only !== undefined && other === undefined
          ? only.name
          : required(args, 'ledger', 'the name of a ledger of "network show"')),
      validFor: args.text('valid-for') ?? DEFAULT_VALID_FOR,
    },
    wallet,
    Date.now(),
  );
  const command = orFail(wanted);
  await confirmOrder(args, context, withdrawalText(command, wallet.network));
  await makeOrder(args, context, wallet, command, (order, session) => {
    return isSameWithdrawal(order, command, session);
  });
}

/** What will be signed, as a question. */
function withdrawalText(command: WithdrawCommand, { genesis }: Network): string {
  const { symbol, decimals } = genesis.tokens[command.token] ?? NO_TOKEN;
  const amount = `${formatAmount(command.amount, decimals)} ${symbol}`;
  const ledger = genesis.ledgers[command.ledger]?.name ?? '';
  return `Withdraw ${amount} to ${quoted(Buffer.from(command.recipient).toString())} at ${ledger}?`;
}

function required(args: Args, name: string, expected: string): string {
  const given = args.text(name);
  if (given !== undefined) return given;
  throw failure('bad_usage', { field: `--${name}`, expected, found: 'nothing' });
}

export const walletWithdrawals: CommandSpec = {
  path: ['wallet', 'withdrawals'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'withdrawals and how far each is',
  description: [
    'Asks the authorities, and lists all withdrawals of the wallet, the newest last, each with its state ' +
      'and who is waited for. Times are by the clock of this wallet.',
  ],
  positionals: [],
  options: [WALLET_OPTION, OFFLINE_OPTION, JSON_OPTION],
  examples: [{ about: 'all of them', line: 'meshpay wallet withdrawals' }],
  run: (args, context) =>
    withWallet(args, context, async ({ read, network, account }, freshness) => {
      const withdrawals = withdrawalViews(read, network, account);
      const json = { withdrawals, refreshed: freshnessView(freshness) };
      show(args, context, json, (paint) => renderWithdrawals(paint, withdrawals));
    }),
};

export const walletWithdrawal: CommandSpec = {
  path: ['wallet', 'withdrawal'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'one withdrawal: each state, its time, and who is waited for',
  description: [
    'Shows what a withdrawal came to and when this wallet learned of it: pending, locked, signing, ' +
      'certified, submitted, finalized; or rejected, expired or returned, with which the money is in the ' +
      'balance again.',
  ],
  positionals: [
    {
      name: 'order',
      summary: 'the order id of "wallet withdrawals", or its beginning',
      expected: 'an order id, or its beginning',
    },
  ],
  options: [WALLET_OPTION, OFFLINE_OPTION, JSON_OPTION],
  examples: [{ about: 'by the beginning of its id', line: 'meshpay wallet withdrawal 3f2a9c' }],
  run: (args, context) =>
    withWallet(args, context, async ({ read, network, account }, freshness) => {
      const wanted = trimmed(args.word('order')).toLowerCase();
      const found = withdrawalViews(read, network, account).filter(({ order }) =>
        order.id.startsWith(wanted),
      );
      const [withdrawal, other] = found;
      if (withdrawal === undefined || other !== undefined) {
        const expected = 'the order id of one withdrawal, or its beginning';
        const shown = other === undefined ? foundText(wanted) : `the beginning of ${found.length}`;
        throw failure('no_such_payment', { field: 'order', expected, found: shown });
      }
      const json = { ...withdrawal, refreshed: freshnessView(freshness) };
      show(args, context, json, (paint) => renderWithdrawal(paint, withdrawal));
    }),
};

export const walletDeposit: CommandSpec = {
  path: ['wallet', 'deposit'],
  summary: 'how to bring money into the network',
  description: [
    'Says through which outer ledgers money comes in, whose word makes it count, and what to tell them: ' +
      'the address of this wallet. Nobody is asked.',
  ],
  positionals: [],
  options: [WALLET_OPTION, JSON_OPTION],
  examples: [{ about: 'what to tell the cashier', line: 'meshpay wallet deposit' }],
  run: async (args, context) => {
    const { network, signer } = walletOf(args, context.environment);
    const address = nameOf('account', signer.publicKey);
    const ledgers = ledgerViews(network);
    show(args, context, { address, ledgers }, (paint) => renderDeposit(paint, address, ledgers));
  },
};
