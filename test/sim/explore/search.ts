/**
 * Breadth-first search through every state of a small world: all interleavings of all deliveries,
 * restarts and meetings, from the first start until nothing new turns up.
 *
 * A state is the multiset of the honest authorities (local state, and for which orders their vote
 * is out) with the sets of gossip and proofs that were sent. Honest members are interchangeable
 * (automaton.ts makes sure), so they are sorted; of states that a renaming of orders and accounts
 * takes into each other, the first one found is kept. Traitors have no state: they sign every
 * order, and can pass on whatever is in the world.
 */
import type { MakeNode } from './authority.ts';
import { Automaton } from './automaton.ts';
import type { Case } from './cases.ts';
import { type Part, Promises } from './promises.ts';
import { Renaming } from './renaming.ts';
import { SmallWorld } from './small-world.ts';
import { Violation } from './violation.ts';

/** What one transition does, to the authorities at these places of the state. */
export type Action =
  | { readonly kind: 'input'; readonly at: number; readonly input: number }
  | { readonly kind: 'meet'; readonly at: number; readonly other: number };

export interface State {
  /** Numbers of parts, ascending. */
  readonly parts: readonly number[];
  readonly gossip: number;
  readonly proofs: number;
}

export interface Found {
  readonly violation: Violation;
  /** From the first state on; the last action leads to the state, or is the step, that is wrong. */
  readonly path: readonly { readonly state: State; readonly action: Action }[];
}

export interface Result {
  readonly setting: Case;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly locals: number;
  readonly exact: number;
  readonly steps: number;
  readonly meetings: number;
  /** Whether it ended because no state was left: not by the bound, not by a violation. */
  readonly isExhausted: boolean;
  readonly found: Found | undefined;
}

interface Numbered extends Part {
  readonly local: number;
}

/** A renaming, and what is known of where it takes parts. */
interface KnownRenaming {
  readonly renaming: Renaming;
  readonly parts: number[];
}

/** A part's number has to fit one character of a state's key. */
const MOST_PARTS = 0xffff;

export class Search {
  readonly world: SmallWorld;
  readonly automaton: Automaton;
  readonly #setting: Case;
  readonly #promises: Promises;
  readonly #parts: Numbered[] = [];
  readonly #partNumber = new Map<string, number>();
  readonly #settled = new Map<number, number>();
  readonly #states: State[] = [];
  readonly #seen = new Map<string, number>();
  readonly #parents: number[] = [];
  readonly #actions: Action[] = [];
  readonly #renamings: readonly KnownRenaming[];
  #transitions = 0;

  constructor(setting: Case, makeNode?: MakeNode) {
    this.#setting = setting;
    this.world = new SmallWorld(setting);
    this.automaton = new Automaton(this.world, makeNode);
    this.#promises = new Promises(setting, this.world.quorum);
    this.#renamings = setting.symmetries.map((symmetry) => ({
      renaming: new Renaming(symmetry, this.world.pairs),
      parts: [],
    }));
  }

  /** The part's local state and votes. */
  part(number: number): Numbered {
    const part = this.#parts[number];
    if (part === undefined) throw new RangeError(`no part ${number}`);
    return part;
  }

  /** Searches to the end, to a violation, or to a bound, which proves nothing. Once. */
  run(mostStates = 5_000_000): Result {
    let depth = 0;
    let at = 0;
    let last: Action = { kind: 'input', at: 0, input: 0 };
    try {
      const first = this.#numberOf(this.automaton.begin(), 0);
      this.#add({ parts: Array(this.world.honest).fill(first), gossip: 0, proofs: 0 }, -1, last);
      for (let end = 1; at < end && at < mostStates; end = this.#states.length) {
        for (; at < end && at < mostStates; at++) {
          for (const action of this.#actionsIn(this.#state(at))) {
            last = action;
            this.#transitions++;
            if (this.#isIdle(this.#state(at), action)) continue;
            this.#add(this.after(this.#state(at), action), at, action);
          }
        }
        if (this.#states.length > end) depth++;
      }
      for (const { renaming } of this.#renamings) this.automaton.checkRenaming(renaming);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return this.#result(depth + 1, false, { violation: error, path: this.#pathTo(at, last) });
    }
    return this.#result(depth, at === this.#states.length, undefined);
  }

  /** The state that follows. */
  after(state: State, action: Action): State {
    const parts = [...state.parts];
    if (action.kind === 'meet') {
      const [one, two] = [this.#partAt(state, action.at), this.#partAt(state, action.other)];
      const met = this.automaton.meet(one.local, two.local);
      parts[action.at] = this.#numberOf(met.first, one.voted);
      parts[action.other] = this.#numberOf(met.second, two.voted);
      const after = [action.at, action.other].map((at) => this.part(parts[at] ?? -1));
      this.#promises.checkMet([one, two], after);
      return { parts, gossip: state.gossip | met.gossip, proofs: state.proofs | met.proofs };
    }
    const part = this.#partAt(state, action.at);
    const { next, votes, gossip, proofs } = this.automaton.outcome(part.local, action.input);
    parts[action.at] = this.#numberOf(next, part.voted | votes);
    return { parts, gossip: state.gossip | gossip, proofs: state.proofs | proofs };
  }

  /** Whether nothing at all changes, as most often; `after` would find the same state again. */
  #isIdle(state: State, action: Action): boolean {
    if (action.kind === 'meet') return false;
    const { local, voted, disk } = this.#partAt(state, action.at);
    const { next, votes, gossip, proofs } = this.automaton.outcome(local, action.input);
    const input = this.automaton.inputs[action.input];
    if (votes !== 0) this.#promises.checkVotes(disk, votes);
    if (input?.kind === 'certificate') {
      this.#promises.checkTaken(disk, this.automaton.disk(next), input.orders);
    }
    const isSaid = (votes & ~voted) + (gossip & ~state.gossip) + (proofs & ~state.proofs) === 0;
    return next === local && isSaid;
  }

  #partAt(state: State, at: number): Numbered {
    return this.part(state.parts[at] ?? -1);
  }

  #state(at: number): State {
    const state = this.#states[at];
    if (state === undefined) throw new RangeError(`no state ${at}`);
    return state;
  }

  *#actionsIn(state: State): Generator<Action> {
    const certified = this.#certifiedIn(state);
    for (const [at, part] of state.parts.entries()) {
      // Of authorities in the same state one is enough.
      if (part === state.parts[at - 1]) continue;
      for (const [input, needs] of this.automaton.inputs.entries()) {
        if ((needs.certified & ~certified) !== 0) continue;
        if ((needs.gossiped & ~state.gossip) !== 0) continue;
        if ((needs.proven & ~state.proofs) !== 0) continue;
        yield { kind: 'input', at, input };
      }
      if (!this.#setting.meetings) continue;
      for (let other = at + 1; other < state.parts.length; other++) {
        const isRepeated = other > at + 1 && state.parts[other] === state.parts[other - 1];
        if (!isRepeated) yield { kind: 'meet', at, other };
      }
    }
  }

  #certifiedIn({ parts }: State): number {
    return this.#promises.certified(parts.map((number) => this.part(number).voted));
  }

  #add(reached: State, parent: number, action: Action): void {
    const parts = [...reached.parts].sort((a, b) => a - b);
    const state = { ...reached, parts };
    const key = keyOf(state);
    if (this.#seen.has(key)) return;
    if (this.#renamings.some((known) => this.#seen.has(this.#imageOf(state, known)))) return;
    this.#seen.set(key, this.#states.length);
    this.#states.push(state);
    this.#parents.push(parent);
    this.#actions.push(action);
    this.#check(state);
  }

  #check(state: State): void {
    const parts = state.parts.map((number) => this.part(number));
    const certified = this.#certifiedIn(state);
    this.#promises.checkAll(parts, certified);
    const settled = state.parts.map((number) => this.part(this.#settle(number, certified)));
    this.#promises.checkSettled(settled, certified);
  }

  /** The part after it was given all certificates, again and again until none helps. */
  #settle(number: number, certified: number): number {
    const key = number * 1024 + certified;
    const known = this.#settled.get(key);
    if (known !== undefined) return known;
    const { local, voted } = this.part(number);
    let at = local;
    for (let before = -1; before !== at; ) {
      before = at;
      for (const [i, { kind, certified: needs }] of this.automaton.inputs.entries()) {
        if (kind !== 'certificate' || (needs & ~certified) !== 0) continue;
        at = this.automaton.outcome(at, i).next;
      }
    }
    const settled = this.#numberOf(at, voted);
    this.#settled.set(key, settled);
    return settled;
  }

  #numberOf(local: number, voted: number): number {
    const key = `${local} ${voted}`;
    const known = this.#partNumber.get(key);
    if (known !== undefined) return known;
    const { automaton } = this;
    // A state that is only known as the image of another has no ledger of its own until it is met.
    const part = {
      local,
      voted,
      get disk() {
        return automaton.disk(local);
      },
    };
    const number = this.#parts.length;
    if (number > MOST_PARTS) throw new RangeError(`more than ${MOST_PARTS} parts`);
    this.#parts.push(part);
    this.#partNumber.set(key, number);
    this.#promises.checkPart(part);
    return number;
  }

  /** The key of the state that this one becomes by renaming. */
  #imageOf(state: State, { renaming, parts: known }: KnownRenaming): string {
    const parts = state.parts.map((number) => {
      const { local, voted } = this.part(number);
      known[number] ??= this.#numberOf(
        this.automaton.renamed(local, renaming),
        renaming.set(voted),
      );
      return known[number];
    });
    return keyOf({
      parts: parts.sort((a, b) => a - b),
      gossip: renaming.set(state.gossip),
      proofs: renaming.proofs(state.proofs),
    });
  }

  #pathTo(at: number, last: Action): Found['path'] {
    const path = [];
    let action = last;
    for (let here = at; here >= 0 && this.#states[here] !== undefined; ) {
      path.push({ state: this.#state(here), action });
      action = this.#actions[here] ?? last;
      here = this.#parents[here] ?? -1;
    }
    return path.reverse();
  }

  #result(depth: number, isExhausted: boolean, found: Found | undefined): Result {
    return {
      setting: this.#setting,
      states: this.#states.length,
      transitions: this.#transitions,
      depth,
      ...this.automaton.counts,
      isExhausted,
      found,
    };
  }
}

function keyOf({ parts, gossip, proofs }: State): string {
  return String.fromCharCode(...parts, gossip, proofs);
}
