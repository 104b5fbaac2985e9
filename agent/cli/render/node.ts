/** What a daemon says of itself, its peers and its committee, for people. */

import { harmless } from '../../core/base/characters.ts';
import type {
  AccountClaims,
  BackupView,
  CommitteeMemberView,
  CommitteeView,
  DoctorView,
  PeersView,
  PeerView,
  StatusView,
} from '../../shell/control/api.ts';
import type { QuantityView } from '../../shell/control/money-view.ts';
import { outlookOf, outlookText, type VoterCount } from '../../shell/control/outlook.ts';
import type { NodeState } from '../../shell/control/states.ts';
import type { PeerState } from '../../shell/net/peer-state.ts';
import type { Paint } from './paint.ts';
import { renderFields, renderTable } from './table.ts';
import { counted, duration, listed, moment, size } from './text.ts';

/** A clock that is off by more is worth a word. */
const ODD_CLOCK_MS = 60_000;

/** `meshpay status`. */
export function renderStatus(paint: Paint, status: StatusView): string {
  const { node, network, committee, ledger, store, counters, links, memory } = status;
  const role =
    node.member === null
      ? node.role
      : `${node.role}, member ${node.member + 1} of ${committee.members}`;
  const voting = status.voting.may
    ? paint.good('yes')
    : paint.warn(`no: ${harmless(status.voting.whyNot ?? 'not said')}`);
  const refused = Object.entries(counters.refusals);
  const safe = `quorum ${committee.quorum} of ${committee.members}, at most ${committee.faultsTolerated} hostile`;
  const fields: [string, string][] = [
    ['node', `${paint.strong(harmless(node.name))}  ${stateText(paint, status.state)}`],
    ['key', node.key],
    ['role', role],
    ['voting', node.role === 'authority' ? voting : 'no: a relay only passes frames on'],
    ['network', `${paint.strong(network.name)}  ${paint.faint(network.id)}`],
    ['committee', `${safe} (epoch ${committee.epoch})`],
    ...presenceFields(paint, status),
    ['links', linksText(links)],
  ];
  if (ledger !== null) {
    fields.push(
      [
        'ledger',
        `${counted(ledger.accounts, 'account')}, ${ledger.journalEntries} journal entries`,
      ],
      ['digest', ledger.digest ?? 'not known'],
    );
  }
  fields.push(
    [
      'work',
      `${counted(counters.votes, 'vote')}, ${counted(counters.certificates, 'certificate')}, ${counters.relayed} relayed`,
    ],
    ['refused', refused.map(([code, count]) => `${count} ${code}`).join(', ') || 'nothing'],
  );
  if (counters.doubleSpends > 0) {
    fields.push(['proofs', paint.warn(counted(counters.doubleSpends, 'double spend'))]);
  }
  if (counters.conflicts > 0) {
    const alarm = `${counted(counters.conflicts, 'conflict')}: more authorities are hostile than may be`;
    fields.push(['ALARM', paint.bad(alarm)]);
  }
  const { lost, fault } = status.log;
  if (fault !== null || lost > 0) {
    const now = fault === null ? 'written again' : `not written: ${fault}`;
    fields.push(['log', paint.warn(`${counted(lost, 'line')} lost, ${harmless(now)}`)]);
  }
  fields.push(
    ['listening', status.listening.join(', ') || 'nowhere'],
    [
      'data',
      store === null
        ? status.dataDir
        : `${status.dataDir} (${size(store.bytes)}, ${store.commits} commits)`,
    ],
    ...(store === null ? [] : [['checked', scrubText(store)] as [string, string]]),
    [
      'clock',
      `${moment(status.clock.wallMs)} UTC${status.clock.trusted ? '' : paint.warn(', not trusted')}`,
    ],
    [
      'process',
      `${status.pid}, up ${duration(status.uptimeMs)}, ${size(memory.residentBytes)} resident`,
    ],
    ['version', status.version],
  );
  return renderFields(paint, fields);
}

/** `meshpay peers`. `nowMs`: the wall clock. */
export function renderPeers(
  paint: Paint,
  { peers, anonymousLinks }: PeersView,
  nowMs: number,
): string {
  const row = (peer: PeerView): string[] => [
    harmless(peer.name ?? peer.key?.slice(0, 16) ?? 'unknown'),
    peer.role ?? '',
    peerStateText(paint, peer.state),
    duration(Math.max(0, nowMs - peer.sinceMs)),
    peer.address ?? '',
    peer.transport ?? '',
    peer.roundTripMs === null ? '' : duration(peer.roundTripMs),
    size(peer.bytesIn),
    size(peer.bytesOut),
    peer.lastError === null ? '' : paint.faint(harmless(peer.lastError)),
  ];
  const table = renderTable(
    paint,
    [
      { title: 'peer' },
      { title: 'role' },
      { title: 'state' },
      { title: 'since', align: 'right' },
      { title: 'address' },
      { title: 'via' },
      { title: 'rtt', align: 'right' },
      { title: 'in', align: 'right' },
      { title: 'out', align: 'right' },
      { title: 'last error' },
    ],
    peers.map(row),
  );
  const wallets = `${counted(anonymousLinks, 'link')} of wallets and others that proved no key`;
  return peers.length === 0 ? `No peers.\n${wallets}` : `${table}\n\n${wallets}`;
}

/** `meshpay committee`. `nowMs`: the wall clock. */
export function renderCommittee(paint: Paint, view: CommitteeView, nowMs: number): string {
  const { members, quorum, heard, voters, faultsTolerated } = view;
  const count = { members: members.length, heard, voters, quorum };
  const table = renderTable(
    paint,
    [
      { title: '', align: 'right' },
      { title: 'authority' },
      { title: 'heard' },
      { title: 'votes' },
      { title: 'link' },
      { title: 'ledger' },
      { title: 'key' },
    ],
    members.map((member) => [
      `${member.index + 1}`,
      paint.strong(harmless(member.name)),
      heardText(paint, member, nowMs),
      votesText(paint, member),
      member.state === null ? '' : peerStateText(paint, member.state),
      ledgerText(paint, member, nowMs),
      paint.faint(member.key),
    ]),
  );
  const fields = renderFields(paint, [
    ['payments', paymentsText(paint, count)],
    ...clockFields(paint, members),
    ['hostile', `at most ${faultsTolerated} may be, epoch ${view.epoch}`],
  ]);
  return `${table}\n\n${fields}`;
}

/** Whose wall clock shows something else than this node's. No vote depends on it. */
function clockFields(paint: Paint, members: readonly CommitteeMemberView[]): [string, string][] {
  const off = members.flatMap(({ name, clockAheadMs: ahead }) => {
    if (ahead === null || Math.abs(ahead) < ODD_CLOCK_MS) return [];
    const how = `${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}`;
    return [`${harmless(name)} ${how}`];
  });
  return off.length === 0 ? [] : [['clocks', paint.warn(listed(off))]];
}

function heardText(
  paint: Paint,
  { self, heard, sinceMs, saidMs }: CommitteeMemberView,
  nowMs: number,
): string {
  if (self) return heard ? paint.good('this node') : paint.bad('not running');
  const ago = (atMs: number): string => duration(Math.max(0, nowMs - atMs));
  if (heard) {
    if (sinceMs !== null) return `${paint.good('yes')}, for ${ago(sinceMs)}`;
    return saidMs === null ? paint.good('yes') : `${paint.good('yes')}, ${ago(saidMs)} ago`;
  }
  return saidMs === null ? paint.bad('never') : `${paint.bad('no')}, ${ago(saidMs)} ago`;
}

function votesText(paint: Paint, { heard, votes }: CommitteeMemberView): string {
  if (!heard || votes === null) return paint.faint('not known');
  return votes ? paint.good('yes') : paint.bad('no');
}

function ledgerText(
  paint: Paint,
  { self, equal, comparedMs }: CommitteeMemberView,
  nowMs: number,
): string {
  if (self) return '';
  if (equal === null || comparedMs === null) return paint.faint('not compared');
  const ago = `${duration(Math.max(0, nowMs - comparedMs))} ago`;
  return equal ? `equal ${ago}` : paint.warn(`differs ${ago}`);
}

function paymentsText(paint: Paint, count: VoterCount): string {
  const tones = { all: paint.good, some: paint.warn, none: paint.bad };
  return tones[outlookOf(count)](outlookText(count));
}

/** Who is heard and votes, since when, and whose ledger is being merged with ours. */
function presenceFields(paint: Paint, status: StatusView): [string, string][] {
  const { presence, committee, clock } = status;
  if (presence === null) return [];
  if (!presence.known) return [['payments', 'not known here: meshpay reach asks the authorities']];
  const { heard, voters, connectivity, sinceMs, merging } = presence;
  const { members, quorum } = committee;
  const ago = (atMs: number): string => duration(Math.max(0, clock.wallMs - atMs));
  const fields: [string, string][] = [
    ['payments', paymentsText(paint, { members, heard, voters, quorum })],
  ];
  if (connectivity !== null && sinceMs !== null) {
    fields.push(['members', `${connectivity} for ${ago(sinceMs)}`]);
  }
  if (merging.length > 0) {
    const all = merging.map(({ name, sinceMs: at }) => `${harmless(name)} (for ${ago(at)})`);
    fields.push(['merging', paint.warn(`the ledger differs from that of ${listed(all)}`)]);
  }
  return fields;
}

/** `meshpay account`. */
export function renderAccount(paint: Paint, view: AccountClaims): string {
  const { claims, silent, account, source } = view;
  const origin =
    source === 'ledger'
      ? "this authority's own ledger"
      : 'what authorities answered: claims, not proofs';
  const listOf = (held: readonly QuantityView[]): string =>
    held.map(({ amount, token }) => `${amount} ${token}`).join(', ');
  const rows = claims.map(({ member, next, pending, balances, locked }) => [
    paint.strong(harmless(member)),
    listOf(balances) || 'nothing',
    listOf(locked),
    next,
    pending ? paint.warn('an order') : '',
  ]);
  const table = renderTable(
    paint,
    [
      { title: 'authority' },
      { title: 'balance', align: 'right' },
      { title: 'locked', align: 'right' },
      { title: 'next', align: 'right' },
      { title: 'pending' },
    ],
    rows,
  );
  return [
    renderFields(paint, [
      ['account', account],
      ['source', origin],
    ]),
    ...(rows.length === 0 ? [] : [table]),
    ...(silent.length === 0 ? [] : [paint.warn(`No answer from ${listed(silent.map(harmless))}.`)]),
  ].join('\n\n');
}

/** `meshpay doctor`. */
export function renderDoctor(paint: Paint, { checks, verdict }: DoctorView): string {
  const marks = { ok: paint.good('ok  '), warn: paint.warn('warn'), fail: paint.bad('fail') };
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, verdict: mark, what, mend }) => {
    const line = `${marks[mark]}  ${name.padEnd(width)}  ${harmless(what)}`;
    const indent = ' '.repeat(width + 8);
    return mend === null ? [line] : [line, `${indent}${paint.accent('mend:')} ${harmless(mend)}`];
  });
  const bad = checks.filter((check) => check.verdict === 'fail').length;
  const odd = checks.filter((check) => check.verdict === 'warn').length;
  const parts = [
    ...(bad > 0 ? [`${bad} to mend`] : []),
    ...(odd > 0 ? [counted(odd, 'warning')] : []),
  ];
  const sum = verdict === 'ok' ? paint.good('All is well.') : `${listed(parts)}.`;
  return [...lines, '', sum].join('\n');
}

/** `meshpay backup`. */
export function renderBackup(paint: Paint, { file, bytes, records }: BackupView): string {
  return [
    `${paint.good('backed up')} ${counted(records, 'record')}, ${size(bytes)}, to ${file}`,
    'A node restored from it serves and catches up, but never votes; "meshpay move" is for new hardware.',
  ].join('\n');
}

function linksText({ members, nodes, anonymous }: StatusView['links']): string {
  const authorities = counted(members, 'authority', 'authorities');
  return `${authorities}, ${counted(nodes, 'other node')}, ${anonymous} anonymous`;
}

/** How far the check of all records is that goes on beside all work. */
function scrubText({ records, scrub }: NonNullable<StatusView['store']>): string {
  if (scrub.passes > 0) return 'every record since the start';
  return `all that votes depend on, and ${scrub.done} of ${records} records again`;
}

function stateText(paint: Paint, state: NodeState): string {
  if (state === 'ready') return paint.good(state);
  return state === 'damaged' ? paint.bad(state) : paint.warn(state);
}

function peerStateText(paint: Paint, state: PeerState): string {
  if (state === 'ready' || state === 'connected') return paint.good(state);
  return state === 'disconnected' || state === 'reconnecting'
    ? paint.bad(state)
    : paint.warn(state);
}
