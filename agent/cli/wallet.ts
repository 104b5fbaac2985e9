/** The wallet that a command line names: its options, its folder, its session. */
import { join } from 'node:path';
import type { Signer } from '../core/base/crypto.ts';
import type { Address } from '../shell/net/address.ts';
import { PEERS } from '../wallet/config.ts';
import { openWalletFolder, type WalletFolder, walletSigner } from '../wallet/folder.ts';
import type { Args, OptionSpec } from './command.ts';
import type { Environment } from './config.ts';
import { failure } from './failure.ts';
import { orFail } from './wallet-failure.ts';

/** The option of every wallet command. */
export const WALLET_OPTION: OptionSpec = {
  name: 'wallet',
  kind: 'text',
  value: 'FOLDER',
  completes: 'folder',
  summary: "the wallet's folder; if left out, MESHPAY_WALLET, or ~/.local/share/meshpay/wallet",
};

/** The option of the wallet commands that say whom to connect to. */
export const PEER_OPTION: OptionSpec = {
  name: 'peer',
  kind: 'list',
  value: 'HOST:PORT',
  summary: 'an authority or relay to connect to; kept in wallet.toml',
};

/** The folder that the options name. Throws Failure. */
export function walletFolderOf(args: Args, environment: Environment): string {
  const { dataFolder, wallet } = environment;
  const named = args.text('wallet') ?? wallet;
  if (named !== undefined) return named;
  if (dataFolder !== undefined) return join(dataFolder, 'wallet');
  throw failure(
    'no_home',
    { field: 'HOME', expected: 'an absolute path', found: 'none' },
    '"--wallet FOLDER" or MESHPAY_WALLET names the folder of the wallet.',
  );
}

/** The wallet in that folder, which has joined a network. Throws Failure. */
export function walletOf(args: Args, environment: Environment): WalletFolder {
  return orFail(openWalletFolder(walletFolderOf(args, environment)));
}

/** The key of the wallet in that folder. Throws Failure. */
export function signerOf(args: Args, environment: Environment): Signer {
  return orFail(walletSigner(walletFolderOf(args, environment)));
}

/** Whom --peer names. Throws Failure. */
export function readPeers(args: Args): readonly Address[] {
  const reading = PEERS.read(args.list('peer'), '');
  if (reading.ok) return reading.value;
  const [{ expected, found } = { expected: PEERS.expected, found: 'something else' }] =
    reading.misfits;
  throw failure('bad_usage', { field: '--peer', expected, found });
}
