/**
 * Which subjects are debated. Whoever wants something decided begins its subject here, and wakes it
 * when it may judge or propose more than before; the rules run in agreement.ts, which comes to it
 * in the same step, or, where nothing was heard, in the next.
 *
 * Bounds: MAX_SUBJECTS_OPEN subjects are debated at once, those with the lowest hashes; the others
 * wait in a heap on disk. All members have this one order, so whatever each has open, the lowest
 * subject that all know is open everywhere, is decided, and makes room; an order of each member's
 * own could leave all of them debating different things for good. Whose hashes are low is chance,
 * and each takes a certified withdrawal, closing or change to make: who tries for many pays for
 * them, and they too are decided and gone. What was said of a subject stays on disk while it waits.
 * A decided subject leaves its decision, and nothing else.
 */
import { compareBytes, equalBytes } from '../base/bytes.ts';
import { MAX_SUBJECTS_OPEN } from '../base/limits.ts';
import type { AgreementRecord, Decision, Subject } from '../codec/agreement.ts';
import type { Draft } from '../draft.ts';
import { currentCommittee } from '../network/committees.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { setTimerBy } from '../timers.ts';
import { subjectHash } from './decision.ts';

/**
 * Begins the debate of a subject whose rules say that it may begin, or wakes it: harmless to
 * repeat. Nothing comes of it when it is decided.
 */
export function beginAgreement(draft: Draft, _setup: AuthoritySetup, subject: Subject): void {
  const hash = subjectHash(subject);
  if (draft.has(SPACES.decision.at(hash))) return;
  const known = draft.read(SPACES.agreement.at(hash));
  // What was said in a former epoch binds nobody: what had to be carried over was (epochs).
  if (known?.epoch !== currentCommittee(draft).epoch) {
    draft.write(SPACES.agreement.at(hash), newRecord(draft, subject));
    draft.remove(SPACES.heard.at(hash));
  }
  if (known === undefined) admitSubject(draft, hash);
  wakeSubject(draft, hash);
}

/** Ends the debate: this is the decision, which was checked. False: it was ended before. */
export function concludeAgreement(draft: Draft, decision: Decision): boolean {
  const hash = subjectHash(decision.subject);
  if (draft.has(SPACES.decision.at(hash))) return false;
  draft.write(SPACES.decision.at(hash), decision);
  draft.remove(SPACES.agreement.at(hash));
  draft.remove(SPACES.heard.at(hash));
  const open = openSubjects(draft);
  if (isIn(open, hash)) {
    writeOpen(draft, without(open, hash));
    fillOpen(draft);
  }
  draft.note({ kind: 'agreed', subject: decision.subject, round: decision.round });
  return true;
}

function newRecord(draft: Draft, subject: Subject): AgreementRecord {
  const { epoch } = currentCommittee(draft);
  const nothingSaid = { proposed: undefined, prevoted: undefined, precommitted: undefined };
  return { epoch, subject, round: 0, ...nothingSaid, locked: undefined, valid: undefined };
}

/** The subjects that are debated, by their hashes. */
export function openSubjects(draft: Draft): readonly Uint8Array[] {
  return draft.read(SPACES.openSubjects) ?? [];
}

/** The subjects that wait for their turn. */
export function* waitingSubjects(draft: Draft): Generator<Uint8Array> {
  const count = waitingCount(draft);
  for (let n = 0n; n < count; n++) {
    const hash = draft.read(SPACES.waitingSubject.at(n));
    if (hash !== undefined) yield hash;
  }
}

/** Whether this subject is debated: it began, is not decided, and does not wait. */
export function isOpen(draft: Draft, hash: Uint8Array): boolean {
  return isIn(openSubjects(draft), hash);
}

/** Has the rules look at a subject again, soon. */
export function wakeSubject(draft: Draft, hash: Uint8Array): void {
  const woken = draft.read(SPACES.woken) ?? [];
  if (isIn(woken, hash)) return;
  draft.write(SPACES.woken, [...woken, hash]);
  setTimerBy(draft, 'agree', Math.floor(draft.stamp.nowMs));
}

/** The subjects that were woken since the last time. */
export function takeWoken(draft: Draft): readonly Uint8Array[] {
  const woken = draft.read(SPACES.woken) ?? [];
  draft.remove(SPACES.woken);
  return woken.filter((hash) => isOpen(draft, hash));
}

/** Takes a subject in, at the cost of the one with the highest hash if there are too many. */
function admitSubject(draft: Draft, hash: Uint8Array): void {
  const open = [...openSubjects(draft), hash].sort(compareBytes);
  writeOpen(draft, open.slice(0, MAX_SUBJECTS_OPEN));
  const [last] = open.slice(MAX_SUBJECTS_OPEN);
  if (last === undefined) return;
  draft.remove(SPACES.heard.at(last));
  pushWaiting(draft, last);
}

/** Gives the places that became free to those that waited. */
function fillOpen(draft: Draft): void {
  while (openSubjects(draft).length < MAX_SUBJECTS_OPEN) {
    const next = popWaiting(draft);
    if (next === undefined) return;
    // It may have been decided while it waited.
    if (!draft.has(SPACES.agreement.at(next)) || isOpen(draft, next)) continue;
    admitSubject(draft, next);
    wakeSubject(draft, next);
  }
}

function writeOpen(draft: Draft, open: readonly Uint8Array[]): void {
  if (open.length === 0) draft.remove(SPACES.openSubjects);
  else draft.write(SPACES.openSubjects, open);
}

function isIn(hashes: readonly Uint8Array[], hash: Uint8Array): boolean {
  return hashes.some((other) => equalBytes(other, hash));
}

function without(hashes: readonly Uint8Array[], hash: Uint8Array): readonly Uint8Array[] {
  return hashes.filter((other) => !equalBytes(other, hash));
}

/*
 * The heap: the nth entry is at most as high as entries 2n + 1 and 2n + 2, so the lowest is the
 * first.
 */

function waitingCount(draft: Draft): bigint {
  return draft.read(SPACES.waitingCount) ?? 0n;
}

function pushWaiting(draft: Draft, hash: Uint8Array): void {
  let at = waitingCount(draft);
  draft.write(SPACES.waitingCount, at + 1n);
  while (at > 0n) {
    const above = (at - 1n) / 2n;
    const parent = draft.read(SPACES.waitingSubject.at(above));
    if (parent === undefined || compareBytes(parent, hash) <= 0) break;
    draft.write(SPACES.waitingSubject.at(at), parent);
    at = above;
  }
  draft.write(SPACES.waitingSubject.at(at), hash);
}

function popWaiting(draft: Draft): Uint8Array | undefined {
  const count = waitingCount(draft);
  const lowest = draft.read(SPACES.waitingSubject.at(0n));
  if (count === 0n || lowest === undefined) return undefined;
  const left = count - 1n;
  const last = draft.read(SPACES.waitingSubject.at(left));
  draft.remove(SPACES.waitingSubject.at(left));
  draft.write(SPACES.waitingCount, left);
  if (left > 0n && last !== undefined) sinkFromTop(draft, left, last);
  return lowest;
}

/** Puts an entry at the top of a heap of `count`, and lets it down to its place. */
function sinkFromTop(draft: Draft, count: bigint, hash: Uint8Array): void {
  let at = 0n;
  for (;;) {
    const below = [2n * at + 1n, 2n * at + 2n]
      .filter((n) => n < count)
      .map((n) => ({ n, hash: draft.read(SPACES.waitingSubject.at(n)) ?? hash }))
      .sort((a, b) => compareBytes(a.hash, b.hash))[0];
    if (below === undefined || compareBytes(hash, below.hash) <= 0) break;
    draft.write(SPACES.waitingSubject.at(at), below.hash);
    at = below.n;
  }
  draft.write(SPACES.waitingSubject.at(at), hash);
}
