/**
 * From whom a node takes a message, and what it passes on, as the rows of messages say
 * (codec/message.ts, codec/voice.ts).
 */

import type { Epoch, MemberIndex } from './base/units.ts';
import { heardBy, MESSAGES, type Message } from './codec/message.ts';
import type { Voice } from './codec/voice.ts';
import type { Draft, Origin } from './draft.ts';
import { linkTo } from './mesh/links.ts';
import { memberAt } from './network/committee.ts';
import { committeeOf, currentCommittee } from './network/committees.ts';
import { isAuthority, type NodeSetup, rolesOf } from './setup.ts';

/**
 * Whether only a member says this to this node over its own link. A stranger would make it work for
 * nothing.
 */
export function isFromStranger(setup: NodeSetup, { TAG }: Message): boolean {
  return isAuthority(setup) && heardBy('authority', TAG) === 'own';
}

/** In which voice this node takes such a message; undefined: it does not. */
function voiceOf(setup: NodeSetup, { TAG }: Message): Voice | undefined {
  for (const role of rolesOf(setup)) {
    const voice = heardBy(role, TAG);
    if (voice !== undefined) return voice;
  }
  return undefined;
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
 * Whether this node listens to a message. The current committee has to have the member that it
 * names: what a node keeps is one entry a member.
 */
export function mayBeHeard(
  draft: Draft,
  setup: NodeSetup,
  { speaker }: Origin,
  message: Message,
): boolean {
  const named = namedIn(draft, message);
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

/**
 * The epoch by whose committee a statement would have to be judged, if none is known of it here.
 */
export function unknownEpochOf(draft: Draft, { data }: Message): Epoch | undefined {
  if (!('epoch' in data)) return undefined;
  return committeeOf(draft, data.epoch) === undefined ? data.epoch : undefined;
}

/** The member that a message names, if it names one, or `nobody`: none has this number now. */
function namedIn(draft: Draft, { data }: Message): MemberIndex | undefined | 'nobody' {
  if (!('member' in data) || data.member === undefined) return undefined;
  return memberAt(currentCommittee(draft), data.member) === undefined ? 'nobody' : data.member;
}
