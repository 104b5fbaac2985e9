/** The wallet commands that show: address and balance. */
import { nameOf } from '../../core/base/names.ts';
import { walletView } from '../../wallet/view.ts';
import { type CommandSpec, JSON_OPTION, type OptionSpec } from '../command.ts';
import { show } from '../output.ts';
import { freshnessView, renderBalance } from '../render/wallet.ts';
import { signerOf, WALLET_OPTION } from '../wallet.ts';
import { WALLET_ENDS_MS, withWallet } from './with-wallet.ts';

export const OFFLINE_OPTION: OptionSpec = {
  name: 'offline',
  kind: 'flag',
  summary: 'show what is proven here, without asking anybody',
};

export const walletAddress: CommandSpec = {
  path: ['wallet', 'address'],
  alsoCalled: ['receive'],
  summary: 'show the address to be paid at',
  description: ['Shows the address of the wallet. It has a checksum: a mistyped one is refused.'],
  positionals: [],
  options: [WALLET_OPTION, JSON_OPTION],
  examples: [{ about: 'in a script', line: 'meshpay wallet address --wallet ./alice' }],
  run: async (args, context) => {
    const signer = signerOf(args, context.environment);
    const address = nameOf('account', signer.publicKey);
    show(args, context, { address }, () => address);
  },
};

export const walletBalance: CommandSpec = {
  path: ['wallet', 'balance'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'what the wallet can prove to own',
  description: [
    'Asks the authorities for payments that came in, and shows what certificates prove. Nobody can ' +
      'make up a payment; but a wallet that came back from its key, or an old copy, may have forgotten ' +
      'some that it made. So the balance is confirmed only when as many authorities as make a quorum ' +
      'have said, signed and just now, that they know of nothing newer; otherwise it says "not confirmed".',
  ],
  positionals: [],
  options: [WALLET_OPTION, OFFLINE_OPTION, JSON_OPTION],
  examples: [
    { about: 'after asking', line: 'meshpay wallet balance' },
    { about: 'at once', line: 'meshpay wallet balance --offline' },
  ],
  run: (args, context) =>
    withWallet(args, context, async (session, freshness) => {
      const view = walletView(session.read, session.network, session.account, session.memos.open);
      const refreshed = freshnessView(freshness);
      const json = { ...view, confirmed: freshness.confirmed, refreshed };
      show(args, context, json, (paint) => renderBalance(paint, view, freshness));
    }),
};
