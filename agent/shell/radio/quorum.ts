/**
 * Whether a payment could be certified from this machine now. The node knows it, since it holds the
 * links; whoever shows it asks the node over its control socket.
 */
import { askControl } from '../control/client.ts';

export interface QuorumView {
  /** Authorities that can be reached, this node included if it is one. */
  readonly reachable: number;
  readonly quorum: number;
}

/** A node that is busy answers later; whoever shows a living picture does not wait for it. */
const ANSWER_MS = 2_000;

/** Undefined where no node answers: it does not run, or is just starting. */
export async function askQuorum(socket: string): Promise<QuorumView | undefined> {
  try {
    const view = await askControl(socket, 'committee', {}, { silenceMs: ANSWER_MS });
    return { reachable: view.reachable, quorum: view.quorum };
  } catch {
    return undefined;
  }
}

export function hasQuorum(view: QuorumView | undefined): boolean {
  return view !== undefined && view.reachable >= view.quorum;
}
