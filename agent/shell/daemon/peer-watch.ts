/** Notices when peers change their state, by comparing with how they stood at the last look. */
import type { PeerState, PeerView } from '../net/peers.ts';

export interface PeerWatch {
  /** Looks soon; several calls in one turn are one look. */
  look(): void;
}

export function createPeerWatch(setup: {
  readonly peers: () => readonly PeerView[];
  readonly onChange: (peer: PeerView, from: PeerState) => void;
}): PeerWatch {
  let states = new Map<string, PeerState>();
  let due = false;

  const nameOf = ({ key, address }: PeerView): string =>
    key === undefined ? `${address?.host} ${address?.port}` : Buffer.from(key).toString('hex');
  const compare = (): void => {
    due = false;
    const now = new Map<string, PeerState>();
    for (const peer of setup.peers()) {
      const name = nameOf(peer);
      const from = states.get(name) ?? 'disconnected';
      now.set(name, peer.state);
      if (from !== peer.state) setup.onChange(peer, from);
    }
    states = now;
  };
  return {
    look() {
      if (due) return;
      due = true;
      setImmediate(compare);
    },
  };
}
