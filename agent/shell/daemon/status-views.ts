/** What `meshpay status`, `peers` and `committee` show of a running daemon. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes, toHex } from '../../core/base/bytes.ts';
import { nameOf } from '../../core/base/names.ts';
import { faultsTolerated, quorumOf } from '../../core/network/committee.ts';
import type { LedgerFigures } from '../../core/views.ts';
import {
  CONTROL_API_VERSION,
  type CommitteeView,
  type PeersView,
  type PeerView,
  type StatusView,
  type StoreView,
} from '../control/api.ts';
import { tokenViews } from '../control/money-view.ts';
import { formatAddress } from '../net/address.ts';
import { describeLinkFault } from '../net/fault.ts';
import type { KnownPeer } from '../net/peers.ts';
import type { StoreStatistics } from '../store/store.ts';
import { VERSION } from '../version.ts';
import { attendanceOf, presenceView, wallOf } from './attendance.ts';
import type { DaemonContext } from './context.ts';
import { votingView } from './voting-view.ts';
import { isClockTrusted } from './wall-clock.ts';

export function statusView(context: DaemonContext): StatusView {
  const { config, identity, running, readiness, clock } = context;
  const { network, signer, member } = identity;
  const { nowMs, wallMs } = clock.stamp();
  const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage();
  const counts = running?.engine.links.counts();
  const listening = running?.engine.links.listening().filter(({ open }) => open) ?? [];
  return {
    apiVersion: CONTROL_API_VERSION,
    version: VERSION,
    pid: process.pid,
    state: readiness.state,
    network: {
      name: network.genesis.name,
      id: nameOf('network', network.id),
      tokens: tokenViews(network),
      votesPerHour: network.genesis.votesPerHour,
    },
    node: {
      name: config.name,
      key: nameOf('node', signer.publicKey),
      role: config.role,
      member: member ?? null,
    },
    committee: committeeFigures(context),
    voting: votingView(context),
    presence: presenceView(context),
    opening: context.opening ?? null,
    ledger:
      running === undefined || member === undefined ? null : ledgerView(running.engine.ledger()),
    counters: context.counters.view(),
    links: {
      members: counts?.member ?? 0,
      nodes: counts?.node ?? 0,
      anonymous: counts?.anonymous ?? 0,
    },
    uptimeMs: nowMs - context.startedMs,
    memory: { residentBytes, heapBytes },
    store: running === undefined ? null : storeView(context, running.engine.store.statistics()),
    clock: { wallMs, trusted: isClockTrusted(wallMs, context.knownPastMs) },
    listening: listening.map(({ address }) => formatAddress(address)),
    log: context.logs.health,
    dataDir: config['store.folder'],
    configFile: context.configFile,
  };
}

export function peersView(context: DaemonContext): PeersView {
  const links = context.running?.engine.links;
  if (links === undefined) return { peers: [], anonymousLinks: 0 };
  const peers = links.peers().map((peer) => peerView(context, peer));
  return { peers, anonymousLinks: links.counts().anonymous };
}

function peerView(context: DaemonContext, peer: KnownPeer): PeerView {
  const { nowMs, wallMs } = context.clock.stamp();
  return {
    name: peerName(context, peer),
    key: peer.key === undefined ? null : nameOf('node', peer.key),
    role: peer.key === undefined ? null : peer.isMember ? 'authority' : 'relay',
    state: peer.state,
    sinceMs: Math.round(wallMs - (nowMs - peer.sinceMs)),
    address: peer.address === undefined ? null : formatAddress(peer.address),
    transport: peer.transport ?? null,
    roundTripMs: peer.roundTripMs ?? null,
    ...peer.traffic,
    lastError: peer.lastFault === undefined ? null : describeLinkFault(peer.lastFault),
  };
}

/** What people call a peer: a member's name from the genesis document. */
export function peerName(
  { identity }: DaemonContext,
  { key, name }: Pick<KnownPeer, 'key' | 'name'>,
): string | null {
  const { members } = identity.network.committee;
  const member = members.find((candidate) => key !== undefined && equalBytes(candidate.key, key));
  return member?.name ?? name ?? null;
}

export function committeeView(context: DaemonContext): CommitteeView {
  const { identity, running, readiness } = context;
  const peers = running?.engine.links.peers() ?? [];
  const members = identity.network.committee.members.map(({ number, name, key }) => {
    const peer = peers.find((one) => one.key !== undefined && equalBytes(one.key, key));
    const compared = readiness.comparison(number);
    return {
      index: number,
      name,
      key: nameOf('node', key),
      self: number === identity.member,
      ...attendanceOf(context, number),
      state: peer?.state ?? null,
      equal: compared?.equal ?? null,
      comparedMs: compared === undefined ? null : wallOf(context, compared.atMs),
    };
  });
  const { epoch, quorum, faultsTolerated: f } = committeeFigures(context);
  const heard = members.filter((member) => member.heard);
  const voters = heard.filter(({ votes }) => votes === true).length;
  return { epoch, quorum, faultsTolerated: f, heard: heard.length, voters, members };
}

function committeeFigures({ identity }: DaemonContext): StatusView['committee'] {
  const { epoch, members } = identity.network.committee;
  const { length } = members;
  const f = faultsTolerated(length);
  return { epoch, members: length, quorum: quorumOf(length), faultsTolerated: f };
}

function ledgerView({ digest, accounts, journalEntries }: LedgerFigures): StatusView['ledger'] {
  return {
    digest: toHex(digest),
    accounts: Number(accounts),
    journalEntries: `${journalEntries}`,
  };
}

function storeView(
  { config }: DaemonContext,
  { commitNumber, records, scrub }: StoreStatistics,
): StoreView {
  return {
    bytes: folderBytes(config['store.folder']),
    commits: `${commitNumber}`,
    records: `${records}`,
    scrub: { done: `${scrub.records}`, passes: scrub.passes },
  };
}

/** Bytes of all files below a folder; one that goes meanwhile counts as nothing. */
function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += folderBytes(path);
    else bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
