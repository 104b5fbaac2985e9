/** Asking other members something at once, and hearing those who answer in time. */

import type { MemberIndex } from '../../core/base/units.ts';
import type { Command } from '../../core/io.ts';
import type { Notice } from '../../core/notice.ts';
import { ACCOUNT_QUERY_MS } from '../control/limits.ts';
import type { DaemonContext, Running } from './context.ts';

/** The members of the committee but this node, if it is one. */
export function otherMembers({ identity }: DaemonContext): readonly MemberIndex[] {
  return identity.network.committee.members
    .map(({ number }) => number)
    .filter((number) => number !== identity.member);
}

/**
 * Gives the command, and takes the notices that `answerOf` makes an answer of. Ends when all of
 * `others` have answered, or after ACCOUNT_QUERY_MS with those that have.
 */
export async function hearAll<T extends { readonly member: MemberIndex }>(
  { clock }: DaemonContext,
  { engine }: Running,
  command: Command,
  others: readonly MemberIndex[],
  answerOf: (notice: Notice) => T | undefined,
): Promise<ReadonlyMap<MemberIndex, T>> {
  const heard = new Map<MemberIndex, T>();
  await new Promise<void>((resolve) => {
    const unhear = engine.hear((notice) => {
      const answer = answerOf(notice);
      if (answer === undefined) return;
      heard.set(answer.member, answer);
      if (others.every((index) => heard.has(index))) done();
    });
    const disarm = clock.after(ACCOUNT_QUERY_MS, () => done());
    const done = (): void => {
      unhear();
      disarm();
      resolve();
    };
    if (others.length === 0) return done();
    if (!engine.command(command)) done();
  });
  return heard;
}
