/**
 * Whose word each message is, and so from whom it is taken. What is believed because of the link that
 * it came over must be such that nobody else can write into that link (PROTOCOL: Bounds).
 *
 * Over a link come the words of the node at its end and frames that it passed on, which say so
 * (`isPassedOn`). Only the former can be a member's own word; everything else that counts is signed.
 *
 * Safety: a message that is believed for its link alone is taken unmarked over a member's own link, and
 * is never passed on, so no stranger can say it through an honest node.
 * Liveness: what clients and authorities beyond their own links need of each other is in a voice that
 * travels.
 */

import type { MemberIndex } from './base/units.ts';
import type { Message } from './codec/message.ts';
import type { Draft, Origin } from './draft.ts';
import { linkTo } from './mesh/links.ts';
import type { Network } from './network/genesis.ts';
import { isAuthority, isWallet, type NodeSetup } from './setup.ts';

export type Voice =
  /** A member's word of itself, without a signature: unmarked over its own link, or not at all. */
  | 'own'
  /** Signed by the member that it names: from whomever. Whoever takes it checks that. */
  | 'signed'
  /** Signed by the owner of an account: from whomever. Whoever takes it checks that. */
  | 'owner'
  /** From whomever, since nothing is believed of it. */
  | 'open'
  /** Votes of a quorum: from whomever. Whoever takes it counts them. */
  | 'proof'
  /**
   * From whomever, unless this node has a link of its own to the member that it names. Nothing in it
   * counts but what is signed; of the rest, only what is the member's own word.
   */
  | 'hearsay'
  /** A question that this node answers with a refusal, since it keeps no ledger. */
  | 'refused'
  /** Not for this kind of node. */
  | 'none';

/** What a kind of node takes a message for. */
interface Row {
  readonly authority: Voice;
  readonly relay: Voice;
  readonly wallet: Voice;
}

const OF_A_CLIENT = { relay: 'refused', wallet: 'none' } as const;
const AMONG_AUTHORITIES = { authority: 'own', relay: 'none', wallet: 'none' } as const;
const TO_A_WALLET = { authority: 'none', relay: 'none' } as const;

export const VOICES = {
  order: { authority: 'owner', ...OF_A_CLIENT },
  vote: { ...TO_A_WALLET, wallet: 'signed' },
  orderRefusal: { ...TO_A_WALLET, wallet: 'signed' },
  certificate: { authority: 'proof', ...OF_A_CLIENT },
  applied: { ...TO_A_WALLET, wallet: 'own' },
  rejected: { ...TO_A_WALLET, wallet: 'hearsay' },
  accountQuery: AMONG_AUTHORITIES,
  account: { authority: 'own', relay: 'none', wallet: 'hearsay' },
  certificatesQuery: AMONG_AUTHORITIES,
  certificates: { authority: 'own', relay: 'none', wallet: 'hearsay' },
  credits: { ...TO_A_WALLET, wallet: 'hearsay' },
  gossip: AMONG_AUTHORITIES,
  doubleSpend: AMONG_AUTHORITIES,
  root: AMONG_AUTHORITIES,
  digest: AMONG_AUTHORITIES,
  bucket: AMONG_AUTHORITIES,
  progress: { ...TO_A_WALLET, wallet: 'signed' },
  proofCount: AMONG_AUTHORITIES,
  proofsQuery: AMONG_AUTHORITIES,
  proofs: AMONG_AUTHORITIES,
  latest: { ...TO_A_WALLET, wallet: 'signed' },
  firstStart: { authority: 'signed', relay: 'refused', wallet: 'none' },
  // Relays carry it back, and do nothing else with it.
  vouch: { authority: 'signed', relay: 'signed', wallet: 'none' },
  question: { authority: 'owner', ...OF_A_CLIENT },
  wayQuery: { authority: 'open', relay: 'none', wallet: 'none' },
  way: { authority: 'signed', relay: 'signed', wallet: 'signed' },
} as const satisfies Readonly<Record<Message['TAG'], Row>>;

/** Messages that a kind of node takes in one of these voices. */
export type Heard<K extends keyof Row, V extends Voice> = {
  [T in Message['TAG']]: (typeof VOICES)[T][K] extends V ? Extract<Message, { TAG: T }> : never;
}[Message['TAG']];

/** What authorities say to each other alone. */
export type PeerMessage = Heard<'authority', 'own'>;

export function isAmongAuthorities(message: Message): message is PeerMessage {
  return VOICES[message.TAG].authority === 'own';
}

/** In which voice this node takes such a message. */
export function voiceOf(setup: NodeSetup, { TAG }: Message): Voice {
  const row: Row = VOICES[TAG];
  if (isAuthority(setup)) return row.authority;
  return isWallet(setup) ? row.wallet : row.relay;
}

const TRAVELLING: ReadonlySet<Voice> = new Set(['signed', 'owner', 'open', 'proof', 'hearsay']);

/** Whether a message is passed on towards an authority. */
export function travelsOut({ TAG }: Message): boolean {
  return TRAVELLING.has(VOICES[TAG].authority);
}

/** Whether a message is passed back to whoever asked. */
export function travelsBack({ TAG }: Message): boolean {
  const { relay, wallet }: Row = VOICES[TAG];
  return TRAVELLING.has(wallet) || TRAVELLING.has(relay);
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
    case 'none':
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
