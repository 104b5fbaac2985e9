/** Names that a wallet has for addresses (agent/wallet/contacts.ts). */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import {
  addressOf,
  forgetContact,
  nameContact,
  nameOfContact,
  readContacts,
} from '../../agent/wallet/contacts.ts';
import { isFault } from '../../agent/wallet/fault.ts';
import { temporaryFolder } from '../cli/support.ts';

const addressWith = (byte: number): string => nameOf('account', new Uint8Array(32).fill(byte));
const [ALICE, BOB] = [addressWith(1), addressWith(2)];

const CONTACTS_FILE = 'contacts.toml';

/** The field of a fault, or the result. */
function fieldOf(result: unknown): unknown {
  if (!isFault(result)) return result;
  return 'refusal' in result ? result.refusal.field : 'field' in result ? result.field : result;
}

describe('contacts', () => {
  it('are none before there is a file', (t) => {
    assert.deepEqual(readContacts(temporaryFolder(t)), new Map());
  });

  it('are kept, in order, and stand for their addresses', (t) => {
    const folder = temporaryFolder(t);
    nameContact(folder, 'bob', BOB);
    nameContact(folder, ' Zoë ', ` ${ALICE.toUpperCase()} `);
    const expected = new Map([
      ['Zoë', ALICE],
      ['bob', BOB],
    ]);
    assert.deepEqual(nameContact(folder, 'bob', BOB), expected);
    const contacts = readContacts(folder);
    assert.deepEqual(contacts, expected);
    assert.deepEqual([...expected.keys()], [...(isFault(contacts) ? [] : contacts.keys())]);
    assert.equal(statSync(join(folder, CONTACTS_FILE)).mode & 0o777, 0o600);
    assert.equal(addressOf(folder, 'Zoë'), ALICE);
    assert.equal(addressOf(folder, ' Zoe\u0308'), ALICE, 'however the letter is put together');
    assert.equal(addressOf(folder, BOB), BOB);
    assert.equal(fieldOf(addressOf(folder, 'carol')), 'recipient');
    assert.equal(nameOfContact(expected, BOB), 'bob');
    assert.equal(nameOfContact(expected, addressWith(3)), undefined);
  });

  it('get another address, and are forgotten', (t) => {
    const folder = temporaryFolder(t);
    nameContact(folder, 'bob', BOB);
    assert.deepEqual(nameContact(folder, 'bob', ALICE), new Map([['bob', ALICE]]));
    assert.equal(fieldOf(forgetContact(folder, 'alice')), 'recipient');
    assert.deepEqual(forgetContact(folder, 'bob'), new Map());
    assert.deepEqual(readContacts(folder), new Map());
  });

  it('have names that nobody takes for an address', (t) => {
    const folder = temporaryFolder(t);
    for (const name of ['a', 'alice', 'Łucja', '9th-street', 'a.b_c', 'mp', 'x'.repeat(32)]) {
      const contacts = nameContact(folder, name, BOB);
      assert.ok(!isFault(contacts) && contacts.has(name), name);
    }
    const BAD = ['', ' ', '-a', '.a', 'a b', 'mp1abc', 'MP1abc', 'mpnode1', 'a/b', 'a"b', 'a=b'];
    for (const name of [...BAD, 'x'.repeat(33), 'a\u200bb', 'a\nb']) {
      assert.equal(fieldOf(nameContact(folder, name, BOB)), 'name', JSON.stringify(name));
    }
  });

  it('are not changed by a wrong name or address', (t) => {
    const folder = temporaryFolder(t);
    nameContact(folder, 'bob', BOB);
    const before = readFileSync(join(folder, CONTACTS_FILE), 'utf8');
    assert.equal(fieldOf(nameContact(folder, 'a b', ALICE)), 'name');
    assert.equal(fieldOf(nameContact(folder, 'alice', `${ALICE}x`)), 'address');
    assert.equal(readFileSync(join(folder, CONTACTS_FILE), 'utf8'), before);
  });

  const FILES: readonly (readonly [text: string, field: RegExp])[] = [
    ['alice = 7\n', /contacts\.toml: alice$/],
    ['alice = "mp1nonsense"\n', /contacts\.toml: alice$/],
    [`"a b" = "${ALICE}"\n`, /contacts\.toml: "a b"$/],
    ['alice\n', /contacts\.toml: line 1, column/],
    [`# Written by meshpay. The file is whole if its last line is "# end".\n`, /contacts\.toml$/],
  ];
  for (const [text, field] of FILES) {
    it(`name what is wrong in their file: ${text.slice(0, 30).trim()}`, (t) => {
      const folder = temporaryFolder(t);
      writeFileSync(join(folder, CONTACTS_FILE), text);
      assert.match(String(fieldOf(readContacts(folder))), field);
      assert.match(String(fieldOf(nameContact(folder, 'bob', BOB))), field);
      assert.equal(readFileSync(join(folder, CONTACTS_FILE), 'utf8'), text, 'and leave it alone');
    });
  }

  it('are at most two thousand', (t) => {
    const folder = temporaryFolder(t);
    const lines = Array.from({ length: 2_000 }, (_, at) => `n${at} = "${ALICE}"\n`);
    writeFileSync(join(folder, CONTACTS_FILE), lines.join(''));
    assert.match(String(fieldOf(nameContact(folder, 'bob', BOB))), /contacts\.toml$/);
    assert.ok(!isFault(nameContact(folder, 'n7', BOB)));
  });
});
