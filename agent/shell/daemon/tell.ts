/** What happens at the links, for the log and for those who follow events. */
import { nameOf } from '../../core/names.ts';
import { logKey } from '../log-clean.ts';
import { formatAddress } from '../net/address.ts';
import { describeFault } from '../net/fault.ts';
import type { LinkReport } from '../net/links.ts';
import type { PeerState, PeerView } from '../net/peers.ts';
import type { DaemonContext } from './context.ts';
import { peerName } from './views.ts';

/** States that a person wants to read of without asking. */
const NEWS: readonly PeerState[] = ['connected', 'ready', 'reconnecting', 'disconnected'];

/** A peer went from one state to another. */
export function tellPeer(context: DaemonContext, peer: PeerView, from: PeerState): void {
  const { state: to, address, key, lastFault } = peer;
  const why = lastFault === undefined || to === 'ready' ? null : describeFault(lastFault);
  const fields = {
    name: peerName(context, peer),
    key: key === undefined ? null : nameOf('node', key),
    address: address === undefined ? null : formatAddress(address),
    from,
    to,
    reason: to === 'syncing' || to === 'connected' ? null : why,
  };
  context.logs[NEWS.includes(to) ? 'info' : 'debug']('peer', fields);
  context.events.publish(() => ({ kind: 'peer', ...fields }));
}

/** Everything else at the links is for the curious: strangers could fill a log with it. */
export function logLink({ logs }: DaemonContext, report: LinkReport): void {
  const { what, address, key, fault } = report;
  logs.debug('link', {
    what,
    address: formatAddress(address),
    key: logKey(key),
    why: fault === undefined ? undefined : describeFault(fault),
  });
}
