/**
 * What can be seen of a host's radios: plain data, and the port through which it is read. Two
 * bodies give the same answers: netlink/reader.ts (nl80211 and rtnetlink) and iw/reader.ts (the
 * text of `iw` and `ip`), for hosts where no netlink addon loads.
 *
 * Names follow `iw`, units are in the names. Marks of a disabled channel are not given, because
 * `iw` does not print them.
 */
import type { Result } from './fault.ts';
import type { MeshParameters } from './mesh-parameters.ts';

export type InterfaceType =
  | 'unspecified'
  | 'IBSS'
  | 'managed'
  | 'AP'
  | 'AP/VLAN'
  | 'WDS'
  | 'monitor'
  | 'mesh point'
  | 'P2P-client'
  | 'P2P-GO'
  | 'P2P-device'
  | 'outside context of a BSS'
  | 'NAN';

export type Band = '2.4 GHz' | '5 GHz' | '6 GHz';

export interface Channel {
  readonly band: Band;
  readonly number: number;
  readonly frequencyMhz: number;
  readonly disabled: boolean;
  /** No initiation of radiation: a mesh may not be started here. */
  readonly noInitiation: boolean;
  /** Shared with radar: needs DFS. */
  readonly radar: boolean;
}

/** Which interfaces may exist on one radio at the same time. */
export interface Combination {
  readonly limits: readonly { readonly max: number; readonly types: readonly InterfaceType[] }[];
  readonly maxInterfaces: number;
  readonly maxChannels: number;
  /** With these, the driver can watch for radar. */
  readonly detectsRadar?: true;
}

/** One of several radios behind one phy (Linux 6.11), each with a part of the channels. */
export interface PhyRadio {
  readonly ranges: readonly { readonly lowMhz: number; readonly highMhz: number }[];
  /** What it takes by itself; all of them together keep to those of the phy. */
  readonly combinations: readonly Combination[];
}

export interface Phy {
  readonly index: number;
  readonly name: string;
  readonly interfaceTypes: readonly InterfaceType[];
  /** Cipher suites as in the standard: `00-0f-ac:4` is CCMP-128, `00-0f-ac:6` BIP-CMAC-128. */
  readonly ciphers: readonly string[];
  readonly combinations: readonly Combination[];
  /** How long answers are waited for, in steps of 3 us (450 m). */
  readonly coverageClass: number | undefined;
  /** Empty where the phy is one radio. */
  readonly radios: readonly PhyRadio[];
  /** Channels of the 2.4, 5 and 6 GHz bands. */
  readonly channels: readonly Channel[];
  /** The driver leaves SAE to userspace. */
  readonly saeInUserspace: boolean;
  /** The driver leaves mesh peering management to userspace, which secured mesh needs. */
  readonly peeringInUserspace: boolean;
}

export interface RadioInterface {
  readonly index: number;
  readonly name: string;
  readonly phyIndex: number;
  readonly type: InterfaceType;
  readonly address: string;
  /** Present while the interface is on a channel: a joined mesh, a connected station. */
  readonly frequencyMhz: number | undefined;
}

/** `country` is two letters; `00` is the world domain, `99` one built by the kernel. */
export interface RegulatoryDomain {
  readonly country: string;
  readonly dfsRegion: 'unset' | 'FCC' | 'ETSI' | 'JP';
  /** Absent for the domain of the whole host. */
  readonly phyIndex: number | undefined;
  readonly selfManaged: boolean;
}

export type PeerLinkState =
  | 'LISTEN'
  | 'OPN_SNT'
  | 'OPN_RCVD'
  | 'CNF_RCVD'
  | 'ESTAB'
  | 'HOLDING'
  | 'BLOCKED';

/** One neighbour on a mesh interface (nl80211 station). */
export interface Station {
  readonly address: string;
  readonly peerLink: PeerLinkState | undefined;
  /** Time since the last frame or acknowledgement from it. */
  readonly inactiveMs: number;
  readonly connectedSeconds: number;
  readonly signalDbm: number | undefined;
  readonly signalAverageDbm: number | undefined;
  readonly txRateKbps: number | undefined;
  readonly rxRateKbps: number | undefined;
  /** Absent with drivers that do not estimate it; `iw` rounds it by up to 1 kbit/s. */
  readonly expectedThroughputKbps: number | undefined;
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly txRetries: number;
  readonly txFailed: number;
  /** IEEE 802.11 airtime link metric, lower is better. */
  readonly airtimeMetric: number | undefined;
  readonly authorized: boolean;
  /** Management frame protection is on. */
  readonly protectedManagement: boolean;
  /** Beacon interval in time units of 1.024 ms. */
  readonly beaconIntervalTu: number | undefined;
}

/** One HWMP path. */
export interface MeshPath {
  readonly destination: string;
  readonly nextHop: string;
  readonly sequence: number;
  readonly metric: number;
  readonly queuedFrames: number;
  /** Until it expires; 0 where it has. */
  readonly expiresMs: number;
  readonly active: boolean;
  readonly resolving: boolean;
  readonly sequenceValid: boolean;
  readonly fixed: boolean;
  readonly resolved: boolean;
  readonly hopCount: number | undefined;
  readonly pathChanges: number | undefined;
}

/** A network interface as rtnetlink sees it. */
export interface NetworkInterface {
  readonly index: number;
  readonly name: string;
  /** Administratively up. */
  readonly up: boolean;
  /** Able to carry frames (IFF_LOWER_UP): for a mesh interface, the mesh is joined. */
  readonly carrier: boolean;
  readonly address: string;
  readonly mtu: number;
  readonly ipv6: readonly InterfaceAddress[];
}

export interface InterfaceAddress {
  /** With prefix length, in the shortest form: `fd00::2/64`. */
  readonly address: string;
  readonly scope: 'global' | 'link' | 'host';
}

/** The kernel's files and its dumps differ in their order; both readers use this one. */
export function byAddress(left: InterfaceAddress, right: InterfaceAddress): number {
  return left.address < right.address ? -1 : 1;
}

/** What happened to the host's radios. `interfaceName` is absent where it is not known any more. */
export type RadioEvent =
  | {
      readonly kind: 'peer_candidate';
      readonly interfaceName: string | undefined;
      readonly address: string;
    }
  | {
      readonly kind: 'station_added' | 'station_removed';
      readonly interfaceName: string | undefined;
      readonly address: string;
    }
  | {
      readonly kind: 'interface_added' | 'interface_changed' | 'interface_removed';
      readonly interfaceName: string | undefined;
      readonly phyIndex: number | undefined;
    }
  | { readonly kind: 'phy_added' | 'phy_removed'; readonly phyIndex: number | undefined }
  | { readonly kind: 'regulatory_changed'; readonly country: string | undefined }
  | {
      readonly kind: 'channel_changed' | 'radar_seen' | 'scan_started' | 'scan_ended';
      readonly interfaceName: string | undefined;
    }
  | {
      readonly kind: 'link_changed' | 'link_removed';
      readonly interfaceName: string;
      readonly up: boolean;
      readonly carrier: boolean;
    }
  | { readonly kind: 'addresses_changed'; readonly interfaceName: string | undefined }
  /** Events were lost or unreadable: look at everything again. */
  | { readonly kind: 'lost' };

export interface Watch {
  close(): void;
}

export interface RadioReader {
  phys(): Promise<Result<readonly Phy[]>>;
  interfaces(): Promise<Result<readonly RadioInterface[]>>;
  regulatory(): Promise<Result<readonly RegulatoryDomain[]>>;
  links(): Promise<Result<readonly NetworkInterface[]>>;
  /** Faults: `interface_missing`. */
  stations(interfaceName: string): Promise<Result<readonly Station[]>>;
  /** Faults: `interface_missing`, `not_permitted` (needs CAP_NET_ADMIN). */
  paths(interfaceName: string): Promise<Result<readonly MeshPath[]>>;
  /** Faults: `interface_missing`. */
  meshParameters(interfaceName: string): Promise<Result<MeshParameters>>;
  watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>>;
  /**
   * The one act of a reader, because it must be quick: drops a neighbour with every path through
   * it. Faults: `interface_missing`, `not_permitted`; a refusal where there is no such neighbour.
   */
  removeStation(interfaceName: string, address: string): Promise<Result<undefined>>;
  close(): void;
}

/** The domain in force for a phy: its own where it has one, else the host's. */
export function domainOf(
  domains: readonly RegulatoryDomain[],
  phyIndex: number,
): RegulatoryDomain | undefined {
  return (
    domains.find((domain) => domain.phyIndex === phyIndex) ??
    domains.find((domain) => domain.phyIndex === undefined)
  );
}
