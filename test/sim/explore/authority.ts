/**
 * One honest authority, stepped by the production core. Its state is a value: what differs from the
 * state after the first start. So a step can be tried from any state, any number of times.
 *
 * No key has two lives in a small world, so what tells of them is left out: what was seen first of
 * each other member, and that an authority stops voting at a vote of its own that it never gave,
 * which the certificates here may hold, since they have any quorum (authority/lives.ts).
 *
 * Time stands still: the core uses it only to decide when to begin a round of catch-up, and a round
 * may begin at any moment here (automaton.ts, `meet`).
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import { SEED_BYTES } from '../../../agent/core/base/limits.ts';
import type { LinkId, MemberIndex } from '../../../agent/core/base/units.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { standingCoder } from '../../../agent/core/codec/record.ts';
import type { Event, Send, Stamp } from '../../../agent/core/io.ts';
import { createNode, type Node } from '../../../agent/core/node.ts';
import type { NodeSetup } from '../../../agent/core/setup.ts';
import { isDurable, SPACES, type SpaceName, spaceOf } from '../../../agent/core/spaces.ts';
import type { SmallWorld } from './small-world.ts';

const OF_LIVES: ReadonlySet<SpaceName | undefined> = new Set<SpaceName>([
  'memberLife',
  'memberGossip',
  'memberVote',
  'standing',
]);

const STAMP: Stamp = { nowMs: 0, wallMs: 0 };

/** The link over which somebody without a key of the committee speaks. */
export const STRANGER = 0xfeedn as LinkId;

/** The link that ends at a member. */
export function linkOf(member: number): LinkId {
  return BigInt(member + 1) as LinkId;
}

export type MakeNode = (setup: NodeSetup) => Node;

type Store = ReadonlyMap<ByteKey, Uint8Array | undefined>;

/** A whole state, disk and memory. Equal keys: equal in every byte. */
export interface Exact {
  readonly changes: Store;
  readonly key: string;
}

export class Authority {
  readonly member: number;
  readonly first: Exact;
  /** How often the core was asked. */
  steps = 0;
  readonly #world: SmallWorld;
  readonly #makeNode: MakeNode;
  readonly #base: ReadonlyMap<ByteKey, Uint8Array>;

  constructor(world: SmallWorld, member: number, makeNode: MakeNode = createNode) {
    this.#world = world;
    this.#makeNode = makeNode;
    this.member = member;
    this.#base = this.#start(new Map());
    this.first = this.#exact(new Map());
  }

  /** What becomes of the state with one event, and what is sent. */
  step(from: Exact, event: Event): { readonly next: Exact; readonly sends: readonly Send[] } {
    const { changes } = from;
    const read = { get: (key: ByteKey) => this.#get(changes, key) };
    const step = this.#node().step(event, STAMP, read);
    this.steps++;
    const writes = step.writes.filter(({ key }) => !OF_LIVES.has(spaceOf(key)));
    if (writes.length === 0) return { next: from, sends: step.sends };
    const next = new Map(changes);
    for (const { key, value } of writes) next.set(key, value);
    return { next: this.#exact(next), sends: step.sends };
  }

  /** The process dies; a new one comes up with the disk and its links. */
  restart(from: Exact): Exact {
    return this.#difference(this.#start(new Map(this.#durable(from))));
  }

  /** The disk is lost; the oldest copy of it comes back, and with it the word not to vote. */
  restore(): Exact {
    const records = new Map(this.#durable(this.first));
    records.set(SPACES.standing.key, encode(standingCoder, { reason: 'an old copy' }));
    return this.#difference(this.#start(records));
  }

  /** All durable records, one character a byte. */
  records(exact: Exact): [string, string][] {
    return Array.from(this.#durable(exact), ([key, value]) => [
      key,
      Buffer.from(value).toString('latin1'),
    ]);
  }

  #node(): Node {
    const { network, signatures, members } = this.#world;
    const signer = members[this.member];
    if (signer === undefined) throw new RangeError(`no member ${this.member}`);
    const authority = { member: this.member as MemberIndex, sign: signer.sign };
    return this.#makeNode({ network, verify: signatures.verify, authority });
  }

  #get(changes: Store, key: ByteKey): Uint8Array | undefined {
    return changes.has(key) ? changes.get(key) : this.#base.get(key);
  }

  *#durable({ changes }: Exact): Generator<[ByteKey, Uint8Array]> {
    for (const key of new Set([...this.#base.keys(), ...changes.keys()])) {
      const value = isDurable(key) ? this.#get(changes, key) : undefined;
      if (value !== undefined) yield [key, value];
    }
  }

  /** A process comes up with this disk, and all links after it. */
  #start(disk: ReadonlyMap<ByteKey, Uint8Array>): Map<ByteKey, Uint8Array> {
    const state = new Map(disk);
    const write = (key: ByteKey, value: Uint8Array | undefined): void => {
      if (value === undefined) state.delete(key);
      else state.set(key, value);
    };
    const node = this.#node();
    const links = this.#world.members.flatMap(({ publicKey }, i): Event[] =>
      i === this.member
        ? []
        : [{ kind: 'link_up', link: linkOf(i), peerKey: publicKey, wanted: true }],
    );
    for (const event of [{ kind: 'start', seed: new Uint8Array(SEED_BYTES) } as const, ...links]) {
      const step = node.step(event, STAMP, { get: (key) => state.get(key) });
      for (const { key, value } of step.writes) write(key, value);
      this.steps++;
    }
    return state;
  }

  #difference(state: ReadonlyMap<ByteKey, Uint8Array>): Exact {
    const changes = new Map<ByteKey, Uint8Array | undefined>(state);
    for (const key of this.#base.keys()) if (!state.has(key)) changes.set(key, undefined);
    return this.#exact(changes);
  }

  /** Leaves out what is as it was at first, so that equal states have equal keys. */
  #exact(changes: Store): Exact {
    const kept = new Map<ByteKey, Uint8Array | undefined>();
    for (const [key, value] of changes) {
      const before = this.#base?.get(key);
      const isSame =
        value === undefined || before === undefined
          ? value === before
          : Buffer.compare(value, before) === 0;
      if (!isSame) kept.set(key, value);
    }
    const parts = Array.from(kept, ([key, value]) => {
      const text = value === undefined ? '-' : `+${Buffer.from(value).toString('latin1')}`;
      return `${key.length}:${key}${text.length}:${text}`;
    });
    return { changes: kept, key: parts.sort().join('') };
  }
}
