/**
 * All that one honest authority can do, found out by asking the production core, each question
 * once.
 *
 * A *local state* is a `View` of an authority's disk (record.ts). Behind it stand the exact states
 * in which honest members were really seen: of another member, with another order of entries in the
 * journal, with other quorums of votes in their certificates, with or without hashes cached in
 * memory, restarted or not. Every question is put to each of them, and to those that turn up later;
 * all must answer alike and go on to the same local state, or `SameAnswers` is broken. That is what
 * allows the search to forget the difference, and to take honest members for interchangeable.
 */
import type { Event } from '../../../agent/core/io.ts';
import { type Arrival, forgeriesOf, type Input, inputsOf } from './alphabet.ts';
import { Authority, type Exact, linkOf, type MakeNode, STRANGER } from './authority.ts';
import { meet, type Side } from './meeting.ts';
import { type Disk, type Names, NONE, readDisk } from './record.ts';
import type { Renaming } from './renaming.ts';
import { type Said, SILENCE, saidBy } from './said.ts';
import type { SmallWorld } from './small-world.ts';
import { promise } from './violation.ts';

export interface Outcome extends Said {
  readonly next: number;
}

export interface Meeting {
  readonly first: number;
  readonly second: number;
  readonly gossip: number;
  readonly proofs: number;
}

interface Local {
  readonly disk: Disk;
  /** By member: the exact states that were seen. */
  readonly exact: readonly Map<string, Exact>[];
  readonly outcomes: (Outcome | undefined)[];
}

export class Automaton {
  readonly inputs: readonly Input[];
  readonly #world: SmallWorld;
  readonly #names: Names;
  readonly #forgeries: Record<string, Arrival>;
  readonly #authorities: readonly Authority[];
  readonly #locals: Local[] = [];
  readonly #idByText = new Map<string, number>();
  readonly #idByExact = new Map<string, number>();
  readonly #fresh: { id: number; member: number; exact: Exact }[] = [];
  readonly #meetings = new Map<string, Meeting>();

  constructor(world: SmallWorld, makeNode?: MakeNode) {
    this.#world = world;
    this.#names = world.names;
    this.#forgeries = forgeriesOf(world);
    this.inputs = inputsOf(world);
    this.#authorities = Array.from(
      { length: world.honest },
      (_, member) => new Authority(world, member, makeNode),
    );
  }

  /** The local state in which all honest authorities begin. */
  begin(): number {
    const ids = this.#authorities.map((authority) => this.#admit(authority, authority.first));
    promise(new Set(ids).size === 1, 'SameAnswers', 'all members begin alike');
    this.#askFresh();
    return ids[0] ?? NONE;
  }

  /** Local states, exact states behind them, questions to the core, meetings. */
  get counts(): { locals: number; exact: number; steps: number; meetings: number } {
    const exact = this.#locals.flatMap((local) => local.exact.map(({ size }) => size));
    return {
      locals: this.#locals.filter((local) => local.exact.some(({ size }) => size > 0)).length,
      exact: exact.reduce((sum, size) => sum + size, 0),
      steps: this.#authorities.reduce((sum, { steps }) => sum + steps, 0),
      meetings: this.#meetings.size,
    };
  }

  disk(id: number): Disk {
    return this.#local(id).disk;
  }

  /** What an authority in this state does with an input. */
  outcome(id: number, input: number): Outcome {
    const known = this.#local(id).outcomes[input];
    if (known !== undefined) return known;
    for (const [member, seen] of this.#local(id).exact.entries()) {
      for (const exact of [...seen.values()]) this.#ask(id, input, member, exact);
    }
    this.#askFresh();
    const outcome = this.#local(id).outcomes[input];
    if (outcome === undefined) throw new Error(`local state ${id} was never entered`);
    return outcome;
  }

  /** What becomes of two authorities in these states that bring their ledgers together. */
  meet(one: number, two: number): Meeting {
    const key = `${one} ${two}`;
    const known = this.#meetings.get(key);
    if (known !== undefined) return known;
    // Three pairs of members, in exact states that are the oldest, the newest, and one of each.
    const met = [0, 1, 2].map((i): Meeting => {
      const members = [i, i + 1].map((n) => n % this.#authorities.length) as [number, number];
      const sides = [this.#side(one, members[0], i % 2), this.#side(two, members[1], i >> 1)];
      const { after, gossip, proofs } = meet(this.#world, sides as [Side, Side]);
      const [first, second] = after.map(({ authority, exact }) => this.#admit(authority, exact));
      return { first: first ?? one, second: second ?? two, gossip, proofs };
    });
    const [meeting] = met as [Meeting];
    const texts = new Set(met.map((each) => JSON.stringify(each)));
    promise(texts.size === 1, 'SameAnswers', 'meetings of any two members end alike');
    this.#meetings.set(key, meeting);
    this.#askFresh();
    return meeting;
  }

  /** The local state that stands for this one when orders and accounts are renamed. */
  renamed(id: number, renaming: Renaming): number {
    const { view, ledger } = this.disk(id);
    return this.#idOf({ view: renaming.view(view), ledger });
  }

  /**
   * Whether a renaming that the search relies on is one: what stands for a local state does with
   * what stands for an input what stands for the outcome. Compares what was asked both ways; a
   * local state whose image was never entered has nothing to be compared with.
   */
  checkRenaming(renaming: Renaming): void {
    const inputs = this.inputs.map((input) => this.#renamedInput(input, renaming));
    for (const id of [...this.#locals.keys()]) {
      const image = this.#local(this.renamed(id, renaming)).outcomes;
      for (const [input, outcome] of this.#local(id).outcomes.entries()) {
        const other = image[inputs[input] ?? NONE];
        if (outcome === undefined || other === undefined) continue;
        const isSame =
          this.renamed(outcome.next, renaming) === other.next &&
          renaming.set(outcome.votes) === other.votes &&
          renaming.set(outcome.gossip) === other.gossip &&
          renaming.proofs(outcome.proofs) === other.proofs;
        promise(isSame, 'SameAnswers', `${this.inputs[input]?.kind}, after renaming`);
      }
    }
  }

  /** The input of the same kind about the orders that stand for these. A proof has no first one. */
  #renamedInput({ kind, orders }: Input, renaming: Renaming): number {
    const wanted = orders.map((order) => renaming.orders[order] ?? NONE);
    if (kind === 'proof') wanted.sort((a, b) => a - b);
    return this.inputs.findIndex(
      (input) => input.kind === kind && input.orders.join() === wanted.join(),
    );
  }

  #local(id: number): Local {
    const local = this.#locals[id];
    if (local === undefined) throw new RangeError(`no local state ${id}`);
    return local;
  }

  #idOf(disk: Disk): number {
    const text = JSON.stringify(disk.view);
    const known = this.#idByText.get(text);
    if (known !== undefined) return known;
    const id = this.#locals.length;
    this.#idByText.set(text, id);
    const exact = Array.from({ length: this.#world.honest }, () => new Map<string, Exact>());
    this.#locals.push({ disk, exact, outcomes: [] });
    return id;
  }

  /** The local state of an exact one, which is remembered. */
  #admit(authority: Authority, exact: Exact): number {
    const { member } = authority;
    const key = `${member} ${exact.key}`;
    const known = this.#idByExact.get(key);
    if (known !== undefined) return known;
    const disk = readDisk(authority.records(exact), this.#names);
    const id = this.#idOf(disk);
    this.#idByExact.set(key, id);
    const { exact: seen, disk: before } = this.#local(id);
    const isFirst = seen.every(({ size }) => size === 0);
    promise(isFirst || before.ledger === disk.ledger, 'SameAnswers', 'one view, one ledger');
    if (isFirst) this.#locals[id] = { ...this.#local(id), disk };
    seen[member]?.set(exact.key, exact);
    this.#fresh.push({ id, member, exact });
    return id;
  }

  /** Puts to exact states that are new all questions that others behind their view were asked. */
  #askFresh(): void {
    for (let next = this.#fresh.pop(); next !== undefined; next = this.#fresh.pop()) {
      const { id, member, exact } = next;
      this.#tryForgeries(id, member, exact);
      for (const input of this.inputs.keys()) {
        if (this.#local(id).outcomes[input] !== undefined) this.#ask(id, input, member, exact);
      }
    }
  }

  #ask(id: number, input: number, member: number, exact: Exact): void {
    const authority = this.#authority(member);
    const { kind, arrivals } = this.inputs[input] ?? { kind: 'restart', arrivals: [] };
    if (kind === 'restart') {
      this.#keep(id, input, { ...SILENCE, next: this.#admit(authority, authority.restart(exact)) });
    } else if (kind === 'restore') {
      this.#keep(id, input, { ...SILENCE, next: this.#admit(authority, authority.restore()) });
    }
    for (const arrival of arrivals) {
      const { next, sends } = authority.step(exact, this.#event(member, arrival));
      this.#keep(id, input, {
        ...saidBy(this.#names, member, sends),
        next: this.#admit(authority, next),
      });
    }
  }

  #keep(id: number, input: number, outcome: Outcome): void {
    const { outcomes } = this.#local(id);
    const known = outcomes[input];
    outcomes[input] ??= outcome;
    if (known === undefined) return;
    const [was, is] = [JSON.stringify(known), JSON.stringify(outcome)];
    promise(was === is, 'SameAnswers', `${this.inputs[input]?.kind} gave ${was}, then ${is}`);
  }

  #tryForgeries(id: number, member: number, exact: Exact): void {
    const authority = this.#authority(member);
    for (const [name, arrival] of Object.entries(this.#forgeries)) {
      const { next, sends } = authority.step(exact, this.#event(member, arrival));
      const { votes, gossip, proofs } = saidBy(this.#names, member, sends);
      // The vote for an order that is pending already may be said again to whoever names it.
      const pending = this.disk(id).view.accounts.reduce((bits, a) => bits | bitOf(a.pending), 0);
      const isIdle = this.#admit(authority, next) === id && gossip + proofs === 0;
      promise(isIdle && (votes & ~pending) === 0, 'NothingFromForgeries', name);
    }
  }

  /** A member in its oldest exact state behind a local one, or (`age` 1) in its newest. */
  #side(id: number, member: number, age: number): Side {
    const exact = [...(this.#local(id).exact[member]?.values() ?? [])].at(-age);
    if (exact === undefined) throw new Error(`member ${member} was never in local state ${id}`);
    return { authority: this.#authority(member), exact };
  }

  #authority(member: number): Authority {
    const authority = this.#authorities[member];
    if (authority === undefined) throw new RangeError(`no honest member ${member}`);
    return authority;
  }

  #event(member: number, { from, bytes }: Arrival): Event {
    const { members } = this.#world.setting;
    const peer = member === members - 1 ? 0 : members - 1;
    const link = from === 'peer' ? linkOf(peer) : STRANGER;
    return { kind: 'frame', link, bytes };
  }
}

function bitOf(order: number): number {
  return order === NONE ? 0 : 1 << order;
}
