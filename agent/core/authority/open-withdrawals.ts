/**
 * The withdrawals whose money is locked, as a list: whoever has to look after them (gateway/) walks
 * it. The order means nothing: the last one takes the place of one that is finished.
 */
import { invariant } from '../base/assert.ts';
import type { Sequence } from '../base/units.ts';
import type { OpenWithdrawal } from '../codec/gateway.ts';
import type { Draft } from '../draft.ts';
import { SPACES } from '../spaces.ts';
import { setTimerBy } from '../timers.ts';

/** How many there are. */
export function openCount(draft: Draft): bigint {
  return draft.read(SPACES.openCount) ?? 0n;
}

/** The one at a place, from 0 on; `place` below the count. */
export function openAt(draft: Draft, place: bigint): OpenWithdrawal {
  const open = draft.read(SPACES.openWithdrawal.at(place));
  invariant(open !== undefined, 'the list is as long as its count');
  return open;
}

/** The one of an account with this sequence, if its money is locked. */
export function openOf(
  draft: Draft,
  account: Uint8Array,
  sequence: Sequence,
): OpenWithdrawal | undefined {
  const place = draft.read(SPACES.openPlace.at(account, sequence));
  return place === undefined ? undefined : openAt(draft, place);
}

/** A withdrawal was certified. */
export function listOpen(draft: Draft, account: Uint8Array, sequence: Sequence): void {
  const count = openCount(draft);
  draft.write(SPACES.openWithdrawal.at(count), { account, sequence, isPresented: false });
  draft.write(SPACES.openPlace.at(account, sequence), count);
  draft.write(SPACES.openCount, count + 1n);
  lookSoon(draft);
}

/** A gateway asked for its outcome. */
export function markPresented(draft: Draft, account: Uint8Array, sequence: Sequence): void {
  const place = draft.read(SPACES.openPlace.at(account, sequence));
  if (place === undefined || openAt(draft, place).isPresented) return;
  draft.write(SPACES.openWithdrawal.at(place), { account, sequence, isPresented: true });
}

/** Its money is locked no longer. */
export function unlistOpen(draft: Draft, account: Uint8Array, sequence: Sequence): void {
  const cell = SPACES.openPlace.at(account, sequence);
  const place = draft.read(cell);
  if (place === undefined) return;
  const last = openCount(draft) - 1n;
  const moved = openAt(draft, last);
  draft.write(SPACES.openWithdrawal.at(place), moved);
  draft.write(SPACES.openPlace.at(moved.account, moved.sequence), place);
  draft.remove(SPACES.openWithdrawal.at(last));
  draft.remove(cell);
  draft.write(SPACES.openCount, last);
}

/** Something changed: whoever looks after withdrawals looks at once. */
export function lookSoon(draft: Draft): void {
  setTimerBy(draft, 'gateway', Math.floor(draft.stamp.nowMs));
}
