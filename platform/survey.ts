/**
 * What every body on a real host looks at before it plans: radios, interfaces, links, country, the
 * mesh parameters in force, what the regulatory database says, and the programs that a plan runs.
 * And what follows from it alike, whoever owns the radio: faults and the common half of a status.
 */
import { type Fault, fault, type Result, success } from './fault.ts';
import type { MeshParameters } from './mesh-parameters.ts';
import { neighboursSettled } from './neighbours.ts';
import type { MeshStatus } from './platform.ts';
import {
  domainOf,
  type NetworkInterface,
  type Phy,
  type RadioInterface,
  type RadioReader,
  type RegulatoryDomain,
} from './radio.ts';
import { type CountryRules, countryRules, ruleAt } from './regulatory-database.ts';
import { type Runner, readText } from './runner.ts';
import { checkChannel, type MeshScope, type MeshSettings } from './settings.ts';

const REGULATORY_DATABASE = '/lib/firmware/regulatory.db';
const PROGRAM_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

export interface Survey {
  readonly phys: readonly Phy[];
  readonly interfaces: readonly RadioInterface[];
  readonly domains: readonly RegulatoryDomain[];
  readonly links: readonly NetworkInterface[];
  /** Of the mesh interface, while it exists. */
  readonly parameters: MeshParameters;
  /** Whether neighbour discovery on the mesh interface is as wanted, where it can be told. */
  readonly neighboursSettled: boolean | undefined;
  /** Whether the host speaks IPv6, on the mesh interface if there is one. */
  readonly ipv6: Ipv6State;
  /** Of the wanted country; undefined where the host has no regulatory database. */
  readonly rules: Result<CountryRules> | undefined;
}

/** A supplicant on the host: whether it is there, and whether it was built with mesh. */
export interface SupplicantProgram {
  readonly installed: boolean;
  readonly mesh: boolean;
}

export async function survey(
  reader: RadioReader,
  runner: Runner,
  { interfaceName, country }: MeshScope,
): Promise<Result<Survey>> {
  const phys = await reader.phys();
  if (!phys.ok) return phys.fault.code === 'radio_missing' ? withoutRadio(reader) : phys;
  const interfaces = await reader.interfaces();
  if (!interfaces.ok) return interfaces;
  const domains = await reader.regulatory();
  if (!domains.ok) return domains;
  const links = await reader.links();
  if (!links.ok) return links;
  const isMesh = interfaces.value.some(
    ({ name, type }) => name === interfaceName && type === 'mesh point',
  );
  // Between two looks the interface may have gone; then it has no parameters either.
  const parameters = isMesh ? await reader.meshParameters(interfaceName) : success({});
  const database = await runner.read(REGULATORY_DATABASE);
  return success({
    phys: phys.value,
    interfaces: interfaces.value,
    domains: domains.value,
    links: links.value,
    parameters: parameters.ok ? parameters.value : {},
    neighboursSettled: await neighboursSettled(runner, interfaceName),
    ipv6: await ipv6State(runner, interfaceName),
    rules: database === undefined ? undefined : countryRules(database, country),
  });
}

/** A kernel without 802.11 (any more): what was changed on the host can still be put back. */
async function withoutRadio(reader: RadioReader): Promise<Result<Survey>> {
  const links = await reader.links();
  if (!links.ok) return links;
  const nothing = { parameters: {}, neighboursSettled: undefined, rules: undefined } as const;
  return success({
    phys: [],
    interfaces: [],
    domains: [],
    links: links.value,
    ipv6: 'on',
    ...nothing,
  });
}

export type Ipv6State = 'on' | 'off' | 'absent';

const SYSCTLS = '/proc/sys/net';

/** An interface that is there has a switch of its own; a new one takes that of `default`. */
export async function ipv6State(
  runner: Runner,
  interfaceName: string | undefined,
): Promise<Ipv6State> {
  const folders = await runner.list(SYSCTLS);
  if (folders.length > 0 && !folders.includes('ipv6')) return 'absent';
  const off = async (name: string) =>
    (await readText(runner, `${SYSCTLS}/ipv6/conf/${name}/disable_ipv6`))?.trim();
  const own = interfaceName === undefined ? undefined : await off(interfaceName);
  if (own !== undefined) return own === '1' ? 'off' : 'on';
  return (await off('all')) === '1' || (await off('default')) === '1' ? 'off' : 'on';
}

export function ipv6Faults(state: Ipv6State): readonly Fault[] {
  if (state === 'on') return [];
  const found =
    state === 'off' ? 'net.ipv6.conf: disable_ipv6 is 1' : `a kernel without ${SYSCTLS}/ipv6`;
  return [fault('ipv6_off', 'IPv6', 'IPv6 that is on', found)];
}

/** A mesh that is up where another country than the wanted one is in force. */
export function countryFaults(scope: MeshScope, observed: Survey): readonly Fault[] {
  const { joined, country } = surveyStatus(scope, observed);
  if (!joined || country === undefined || country === scope.country) return [];
  return [fault('country_other', 'country', scope.country, country)];
}

/** The programs of `names` that no folder of the path has. */
export async function missingPrograms(
  runner: Runner,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const folders = await Promise.all(PROGRAM_FOLDERS.map((folder) => runner.list(folder)));
  const present = new Set(folders.flat());
  return names.filter((name) => !present.has(name));
}

/** Found before the first command, so that no plan stops half-way for want of a program. */
export function programFaults(
  missing: readonly string[],
  packages: Readonly<Record<string, string>>,
): readonly Fault[] {
  return missing.map((name) => {
    const expected = `the program, from the package ${packages[name] ?? name}`;
    return fault('tool_missing', `command ${name}`, expected, 'none');
  });
}

export function supplicantFaults(
  { installed, mesh }: SupplicantProgram,
  expected: string,
): readonly Fault[] {
  const field = 'command wpa_supplicant';
  if (!installed) return [fault('supplicant_missing', field, expected, 'none')];
  return mesh ? [] : [fault('supplicant_without_mesh', field, expected, 'one without mesh')];
}

/**
 * A country that nobody knows, and a channel on which the mesh may not start there. `current` is
 * the country whose rules the marks of the channels show.
 */
export function regulatoryFaults(
  settings: MeshSettings,
  { domains, rules }: Survey,
  phy: Phy,
  current = domainOf(domains, phy.index)?.country,
): readonly Fault[] {
  const unknown = rules?.ok === false && rules.fault.code === 'country_unknown';
  return [
    ...(unknown ? [rules.fault] : []),
    ...checkChannel(settings, phy, current, rules?.ok ? rules.value : undefined),
  ];
}

/** Whether the mesh is on its channel and able to carry frames. */
export function isJoined({ interfaceName }: MeshScope, { interfaces, links }: Survey): boolean {
  const onChannel = interfaces.some(
    ({ name, frequencyMhz }) => name === interfaceName && frequencyMhz !== undefined,
  );
  return onChannel && links.some((link) => link.name === interfaceName && link.carrier);
}

export function isUp({ interfaceName }: MeshScope, { links }: Survey): boolean {
  return links.some(({ name, up }) => name === interfaceName && up);
}

export function surveyStatus(
  scope: MeshScope,
  observed: Survey,
): Omit<MeshStatus, 'supplicantRunning' | 'saeFailures' | 'warnings'> {
  const { interfaceName } = scope;
  const current = observed.interfaces.find(({ name }) => name === interfaceName);
  const link = observed.links.find(({ name }) => name === interfaceName);
  const { rules } = observed;
  const rule =
    rules?.ok === true && current?.frequencyMhz !== undefined
      ? ruleAt(rules.value, current.frequencyMhz)
      : undefined;
  return {
    interfaceName,
    phyName: observed.phys.find(({ index }) => index === current?.phyIndex)?.name,
    address: current?.address,
    ipv6: (link?.ipv6 ?? []).map(({ address }) => address),
    exists: current !== undefined,
    up: isUp(scope, observed),
    joined: isJoined(scope, observed),
    frequencyMhz: current?.frequencyMhz,
    country: domainOf(observed.domains, current?.phyIndex ?? -1)?.country,
    indoorOnly: rule?.indoorOnly ?? false,
    parameters: observed.parameters,
  };
}
