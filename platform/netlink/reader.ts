/**
 * The radios of this host through nl80211 and rtnetlink: the first choice among the bodies of
 * `RadioReader`.
 *
 * Rights (Linux 6.1): everything reads without capabilities except mesh paths, which like all
 * writes need CAP_NET_ADMIN.
 */
import { failure, fault, type Result, success } from '../fault.ts';
import type { MeshParameters } from '../mesh-parameters.ts';
import {
  byAddress,
  type MeshPath,
  type NetworkInterface,
  type Phy,
  type RadioEvent,
  type RadioInterface,
  type RadioReader,
  type RegulatoryDomain,
  type Station,
  type Watch,
} from '../radio.ts';
import { decode, writeFlag, writeHardwareAddress, writeNumber, writeText } from './attributes.ts';
import { readEvent } from './event.ts';
import { Controller, type Family, readDomain, readFamily, readInterface } from './interface.ts';
import { readMeshConfig, writeMeshConfig } from './mesh-config.ts';
import { DUMP, type NetlinkMessage, writeGeneric } from './message.ts';
import { Attr, FAMILY_NAME, MULTICAST_GROUPS, Nl80211Command } from './nl80211.ts';
import { MESH_POINT, readPhys } from './phy.ts';
import {
  AddressMessage,
  GET_IPV6_ADDRESSES,
  GET_LINKS,
  LinkMessage,
  RouteGroup,
  readAddress,
  readLink,
} from './rtnetlink.ts';
import { NetlinkSocket, type OpenTransport, openAddon, Protocol } from './socket.ts';
import { readPath, readStation } from './station.ts';

/** Opens sockets and looks nl80211 up. Fault: `netlink_unavailable`. */
export async function openNetlink(open: OpenTransport = openAddon): Promise<Result<NetlinkReader>> {
  const route = await open(Protocol.ROUTE);
  if (!route.ok) return route;
  const generic = await open(Protocol.GENERIC);
  if (!generic.ok) {
    route.value.close();
    return generic;
  }
  const sockets = [new NetlinkSocket(route.value), new NetlinkSocket(generic.value)] as const;
  const family = await lookUpFamily(sockets[1]);
  if (family.ok) return success(new NetlinkReader(...sockets, family.value, open));
  for (const socket of sockets) socket.close();
  const { found } = family.fault;
  return failure(fault('netlink_unavailable', FAMILY_NAME, 'the nl80211 family', found));
}

async function lookUpFamily(socket: NetlinkSocket): Promise<Result<Family>> {
  const request = writeGeneric(
    Controller.GET_FAMILY,
    [writeText(Controller.ATTR_FAMILY_NAME, FAMILY_NAME)],
    1,
  );
  const answer = await socket.request(FAMILY_NAME, Controller.FAMILY, 0, request);
  return decodeOne(FAMILY_NAME, answer, readFamily);
}

export class NetlinkReader implements RadioReader {
  readonly #route: NetlinkSocket;
  readonly #generic: NetlinkSocket;
  readonly #family: Family;
  readonly #open: OpenTransport;
  readonly #names = new Map<number, string>();

  constructor(route: NetlinkSocket, generic: NetlinkSocket, family: Family, open: OpenTransport) {
    this.#route = route;
    this.#generic = generic;
    this.#family = family;
    this.#open = open;
  }

  async phys(): Promise<Result<readonly Phy[]>> {
    const split = [writeFlag(Attr.SPLIT_WIPHY_DUMP)];
    const answer = await this.#nl80211('wiphy dump', Nl80211Command.GET_WIPHY, DUMP, split);
    return answer.ok ? decode('wiphy dump', () => readPhys(answer.value)) : answer;
  }

  async interfaces(): Promise<Result<readonly RadioInterface[]>> {
    const answer = await this.#nl80211('interface dump', Nl80211Command.GET_INTERFACE, DUMP, []);
    return decodeEach('interface dump', answer, readInterface);
  }

  async regulatory(): Promise<Result<readonly RegulatoryDomain[]>> {
    const answer = await this.#nl80211('regulatory dump', Nl80211Command.GET_REG, DUMP, []);
    return decodeEach('regulatory dump', answer, readDomain);
  }

  async links(): Promise<Result<readonly NetworkInterface[]>> {
    const linkAnswer = await this.#route.request('link dump', LinkMessage.GET, DUMP, GET_LINKS);
    const links = decodeEach('link dump', linkAnswer, readLink);
    if (!links.ok) return links;
    const addressAnswer = await this.#route.request(
      'address dump',
      AddressMessage.GET,
      DUMP,
      GET_IPV6_ADDRESSES,
    );
    const addresses = decodeEach('address dump', addressAnswer, readAddress);
    if (!addresses.ok) return addresses;
    for (const { index, name } of links.value) this.#names.set(index, name);
    return success(
      links.value.map((link) => ({
        ...link,
        ipv6: addresses.value
          .filter(({ interfaceIndex }) => interfaceIndex === link.index)
          .map(({ address }) => address)
          .sort(byAddress),
      })),
    );
  }

  stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    return this.#onInterface(interfaceName, async (index) => {
      const answer = await this.#nl80211(interfaceName, Nl80211Command.GET_STATION, DUMP, [index]);
      return decodeEach(interfaceName, answer, readStation);
    });
  }

  paths(interfaceName: string): Promise<Result<readonly MeshPath[]>> {
    return this.#onInterface(interfaceName, async (index) => {
      const answer = await this.#nl80211(interfaceName, Nl80211Command.GET_MPATH, DUMP, [index]);
      return decodeEach(interfaceName, answer, readPath);
    });
  }

  meshParameters(interfaceName: string): Promise<Result<MeshParameters>> {
    return this.#onInterface(interfaceName, async (index) => {
      const answer = await this.#nl80211(interfaceName, Nl80211Command.GET_MESH_CONFIG, 0, [index]);
      return decodeOne(interfaceName, answer, readMeshConfig);
    });
  }

  setMeshParameters(interfaceName: string, parameters: MeshParameters): Promise<Result<undefined>> {
    return this.#onInterface(interfaceName, async (index) => {
      const config = writeMeshConfig(parameters);
      return done(
        await this.#nl80211(interfaceName, Nl80211Command.SET_MESH_CONFIG, 0, [index, config]),
      );
    });
  }

  /** Forgets a neighbour in the kernel, with every path through it. */
  removeStation(interfaceName: string, address: string): Promise<Result<undefined>> {
    return this.#onInterface(interfaceName, async (index) => {
      const station = writeHardwareAddress(Attr.MAC, address);
      return done(
        await this.#nl80211(interfaceName, Nl80211Command.DEL_STATION, 0, [index, station]),
      );
    });
  }

  async createMeshInterface(phyIndex: number, name: string): Promise<Result<undefined>> {
    return done(
      await this.#nl80211(name, Nl80211Command.NEW_INTERFACE, 0, [
        writeNumber(Attr.WIPHY, 4, phyIndex),
        writeText(Attr.IFNAME, name),
        writeNumber(Attr.IFTYPE, 4, MESH_POINT),
      ]),
    );
  }

  deleteInterface(interfaceName: string): Promise<Result<undefined>> {
    return this.#onInterface(interfaceName, async (index) =>
      done(await this.#nl80211(interfaceName, Nl80211Command.DEL_INTERFACE, 0, [index])),
    );
  }

  /** Events come over sockets of their own, so that a burst cannot delay the answers. */
  async watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    const generic = await this.#open(Protocol.GENERIC);
    if (!generic.ok) return generic;
    const route = await this.#open(Protocol.ROUTE);
    if (!route.ok) {
      generic.value.close();
      return route;
    }
    const sockets = [
      new NetlinkSocket(generic.value, (message) => this.#genericEvent(message, listener)),
      new NetlinkSocket(route.value, (message) => this.#routeEvent(message, listener)),
    ] as const;
    const watch = {
      close: () => {
        for (const socket of sockets) socket.close();
      },
    };
    await this.links();
    for (const name of MULTICAST_GROUPS) {
      const group = this.#family.groups.get(name);
      const joined = group === undefined ? undefined : sockets[0].join(group);
      if (joined?.ok !== true) {
        watch.close();
        const missing = fault('netlink_unavailable', FAMILY_NAME, `group ${name}`, 'no such group');
        return joined ?? failure(missing);
      }
    }
    for (const group of Object.values(RouteGroup)) {
      const joined = sockets[1].join(group);
      if (!joined.ok) {
        watch.close();
        return joined;
      }
    }
    return success(watch);
  }

  close(): void {
    this.#route.close();
    this.#generic.close();
  }

  #nl80211(
    subject: string,
    command: number,
    flags: number,
    attributes: readonly Uint8Array[],
  ): Promise<Result<readonly Uint8Array[]>> {
    const payload = writeGeneric(command, attributes);
    return this.#generic.request(subject, this.#family.id, flags, payload);
  }

  /** Finds the index of an interface anew each time: names stay, indices change at a re-plug. */
  async #onInterface<T>(
    interfaceName: string,
    action: (index: Uint8Array) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const interfaces = await this.interfaces();
    if (!interfaces.ok) return interfaces;
    const found = interfaces.value.find(({ name }) => name === interfaceName);
    if (found !== undefined) return action(writeNumber(Attr.IFINDEX, 4, found.index));
    const names = interfaces.value.map(({ name }) => name).join(', ');
    const expected = 'a wireless interface of this host';
    return failure(fault('interface_missing', interfaceName, expected, `only ${names || 'none'}`));
  }

  #genericEvent(message: NetlinkMessage | undefined, listener: (event: RadioEvent) => void): void {
    if (message !== undefined && message.type !== this.#family.id) return;
    const names = (index: number) => this.#names.get(index);
    tell(listener, message, ({ payload }) => readEvent(payload, names));
  }

  #routeEvent(message: NetlinkMessage | undefined, listener: (event: RadioEvent) => void): void {
    tell(listener, message, (known) => this.#readRouteEvent(known));
  }

  #readRouteEvent({ type, payload }: NetlinkMessage): RadioEvent | undefined {
    switch (type) {
      case LinkMessage.NEW: {
        const { index, name, up, carrier } = readLink(payload);
        this.#names.set(index, name);
        return { kind: 'link_changed', interfaceName: name, up, carrier };
      }
      case LinkMessage.DEL: {
        const { index, name } = readLink(payload);
        this.#names.delete(index);
        return { kind: 'link_removed', interfaceName: name, up: false, carrier: false };
      }
      case AddressMessage.NEW:
      case AddressMessage.DEL: {
        const owned = readAddress(payload);
        if (owned === undefined) return undefined;
        const interfaceName = this.#names.get(owned.interfaceIndex);
        return { kind: 'addresses_changed', interfaceName };
      }
      default:
        return undefined;
    }
  }
}

/** Tells what a message means; what is lost or unreadable means that anything may have happened. */
function tell(
  listener: (event: RadioEvent) => void,
  message: NetlinkMessage | undefined,
  read: (message: NetlinkMessage) => RadioEvent | undefined,
): void {
  const event = message === undefined ? undefined : decode('event', () => read(message));
  if (event?.ok !== true) listener({ kind: 'lost' });
  else if (event.value !== undefined) listener(event.value);
}

function done(answer: Result<unknown>): Result<undefined> {
  return answer.ok ? success(undefined) : answer;
}

function decodeOne<T>(
  subject: string,
  answer: Result<readonly Uint8Array[]>,
  decoder: (payload: Uint8Array) => T,
): Result<T> {
  const all = decodeEach(subject, answer, decoder);
  if (!all.ok) return all;
  const [first] = all.value;
  if (first !== undefined) return success(first);
  return failure(fault('netlink_malformed', subject, 'one message', 'none'));
}

/** Decodes each payload; what a decoder leaves undefined is not of interest. */
function decodeEach<T>(
  subject: string,
  answer: Result<readonly Uint8Array[]>,
  decoder: (payload: Uint8Array) => T | undefined,
): Result<readonly T[]> {
  if (!answer.ok) return answer;
  return decode(subject, () => answer.value.map(decoder).filter((value) => value !== undefined));
}
