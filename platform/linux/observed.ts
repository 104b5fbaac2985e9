/** What the Linux body looks at before it plans, and where its files are. */

import type { Result } from '../fault.ts';
import type { MeshParameters } from '../mesh-parameters.ts';
import type { Link, Phy, RadioInterface, RegulatoryDomain } from '../radio.ts';
import type { CountryRules } from '../regulatory-database.ts';
import type { ObservedManager } from './managers.ts';

export interface LinuxObserved {
  readonly phys: readonly Phy[];
  readonly interfaces: readonly RadioInterface[];
  readonly domains: readonly RegulatoryDomain[];
  readonly links: readonly Link[];
  /** Of the mesh interface, while it exists. */
  readonly parameters: MeshParameters;
  /** Of the wanted country; undefined where the host has no regulatory database. */
  readonly rules: Result<CountryRules> | undefined;
  readonly blocks: readonly RadioBlock[];
  readonly supplicant: ObservedSupplicant;
  readonly managers: readonly ObservedManager[];
  /** What was there before the first plan; undefined while nothing has been changed. */
  readonly before: Before | undefined;
}

/** A radio switch (rfkill): `soft` is undone by software, `hard` only at the device. */
export interface RadioBlock {
  readonly phyName: string;
  readonly switchIndex: number;
  readonly soft: boolean;
  readonly hard: boolean;
}

export interface ObservedSupplicant {
  readonly installed: boolean;
  readonly mesh: boolean;
  readonly process: { readonly pid: number; readonly ageMs: number } | undefined;
  readonly configuration: string | undefined;
  readonly log: string;
}

/** Kept in a file from the first change to the restoration. */
export interface Before {
  readonly country: string;
  /** Interfaces of the radio that were up and had to yield. */
  readonly up: readonly string[];
  /** Radio switches that were on, by number. */
  readonly blocked: readonly number[];
}

/** /run is emptied at boot, exactly when the kernel forgets the interface and the country too. */
const FOLDER = '/run/meshpay-radio';

export interface LinuxPaths {
  readonly configuration: string;
  readonly control: string;
  readonly pid: string;
  readonly log: string;
  readonly before: string;
  readonly carrier: string;
}

export function linuxPaths(interfaceName: string): LinuxPaths {
  const stem = `${FOLDER}/${interfaceName}`;
  return {
    configuration: `${stem}.conf`,
    control: `${stem}.control`,
    pid: `${stem}.pid`,
    log: `${stem}.log`,
    before: `${stem}.before.json`,
    carrier: `/sys/class/net/${interfaceName}/carrier`,
  };
}

export function writeBefore(before: Before): string {
  return `${JSON.stringify(before)}\n`;
}

/** Undefined for what is not such a file: then nothing of ours is there to restore. */
export function readBefore(text: string | undefined): Before | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { country, up, blocked } = value as Partial<Record<keyof Before, unknown>>;
    if (typeof country !== 'string' || !Array.isArray(up) || !Array.isArray(blocked)) {
      return undefined;
    }
    return {
      country,
      up: up.filter((name) => typeof name === 'string'),
      blocked: blocked.filter((index) => typeof index === 'number'),
    };
  } catch {
    return undefined;
  }
}
