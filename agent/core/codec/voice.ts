/**
 * Whose word a message is, to each kind of node, and whether it is carried: the part of a message's
 * row (codec/message.ts) that decides from whom it is taken (core/voices.ts). What is believed
 * because of the link that it came over must be such that nobody else can write into that link
 * (PROTOCOL: Bounds).
 *
 * Over a link come the words of the node at its end and frames that it passed on, which say so
 * (`isPassedOn`). Only the former can be a member's own word; everything else that counts is
 * signed.
 *
 * Safety: a message that is believed for its link alone is taken unmarked over a member's own link,
 * and is not passed on, so no stranger can say it through an honest node. A row that breaks this
 * does not compile. Liveness: what clients and authorities beyond their own links need of each
 * other is in a voice that travels.
 */
import type { KindWithEpoch, KindWithoutEpoch } from '../network/signing.ts';
import type { Reader, Writer } from './coder.ts';

/** What a node is. A relay keeps neither a ledger nor a wallet. */
export type Role = 'authority' | 'relay' | 'wallet';

/** How a kind of node takes a message. One that its row does not name does not take it. */
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
   * From whomever, unless this node has a link of its own to the member that it names. Nothing in
   * it counts but what is signed; of the rest, only what is the member's own word.
   */
  | 'hearsay'
  /** A question to a ledger, which a node without one answers with a refusal. */
  | 'refused';

/**
 * Where other nodes carry a message: nowhere, towards the member that it is for, or back to who
 * asked.
 */
type Travels = 'no' | 'out' | 'back';

/** A coder, whatever its values are. */
interface AnyCoder {
  readonly put: (value: never, out: Writer) => void;
  readonly take: (from: Reader) => unknown;
}

type Heard<V extends Voice> = { readonly [R in Role]?: V };

/** Whose word, which way, and for which kind of statement the signature in it stands. */
type Word =
  | { readonly travels: 'no'; readonly heard: Heard<'own'>; readonly signed?: never }
  | {
      readonly travels: Exclude<Travels, 'no'>;
      readonly heard: Heard<'signed' | 'refused'>;
      readonly signed: KindWithEpoch;
    }
  | {
      readonly travels: 'out';
      readonly heard: Heard<'owner' | 'refused'>;
      readonly signed: KindWithoutEpoch;
    }
  | {
      readonly travels: 'out';
      readonly heard: Heard<'open' | 'proof' | 'refused'>;
      readonly signed?: never;
    }
  | {
      /** What a member says to another member of itself and to a wallet through others. */
      readonly travels: 'back';
      readonly heard: { readonly authority?: 'own'; readonly wallet: 'hearsay' };
      readonly signed?: never;
    };

export type MessageRow = Word & {
  /** Its number in a frame. */
  readonly wire: number;
  readonly coder: AnyCoder;
};

/** What authorities say to each other alone. */
export const AMONG_AUTHORITIES = { heard: { authority: 'own' }, travels: 'no' } as const;

/** What members say to each other, also through other nodes. */
export function AMONG_MEMBERS<const V extends Voice>(voice: V) {
  return { heard: { authority: voice }, travels: 'out' } as const;
}

/** What anybody may ask of a ledger, also through other nodes. */
export function OF_A_LEDGER<const V extends Voice>(voice: V) {
  return { heard: { authority: voice, relay: 'refused' }, travels: 'out' } as const;
}

/** What any two nodes say to each other. */
export function AMONG_ALL<const V extends Voice>(voice: V) {
  return { heard: { authority: voice, relay: voice, wallet: voice }, travels: 'out' } as const;
}

/** The answer of an authority, also through other nodes. */
export function TO_A_WALLET<const V extends Voice>(voice: V) {
  return { heard: { wallet: voice }, travels: 'back' } as const;
}

/** What authorities tell each other, and wallets through others. */
export const TO_BOTH = { heard: { authority: 'own', wallet: 'hearsay' }, travels: 'back' } as const;
