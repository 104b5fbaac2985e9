/**
 * How this node and a peer of it stand.
 *
 *   disconnected   nothing under way
 *   discovering    wanted, but no address is known yet
 *   connecting     an address is being tried
 *   authenticating it answered; keys are being proven, and the other side's acceptance is awaited
 *   syncing        linked; the ledgers are being compared
 *   connected      linked; a node that there is nothing to compare with
 *   ready          linked, and the ledgers were found to be the same
 *   reconnecting   between two attempts
 *
 * `TRANSITIONS` is all that may happen.
 */
const TRANSITIONS = {
  disconnected: ['discovering', 'connecting', 'authenticating', 'reconnecting'],
  discovering: ['connecting', 'authenticating', 'disconnected'],
  connecting: ['authenticating', 'reconnecting', 'disconnected'],
  authenticating: ['syncing', 'connected', 'reconnecting', 'disconnected'],
  syncing: ['ready', 'connected', 'reconnecting', 'disconnected'],
  connected: ['syncing', 'ready', 'reconnecting', 'disconnected'],
  ready: ['syncing', 'connected', 'reconnecting', 'disconnected'],
  reconnecting: ['discovering', 'connecting', 'authenticating', 'disconnected'],
} as const satisfies Record<string, readonly string[]>;

export type PeerState = keyof typeof TRANSITIONS;
/** The states of a peer with a link. */
export type LinkedState = 'syncing' | 'connected' | 'ready';

/** Whether a peer may go from one state to another. */
export function mayMove(from: PeerState, to: PeerState): boolean {
  const allowed: readonly PeerState[] = TRANSITIONS[from];
  return allowed.includes(to);
}

export function isLinked(state: PeerState): state is LinkedState {
  return state === 'syncing' || state === 'connected' || state === 'ready';
}
