/**
 * From whom a node takes a message, and what it passes on, as the rows of messages say
 * (codec/message.ts, codec/voice.ts).
 */

import type { MemberIndex } from './base/units.ts';
import { MESSAGES, type Message } from './codec/message.ts';
import type { MessageRow, Role, Voice } from './codec/voice.ts';
import type { Draft, Origin } from './draft.ts';
import { linkTo } from './mesh/links.ts';
import type { Network } from './network/genesis.ts';
import { isAuthority, isWallet, type NodeSetup } from './setup.ts';

/** Whether only authorities say this to an authority. */
export function isAmongAuthorities({ TAG }: Message): boolean {
  return heardBy('authority', TAG) === 'own';
}

/** In which voice this node takes such a message; undefined: it does not. */
export function voiceOf(setup: NodeSetup, { TAG }: Message): Voice | undefined {
  return heardBy(isAuthority(setup) ? 'authority' : isWallet(setup) ? 'wallet' : 'relay', TAG);
}

/** How this kind of node takes messages of that kind. */
export function heardBy(role: Role, tag: Message['TAG']): Voice | undefined {
  const { heard }: MessageRow = MESSAGES[tag];
  return (heard as { readonly [R in Role]?: Voice })[role];
}

/** Whether a message is passed on towards an authority. */
export function travelsOut({ TAG }: Message): boolean {
  return MESSAGES[TAG].travels === 'out';
}

/** Whether a message is passed back to whoever asked. */
export function travelsBack({ TAG }: Message): boolean {
  return MESSAGES[TAG].travels === 'back';
}

/**
 * Whether this node listens to a message. The committee has to have the member that it names: what a
 * node keeps is one entry a member.
 */
export function mayBeHeard(
  draft: Draft,
  setup: NodeSetup,
  message: Message,
  { speaker }: Origin,
): boolean {
  const named = namedIn(setup.network, message);
  if (named === 'nobody') return false;
  switch (voiceOf(setup, message)) {
    case undefined:
      return false;
    case 'own':
      return speaker !== undefined && (named === undefined || named === speaker);
    case 'hearsay':
      return named === undefined || named === speaker || linkTo(draft, named) === undefined;
    default:
      return true;
  }
}

/** The member that a message names, if it names one, or `nobody`: the committee has no such member. */
function namedIn({ committee }: Network, { data }: Message): MemberIndex | undefined | 'nobody' {
  if (!('member' in data) || data.member === undefined) return undefined;
  return committee.members[data.member] === undefined ? 'nobody' : data.member;
}
