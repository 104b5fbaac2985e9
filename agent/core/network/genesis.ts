/**
 * The genesis document: who the first committee is, which tokens and outer ledgers there are, how
 * much of the closed-loop tokens is given to whom, and what a stranger may leave behind. Its hash
 * is the network id, which every signature covers (PROTOCOL: Networks and committees), so nobody
 * can be shown another document under the same id.
 */
import { ascii } from '../base/bytes.ts';
import { foundText, strayIn } from '../base/characters.ts';
import { sha256 } from '../base/crypto.ts';
import { isPlainPoint } from '../base/ed25519.ts';
import {
  MAX_ABOUT_BYTES,
  MAX_AMOUNT,
  MAX_ISSUANCE,
  MAX_LEDGERS,
  MAX_MEMBERS,
  MAX_NAME_LENGTH,
  MAX_SYMBOL_LENGTH,
  MAX_TOKEN_DECIMALS,
  MAX_TOKENS,
  MAX_VOTES_PER_HOUR,
  PROTOCOL_VERSION,
} from '../base/limits.ts';
import { isRefusal, type Refusal, refusal } from '../base/refusal.ts';
import type { LedgerIndex, MemberIndex, TokenIndex } from '../base/units.ts';
import {
  amountCoder,
  decode,
  encode,
  keyCoder,
  memberCoder,
  tokenCoder,
} from '../codec/canonical.ts';
import type { Coder, ValueOf } from '../codec/coder.ts';
import { u8, u16, u32 } from '../codec/numbers.ts';
import { bytesOf, checked, listOf, listWith, struct, textOf } from '../codec/parts.ts';
import { isLedgerKind, LEDGER_KINDS } from '../ledgers/kinds.ts';

/** An outer ledger. */
export interface OuterLedger {
  readonly name: string;
  /** What syntax and what adapter it has. */
  readonly kind: string;
  /** Tokens that it pays out, in ascending order. */
  readonly tokens: readonly TokenIndex[];
  /** Founders who watch it themselves, in ascending order: their keys, whoever judges later. */
  readonly observers: readonly MemberIndex[];
  /** How many of them certify what happened there. */
  readonly quorum: number;
  /** What it is, for people. */
  readonly about: string;
}

const ledgerCoder: Coder<OuterLedger> = struct<OuterLedger>({
  name: textOf(MAX_NAME_LENGTH),
  kind: textOf(MAX_NAME_LENGTH),
  tokens: listOf(MAX_TOKENS, tokenCoder),
  observers: listOf(MAX_MEMBERS, memberCoder),
  quorum: u8,
  about: textOf(MAX_ABOUT_BYTES),
});

const genesisCoder = struct({
  version: u8,
  name: textOf(MAX_NAME_LENGTH),
  /** Makes two networks of the same people and tokens two networks. */
  nonce: bytesOf(16),
  members: listOf(MAX_MEMBERS, struct({ name: textOf(MAX_NAME_LENGTH), key: keyCoder })),
  tokens: listOf(
    MAX_TOKENS,
    struct({
      symbol: textOf(MAX_SYMBOL_LENGTH),
      decimals: u8,
      /** The least amount, in smallest units, that opens an account where there is none. */
      opens: amountCoder,
    }),
  ),
  /** First votes that each authority gives an account in an hour; 0: as many as it asks for. */
  votesPerHour: u32,
  /** The outer ledgers through which money leaves and comes in (core/ledgers). */
  ledgers: listOf(MAX_LEDGERS, ledgerCoder),
  issuance: listWith(
    checked(u16, (count) => count <= MAX_ISSUANCE || `${count} issues, at most ${MAX_ISSUANCE}`),
    struct({ account: keyCoder, token: tokenCoder, amount: amountCoder }),
  ),
});

export type Genesis = ValueOf<typeof genesisCoder>;
export type Token = Genesis['tokens'][number];
export type Issue = Genesis['issuance'][number];

/** What every node knows of its network. */
export interface Network {
  readonly id: Uint8Array;
  readonly genesis: Genesis;
}

/** Genesis document -> canonical bytes. The document must be sound (`checkGenesis`). */
export function encodeGenesis(genesis: Genesis): Uint8Array {
  return encode(genesisCoder, genesis);
}

/** Canonical bytes -> genesis document, checked. */
export function decodeGenesis(bytes: Uint8Array): Genesis | Refusal {
  const genesis = decode(genesisCoder, bytes);
  if (isRefusal(genesis)) return genesis;
  return checkGenesis(genesis) ?? genesis;
}

/** The network that a sound genesis document founds. */
export function networkOf(genesis: Genesis): Network {
  const tag = ascii(`meshpay/${PROTOCOL_VERSION}/genesis`);
  return {
    id: sha256(Uint8Array.of(tag.length), tag, encodeGenesis(genesis)),
    genesis,
  };
}

/** The token of this symbol. */
export function tokenBySymbol(genesis: Genesis, symbol: string): TokenIndex | Refusal {
  const index = genesis.tokens.findIndex((token) => token.symbol === symbol);
  if (index >= 0) return index as TokenIndex;
  const expected = genesis.tokens.map((token) => token.symbol).join(' or ');
  const found = strayIn(symbol.slice(0, 40)) ?? symbol.slice(0, 40);
  return refusal('unknown_token', { field: 'token', expected, found });
}

/** The outer ledger of this name. */
export function ledgerByName({ ledgers }: Genesis, name: string): LedgerIndex | Refusal {
  const index = ledgers.findIndex((ledger) => ledger.name === name);
  if (index >= 0) return index as LedgerIndex;
  const expected = ledgers.map((ledger) => ledger.name).join(' or ') || 'none: it has none';
  const found = strayIn(name.slice(0, 40)) ?? name.slice(0, 40);
  return refusal('unknown_ledger', { field: 'ledger', expected, found });
}

/** The least amount of a token that opens an account, in smallest units. */
export function opensAt({ tokens }: Genesis, token: TokenIndex): bigint {
  return tokens[token]?.opens ?? MAX_AMOUNT;
}

/** Undefined for a sound document, otherwise which field breaks which rule. */
export function checkGenesis(genesis: Genesis): Refusal | undefined {
  const bad = (field: string, expected: string, found: string): Refusal =>
    refusal('bad_genesis', { field, expected, found });
  if (genesis.version !== PROTOCOL_VERSION) {
    return bad('version', `${PROTOCOL_VERSION}`, `${genesis.version}`);
  }
  if (!isPlainName(genesis.name)) return bad('name', NAME_RULE, foundText(genesis.name));
  if (genesis.votesPerHour > MAX_VOTES_PER_HOUR) {
    return bad('votes_per_hour', `0 to ${MAX_VOTES_PER_HOUR}`, `${genesis.votesPerHour}`);
  }
  return (
    checkMembers(genesis, bad) ??
    checkTokens(genesis, bad) ??
    checkLedgers(genesis, bad) ??
    checkIssuance(genesis, bad)
  );
}

type Bad = (field: string, expected: string, found: string) => Refusal;

function checkMembers({ members }: Genesis, bad: Bad): Refusal | undefined {
  if (members.length === 0 || members.length > MAX_MEMBERS) {
    return bad('members', `1 to ${MAX_MEMBERS} authorities`, `${members.length}`);
  }
  for (const [i, member] of members.entries()) {
    const field = `members[${i}]`;
    if (!isPlainName(member.name)) {
      return bad(`${field}.name`, NAME_RULE, foundText(member.name));
    }
    if (!isPlainPoint(member.key)) return bad(`${field}.key`, 'an Ed25519 key', 'a weak one');
    const earlier = members.slice(0, i);
    if (earlier.some(({ name }) => name === member.name)) {
      return bad(`${field}.name`, 'a name of its own', `"${member.name}" again`);
    }
    if (earlier.some(({ key }) => key.every((byte, at) => byte === member.key[at]))) {
      return bad(`${field}.key`, 'a key of its own', 'the key of an earlier member');
    }
  }
  return undefined;
}

function checkTokens({ tokens }: Genesis, bad: Bad): Refusal | undefined {
  if (tokens.length === 0 || tokens.length > MAX_TOKENS) {
    return bad('tokens', `1 to ${MAX_TOKENS} tokens`, `${tokens.length}`);
  }
  for (const [i, token] of tokens.entries()) {
    const field = `tokens[${i}]`;
    if (!/^[A-Z][A-Z0-9]{0,11}$/.test(token.symbol)) {
      const expected = '1 to 12 capital letters and digits, a letter first';
      return bad(`${field}.symbol`, expected, foundText(token.symbol));
    }
    if (token.decimals > MAX_TOKEN_DECIMALS) {
      return bad(`${field}.decimals`, `0 to ${MAX_TOKEN_DECIMALS}`, `${token.decimals}`);
    }
    if (token.opens <= 0n) return bad(`${field}.opens`, 'above zero', `${token.opens}`);
    if (tokens.slice(0, i).some(({ symbol }) => symbol === token.symbol)) {
      return bad(`${field}.symbol`, 'a symbol of its own', `"${token.symbol}" again`);
    }
  }
  return undefined;
}

function checkLedgers(genesis: Genesis, bad: Bad): Refusal | undefined {
  for (const [i, ledger] of genesis.ledgers.entries()) {
    const at = `ledgers[${i}]`;
    const broken = checkLedger(genesis, ledger, at, bad);
    if (broken !== undefined) return broken;
    if (genesis.ledgers.slice(0, i).some(({ name }) => name === ledger.name)) {
      return bad(`${at}.name`, 'a name of its own', `"${ledger.name}" again`);
    }
  }
  return undefined;
}

function checkLedger(
  genesis: Genesis,
  { name, kind, tokens, observers, quorum, about }: OuterLedger,
  at: string,
  bad: Bad,
): Refusal | undefined {
  if (!isPlainName(name)) return bad(`${at}.name`, NAME_RULE, foundText(name));
  if (!isLedgerKind(kind)) {
    return bad(`${at}.kind`, Object.keys(LEDGER_KINDS).join(' or '), foundText(kind));
  }
  const lists = [
    { field: 'tokens', list: tokens, below: genesis.tokens.length },
    { field: 'observers', list: observers, below: genesis.members.length },
  ];
  for (const { field, list, below } of lists) {
    const isAscending = list.every((n, i) => n < below && (i === 0 || n > (list[i - 1] ?? n)));
    if (list.length === 0 || !isAscending) {
      const expected = `1 to ${below} different ones in their order, each below ${below}`;
      return bad(`${at}.${field}`, expected, list.join(', ') || 'none');
    }
  }
  if (quorum < 1 || quorum > observers.length) {
    return bad(`${at}.quorum`, `1 to ${observers.length}`, `${quorum}`);
  }
  const stray = strayIn(about);
  return stray === undefined ? undefined : bad(`${at}.about`, 'plain text', stray);
}

function checkIssuance({ issuance, tokens }: Genesis, bad: Bad): Refusal | undefined {
  const supply = new Map<number, bigint>();
  for (const [i, issue] of issuance.entries()) {
    const field = `issuance[${i}]`;
    if (tokens[issue.token] === undefined) {
      return bad(`${field}.token`, `below ${tokens.length}`, `${issue.token}`);
    }
    if (issue.amount === 0n) return bad(`${field}.amount`, 'above zero', '0');
    const total = (supply.get(issue.token) ?? 0n) + issue.amount;
    if (total > MAX_AMOUNT) return bad(`${field}.amount`, 'a supply below 2^128', `${total}`);
    supply.set(issue.token, total);
  }
  return undefined;
}

export const NAME_RULE = '1 to 32 small letters, digits and hyphens, a letter first';

export function isPlainName(name: string): boolean {
  return /^[a-z][a-z0-9-]{0,31}$/.test(name);
}
