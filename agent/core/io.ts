/**
 * The doorway of the core (ARCHITECTURE.md): events come in, a `Step` goes out. The shell stamps
 * the time, calls `step`, makes all durable writes of the step one synced batch, and only then
 * hands out its sends, closes and notices. The same event on the same state always gives the same
 * step.
 *
 * Spurious events are harmless: a tick too early, a link that went down twice, a frame from a link
 * that is gone.
 */
import type { ByteKey } from './base/bytes.ts';
import type { Amount, LedgerIndex, LinkId, TokenIndex } from './base/units.ts';
import type { Member } from './network/committee.ts';
import type { Notice } from './notice.ts';

/** When an event happened. Both in whole milliseconds. */
export interface Stamp {
  /** Never goes back while the process lives; for timers. */
  readonly nowMs: number;
  /**
   * The wall clock, which may be wrong (routers have no battery). It is shown, and it sways what is
   * proposed; no vote depends on it.
   */
  readonly wallMs: number;
}

export type Event =
  /**
   * The process came up, with the state that is on disk and none in memory. `seed`: SEED_BYTES
   * random bytes, others for each process (chance.ts).
   */
  | { readonly kind: 'start'; readonly seed: Uint8Array }
  /**
   * A stream is open; `peerKey` is the Ed25519 key that the other side proved, if it showed one.
   * `wanted`: whoever runs this node asked for that node; hearing of it, or being called by it, is
   * nothing of the kind. Told again of an open link when that changes.
   */
  | {
      readonly kind: 'link_up';
      readonly link: LinkId;
      readonly peerKey: Uint8Array | undefined;
      readonly wanted: boolean;
    }
  | { readonly kind: 'link_down'; readonly link: LinkId }
  /** One frame from a stream. */
  | { readonly kind: 'frame'; readonly link: LinkId; readonly bytes: Uint8Array }
  /** What the person in front of this node wants. */
  | { readonly kind: 'command'; readonly command: Command }
  /**
   * What came of an `Ask`, perhaps one from before a restart. It may come twice, late, or not at
   * all.
   */
  | { readonly kind: 'told'; readonly answer: Answer }
  /** `wakeAtMs` of an earlier step has come. */
  | { readonly kind: 'tick' };

export type Command =
  /**
   * Asks the authorities about a payment, and, when n - f of them would vote for it, makes, keeps
   * and pursues an order until it is certified (wallet/plan.ts). The same again asks once more;
   * another one takes the place of one that is not signed yet.
   */
  | {
      readonly kind: 'pay';
      readonly recipient: Uint8Array;
      readonly token: TokenIndex;
      readonly amount: Amount;
      readonly memo: string;
      /**
       * 16 random bytes, for the question; undefined: the owner insists, and nobody is waited for.
       */
      readonly nonce: Uint8Array | undefined;
    }
  /**
   * The same for money that is to leave the network through an outer ledger (PROTOCOL:
   * Withdrawals).
   */
  | {
      readonly kind: 'withdraw';
      readonly token: TokenIndex;
      readonly amount: Amount;
      readonly ledger: LedgerIndex;
      /** Text in the ledger's own syntax, as UTF-8. */
      readonly recipient: Uint8Array;
      /** By the clock on the wall; at most MAX_VALID_FOR_MS ahead of it. */
      readonly validUntilMs: bigint;
      readonly nonce: Uint8Array | undefined;
    }
  /** Gives up a payment that is not signed yet. */
  | { readonly kind: 'drop' }
  /**
   * Has the sequence of the order that is on its way closed: because its owner wants it, or with
   * the proof that there are two orders for it (wallet/closing.ts).
   */
  | { readonly kind: 'close'; readonly by: 'wish' | 'proof' }
  /**
   * Asks every authority what has come in and what this wallet may have forgotten. `nonce`: 16
   * random bytes; the same again asks the same question once more, whose earlier answers still
   * count.
   */
  | { readonly kind: 'refresh'; readonly nonce: Uint8Array }
  /** Gives a certificate, from a receipt say, to this node and to every authority. */
  | { readonly kind: 'deliver'; readonly certificate: Uint8Array }
  /** The operator of an authority wants this committee to come next (epochs/approvals.ts). */
  | { readonly kind: 'approve'; readonly members: readonly Member[] }
  /** An authority asks the others for their views of an account. */
  | { readonly kind: 'query'; readonly account: Uint8Array }
  /** Asks every authority whether it is there. `nonce`: 16 random bytes, others each time. */
  | { readonly kind: 'reach'; readonly nonce: Uint8Array };

/** Puts a value under a key, or removes the key. spaces.ts says which keys are kept on disk. */
export interface Write {
  readonly key: ByteKey;
  readonly value: Uint8Array | undefined;
}

/** Hands bytes to a stream. A link that is gone or too slow loses them: every sender repeats. */
export interface Send {
  readonly link: LinkId;
  readonly bytes: Uint8Array;
}

/**
 * A question to the outside, to a ledger for one. Like a send it leaves when the step is on disk,
 * and is lost when the node stops. So whoever asks keeps on disk that it waits, and asks again at
 * a start: what is asked has to be harmless when it is asked twice.
 */
export interface Ask {
  /** What is asked; one part of a node is told the answers to it (part.ts). */
  readonly kind: string;
  /** Which question of this kind: the same again has the same key, also after a restart. */
  readonly key: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * What the outside says to the question of this kind and key. Nothing in it is believed by itself.
 */
export interface Answer {
  readonly kind: string;
  readonly key: Uint8Array;
  readonly body: Uint8Array;
}

/** Ends a stream whose other side broke the protocol. */
export interface Close {
  readonly link: LinkId;
  readonly reason: string;
}

export interface Step {
  readonly writes: readonly Write[];
  readonly sends: readonly Send[];
  readonly asks: readonly Ask[];
  readonly closes: readonly Close[];
  /** For people and logs; no later step depends on them. */
  readonly notices: readonly Notice[];
  /** When to tick at the latest, as `nowMs`; undefined: not before something else happens. */
  readonly wakeAtMs: number | undefined;
}

/** The state as of the last step, written or not yet. Synchronous. Values must not be changed. */
export interface Read {
  get(key: ByteKey): Uint8Array | undefined;
}
