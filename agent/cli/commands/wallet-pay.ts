/** `meshpay wallet pay` and `meshpay wallet resume`. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { harmless } from '../../core/base/characters.ts';
import type { WalletFolder } from '../../wallet/folder.ts';
import { resume as goOn, type PayWatch, pay } from '../../wallet/pay.ts';
import { connect } from '../../wallet/refresh.ts';
import { isSamePayment, readPayment } from '../../wallet/request.ts';
import {
  type Args,
  type CommandSpec,
  type Context,
  JSON_OPTION,
  type OptionSpec,
} from '../command.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { askingText, progressText, waitingLines } from '../render/pursuit.ts';
import { WALLET_OPTION, walletOf } from '../wallet.ts';
import { type FaultToken, NO_TOKEN, notSignedText, orFail } from '../wallet-failure.ts';
import { wholeNumber } from './numbers.ts';
import { reportPaid, shortOrder } from './paid.ts';
import { openShown } from './with-wallet.ts';

const WAIT_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'timeout',
    kind: 'text',
    value: 'SECONDS',
    summary: 'end after this time without a quorum; the order stays live. For ever if left out',
  },
  {
    name: 'receipt',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    summary: 'write the receipt to this file, which must not be there yet',
  },
];

export const walletPay: CommandSpec = {
  path: ['wallet', 'pay'],
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
    {
      name: 'anyway',
      kind: 'flag',
      summary: 'sign also without the word of enough authorities; the order may block the account',
    },
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
  const command = orFail(wanted);
  const token = wallet.network.genesis.tokens[command.token];
  const watch = readWatch(args, context, token);
  refusePeerless(wallet);
  const session = await openShown(wallet, context);
  try {
    context.terminal.progress.show('Connecting...');
    orFail(await connect(session, context.interrupt));
    const { resumed } = session;
    if (resumed !== undefined) {
      const { order } = resumed.live;
      const isSame = isSamePayment(order, command, session);
      const what = isSame
        ? 'This very payment is on its way already'
        : 'An earlier payment comes first';
      context.terminal.note(`${what}: ${shortOrder(order)}`);
      const paid = orFail(await goOn(session, resumed, watch));
      if (isSame) return await reportPaid(args, context, session, paid);
      context.terminal.note(`${context.terminal.notePaint.good('paid')} ${shortOrder(order)}`);
    }
    const insists = args.flag('anyway');
    const paid = orFail(await pay(session, command, { ...watch, insists }), token);
    await reportPaid(args, context, session, paid);
  } finally {
    await session.close();
  }
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

/** `token`: of the payment that is to be made. */
function readWatch(
  args: Args,
  { terminal, interrupt }: Context,
  token: FaultToken = NO_TOKEN,
): PayWatch {
  const timeout = wholeNumber(args, 'timeout', 1, 604_800);
  const file = args.text('receipt');
  if (file !== undefined) refuseUnwritable(file);
  let told = '';
  return {
    signal: interrupt,
    timeoutMs: timeout === undefined ? undefined : timeout * 1_000,
    onAsking: (standing) => terminal.progress.show(askingText(standing)),
    onProgress: (pursuit) => terminal.progress.show(progressText(pursuit)),
    onWaiting: (waiting, isDue) => {
      const reasons = waitingLines(waiting);
      if (!isDue && reasons.join('\n') === told) return;
      told = reasons.join('\n');
      const text = 'No quorum yet; it goes on by itself, and Ctrl-C is safe. Waiting for:';
      terminal.note(terminal.notePaint.warn(text));
      for (const reason of reasons) terminal.note(`  ${reason}`);
    },
    onInsisted: (why) => {
      const paint = terminal.notePaint;
      terminal.note(
        `${paint.warn('Signed all the same, as --anyway asks:')} ${harmless(notSignedText(why, token))}`,
      );
    },
  };
}

/** Before anything is paid: a payment whose receipt cannot be written would be a trap. */
function refuseUnwritable(file: string): void {
  accessSync(dirname(resolve(file)), constants.W_OK);
  if (!existsSync(file)) return;
  const detail = { field: '--receipt', expected: 'a file that is not there yet', found: file };
  throw failure('file_exists', detail);
}

function refusePeerless({ config, folder }: WalletFolder): void {
  if (config.peers.length > 0) return;
  throw failure(
    'no_peers',
    { field: `${folder}/wallet.toml`, expected: 'at least one node to connect to', found: 'none' },
    '"meshpay wallet join GENESIS --peer HOST:PORT" names one.',
  );
}
