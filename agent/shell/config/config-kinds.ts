/**
 * Kinds of configuration values: what a person may write, how it is read from TOML, and how it is
 * written back. A kind knows nothing of fields; config-schema.ts joins the two.
 *
 * TOML integers arrive as bigint, so that 1.0 is not taken for 1.
 */
import { isAbsolute, resolve } from 'node:path';
import { TomlDate } from 'smol-toml';
import {
  isMeshParameterName,
  type MeshParameters,
  parameterRange,
} from '../../../platform/mesh-parameters.ts';
import { foundText, trimmed } from '../../core/base/characters.ts';
import { type NameKind, nameOf, parseName } from '../../core/base/names.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import { type Address, formatAddress } from '../net/address.ts';
import { type AddressUse, readAddress } from './config-address.ts';

/** Why a value was not taken; `at` is the place inside it: "[2]", ".address". */
export interface Misfit {
  readonly at: string;
  readonly expected: string;
  readonly found: string;
}

export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly misfits: readonly Misfit[] };

export interface Kind<T> {
  /** What to write, as a phrase after "expected". */
  readonly expected: string;
  /** `folder`: that of the configuration file, from which relative paths start. */
  read(value: unknown, folder: string): Reading<T>;
  /** The value as TOML. */
  write(value: T): string;
}

/** A node to dial; `node` is the key that it must prove, if given. */
export interface StaticPeer {
  readonly address: Address;
  readonly node: Uint8Array | undefined;
}

const MAX_TEXT_LENGTH = 4096;

export function text(pattern: RegExp, expected: string): Kind<string> {
  return {
    expected,
    read: (value) =>
      typeof value === 'string' && value.length <= MAX_TEXT_LENGTH && pattern.test(value)
        ? taken(value)
        : misfit(expected, value),
    write: quote,
  };
}

export function choice<const T extends string>(values: readonly T[]): Kind<T> {
  const expected = values.map((value) => `"${value}"`).join(' or ');
  return {
    expected,
    read: (value) => {
      const chosen = values.find((allowed) => allowed === pasted(value));
      return chosen === undefined ? misfit(expected, value) : taken(chosen);
    },
    write: quote,
  };
}

/** A file or folder; read as an absolute path of at most `mostBytes` bytes. */
export function path(expected = 'a path', mostBytes = MAX_TEXT_LENGTH): Kind<string> {
  return {
    expected,
    read: (value, folder) => {
      if (typeof value !== 'string' || value === '' || value.includes('\0')) {
        return misfit(expected, value);
      }
      const full = isAbsolute(value) ? value : resolve(folder, value);
      const bytes = Buffer.byteLength(full);
      if (bytes <= mostBytes) return taken(full);
      return { ok: false, misfits: [place(expected, `${shorten(full)} of ${bytes} bytes`)] };
    },
    write: quote,
  };
}

export function flag(): Kind<boolean> {
  const expected = 'true or false';
  return {
    expected,
    read: (value) => (typeof value === 'boolean' ? taken(value) : misfit(expected, value)),
    write: String,
  };
}

/** A whole number from `least` to `most`, both included. */
export function integer(least: number, most: number): Kind<number> {
  const expected = `a whole number, ${least} to ${most}`;
  return {
    expected,
    read: (value) =>
      typeof value === 'bigint' && value >= least && value <= most
        ? taken(Number(value))
        : misfit(expected, value),
    write: String,
  };
}

/** A bech32m name of the core, read as its 32 bytes. */
function name(kind: NameKind): Kind<Uint8Array> {
  const expected = `a ${kind} name`;
  return {
    expected,
    read: (value) => {
      if (typeof value !== 'string') return misfit(expected, value);
      const bytes = parseName(kind, trimmed(value));
      if (!isRefusal(bytes)) return taken(bytes);
      return { ok: false, misfits: [place(bytes.expected ?? expected, bytes.found ?? value)] };
    },
    write: (bytes) => quote(nameOf(kind, bytes)),
  };
}

/** "127.0.0.1:7420", "[fe80::1%mesh0]:7420"; for `name` also "router.lan:7420". */
export function address(use: AddressUse): Kind<Address> {
  const host = use === 'name' ? 'an IP address or host name' : 'an IP address';
  const expected = `${host} and a port, such as "127.0.0.1:7420" or "[fe80::1%mesh0]:7420"`;
  return {
    expected,
    read: (value) => {
      if (typeof value !== 'string') return misfit(expected, value);
      const read = readAddress(trimmed(value), use);
      if (typeof read !== 'string') return taken(read);
      if (read === '') return misfit(expected, value);
      return { ok: false, misfits: [place(expected, `${showFound(value)}, ${read}`)] };
    },
    write: (value) => quote(formatAddress(value)),
  };
}

/** A list of at most `most` values of one kind. */
export function list<T>(kind: Kind<T>, most: number): Kind<readonly T[]> {
  const expected = `a list of at most ${most}: ${kind.expected}`;
  return {
    expected,
    read: (value, folder) => {
      if (!Array.isArray(value)) return misfit(expected, value);
      if (value.length > most) return misfit(expected, `${value.length} of them`);
      const readings = value.map((entry: unknown) => kind.read(entry, folder));
      return joined(readings, (index) => `[${index}]`);
    },
    write: (values) => `[${values.map((value) => kind.write(value)).join(', ')}]`,
  };
}

/** A table of mesh parameters; what the kernel takes of each is in the platform's table. */
export function meshParameters(): Kind<MeshParameters> {
  const expected = 'a table of mesh parameters, such as { mesh_rssi_threshold = -80 }';
  return {
    expected,
    read: (value) => {
      if (!isTable(value)) return misfit(expected, value);
      const read: Record<string, number> = {};
      const misfits: Misfit[] = [];
      for (const [name, given] of Object.entries(value)) {
        if (!isMeshParameterName(name)) {
          misfits.push({ ...place('a mesh parameter that iw knows', name), at: `.${name}` });
          continue;
        }
        const reading = within(`.${name}`, integer(...parameterRange(name)).read(given, ''));
        if (reading.ok) read[name] = reading.value;
        else misfits.push(...reading.misfits);
      }
      return misfits.length === 0 ? taken(read) : { ok: false, misfits };
    },
    write: (parameters) => {
      const entries = Object.entries(parameters).map(([name, value]) => `${name} = ${value}`);
      return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
    },
  };
}

interface RadioRow {
  readonly kind: Kind<unknown>;
  readonly default?: unknown;
}

/**
 * A table about a further radio: any of `rows`, and the usual values for the rest. Its interface
 * has no usual name: that follows from its place.
 */
export function otherRadio<T>(rows: Readonly<Record<string, unknown>>): Kind<T> {
  const known = rows as Readonly<Record<string, RadioRow>>;
  const expected = `a table with any of ${Object.keys(known).join(', ')}`;
  return {
    expected,
    read: (value, folder) => {
      if (!isTable(value)) return misfit(expected, value);
      const misfits: Misfit[] = Object.keys(value)
        .filter((key) => known[key] === undefined)
        .map((key) => ({
          ...place('a field of one radio; others stand in the first', key),
          at: `.${key}`,
        }));
      const read: Record<string, unknown> = {};
      for (const [key, row] of Object.entries(known)) {
        const given = value[key];
        const usual = key === 'interface' ? null : (row.default ?? null);
        const reading =
          given === undefined ? taken(usual) : within(`.${key}`, row.kind.read(given, folder));
        if (reading.ok) read[key] = reading.value;
        else misfits.push(...reading.misfits);
      }
      return misfits.length === 0 ? taken(read as T) : { ok: false, misfits };
    },
    write: (radio) => {
      const set = Object.entries(radio as Readonly<Record<string, unknown>>).flatMap(
        ([key, value]) => {
          const row = known[key];
          return row === undefined || value === null ? [] : [`${key} = ${row.kind.write(value)}`];
        },
      );
      return `{ ${set.join(', ')} }`;
    },
  };
}

/** One of the tables of `peers`. */
export function staticPeer(): Kind<StaticPeer> {
  const [where, who] = [address('name'), name('node')];
  const expected = 'a table with address and, if its key is to be checked, node';
  return {
    expected,
    read: (value, folder) => {
      if (!isTable(value)) return misfit(expected, value);
      const extra = Object.keys(value).find((key) => key !== 'address' && key !== 'node');
      if (extra !== undefined) {
        return { ok: false, misfits: [{ ...place('address or node', extra), at: `.${extra}` }] };
      }
      const there = within('.address', where.read(value['address'], folder));
      const pin = value['node'] === undefined ? taken(undefined) : who.read(value['node'], folder);
      const pinned = within('.node', pin);
      if (there.ok && pinned.ok) return taken({ address: there.value, node: pinned.value });
      return { ok: false, misfits: [...misfitsOf(there), ...misfitsOf(pinned)] };
    },
    write: (peer) => {
      const pin = peer.node === undefined ? '' : `, node = ${who.write(peer.node)}`;
      return `{ address = ${where.write(peer.address)}${pin} }`;
    },
  };
}

/** Whether a TOML value is a table. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isDate(value);
}

/** A value without what a paste may have brought around it. */
function pasted(value: unknown): unknown {
  return typeof value === 'string' ? trimmed(value) : value;
}

/** A TOML value as a person wrote it, shortened. */
export function showFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return foundText(shorten(value));
  if (typeof value === 'bigint' || typeof value === 'boolean') return `${value}`;
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : `${value}`;
  if (isDate(value)) return 'a date';
  return Array.isArray(value) ? 'a list' : 'a table';
}

function isDate(value: unknown): boolean {
  return value instanceof TomlDate;
}

function shorten(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 80)}...`;
}

function quote(value: string): string {
  return JSON.stringify(value);
}

function taken<T>(value: T): Reading<T> {
  return { ok: true, value };
}

function misfit(expected: string, value: unknown): { ok: false; misfits: Misfit[] } {
  return { ok: false, misfits: [place(expected, showFound(value))] };
}

function place(expected: string, found: string): Misfit {
  return { at: '', expected, found };
}

function misfitsOf<T>(reading: Reading<T>): readonly Misfit[] {
  return reading.ok ? [] : reading.misfits;
}

function within<T>(at: string, reading: Reading<T>): Reading<T> {
  if (reading.ok) return reading;
  return { ok: false, misfits: reading.misfits.map((one) => ({ ...one, at: at + one.at })) };
}

function joined<T>(readings: readonly Reading<T>[], at: (index: number) => string): Reading<T[]> {
  const values: T[] = [];
  const misfits: Misfit[] = [];
  for (const [index, reading] of readings.entries()) {
    if (reading.ok) values.push(reading.value);
    else misfits.push(...misfitsOf(within(at(index), reading)));
  }
  return misfits.length === 0 ? taken(values) : { ok: false, misfits };
}
