/**
 * What meshpay-radio says of the mesh: one small file in memory, written anew every two seconds,
 * which everybody may read. The node itself runs without rights: it asks the kernel nothing and
 * starts nothing, it reads this.
 *
 * Ages are taken from the machine's uptime, because a router's wall clock jumps.
 */
import { uptime } from 'node:os';
import { dirname, join } from 'node:path';
import type { Fault } from '../../../platform/fault.ts';
import { readWhole } from '../../../platform/file-reader.ts';
import type { MeshStatus } from '../../../platform/platform.ts';
import type { MeshPath, Station } from '../../../platform/radio.ts';
import type { LogHealth } from '../log/log-output.ts';

export const RADIO_REPORT_FORMAT = 2;
/** How often it is written, and from what age on nobody is writing it. */
export const RADIO_REPORT_EVERY_MS = 2_000;
const RADIO_REPORT_STALE_MS = 10_000;
/** 99 stations and 1,024 paths take a third of it. */
const MAX_REPORT_BYTES = 1024 * 1024;

/**
 * starting  nothing known yet
 * changing  commands were run; the mesh is coming up
 * up        as wanted
 * waiting   `faults` say what for
 * down      taken down by a person, until `meshpay radio up`
 */
export type RadioState = 'starting' | 'changing' | 'up' | 'waiting' | 'down';

export interface Duplicates {
  /** Made from network and key. */
  readonly ofKey: readonly string[];
  /** Made from the radio's hardware address. */
  readonly ofHardware: readonly string[];
}

/** A path, and how often its next hop has changed within the last hour. */
export interface ReportedPath extends MeshPath {
  readonly changesPerHour: number;
}

export interface RadioReport {
  readonly format: typeof RADIO_REPORT_FORMAT;
  readonly pid: number;
  /** The machine's uptime when this was written, and when the state began, in milliseconds. */
  readonly uptimeMs: number;
  readonly sinceMs: number;
  readonly state: RadioState;
  readonly body: 'linux' | 'openwrt' | 'dummy';
  /** What is wanted; null while the configuration is not good enough to tell. */
  readonly wanted: {
    readonly interfaceName: string;
    readonly meshId: string;
    readonly country: string;
    readonly frequencyMhz: number;
    readonly addresses: readonly string[];
  } | null;
  readonly notes: readonly string[];
  readonly faults: readonly Fault[];
  /** The machine's uptime before which nothing is tried again; null while nothing failed. */
  readonly nextTryMs: number | null;
  readonly mesh: MeshStatus | null;
  readonly stations: readonly Station[];
  readonly paths: readonly ReportedPath[];
  /** Neighbours that were found dead and forgotten, the latest last. */
  readonly forgotten: readonly { readonly address: string; readonly atMs: number }[];
  /** Addresses of this node that somebody else on the mesh has too, by what they are made from. */
  readonly duplicates: Duplicates;
  /** Whether the lines of meshpay-radio's own log are written. */
  readonly log: LogHealth;
}

export type RadioReading =
  /** `ageMs` since it was written; `fresh`: somebody still writes it. */
  | {
      readonly found: true;
      readonly report: RadioReport;
      readonly fresh: boolean;
      readonly ageMs: number;
    }
  | { readonly found: false; readonly why: string };

/** The machine's uptime in milliseconds. */
export function uptimeMs(): number {
  return Math.round(uptime() * 1000);
}

/** While this file is there, the mesh is to stay down. It goes with a reboot. */
export function heldFile(statusFile: string): string {
  return join(dirname(statusFile), 'held');
}

/**
 * A person asks for what the configuration and the held file say, now. Whoever reports takes the
 * file away after a report that tells nothing of before, so that what is read then is the answer.
 */
export function askedFile(statusFile: string): string {
  return `${statusFile}.asked`;
}

export function readRadioReport(file: string, nowMs = uptimeMs()): RadioReading {
  const reading = readWhole(file, MAX_REPORT_BYTES);
  if (!reading.ok) {
    const { error, expected, found } = reading;
    const what = error === undefined ? `${found}, not ${expected}` : found;
    return { found: false, why: found === 'ENOENT' ? 'not there' : what };
  }
  try {
    const value: unknown = JSON.parse(reading.bytes.toString('utf8'));
    if (!isReport(value)) return { found: false, why: 'of another version' };
    const ageMs = Math.max(0, nowMs - value.uptimeMs);
    return { found: true, report: value, fresh: ageMs < RADIO_REPORT_STALE_MS, ageMs };
  } catch (error) {
    return { found: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/** Its writer is root and of this version; more than that is not asked. */
function isReport(value: unknown): value is RadioReport {
  if (typeof value !== 'object' || value === null) return false;
  const { format, uptimeMs: written } = value as Partial<Record<keyof RadioReport, unknown>>;
  return format === RADIO_REPORT_FORMAT && typeof written === 'number';
}
