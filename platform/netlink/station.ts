/** Station and mesh path dumps of nl80211. All functions here throw MalformedAttribute. */
import type { MeshPath, PeerLinkState, Station } from '../radio.ts';
import {
  type Attributes,
  hardwareAddress,
  i8,
  MalformedAttribute,
  nested,
  required,
  u8,
  u16,
  u32,
  viewOf,
} from './attributes.ts';
import { readGeneric } from './message.ts';
import {
  Attr,
  BssAttr,
  Nl80211Command,
  PathAttr,
  PathFlag,
  RateAttr,
  StationAttr,
  StationFlag,
} from './nl80211.ts';

/** `enum nl80211_plink_state`, by number. */
const PEER_LINK_STATES: readonly PeerLinkState[] = [
  'LISTEN',
  'OPN_SNT',
  'OPN_RCVD',
  'CNF_RCVD',
  'ESTAB',
  'HOLDING',
  'BLOCKED',
];

export function readStation(payload: Uint8Array): Station {
  const { command, attributes } = readGeneric(payload);
  if (command !== Nl80211Command.NEW_STATION)
    throw new MalformedAttribute(`command ${command} in a station dump`);
  const info = nested(attributes, Attr.STA_INFO);
  const flags = stationFlags(info);
  return {
    address: required(hardwareAddress(attributes, Attr.MAC), 'station address'),
    peerLink: peerLinkState(info),
    inactiveMs: required(u32(info, StationAttr.INACTIVE_TIME), 'inactive time'),
    connectedSeconds: u32(info, StationAttr.CONNECTED_TIME) ?? 0,
    signalDbm: i8(info, StationAttr.SIGNAL),
    signalAverageDbm: i8(info, StationAttr.SIGNAL_AVG),
    txRateKbps: rate(info, StationAttr.TX_BITRATE),
    rxRateKbps: rate(info, StationAttr.RX_BITRATE),
    expectedThroughputKbps: u32(info, StationAttr.EXPECTED_THROUGHPUT),
    rxPackets: u32(info, StationAttr.RX_PACKETS) ?? 0,
    txPackets: u32(info, StationAttr.TX_PACKETS) ?? 0,
    txRetries: u32(info, StationAttr.TX_RETRIES) ?? 0,
    txFailed: u32(info, StationAttr.TX_FAILED) ?? 0,
    airtimeMetric: u32(info, StationAttr.AIRTIME_LINK_METRIC),
    authorized: (flags & (1 << StationFlag.AUTHORIZED)) !== 0,
    protectedManagement: (flags & (1 << StationFlag.MFP)) !== 0,
    beaconIntervalTu: u16(nested(info, StationAttr.BSS_PARAM), BssAttr.BEACON_INTERVAL),
  };
}

export function readPath(payload: Uint8Array): MeshPath {
  const { command, attributes } = readGeneric(payload);
  if (command !== Nl80211Command.NEW_MPATH)
    throw new MalformedAttribute(`command ${command} in a path dump`);
  const info = nested(attributes, Attr.MPATH_INFO);
  const flags = u8(info, PathAttr.FLAGS) ?? 0;
  return {
    destination: required(hardwareAddress(attributes, Attr.MAC), 'path destination'),
    nextHop: required(hardwareAddress(attributes, Attr.MPATH_NEXT_HOP), 'next hop'),
    sequence: u32(info, PathAttr.SN) ?? 0,
    metric: u32(info, PathAttr.METRIC) ?? 0,
    queuedFrames: u32(info, PathAttr.FRAME_QLEN) ?? 0,
    expiresMs: u32(info, PathAttr.EXPTIME) ?? 0,
    active: (flags & PathFlag.ACTIVE) !== 0,
    resolving: (flags & PathFlag.RESOLVING) !== 0,
    sequenceValid: (flags & PathFlag.SN_VALID) !== 0,
    fixed: (flags & PathFlag.FIXED) !== 0,
    resolved: (flags & PathFlag.RESOLVED) !== 0,
    hopCount: u8(info, PathAttr.HOP_COUNT),
    pathChanges: u32(info, PathAttr.PATH_CHANGE),
  };
}

function peerLinkState(info: Attributes): PeerLinkState | undefined {
  const number = u8(info, StationAttr.PLINK_STATE);
  if (number === undefined) return undefined;
  return required(PEER_LINK_STATES[number], `name of peer link state ${number}`);
}

/** `struct nl80211_sta_flag_update`: which flags are known, and which are set. */
function stationFlags(info: Attributes): number {
  const bytes = info.get(StationAttr.STA_FLAGS);
  if (bytes === undefined) return 0;
  if (bytes.length !== 8) throw new MalformedAttribute(`station flags of ${bytes.length} bytes`);
  const view = viewOf(bytes);
  return view.getUint32(0, true) & view.getUint32(4, true);
}

/** Rates come in units of 100 kbit/s; the 16-bit one is left out above 6.5 Gbit/s. */
function rate(info: Attributes, type: number): number | undefined {
  if (!info.has(type)) return undefined;
  const attributes = nested(info, type);
  const units = u32(attributes, RateAttr.BITRATE32) ?? u16(attributes, RateAttr.BITRATE);
  return units === undefined ? undefined : units * 100;
}
