/** `meshpay wallet pay` and `meshpay wallet resume`. */
import { foundText, trimmed } from '../../core/base/characters.ts';
import { nameOf } from '../../core/base/names.ts';
import { formatAmount } from '../../core/base/units.ts';
import { addressOf, nameOfContact, readContacts } from '../../wallet/contacts.ts';
import type { WalletFolder } from '../../wallet/folder.ts';
import { resume as goOn } from '../../wallet/pay.ts';
import { checkNetwork, isPaymentUri, readPaymentUri } from '../../wallet/payment-uri.ts';
import { memoText } from '../../wallet/receipt.ts';
import {
  isSamePayment,
  type PayCommand,
  type PayWords,
  readPayment,
} from '../../wallet/request.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { WALLET_OPTION, walletOf } from '../wallet.ts';
import { faultFailure, NO_TOKEN, orFail } from '../wallet-failure.ts';
import {
  ANYWAY_OPTION,
  confirmOrder,
  makeOrder,
  readWatch,
  refusePeerless,
  WAIT_OPTIONS,
  YES_OPTION,
} from './ordering.ts';
import { reportPaid, shortOrder } from './paid.ts';
import { openShown, WALLET_ENDS_MS } from './with-wallet.ts';

export const walletPay: CommandSpec = {
  path: ['wallet', 'pay'],
  endsWithinMs: WALLET_ENDS_MS,
  alsoCalled: ['send', 'transfer'],
  summary: 'pay somebody',
  description: [
    'Asks the authorities whether they would vote for the payment; then signs an order, keeps it, and ' +
      'sends it to them until a quorum has voted for it: that is a certificate, and the payment cannot ' +
      "be taken back. Amounts are decimal, in the token's own unit.",
    'A signed order holds the account until it is certified, and a wallet that came back from its key ' +
      'or an old copy may have forgotten one. So nothing is signed before all authorities but those ' +
      'that the network can do without have said that they know of no newer order and would vote for ' +
      'this one. Where too few answer, the command waits (half a minute, or --timeout), says who is ' +
      'missing, and ends with status 75; where too many refuse, it says why. --anyway signs all the ' +
      'same, but never a second order against their word.',
    'If no quorum can be reached, the command says why and waits. Ctrl-C, a crash or an empty ' +
      'battery leave the order live: any later wallet command goes on with the very same order. The ' +
      'same payment asked for again while it is on its way is not made twice.',
  ],
  positionals: [
    {
      name: 'recipient',
      summary: 'the address to pay, mp1..., the name of a contact, or a request, meshpay:...',
      expected: 'an account name, mp1...',
    },
    { name: 'amount', summary: 'how much, such as 12.50; left out if the request says it' },
    { name: 'token', summary: 'of which token, such as HRS; left out if the request says it' },
  ],
  options: [
    {
      name: 'memo',
      kind: 'text',
      value: 'TEXT',
      summary: 'a note of at most 64 bytes, which only you and the payee can read',
    },
    YES_OPTION,
    ANYWAY_OPTION,
    ...WAIT_OPTIONS,
    WALLET_OPTION,
    JSON_OPTION,
  ],
  examples: [
    {
      about: 'pay twelve and a half hours',
      line: 'meshpay wallet pay mp1... 12.50 HRS --memo "bread"',
    },
    {
      about: 'what a request says (in quotes: the shell would cut it)',
      line: "meshpay wallet pay 'meshpay:mp1...?network=mpnet1...&amount=3.00&token=HRS'",
    },
    {
      about: 'with a receipt, for at most a minute',
      line: 'meshpay wallet pay mp1... 3 HRS --receipt bread.receipt --timeout 60',
    },
  ],
  run: runPay,
};

export const walletResume: CommandSpec = {
  path: ['wallet', 'resume'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'go on with the order that is on its way, until it is done',
  description: [
    'Sends the order that an earlier command left behind, the same bytes, until a quorum has voted ' +
      'for it. Without such an order it says so and ends.',
  ],
  positionals: [],
  options: [...WAIT_OPTIONS, WALLET_OPTION, JSON_OPTION],
  examples: [{ about: 'after Ctrl-C', line: 'meshpay wallet resume' }],
  run: runResume,
};

async function runPay(args: Args, context: Context): Promise<void> {
  const isRequest = isPaymentUri(args.word('recipient'));
  if (!isRequest) demandWords(args);
  const own = walletOf(args, context.environment);
  const { words, wallet } = isRequest
    ? requestedWords(args, own)
    : { words: givenWords(args, own), wallet: own };
  const command = orFail(readPayment(words, wallet));
  await confirmOrder(args, context, paymentText(command, wallet));
  await makeOrder(args, context, wallet, command, (order, session) => {
    return isSamePayment(order, command, session);
  });
}

/** What the words of the command line ask for. */
function givenWords(args: Args, wallet: WalletFolder): PayWords {
  const recipient = orFail(addressOf(wallet.folder, args.word('recipient')));
  const [amount = '', token = ''] = [args.optionalWord('amount'), args.optionalWord('token')];
  return { recipient, amount, token, memo: args.text('memo') ?? '' };
}

/** Without a request, the words have to say how much of what. */
function demandWords(args: Args): void {
  if ((args.optionalWord('amount') ?? '') === '') missing('amount', 'an amount such as 12.50');
  if ((args.optionalWord('token') ?? '') === '') missing('token', 'a token such as HRS');
}

/** What a request asks for, and a wallet that can reach its network. */
function requestedWords(
  args: Args,
  own: WalletFolder,
): { readonly words: PayWords; readonly wallet: WalletFolder } {
  const request = orFail(readPaymentUri(args.word('recipient')));
  const foreign = checkNetwork(request, own.network);
  if (foreign !== undefined) throw faultFailure(foreign);
  const [amount, token] = (['amount', 'token'] as const).map((name) => {
    const [asked, given] = [request[name], args.optionalWord(name)];
    if (asked === undefined || given === undefined || trimmed(given) === asked) {
      return asked ?? given ?? missing(name, `one, which the request leaves to you`);
    }
    const expected = `${asked}, as the request says, or nothing`;
    throw failure('bad_usage', { field: name, expected, found: foundText(given) });
  });
  const { peers } = own.config.peers.length > 0 ? own.config : request;
  const words = {
    recipient: nameOf('account', request.recipient),
    amount: amount ?? '',
    token: token ?? '',
    memo: args.text('memo') ?? request.memo,
  };
  return { words, wallet: { ...own, config: { ...own.config, peers } } };
}

function missing(field: string, expected: string): never {
  const hint = '"meshpay wallet pay --help" shows how it is used.';
  throw failure('bad_usage', { field, expected, found: 'nothing' }, hint);
}

/** What will be signed, as a question. */
function paymentText({ recipient, token, amount, memo }: PayCommand, wallet: WalletFolder): string {
  const { genesis } = wallet.network;
  const { symbol, decimals } = genesis.tokens[token] ?? NO_TOKEN;
  const address = nameOf('account', recipient);
  const name = nameOfContact(orFail(readContacts(wallet.folder)), address);
  const payee = name === undefined ? address : `${name} (${address})`;
  const note = memo === '' ? '' : `, ${memoText(memo)}`;
  return `Pay ${formatAmount(amount, decimals)} ${symbol} to ${payee} on ${genesis.name}${note}?`;
}

async function runResume(args: Args, context: Context): Promise<void> {
  const { terminal } = context;
  const watch = readWatch(args, context);
  const wallet = walletOf(args, context.environment);
  const session = await openShown(wallet, context);
  try {
    const { resumed } = session;
    if (resumed === undefined) {
      return show(args, context, { live: null }, () => 'Nothing is on its way.');
    }
    refusePeerless(wallet);
    terminal.note(`On its way: ${shortOrder(resumed.live.order)}`);
    const paid = orFail(await goOn(session, resumed, watch));
    await reportPaid(args, context, session, paid);
  } finally {
    await session.close();
  }
}
