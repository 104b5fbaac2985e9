/** What the Linux body looks at before it plans, and where its files are. */
import type { Fault } from '../fault.ts';
import type { SupplicantProgram, Survey } from '../survey.ts';
import type { ObservedManager } from './managers.ts';

export interface LinuxObserved extends Survey {
  /** Where this body keeps its files. */
  readonly folder: string;
  readonly blocks: readonly RadioBlock[];
  /** Of radios that have one address for all of their interfaces, by phy name. */
  readonly soleAddresses: Readonly<Record<string, string>>;
  /** Beacon intervals in time units by interface, where hostapd's configuration names one. */
  readonly beaconIntervals: Readonly<Record<string, number>>;
  /** Programs that a plan runs and the host lacks. */
  readonly missing: readonly string[];
  readonly supplicant: ObservedSupplicant;
  readonly managers: readonly ObservedManager[];
  /** Managers that cannot be told. */
  readonly strangers: readonly Fault[];
  /**
   * The country that was asked for last, which is not always the one that the kernel then names.
   */
  readonly askedCountry: string | undefined;
  /** Mbit/s, as noted when it was last set: the kernel takes it and never tells it. */
  readonly multicastRateMbps: number | undefined;
  /** What was there before the first plan; undefined while nothing has been changed. */
  readonly before: Before | undefined;
  /** The notes of the other radios of this node, while those are not taken down. */
  readonly siblingNotes: readonly Before[];
  readonly leftovers: readonly Leftover[];
  /** Interfaces of ours that somebody has given other names, such as a rule of udev. */
  readonly renamed: readonly string[];
}

/** A radio switch (rfkill): `soft` is undone by software, `hard` only at the device. */
export interface RadioBlock {
  readonly phyName: string;
  readonly switchIndex: number;
  readonly soft: boolean;
  readonly hard: boolean;
}

export interface ObservedSupplicant extends SupplicantProgram {
  readonly process: { readonly pid: number; readonly ageMs: number } | undefined;
  readonly configuration: string | undefined;
  readonly log: string;
}

/** A mesh of ours under a name that is not wanted any more. */
export interface Leftover {
  readonly interfaceName: string;
  /** Of its supplicant, while that runs. */
  readonly pid: number | undefined;
  readonly before: Before | undefined;
}

/** Kept in a file from the first change to the restoration. */
export interface Before {
  readonly country: string;
  /** Interfaces of the radio that were up and had to yield. */
  readonly up: readonly string[];
  /** Radio switches that were on, by number. */
  readonly blocked: readonly number[];
  /** The highest number of an interface then: the kernel gives none of them twice. */
  readonly newestIndex: number;
  /** Coverage classes of radios that were given another one, by phy name. */
  readonly coverage?: Readonly<Record<string, number>>;
}

/** What a plan runs beside the supplicant, and Debian's package of each. */
export const PROGRAMS = ['ip', 'iw', 'wpa_cli'] as const;
export const PACKAGES = {
  ip: 'iproute2',
  wpa_cli: 'wpasupplicant',
  nmcli: 'network-manager',
  networkctl: 'systemd',
  dhcpcd: 'dhcpcd-base',
} as const;

/** /run is emptied at boot, exactly when the kernel forgets the interface and the country too. */
export const DEFAULT_FOLDER = '/run/meshpay-radio';
const BEFORE_SUFFIX = '.before.json';

export interface LinuxPaths {
  readonly configuration: string;
  readonly control: string;
  readonly pid: string;
  readonly log: string;
  readonly before: string;
  readonly multicast: string;
  readonly country: string;
}

export function linuxPaths(folder: string, interfaceName: string): LinuxPaths {
  const stem = `${folder}/${interfaceName}`;
  return {
    configuration: `${stem}.conf`,
    control: `${stem}.control`,
    pid: `${stem}.pid`,
    log: `${stem}.log`,
    before: `${stem}${BEFORE_SUFFIX}`,
    multicast: `${stem}.multicast`,
    country: `${stem}.country`,
  };
}

/** The files of a mesh on the host that was looked at. */
export function pathsOf({ folder }: LinuxObserved, interfaceName: string): LinuxPaths {
  return linuxPaths(folder, interfaceName);
}

/** The names of the meshes whose notes lie in the folder, but for those that are meant. */
export function leftoverNames(
  entries: readonly string[],
  ours: readonly string[],
): readonly string[] {
  return entries
    .filter((entry) => entry.endsWith(BEFORE_SUFFIX))
    .map((entry) => entry.slice(0, -BEFORE_SUFFIX.length))
    .filter((name) => !ours.includes(name));
}

export function writeBefore(before: Before): string {
  return `${JSON.stringify(before)}\n`;
}

/** Undefined for what is not such a file: then nothing of ours is there to restore. */
export function readBefore(text: string | undefined): Before | undefined {
  if (text === undefined) return undefined;
  const value = jsonIn(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { country, up, blocked, newestIndex, coverage } = value as Partial<
    Record<keyof Before, unknown>
  >;
  if (typeof country !== 'string' || !Array.isArray(up) || !Array.isArray(blocked)) {
    return undefined;
  }
  if (typeof newestIndex !== 'number') return undefined;
  return {
    country,
    up: up.filter((name) => typeof name === 'string'),
    blocked: blocked.filter((index) => typeof index === 'number'),
    newestIndex,
    ...(isNumbers(coverage) ? { coverage } : {}),
  };
}

function isNumbers(value: unknown): value is Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((each) => typeof each === 'number');
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
