/**
 * The second half of a plan for Linux: the mesh interface created, its supplicant started,
 * addresses and parameters set. What is as wanted stays as it is: a supplicant that runs with the
 * wanted configuration is never touched, because its peers would have to meet again.
 */
import { awaitCarrier, type HostCommand, remove, run } from '../command.ts';
import { normalizePrefix } from '../ipv6.ts';
import { LOG_MAX_BYTES, START_TIMEOUT_MS } from '../limits.ts';
import { parameterCommands } from '../mesh-parameters.ts';
import { NEIGHBOUR_SETTINGS } from '../neighbours.ts';
import type { Phy } from '../radio.ts';
import { coverageClassOf, joinTimeoutMs, type MeshScope, type MeshSettings } from '../settings.ts';
import { isJoined, isUp } from '../survey.ts';
import { intervalBeside, ownAddress } from './coexistence.ts';
import { type LinuxObserved, pathsOf } from './observed.ts';
import { supplicantConfiguration } from './supplicant.ts';

export function bringUp(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): readonly HostCommand[] {
  const { interfaceName } = settings;
  const { supplicant } = observed;
  const files = pathsOf(observed, interfaceName);
  const current = observed.interfaces.find(({ name }) => name === interfaceName);
  const onThisPhy = current?.phyIndex === phy.index;
  const content = wantedConfiguration(settings, observed, phy);
  const sameContent = supplicant.configuration === content;
  const joined = isJoined(settings, observed);
  const joinMs = joinTimeoutMs(settings, phy);
  const stuck = !joined && (supplicant.process?.ageMs ?? 0) > joinMs;
  const down =
    onThisPhy && !isUp(settings, observed) && (supplicant.process?.ageMs ?? 0) > START_TIMEOUT_MS;
  const keepRunning =
    supplicant.process !== undefined && onThisPhy && sameContent && !stuck && !down;
  return [
    ...(keepRunning ? [] : stopSupplicant(settings, observed)),
    ...(current !== undefined && !onThisPhy ? [run('iw', 'dev', interfaceName, 'del')] : []),
    ...(onThisPhy ? [] : makeInterface(settings, observed, phy)),
    ...observed.renamed.slice(onThisPhy ? 0 : 1).map((name) => run('iw', 'dev', name, 'del')),
    ...(keepRunning ? [] : addressOfItsOwn(settings, observed, phy)),
    ...(sameContent
      ? []
      : [
          { kind: 'write', path: files.configuration, mode: 0o600, content, secret: true } as const,
        ]),
    ...logRotation(observed, files.log),
    ...(keepRunning || observed.multicastRateMbps === undefined ? [] : [remove(files.multicast)]),
    ...(keepRunning ? [] : [startSupplicant(settings, observed)]),
    ...addressCommands(settings, observed, onThisPhy),
    ...(keepRunning && joined ? [] : [awaitCarrier(interfaceName, joinMs)]),
    // A mesh that is joined anew starts from the kernel's values.
    ...parameterCommands(
      interfaceName,
      settings.parameters,
      keepRunning ? observed.parameters : undefined,
    ),
    ...multicastCommands(settings, observed, !keepRunning),
    ...neighbourCommands(settings, observed, onThisPhy),
    ...distanceCommands(settings, phy),
  ];
}

/**
 * One that was made and then renamed by somebody gets its name back: made again it would be two.
 */
function makeInterface(
  { interfaceName }: MeshScope,
  { renamed, interfaces }: LinuxObserved,
  phy: Phy,
): readonly HostCommand[] {
  const [other] = renamed;
  const isHere = interfaces.some(({ name, phyIndex }) => name === other && phyIndex === phy.index);
  if (other !== undefined && isHere)
    return [run('ip', 'link', 'set', other, 'name', interfaceName)];
  return [
    ...(other === undefined ? [] : [run('iw', 'dev', other, 'del')]),
    run('iw', 'phy', phy.name, 'interface', 'add', interfaceName, 'type', 'mp'),
  ];
}

/**
 * An access point beside keeps its beacon interval, and the mesh takes that. One that is joined has
 * an interval that the kernel took: it is not made to meet its peers again when an access point
 * comes or goes.
 */
function wantedConfiguration(settings: MeshSettings, observed: LinuxObserved, phy: Phy): string {
  const { control } = pathsOf(observed, settings.interfaceName);
  const { configuration } = observed.supplicant;
  const own = supplicantConfiguration(settings, control, 'global_sae_pwe');
  const isKept = configuration === own || withInterval(configuration, settings) === own;
  if (configuration !== undefined && isKept && isJoined(settings, observed)) return configuration;
  const beaconIntervalTu = intervalBeside(settings, observed, phy);
  if (beaconIntervalTu === undefined) return own;
  const beside = { ...settings, beaconIntervalTu };
  return `${BESIDE_NOTE}${supplicantConfiguration(beside, control, 'global_sae_pwe')}`;
}

/** A configuration that has somebody else's interval, as it would be with the wanted one. */
function withInterval(
  configuration: string | undefined,
  { beaconIntervalTu }: MeshSettings,
): string | undefined {
  if (configuration?.startsWith(BESIDE_NOTE) !== true) return undefined;
  const rest = configuration.slice(BESIDE_NOTE.length);
  return rest.replace(/^( *beacon_int)=\d+$/m, `$1=${beaconIntervalTu}`);
}

/** Tells an interval that was taken from one that was wanted. */
const BESIDE_NOTE = '# With the beacon interval of the access point beside.\n';

/** Of an interface that is up nobody has the address, and it could not be given another. */
function addressOfItsOwn(
  settings: MeshSettings,
  observed: LinuxObserved,
  phy: Phy,
): readonly HostCommand[] {
  const address = isUp(settings, observed) ? undefined : ownAddress(settings, observed, phy);
  if (address === undefined) return [];
  return [run('ip', 'link', 'set', settings.interfaceName, 'address', address)];
}

/** Joining makes the kernel forget the rate; the note is written after it was set, never before. */
function multicastCommands(
  { interfaceName, multicastRateMbps }: MeshSettings,
  observed: LinuxObserved,
  anew: boolean,
): readonly HostCommand[] {
  if (!anew && observed.multicastRateMbps === multicastRateMbps) return [];
  const path = pathsOf(observed, interfaceName).multicast;
  const content = `${multicastRateMbps}\n`;
  return [
    run('iw', 'dev', interfaceName, 'set', 'mcast_rate', `${multicastRateMbps}`),
    { kind: 'write', path, mode: 0o600, content, secret: false },
  ];
}

/** Last: a driver that cannot do it keeps no mesh from coming up. */
function distanceCommands(
  { distanceMeters }: MeshSettings,
  { name, coverageClass }: Phy,
): readonly HostCommand[] {
  if (distanceMeters === undefined) return [];
  const wanted = coverageClassOf(distanceMeters);
  if (coverageClass === wanted) return [];
  return [run('iw', 'phy', name, 'set', 'coverage', `${wanted}`)];
}

/** Over netlink: the unit may not write to /proc/sys. A new interface has the kernel's values. */
function neighbourCommands(
  { interfaceName }: MeshSettings,
  { neighboursSettled }: LinuxObserved,
  isOld: boolean,
): readonly HostCommand[] {
  if (isOld && neighboursSettled !== false) return [];
  const { mcast_solicit, ucast_solicit, retrans_time_ms, delay_first_probe_time } =
    NEIGHBOUR_SETTINGS;
  const table = ['name', 'ndisc_cache', 'dev', interfaceName];
  const probes = ['mcast_probes', `${mcast_solicit}`, 'ucast_probes', `${ucast_solicit}`];
  const times = [
    'retrans',
    `${retrans_time_ms}`,
    'delay_probe',
    `${1_000 * delay_first_probe_time}`,
  ];
  return [run('ip', 'ntable', 'change', ...table, ...probes, ...times)];
}

function startSupplicant({ interfaceName }: MeshScope, observed: LinuxObserved): HostCommand {
  const { pid, log, configuration } = pathsOf(observed, interfaceName);
  return run(
    'wpa_supplicant',
    ...['-B', '-P', pid, '-f', log, '-i', interfaceName, '-D', 'nl80211'],
    ...['-c', configuration],
  );
}

export function stopSupplicant(
  { interfaceName }: MeshScope,
  observed: LinuxObserved,
): readonly HostCommand[] {
  const { process } = observed.supplicant;
  if (process === undefined) return [];
  const argument = pathsOf(observed, interfaceName).configuration;
  return [{ kind: 'stop', pid: process.pid, argument }];
}

/** The supplicant appends, so an emptied log goes on from its start. */
function logRotation({ supplicant }: LinuxObserved, path: string): readonly HostCommand[] {
  if (supplicant.log.length < LOG_MAX_BYTES || supplicant.process === undefined) return [];
  return [run('truncate', '--size=0', path)];
}

function addressCommands(
  { interfaceName, addresses }: MeshSettings,
  observed: LinuxObserved,
  onThisPhy: boolean,
): readonly HostCommand[] {
  const link = observed.links.find(({ name }) => name === interfaceName);
  const present = onThisPhy ? (link?.ipv6 ?? []).map(({ address }) => address) : [];
  const wanted = addresses.map((address) => normalizePrefix(address) ?? address);
  const change = (verb: string) => (address: string) =>
    run('ip', '-6', 'address', verb, address, 'dev', interfaceName);
  return [
    // Only unique local addresses (fc00::/7) are ours to take away.
    ...present
      .filter((address) => /^f[cd]/.test(address) && !wanted.includes(address))
      .map(change('del')),
    ...wanted.filter((address) => !present.includes(address)).map(change('replace')),
  ];
}
