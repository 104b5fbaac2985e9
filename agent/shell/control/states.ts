/** The states of a node, as people and programs see them; those of its peers: net/peer-state.ts. */

/** How far the node is: only `ready` takes part fully; `damaged` takes no part at all. */
export type NodeState = 'starting' | 'syncing' | 'ready' | 'damaged' | 'stopping';
