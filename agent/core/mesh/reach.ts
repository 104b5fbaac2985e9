/**
 * Which authorities can be reached from here now (`meshpay reach`): each is asked, over whatever
 * way there is, whether it is there, and answers with its signature and the nonce of the question.
 */

import { NONCE_BYTES } from '../base/limits.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import type { Way } from '../codec/message.ts';
import type { Draft } from '../draft.ts';
import { membersOf } from '../network/committees.ts';
import type { NodeSetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { sendToMember } from './route.ts';
import { isWayValid } from './way.ts';

/** Asks every other member. `nonce`: so many random bytes, never used before. */
export function reach(draft: Draft, setup: NodeSetup, nonce: Uint8Array): Refusal | undefined {
  if (nonce.length !== NONCE_BYTES) {
    const [expected, found] = [`${NONCE_BYTES} bytes`, `${nonce.length}`];
    return refusal('malformed', { field: 'nonce', expected, found });
  }
  draft.writeBytes(SPACES.reach, nonce);
  for (const member of membersOf(draft)) {
    if (member === setup.authority?.member) continue;
    sendToMember(draft, member, { TAG: 'wayQuery', data: { nonce } });
  }
  return undefined;
}

/** An answer, perhaps to the question that is open. */
export function takeReached(draft: Draft, setup: NodeSetup, way: Way): void {
  const nonce = draft.readBytes(SPACES.reach);
  if (nonce === undefined || !isWayValid(draft, setup, nonce, way)) return;
  draft.note({ kind: 'reached', member: way.member, votes: way.body.votes });
}
