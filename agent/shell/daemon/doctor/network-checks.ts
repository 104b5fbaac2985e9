/** What `meshpay doctor` says of the others: members, links, beacons, copies of a node, frauds. */
import { nameOf } from '../../../core/base/names.ts';
import { quorumOf } from '../../../core/network/committee.ts';
import type { CheckView } from '../../control/check.ts';
import { outlookOf, outlookText } from '../../control/outlook.ts';
import { formatAddress } from '../../net/address.ts';
import { interfaceIndex } from '../../net/multicast.ts';
import type { DaemonContext } from '../context.ts';
import { committeeView, peerName } from '../status-views.ts';
import { beaconInterfaces } from '../wanted-peers.ts';
import { found, well } from './finding.ts';

export function checkQuorum(context: DaemonContext): CheckView {
  const { quorum, heard, voters, members } = committeeView(context);
  const count = { members: members.length, heard, voters, quorum };
  const outlook = outlookOf(count);
  const what = outlookText(count);
  if (outlook === 'all') return well('quorum', what);
  const silent = members.filter((member) => !member.heard);
  const idle = members.filter((member) => member.heard && member.votes === false);
  const mends = [
    ...(silent.length === 0
      ? []
      : [`Look why ${namesOf(silent)} cannot be heard: meshpay peers tells the last error.`]),
    ...(idle.length === 0
      ? []
      : [`${namesOf(idle)} answers and does not vote: meshpay doctor there tells why.`]),
  ];
  return found('quorum', outlook === 'none' ? 'fail' : 'warn', what, mends.join(' '));
}

function namesOf(members: readonly { readonly name: string }[]): string {
  return members.map(({ name }) => name).join(', ');
}

export function checkLedgers(context: DaemonContext): CheckView {
  const { identity, readiness, clock } = context;
  const { members } = identity.network.committee;
  if (identity.member === undefined) return well('ledgers', 'a relay keeps no ledger');
  const compared = members.flatMap(({ number }) => readiness.comparison(number) ?? []);
  const level = compared.filter(({ equal }) => equal).length + 1;
  const { nowMs } = clock.stamp();
  const oldest = Math.max(0, ...compared.map(({ atMs }) => Math.round((nowMs - atMs) / 1000)));
  const when = compared.length === 0 ? 'none was compared yet' : `compared up to ${oldest} s ago`;
  const what = `level with ${level} of ${members.length} members, this one counted; ${when}`;
  if (level >= quorumOf(members.length)) return well('ledgers', what);
  const mend = 'This mends itself while a quorum is linked; if it does not, see meshpay committee.';
  return found('ledgers', 'warn', what, mend);
}

export function checkListening({ running, config }: DaemonContext): CheckView {
  const wanted = config['listen.addresses'];
  if (wanted.length === 0) return well('listening', 'no address is configured: others are dialled');
  const addresses = running?.engine.links.listening() ?? [];
  const closed = addresses.filter(({ open }) => !open).map(({ address }) => formatAddress(address));
  const open = addresses
    .filter((address) => address.open)
    .map(({ address }) => formatAddress(address));
  if (open.length > 0 && closed.length === 0) {
    return well('listening', `others can connect to ${open.join(', ')}`);
  }
  const list = closed.length > 0 ? closed : wanted.map(formatAddress);
  const mend =
    'An address that is not there yet is tried again; see ip address, and listen.addresses.';
  return found('listening', 'warn', `not open: ${list.join(', ')}`, mend);
}

export function checkDiscovery({ config, running }: DaemonContext): CheckView {
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
  const { sent = 0, accepted = 0 } = running?.beacons.counts() ?? {};
  return well('discovery', `${sent} beacons sent, ${accepted} heard`);
}

/**
 * Two live copies of one node: beside beacons (radio-checks.ts), handshakes tell (net/twins.ts).
 */
export function checkTwins(context: DaemonContext): CheckView {
  const twins = context.running?.engine.links.twins() ?? [];
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
    'hostile.';
  return found('twins', 'fail', all.join('; '), mend);
}

export function checkFraud({ counters }: DaemonContext): CheckView {
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
