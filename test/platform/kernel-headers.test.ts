/**
 * The numbers of nl80211 and rtnetlink against the kernel's own headers (linux-libc-dev), for every
 * constant that the codec uses. Skipped where the headers are not installed.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MESH_PARAMETERS } from '../../platform/mesh-parameters.ts';
import { Controller } from '../../platform/netlink/interface.ts';
import * as nl80211 from '../../platform/netlink/nl80211.ts';
import { MESH_POINT } from '../../platform/netlink/phy.ts';
import { AddressMessage, LinkMessage, RouteGroup } from '../../platform/netlink/rtnetlink.ts';

const FOLDER = '/usr/include/linux';
const FILES = ['nl80211.h', 'rtnetlink.h', 'genetlink.h', 'if_addr.h', 'if_link.h'];
const skip = existsSync(`${FOLDER}/${FILES[0]}`) ? false : 'linux-libc-dev is not installed here';

/** Where a mesh parameter's name in `iw` is not that of the header, with NL80211_MESHCONF_. */
const MESHCONF_NAMES: Readonly<Record<string, string>> = {
  mesh_ttl: 'TTL',
  mesh_element_ttl: 'ELEMENT_TTL',
  mesh_fwding: 'FORWARDING',
  mesh_hwmp_preq_min_interval: 'HWMP_PREQ_MIN_INTERVAL',
  mesh_hwmp_net_diameter_traversal_time: 'HWMP_NET_DIAM_TRVS_TIME',
  mesh_sync_offset_max_neighor: 'SYNC_OFFSET_MAX_NEIGHBOR',
  mesh_hwmp_active_path_to_root_timeout: 'HWMP_PATH_TO_ROOT_TIMEOUT',
  mesh_hwmp_root_interval: 'HWMP_ROOT_INTERVAL',
};

describe("the kernel's headers", { skip }, () => {
  const constants = skip === false ? readConstants() : new Map<string, number>();
  const tables: readonly (readonly [prefix: string, table: Readonly<Record<string, number>>])[] = [
    ['NL80211_CMD_', nl80211.Nl80211Command],
    ['NL80211_ATTR_', nl80211.Attr],
    ['NL80211_FEATURE_', nl80211.Feature],
    ['NL80211_BAND_ATTR_', nl80211.BandAttr],
    ['NL80211_FREQUENCY_ATTR_', nl80211.FrequencyAttr],
    ['NL80211_IFACE_COMB_', nl80211.CombinationAttr],
    ['NL80211_IFACE_LIMIT_', nl80211.LimitAttr],
    ['NL80211_STA_INFO_', nl80211.StationAttr],
    ['NL80211_STA_FLAG_', nl80211.StationFlag],
    ['NL80211_RATE_INFO_', nl80211.RateAttr],
    ['NL80211_STA_BSS_PARAM_', nl80211.BssAttr],
    ['NL80211_MPATH_INFO_', nl80211.PathAttr],
    ['NL80211_MPATH_FLAG_', nl80211.PathFlag],
    ['NL80211_IFTYPE_', { MESH_POINT }],
    ['RTM_', { NEWLINK: LinkMessage.NEW, DELLINK: LinkMessage.DEL, GETLINK: LinkMessage.GET }],
    ['RTM_', { NEWADDR: AddressMessage.NEW, DELADDR: AddressMessage.DEL }],
    ['RTM_', { GETADDR: AddressMessage.GET }],
    ['RTNLGRP_', { LINK: RouteGroup.LINK, IPV6_IFADDR: RouteGroup.IPV6_ADDRESS }],
    ['CTRL_CMD_', { GETFAMILY: Controller.GET_FAMILY }],
    ['CTRL_ATTR_', { FAMILY_ID: Controller.ATTR_FAMILY_ID }],
    ['CTRL_ATTR_', { FAMILY_NAME: Controller.ATTR_FAMILY_NAME }],
    ['CTRL_ATTR_', { MCAST_GROUPS: Controller.ATTR_GROUPS }],
    ['CTRL_ATTR_MCAST_GRP_', { NAME: Controller.GROUP_NAME, ID: Controller.GROUP_ID }],
    ['NL80211_MESHCONF_', meshNumbers()],
  ];
  for (const [prefix, table] of tables) {
    it(`agree on ${prefix}${Object.keys(table).join(', ')}`, () => {
      const theirs = Object.keys(table).map((name) => [name, constants.get(`${prefix}${name}`)]);
      assert.deepEqual(Object.fromEntries(theirs), { ...table });
    });
  }
});

function meshNumbers(): Readonly<Record<string, number>> {
  const entries = Object.entries(MESH_PARAMETERS).map(([name, { attribute }]) => {
    const usual = name.replace(/^mesh_/, '').toUpperCase();
    return [MESHCONF_NAMES[name] ?? usual, attribute] as const;
  });
  return Object.fromEntries(entries);
}

/** All enumerators of the headers, with the aliases that are defined as one of them. */
function readConstants(): ReadonlyMap<string, number> {
  const constants = new Map<string, number>();
  for (const file of FILES) {
    const text = readFileSync(`${FOLDER}/${file}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    const bare = text.replaceAll(/^#.*$/gm, '');
    for (const [, body = ''] of bare.matchAll(/enum\s*\w*\s*\{([^}]*)\}/g)) {
      readEnumerators(body, constants);
    }
    for (const [, name = '', value = ''] of text.matchAll(/^#define\s+(\w+)\s+(\w+)\s*$/gm)) {
      const number = constants.get(value);
      if (number !== undefined && !constants.has(name)) constants.set(name, number);
    }
  }
  return constants;
}

function readEnumerators(body: string, constants: Map<string, number>): void {
  let next = 0;
  for (const entry of body.split(',')) {
    const [, name, expression] = /^\s*(\w+)\s*(?:=\s*([\s\S]+?))?\s*$/.exec(entry) ?? [];
    if (name === undefined) continue;
    next = expression === undefined ? next : numberOf(expression, constants);
    constants.set(name, next);
    next += 1;
  }
}

/** A number, a shift of one, or another enumerator; what else there is, is not asked for. */
function numberOf(expression: string, constants: ReadonlyMap<string, number>): number {
  const [, bit] = /^1U?\s*<<\s*(\w+)$/.exec(expression) ?? [];
  if (bit !== undefined) return 1 << (constants.get(bit) ?? Number(bit));
  return constants.get(expression) ?? Number(expression);
}
