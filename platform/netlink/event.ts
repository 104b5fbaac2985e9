/**
 * Multicast messages of nl80211 (groups config, scan, regulatory, mlme) as typed events. Only their
 * meaning for a mesh is kept; commands that mean nothing here give no event.
 */
import type { RadioEvent } from '../radio.ts';
import { type Attributes, hardwareAddress, required, text, u32 } from './attributes.ts';
import { readGeneric } from './message.ts';
import { Attr, Nl80211Command } from './nl80211.ts';

/** The name of an interface by its index, where it is known. */
export type InterfaceNames = (index: number) => string | undefined;

/** Throws Malformed. */
export function readEvent(payload: Uint8Array, names: InterfaceNames): RadioEvent | undefined {
  const { command, attributes } = readGeneric(payload);
  const interfaceName = interfaceNameOf(attributes, names);
  const phyIndex = u32(attributes, Attr.WIPHY);
  const address = () => required(hardwareAddress(attributes, Attr.MAC), 'station address');
  switch (command) {
    case Nl80211Command.NEW_PEER_CANDIDATE:
      return { kind: 'peer_candidate', interfaceName, address: address() };
    case Nl80211Command.NEW_STATION:
      return { kind: 'station_added', interfaceName, address: address() };
    case Nl80211Command.DEL_STATION:
      return { kind: 'station_removed', interfaceName, address: address() };
    case Nl80211Command.NEW_INTERFACE:
      return { kind: 'interface_added', interfaceName, phyIndex };
    case Nl80211Command.SET_INTERFACE:
      return { kind: 'interface_changed', interfaceName, phyIndex };
    case Nl80211Command.DEL_INTERFACE:
      return { kind: 'interface_removed', interfaceName, phyIndex };
    case Nl80211Command.NEW_WIPHY:
      return { kind: 'phy_added', phyIndex };
    case Nl80211Command.DEL_WIPHY:
      return { kind: 'phy_removed', phyIndex };
    case Nl80211Command.REG_CHANGE:
    case Nl80211Command.WIPHY_REG_CHANGE:
      return { kind: 'regulatory_changed', country: text(attributes, Attr.REG_ALPHA2) };
    case Nl80211Command.CH_SWITCH_NOTIFY:
      return { kind: 'channel_changed', interfaceName };
    case Nl80211Command.RADAR_DETECT:
      return { kind: 'radar_seen', interfaceName };
    case Nl80211Command.TRIGGER_SCAN:
      return { kind: 'scan_started', interfaceName };
    case Nl80211Command.NEW_SCAN_RESULTS:
    case Nl80211Command.SCAN_ABORTED:
      return { kind: 'scan_ended', interfaceName };
    default:
      return undefined;
  }
}

function interfaceNameOf(attributes: Attributes, names: InterfaceNames): string | undefined {
  const index = u32(attributes, Attr.IFINDEX);
  return text(attributes, Attr.IFNAME) ?? (index === undefined ? undefined : names(index));
}
