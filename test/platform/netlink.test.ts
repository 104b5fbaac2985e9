/** The netlink codec against datagrams captured from Linux 6.1 with mac80211_hwsim radios. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Result } from '../../platform/fault.ts';
import { parseIpv6 } from '../../platform/ipv6.ts';
import { parseEvent } from '../../platform/iw/parse-event.ts';
import { parsePhys } from '../../platform/iw/parse-phy.ts';
import { IwReader } from '../../platform/iw/reader.ts';
import {
  decode,
  readAttributes,
  readList,
  writeHardwareAddress,
  writeNested,
  writeNumber,
  writeText,
} from '../../platform/netlink/attributes.ts';
import { readEvent } from '../../platform/netlink/event.ts';
import { readMeshConfig, writeMeshConfig } from '../../platform/netlink/mesh-config.ts';
import {
  readMessages,
  readReply,
  writeGeneric,
  writeMessage,
} from '../../platform/netlink/message.ts';
import {
  Attr,
  CombinationAttr,
  Nl80211Command,
  RadioRangeAttr,
  RadiosAttr,
  WiphyRadioAttr,
} from '../../platform/netlink/nl80211.ts';
import { readPhys } from '../../platform/netlink/phy.ts';
import { type NetlinkReader, openNetlink } from '../../platform/netlink/reader.ts';
import { readAddress, readLink } from '../../platform/netlink/rtnetlink.ts';
import { readPath, readStation } from '../../platform/netlink/station.ts';
import type { RadioEvent } from '../../platform/radio.ts';
import { MemoryHost } from './host.ts';
import { replay, VECTORS } from './replay.ts';

interface PrintedLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly address: string;
  readonly mtu: number;
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: 'global' | 'link' | 'host';
  }[];
}

describe('a wiphy of several radios', () => {
  const nested = writeNested;
  const number = (type: number, value: number) => writeNumber(type, 4, value);
  const combination = (total: number) =>
    [number(CombinationAttr.MAXNUM, total), number(CombinationAttr.NUM_CHANNELS, 1)] as const;
  const range = (start: number, end: number) =>
    nested(
      WiphyRadioAttr.FREQ_RANGE,
      number(RadioRangeAttr.START, start),
      number(RadioRangeAttr.END, end),
    );

  it('has the combinations of all of them, whichever comes first, and those of each', () => {
    const parts = [
      nested(RadiosAttr.WIPHY_INTERFACE_COMBINATIONS, nested(1, ...combination(9))),
      nested(Attr.INTERFACE_COMBINATIONS, nested(1, ...combination(2))),
      nested(
        RadiosAttr.WIPHY_RADIOS,
        nested(
          1,
          range(2_402_000, 2_494_000),
          nested(WiphyRadioAttr.INTERFACE_COMBINATION, ...combination(2)),
          nested(WiphyRadioAttr.INTERFACE_COMBINATION, ...combination(3)),
        ),
        nested(1, range(5_170_000, 5_330_000), range(5_490_000, 5_935_000)),
      ),
    ];
    const head = [number(Attr.WIPHY, 0), writeText(Attr.WIPHY_NAME, 'phy0')];
    const payloads = parts.map((part) => writeGeneric(Nl80211Command.NEW_WIPHY, [...head, part]));
    const [phy] = readPhys(payloads);
    assert.deepEqual(phy?.combinations, [{ limits: [], maxInterfaces: 9, maxChannels: 1 }]);
    assert.deepEqual(phy.radios, [
      {
        ranges: [{ lowMhz: 2402, highMhz: 2494 }],
        combinations: [2, 3].map((maxInterfaces) => ({
          limits: [],
          maxInterfaces,
          maxChannels: 1,
        })),
      },
      {
        ranges: [
          { lowMhz: 5170, highMhz: 5330 },
          { lowMhz: 5490, highMhz: 5935 },
        ],
        combinations: [],
      },
    ]);
  });
});

describe('frozen netlink vectors', () => {
  it('decode to the radio that the kernel described over many messages', async () => {
    const [phy] = value(await (await reader()).phys());
    assert.equal(phy?.name, 'phy1');
    assert.ok(phy.interfaceTypes.includes('mesh point'));
    assert.ok(phy.saeInUserspace && phy.peeringInUserspace);
    assert.ok(phy.ciphers.includes('00-0f-ac:4') && phy.ciphers.includes('00-0f-ac:6'));
    assert.deepEqual(phy.combinations, [
      {
        limits: [
          { max: 1, types: ['IBSS'] },
          { max: 2048, types: ['managed', 'AP', 'mesh point', 'P2P-client', 'P2P-GO'] },
          { max: 1, types: ['P2P-device'] },
        ],
        maxInterfaces: 2050,
        maxChannels: 1,
        detectsRadar: true,
      },
    ]);
    const byNumber = (frequencyMhz: number) =>
      phy.channels.find((channel) => channel.frequencyMhz === frequencyMhz);
    assert.deepEqual(byNumber(2412), {
      band: '2.4 GHz',
      number: 1,
      frequencyMhz: 2412,
      disabled: false,
      noInitiation: false,
      radar: false,
    });
    assert.equal(byNumber(2484)?.disabled, true);
    assert.equal(byNumber(5260)?.radar, true);
    assert.equal(byNumber(5955)?.noInitiation, true);
  });

  it('decode to the neighbours with rates, throughput and protection', async () => {
    const stations = value(await (await reader()).stations('mesh0'));
    assert.deepEqual(stations[0], {
      address: '42:00:00:00:00:00',
      peerLink: 'ESTAB',
      inactiveMs: 20,
      connectedSeconds: 11,
      signalDbm: -20,
      signalAverageDbm: -20,
      txRateKbps: 14_400,
      rxRateKbps: 52_000,
      expectedThroughputKbps: 9937,
      rxPackets: 132,
      txPackets: 11,
      txRetries: 0,
      txFailed: 0,
      airtimeMetric: 820,
      authorized: true,
      protectedManagement: true,
      beaconIntervalTu: 200,
    });
    assert.equal(stations.length, 2);
  });

  it('decode to the paths with next hop, metric and hop count', async () => {
    const paths = value(await (await reader()).paths('mesh0'));
    assert.equal(paths.length, 3);
    assert.deepEqual(paths[2], {
      destination: '42:00:00:00:03:00',
      nextHop: '42:00:00:00:02:00',
      sequence: 1,
      metric: 5571,
      queuedFrames: 0,
      expiresMs: 896,
      active: true,
      resolving: false,
      sequenceValid: true,
      fixed: false,
      resolved: true,
      hopCount: 2,
      pathChanges: 1,
    });
  });

  it('decode to what iw and ip printed in the same moment', async () => {
    const netlink = await reader();
    const host = new MemoryHost((argv) => VECTORS.text[argv.join(' ')]);
    for (const [path, content] of kernelFiles()) host.files.set(path, content);
    const iw = new IwReader(host);
    assert.deepEqual(value(await iw.phys()), value(await netlink.phys()));
    assert.deepEqual(value(await iw.interfaces()), value(await netlink.interfaces()));
    assert.deepEqual(value(await iw.regulatory()), value(await netlink.regulatory()));
    assert.deepEqual(value(await iw.links()), value(await netlink.links()));
    const parameters = value(await netlink.meshParameters('mesh0'));
    assert.deepEqual(value(await iw.meshParameters('mesh0')), parameters);
    const [station] = value(await netlink.stations('mesh0'));
    const [printed] = value(await iw.stations('mesh0'));
    assert.deepEqual(Object.keys(printed ?? {}), Object.keys(station ?? {}));
    const { address, signalDbm, protectedManagement, beaconIntervalTu } = printed ?? {};
    assert.deepEqual(
      [address, signalDbm, protectedManagement, beaconIntervalTu],
      [
        station?.address,
        station?.signalDbm,
        station?.protectedManagement,
        station?.beaconIntervalTu,
      ],
    );
    const [path] = value(await netlink.paths('mesh0'));
    assert.deepEqual(Object.keys(value(await iw.paths('mesh0'))[0] ?? {}), Object.keys(path ?? {}));
  });

  it('are not guessed from the small iw of OpenWrt, which does not tell what a radio can do', () => {
    const full = VECTORS.text['iw phy'] ?? '';
    assert.ok(parsePhys(full).ok);
    const small = full.replace(/^\tSupported commands:\n(?:\t\t.*\n)+/m, '');
    const phys = parsePhys(small);
    assert.deepEqual(phys.ok ? '' : [phys.fault.code, phys.fault.expected], [
      'tool_missing',
      'its full build, from the package iw-full',
    ]);
  });

  it('are missing as a radio is where the kernel has no 802.11', async () => {
    const host = new MemoryHost(() => ({ status: 1, stderr: 'nl80211 not found.\n' }));
    const phys = await new IwReader(host).phys();
    assert.equal(phys.ok ? '' : phys.fault.code, 'radio_missing');
  });

  it('carry the kernel errors as faults with their names', async () => {
    const netlink = await reader();
    const created = await netlink.createMeshInterface(99, 'mesh9');
    assert.equal(created.ok ? '' : created.fault.found, 'ENODEV');
    const removed = await netlink.removeStation('mesh0', '02:00:00:00:09:09');
    assert.equal(removed.ok ? '' : removed.fault.found, 'ENOENT');
    const missing = await netlink.stations('nope0');
    assert.equal(missing.ok ? '' : missing.fault.code, 'interface_missing');
  });

  it('become events: a mesh starts, peers, loses a station and ends', async () => {
    const { open, emit } = replay();
    const netlink = value(await openNetlink(open));
    const seen: RadioEvent[] = [];
    const watch = value(await netlink.watch((event) => seen.push(event)));
    for (const { protocol, datagram } of VECTORS.events)
      emit(protocol, Buffer.from(datagram, 'hex'));
    watch.close();
    const kinds = new Set(seen.map(({ kind }) => kind));
    for (const kind of [
      'interface_added',
      'link_changed',
      'peer_candidate',
      'station_added',
      'station_removed',
      'regulatory_changed',
      'addresses_changed',
      'interface_removed',
      'link_removed',
    ] as const) {
      assert.ok(kinds.has(kind), kind);
    }
    assert.ok(!kinds.has('lost'));
    const candidate = seen.find(({ kind }) => kind === 'peer_candidate');
    const printed = VECTORS.iwEvent.split('\n').map(parseEvent);
    assert.deepEqual(
      printed.find((event) => event?.kind === 'peer_candidate'),
      candidate,
    );
    assert.ok(
      printed.some((event) => event?.kind === 'regulatory_changed' && event.country === 'DE'),
    );
  });
});

describe('messages that this kernel did not send', () => {
  it('give a rate also in its 16-bit form', () => {
    const info = writeNested(
      21,
      writeNumber(1, 4, 40),
      writeNested(8, writeNumber(1, 2, 540)),
      writeNumber(7, 1, 256 - 71),
    );
    const payload = writeGeneric(19, [writeHardwareAddress(6, '02:00:00:00:00:0b'), info]);
    const read = readStation(payload);
    assert.deepEqual([read.txRateKbps, read.signalDbm, read.inactiveMs], [54_000, -71, 40]);
    assert.equal(read.expectedThroughputKbps, undefined);
  });

  it('carry the kernel words of an extended acknowledgement', () => {
    const words = writeText(1, 'wiphy is busy');
    const request = writeMessage(16, 5, 9, new Uint8Array(4));
    const payload = Buffer.concat([Buffer.from([0xf0, 0xff, 0xff, 0xff]), request, words]);
    const [message] = readMessages(writeMessage(2, 0x200, 9, payload));
    assert.ok(message !== undefined);
    assert.deepEqual(readReply(message), { kind: 'refused', errno: 16, text: 'wiphy is busy' });
    payload.writeUInt32LE(4000, 4);
    const result = decode('test', () => readReply({ ...message, payload }));
    assert.equal(result.ok ? '' : result.fault.found, 'error quotes 4000 bytes of a request');
  });

  it('are not believed when another process sends them', async () => {
    const { open, emit } = replay();
    const netlink = value(await openNetlink(open));
    const seen: RadioEvent[] = [];
    value(await netlink.watch((event) => seen.push(event)));
    for (const { protocol, datagram } of VECTORS.events) {
      emit(protocol, Buffer.from(datagram, 'hex'), 4711);
    }
    assert.deepEqual(seen, []);
  });
});

describe('the mesh configuration', () => {
  it('writes every parameter in the width in which the kernel sent it', async () => {
    const parameters = value(await (await reader()).meshParameters('mesh0'));
    const written = writeMeshConfig(parameters);
    const [attribute] = readList(written);
    assert.ok(attribute !== undefined);
    const answer = VECTORS.exchanges
      .flatMap(({ datagrams }) => datagrams.map((text) => Buffer.from(text, 'hex')))
      .find((datagram) => datagram[16] === 28);
    assert.ok(answer !== undefined);
    const [message] = readMessages(answer);
    const sent = readAttributes(message?.payload.subarray(4) ?? new Uint8Array()).get(35);
    const lengths = (bytes: Uint8Array) =>
      readList(bytes).map(({ type, value: { length } }) => `${type}:${length}`);
    // The kernel adds the interface index (3, four bytes); 18 and 22 are not in the table.
    const other = new Set(['3:4', '18:2', '22:4']);
    const known = lengths(sent ?? new Uint8Array()).filter((each) => !other.has(each));
    assert.deepEqual(lengths(attribute.value).sort(), known.sort());
  });
});

describe('malformed netlink', () => {
  const datagrams = [
    ...VECTORS.exchanges.flatMap((exchange) => exchange.datagrams),
    ...VECTORS.events.map((event) => event.datagram),
  ].map((text) => Buffer.from(text, 'hex'));
  const decoders = [
    (payload: Uint8Array) => readPhys([payload]),
    readStation,
    readPath,
    readMeshConfig,
    readLink,
    readAddress,
    (payload: Uint8Array) => readEvent(payload, () => undefined),
  ];

  it('gives a fault or a value for every spoiled byte, never an exception', () => {
    const spoiled = fc.record({
      datagram: fc.constantFrom(...datagrams),
      places: fc.array(fc.tuple(fc.nat(4096), fc.nat(255)), { maxLength: 4 }),
      length: fc.nat(4096),
    });
    fc.assert(
      fc.property(spoiled, ({ datagram, places, length }) => {
        const bytes = Buffer.from(datagram.subarray(0, length));
        for (const [place, byte] of places) if (place < bytes.length) bytes[place] = byte;
        const messages = decode('test', () => readMessages(bytes));
        if (!messages.ok) return;
        for (const message of messages.value) {
          decode('test', () => readReply(message));
          for (const decoder of decoders) decode('test', () => decoder(message.payload));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('gives each question an answer or a fault when every datagram is garbled', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const questions = (netlink: NetlinkReader): readonly Promise<Result<unknown>>[] => [
      netlink.phys(),
      netlink.interfaces(),
      netlink.regulatory(),
      netlink.links(),
      netlink.stations('mesh0'),
      netlink.paths('mesh0'),
      netlink.meshParameters('mesh0'),
    ];
    const garble = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const property = fc.asyncProperty(garble, fc.nat(100), async (places, cut) => {
      let honest = true;
      const { open } = replay((datagram) => {
        if (honest) return datagram;
        for (const [place, byte] of places) datagram[place % datagram.length] = byte;
        return cut < 20 ? datagram.subarray(0, (datagram.length * cut) >> 5) : datagram;
      });
      const netlink = value(await openNetlink(open));
      honest = false;
      const all = Promise.all(questions(netlink));
      let answered = false;
      void all.then(() => {
        answered = true;
      });
      // What is not answered in time is given up: each question, and each of its dumps, once.
      for (let turn = 0; turn < 400 && !answered; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        context.mock.timers.tick(100);
      }
      assert.ok(answered, 'a question that is never answered');
      for (const result of await all) assert.equal(typeof result.ok, 'boolean');
      netlink.close();
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('tells a watcher that something was lost when an event is garbled, and goes on', async () => {
    const garble = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(
      fc.constantFrom(...VECTORS.events),
      garble,
      async ({ protocol, datagram }, places) => {
        const { open, emit } = replay();
        const netlink = value(await openNetlink(open));
        const seen: RadioEvent[] = [];
        value(await netlink.watch((event) => seen.push(event)));
        const bytes = Buffer.from(datagram, 'hex');
        for (const [place, byte] of places) bytes[place % bytes.length] = byte;
        emit(protocol, bytes);
        emit(protocol, Buffer.alloc(15));
        assert.equal(seen.at(-1)?.kind, 'lost');
        netlink.close();
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it('refuses a length below its header, which would loop for ever', () => {
    const zero = Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0);
    const result = decode('test', () => readList(zero));
    assert.equal(result.ok ? '' : result.fault.code, 'netlink_malformed');
    const message = new Uint8Array(32);
    assert.equal(decode('test', () => readMessages(message)).ok, false);
  });

  it('refuses a value of another width than its type', () => {
    const wrong = Uint8Array.from([...Uint8Array.of(72, 0, 0, 0), ...writeNumber(3, 2, 7)]);
    const result = decode('test', () => readEvent(wrong, () => undefined));
    assert.equal(result.ok ? '' : result.fault.found, 'attribute 3 has 2 bytes instead of 4');
  });

  it('answers a truncated reply with a fault and goes on with the next request', async () => {
    let spoil = false;
    const { open } = replay((datagram) => (spoil ? datagram.subarray(0, 23) : datagram));
    const netlink = value(await openNetlink(open));
    spoil = true;
    const broken = await netlink.phys();
    assert.equal(broken.ok ? '' : broken.fault.code, 'netlink_malformed');
    spoil = false;
    // The rest of the broken dump is still under way.
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok((await netlink.interfaces()).ok);
  });
});

/** The files in which the kernel shows the links that `ip` printed in that moment. */
function kernelFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const links = JSON.parse(VECTORS.text['ip -j address show'] ?? '') as readonly PrintedLink[];
  const addresses: string[] = [];
  for (const { ifindex, ifname, flags, address, mtu, addr_info } of links) {
    const isUp = flags.includes('UP');
    const attributes = { ifindex, address, mtu, flags: isUp ? '0x1003' : '0x1002' };
    for (const [name, value] of Object.entries(attributes)) {
      files.set(`/sys/class/net/${ifname}/${name}`, `${value}\n`);
    }
    const carrier = flags.includes('LOWER_UP') ? '1\n' : '0\n';
    if (isUp) files.set(`/sys/class/net/${ifname}/carrier`, carrier);
    for (const { family, local, prefixlen, scope } of addr_info) {
      const bytes = family === 'inet6' ? parseIpv6(local) : undefined;
      if (bytes === undefined) continue;
      const number = { host: '10', link: '20', global: '00' }[scope];
      const text = Buffer.from(bytes).toString('hex');
      const [index, prefix] = [ifindex, prefixlen].map((each) =>
        each.toString(16).padStart(2, '0'),
      );
      addresses.push(`${text} ${index} ${prefix} ${number} 80 ${ifname.padStart(8)}`);
    }
  }
  return files.set('/proc/net/if_inet6', `${addresses.reverse().join('\n')}\n`);
}

async function reader(): Promise<NetlinkReader> {
  return value(await openNetlink(replay().open));
}

function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  return assert.fail(JSON.stringify(result.fault));
}
