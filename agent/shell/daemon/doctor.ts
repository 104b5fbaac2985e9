/**
 * What `meshpay doctor` asks the daemon: each check looks at one thing and, where it is not well,
 * says what mends it. A check changes nothing.
 */
import { existsSync, statfsSync } from 'node:fs';
import { nameOf } from '../../core/base/names.ts';
import type { MemberIndex } from '../../core/base/units.ts';
import { quorumOf } from '../../core/network/committee.ts';
import { standingOf } from '../../core/standing.ts';
import type { DoctorView } from '../control/api.ts';
import { type CheckView, type Verdict, worstVerdict } from '../control/check.ts';
import { formatAddress } from '../net/address.ts';
import { interfaceIndex } from '../net/multicast.ts';
import { describeDamage } from '../store/damage.ts';
import type { StoreStatistics } from '../store/store.ts';
import { isClockTrusted } from './clock.ts';
import type { DaemonContext } from './context.ts';
import { unusedMarkOf } from './first-start.ts';
import { judgeLog } from './log-check.ts';
import { radioChecks } from './radio-checks.ts';
import { beaconInterfaces } from './reload.ts';
import { committeeView, openingText, peerName, votingView } from './views.ts';

type Check = (context: DaemonContext) => CheckView;

const LOW_DISK_BYTES = 64 * 1024 * 1024;
/** What a router of 128 MiB can spare. */
const HIGH_MEMORY_BYTES = 96 * 1024 * 1024;

const CHECKS: readonly Check[] = [
  checkStore,
  checkVoting,
  checkMark,
  checkDisk,
  checkQuorum,
  checkLedgers,
  checkListening,
  checkDiscovery,
  checkTwins,
  checkClock,
  checkMemory,
  checkLog,
  checkFraud,
];

export function doctorView(context: DaemonContext): DoctorView {
  const checks = [...CHECKS.map((check) => check(context)), ...radioChecks(context)];
  return { checks, verdict: worstVerdict(checks.map(({ verdict }) => verdict)) };
}

function found(name: string, verdict: Verdict, what: string, mend: string | null): CheckView {
  return { name, verdict, what, mend };
}

function well(name: string, what: string): CheckView {
  return found(name, 'ok', what, null);
}

function checkStore({ damage, config, opening, running }: DaemonContext): CheckView {
  if (opening !== undefined) {
    const mend = 'Wait: the node takes part when what votes depend on is known to be whole.';
    return found('store', 'warn', `not open yet: ${openingText(opening)}`, mend);
  }
  if (damage.length === 0) return well('store', scrubText(running?.store.statistics()));
  return found(
    'store',
    'fail',
    damage.map(describeDamage).join('; '),
    `Stop the daemon, move ${config['store.folder']} aside and keep it. Then restore a backup: the ` +
      'node will serve and catch up, but not vote any more until it has a new key.',
  );
}

/** What is known of the records. */
function scrubText(statistics: StoreStatistics | undefined): string {
  const { scrub, records } = statistics ?? { scrub: { records: 0n, passes: 0 }, records: 0n };
  if (scrub.passes > 0) return 'every stored record is what was written';
  const done = `${scrub.records} of ${records} records`;
  return `all that votes depend on is what was written; ${done} were read again so far`;
}

function checkVoting(context: DaemonContext): CheckView {
  if (context.identity.member === undefined) return well('voting', 'a relay does not vote');
  const { may, whyNot } = votingView(context);
  if (may) return well('voting', 'this authority votes');
  const [verdict, mend] = votingAdvice(context);
  return found('voting', verdict, `no: ${whyNot}`, mend);
}

function votingAdvice({ damage, running }: DaemonContext): [Verdict, string] {
  const newKey = 'It gets its seat back with a new key, by an epoch change.';
  const standing = running === undefined ? undefined : standingOf(running.read);
  if (standing?.kind === 'barred' && standing.isElsewhere) {
    return ['fail', `Find the other copy of this node and stop it. ${newKey}`];
  }
  if (standing?.kind === 'first_start') {
    return [
      'warn',
      'It votes once they have: start the others, and see meshpay committee for links.',
    ];
  }
  return [damage.length > 0 ? 'fail' : 'warn', newKey];
}

/** With the mark, a ledger that is lost later would be begun as if its key had never voted. */
function checkMark({ config, identity }: DaemonContext): CheckView {
  const mark = unusedMarkOf(config.node_key);
  if (identity.member === undefined) return well('first start', 'a relay may begin at any time');
  if (!existsSync(mark)) {
    return well('first start', 'the key is known to be in use');
  }
  const what = `${mark} says that the key was never used`;
  return found('first start', 'warn', what, `Remove it, as its owner: rm ${mark}`);
}

function checkDisk({ config }: DaemonContext): CheckView {
  const { bavail, bsize } = statfsSync(config['store.folder']);
  const free = bavail * bsize;
  const what = `${Math.floor(free / 1024 / 1024)} MiB are free in ${config['store.folder']}`;
  if (free >= LOW_DISK_BYTES) return well('disk', what);
  return found('disk', 'warn', what, 'Make room: when the disk is full, the daemon stops.');
}

function checkQuorum(context: DaemonContext): CheckView {
  const { quorum, reachable, members } = committeeView(context);
  const what = `${reachable} of ${members.length} members are linked, a quorum is ${quorum}`;
  if (context.identity.member === undefined ? reachable > 0 : reachable >= quorum) {
    return well('quorum', what);
  }
  const missing = members.filter((member) => !member.reachable).map(({ name }) => name);
  const mend = `Look why there is no link to ${missing.join(', ')}: meshpay peers tells the last error.`;
  return found('quorum', context.running === undefined ? 'fail' : 'warn', what, mend);
}

function checkLedgers({ identity, progress }: DaemonContext): CheckView {
  const { members } = identity.network.committee;
  if (identity.member === undefined) return well('ledgers', 'a relay keeps no ledger');
  const equal = members.filter((_, index) => progress.isEqual(index as MemberIndex));
  const level = equal.length + 1;
  const what = `level with ${level} of ${members.length} members at the last comparison, this one counted`;
  if (level >= quorumOf(members.length)) return well('ledgers', what);
  const mend = 'This mends itself while a quorum is linked; if it does not, see meshpay committee.';
  return found('ledgers', 'warn', what, mend);
}

function checkListening({ running, config }: DaemonContext): CheckView {
  const wanted = config['listen.addresses'];
  if (wanted.length === 0) return well('listening', 'no address is configured: others are dialled');
  const doors = running?.links.listening() ?? [];
  const closed = doors.filter(({ open }) => !open).map(({ address }) => formatAddress(address));
  const open = doors.filter((door) => door.open).map(({ address }) => formatAddress(address));
  if (open.length > 0 && closed.length === 0) {
    return well('listening', `others can connect to ${open.join(', ')}`);
  }
  const list = closed.length > 0 ? closed : wanted.map(formatAddress);
  const mend =
    'An address that is not there yet is tried again; see ip address, and listen.addresses.';
  return found('listening', 'warn', `not open: ${list.join(', ')}`, mend);
}

function checkDiscovery({ config, running }: DaemonContext): CheckView {
  const interfaces = beaconInterfaces(config);
  if (interfaces.length === 0) {
    return well('discovery', 'it is switched off in the configuration');
  }
  const absent = interfaces.filter((name) => interfaceIndex(name) === undefined);
  if (absent.length > 0) {
    const what = `no IPv6 link-local address on ${absent.join(', ')}`;
    const mend = 'Bring the interface up; the daemon goes on looking for it.';
    return found('discovery', 'warn', what, mend);
  }
  const { sent = 0, accepted = 0 } = running?.discovery.counts() ?? {};
  return well('discovery', `${sent} beacons sent, ${accepted} heard`);
}

/** Two live copies of one node: beside beacons (radio-checks.ts), handshakes tell (net/twins.ts). */
function checkTwins(context: DaemonContext): CheckView {
  const twins = context.running?.links.twins() ?? [];
  if (twins.length === 0) return well('twins', 'no key was seen in two nodes at once');
  const all = twins.map(({ key, isSelf, addresses }) => {
    const name = peerName(context, { key, name: undefined }) ?? nameOf('node', key);
    const where = addresses.map(formatAddress).join(' and ');
    return isSelf
      ? `another node, at ${where}, runs with the key of this one`
      : `two nodes run with the key of ${name}: ${where}`;
  });
  const mend =
    'Find the copy and stop it at once: an authority that runs twice may vote twice, which counts as ' +
    'hostile. A key that others may have had is replaced by an epoch change.';
  return found('twins', 'fail', all.join('; '), mend);
}

function checkClock({ clock, knownPastMs }: DaemonContext): CheckView {
  const { wallMs } = clock.stamp();
  const shown = new Date(wallMs).toISOString();
  if (isClockTrusted(wallMs, knownPastMs)) return well('clock', `the clock shows ${shown}`);
  const what = `the clock shows ${shown}, but files of this node are from ${new Date(knownPastMs).toISOString()}`;
  const mend = 'Set the clock. Payments do not depend on it, but dates shown are wrong.';
  return found('clock', 'warn', what, mend);
}

function checkMemory(): CheckView {
  const resident = process.memoryUsage.rss();
  const what = `${Math.round(resident / 1024 / 1024)} MiB are resident`;
  if (resident < HIGH_MEMORY_BYTES) return well('memory', what);
  const mend = 'Start it with the V8 options of the service unit, or lower limits.anonymous_links.';
  return found('memory', 'warn', what, mend);
}

function checkLog({ logs }: DaemonContext): CheckView {
  return judgeLog('log', logs.health);
}

function checkFraud({ counters }: DaemonContext): CheckView {
  const { conflicts, doubleSpends } = counters.view();
  if (conflicts > 0) {
    const what = `${conflicts} accounts have two certificates for one sequence`;
    const mend =
      'More authorities are hostile than may be. Stop paying and find out which: both are kept.';
    return found('fraud', 'fail', what, mend);
  }
  const what = `${doubleSpends} accounts were seen to sign two orders for one sequence`;
  return well('fraud', `${what} since the start; their orders are kept as proof`);
}
