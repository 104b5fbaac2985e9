/**
 * A node in a network namespace, for discovery.test.ts: finds others by beacons on mesh0 and links
 * up with them. Argument: its number. Sends any packet to the group that its parent hands it.
 */
import { Discovery, type DiscoveryCounts } from '../../../agent/shell/net/discovery.ts';
import { createLinks } from '../../../agent/shell/net/links.ts';
import { type Multicast, openMulticast } from '../../../agent/shell/net/multicast.ts';
import { createVerify } from '../../../agent/shell/verify.ts';
import { identityOf, memberOf, NETWORK } from './harness.ts';

export const BEACON_PORT = 7421;
const TLS_PORT = 7420;

/** What the parent may ask for: a packet to the group. */
export interface RawPacket {
  readonly hex: string;
}

/** What the node tells, four times a second. */
export interface DiscoveryReport {
  /** First byte of each linked peer's key, its state and where it is. */
  readonly peers: readonly {
    readonly key: number;
    readonly state: string;
    readonly host: string;
  }[];
  readonly counts: DiscoveryCounts;
  /** "up", or what is wrong with mesh0. */
  readonly mesh: string;
}

if (process.send !== undefined) {
  const number = Number(process.argv[2]);
  const identity = identityOf(number);
  const members = [1, 2].map((n) => memberOf(identityOf(n), `member-${n}`));
  let mesh = 'unknown';
  const links = createLinks({
    network: NETWORK,
    identity,
    members,
    listen: [{ host: '::', port: TLS_PORT }],
    wanted: [],
    dialFound: 4,
    emit: () => true,
    limits: { dialFirstMs: 50, dialLastMs: 500, pingEveryMs: 200, silenceMs: 5_000 },
  });
  const discovery = new Discovery({
    network: NETWORK,
    interfaces: ['mesh0'],
    port: BEACON_PORT,
    own: {
      signer: identity.signer,
      role: number <= members.length ? 'authority' : 'relay',
      tlsPort: TLS_PORT,
      firstCounter: BigInt(Date.now()),
    },
    verify: createVerify(),
    onFound: ({ key, address }) => links.found({ key, address }),
    onInterface: (_name, problem) => {
      mesh = problem ?? 'up';
    },
    limits: { quickBeaconMs: 200, beaconMs: 1_000, interfaceRetryMs: 200, counterForgetMs: 60_000 },
  });
  await links.start();
  discovery.start();

  let raw: Multicast | undefined;
  process.on('message', ({ hex }: RawPacket) => {
    const packet = Buffer.from(hex, 'hex');
    if (raw !== undefined) {
      raw.send(packet);
      return;
    }
    const opened = openMulticast('mesh0', BEACON_PORT, {
      onReady: () => opened.send(packet),
      onPacket: () => undefined,
      onFailed: () => undefined,
    });
    raw = opened;
  });
  setInterval(() => {
    const peers = links.peers().map(({ key, state, address }) => ({
      key: key?.[0] ?? 0,
      state,
      host: address?.host ?? '',
    }));
    const counts = { ...discovery.counts() };
    process.send?.({ peers, counts, mesh } satisfies DiscoveryReport);
  }, 250);
  process.on('disconnect', () => process.exit());
}
