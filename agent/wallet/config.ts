/** wallet.toml: whom a wallet connects to, and how. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { strayInLines } from '../core/base/characters.ts';
import { MAX_MEMBERS } from '../core/base/limits.ts';
import { address, choice, flag, type Kind, list } from '../shell/config/config-kinds.ts';
import type { Address } from '../shell/net/address.ts';
import { TRANSPORT_CHOICES, type TransportChoice } from '../shell/net/transport.ts';
import { isCut, wholeText } from '../shell/whole.ts';
import { type FileFault, isFault, type SystemFault } from './fault.ts';
import { readText } from './genesis-file.ts';

export const CONFIG_FILE = 'wallet.toml';
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

/** The nodes that a wallet may be told to connect to. */
export const PEERS: Kind<readonly Address[]> = list(address('name'), MAX_PEERS);
const TRANSPORT: Kind<TransportChoice> = choice(TRANSPORT_CHOICES);
const ALLOW_VOLATILE: Kind<boolean> = flag();
const FIELDS = ['peers', 'transport', 'allow_volatile'];

/** The configuration of the wallet in a folder; without a file, what a wallet begins with. */
export function readWalletConfig(folder: string): WalletConfig | FileFault | SystemFault {
  const file = join(folder, CONFIG_FILE);
  if (!existsSync(file)) return { peers: [], allowVolatile: false };
  const text = readText(file, MAX_CONFIG_BYTES);
  if (isFault(text)) return text;
  if (isCut(text)) {
    const expected = 'the line "# end" that its first line promises';
    return bad(file, expected, 'none: its end is missing');
  }
  const table = parseToml(file, text);
  if ('fault' in table) return table;
  const { fields } = table;
  const extra = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (extra !== undefined) {
    return bad(`${file}: ${extra}`, 'peers, transport or allow_volatile', 'another field');
  }
  const take = <T>(name: string, kind: Kind<T>, preset: T): Taken<T> => {
    if (fields[name] === undefined) return { value: preset };
    const reading = kind.read(fields[name], folder);
    if (reading.ok) return { value: reading.value };
    const [misfit] = reading.misfits;
    const { at = '', expected = kind.expected, found = '' } = misfit ?? {};
    return bad(`${file}: ${name}${at}`, expected, found);
  };
  const peers = take('peers', PEERS, []);
  if ('fault' in peers) return peers;
  const transport = take('transport', TRANSPORT, 'auto');
  if ('fault' in transport) return transport;
  const allowVolatile = take('allow_volatile', ALLOW_VOLATILE, false);
  if ('fault' in allowVolatile) return allowVolatile;
  return {
    peers: peers.value,
    transport: transport.value,
    allowVolatile: allowVolatile.value,
  };
}

type Taken<T> = { readonly value: T } | FileFault;

function bad(field: string, expected: string, found: string): FileFault {
  return { fault: 'bad_config', field, expected, found };
}

/** Wrapped, since a file that somebody wrote may look like a fault. */
function parseToml(
  file: string,
  text: string,
): { readonly fields: Record<string, unknown> } | FileFault {
  try {
    return { fields: parse(text, { integersAsBigInt: true }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const field = `${file}: line ${error.line}, column ${error.column}`;
    return bad(field, 'TOML', strayInLines(text) ?? 'a mistake');
  }
}

/** The configuration as text. */
export function configText({ peers, transport = 'auto', allowVolatile }: WalletConfig): string {
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
