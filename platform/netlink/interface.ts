/**
 * Interfaces, regulatory domains and the family lookup of (generic) netlink. All of it throws
 * MalformedAttribute.
 */
import type { RadioInterface, RegulatoryDomain } from '../radio.ts';
import {
  hardwareAddress,
  MalformedAttribute,
  nestedList,
  readAttributes,
  required,
  text,
  u8,
  u16,
  u32,
} from './attributes.ts';
import { readGeneric } from './message.ts';
import { Attr, Nl80211Command } from './nl80211.ts';
import { interfaceTypeName } from './phy.ts';

/** Numbers of the generic netlink controller (include/uapi/linux/genetlink.h). */
export const Controller = {
  FAMILY: 16,
  GET_FAMILY: 3,
  ATTR_FAMILY_ID: 1,
  ATTR_FAMILY_NAME: 2,
  ATTR_GROUPS: 7,
  GROUP_NAME: 1,
  GROUP_ID: 2,
} as const;

export interface Family {
  readonly id: number;
  /** Multicast group numbers by name. */
  readonly groups: ReadonlyMap<string, number>;
}

export function readFamily(payload: Uint8Array): Family {
  const { attributes } = readGeneric(payload);
  const groups = nestedList(attributes, Controller.ATTR_GROUPS).map(({ value }) => {
    const group = readAttributes(value);
    const name = required(text(group, Controller.GROUP_NAME), 'group name');
    return [name, required(u32(group, Controller.GROUP_ID), 'group number')] as const;
  });
  return {
    id: required(u16(attributes, Controller.ATTR_FAMILY_ID), 'family number'),
    groups: new Map(groups),
  };
}

/** One interface, or undefined for what has no network device (a P2P device). */
export function readInterface(payload: Uint8Array): RadioInterface | undefined {
  const { command, attributes } = readGeneric(payload);
  if (command !== Nl80211Command.NEW_INTERFACE && command !== Nl80211Command.SET_INTERFACE) {
    throw new MalformedAttribute(`command ${command} in an interface dump`);
  }
  const index = u32(attributes, Attr.IFINDEX);
  if (index === undefined) return undefined;
  return {
    index,
    name: required(text(attributes, Attr.IFNAME), 'interface name'),
    phyIndex: required(u32(attributes, Attr.WIPHY), 'wiphy index'),
    type: interfaceTypeName(required(u32(attributes, Attr.IFTYPE), 'interface type')),
    address: required(hardwareAddress(attributes, Attr.MAC), 'interface address'),
    frequencyMhz: u32(attributes, Attr.WIPHY_FREQ),
  };
}

/** `enum nl80211_dfs_regions`, by number. */
const DFS_REGIONS = ['unset', 'FCC', 'ETSI', 'JP'] as const;

export function readDomain(payload: Uint8Array): RegulatoryDomain {
  const { command, attributes } = readGeneric(payload);
  if (command !== Nl80211Command.GET_REG)
    throw new MalformedAttribute(`command ${command} in a regulatory dump`);
  return {
    country: required(text(attributes, Attr.REG_ALPHA2), 'country'),
    dfsRegion: DFS_REGIONS[u8(attributes, Attr.DFS_REGION) ?? 0] ?? 'unset',
    phyIndex: u32(attributes, Attr.WIPHY),
    selfManaged: attributes.has(Attr.WIPHY_SELF_MANAGED_REG),
  };
}
