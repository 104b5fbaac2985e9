/**
 * Whether a payment could be certified from this machine now. The node hears who is
 * there and votes; whoever shows it asks the node over its control socket.
 */
import { askControl } from '../control/client.ts';

export interface QuorumView {
  /** Authorities that are there and vote, this node included if it is one. */
  readonly voters: number;
  readonly quorum: number;
}

/** A node that is busy answers later; whoever shows a living picture does not wait for it. */
const ANSWER_MS = 2_000;

/** Undefined where no node answers: it does not run, or is just starting. */
export async function askQuorum(socket: string): Promise<QuorumView | undefined> {
  try {
    const view = await askControl(socket, 'committee', {}, { silenceMs: ANSWER_MS });
    return { voters: view.voters, quorum: view.quorum };
  } catch {
    return undefined;
  }
}

export function hasQuorum(view: QuorumView | undefined): boolean {
  return view !== undefined && view.voters >= view.quorum;
}
