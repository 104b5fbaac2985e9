/**
 * What `meshpay reach` asks of the node: which authorities answer it now, each with its signature.
 */
import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from '../../core/base/limits.ts';
import { memberName } from '../../core/views.ts';
import type { ReachableView } from '../control/api.ts';
import { type DaemonContext, notRunning } from './context.ts';
import { hearAll, otherMembers } from './hear-all.ts';

export async function reachableView(context: DaemonContext): Promise<ReachableView> {
  const { identity, running } = context;
  if (running === undefined) throw notRunning(context);
  const others = otherMembers(context);
  const nonce = Uint8Array.from(randomBytes(NONCE_BYTES));
  const heard = await hearAll(context, running, { kind: 'reach', nonce }, others, (notice) =>
    notice.kind === 'reached' ? notice : undefined,
  );
  const namesOf = (isHeard: boolean): string[] =>
    others
      .filter((index) => heard.has(index) === isHeard)
      .map((index) => memberName(identity.network, index));
  return { answering: namesOf(true), silent: namesOf(false) };
}
