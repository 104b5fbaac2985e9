/**
 * How far the authorities are: what the daemon says of them, joined with what meshpay-radio says of
 * the mesh. Pure.
 */
import { parseIpv6 } from '../../platform/ipv6.ts';
import type { MeshPath, Station } from '../../platform/radio.ts';
import { readAddress } from '../shell/config/config-address.ts';
import type { CommitteeView, PeerView, ReachableView } from '../shell/control/api.ts';
import type { RadioReport } from '../shell/radio/report.ts';

export interface ReachedAuthority {
  readonly name: string;
  readonly self: boolean;
  /** Whether it answered just now, and said that it votes; null: it did not say. */
  readonly answers: boolean;
  readonly votes: boolean | null;
  readonly address: string | null;
  readonly roundTripMs: number | null;
  /** Null where the way does not lead over the mesh, or is not known. */
  readonly mesh: {
    readonly address: string;
    readonly hops: number | null;
    readonly nextHop: string | null;
    readonly metric: number | null;
    /** Of the next hop: how well it is heard. */
    readonly signalDbm: number | null;
    readonly throughputKbps: number | null;
  } | null;
}

export interface ReachView {
  readonly canPay: boolean;
  readonly quorum: number;
  readonly answering: number;
  /** Of those that answer, how many vote: they alone can certify a payment. */
  readonly voters: number;
  readonly members: number;
  /** To the farthest of the nearest quorum over the mesh; null where that is not known. */
  readonly hopsToQuorum: number | null;
  readonly authorities: readonly ReachedAuthority[];
}

export interface ReachFacts {
  readonly committee: CommitteeView;
  readonly reachable: ReachableView;
  readonly peers: readonly PeerView[];
  readonly report: RadioReport | undefined;
  /** Mesh addresses by the 16 bytes of an IPv6 address, in hexadecimal. */
  readonly neighbours: ReadonlyMap<string, string>;
}

export function reachView(facts: ReachFacts): ReachView {
  const { committee, reachable, peers, report, neighbours } = facts;
  const votes = new Map(reachable.answering.map((answer) => [answer.name, answer.votes]));
  const authorities = committee.members.map((member): ReachedAuthority => {
    const { name, key, self } = member;
    const peer = peers.find((candidate) => candidate.key === key);
    const address = peer?.address ?? null;
    return {
      name,
      self,
      answers: self ? member.heard : votes.has(name),
      votes: (self ? member.votes : votes.get(name)) ?? null,
      address: self ? null : address,
      roundTripMs: self ? null : (peer?.roundTripMs ?? null),
      mesh: self || report === undefined ? null : wayTo(address, report, neighbours),
    };
  });
  const answering = authorities.filter((one) => one.answers);
  const voting = answering.filter((one) => one.votes === true);
  const { quorum } = committee;
  return {
    canPay: voting.length >= quorum,
    quorum,
    answering: answering.length,
    voters: voting.length,
    members: authorities.length,
    hopsToQuorum: hopsToQuorum(voting, quorum),
    authorities,
  };
}

function hopsToQuorum(voting: readonly ReachedAuthority[], quorum: number): number | null {
  const hops = voting
    .map(({ self, mesh }) => (self ? 0 : mesh?.hops))
    .filter((count) => typeof count === 'number')
    .sort((a, b) => a - b);
  return hops[quorum - 1] ?? null;
}

function wayTo(
  text: string | null,
  { stations, paths }: RadioReport,
  neighbours: ReadonlyMap<string, string>,
): ReachedAuthority['mesh'] {
  const there = text === null ? undefined : readAddress(text, 'dial');
  const host = typeof there === 'object' ? there.host : undefined;
  const mesh = host === undefined ? undefined : meshAddressOf(host, neighbours);
  if (mesh === undefined) return null;
  const path = paths.find(({ destination, active }) => destination === mesh && active);
  const direct = stations.find((each) => each.address === mesh && each.peerLink === 'ESTAB');
  if (path === undefined && direct === undefined) return null;
  const nextHop = path?.nextHop ?? mesh;
  return { address: mesh, nextHop, ...figuresOf(path, nextHop, stations, direct !== undefined) };
}

function figuresOf(
  path: MeshPath | undefined,
  nextHop: string,
  stations: readonly Station[],
  isDirect: boolean,
) {
  const station = stations.find(({ address }) => address === nextHop);
  // Kernels that do not tell the number still tell whether the next hop is the destination.
  const hops = path?.hopCount ?? (path === undefined ? isDirect : nextHop === path.destination);
  return {
    hops: typeof hops === 'number' ? hops : hops ? 1 : null,
    metric: path?.metric ?? station?.airtimeMetric ?? null,
    signalDbm: station?.signalAverageDbm ?? station?.signalDbm ?? null,
    throughputKbps: station?.expectedThroughputKbps ?? null,
  };
}

/** The hardware address behind an IPv6 address: from the table, or out of a link-local address. */
function meshAddressOf(host: string, neighbours: ReadonlyMap<string, string>): string | undefined {
  const bytes = parseIpv6(host.split('%')[0] ?? '');
  if (bytes === undefined) return undefined;
  const known = neighbours.get(hex(bytes));
  if (known !== undefined || hex(bytes.subarray(11, 13)) !== 'fffe' || bytes[0] !== 0xfe) {
    return known;
  }
  // Modified EUI-64 (RFC 4291, appendix A).
  const parts = [(bytes[8] ?? 0) ^ 2, ...bytes.subarray(9, 11), ...bytes.subarray(13)];
  return parts.map((part) => part.toString(16).padStart(2, '0')).join(':');
}

/** `ip -6 neigh show`: "fd12::1 lladdr 02:00:00:00:01:00 REACHABLE" a line. */
export function parseNeighbours(text: string): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, address, mesh] = /^(\S+) .*?lladdr ([0-9a-f:]{17})/.exec(line) ?? [];
    const bytes = address === undefined ? undefined : parseIpv6(address);
    if (bytes !== undefined && mesh !== undefined) table.set(hex(bytes), mesh);
  }
  return table;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
