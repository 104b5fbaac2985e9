/**
 * On what terms a link exists: what the other side is by the key it proved, whether it may come in
 * here, what it may use, and which of two streams to the same node goes on.
 *
 * One link a node. Two nodes that dial each other at once get two streams, and both must keep the
 * same one. The rule (`replaces`): of two streams that came up within twice the time that a
 * handshake may take, dialled from different sides, the one dialled by the smaller key stays;
 * otherwise the newer one does, because a node that has a link does not dial, so its old one is
 * dead. The two streams of one double dial cannot be further apart than one handshake may take, so
 * both sides see the same case.
 */
import { compareBytes, equalBytes, toHex } from '../../core/base/bytes.ts';
import type { Member } from '../../core/network/committee.ts';
import type { Place } from '../place.ts';
import type { Listen } from './acceptor.ts';
import type { LinkKind } from './admission.ts';
import { type LinkFault, linkFault } from './fault.ts';
import type { NetLimits } from './limits.ts';
import type { OutputBudget } from './output.ts';
import { type Purse, SharedBuckets, TokenBucket } from './token-bucket.ts';

/** What a stream may use. */
export interface Bounds {
  readonly outputBytes: number;
  readonly budget: OutputBudget | undefined;
  /** What every frame is paid from, and what signatures that brought nothing are. */
  readonly buckets: readonly Purse[];
  readonly fruitless: readonly Purse[];
}

/** What `replaces` needs to know of the link that there is. */
export interface Existing {
  readonly upAtMs: number;
  /** Whether this side dialled it. */
  readonly dialled: boolean;
}

/** Rates of one kind of strangers: what each source has, and all of them together. */
interface Rates {
  readonly tokens: SharedBuckets;
  readonly fruitless: SharedBuckets;
}

export class Terms {
  readonly #limits: NetLimits;
  readonly #self: Uint8Array | undefined;
  readonly #nowMs: () => number;
  readonly #budget: OutputBudget;
  readonly #rates: { readonly node: Rates; readonly anonymous: Rates };
  #members: readonly Member[];

  constructor(
    limits: NetLimits,
    self: Uint8Array | undefined,
    members: readonly Member[],
    nowMs: () => number,
  ) {
    this.#limits = limits;
    this.#self = self;
    this.#members = members;
    this.#nowMs = nowMs;
    this.#budget = { used: 0, most: limits.sharedOutputBytes };
    this.#rates = { node: newRates(limits, nowMs()), anonymous: newRates(limits, nowMs()) };
  }

  /** Members can change (an epoch ends): what a key is, is asked each time. */
  setMembers(members: readonly Member[]): void {
    this.#members = members;
  }

  get memberCount(): number {
    return this.#members.length;
  }

  get selfIsMember(): boolean {
    return this.kindOf(this.#self) === 'member';
  }

  isSelf(key: Uint8Array | undefined): boolean {
    return key !== undefined && this.#self !== undefined && equalBytes(key, this.#self);
  }

  kindOf(key: Uint8Array | undefined): LinkKind {
    if (key === undefined) return 'anonymous';
    return this.#members.some((member) => equalBytes(member.key, key)) ? 'member' : 'node';
  }

  /** Why nobody of this kind and key may be at an address for `admits`, if so. */
  whyNot(
    kind: LinkKind,
    key: Uint8Array | undefined,
    admits: Listen['admits'],
  ): LinkFault | undefined {
    if (this.isSelf(key)) return linkFault('own_key');
    if (admits === 'members' && kind !== 'member') return linkFault('not_a_member');
    if (admits === 'nodes' && kind === 'anonymous') return linkFault('no_key');
    return undefined;
  }

  boundsOf(kind: LinkKind, source: string): Bounds {
    const limits = this.#limits;
    const bucket = (perSecond: number, bucketMs = limits.bucketMs) =>
      new TokenBucket(perSecond, bucketMs, this.#nowMs());
    if (kind === 'member') {
      return {
        outputBytes: limits.memberOutputBytes,
        budget: undefined,
        buckets: [bucket(limits.memberTokensPerSecond)],
        fruitless: [bucket(limits.memberFruitlessPerSecond, limits.sourceBucketMs)],
      };
    }
    const isNode = kind === 'node';
    const tokens = isNode ? limits.nodeTokensPerSecond : limits.anonymousTokensPerSecond;
    const fruitless = isNode ? limits.nodeFruitlessPerSecond : limits.anonymousFruitlessPerSecond;
    const shared = this.#rates[kind];
    return {
      outputBytes: isNode ? limits.nodeOutputBytes : limits.anonymousOutputBytes,
      budget: this.#budget,
      buckets: [bucket(tokens), shared.tokens.of(source)],
      fruitless: [bucket(fruitless), shared.fruitless.of(source)],
    };
  }

  /** Whose share of the node's time a link has; `isWanted`: the operator asked for its node. */
  placeOf(kind: LinkKind, source: string, key: Uint8Array | undefined, isWanted: boolean): Place {
    if (key !== undefined && (isWanted || kind === 'member')) {
      return { standing: 'trusted', source: toHex(key) };
    }
    return { standing: kind === 'anonymous' ? 'anonymous' : 'node', source };
  }

  /** Whether a new stream to the node of this key takes the place of the link that there is. */
  replaces(key: Uint8Array, existing: Existing, dialled: boolean): boolean {
    if (this.#nowMs() - existing.upAtMs > 2 * this.#limits.handshakeTimeoutMs) return true;
    if (existing.dialled === dialled || this.#self === undefined) return true;
    const selfIsSmaller = compareBytes(this.#self, key) < 0;
    return dialled === selfIsSmaller;
  }
}

function newRates(limits: NetLimits, nowMs: number): Rates {
  const { sourceBucketMs: bucketMs, sources } = limits;
  const shared = (perSecond: number, perSourcePerSecond: number) =>
    new SharedBuckets({ perSecond, perSourcePerSecond, bucketMs, sources }, nowMs);
  return {
    tokens: shared(limits.strangerTokensPerSecond, limits.sourceTokensPerSecond),
    fruitless: shared(limits.strangerFruitlessPerSecond, limits.sourceFruitlessPerSecond),
  };
}
