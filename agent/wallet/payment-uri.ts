/**
 * A request to be paid, as one text that fits a QR code:
 *
 *   meshpay:mp1...?network=mpnet1...&amount=12.50&token=HRS&memo=bread&peer=192.0.2.7:7420
 *
 * The form is that of BIP 21: fields in any order, percent-encoded; a field that this version does
 * not know is passed over, unless its name begins with "req-": then the request is refused.
 *
 * Safety: a request names its network, so nobody pays on another one by mistake. It is no promise:
 * whoever pays it has read and confirmed what it says.
 */
import { equalBytes } from '../core/base/bytes.ts';
import { foundText, strayIn, trimmed } from '../core/base/characters.ts';
import { nameOf, parseName } from '../core/base/names.ts';
import { refusal } from '../core/base/refusal.ts';
import type { Network } from '../core/network/genesis.ts';
import { formatAddress } from '../shell/net/address.ts';
import { PEERS } from './config.ts';
import { isFault, orRefused, type RefusedFault } from './fault.ts';

const SCHEME = 'meshpay:';
/** Far above what a QR code that a camera reads well can hold. */
const MAX_URI_CHARACTERS = 1_024;
/** A payer needs one way in, and another if that one is gone. */
export const MAX_REQUEST_PEERS = 4;

export interface PaymentUri {
  /** The account to be paid, 32 bytes. */
  readonly recipient: Uint8Array;
  /** The id of the network, 32 bytes. */
  readonly network: Uint8Array;
  /** Decimal, in the token's own unit; undefined: the payer says how much. */
  readonly amount: string | undefined;
  readonly token: string | undefined;
  readonly memo: string;
  /** Nodes of the network that the payer may connect to. */
  readonly peers: readonly Parameters<typeof formatAddress>[0][];
}

/** Whether somebody means a request, whatever is wrong with it. */
export function isPaymentUri(text: string): boolean {
  return trimmed(text).slice(0, SCHEME.length).toLowerCase() === SCHEME;
}

/** The request as text. */
export function writePaymentUri(request: PaymentUri): string {
  const { recipient, network, amount, token, memo, peers } = request;
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['network', nameOf('network', network)],
    ['amount', amount],
    ['token', token],
    ['memo', memo === '' ? undefined : memo],
    ...peers.slice(0, MAX_REQUEST_PEERS).map((peer) => ['peer', formatAddress(peer)] as const),
  ];
  const written = fields.flatMap(([name, value]) => {
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  return `${SCHEME}${nameOf('account', recipient)}?${written.join('&')}`;
}

/** Reads a request; names the first thing that is wrong with it. */
export function readPaymentUri(text: string): PaymentUri | RefusedFault {
  const plain = trimmed(text);
  if (plain.length > MAX_URI_CHARACTERS) {
    return bad('request', `at most ${MAX_URI_CHARACTERS} characters`, `${plain.length}`);
  }
  const stray = strayIn(plain);
  if (stray !== undefined) return bad('request', 'a request of one piece', stray);
  const [address = '', query = ''] = splitOnce(plain.slice(SCHEME.length), '?');
  const recipient = orRefused(parseName('account', address, 'recipient'));
  if (isFault(recipient)) return recipient;
  const fields = readFields(query);
  if ('fault' in fields) return fields;
  const [named] = fields.of('network');
  if (named === undefined) return bad('network', 'the id of a network, mpnet1...', 'none');
  const network = orRefused(parseName('network', named, 'network'));
  if (isFault(network)) return network;
  const peers = PEERS.read(fields.of('peer').slice(0, MAX_REQUEST_PEERS), '');
  if (!peers.ok) {
    const [{ expected, found } = { expected: PEERS.expected, found: 'another text' }] =
      peers.misfits;
    return bad('peer', expected, found);
  }
  const [[amount], [token], [memo = '']] = [
    fields.of('amount'),
    fields.of('token'),
    fields.of('memo'),
  ];
  return { recipient, network, amount, token, memo, peers: peers.value };
}

/** Whether the request is for this network; otherwise why it is not. */
export function checkNetwork({ network }: PaymentUri, own: Network): RefusedFault | undefined {
  if (equalBytes(network, own.id)) return undefined;
  const expected = `${nameOf('network', own.id)}, the wallet's (${own.genesis.name})`;
  const found = nameOf('network', network);
  return {
    fault: 'refused',
    refusal: refusal('wrong_network', { field: 'network of the request', expected, found }),
  };
}

interface Fields {
  of(name: string): readonly string[];
}

const SINGLE = ['network', 'amount', 'token', 'memo'];
const KNOWN = [...SINGLE, 'peer'];

function readFields(query: string): Fields | RefusedFault {
  const read = new Map<string, string[]>();
  for (const part of query.split('&').filter((each) => each !== '')) {
    const [name = '', raw = ''] = splitOnce(part, '=');
    if (!KNOWN.includes(name)) {
      if (!name.startsWith('req-')) continue;
      return bad('request', 'what this version understands', foundText(name));
    }
    const value = decoded(raw);
    if (value === undefined || value === '') {
      return bad(name, 'a value, percent-encoded', foundText(raw));
    }
    const values = [...(read.get(name) ?? []), value];
    if (values.length > 1 && SINGLE.includes(name)) return bad(name, 'to stand once', 'it twice');
    read.set(name, values);
  }
  return { of: (name) => read.get(name) ?? [] };
}

function decoded(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function splitOnce(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function bad(field: string, expected: string, found: string): RefusedFault {
  return { fault: 'refused', refusal: refusal('bad_name', { field, expected, found }) };
}
