/** `meshpay wallet pay` and `meshpay wallet resume`. */
import { resume as goOn } from '../../wallet/pay.ts';
import { isSamePayment, readPayment } from '../../wallet/request.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { show } from '../output.ts';
import { WALLET_OPTION, walletOf } from '../wallet.ts';
import { orFail } from '../wallet-failure.ts';
import { ANYWAY_OPTION, makeOrder, readWatch, refusePeerless, WAIT_OPTIONS } from './ordering.ts';
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
      summary: 'the address to pay, mp1...',
      expected: 'an account name, mp1...',
    },
    { name: 'amount', summary: 'how much, such as 12.50', expected: 'an amount such as 12.50' },
    { name: 'token', summary: 'of which token, such as HRS', expected: 'a token such as HRS' },
  ],
  options: [
    {
      name: 'memo',
      kind: 'text',
      value: 'TEXT',
      summary: 'a note of at most 64 bytes, which only you and the payee can read',
    },
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
  const wallet = walletOf(args, context.environment);
  const wanted = readPayment(
    {
      recipient: args.word('recipient'),
      amount: args.word('amount'),
      token: args.word('token'),
      memo: args.text('memo') ?? '',
    },
    wallet,
  );
  await makeOrder(args, context, wallet, orFail(wanted), (order, session) => {
    return isSamePayment(order, orFail(wanted), session);
  });
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
