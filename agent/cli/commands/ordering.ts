/** What `wallet pay`, `wallet withdraw` and `wallet resume` have in common. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { harmless } from '../../core/base/characters.ts';
import type { OrderView } from '../../shell/control/money-view.ts';
import type { WalletFolder } from '../../wallet/folder.ts';
import { resume as goOn, type PayWatch, pay } from '../../wallet/pay.ts';
import { connect } from '../../wallet/refresh.ts';
import type { PayCommand, WithdrawCommand } from '../../wallet/request.ts';
import type { WalletSession } from '../../wallet/session.ts';
import { isYes } from '../ask.ts';
import type { Args, Context, OptionSpec } from '../command.ts';
import { failure } from '../failure.ts';
import { askingText, progressText, waitingLines } from '../render/pursuit.ts';
import {
  type FaultToken,
  NO_TOKEN,
  NOTHING_SIGNED,
  notSignedText,
  orFail,
} from '../wallet-failure.ts';
import { wholeNumber } from './numbers.ts';
import { doneWord, reportPaid, shortOrder } from './paid.ts';
import { openShown } from './with-wallet.ts';

export const WAIT_OPTIONS: readonly OptionSpec[] = [
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

export const ANYWAY_OPTION: OptionSpec = {
  name: 'anyway',
  kind: 'flag',
  summary:
    'sign also without the word of enough authorities; the order may block the account until "wallet cancel"',
};

export const YES_OPTION: OptionSpec = {
  name: 'yes',
  kind: 'flag',
  summary: 'do not ask; where there is no terminal, nobody is asked anyway',
};

const ANYWAY_MEANS =
  'With --anyway the order is signed even if the authorities refuse it. It may then wait, and hold up ' +
  'every later payment, until "meshpay wallet cancel" gives it up.';

/** Shows what will be signed, and asks whoever is at a terminal. Throws Failure. */
export async function confirmOrder(
  args: Args,
  { terminal, interrupt, ask }: Context,
  what: string,
): Promise<void> {
  if (ask === undefined || args.flag('yes')) return;
  if (args.flag('anyway')) terminal.note(terminal.notePaint.warn(ANYWAY_MEANS));
  const agreed = isYes(await ask(`${harmless(what)} [y/N] `));
  if (interrupt.aborted) throw failure('interrupted', {}, NOTHING_SIGNED);
  if (!agreed) throw failure('not_wanted', {}, NOTHING_SIGNED);
}

/**
 * Makes an order and reports its certificate. What is on its way already comes first, and is not
 * made twice if it is the same.
 */
export async function makeOrder(
  args: Args,
  context: Context,
  wallet: WalletFolder,
  command: PayCommand | WithdrawCommand,
  isSameOrder: (order: OrderView, session: WalletSession) => boolean,
): Promise<void> {
  const { terminal, interrupt } = context;
  const token = wallet.network.genesis.tokens[command.token];
  const watch = readWatch(args, context, token);
  refusePeerless(wallet);
  const session = await openShown(wallet, context);
  try {
    terminal.progress.show('Connecting...');
    orFail(await connect(session, interrupt));
    const { resumed } = session;
    if (resumed !== undefined) {
      const { order } = resumed.live;
      const isSame = isSameOrder(order, session);
      const what = order.kind === 'withdrawal' ? 'withdrawal' : 'payment';
      terminal.note(
        isSame
          ? `This very ${what} is on its way already: ${shortOrder(order)}`
          : `An earlier ${what} comes first: ${shortOrder(order)}`,
      );
      const paid = orFail(await goOn(session, resumed, watch));
      if (isSame) return await reportPaid(args, context, session, paid);
      terminal.note(`${terminal.notePaint.good(doneWord(order))} ${shortOrder(order)}`);
    }
    const insists = args.flag('anyway');
    const paid = orFail(await pay(session, command, { ...watch, insists }), token);
    await reportPaid(args, context, session, paid);
  } finally {
    await session.close();
  }
}

/** `token`: of the payment that is to be made. */
export function readWatch(
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

export function refusePeerless({ config, folder }: WalletFolder): void {
  if (config.peers.length > 0) return;
  throw failure(
    'no_peers',
    { field: `${folder}/wallet.toml`, expected: 'at least one node to connect to', found: 'none' },
    '"meshpay wallet join GENESIS --peer HOST:PORT" names one.',
  );
}
