/** Whether this node votes, and why not, for people. */
import { unreachable } from '../../core/base/assert.ts';
import type { Read } from '../../core/io.ts';
import { memberAt, vouchersNeeded } from '../../core/network/committee.ts';
import { type AuthorityStanding, standingOf } from '../../core/standing.ts';
import { changeOf, type JudgedNetwork, memberName } from '../../core/views.ts';
import type { OpeningView, StatusView } from '../control/api.ts';
import type { DaemonContext } from './context.ts';
import type { NodeIdentity } from './node-identity.ts';

/** Whether this node votes, and if not the reason for a person. */
export function votingView({
  config,
  identity,
  running,
  opening,
}: DaemonContext): StatusView['voting'] {
  const no = (whyNot: string): StatusView['voting'] => ({ may: false, whyNot });
  if (config.role === 'relay') return no('a relay keeps no ledger');
  if (opening !== undefined) return no(openingText(opening));
  if (running === undefined) return no('the stored state is damaged');
  const standing = standingOf(running.engine.read);
  if (standing.kind !== 'barred' && identity.member === undefined) {
    return no('no committee has had this key yet');
  }
  switch (standing.kind) {
    case 'votes':
      return seatView(identity, running.engine.read);
    case 'barred':
      return no(standing.bar.reason);
    case 'first_start':
      return no(firstStartText(identity.network, standing));
    default:
      return unreachable(standing);
  }
}

/** Whether one that knows all of its votes gives any in this epoch. */
function seatView({ network, member }: NodeIdentity, read: Read): StatusView['voting'] {
  const no = (whyNot: string): StatusView['voting'] => ({ may: false, whyNot });
  if (member === undefined || memberAt(network.committee, member) === undefined) {
    return no('it sits no longer');
  }
  const { isBehind, isStopped } = changeOf(read);
  if (isBehind) return no('it catches up with the last change of the committee');
  if (isStopped) return no('the committee is being changed');
  return { may: true, whyNot: null };
}

/** "checking what votes depend on, 3000 of 9000 records". */
export function openingText({ what, done, of }: OpeningView): string {
  if (done === 0) return what;
  return of === null ? `${what}, ${done} records` : `${what}, ${done} of ${of} records`;
}

/** What the first start of an authority waits for. */
function firstStartText(
  network: JudgedNetwork,
  { vouchers: { vouched, seen } }: Extract<AuthorityStanding, { kind: 'first_start' }>,
): string {
  const needed = vouchersNeeded(network.committee.members.length);
  const names = seen.map((member) => memberName(network, member)).join(', ');
  const known = names === '' ? '' : `; ${names} saw this key in use before`;
  return `the first start of its key: ${vouched.length} of ${needed} other members have vouched for it${known}`;
}
