/**
 * Which committee judges: epoch -> committee, as the state has it. This is the only way to a
 * quorum. Certificates, votes and statements name their epoch and are judged by the committee of
 * that epoch; links, questions and what is sent next go by the current one. An epoch that the state
 * does not have is nobody's: what names it is refused.
 *
 * Safety: the committee of epoch 0 comes from the genesis document, which the network's id is the
 * hash of; it is written once, at the first start. A key inside a message is never believed. A
 * member's number is its key's for good (committee.ts), so no cursor, word, life or vote of one
 * member is ever taken for another's, whatever became of the committee meanwhile.
 * Bounds: one record an epoch. What a record says is decoded once for as long as its bytes are
 * held.
 */
import { invariant } from '../base/assert.ts';
import type { Epoch, MemberIndex } from '../base/units.ts';
import { decodeOwn } from '../codec/canonical.ts';
import { committeeCoder } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { writeOf } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { type Committee, memberAt } from './committee.ts';
import type { Network } from './genesis.ts';

/** The committee of epoch 0. */
function foundingCommittee({ genesis }: Network): Committee {
  const members = genesis.members.map((member, i) => ({ number: i as MemberIndex, ...member }));
  return { epoch: 0 as Epoch, members };
}

/** The state of a network as it was founded, for whoever checks something without a node. */
export function foundingState(network: Network): Read {
  const { key, value } = writeOf(SPACES.committee, foundingCommittee(network));
  return { get: (other) => (other === key ? value : undefined) };
}

/** The first start with this state writes which committee the network was founded with. */
export function found(draft: Draft, network: Network): void {
  if (!draft.has(SPACES.committee)) draft.write(SPACES.committee, foundingCommittee(network));
}

/** Whether this state was ever begun. */
export function isFounded(read: Read): boolean {
  return read.get(SPACES.committee.key) !== undefined;
}

/** The committee that judges now. The state has to be founded. */
export function currentCommittee(read: Read): Committee {
  const committee = decoded(read.get(SPACES.committee.key));
  invariant(committee !== undefined, 'a state says which committee judges');
  return committee;
}

/** The committee of an epoch; undefined: no such epoch is known here. */
export function committeeOf(read: Read, epoch: Epoch): Committee | undefined {
  const current = currentCommittee(read);
  if (epoch === current.epoch) return current;
  return decoded(read.get(SPACES.formerCommittee.at(epoch).key));
}

/** The numbers of the members who judge now. */
export function membersOf(read: Read): MemberIndex[] {
  return currentCommittee(read).members.map(({ number }) => number);
}

/** Whether this is the number of one of those whose votes count now. */
export function sits(read: Read, member: MemberIndex): boolean {
  return memberAt(currentCommittee(read), member) !== undefined;
}

/** Every step and every signature asks for the same few records. */
const committees = new WeakMap<Uint8Array, Committee>();

function decoded(bytes: Uint8Array | undefined): Committee | undefined {
  if (bytes === undefined) return undefined;
  const known = committees.get(bytes);
  if (known !== undefined) return known;
  const committee = decodeOwn(committeeCoder, bytes);
  committees.set(bytes, committee);
  return committee;
}
