/**
 * The kernel's regulatory database (`/lib/firmware/regulatory.db`, wireless-regdb; layout in
 * net/wireless/reg.c, `struct fwdb_*`): what a country allows, before the country is set. All
 * numbers are big-endian, all references count in 4-byte words from the start of the file.
 *
 * Header: u32 'RGDB', u32 version 20. Then country entries of u8[2] letters and u16 reference,
 * ended by zero. A country: u8 length, u8 rules, u8 dfs region, padding, then a u16 reference per
 * rule from the length on (rounded up to 2). A rule: u8 length, u8 flags, u16 maximal EIRP (mBm),
 * u32 start, end and maximal bandwidth (kHz).
 */
import { failure, fault, type Result, success } from './fault.ts';

const MAGIC = 0x52474442;
const VERSION = 20;
const FIRST_COUNTRY = 8;
const COUNTRY_BYTES = 4;
const RULE_BYTES = 16;
const FLAG_NO_OUTDOOR = 1 << 1;
const FLAG_DFS = 1 << 2;
const FLAG_NO_IR = 1 << 3;
/** Half of the narrowest channel that a mesh uses. */
const HALF_CHANNEL_KHZ = 10_000;

export interface FrequencyRule {
  readonly startKhz: number;
  readonly endKhz: number;
  readonly maxBandwidthKhz: number;
  readonly noInitiation: boolean;
  readonly radar: boolean;
  readonly indoorOnly: boolean;
}

export type CountryRules = readonly FrequencyRule[];

/**
 * The rules of a country; `country_unknown` where the database has none, `output_unreadable` where
 * it is not such a database.
 */
export function countryRules(database: Uint8Array, country: string): Result<CountryRules> {
  try {
    return findCountry(database, country);
  } catch (error) {
    // DataView bounds-checks every reference of the file.
    if (!(error instanceof RangeError)) throw error;
    return unreadable('a reference beyond its end');
  }
}

/** The rule that covers a whole 20 MHz channel, if there is one. */
export function ruleAt(rules: CountryRules, frequencyMhz: number): FrequencyRule | undefined {
  const low = frequencyMhz * 1000 - HALF_CHANNEL_KHZ;
  const high = frequencyMhz * 1000 + HALF_CHANNEL_KHZ;
  const covering = rules.find(({ startKhz, endKhz, maxBandwidthKhz }) => {
    return startKhz <= low && endKhz >= high && maxBandwidthKhz >= 2 * HALF_CHANNEL_KHZ;
  });
  if (covering !== undefined) return covering;
  // The kernel joins neighbouring rules; the stricter marks count then.
  const left = rules.find(({ startKhz, endKhz }) => startKhz <= low && endKhz > low);
  const right = rules.find(({ startKhz, endKhz }) => startKhz < high && endKhz >= high);
  if (left === undefined || right === undefined || left.endKhz !== right.startKhz) return undefined;
  return {
    startKhz: left.startKhz,
    endKhz: right.endKhz,
    maxBandwidthKhz: Math.min(left.maxBandwidthKhz, right.maxBandwidthKhz),
    noInitiation: left.noInitiation || right.noInitiation,
    radar: left.radar || right.radar,
    indoorOnly: left.indoorOnly || right.indoorOnly,
  };
}

function findCountry(database: Uint8Array, country: string): Result<CountryRules> {
  const view = new DataView(database.buffer, database.byteOffset, database.byteLength);
  if (view.getUint32(0) !== MAGIC || view.getUint32(4) !== VERSION) return unreadable('other file');
  for (let offset = FIRST_COUNTRY; view.getUint32(offset) !== 0; offset += COUNTRY_BYTES) {
    const letters = String.fromCharCode(view.getUint8(offset), view.getUint8(offset + 1));
    if (letters === country) return success(readCountry(view, view.getUint16(offset + 2) * 4));
  }
  const expected = 'a country of the regulatory database';
  return failure(fault('country_unknown', 'country', expected, country));
}

function readCountry(view: DataView, offset: number): CountryRules {
  const references = offset + ((view.getUint8(offset) + 1) & ~1);
  const count = view.getUint8(offset + 1);
  return Array.from({ length: count }, (_, place) =>
    readRule(view, view.getUint16(references + place * 2) * 4),
  );
}

function readRule(view: DataView, offset: number): FrequencyRule {
  if (view.getUint8(offset) < RULE_BYTES) throw new RangeError('a rule that is too short');
  const flags = view.getUint8(offset + 1);
  return {
    startKhz: view.getUint32(offset + 4),
    endKhz: view.getUint32(offset + 8),
    maxBandwidthKhz: view.getUint32(offset + 12),
    noInitiation: (flags & FLAG_NO_IR) !== 0,
    radar: (flags & FLAG_DFS) !== 0,
    indoorOnly: (flags & FLAG_NO_OUTDOOR) !== 0,
  };
}

function unreadable(found: string): Result<CountryRules> {
  return failure(
    fault('output_unreadable', 'regulatory.db', 'version 20 of wireless-regdb', found),
  );
}
