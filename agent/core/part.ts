/**
 * A part of the protocol: what one file or folder of the core adds to a node. node.ts folds every
 * event over the parts of the node's role, in the order of the list in parts.ts, and knows none of
 * them by name. What a part has no function for passes it by.
 *
 * What a part declares is held to: it is given the messages that it takes with the types of their
 * rows, and only messages that its roles hear (codec/message.ts); it has to have what its timers
 * are due for (codec/timer.ts); and parts.ts does not compile while a message, a command, a timer
 * or a space belongs to no part.
 */
import { invariant } from './base/assert.ts';
import type { Refusal } from './base/refusal.ts';
import type { LinkId, MemberIndex } from './base/units.ts';
import {
  type DataOf,
  type Frame,
  heardBy,
  MESSAGES,
  type Message,
  type Tag,
} from './codec/message.ts';
import { TIMER_NAMES, TIMERS, type TimerName, type TimersOf } from './codec/timer.ts';
import type { Role } from './codec/voice.ts';
import type { Draft, Origin } from './draft.ts';
import type { Answer, Command } from './io.ts';
import { type AuthoritySetup, type NodeSetup, rolesOf, type WalletSetup } from './setup.ts';
import type { SpaceName } from './spaces.ts';

export type CommandKind = Command['kind'];
export type CommandOf<K extends CommandKind> = Extract<Command, { readonly kind: K }>;

/** What every node of these roles has in its setup. */
type SetupOf<R extends Role> = [R] extends ['authority']
  ? AuthoritySetup
  : [R] extends ['wallet']
    ? WalletSetup
    : NodeSetup;

type IsHeard<T extends Tag, R extends Role> = R extends Role
  ? R extends keyof (typeof MESSAGES)[T]['heard']
    ? true
    : false
  : never;

/** The messages that nodes of each of these roles take. */
export type TagsFor<R extends Role> = {
  [T in Tag]: false extends IsHeard<T, R> ? never : T;
}[Tag];

/** A link to a node that proved a key, as it came up or as it is known by now. */
export interface LinkUp {
  readonly link: LinkId;
  readonly peerKey: Uint8Array;
  /** Whoever runs this node asked for that one. */
  readonly wanted: boolean;
}

/** What became of the committee. */
export interface Turnover {
  /** Whether a member sits in the committee that judges now. */
  readonly sits: (member: MemberIndex) => boolean;
  /** Who sat in the one that this process knew before, and sits no longer. */
  readonly gone: readonly MemberIndex[];
}

type Take<S, D> = (draft: Draft, setup: S, from: Origin, data: D) => void;
type Due<S> = (draft: Draft, setup: S) => void;
type Hear<S> = (draft: Draft, setup: S, answer: Answer) => void;
type CarryOut<S, C> = (draft: Draft, setup: S, command: C) => Refusal | undefined;

/** What a part does, where its setup is `S`. Optional functions are written as methods. */
interface Handlers<S> {
  /**
   * A new process, first: makes anew what is kept in memory, from what is on disk. Nothing is said
   * to anybody before all parts have done so.
   */
  recover?(draft: Draft, setup: S): void;
  /** A new process, then: begins what goes on by itself. */
  start?(draft: Draft, setup: S): void;
  /**
   * Another committee judges than at the step before: judges anew what this part keeps in memory of
   * members, before the step does anything else.
   */
  epochBegan?(draft: Draft, setup: S, turnover: Turnover): void;
  linkUp?(draft: Draft, setup: S, up: LinkUp): void;
  linkDown?(draft: Draft, setup: S, link: LinkId): void;
  /** Whether a frame tells nothing new, as its bytes show: it is not even decoded then. */
  isKnown?(draft: Draft, setup: S, link: LinkId, bytes: Uint8Array): boolean;
  /** Something names an epoch that is not known here. */
  unknownEpoch?(draft: Draft, setup: S, link: LinkId): void;
  /** Every message that comes by, also on its way to others, and before anybody takes it. */
  overhear?(draft: Draft, setup: S, message: Message): void;
  /** A frame that is not for this node. */
  carry?(draft: Draft, setup: S, link: LinkId, frame: Frame): void;
  /** A message was taken, by whichever part. */
  afterMessage?(draft: Draft, setup: S): void;
}

interface Declared<N extends string, R extends Role> {
  readonly name: N;
  /** Which nodes have it. */
  readonly roles: readonly R[];
}

type DueOf<N extends string, S> = [TimersOf<N>] extends [never]
  ? { readonly due?: never }
  : { readonly due: { readonly [T in TimersOf<N>]: Due<S> } };

/** A part as it is written down. */
type PartSpec<
  N extends string,
  R extends Role,
  T extends Tag,
  C extends CommandKind,
  K extends SpaceName,
> = Declared<N, R> &
  Handlers<SetupOf<R>> &
  DueOf<N, SetupOf<R>> & {
    /** The records that are this part's own: what they mean is its matter. */
    readonly spaces: readonly K[];
    readonly takes?: { readonly [M in T]: Take<SetupOf<R>, DataOf<M>> };
    readonly commands?: { readonly [M in C]: CarryOut<SetupOf<R>, CommandOf<M>> };
    /**
     * The kinds of questions that it asks of the outside, and what it does with the answers. It
     * asks again at a start for whatever its records still wait for.
     */
    readonly told?: { readonly [kind: string]: Hear<SetupOf<R>> };
  };

/** A part as node.ts sees it: everything in it is called with the node's own setup. */
export interface Part<
  N extends string = string,
  R extends Role = Role,
  T extends Tag = Tag,
  C extends CommandKind = CommandKind,
  K extends SpaceName = SpaceName,
> extends Declared<N, R>,
    Handlers<NodeSetup> {
  readonly spaces: readonly K[];
  readonly takes: { readonly [M in T]?: Take<NodeSetup, never> };
  readonly commands: { readonly [M in C]?: CarryOut<NodeSetup, never> };
  readonly due: { readonly [M in TimerName]?: Due<NodeSetup> };
  readonly told: { readonly [kind: string]: Hear<NodeSetup> };
}

/** Makes a part of its description. Nothing but its types is looked at. */
export function part<
  const N extends string,
  const R extends Role,
  const K extends SpaceName = never,
  T extends TagsFor<R> = never,
  C extends CommandKind = never,
>(spec: PartSpec<N, R, T, C, K>): Part<N, R, T, C, K> {
  // A node has only the parts of its roles, so the setup that it gives them is theirs.
  return { takes: {}, commands: {}, due: {}, told: {}, ...spec } as unknown as Part<N, R, T, C, K>;
}

/** The parts of one node, and who of them does what. */
export interface NodeParts {
  readonly all: readonly Part[];
  readonly takes: ReadonlyMap<Tag, Take<NodeSetup, never>>;
  readonly commands: ReadonlyMap<CommandKind, CarryOut<NodeSetup, never>>;
  readonly due: ReadonlyMap<TimerName, Due<NodeSetup>>;
  readonly told: ReadonlyMap<string, Hear<NodeSetup>>;
}

/**
 * The parts of a node with this setup. Each message that its roles hear is taken by exactly one of
 * them, each timer of theirs is due at one, and nothing has two owners; whatever else is a broken
 * invariant.
 */
export function partsOf(setup: NodeSetup, parts: readonly Part[]): NodeParts {
  const roles = rolesOf(setup);
  const all = parts.filter((each) => each.roles.some((role) => roles.includes(role)));
  const takes = onlyOne<Tag, Take<NodeSetup, never>>(all.map((each) => each.takes));
  const tags = Object.keys(MESSAGES) as Tag[];
  for (const tag of tags) {
    const isHeard = roles.some((role) => heardBy(role, tag) !== undefined);
    invariant(takes.has(tag) === isHeard, `a part takes ${tag} if and only if this node hears it`);
  }
  const due = onlyOne<TimerName, Due<NodeSetup>>(all.map((each) => each.due));
  for (const { name } of all) {
    for (const timer of TIMER_NAMES.filter((each) => TIMERS[each].part === name)) {
      invariant(due.has(timer), `${name} knows ${TIMERS[timer].due}`);
    }
  }
  const commands = onlyOne<CommandKind, CarryOut<NodeSetup, never>>(
    all.map((each) => each.commands),
  );
  onlyOne(all.map(({ name }) => ({ [name]: name })));
  onlyOne(all.map(({ spaces }) => Object.fromEntries(spaces.map((space) => [space, space]))));
  const told = onlyOne<string, Hear<NodeSetup>>(all.map((each) => each.told));
  return { all, takes, commands, due, told };
}

/** All entries of some tables. None is in two of them. */
function onlyOne<K extends string, V>(
  tables: readonly { readonly [M in K]?: V }[],
): ReadonlyMap<K, V> {
  const all = new Map<K, V>();
  for (const table of tables) {
    for (const [key, value] of Object.entries(table) as [K, V][]) {
      invariant(!all.has(key), `only one part has ${key}`);
      all.set(key, value);
    }
  }
  return all;
}
