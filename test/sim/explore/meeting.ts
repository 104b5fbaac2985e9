/**
 * Two authorities compare their ledgers and exchange certificates until they fall silent: the real
 * catch-up, begun on both sides by a wrong root, with nobody else listening. Each of its steps only
 * reads or takes certificates, which are inputs by themselves (alphabet.ts), so the search misses
 * nothing by not stopping in between.
 */
import type { Epoch } from '../../../agent/core/base/units.ts';
import type { Message } from '../../../agent/core/codec/message.ts';
import { type Authority, type Exact, linkOf } from './authority.ts';
import { saidBy } from './said.ts';
import type { SmallWorld } from './small-world.ts';
import { promise } from './violation.ts';

export interface Side {
  readonly authority: Authority;
  readonly exact: Exact;
}

/** Frames after which two authorities that compare their ledgers should long have ended. */
const MOST_FRAMES = 400;

/** The two sides afterwards, and what else they sent: sets of orders gossiped and of proofs. */
export function meet(
  world: SmallWorld,
  before: readonly [Side, Side],
): { readonly after: readonly [Side, Side]; readonly gossip: number; readonly proofs: number } {
  const { names } = world;
  let [one, two] = before;
  let [gossip, proofs] = [0, 0];
  const root: Message = {
    TAG: 'root',
    data: { epoch: 0 as Epoch, digest: new Uint8Array(32).fill(255) },
  };
  const bytes = world.frame(root);
  const queue = [
    { toOne: false, bytes },
    { toOne: true, bytes },
  ];
  let frames = 0;
  for (let frame = queue.shift(); frame !== undefined; frame = queue.shift()) {
    promise(++frames <= MOST_FRAMES, 'MeetingsEnd', `after ${frames} frames`);
    const { toOne } = frame;
    const [{ authority, exact }, other] = toOne ? [one, two] : [two, one];
    const link = linkOf(other.authority.member);
    const { next, sends } = authority.step(exact, { kind: 'frame', link, bytes: frame.bytes });
    if (toOne) one = { authority, exact: next };
    else two = { authority, exact: next };
    const said = saidBy(names, authority.member, sends);
    gossip |= said.gossip;
    proofs |= said.proofs;
    for (const send of sends) {
      if (send.link === link) queue.push({ toOne: !toOne, bytes: send.bytes });
    }
  }
  return { after: [one, two], gossip, proofs };
}
