/** `ip -j address show` and `iw event`: links with addresses, and what happens to radios. */
import { type Result, success } from '../fault.ts';
import { normalizePrefix } from '../ipv6.ts';
import type { InterfaceAddress, Link, RadioEvent } from '../radio.ts';
import { unreadable } from './parse.ts';

interface IpAddress {
  readonly family?: unknown;
  readonly local?: unknown;
  readonly prefixlen?: unknown;
  readonly scope?: unknown;
}

interface IpLink {
  readonly ifindex?: unknown;
  readonly ifname?: unknown;
  readonly flags?: unknown;
  readonly address?: unknown;
  readonly mtu?: unknown;
  readonly addr_info?: unknown;
}

export function parseLinks(json: string): Result<readonly Link[]> {
  const entries = parseArray(json);
  if (entries === undefined) return unreadable('ip address', 'a JSON list', json);
  const links: Link[] = [];
  for (const entry of entries as readonly IpLink[]) {
    const { ifindex, ifname, flags, address, mtu, addr_info } = entry;
    if (typeof ifindex !== 'number' || typeof ifname !== 'string' || !Array.isArray(flags)) {
      return unreadable('ip address', 'ifindex, ifname and flags', JSON.stringify(entry));
    }
    const ethernet = typeof address === 'string' && /^(?:..:){5}..$/.test(address);
    links.push({
      index: ifindex,
      name: ifname,
      up: flags.includes('UP'),
      carrier: flags.includes('LOWER_UP'),
      address: ethernet ? address : '',
      mtu: typeof mtu === 'number' ? mtu : 0,
      ipv6: Array.isArray(addr_info) ? addr_info.flatMap(ipv6Address) : [],
    });
  }
  return success(links);
}

const EVENT_LINE =
  /^(?:(?<name>\S+?)(?: \(phy #(?<phy>\d+)\))?|(?:wdev \S+ \()?phy #(?<own>\d+)\)?): (?<what>.*)$/;

/** One line of `iw event`; undefined for what means nothing here. */
export function parseEvent(line: string): RadioEvent | undefined {
  const country = /^regulatory domain change.*?: (?:set to )?(\S\S)? ?/.exec(line);
  if (country !== null) {
    const letters = /set to ([A-Z0-9]{2}) /.exec(line)?.[1];
    return { kind: 'regulatory_changed', country: letters };
  }
  const { name: interfaceName, phy, own, what = '' } = EVENT_LINE.exec(line)?.groups ?? {};
  const address = /(?:..:){5}../.exec(what)?.[0];
  const number = phy ?? own;
  const phyIndex = number === undefined ? undefined : Number(number);
  if (address !== undefined) {
    if (what.startsWith('new peer candidate'))
      return { kind: 'peer_candidate', interfaceName, address };
    if (what.startsWith('new station')) return { kind: 'station_added', interfaceName, address };
    if (what.startsWith('del station')) return { kind: 'station_removed', interfaceName, address };
  }
  if (what.startsWith('new interface')) return { kind: 'interface_added', interfaceName, phyIndex };
  if (what.startsWith('del interface'))
    return { kind: 'interface_removed', interfaceName, phyIndex };
  if (what.startsWith('new wiphy')) return { kind: 'phy_added', phyIndex };
  if (what.startsWith('delete wiphy')) return { kind: 'phy_removed', phyIndex };
  if (what.startsWith('scan started')) return { kind: 'scan_started', interfaceName };
  if (/^scan (?:finished|aborted)/.test(what)) return { kind: 'scan_ended', interfaceName };
  if (what.startsWith('channel switch')) return { kind: 'channel_changed', interfaceName };
  return undefined;
}

function ipv6Address({ family, local, prefixlen, scope }: IpAddress): readonly InterfaceAddress[] {
  const address = normalizePrefix(`${local}/${prefixlen}`);
  if (family !== 'inet6' || address === undefined) return [];
  return scope === 'global' || scope === 'link' || scope === 'host' ? [{ address, scope }] : [];
}

function parseArray(json: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const objects = Array.isArray(value) && value.every((each) => typeof each === 'object' && each);
    return objects ? value : undefined;
  } catch {
    return undefined;
  }
}
