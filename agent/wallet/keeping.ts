/**
 * What brings a wallet back: its words, its key file, or a backup, which has the network, the nodes
 * and the contacts as well. Payments are in none of them: the authorities have them all.
 *
 * Safety: a backup is no copy of the wallet's store. A copy could have forgotten an order that was
 * signed after it, and sign another one; a wallet that comes back without a store asks n - f
 * authorities before it signs (PROTOCOL: wallets).
 */
import { writeNewFile } from '../../platform/file-writer.ts';
import { isRefusal } from '../core/base/refusal.ts';
import type { Network } from '../core/network/genesis.ts';
import { genesisToJson, networkFromJson } from '../core/network/genesis-json.ts';
import { MAX_GENESIS_BYTES } from '../shell/config/limits.ts';
import { formatSeed, parseSeed } from '../shell/keys.ts';
import { formatAddress } from '../shell/net/address.ts';
import { PEERS, readWalletConfig, type WalletConfig } from './config.ts';
import { type Contacts, contactsOf, readContacts } from './contacts.ts';
import { type FileFault, isFault, type WalletFault, withFiles } from './fault.ts';
import { networkIn, walletSeed } from './folder.ts';
import { readText } from './genesis-file.ts';
import { isLocked, locked, unlocked } from './lock.ts';
import { areWords, seedOfWords } from './words.ts';

/** A genesis, contacts, and base64 around them. */
const MAX_KEPT_BYTES = 4 * MAX_GENESIS_BYTES;
const KIND = 'meshpay wallet backup';
const VERSION = 1;

/** What a wallet is made anew from. */
export interface KeptWallet {
  readonly seed: Uint8Array;
  readonly network: Network | undefined;
  readonly peers: WalletConfig['peers'];
  readonly contacts: Contacts;
}

/** Writes a backup to a file that must not be there yet, for its owner alone. */
export function writeBackup(
  folder: string,
  file: string,
  passphrase: string | undefined,
): WalletFault | undefined {
  const seed = walletSeed(folder);
  if (isFault(seed)) return seed;
  const network = networkIn(folder);
  if (isFault(network)) return network;
  const config = readWalletConfig(folder);
  if (isFault(config)) return config;
  const contacts = readContacts(folder);
  if (isFault(contacts)) return contacts;
  const json = {
    kind: KIND,
    version: VERSION,
    key: formatSeed(seed),
    genesis: network === undefined ? null : genesisToJson(network.genesis),
    peers: config.peers.map(formatAddress),
    contacts: Object.fromEntries(contacts),
  };
  const text = `${JSON.stringify(json, undefined, 2)}\n`;
  return withFiles(() => {
    writeNewFile(file, passphrase === undefined ? text : locked(text, passphrase), 0o600);
    return undefined;
  });
}

/** What a person kept in a file: a backup, a key file, or the words. */
export function readKept(
  file: string,
): { readonly text: string; readonly needsPassphrase: boolean } | WalletFault {
  const text = readText(file, MAX_KEPT_BYTES);
  return isFault(text) ? text : { text, needsPassphrase: isLocked(text) };
}

/** Reads it. `passphrase`: of a text that needs one. `file`: to name it by. */
export function keptWallet(
  file: string,
  text: string,
  passphrase: string | undefined,
): KeptWallet | WalletFault {
  if (isLocked(text)) {
    const opened = unlocked(text, passphrase ?? '');
    if (opened === 'malformed') return bad(file, 'a whole backup', 'a damaged one');
    if (opened === 'closed') return bad(file, 'its passphrase', 'one that does not open it');
    return keptWallet(file, opened.text, undefined);
  }
  const plain = text.trim();
  if (plain.startsWith('{')) return backupOf(file, plain);
  const seed = parseSeed(plain) ?? (areWords(plain) ? seedOfWords(plain) : undefined);
  if (isFault(seed)) return seed;
  if (seed !== undefined) return { seed, network: undefined, peers: [], contacts: new Map() };
  return bad(file, 'a backup, a key (mpsecret1...) or 24 words', 'something else');
}

function backupOf(file: string, text: string): KeptWallet | WalletFault {
  const json = parsed(file, text);
  if ('fault' in json) return json;
  const { kind, version, key, genesis, peers, contacts } = json.fields;
  if (kind !== KIND) return bad(`${file}: kind`, `"${KIND}"`, 'something else');
  if (version !== VERSION) return bad(`${file}: version`, `${VERSION}`, 'another one');
  // Of the key nothing is shown.
  const seed = typeof key === 'string' ? parseSeed(key) : undefined;
  if (seed === undefined) return bad(`${file}: key`, 'a key, mpsecret1...', 'something else');
  const network = genesis === null ? undefined : networkFromJson(genesis);
  if (isRefusal(network)) {
    const field = `${file}: genesis${network.field === undefined ? '' : `.${network.field}`}`;
    return { fault: 'refused', refusal: { ...network, field } };
  }
  const addresses = PEERS.read(peers, '');
  if (!addresses.ok) return bad(`${file}: peers`, PEERS.expected, 'something else');
  const isTable = typeof contacts === 'object' && contacts !== null;
  const known = contactsOf(`${file}: contacts`, isTable ? Object.entries(contacts) : []);
  if (isFault(known)) return known;
  return { seed, network, peers: addresses.value, contacts: known };
}

function parsed(
  file: string,
  text: string,
): { readonly fields: Readonly<Record<string, unknown>> } | FileFault {
  try {
    return { fields: JSON.parse(text) as Record<string, unknown> };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return bad(file, 'a whole backup', 'a damaged one');
  }
}

function bad(field: string, expected: string, found: string): FileFault {
  return { fault: 'bad_file', field, expected, found };
}
