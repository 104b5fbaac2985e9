/** News of links and peers, for the log and for whoever follows events. */
import { equalBytes } from '../../core/base/bytes.ts';
import { nameOf } from '../../core/base/names.ts';
import { logKey } from '../log/log-clean.ts';
import { formatAddress } from '../net/address.ts';
import { describeLinkFault, type LinkFaultCode } from '../net/fault.ts';
import type { LinkReport } from '../net/link.ts';
import { isLinked, type PeerState } from '../net/peer-state.ts';
import type { MovedPeer } from '../net/peers.ts';
import type { DaemonContext } from './context.ts';
import { peerName } from './status-views.ts';

/** Makes what tells of peers: followers hear of every change, the log at "info" of what is news. */
export function createPeerReporter(
  context: DaemonContext,
): (peer: MovedPeer, from: PeerState) => void {
  const isNews = createPeerNews();
  return (peer, from) => {
    const { state: to, address, key, lastFault } = peer;
    const why = lastFault === undefined || to === 'ready' ? null : describeLinkFault(lastFault);
    const fields = {
      name: peerName(context, peer),
      key: key === undefined ? null : nameOf('node', key),
      address: address === undefined ? null : formatAddress(address),
      from,
      to,
      reason: to === 'syncing' || to === 'connected' ? null : why,
    };
    context.logs[isNews(peer, from) ? 'info' : 'debug']('peer', fields);
    context.events.publish(() => ({ kind: 'peer', ...fields }));
  };
}

/**
 * Whether a person wants to read of a change without asking: a link that is there or gone, and of
 * attempts in vain each reason once, until there is a link again. A router whose neighbour is away
 * for months must not fill its log with that, and neither may strangers that were never linked.
 */
export function createPeerNews(): (peer: MovedPeer, from: PeerState) => boolean {
  const told = new WeakMap<MovedPeer, Set<LinkFaultCode>>();
  return (peer, from) => {
    const { state: to, lastFault } = peer;
    if (isLinked(to)) told.delete(peer);
    if (to === 'connected' || to === 'ready') return true;
    if (to !== 'reconnecting' && to !== 'disconnected') return false;
    if (isLinked(from)) return true;
    if (to === 'disconnected' || lastFault === undefined) return false;
    const reasons = told.get(peer) ?? new Set();
    const isNew = !reasons.has(lastFault.code);
    told.set(peer, reasons.add(lastFault.code));
    return isNew;
  };
}

/**
 * Two nodes with one key are an operator's matter, and told once for each key. Everything else at
 * the links is for the curious: strangers could fill a log with it.
 */
export function logLink(context: DaemonContext, report: LinkReport): void {
  const { what, address, key, fault } = report;
  const { logs, identity } = context;
  if (what === 'twin' && key !== undefined) {
    const isSelf = equalBytes(key, identity.signer.publicKey);
    logs.error(isSelf ? 'another node has the key of this one' : 'two nodes run with one key', {
      name: peerName(context, { key, name: undefined }),
      key: nameOf('node', key),
      addresses: fault?.detail,
    });
    return;
  }
  logs.debug('link', {
    what,
    address: formatAddress(address),
    key: logKey(key),
    why: fault === undefined ? undefined : describeLinkFault(fault),
  });
}
