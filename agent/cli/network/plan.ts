/**
 * A new network on paper: the genesis document, and for every node its key and configuration. Pure:
 * entropy is an argument, nothing is written (write.ts does that).
 */
import { foundText } from '../../core/base/characters.ts';
import {
  MAX_MEMBERS,
  MAX_TOKEN_DECIMALS,
  MAX_VOTES_PER_HOUR,
  PROTOCOL_VERSION,
} from '../../core/base/limits.ts';
import { parseName } from '../../core/base/names.ts';
import { isRefusal, type Refusal, refusal } from '../../core/base/refusal.ts';
import { type Amount, parseAmount, type TokenIndex } from '../../core/base/units.ts';
import {
  checkGenesis,
  type Genesis,
  type Issue,
  type Network,
  networkOf,
  type OuterLedger,
  type Token,
} from '../../core/network/genesis.ts';
import { configWith } from '../../shell/config/config.ts';
import type { StaticPeer } from '../../shell/config/config-kinds.ts';
import { type Config, DEFAULT_PORT } from '../../shell/config/config-schema.ts';
import { signerFromSeed } from '../../shell/keys.ts';

/** Where the nodes will run. */
export type Layout =
  /** One router each; they find each other by beacons on these interfaces. */
  | { readonly kind: 'mesh'; readonly interfaces: readonly string[] }
  /** All on this machine, for trials: a port of 127.0.0.1 for each node, in order. */
  | { readonly kind: 'loopback'; readonly ports: readonly number[] };

export interface NetworkRequest {
  readonly name: string;
  readonly authorities: readonly string[];
  readonly relays: readonly string[];
  readonly tokens: readonly Token[];
  readonly votesPerHour: number;
  readonly ledgers: readonly OuterLedger[];
  readonly issuance: readonly Issue[];
  readonly layout: Layout;
}

export interface PlannedNode {
  readonly name: string;
  readonly role: 'authority' | 'relay';
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly config: Config;
}

export interface NetworkPlan {
  readonly network: Network;
  readonly nodes: readonly PlannedNode[];
}

/** `entropy(n)` gives n fresh random bytes. Refused with the field that breaks a rule. */
export function planNetwork(
  request: NetworkRequest,
  entropy: (length: number) => Uint8Array,
): NetworkPlan | Refusal {
  const { authorities, relays, tokens, issuance } = request;
  const named = [...authorities, ...relays];
  const twice = named.find((name, at) => named.indexOf(name) !== at);
  if (twice !== undefined) {
    return refusal('bad_genesis', {
      field: 'node names',
      expected: 'a name of its own for each',
      found: `"${twice}" twice`,
    });
  }
  // A second book would have a second cashier pay the same.
  const shared = request.ledgers.find(
    ({ kind, observers }) => kind === 'cashbook' && observers.length !== 1,
  );
  if (shared !== undefined) {
    return refusal('bad_genesis', {
      field: `--ledger ${shared.name} observer`,
      expected: 'one, who keeps the cashbook',
      found: `${shared.observers.length}`,
    });
  }
  const keyed = named.map((name) => {
    const seed = entropy(32);
    return { name, seed, publicKey: signerFromSeed(seed).publicKey };
  });
  const genesis: Genesis = {
    version: PROTOCOL_VERSION,
    name: request.name,
    nonce: entropy(16),
    members: keyed.slice(0, authorities.length).map(({ name, publicKey: key }) => ({ name, key })),
    tokens: [...tokens],
    votesPerHour: request.votesPerHour,
    ledgers: [...request.ledgers],
    issuance: [...issuance],
  };
  const wrong = checkGenesis(genesis);
  if (wrong !== undefined) return wrong;
  const nodes = keyed.map((node, at): PlannedNode => {
    const role = at < authorities.length ? 'authority' : 'relay';
    const place = placeOf(request.layout, at, keyed.slice(0, authorities.length));
    const ledger = booksOf(request.ledgers, at);
    return { ...node, role, config: configWith({ name: node.name, role, ledger, ...place }) };
  });
  return { network: networkOf(genesis), nodes };
}

/** The cashbooks that node `at` keeps: those whose only observer it is. */
function booksOf(ledgers: readonly OuterLedger[], at: number): Config['ledger'] {
  return ledgers
    .filter(({ kind, observers }) => kind === 'cashbook' && observers.length === 1)
    .filter(({ observers: [keeper] }) => keeper === at)
    .map(({ name }) => ({ name, kind: 'cashbook', folder: null }));
}

/** What the configuration of node `at` says of its surroundings. */
function placeOf(
  layout: Layout,
  at: number,
  authorities: readonly { readonly publicKey: Uint8Array }[],
): Partial<Config> {
  if (layout.kind === 'mesh') {
    return {
      'listen.addresses': [{ host: '::', port: DEFAULT_PORT }],
      'discovery.on': true,
      'discovery.interfaces': layout.interfaces,
    };
  }
  const endpoint = (node: number) => ({ host: '127.0.0.1', port: layout.ports[node] ?? 0 });
  const peers: readonly StaticPeer[] = authorities
    .map(({ publicKey }, member) => ({ address: endpoint(member), node: publicKey, member }))
    .filter(({ member }) => member !== at)
    .map(({ address, node }) => ({ address, node }));
  return {
    'listen.addresses': [endpoint(at)],
    peers,
    'store.folder': 'data',
    'store.allow_volatile': true,
    'control.socket': 'control.sock',
  };
}

/** "4" -> authority-1 to authority-4; "oak,elm" -> these names. At most `most` of them. */
export function parseNodeNames(
  text: string,
  prefix: string,
  field: string,
  least: number,
): readonly string[] | Refusal {
  const bad = (found: string): Refusal =>
    refusal('bad_genesis', {
      field,
      expected: `a number from ${least} to ${MAX_MEMBERS}, or names such as oak,elm`,
      found,
    });
  if (/^[0-9]+$/.test(text)) {
    const count = Number(text);
    if (count < least || count > MAX_MEMBERS) return bad(text);
    return Array.from({ length: count }, (_, i) => `${prefix}-${i + 1}`);
  }
  const names = text.split(',');
  const wrong = names.find((name) => !/^[a-z][a-z0-9-]{0,31}$/.test(name));
  if (wrong !== undefined || names.length > MAX_MEMBERS) return bad(foundText(wrong ?? text));
  return names;
}

/** First votes that an account gets in an hour, if the founder does not say. */
export const DEFAULT_VOTES_PER_HOUR = 120;

/** "HRS:2" -> a token with two decimals, of which one whole unit opens an account. */
export function parseToken(text: string): Token | Refusal {
  const [, symbol, places] = /^([A-Z][A-Z0-9]{0,11}):([0-9]{1,2})$/.exec(text) ?? [];
  if (symbol === undefined || Number(places) > MAX_TOKEN_DECIMALS) {
    return refusal('bad_genesis', {
      field: '--token',
      expected: `SYMBOL:DECIMALS such as HRS:2, decimals 0 to ${MAX_TOKEN_DECIMALS}`,
      found: foundText(text),
    });
  }
  return { symbol, decimals: Number(places), opens: (10n ** BigInt(places ?? 0)) as Amount };
}

/** "HRS:5.00" -> the tokens, of one of which now so much opens an account. */
export function withOpening(tokens: readonly Token[], text: string): readonly Token[] | Refusal {
  const field = '--opens';
  const [, symbol, amountText] = /^([^:]*):(.*)$/.exec(text) ?? [];
  if (symbol === undefined || amountText === undefined) {
    const expected = 'TOKEN:AMOUNT such as HRS:1.00';
    return refusal('bad_genesis', { field, expected, found: `"${text}"` });
  }
  const token = tokens.find((candidate) => candidate.symbol === symbol);
  if (token === undefined) {
    const expected = `${tokens.map((known) => known.symbol).join(' or ')}, the tokens of --token`;
    return refusal('unknown_token', { field: `${field} token`, expected, found: `"${symbol}"` });
  }
  const opens = parseAmount(amountText, token.decimals);
  if (isRefusal(opens)) return { ...opens, field: `${field} amount` };
  return tokens.map((each) => (each === token ? { ...token, opens } : each));
}

/** "120" -> votes an hour; "0" -> as many as an account asks for. */
export function parseVotesPerHour(text: string): number | Refusal {
  const votes = /^[0-9]{1,7}$/.test(text) ? Number(text) : MAX_VOTES_PER_HOUR + 1;
  if (votes <= MAX_VOTES_PER_HOUR) return votes;
  const expected = `a number from 1 to ${MAX_VOTES_PER_HOUR}, or 0 for no limit`;
  return refusal('bad_genesis', { field: '--votes-per-hour', expected, found: `"${text}"` });
}

/** "mp1...=HRS:1000.00" -> an issue. */
export function parseIssue(text: string, tokens: readonly Token[]): Issue | Refusal {
  const field = '--issue';
  const [, address, symbol, amountText] = /^([^=]*)=([^:]*):(.*)$/.exec(text) ?? [];
  if (address === undefined || symbol === undefined || amountText === undefined) {
    const expected = 'ADDRESS=TOKEN:AMOUNT such as mp1...=HRS:1000.00';
    return refusal('bad_genesis', { field, expected, found: foundText(text) });
  }
  const account = parseName('account', address, `${field} address`);
  if (isRefusal(account)) return account;
  const token = tokens.findIndex((candidate) => candidate.symbol === symbol);
  if (token < 0) {
    const expected = `${tokens.map((known) => known.symbol).join(' or ')}, the tokens of --token`;
    return refusal('unknown_token', {
      field: `${field} token`,
      expected,
      found: foundText(symbol),
    });
  }
  const amount = parseAmount(amountText, tokens[token]?.decimals ?? 0);
  if (isRefusal(amount)) return { ...amount, field: `${field} amount` };
  return { account, token: token as TokenIndex, amount };
}
