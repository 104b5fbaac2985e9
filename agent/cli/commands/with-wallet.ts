/** The common frame of wallet commands: open, refresh, do, close. */

import { payeeText } from '../../shell/control/money-view.ts';
import type { WalletFolder } from '../../wallet/folder.ts';
import { awaitEnd } from '../../wallet/pay.ts';
import { type Freshness, refresh, unconfirmed } from '../../wallet/refresh.ts';
import { openSession, type SessionOptions, type WalletSession } from '../../wallet/session.ts';
import type { Args, Context } from '../command.ts';
import { failure } from '../failure.ts';
import { unlessAborted } from '../wait.ts';
import { walletOf } from '../wallet.ts';
import { NOTHING_SIGNED, orFail } from '../wallet-failure.ts';
import { doneWord } from './paid.ts';

/**
 * A stopped wallet command says at once how its order stands, and closes its store: a slow card may
 * take its time for that.
 */
export const WALLET_ENDS_MS = 20_000;

/** How long a live order is waited for where enough authorities answer. */
const LIVE_MS = 3_000;

/**
 * Opens a wallet with the check of its store shown when it takes long. Throws Failure, also when it
 * is stopped meanwhile.
 */
export async function openShown(
  wallet: WalletFolder,
  { terminal, interrupt }: Context,
  options: SessionOptions = {},
): Promise<WalletSession> {
  const begun = performance.now();
  const opening = openSession(wallet, {
    ...options,
    onProgress: (done, of) => {
      if (performance.now() - begun < 1_000) return;
      const share = of === undefined || of === 0 ? `${done}` : `${Math.floor((100 * done) / of)} %`;
      terminal.progress.show(`Checking the wallet's store... ${share}`);
    },
  });
  const session = await unlessAborted(opening, interrupt);
  if (session === undefined) throw failure('interrupted', {}, NOTHING_SIGNED);
  return orFail(session);
}

/** Opens the wallet, refreshes it unless --offline, hands it over, closes it. */
export async function withWallet(
  args: Args,
  context: Context,
  use: (session: WalletSession, freshness: Freshness) => Promise<void>,
): Promise<void> {
  const wallet = walletOf(args, context.environment);
  const offline = args.flag('offline');
  const session = await openShown(wallet, context, { offline });
  try {
    if (!offline) context.terminal.progress.show('Asking the authorities...');
    const freshness = await freshnessOf(session, offline, context);
    await use(session, freshness);
  } finally {
    await session.close();
  }
}

/** Asks, unless offline; whatever comes of that, a payment that is done meanwhile is reported. */
async function freshnessOf(
  session: WalletSession,
  offline: boolean,
  context: Context,
): Promise<Freshness> {
  try {
    if (!offline) return await asked(session, context.interrupt);
    return unconfirmed({ kind: 'offline' });
  } finally {
    context.terminal.progress.clear();
    tellOfResumed(session, context);
  }
}

/** What was asked; an order on its way has its quorum in a moment where so many answer. */
async function asked(session: WalletSession, interrupt: AbortSignal): Promise<Freshness> {
  const freshness = orFail(await refresh(session, interrupt));
  if (session.resumed === undefined || !freshness.confirmed) return freshness;
  orFail(await awaitEnd(session, session.resumed, LIVE_MS, interrupt));
  return freshness;
}

/** Whoever asked for a payment must hear that it is done, whichever command finished it. */
function tellOfResumed({ resumed }: WalletSession, { terminal }: Context): void {
  if (resumed === undefined) return;
  const { order } = resumed.live;
  const what = `${order.amount} ${order.token} to ${payeeText(order)}, order ${order.id}`;
  const { notePaint: paint } = terminal;
  const { state } = resumed.pursuit;
  if (state.kind === 'certified') {
    terminal.note(`${paint.good(doneWord(order))} what was on its way: ${what}`);
  } else if (state.kind === 'failed') {
    terminal.note(`${paint.bad('failed')} for good, what was on its way: ${what}`);
  }
}
