/** The states of a node and of its peers, as people and programs see them. */

/** How far the node is: only `ready` takes part fully; `damaged` takes no part at all. */
export type NodeState = 'starting' | 'syncing' | 'ready' | 'damaged' | 'stopping';

export type PeerState =
  | 'disconnected'
  | 'discovering'
  | 'connecting'
  | 'authenticating'
  | 'syncing'
  | 'connected'
  | 'ready'
  | 'reconnecting';
