/**
 * Orders that this authority voted for are told again until they are certified: word of a vote goes
 * out once (order.ts) and may get lost, and two halves of a split vote have to meet for a proof.
 *
 * The accounts that may have such an order form a ring, each with the next one under its key, and
 * each is in it once. A round begins behind the account that was told last. Accounts whose order was
 * certified meanwhile are taken out when their turn comes.
 *
 * Bounds: as many entries as accounts; a round looks at MAX_RETELL_LOOKS of them and tells
 * MAX_RETOLD_ORDERS, and rounds are SYNC_IDLE_MS apart, however often ledgers are compared.
 */
import { invariant } from '../assert.ts';
import { equalBytes } from '../bytes.ts';
import { type Retelling, retellingCoder } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import { keyOf, singleton } from '../keyspace.ts';
import { MAX_RETELL_LOOKS, MAX_RETOLD_ORDERS, SYNC_IDLE_MS } from '../limits.ts';
import { memberLinks } from '../links.ts';
import { readAccount } from './account.ts';

/** Takes an account into the ring: it has a pending order. */
export function retellLater(draft: Draft, account: Uint8Array): void {
  if (draft.get(keyOf('retold', account)) !== undefined) return;
  const ring = ringOf(draft);
  const next = ring === undefined ? account : after(draft, ring.last);
  draft.put(keyOf('retold', account), next);
  if (ring !== undefined) draft.put(keyOf('retold', ring.last), account);
  const dueMs = ring?.dueMs ?? nextRoundMs(draft);
  writeRing(draft, { last: account, dueMs });
}

/** One round, if it is time for one. */
export function retellPending(draft: Draft): void {
  const ring = ringOf(draft);
  const links = memberLinks(draft);
  if (ring === undefined || links.length === 0 || draft.stamp.nowMs < ring.dueMs) return;
  writeRing(draft, { ...ring, dueMs: nextRoundMs(draft) });
  const told: Uint8Array[] = [];
  for (let looks = 0; looks < MAX_RETELL_LOOKS && told.length < MAX_RETOLD_ORDERS; looks++) {
    const account = nextAccount(draft);
    if (account === undefined || (told[0] !== undefined && equalBytes(account, told[0]))) return;
    const { pending } = readAccount(draft, account);
    if (pending === undefined) {
      takeOut(draft, account);
      continue;
    }
    for (const link of links) draft.send(link, { TAG: 'gossip', data: pending });
    told.push(account);
    moveOn(draft, account);
  }
}

function nextRoundMs(draft: Draft): bigint {
  return BigInt(draft.stamp.nowMs + SYNC_IDLE_MS);
}

function ringOf(draft: Draft): Retelling | undefined {
  return draft.read(singleton('retelling'), retellingCoder);
}

function writeRing(draft: Draft, ring: Retelling): void {
  draft.write(singleton('retelling'), retellingCoder, ring);
}

/** The account behind this one in the ring. */
function after(draft: Draft, account: Uint8Array): Uint8Array {
  const next = draft.get(keyOf('retold', account));
  invariant(next !== undefined, 'the ring is closed');
  return next;
}

/** The account whose turn it is. */
function nextAccount(draft: Draft): Uint8Array | undefined {
  const ring = ringOf(draft);
  return ring === undefined ? undefined : after(draft, ring.last);
}

/** It had its turn. */
function moveOn(draft: Draft, account: Uint8Array): void {
  const ring = ringOf(draft);
  if (ring !== undefined) writeRing(draft, { ...ring, last: account });
}

/** Takes out the account whose turn it is. */
function takeOut(draft: Draft, account: Uint8Array): void {
  const ring = ringOf(draft);
  if (ring === undefined) return;
  const next = after(draft, account);
  draft.remove(keyOf('retold', account));
  if (equalBytes(next, account)) draft.remove(singleton('retelling'));
  else draft.put(keyOf('retold', ring.last), next);
}
