/**
 * A wallet is a folder:
 *
 *   wallet.key    the account's secret key, mode 0600 (shell/keys.ts)
 *   genesis.json  the network that it pays on; not there before the wallet has joined one
 *   wallet.toml   the nodes that it connects to
 *   contacts.toml names for addresses (contacts.ts); not there before it has any
 *   store/, pid   its store (shell/store/layout.ts)
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile, writeNewFile } from '../../platform/file-writer.ts';
import { createFolder } from '../../platform/folder-writer.ts';
import type { Signer } from '../core/base/crypto.ts';
import { type Memos, memosOf } from '../core/memo.ts';
import type { Network } from '../core/network/genesis.ts';
import { isKeyFault, newSeed, readKeyFile, signerFromSeed, writeKeyFile } from '../shell/keys.ts';
import type { Address } from '../shell/net/address.ts';
import { CONFIG_FILE, configText, readWalletConfig, type WalletConfig } from './config.ts';
import { CONTACTS_FILE, type Contacts, contactsText } from './contacts.ts';
import { isFault, type KeyFileFault, type WalletFault, withFiles } from './fault.ts';
import { GENESIS_FILE, genesisText, readGenesis } from './genesis-file.ts';

const KEY_FILE = 'wallet.key';

export interface WalletFolder {
  readonly folder: string;
  readonly signer: Signer;
  readonly memos: Memos;
  readonly network: Network;
  readonly config: WalletConfig;
}

/**
 * Makes a wallet, whole or not at all, and gives back its full path. `network`: undefined for one
 * that joins later.
 */
export function createWallet(
  folder: string,
  network: Network | undefined,
  config: WalletConfig,
  seed: Uint8Array = newSeed(),
  contacts: Contacts = new Map(),
): string | WalletFault {
  const created = withFiles(() => {
    return createFolder(folder, (partial): KeyFileFault | undefined => {
      const key = writeKeyFile(join(partial, KEY_FILE), seed);
      if (key !== undefined) return { fault: 'key', key };
      if (network !== undefined) {
        writeNewFile(join(partial, GENESIS_FILE), genesisText(network), 0o644);
      }
      writeNewFile(join(partial, CONFIG_FILE), configText(config), 0o644);
      if (contacts.size > 0) {
        writeNewFile(join(partial, CONTACTS_FILE), contactsText(contacts), 0o600);
      }
      return undefined;
    });
  });
  if ('made' in created && created.made) return created.path;
  if (!('taken' in created)) return created.fault === 'system' ? created : created.fault;
  const { path, taken } = created;
  return { fault: 'folder_taken', field: path, expected: 'nothing there yet', found: taken };
}

/** Tells a wallet its network, and whom to connect to. It cannot change its network. */
export function joinNetwork(
  folder: string,
  network: Network,
  peers: readonly Address[],
): WalletConfig | WalletFault {
  const file = join(folder, GENESIS_FILE);
  const present = existsSync(file) ? readGenesis(file) : undefined;
  if (isFault(present)) return present;
  if (present !== undefined && genesisText(present) !== genesisText(network)) {
    const expected = `the network ${network.genesis.name}`;
    return { fault: 'network_differs', field: file, expected, found: 'another network' };
  }
  const old = readWalletConfig(folder);
  if (isFault(old)) return old;
  const config = { ...old, peers: peers.length === 0 ? old.peers : peers };
  return withFiles(() => {
    if (present === undefined) replaceFile(file, genesisText(network), 0o644);
    replaceFile(join(folder, CONFIG_FILE), configText(config), 0o644);
    return config;
  });
}

/** The key of the wallet in a folder. */
export function walletSigner(folder: string): Signer | WalletFault {
  const seed = walletSeed(folder);
  return isFault(seed) ? seed : signerFromSeed(seed);
}

/** What opens memos of the wallet in a folder; undefined where there is no wallet. */
export function walletMemos(folder: string, network: Network): Memos | undefined | WalletFault {
  if (!existsSync(join(folder, KEY_FILE))) return undefined;
  const seed = walletSeed(folder);
  return isFault(seed) ? seed : memosOf(seed, network.id);
}

/** A wallet that has joined a network. */
export function openWalletFolder(folder: string): WalletFolder | WalletFault {
  const seed = walletSeed(folder);
  if (isFault(seed)) return seed;
  const signer = signerFromSeed(seed);
  if (!existsSync(join(folder, GENESIS_FILE))) {
    const [expected, found] = ['a wallet with a network', 'no genesis.json in it'];
    return { fault: 'no_network', field: folder, expected, found };
  }
  const network = readGenesis(join(folder, GENESIS_FILE));
  if (isFault(network)) return network;
  const config = readWalletConfig(folder);
  if (isFault(config)) return config;
  return { folder, signer, memos: memosOf(seed, network.id), network, config };
}

/** The network that the wallet in a folder has joined; undefined: none yet. */
export function networkIn(folder: string): Network | undefined | WalletFault {
  const file = join(folder, GENESIS_FILE);
  return existsSync(file) ? readGenesis(file) : undefined;
}

/** The secret of the wallet in a folder. */
export function walletSeed(folder: string): Uint8Array | WalletFault {
  const file = join(folder, KEY_FILE);
  if (!existsSync(file)) {
    const found = existsSync(folder) ? 'none in it' : 'nothing';
    return { fault: 'no_wallet', field: folder, expected: 'a wallet', found };
  }
  const seed = readKeyFile(file);
  return isKeyFault(seed) ? { fault: 'key', key: seed } : seed;
}
