/**
 * On what terms a link exists: what the other side is by the key it proved, whether it may come in
 * here, what it may use, and which of two streams to the same node goes on.
 *
 * One link a node. Two nodes that dial each other at once get two streams, and both must keep the
 * same one. The rule (`replaces`): of two streams that came up within `simultaneousMs` of each
 * other, dialled from different sides, the one dialled by the smaller key stays; otherwise the
 * newer one does, because a node that has a link does not dial, so its old one is dead. The two
 * streams of one simultaneous dial cannot be further apart than a handshake may take, and the
 * window is twice that, so both sides see the same case.
 */
import { compareBytes, equalBytes, toHex } from '../../core/base/bytes.ts';
import type { Member } from '../../core/network/committee.ts';
import type { Place } from '../standing.ts';
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

export interface Terms {
  readonly selfIsMember: boolean;
  isSelf(key: Uint8Array | undefined): boolean;
  kindOf(key: Uint8Array | undefined): LinkKind;
  /** Why a caller may not come in at an address, if so. */
  whyNot(
    kind: LinkKind,
    key: Uint8Array | undefined,
    admits: Listen['admits'],
  ): LinkFault | undefined;
  boundsOf(kind: LinkKind, source: string): Bounds;
  /** Whose share of the node's time a link has; `isWanted`: the operator asked for its node. */
  placeOf(kind: LinkKind, source: string, key: Uint8Array | undefined, isWanted: boolean): Place;
  /** Whether a new stream to the node of this key takes the place of the link that there is. */
  replaces(key: Uint8Array, existing: Existing, dialled: boolean): boolean;
}

export function createTerms(
  limits: NetLimits,
  self: Uint8Array | undefined,
  members: readonly Member[],
  nowMs: () => number,
): Terms {
  const simultaneousMs = 2 * limits.handshakeTimeoutMs;
  const budget: OutputBudget = { used: 0, most: limits.sharedOutputBytes };
  const ofSources = (perSecond: number, perSourcePerSecond: number) => {
    const { bucketMs, sources } = limits;
    return new SharedBuckets({ perSecond, perSourcePerSecond, bucketMs, sources }, nowMs());
  };
  const tokens = () => ofSources(limits.strangerTokensPerSecond, limits.sourceTokensPerSecond);
  const vain = () => ofSources(limits.strangerFruitlessPerSecond, limits.sourceFruitlessPerSecond);
  const tokensOfSources = { node: tokens(), anonymous: tokens() };
  const fruitlessOfSources = { node: vain(), anonymous: vain() };

  function isSelf(key: Uint8Array | undefined): boolean {
    return key !== undefined && self !== undefined && equalBytes(key, self);
  }

  function isMember(key: Uint8Array | undefined): boolean {
    return key !== undefined && members.some((member) => equalBytes(member.key, key));
  }

  return {
    selfIsMember: isMember(self),
    isSelf,

    kindOf(key) {
      if (key === undefined) return 'anonymous';
      return isMember(key) ? 'member' : 'node';
    },

    whyNot(kind, key, admits) {
      if (isSelf(key)) return linkFault('own_key');
      if (admits === 'members' && kind !== 'member') return linkFault('not_a_member');
      if (admits === 'nodes' && kind === 'anonymous') return linkFault('no_key');
      return undefined;
    },

    boundsOf(kind, source) {
      const now = nowMs();
      const bucket = (perSecond: number) => new TokenBucket(perSecond, limits.bucketMs, now);
      if (kind === 'member') {
        return {
          outputBytes: limits.memberOutputBytes,
          budget: undefined,
          buckets: [bucket(limits.memberTokensPerSecond)],
          fruitless: [bucket(limits.memberFruitlessPerSecond)],
        };
      }
      const isNode = kind === 'node';
      const perSecond = isNode ? limits.nodeTokensPerSecond : limits.anonymousTokensPerSecond;
      const fruitless = isNode ? limits.nodeFruitlessPerSecond : limits.anonymousFruitlessPerSecond;
      return {
        outputBytes: isNode ? limits.nodeOutputBytes : limits.anonymousOutputBytes,
        budget,
        buckets: [bucket(perSecond), tokensOfSources[kind].of(source)],
        fruitless: [bucket(fruitless), fruitlessOfSources[kind].of(source)],
      };
    },

    placeOf(kind, source, key, isWanted) {
      if (key !== undefined && (isWanted || kind === 'member')) {
        return { standing: 'trusted', source: toHex(key) };
      }
      return { standing: kind === 'anonymous' ? 'anonymous' : 'node', source };
    },

    replaces(key, existing, dialled) {
      if (nowMs() - existing.upAtMs > simultaneousMs) return true;
      if (existing.dialled === dialled || self === undefined) return true;
      const selfIsSmaller = compareBytes(self, key) < 0;
      return dialled === selfIsSmaller;
    },
  };
}
