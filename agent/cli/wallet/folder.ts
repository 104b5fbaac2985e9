/**
 * A wallet is a folder:
 *
 *   wallet.key    the account's secret key, mode 0600 (shell/keys.ts)
 *   genesis.json  the network that it pays on; not there before the wallet has joined one
 *   wallet.toml   the nodes that it connects to
 *   store/, pid   its store (shell/store/layout.ts)
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { replaceFile, writeNewFile } from '../../../platform/file-writer.ts';
import { strayInLines } from '../../core/base/characters.ts';
import type { Signer } from '../../core/base/crypto.ts';
import { MAX_MEMBERS } from '../../core/base/limits.ts';
import { type Memos, memosOf } from '../../core/memo.ts';
import type { Network } from '../../core/network/genesis.ts';
import { genesisToJson } from '../../core/network/genesis-json.ts';
import { address, choice, flag, type Kind, list } from '../../shell/config/config-kinds.ts';
import { newSeed, writeKeyFile } from '../../shell/keys.ts';
import type { Address } from '../../shell/net/address.ts';
import { TRANSPORT_CHOICES, type TransportChoice } from '../../shell/net/transport.ts';
import { isCut, wholeText } from '../../shell/whole.ts';
import type { Args, OptionSpec } from '../command.ts';
import type { Environment } from '../config.ts';
import { failure } from '../failure.ts';
import { createFolder } from '../folder.ts';
import { keyFailure, seedFromFile, signerFromFile } from '../key-file.ts';
import { readGenesisFile, readText } from '../network/read.ts';
import { GENESIS_FILE } from '../network/write.ts';

const KEY_FILE = 'wallet.key';
const CONFIG_FILE = 'wallet.toml';
/** Every member of the largest committee, and as many relays. */
const MAX_PEERS = 2 * MAX_MEMBERS;
const MAX_CONFIG_BYTES = 65_536;

export interface WalletConfig {
  /** Nodes to connect to: authorities or relays. */
  readonly peers: readonly Address[];
  /** How its streams travel; "auto" if left out. */
  readonly transport?: TransportChoice;
  /** The folder may be in memory. */
  readonly allowVolatile: boolean;
}

export interface WalletFolder {
  readonly folder: string;
  readonly signer: Signer;
  readonly memos: Memos;
  readonly network: Network;
  readonly config: WalletConfig;
}

const PEERS: Kind<readonly Address[]> = list(address('name'), MAX_PEERS);
const TRANSPORT: Kind<TransportChoice> = choice(TRANSPORT_CHOICES);
const ALLOW_VOLATILE: Kind<boolean> = flag();
const FIELDS = ['peers', 'transport', 'allow_volatile'];

/** The option of every wallet command. */
export const WALLET_OPTION: OptionSpec = {
  name: 'wallet',
  kind: 'text',
  value: 'FOLDER',
  completes: 'folder',
  summary: "the wallet's folder; ~/.local/share/meshpay/wallet if left out",
};

/** The option of the wallet commands that say whom to connect to. */
export const PEER_OPTION: OptionSpec = {
  name: 'peer',
  kind: 'list',
  value: 'HOST:PORT',
  summary: 'an authority or relay to connect to; kept in wallet.toml',
};

/** The folder that the options name. */
export function walletFolderOf(args: Args, environment: Environment): string {
  const { dataFolder } = environment;
  const named = args.text('wallet');
  if (named !== undefined) return named;
  if (dataFolder !== undefined) return join(dataFolder, 'wallet');
  throw failure(
    'no_home',
    { field: 'HOME', expected: 'an absolute path', found: 'none' },
    '"--wallet FOLDER" names the folder of the wallet.',
  );
}

/** Whom --peer names. */
export function readPeers(args: Args): readonly Address[] {
  const reading = PEERS.read(args.list('peer'), '');
  if (reading.ok) return reading.value;
  const [{ expected, found } = { expected: PEERS.expected, found: 'something else' }] =
    reading.misfits;
  throw failure('bad_usage', { field: '--peer', expected, found });
}

/** Makes a wallet, whole or not at all. `network`: undefined for one that joins later. */
export function createWallet(
  folder: string,
  network: Network | undefined,
  config: WalletConfig,
  seed: Uint8Array = newSeed(),
): string {
  return createFolder(folder, (partial) => {
    const fault = writeKeyFile(join(partial, KEY_FILE), seed);
    if (fault !== undefined) throw keyFailure(fault);
    if (network !== undefined) {
      writeNewFile(join(partial, GENESIS_FILE), genesisText(network), 0o644);
    }
    writeNewFile(join(partial, CONFIG_FILE), configText(config), 0o644);
  });
}

/** Tells a wallet its network, and whom to connect to. It cannot change its network. */
export function joinNetwork(
  folder: string,
  network: Network,
  peers: readonly Address[],
): WalletConfig {
  const file = join(folder, GENESIS_FILE);
  const present = existsSync(file) ? readGenesisFile(file) : undefined;
  if (present !== undefined && genesisText(present) !== genesisText(network)) {
    throw failure(
      'file_exists',
      { field: file, expected: `the network ${network.genesis.name}`, found: 'another network' },
      'A wallet belongs to one network for good. "meshpay wallet new" makes another wallet.',
    );
  }
  const old = readWalletConfig(folder);
  const config = { ...old, peers: peers.length === 0 ? old.peers : peers };
  if (present === undefined) replaceFile(file, genesisText(network), 0o644);
  replaceFile(join(folder, CONFIG_FILE), configText(config), 0o644);
  return config;
}

/** The key of the wallet in a folder. */
export function walletSigner(folder: string): Signer {
  if (!existsSync(join(folder, KEY_FILE))) {
    throw failure(
      'file_missing',
      { field: folder, expected: 'a wallet', found: existsSync(folder) ? 'none in it' : 'nothing' },
      '"meshpay wallet new" makes one; "--wallet FOLDER" names another.',
    );
  }
  return signerFromFile(join(folder, KEY_FILE));
}

/** What opens memos of the wallet in a folder; undefined where there is no wallet. */
export function walletMemos(folder: string, network: Network): Memos | undefined {
  const file = join(folder, KEY_FILE);
  return existsSync(file) ? memosOf(seedFromFile(file), network.id) : undefined;
}

/** A wallet that has joined a network. */
export function openWalletFolder(folder: string): WalletFolder {
  const signer = walletSigner(folder);
  if (!existsSync(join(folder, GENESIS_FILE))) {
    throw failure(
      'no_network',
      { field: folder, expected: 'a wallet with a network', found: 'no genesis.json in it' },
      '"meshpay wallet join GENESIS --peer HOST:PORT" tells it its network.',
    );
  }
  const network = readGenesisFile(join(folder, GENESIS_FILE));
  const memos = memosOf(seedFromFile(join(folder, KEY_FILE)), network.id);
  return { folder, signer, memos, network, config: readWalletConfig(folder) };
}

function readWalletConfig(folder: string): WalletConfig {
  const file = join(folder, CONFIG_FILE);
  if (!existsSync(file)) return { peers: [], allowVolatile: false };
  const text = readText(file, MAX_CONFIG_BYTES);
  if (isCut(text)) {
    const expected = 'the line "# end" that its first line promises';
    throw failure('bad_config', { field: file, expected, found: 'none: its end is missing' });
  }
  const table = parseToml(file, text);
  const extra = Object.keys(table).find((name) => !FIELDS.includes(name));
  if (extra !== undefined) {
    const expected = 'peers, transport or allow_volatile';
    throw failure('bad_config', { field: `${file}: ${extra}`, expected, found: 'another field' });
  }
  const take = <T>(name: string, kind: Kind<T>, preset: T): T => {
    if (table[name] === undefined) return preset;
    const reading = kind.read(table[name], folder);
    if (reading.ok) return reading.value;
    const [misfit] = reading.misfits;
    const { at = '', expected = kind.expected, found = '' } = misfit ?? {};
    throw failure('bad_config', { field: `${file}: ${name}${at}`, expected, found });
  };
  return {
    peers: take('peers', PEERS, []),
    transport: take('transport', TRANSPORT, 'auto'),
    allowVolatile: take('allow_volatile', ALLOW_VOLATILE, false),
  };
}

function parseToml(file: string, text: string): Record<string, unknown> {
  try {
    return parse(text, { integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const field = `${file}: line ${error.line}, column ${error.column}`;
    throw failure('bad_config', {
      field,
      expected: 'TOML',
      found: strayInLines(text) ?? 'a mistake',
    });
  }
}

function genesisText(network: Network): string {
  return `${JSON.stringify(genesisToJson(network.genesis), undefined, 2)}\n`;
}

function configText({ peers, transport = 'auto', allowVolatile }: WalletConfig): string {
  const lines = [
    '# Authorities and relays that this wallet connects to; one is enough, more are safer.',
    `peers = ${PEERS.write(peers)}`,
    '# How it connects: "tcp", "datagram" (for meshes that lose packets), or "auto", as it fits.',
    `transport = ${TRANSPORT.write(transport)}`,
    '# Accept a wallet folder in memory (tmpfs). For trials: a reboot loses it.',
    `allow_volatile = ${ALLOW_VOLATILE.write(allowVolatile)}`,
    '',
  ];
  return wholeText(lines.join('\n'));
}
