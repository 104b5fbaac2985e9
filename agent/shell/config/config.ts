/**
 * Reads, checks and writes the configuration file: TOML 1.0, judged by the one table in
 * config-schema.ts. All mistakes of a file are reported at once, each with its field, what was
 * expected and what was found. No setting comes from anywhere else: no environment variable is
 * read.
 */

import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { readWhole } from '../../../platform/file-reader.ts';
import { withoutMark } from '../../core/base/characters.ts';
import { describeDetail, type Mismatch } from '../../core/base/detail.ts';
import { formatAddress } from '../net/address.ts';
import { isCut, wholeText } from '../whole.ts';
import { isTable, type Kind, showFound } from './config-kinds.ts';
import { ledgerFolder } from './config-ledgers.ts';
import { radiosOf } from './config-radios.ts';
import { CONFIG_FIELDS, type Config, type ConfigField } from './config-schema.ts';
import { MAX_CONFIG_BYTES } from './limits.ts';
import { nearest } from './nearest.ts';

/** A mistake in a configuration, or in a file that it names. */
export interface ConfigProblem extends Mismatch {
  readonly file: string;
}

export type ConfigReading =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** What the table says of a field, whatever the type of its value. */
interface AnyField {
  readonly kind: Kind<unknown>;
  readonly default?: unknown;
  readonly unit?: string;
  readonly reload: boolean;
  readonly doc: string;
}

const FIELDS = Object.entries(CONFIG_FIELDS) as unknown as readonly [ConfigField, AnyField][];
const NAMES: readonly string[] = FIELDS.map(([name]) => name);
const TABLES = new Set(
  NAMES.filter((name) => name.includes('.')).map((name) => name.replace(/\..*$/, '')),
);

/** One line for a person. */
export function describeProblem({ file, ...mismatch }: ConfigProblem): string {
  return `${file}: ${describeDetail(mismatch)}`;
}

/** Reads and checks the configuration in `file`. */
export function readConfig(file: string): ConfigReading {
  const fail = (expected: string, found: string): ConfigReading => ({
    ok: false,
    problems: [{ file, field: 'file', expected, found }],
  });
  const full = fullPath(file);
  if (full === undefined) {
    return fail('an absolute path, or a working folder that is there', 'one that was removed');
  }
  const text = readWhole(full, MAX_CONFIG_BYTES);
  if (!text.ok) return fail(text.expected, text.found);
  return parseConfig(withoutMark(text.bytes.toString('utf8')), full);
}

/** The path from the root; undefined where the working folder was removed under a relative one. */
function fullPath(file: string): string | undefined {
  try {
    return resolve(file);
  } catch {
    return undefined;
  }
}

/** Checks a configuration as text; `file` is its path, for messages and relative paths. */
export function parseConfig(toml: string, file: string): ConfigReading {
  if (isCut(toml)) {
    const expected = 'the line "# end" that its first line promises';
    const found = 'none: the end of the file is missing';
    return { ok: false, problems: [{ file, field: 'file', expected, found }] };
  }
  let document: Record<string, unknown>;
  try {
    document = parse(toml, { integersAsBigInt: true, maxDepth: 8 });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = 'something else'] = error.message
      .replace(/^Invalid TOML document: /, '')
      .split('\n');
    const field = `line ${error.line}, column ${error.column}`;
    return {
      ok: false,
      problems: [{ file, field, expected: 'TOML', found: `a mistake: ${what}` }],
    };
  }
  const problems: ConfigProblem[] = [];
  const given = new Map<string, unknown>();
  for (const [name, value] of flatten(joinRadios(document))) {
    if (NAMES.includes(name)) given.set(name, value);
    else problems.push(unknownField(file, name, value));
  }
  const config: Record<string, unknown> = {};
  for (const [name, field] of FIELDS) {
    const value = given.get(name);
    if (value === undefined && field.default !== undefined) {
      config[name] = field.default;
      continue;
    }
    const reading = field.kind.read(value, dirname(file));
    if (reading.ok) config[name] = reading.value;
    else {
      for (const { at, expected, found } of reading.misfits) {
        problems.push({ file, field: name + at, expected, found });
      }
    }
  }
  // Defaults that are relative paths start where written ones do.
  for (const name of ['genesis', 'node_key'] as const) {
    if (typeof config[name] === 'string') config[name] = resolve(dirname(file), config[name]);
  }
  if (problems.length > 0) return { ok: false, problems };
  const checked = config as unknown as Config;
  const broken = brokenRelations(checked, file);
  return broken.length > 0 ? { ok: false, problems: broken } : { ok: true, config: checked };
}

/** The configuration as TOML, every field with its line of documentation. */
export function writeConfig(config: Config): string {
  const lines: string[] = [];
  let table = '';
  for (const [name, field] of FIELDS) {
    const [, section, key] = /^(?:(.*)\.)?(.*)$/.exec(name) ?? [];
    if ((section ?? '') !== table) {
      table = section ?? '';
      lines.push('', `[${table}]`);
    }
    const value = config[name];
    const set = value === null ? `# ${key} =` : `${key} = ${field.kind.write(value)}`;
    lines.push(`# ${field.doc}${field.unit === undefined ? '' : ` (${field.unit})`}`, set);
  }
  return wholeText(`${lines.join('\n')}\n`);
}

/** A configuration with the given values, and defaults for the rest. */
export function configWith(values: Partial<Config> & Pick<Config, 'name' | 'role'>): Config {
  const defaults = Object.fromEntries(FIELDS.map(([name, field]) => [name, field.default]));
  return { ...defaults, ...values } as Config;
}

/** The fields in which two configurations differ, by whether a reload can change them. */
export function compareConfigs(
  old: Config,
  next: Config,
): { readonly reload: readonly ConfigField[]; readonly restart: readonly ConfigField[] } {
  const text = (config: Config, name: ConfigField, { kind }: AnyField): string =>
    config[name] === null ? '' : kind.write(config[name]);
  const different = FIELDS.filter(([name, row]) => text(old, name, row) !== text(next, name, row));
  const names = (reload: boolean): ConfigField[] =>
    different.filter(([, row]) => row.reload === reload).map(([name]) => name);
  return { reload: names(true), restart: names(false) };
}

/** A row of the manual's reference. */
export interface ConfigReferenceRow {
  readonly field: string;
  readonly expected: string;
  readonly default: string;
  readonly unit: string;
  readonly reload: boolean;
  readonly doc: string;
}

/** The reference of all fields, in the order of the file. */
export function configReference(): readonly ConfigReferenceRow[] {
  return FIELDS.map(([field, { kind, default: value, unit = '', reload, doc }]) => {
    const preset = value === undefined ? 'required' : value === null ? 'none' : kind.write(value);
    return { field, expected: kind.expected, default: preset, unit, reload, doc };
  });
}

/** Leaves of the document under their dotted names; only tables of the schema are opened. */
function flatten(document: Record<string, unknown>): [string, unknown][] {
  return Object.entries(document).flatMap(([name, value]): [string, unknown][] => {
    if (!TABLES.has(name) || !isTable(value)) return [[name, value]];
    return Object.entries(value).map(([key, inner]) => [`${name}.${key}`, inner]);
  });
}

/** Tables [[radio]] are the first with the others in it, so that each field has one place. */
function joinRadios(document: Record<string, unknown>): Record<string, unknown> {
  const { radio } = document as { readonly radio?: unknown };
  if (!Array.isArray(radio)) return document;
  const [first, ...others] = radio as readonly unknown[];
  // One that says it twice is left as it is, and refused.
  if (!isTable(first) || 'others' in first) return document;
  return { ...document, radio: others.length === 0 ? first : { ...first, others } };
}

function unknownField(file: string, field: string, value: unknown): ConfigProblem {
  const last = field.replace(/^.*\./, '');
  const sameKey = NAMES.find((name) => name.replace(/^.*\./, '') === last);
  const table = field.slice(0, field.length - last.length);
  const siblings = NAMES.filter((name) => table !== '' && name.startsWith(table));
  const guess = nearest(field, siblings) ?? sameKey ?? nearest(field, NAMES);
  const expected = guess === undefined ? 'a known field' : `a known field, such as ${guess}`;
  return { file, field, expected, found: isTable(value) ? `[${field}]` : showFound(value) };
}

/** Rules between fields. */
function brokenRelations(config: Config, file: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const [links, anonymous] = [config['limits.links'], config['limits.anonymous_links']];
  if (anonymous >= links) {
    const expected = `below limits.links, ${links}`;
    problems.push({ file, field: 'limits.anonymous_links', expected, found: `${anonymous}` });
  }
  const listed = config['listen.addresses'].map(formatAddress);
  const twice = listed.find((address, at) => listed.indexOf(address) !== at);
  if (twice !== undefined) {
    const expected = 'each address once';
    problems.push({ file, field: 'listen.addresses', expected, found: `${twice} twice` });
  }
  const interfaces = radiosOf(config).map((radio) => radio['radio.interface']);
  const double = interfaces.find((each, at) => interfaces.indexOf(each) !== at);
  if (double !== undefined) {
    const expected = 'an interface of its own for each radio';
    problems.push({ file, field: 'radio.others', expected, found: `${double} twice` });
  }
  const wrongLedger = ledgerMistake(config);
  if (wrongLedger !== undefined) problems.push({ file, field: 'ledger', ...wrongLedger });
  if (config['discovery.on'] && config['discovery.interfaces'].length === 0) {
    const expected = 'at least one interface while discovery.on is true';
    problems.push({ file, field: 'discovery.interfaces', expected, found: 'none' });
  }
  return problems;
}

/** What the ledgers of a node must not have in common. */
function ledgerMistake(config: Config): Omit<Mismatch, 'field'> | undefined {
  if (config.role === 'relay' && config.ledger.length > 0) {
    return { expected: 'none on a relay: authorities serve outer ledgers', found: 'some' };
  }
  const names = config.ledger.map(({ name }) => name);
  const again = names.find((name, at) => names.indexOf(name) !== at);
  if (again !== undefined) return { expected: 'each ledger once', found: `${again} twice` };
  const store = config['store.folder'];
  const folders = [store, ...config.ledger.map((each) => ledgerFolder(store, each))];
  const shared = folders.find((folder, at) => folders.indexOf(folder) !== at);
  if (shared === undefined) return undefined;
  const expected = 'a folder of its own for each ledger';
  return { expected, found: shared === store ? shared : `${shared} twice` };
}
