/**
 * The genesis document as people read and keep it: JSON with names instead of keys and decimal
 * strings in the smallest unit. Nothing is optional and nothing else may stand in it; the network
 * id comes from the canonical bytes, so layout and order of fields do not matter.
 */
import { hex, utf8 } from '@scure/base';
import { toHex } from '../base/bytes.ts';
import { strayIn } from '../base/characters.ts';
import { MAX_ABOUT_BYTES, MAX_AMOUNT, MAX_ISSUANCE, MAX_VOTES_PER_HOUR } from '../base/limits.ts';
import { nameOf, parseName } from '../base/names.ts';
import { isRefusal, type Refusal, refusal } from '../base/refusal.ts';
import type { Amount, MemberIndex, TokenIndex } from '../base/units.ts';
import { checkGenesis, type Genesis, type Network, networkOf } from './genesis.ts';

/** Genesis document -> a value for JSON.stringify. */
export function genesisToJson(genesis: Genesis): object {
  return {
    version: genesis.version,
    name: genesis.name,
    nonce: toHex(genesis.nonce),
    members: genesis.members.map(({ name, key }) => ({ name, key: nameOf('node', key) })),
    tokens: genesis.tokens.map(({ symbol, decimals, opens }) => ({
      symbol,
      decimals,
      opens: opens.toString(),
    })),
    votes_per_hour: genesis.votesPerHour,
    ledgers: genesis.ledgers.map(({ name, kind, tokens, observers, quorum, about }) => ({
      name,
      kind,
      tokens: tokens.map((token) => genesis.tokens[token]?.symbol),
      observers: observers.map((member) => genesis.members[member]?.name),
      quorum,
      about,
    })),
    issuance: genesis.issuance.map(({ account, token, amount }) => ({
      account: nameOf('account', account),
      token: genesis.tokens[token]?.symbol,
      amount: amount.toString(),
    })),
  };
}

/** A value of JSON.parse -> the network that it founds, or which field is wrong. */
export function networkFromJson(json: unknown): Network | Refusal {
  try {
    const genesis = readGenesis(json);
    return checkGenesis(genesis) ?? networkOf(genesis);
  } catch (error) {
    if (error instanceof Mistake) return error.refusal;
    throw error;
  }
}

/** Carries a refusal out of the nested readers of this file, and no further. */
class Mistake extends Error {
  readonly refusal: Refusal;
  constructor(reason: Refusal) {
    super(reason.refused);
    this.refusal = reason;
  }
}

function wrong(field: string, expected: string, found: unknown): Mistake {
  const stray = typeof found === 'string' ? strayIn(found.slice(0, 80)) : undefined;
  const text = stray ?? JSON.stringify(found) ?? 'nothing';
  return new Mistake(refusal('bad_genesis', { field, expected, found: text.slice(0, 80) }));
}

function readGenesis(json: unknown): Genesis {
  const top = fields(json, 'genesis', [
    'version',
    'name',
    'nonce',
    'members',
    'tokens',
    'votes_per_hour',
    'ledgers',
    'issuance',
  ]);
  const tokens = list(top['tokens'], 'tokens').map((entry, i) => {
    const token = fields(entry, `tokens[${i}]`, ['symbol', 'decimals', 'opens']);
    return {
      symbol: text(token['symbol'], `tokens[${i}].symbol`),
      decimals: integer(token['decimals'], `tokens[${i}].decimals`),
      opens: amount(token['opens'], `tokens[${i}].opens`),
    };
  });
  const members = list(top['members'], 'members').map((entry, i) => {
    const member = fields(entry, `members[${i}]`, ['name', 'key']);
    const name = text(member['name'], `members[${i}].name`);
    return { name, key: key('node', member['key'], `members[${i}].key`) };
  });
  return {
    version: integer(top['version'], 'version'),
    name: text(top['name'], 'name'),
    nonce: bytes16(top['nonce'], 'nonce'),
    members,
    tokens,
    votesPerHour: integer(top['votes_per_hour'], 'votes_per_hour', MAX_VOTES_PER_HOUR),
    ledgers: readLedgers(top['ledgers'], { tokens, members }),
    issuance: list(top['issuance'], 'issuance').map((entry, i) => {
      const at = `issuance[${i}]`;
      const issue = fields(entry, at, ['account', 'token', 'amount']);
      const token = tokens.findIndex(({ symbol }) => symbol === issue['token']);
      if (token < 0) throw wrong(`${at}.token`, 'a symbol of tokens', issue['token']);
      return {
        account: key('account', issue['account'], `${at}.account`),
        token: token as TokenIndex,
        amount: amount(issue['amount'], `${at}.amount`),
      };
    }),
  };
}

function readLedgers(
  json: unknown,
  { tokens, members }: Pick<Genesis, 'tokens' | 'members'>,
): Genesis['ledgers'] {
  return list(json, 'ledgers').map((entry, i) => {
    const at = `ledgers[${i}]`;
    const ledger = fields(entry, at, ['name', 'kind', 'tokens', 'observers', 'quorum', 'about']);
    const places = (field: 'tokens' | 'observers', known: readonly string[]): number[] =>
      list(ledger[field], `${at}.${field}`).map((named, n) => {
        const place = typeof named === 'string' ? known.indexOf(named) : -1;
        if (place < 0) throw wrong(`${at}.${field}[${n}]`, known.join(' or '), named);
        return place;
      });
    return {
      name: text(ledger['name'], `${at}.name`),
      kind: text(ledger['kind'], `${at}.kind`),
      tokens: places(
        'tokens',
        tokens.map(({ symbol }) => symbol),
      ) as TokenIndex[],
      observers: places(
        'observers',
        members.map(({ name }) => name),
      ) as MemberIndex[],
      quorum: integer(ledger['quorum'], `${at}.quorum`),
      about: text(ledger['about'], `${at}.about`, MAX_ABOUT_BYTES),
    };
  });
}

function fields(json: unknown, field: string, names: readonly string[]): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw wrong(field, 'an object', json);
  }
  const extra = Object.keys(json).find((name) => !names.includes(name));
  if (extra !== undefined) throw wrong(`${field}.${extra}`, `only ${names.join(', ')}`, extra);
  return json as Record<string, unknown>;
}

function list(json: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(json)) throw wrong(field, 'a list', json);
  if (json.length > MAX_ISSUANCE)
    throw wrong(field, `at most ${MAX_ISSUANCE} entries`, json.length);
  return json;
}

function text(json: unknown, field: string, most = 32): string {
  if (typeof json !== 'string') throw wrong(field, 'a text', json);
  if (utf8.decode(json).length > most) throw wrong(field, `at most ${most} characters`, json);
  return json;
}

function integer(json: unknown, field: string, most = 255): number {
  if (typeof json === 'number' && Number.isInteger(json) && json >= 0 && json <= most) return json;
  throw wrong(field, `a whole number, 0 to ${most}`, json);
}

function bytes16(json: unknown, field: string): Uint8Array {
  if (typeof json === 'string' && /^[0-9a-f]{32}$/.test(json)) return hex.decode(json);
  throw wrong(field, '32 hexadecimal digits', json);
}

function key(kind: 'node' | 'account', json: unknown, field: string): Uint8Array {
  if (typeof json !== 'string') throw wrong(field, `a ${kind} name`, json);
  const parsed = parseName(kind, json, field);
  if (isRefusal(parsed)) throw new Mistake(parsed);
  return parsed;
}

function amount(json: unknown, field: string): Amount {
  const expected = 'a whole number of smallest units, as a text';
  if (typeof json !== 'string' || !/^(0|[1-9][0-9]{0,39})$/.test(json)) {
    throw wrong(field, expected, json);
  }
  const minor = BigInt(json);
  if (minor > MAX_AMOUNT) throw wrong(field, 'below 2^128', json);
  return minor as Amount;
}
