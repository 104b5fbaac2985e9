/**
 * contacts.toml: whom a person pays, under names of their own. Names are for this wallet alone: an
 * order carries the address, and a receipt shows it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { replaceFile } from '../../platform/file-writer.ts';
import { foundText, strayInLines, trimmed } from '../core/base/characters.ts';
import { nameOf, parseName } from '../core/base/names.ts';
import { isRefusal, refusal } from '../core/base/refusal.ts';
import { isCut, wholeText } from '../shell/whole.ts';
import {
  type FileFault,
  isFault,
  type RefusedFault,
  type WalletFault,
  withFiles,
} from './fault.ts';
import { readText } from './genesis-file.ts';

export const CONTACTS_FILE = 'contacts.toml';
const MAX_CONTACTS = 2_000;
/** The longest names, with quotes, addresses and line ends. */
const MAX_CONTACTS_BYTES = MAX_CONTACTS * 256;
const MAX_NAME_CHARACTERS = 32;

/** Name -> address, in alphabetical order. */
export type Contacts = ReadonlyMap<string, string>;

const NAME_EXPECTED = `a name of letters, digits, ".", "-" and "_", at most ${MAX_NAME_CHARACTERS}`;

/** A name as it is kept: as typed, without the spaces around it. */
function readContactName(text: string): string | RefusedFault {
  const name = trimmed(text).normalize('NFC');
  const isName = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*$/u.test(name);
  // What looks like an address is meant as one.
  const isAddress = /^mp[a-z]*1/i.test(name);
  if (isName && !isAddress && [...name].length <= MAX_NAME_CHARACTERS) return name;
  const detail = { field: 'name', expected: NAME_EXPECTED, found: foundText(text) };
  return { fault: 'refused', refusal: refusal('bad_name', detail) };
}

/** The contacts of the wallet in a folder. */
export function readContacts(folder: string): Contacts | WalletFault {
  const file = join(folder, CONTACTS_FILE);
  if (!existsSync(file)) return new Map();
  const text = readText(file, MAX_CONTACTS_BYTES);
  if (isFault(text)) return text;
  if (isCut(text)) return bad(file, 'the line "# end" that its first line promises', 'none');
  const table = parseToml(file, text);
  if (isFault(table)) return table;
  return contactsOf(file, table);
}

/** Contacts that stand in a file, judged. */
export function contactsOf(
  file: string,
  table: readonly (readonly [string, unknown])[],
): Contacts | FileFault {
  const contacts = new Map<string, string>();
  if (table.length > MAX_CONTACTS) return bad(file, `at most ${MAX_CONTACTS}`, `${table.length}`);
  for (const [name, value] of table) {
    const known = readContactName(name);
    if (isFault(known)) return bad(`${file}: ${foundText(name)}`, NAME_EXPECTED, 'another name');
    const address =
      typeof value === 'string' ? parseName('account', trimmed(value), name) : undefined;
    if (address === undefined || isRefusal(address)) {
      return bad(`${file}: ${name}`, 'an address, mp1...', address?.found ?? 'something else');
    }
    contacts.set(known, nameOf('account', address));
  }
  return sorted(contacts);
}

/** Contacts as the text of their file. */
export function contactsText(contacts: Contacts): string {
  const lines = [...contacts].map(([name, address]) => `${JSON.stringify(name)} = "${address}"`);
  return wholeText(['# Whom this wallet pays, by name.', ...lines, ''].join('\n'));
}

/** Gives an address a name, a new one if it has that name already. */
export function nameContact(folder: string, name: string, address: string): Contacts | WalletFault {
  const known = readContactName(name);
  if (isFault(known)) return known;
  const key = parseName('account', trimmed(address), 'address');
  if (isRefusal(key)) return { fault: 'refused', refusal: key };
  return changed(folder, (contacts) => contacts.set(known, nameOf('account', key)));
}

/** Forgets a name. */
export function forgetContact(folder: string, name: string): Contacts | WalletFault {
  const known = trimmed(name).normalize('NFC');
  const contacts = readContacts(folder);
  if (isFault(contacts)) return contacts;
  if (!contacts.has(known)) return unknownContact(name);
  return changed(folder, (each) => each.delete(known));
}

/** The address that a person means: an address itself, or the name of a contact. */
export function addressOf(folder: string, text: string): string | WalletFault {
  if (/^mp[a-z]*1/i.test(trimmed(text))) return text;
  const contacts = readContacts(folder);
  if (isFault(contacts)) return contacts;
  const address = contacts.get(trimmed(text).normalize('NFC'));
  return address ?? unknownContact(text);
}

/** The name of an address, if it has one. */
export function nameOfContact(contacts: Contacts, address: string): string | undefined {
  return [...contacts].find(([, known]) => known === address)?.[0];
}

function unknownContact(text: string): RefusedFault {
  const expected = 'an address, mp1..., or the name of a contact';
  const detail = { field: 'recipient', expected, found: foundText(text) };
  return { fault: 'refused', refusal: refusal('bad_name', detail) };
}

function changed(
  folder: string,
  change: (contacts: Map<string, string>) => void,
): Contacts | WalletFault {
  const before = readContacts(folder);
  if (isFault(before)) return before;
  const after = new Map(before);
  change(after);
  const file = join(folder, CONTACTS_FILE);
  if (after.size > MAX_CONTACTS) return bad(file, `at most ${MAX_CONTACTS} contacts`, 'one more');
  const contacts = sorted(after);
  return withFiles(() => {
    replaceFile(file, contactsText(contacts), 0o600);
    return contacts;
  });
}

function sorted(contacts: ReadonlyMap<string, string>): Contacts {
  return new Map([...contacts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function bad(field: string, expected: string, found: string): FileFault {
  return { fault: 'bad_file', field, expected, found };
}

function parseToml(
  file: string,
  text: string,
): readonly (readonly [string, unknown])[] | FileFault {
  try {
    return Object.entries(parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const field = `${file}: line ${error.line}, column ${error.column}`;
    return bad(field, 'TOML', strayInLines(text) ?? 'a mistake');
  }
}
