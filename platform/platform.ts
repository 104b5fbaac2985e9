/**
 * The radio port: one interface, three bodies (linux/, openwrt/, dummy/), one conformance suite.
 * What the two real hosts share is in survey.ts and host-body.ts.
 *
 *   probe    which radios there are, which can carry a secured mesh, and if not exactly why
 *   observe  everything a plan depends on, as plain data
 *   plan     pure: (settings, observed) -> commands, or faults; empty when all is as wanted
 *   apply    performs commands; where the host has transactions, rolls back when the mesh fails
 *   restore  pure: the commands that put back what was there before the first plan; it needs no
 *            settings, so that a configuration which has become wrong can still be taken down
 *   status   pure: the observed state in a form that is the same on every body
 *   stations, paths, watch   what the mesh is doing
 *   forgetStation, resetPeering   the two acts that liveness.ts asks for
 *   revive   pure: the commands that start anew a part of a mesh that hears nobody
 *
 * A fault in `plan` is found before anything on the host is changed. `reconcile.ts` turns the port
 * into a service; `open.ts` picks the body. Nothing here knows what the mesh is used for.
 *
 * Rights: probe, observe, plan and stations need none; apply, restore, paths, forgetStation and
 * resetPeering need root or CAP_NET_ADMIN.
 */
import type { HostCommand } from './command.ts';
import { type Fault, fault, type Result } from './fault.ts';
import type { MeshParameters } from './mesh-parameters.ts';
import type { MeshPath, Phy, RadioEvent, RegulatoryDomain, Station, Watch } from './radio.ts';
import { channelOf, channelUnknown, type MeshScope, type MeshSettings } from './settings.ts';

export type MeshPlan =
  | { readonly ok: true; readonly commands: readonly HostCommand[] }
  | { readonly ok: false; readonly faults: readonly [Fault, ...Fault[]] };

/** One radio and what stands between it and a secured mesh; no faults means that it can do it. */
export interface RadioVerdict {
  readonly phy: Phy;
  /** The kernel's driver, where it is known: brcmfmac is the built-in radio of a Raspberry Pi. */
  readonly driver: string | undefined;
  readonly country: RegulatoryDomain | undefined;
  readonly faults: readonly Fault[];
}

export interface Probe {
  readonly radios: readonly RadioVerdict[];
  /** What is wrong with the host itself: no supplicant, a supplicant without mesh. */
  readonly faults: readonly Fault[];
  /** What may disturb a mesh here, and does not keep it from coming up. */
  readonly warnings: readonly Fault[];
  /** How the radios are read. */
  readonly reader: 'netlink' | 'iw' | 'none';
}

export interface MeshStatus {
  readonly interfaceName: string;
  readonly phyName: string | undefined;
  readonly address: string | undefined;
  readonly ipv6: readonly string[];
  readonly exists: boolean;
  readonly up: boolean;
  /** On its channel and able to carry frames. */
  readonly joined: boolean;
  readonly frequencyMhz: number | undefined;
  readonly country: string | undefined;
  /** The country allows this channel in buildings only. */
  readonly indoorOnly: boolean;
  readonly supplicantRunning: boolean;
  readonly parameters: MeshParameters;
  /** Neighbours that failed SAE, with counts: another passphrase, most likely. */
  readonly saeFailures: readonly SaeFailure[];
  /** What is not as it should be, though the mesh may be up. */
  readonly warnings: readonly Fault[];
}

export interface SaeFailure {
  readonly address: string;
  readonly count: number;
}

export interface Platform<Observed> {
  readonly kind: 'linux' | 'openwrt' | 'dummy';
  /** Whether each try to build the mesh takes the radio's other networks down with it. */
  readonly takesOthersDown: boolean;
  probe(): Promise<Result<Probe>>;
  observe(scope: MeshScope): Promise<Result<Observed>>;
  plan(settings: MeshSettings, observed: Observed): MeshPlan;
  restore(scope: MeshScope, observed: Observed): MeshPlan;
  /** Empty where others on the same radio would be disturbed. The next plan does the rest. */
  revive(settings: MeshSettings, observed: Observed, what: Revival): readonly HostCommand[];
  status(settings: MeshSettings, observed: Observed): MeshStatus;
  apply(commands: readonly HostCommand[]): Promise<Result<undefined>>;
  stations(interfaceName: string): Promise<Result<readonly Station[]>>;
  paths(interfaceName: string): Promise<Result<readonly MeshPath[]>>;
  watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>>;
  /** Drops a dead neighbour in the kernel, so that HWMP looks for another way at once. */
  forgetStation(interfaceName: string, address: string): Promise<Result<undefined>>;
  /** Makes the supplicant start over with a neighbour that was forgotten and has come back. */
  resetPeering(interfaceName: string, address: string): Promise<Result<undefined>>;
  close(): void;
}

export function refuse(faults: readonly Fault[]): MeshPlan | undefined {
  const [first, ...rest] = faults;
  return first === undefined ? undefined : { ok: false, faults: [first, ...rest] };
}

const CCMP_128 = '00-0f-ac:4';
const BIP_CMAC_128 = '00-0f-ac:6';

/** Why a phy cannot carry a WPA3-SAE mesh with protected management frames; empty when it can. */
export function radioFaults(phy: Phy): readonly Fault[] {
  const field = `radio ${phy.name}`;
  if (!phy.interfaceTypes.includes('mesh point')) {
    const found = `only ${phy.interfaceTypes.join(', ') || 'nothing'}`;
    return [fault('radio_without_mesh', field, 'mesh point among its interface types', found)];
  }
  const missing = [
    phy.saeInUserspace ? [] : ['SAE in userspace'],
    phy.peeringInUserspace ? [] : ['mesh peering in userspace'],
    phy.ciphers.includes(CCMP_128) ? [] : ['CCMP'],
    phy.ciphers.includes(BIP_CMAC_128) ? [] : ['BIP (protected management frames)'],
  ].flat();
  if (missing.length === 0) return [];
  const expected = 'SAE and peering in userspace, CCMP and BIP';
  return [fault('radio_without_sae', field, expected, `no ${missing.join(', no ')}`)];
}

/**
 * The radio that the settings name, or the first that can do it on the wanted channel: most routers
 * have one for each band. Else what each of them lacks.
 */
export function chooseRadio(
  phys: readonly Phy[],
  { radio, frequencyMhz }: MeshSettings,
): { readonly phy: Phy } | { readonly faults: readonly [Fault, ...Fault[]] } {
  const candidates = radio === undefined ? phys : phys.filter(({ name }) => name === radio);
  const fit = candidates.filter((phy) => radioFaults(phy).length === 0);
  const onChannel = fit.filter((phy) => channelOf(phy, frequencyMhz) !== undefined);
  // Of two radios of one band, each has the half of the other as disabled channels.
  const open = onChannel.find((phy) => channelOf(phy, frequencyMhz)?.disabled === false);
  const phy = open ?? onChannel[0];
  if (phy !== undefined) return { phy };
  const [first, ...rest] = [
    ...fit.map((each) => channelUnknown(each, frequencyMhz)),
    ...candidates.flatMap(radioFaults),
  ];
  if (first !== undefined) return { faults: [first, ...rest] };
  const names = phys.map(({ name }) => name).join(', ') || 'no radio at all';
  const expected = radio === undefined ? 'a radio' : `radio ${radio}`;
  return { faults: [fault('radio_missing', 'radio', expected, names)] };
}

/** What is started anew of a mesh that hears nobody any more (silence.ts). */
export type Revival = 'supplicant' | 'interface';

/** The kernel keeps a dead neighbour for 30 minutes, so both acts address it by hand. */
export type StationAct = 'forget' | 'reset_peering';
