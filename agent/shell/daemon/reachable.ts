/**
 * What `meshpay reach` asks of the node: which authorities answer it now, each with its signature.
 */
import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from '../../core/base/limits.ts';
import type { MemberIndex } from '../../core/base/units.ts';
import { memberName } from '../../core/views.ts';
import type { ReachableView } from '../control/api.ts';
import { type DaemonContext, notRunning } from './context.ts';
import { hearAll, otherMembers } from './hear-all.ts';

/** A relay's frames to all members are few, however often somebody looks. */
const ASK_AGAIN_MS = 5_000;

export async function reachableView(context: DaemonContext): Promise<ReachableView> {
  const { identity, running } = context;
  if (running === undefined) throw notRunning(context);
  context.rollCall.askedMs = context.clock.stamp().nowMs;
  const others = otherMembers(context);
  const nonce = Uint8Array.from(randomBytes(NONCE_BYTES));
  const heard = await hearAll(context, running, { kind: 'reach', nonce }, others, (notice) =>
    notice.kind === 'reached' ? notice : undefined,
  );
  const nameOf = (member: MemberIndex): string => memberName(identity.network, member);
  return {
    answering: others.flatMap((member) => {
      const answer = heard.get(member);
      return answer === undefined ? [] : [{ name: nameOf(member), votes: answer.votes }];
    }),
    silent: others.filter((member) => !heard.has(member)).map(nameOf),
  };
}

/**
 * Asks who is there, on a node that hears no heartbeats, unless it has asked a moment ago. Waits
 * for the first answers of all; later ones come while what is known is shown.
 */
export async function callRoll(context: DaemonContext): Promise<void> {
  const { identity, running, rollCall, clock } = context;
  if (identity.member !== undefined || running === undefined) return;
  const { nowMs } = clock.stamp();
  const { askedMs } = rollCall;
  if (askedMs !== undefined && nowMs - askedMs < ASK_AGAIN_MS) return;
  const answers = reachableView(context);
  // A node that goes down meanwhile answers nobody.
  if (askedMs === undefined) await answers;
  else answers.catch(() => undefined);
}
