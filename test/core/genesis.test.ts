/**
 * What a genesis document may say (agent/core/network/genesis.ts, genesis-json.ts): both sides of
 * each bound.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  MAX_AMOUNT,
  MAX_ISSUANCE,
  MAX_LEDGERS,
  MAX_MEMBERS,
  MAX_TOKENS,
  MAX_VOTES_PER_HOUR,
} from '../../agent/core/base/limits.ts';
import { nameOf } from '../../agent/core/base/names.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import type { Amount, MemberIndex, TokenIndex } from '../../agent/core/base/units.ts';
import {
  checkGenesis,
  decodeGenesis,
  encodeGenesis,
  type Genesis,
  type Issue,
  type OuterLedger,
  opensAt,
  type Token,
  tokenBySymbol,
} from '../../agent/core/network/genesis.ts';
import { genesisToJson, networkFromJson } from '../../agent/core/network/genesis-json.ts';
import { signerOf } from '../support/keys.ts';
import { World } from '../support/world.ts';

const { genesis: SOUND } = new World().network;

/** The field that a document breaks a rule with; undefined: it is sound. */
function fieldOf(change: Partial<Genesis>): string | undefined {
  return checkGenesis({ ...SOUND, ...change })?.field;
}

function membersOf(count: number): Genesis['members'] {
  return Array.from({ length: count }, (_, i) => {
    return { name: `m-${i}`, key: signerOf(`m-${i}`).publicKey };
  });
}

function tokenOf(change: Partial<Token> = {}): Token {
  return { symbol: 'HRS', decimals: 2, opens: 1n as Amount, ...change };
}

function issuesOf(...issues: readonly (readonly [token: number, amount: bigint])[]): Issue[] {
  return issues.map(([token, amount]) => {
    const { publicKey: account } = signerOf('alice');
    return { account, token: token as TokenIndex, amount: amount as Amount };
  });
}

describe('a genesis document', () => {
  it('names its network and its members by 1 to 32 plain characters, a letter first', () => {
    const [first, second] = SOUND.members;
    assert.ok(first !== undefined && second !== undefined);
    for (const name of ['a', 'village-2', 'a'.repeat(32)]) {
      assert.equal(fieldOf({ name }), undefined, name);
      assert.equal(fieldOf({ members: [first, { ...second, name }] }), undefined, name);
    }
    for (const name of ['', '2nd', '-a', 'Village', 'a b', 'a'.repeat(33), 'a\n', 'ä']) {
      assert.equal(fieldOf({ name }), 'name', name);
      assert.equal(fieldOf({ members: [first, { ...second, name }] }), 'members[1].name', name);
    }
  });

  it('is of this version', () => {
    assert.equal(fieldOf({ version: 0 }), 'version');
    assert.equal(fieldOf({ version: 2 }), 'version');
  });

  it('has 1 to MAX_MEMBERS members', () => {
    assert.equal(fieldOf({ members: [] }), 'members');
    assert.equal(fieldOf({ members: membersOf(1) }), undefined);
    assert.equal(fieldOf({ members: membersOf(MAX_MEMBERS) }), undefined);
    assert.equal(fieldOf({ members: membersOf(MAX_MEMBERS + 1) }), 'members');
  });

  it('has each name and each key once, and no weak key', () => {
    const [a, b, c] = membersOf(3);
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    assert.equal(fieldOf({ members: [a, b, { ...c, name: a.name }] }), 'members[2].name');
    assert.equal(fieldOf({ members: [a, b, { ...c, key: a.key }] }), 'members[2].key');
    assert.equal(fieldOf({ members: [a, b, { ...c, key: b.key }] }), 'members[2].key');
    assert.equal(fieldOf({ members: [a, { ...b, key: new Uint8Array(32) }] }), 'members[1].key');
  });

  it('has 1 to MAX_TOKENS tokens of different symbols', () => {
    const tokens = Array.from({ length: MAX_TOKENS + 1 }, (_, i) => tokenOf({ symbol: `T${i}` }));
    const without = { issuance: [] };
    assert.equal(fieldOf({ tokens: [], ...without }), 'tokens');
    assert.equal(fieldOf({ tokens: tokens.slice(0, MAX_TOKENS), ...without }), undefined);
    assert.equal(fieldOf({ tokens, ...without }), 'tokens');
    const again = [tokenOf(), tokenOf({ symbol: 'CUP' }), tokenOf()];
    assert.equal(fieldOf({ tokens: again }), 'tokens[2].symbol');
  });

  it('has symbols of 1 to 12 capital letters and digits, a letter first', () => {
    for (const symbol of ['H', 'H2', 'ABCDEFGHIJK9']) {
      assert.equal(fieldOf({ tokens: [tokenOf({ symbol })] }), undefined, symbol);
    }
    for (const symbol of ['', '2H', 'hrs', 'H-S', 'ABCDEFGHIJKLM', 'HRS\n']) {
      assert.equal(fieldOf({ tokens: [tokenOf({ symbol })] }), 'tokens[0].symbol', symbol);
    }
  });

  it('bounds decimals, the amount that opens an account, and votes an hour', () => {
    assert.equal(fieldOf({ tokens: [tokenOf({ decimals: 30 })] }), undefined);
    assert.equal(fieldOf({ tokens: [tokenOf({ decimals: 31 })] }), 'tokens[0].decimals');
    assert.equal(fieldOf({ tokens: [tokenOf({ opens: 0n as Amount })] }), 'tokens[0].opens');
    assert.equal(fieldOf({ votesPerHour: MAX_VOTES_PER_HOUR }), undefined);
    assert.equal(fieldOf({ votesPerHour: MAX_VOTES_PER_HOUR + 1 }), 'votes_per_hour');
  });

  it('names ledgers of a known kind, each with tokens, observers and a quorum of its own', () => {
    const [ledger] = SOUND.ledgers;
    assert.ok(ledger !== undefined);
    const field = (change: Partial<OuterLedger>) =>
      fieldOf({ ledgers: [{ ...ledger, ...change }] });
    const tokens = (...list: number[]) => list as TokenIndex[];
    const members = (...list: number[]) => list as MemberIndex[];
    const sound: readonly Partial<OuterLedger>[] = [
      {},
      { name: 'a'.repeat(32) },
      { tokens: tokens(0, 1) },
      { observers: members(0, 1, 2, 3), quorum: 4 },
      { about: 'the box under the counter' },
    ];
    for (const change of sound) assert.equal(field(change), undefined, JSON.stringify(change));
    const broken: readonly (readonly [Partial<OuterLedger>, string])[] = [
      [{ name: 'Cash' }, 'name'],
      [{ name: '' }, 'name'],
      [{ kind: 'bank' }, 'kind'],
      [{ kind: 'toString' }, 'kind'],
      [{ tokens: [] }, 'tokens'],
      [{ tokens: tokens(2) }, 'tokens'],
      [{ tokens: tokens(1, 0) }, 'tokens'],
      [{ tokens: tokens(0, 0) }, 'tokens'],
      [{ observers: [] }, 'observers'],
      [{ observers: members(4) }, 'observers'],
      [{ observers: members(1, 1) }, 'observers'],
      [{ quorum: 0 }, 'quorum'],
      [{ quorum: 2 }, 'quorum'],
      [{ about: 'a\nb' }, 'about'],
    ];
    for (const [change, what] of broken) {
      assert.equal(field(change), `ledgers[0].${what}`, JSON.stringify(change));
    }
    assert.equal(fieldOf({ ledgers: [] }), undefined);
    assert.equal(fieldOf({ ledgers: [ledger, ledger] }), 'ledgers[1].name');
    const many = Array.from({ length: MAX_LEDGERS }, (_, i) => ({ ...ledger, name: `c-${i}` }));
    const decoded = decodeGenesis(encodeGenesis({ ...SOUND, ledgers: many }));
    assert.ok(!isRefusal(decoded));
    assert.throws(() => encodeGenesis({ ...SOUND, ledgers: [...many, ledger] }), /17 entries/);
  });

  it('says its ledgers in JSON by names, and takes no others', () => {
    const json = () =>
      structuredClone(genesisToJson(SOUND)) as { ledgers: Record<string, unknown>[] };
    assert.deepEqual(json().ledgers[0], {
      name: 'cashbook',
      kind: 'cashbook',
      tokens: ['HRS'],
      observers: ['auth-0'],
      quorum: 1,
      about: 'the box under the counter',
    });
    const wrong: readonly (readonly [string, unknown, string])[] = [
      ['tokens', ['CUP'], 'tokens[0]'],
      ['tokens', [0], 'tokens[0]'],
      ['tokens', 'HRS', 'tokens'],
      ['observers', ['auth-0', 'nobody'], 'observers[1]'],
      ['quorum', '1', 'quorum'],
      ['about', 'x'.repeat(121), 'about'],
      ['about', 'å'.repeat(61), 'about'],
      ['name', 7, 'name'],
      ['else', 1, 'else'],
    ];
    for (const [field, value, at] of wrong) {
      const changed = json();
      Object.assign(changed.ledgers[0] ?? {}, { [field]: value });
      const read = networkFromJson(changed);
      assert.ok(isRefusal(read) && read.field === `ledgers[0].${at}`, JSON.stringify(read));
    }
  });

  it('issues amounts above zero, of its tokens, and of each no more than an amount may be', () => {
    const issued = (...issues: readonly (readonly [number, bigint])[]) =>
      fieldOf({ issuance: issuesOf(...issues) });
    assert.equal(issued(), undefined);
    assert.equal(issued([0, 1n], [1, 1n]), undefined);
    assert.equal(issued([0, 1n], [2, 1n]), 'issuance[1].token');
    assert.equal(issued([0, 1n], [0, 0n]), 'issuance[1].amount');
    assert.equal(issued([0, MAX_AMOUNT], [1, MAX_AMOUNT]), undefined);
    assert.equal(issued([0, MAX_AMOUNT - 1n], [0, 1n]), undefined);
    assert.equal(issued([0, MAX_AMOUNT - 1n], [1, 1n], [0, 2n]), 'issuance[2].amount');
    assert.equal(issued([0, MAX_AMOUNT - 2n], [0, 1n], [0, 2n]), 'issuance[2].amount');
  });

  it('issues to MAX_ISSUANCE accounts at most, in bytes and in JSON', () => {
    const [issue] = issuesOf([0, 1n]);
    assert.ok(issue !== undefined);
    const of = (count: number): Genesis => ({ ...SOUND, issuance: Array(count).fill(issue) });
    const most = of(MAX_ISSUANCE);
    const decoded = decodeGenesis(encodeGenesis(most));
    assert.ok(!isRefusal(decoded) && decoded.issuance.length === MAX_ISSUANCE);
    const read = networkFromJson(genesisToJson(most));
    assert.ok(!isRefusal(read) && read.genesis.issuance.length === MAX_ISSUANCE);
    const more = of(MAX_ISSUANCE + 1);
    assert.throws(() => encodeGenesis(more), /16385 issues, at most 16384/);
    const refused = networkFromJson(genesisToJson(more));
    assert.ok(isRefusal(refused) && refused.field === 'issuance');
  });

  it('is judged also where it comes as bytes, or as JSON', () => {
    const broken = { ...SOUND, votesPerHour: MAX_VOTES_PER_HOUR + 1 };
    const decoded = decodeGenesis(encodeGenesis(broken));
    assert.ok(isRefusal(decoded) && decoded.field === 'votes_per_hour');
    assert.deepEqual(decodeGenesis(encodeGenesis(SOUND)), SOUND);
    const cut = decodeGenesis(encodeGenesis(SOUND).subarray(1));
    assert.ok(isRefusal(cut) && cut.refused === 'malformed');
    const read = networkFromJson({ ...genesisToJson(SOUND), name: 'Village' });
    assert.ok(isRefusal(read) && read.field === 'name');
  });

  it('gives the place of each token, and what opens an account in it', () => {
    assert.equal(tokenBySymbol(SOUND, 'HRS'), 0);
    assert.equal(tokenBySymbol(SOUND, 'KWH'), 1);
    const unknown = tokenBySymbol(SOUND, 'CUP');
    assert.ok(isRefusal(unknown));
    assert.deepEqual([unknown.expected, unknown.found], ['HRS or KWH', 'CUP']);
    const tokens = [tokenOf({ opens: 5n as Amount }), tokenOf({ opens: 7n as Amount })];
    assert.deepEqual(
      [0, 1, 2].map((token) => opensAt({ ...SOUND, tokens }, token as TokenIndex)),
      [5n, 7n, MAX_AMOUNT],
    );
  });
});

describe('a genesis document in JSON', () => {
  type Json = Record<string, unknown> & Record<'members' | 'tokens' | 'issuance', object[]>;
  const wrong = (change: (json: Json) => void): string | undefined => {
    const json = structuredClone(genesisToJson(SOUND)) as Json;
    change(json);
    const read = networkFromJson(json);
    return isRefusal(read) ? read.field : undefined;
  };
  /** The last entry of a list with this change: what is read of the first only is not enough. */
  const last = (list: 'members' | 'tokens' | 'issuance', change: object) => (json: Json) => {
    Object.assign(json[list].at(-1) ?? {}, change);
  };

  it('is an object of objects and lists', () => {
    for (const json of [null, [], 'genesis', 1, undefined]) {
      const read = networkFromJson(json);
      assert.ok(isRefusal(read) && read.field === 'genesis');
    }
    for (const list of ['members', 'tokens', 'issuance']) {
      assert.equal(
        wrong((json) => Object.assign(json, { [list]: {} })),
        list,
      );
      assert.equal(
        wrong((json) => Object.assign(json, { [list]: [null] })),
        `${list}[0]`,
      );
    }
  });

  it('has no other fields', () => {
    assert.equal(
      wrong((json) => Object.assign(json, { more: 1 })),
      'genesis.more',
    );
    assert.equal(wrong(last('members', { more: 1 })), 'members[3].more');
    assert.equal(wrong(last('tokens', { more: 1 })), 'tokens[1].more');
    assert.equal(wrong(last('issuance', { more: 1 })), 'issuance[1].more');
  });

  it('has whole numbers in range, and texts', () => {
    for (const version of ['1', 1.5, -1, 256, undefined]) {
      assert.equal(
        wrong((json) => Object.assign(json, { version })),
        'version',
        `${version}`,
      );
    }
    for (const decimals of ['2', 0.5, -1, 256, 31, undefined]) {
      assert.equal(wrong(last('tokens', { decimals })), 'tokens[1].decimals', `${decimals}`);
    }
    for (const name of [1, undefined, 'a'.repeat(33)]) {
      assert.equal(
        wrong((json) => Object.assign(json, { name })),
        'name',
        `${name}`,
      );
      assert.equal(wrong(last('members', { name })), 'members[3].name', `${name}`);
    }
    for (const nonce of ['0'.repeat(31), '0'.repeat(33), 'A'.repeat(32), 0, undefined]) {
      assert.equal(
        wrong((json) => Object.assign(json, { nonce })),
        'nonce',
        `${nonce}`,
      );
    }
    assert.equal(
      wrong((json) => Object.assign(json, { nonce: '0f'.repeat(16) })),
      undefined,
    );
  });

  it('has amounts as plain whole numbers below 2^128, as texts', () => {
    for (const amount of [1, '', '01', '1.0', '-1', '+1', ' 1', `${MAX_AMOUNT + 1n}`, undefined]) {
      assert.equal(wrong(last('issuance', { amount })), 'issuance[1].amount', `${amount}`);
    }
    const read = (json: Json) => {
      Object.assign(json['issuance'][0] ?? {}, { token: 'KWH', amount: `${MAX_AMOUNT}` });
    };
    assert.equal(wrong(read), undefined);
  });

  it('names keys, accounts and tokens by names of their kind', () => {
    const key = signerOf('eve').publicKey;
    const [account, node] = [nameOf('account', key), nameOf('node', key)];
    assert.equal(wrong(last('members', { key: node })), undefined);
    assert.equal(wrong(last('issuance', { account })), undefined);
    for (const other of [account, 'mpnode1', 7, undefined]) {
      assert.equal(wrong(last('members', { key: other })), 'members[3].key', `${other}`);
    }
    for (const other of [node, 'mp1', 7, undefined]) {
      assert.equal(wrong(last('issuance', { account: other })), 'issuance[1].account', `${other}`);
    }
    for (const token of ['CUP', 'hrs', 0, undefined]) {
      assert.equal(wrong(last('issuance', { token })), 'issuance[1].token', `${token}`);
    }
  });
});
