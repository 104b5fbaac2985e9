/**
 * An authority's signed word on how far it is with an account, for whoever asked through others.
 */

import type { Sequence } from './base/units.ts';
import { type Message, type Progress, progressBodyCoder } from './codec/message.ts';
import type { Read } from './io.ts';
import { isStatementValid, signStatement } from './network/statement.ts';
import type { AuthoritySetup, NodeSetup } from './setup.ts';

/** The word of this authority. */
export function progressOf(
  read: Read,
  setup: AuthoritySetup,
  account: Uint8Array,
  next: Sequence,
): Message {
  const body = { account, next };
  const data = { ...signStatement(read, setup, 'progress', progressBodyCoder, body), body };
  return { TAG: 'progress', data };
}

/** Whether the member that it names has said this. */
export function isProgressValid(
  read: Read,
  setup: Pick<NodeSetup, 'network' | 'verify'>,
  progress: Progress,
): boolean {
  return isStatementValid(read, setup, 'progress', progressBodyCoder, progress, progress.body);
}
