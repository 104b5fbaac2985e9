/** `meshpay wallet cancel` and `meshpay wallet unlock`: the way back for an order that waits. */
import type { Notice } from '../../core/notice.ts';
import { isFault } from '../../wallet/fault.ts';
import { resume as goOn, type PayWatch } from '../../wallet/pay.ts';
import type { Resumed, WalletSession } from '../../wallet/session.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { show } from '../output.ts';
import { WALLET_OPTION, walletOf } from '../wallet.ts';
import { orFail } from '../wallet-failure.ts';
import { readWatch, refusePeerless, WAIT_OPTIONS } from './ordering.ts';
import { reportPaid, shortOrder } from './paid.ts';
import { openShown, WALLET_ENDS_MS } from './with-wallet.ts';

/** What the decision may be, in words that both commands need. */
const OUTCOMES =
  'Each authority says what it voted for, and votes there no more; then they decide. If the order ' +
  'may have been certified it still goes through, and this command shows it as paid. If nobody can ' +
  'tell which of two orders was, money for the larger is kept aside until one turns up.';

export const walletCancel: CommandSpec = {
  path: ['wallet', 'cancel'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'give up the order that is on its way, if it can still be given up',
  description: [
    'Asks the authorities, with the signed wish of the owner, to close the sequence of the order that ' +
      'is on its way, so that the account is free for another one.',
    OUTCOMES,
  ],
  positionals: [],
  options: [...WAIT_OPTIONS, WALLET_OPTION, JSON_OPTION],
  examples: [{ about: 'an order that nobody votes for', line: 'meshpay wallet cancel' }],
  run: (args, context) => close(args, context, 'wish'),
};

export const walletUnlock: CommandSpec = {
  path: ['wallet', 'unlock'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'free an account for which two orders with one number were signed',
  description: [
    'Does the same as "wallet cancel", with the proof that there are two orders: the one that is on ' +
      'its way, and another of this account that an authority shows. Such a thing happens when two ' +
      'copies of a wallet pay at once.',
    OUTCOMES,
  ],
  positionals: [],
  options: [...WAIT_OPTIONS, WALLET_OPTION, JSON_OPTION],
  examples: [{ about: 'after two copies paid at once', line: 'meshpay wallet unlock' }],
  run: (args, context) => close(args, context, 'proof'),
};

async function close(args: Args, context: Context, by: 'wish' | 'proof'): Promise<void> {
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
    terminal.note(`To be given up: ${shortOrder(resumed.live.order)}`);
    const ended = await closed(session, resumed, watch, by);
    if (isFault(ended) && ended.fault === 'order_failed') {
      const { refused, found } = ended.refusal;
      if (refused === 'sequence_closed') {
        const hasReserve = found === 'closed, with a reserve';
        const words = hasReserve
          ? 'The account is free again. Money is kept aside until one of the orders turns up.'
          : 'Given up: the order will never be paid, and the account is free again.';
        const view = { closed: resumed.live.order.id, reserve: hasReserve };
        return show(args, context, view, () => words);
      }
    }
    await reportPaid(args, context, session, orFail(ended));
  } finally {
    await session.close();
  }
}

/** Asks, and asks anew when an authority shows the other order that a proof takes. */
async function closed(
  session: WalletSession,
  resumed: Resumed,
  watch: PayWatch,
  by: 'wish' | 'proof',
): ReturnType<typeof goOn> {
  const ask = (): void => session.command({ kind: 'close', by });
  const unhear = session.hear((notice: Notice) => {
    const isShown = notice.kind === 'order_refused' && notice.refusal.refused === 'order_pending';
    if (by === 'proof' && isShown) ask();
  });
  try {
    ask();
    return await goOn(session, resumed, watch);
  } finally {
    unhear();
  }
}
