/**
 * Every way in which three honest members and a traitor can debate about two values, in the first
 * two rounds, searched to the end. The network is a set: what was ever said can reach anybody, in
 * any order, any number of times, or never; the traitor signs anything, for one and for the other.
 * Every wait may end before or after any delivery, and every member dies before every delivery.
 *
 * A state is what each member has on disk and which ballots it ever gave. The promises are those of
 * the formal model (test/formal/Agreement.tla) by their names.
 */

import { decisionOn, subjectHash } from '../../../agent/core/agreement/decision.ts';
import { proposerOf } from '../../../agent/core/agreement/heard.ts';
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import { equalBytes } from '../../../agent/core/base/bytes.ts';
import { sha256 } from '../../../agent/core/base/crypto.ts';
import type { Amount, Epoch, MemberIndex, Sequence } from '../../../agent/core/base/units.ts';
import {
  type Ballot,
  type BallotKind,
  ballotBodyCoder,
  proposalBodyCoder,
  type Subject,
} from '../../../agent/core/codec/agreement.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import type { Message } from '../../../agent/core/codec/message.ts';
import { quorumOf } from '../../../agent/core/network/committee.ts';
import { networkOf } from '../../../agent/core/network/genesis.ts';
import { signingBytes } from '../../../agent/core/network/signing.ts';
import { asFounded } from '../../../agent/core/views.ts';
import { type DebateHabit, DebateMember, type Outcome } from './debate-member.ts';
import { Signatures } from './signatures.ts';
import { promise, Violation } from './violation.ts';

const MEMBERS = 4;
const LAST_ROUND = 1;
const EPOCH = 0 as Epoch;
const KINDS = ['prevote', 'precommit'] as const;
const VALUES: readonly Uint8Array[] = [Uint8Array.of(1), Uint8Array.of(2)];
/** What a ballot is for: no value, or the place of one in VALUES. */
type Choice = -1 | 0 | 1;
const CHOICES: readonly Choice[] = [-1, 0, 1];
const HASHES: readonly Uint8Array[] = VALUES.map((value) => sha256(value));

export interface DebateCase {
  readonly name: string;
  readonly words: string;
  /** In which of the first two rounds it is a traitor's turn to propose. */
  readonly traitorsTurn: 0 | 1;
  /** Searched in every test run. */
  readonly isQuick: boolean;
  /** How many of the members are traitors, those with the traitor's turn first. */
  readonly traitors: number;
}

export const DEBATES: readonly DebateCase[] = [
  {
    name: 'a traitor proposes',
    words: 'a traitor has the first turn, an honest member the second',
    traitorsTurn: 0,
    isQuick: true,
    traitors: 1,
  },
  {
    name: 'a traitor follows',
    words: 'an honest member has the first turn, a traitor the second',
    traitorsTurn: 1,
    isQuick: false,
    traitors: 1,
  },
];

export const TWO_TRAITORS: DebateCase = {
  name: 'two traitors debate',
  words: 'one hostile member more than is tolerated',
  traitorsTurn: 0,
  isQuick: false,
  traitors: 2,
};

/** A ballot as it counts in a state. */
interface Given {
  readonly kind: BallotKind;
  readonly round: number;
  readonly choice: Choice;
}

interface Local {
  readonly disk: ReadonlyMap<ByteKey, Uint8Array>;
  readonly round: number | undefined;
}

/** What a member did, in a state's terms. */
interface Move {
  readonly local: number;
  readonly given: readonly Given[];
  readonly proposed: readonly string[];
}

interface Place {
  readonly local: number;
  /** Ballots, as texts "kind round choice", and proposals, "round choice validRound". */
  readonly given: string;
  readonly proposed: string;
}

export interface DebateResult {
  readonly states: number;
  readonly transitions: number;
  readonly locals: number;
  readonly isExhausted: boolean;
  readonly violation: Violation | undefined;
  /** The inputs that lead to the violation. */
  readonly path: readonly string[];
}

export class DebateSearch {
  readonly #signatures = new Signatures();
  readonly #network;
  readonly #subject: Subject;
  readonly #traitors: readonly MemberIndex[];
  readonly #honest: readonly MemberIndex[];
  readonly #members: readonly DebateMember[];
  readonly #locals: Local[] = [];
  readonly #localNumber = new Map<string, number>();
  readonly #moves = new Map<string, Move>();
  readonly #seen = new Map<string, number>();
  readonly #states: (readonly Place[])[] = [];
  readonly #parents: { readonly from: number; readonly words: string }[] = [];
  #transitions = 0;

  constructor(setting: DebateCase, habit?: DebateHabit) {
    const names = Array.from({ length: MEMBERS }, (_, i) => `auth-${i}`);
    const signers = names.map((name) => this.#signatures.signer(name));
    const members = names.map((name, i) => ({
      name,
      key: signers[i]?.publicKey ?? new Uint8Array(),
    }));
    const tokens = [{ symbol: 'HRS', decimals: 2, opens: 1n as Amount }];
    const founding = { members, tokens, votesPerHour: 0, ledgers: [], issuance: [] };
    const genesis = { version: 1, name: 'small', nonce: new Uint8Array(16), ...founding } as const;
    this.#network = asFounded(networkOf(genesis));
    const account = this.#signatures.signer('alice').publicKey;
    this.#subject = { TAG: 'outcome', data: { account, sequence: 0n as Sequence } };
    const all = names.map((_, i) => i as MemberIndex);
    const first = this.#proposer(setting.traitorsTurn);
    const others = all.filter((member) => member !== first);
    // The second one has neither of the first two turns.
    const second = others.filter((member) => ![0, 1].some((at) => this.#proposer(at) === member));
    this.#traitors = [first, ...second].slice(0, setting.traitors);
    this.#honest = all.filter((member) => !this.#traitors.includes(member));
    this.#members = this.#honest.map((member) => {
      const sign = signers[member]?.sign ?? (() => new Uint8Array());
      const { verify } = this.#signatures;
      const setup = { network: this.#network, verify, authority: { member, sign } };
      const key = members[first]?.key ?? new Uint8Array();
      return new DebateMember(setup, this.#subject, VALUES[1], { member: first, key }, habit);
    });
  }

  #proposer(round: number): MemberIndex {
    return proposerOf(this.#network.committee, subjectHash(this.#subject), round);
  }

  run(mostStates = 3_000_000): DebateResult {
    let at = 0;
    try {
      const places = this.#members.map((member) => {
        return { local: this.#numberOf(member, member.first()), given: '', proposed: '' };
      });
      this.#add(places, -1, '');
      for (; at < this.#states.length && at < mostStates; at++) this.#expand(at);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return this.#result(false, error, this.#pathTo(at));
    }
    return this.#result(at === this.#states.length, undefined, []);
  }

  #result(
    isExhausted: boolean,
    violation: Violation | undefined,
    path: readonly string[],
  ): DebateResult {
    const [states, locals] = [this.#states.length, this.#locals.length];

    return { states, transitions: this.#transitions, locals, isExhausted, violation, path };
  }

  #expand(at: number): void {
    const places = this.#states[at] ?? [];
    const inputs = this.#inputsIn(places);
    places.forEach((place, who) => {
      const round = this.#locals[place.local]?.round;
      if (round === undefined || round > LAST_ROUND) return;
      for (const name of inputs) {
        if (name.endsWith('wait') && round > 0) continue;
        this.#transitions++;
        const { local, given, proposed } = this.#move(who, place, name, places);
        const after = {
          local,
          given: withAll(place.given, given.map(textOf)),
          proposed: withAll(place.proposed, proposed),
        };
        const isIdle = local === place.local && after.given === place.given;
        if (isIdle && after.proposed === place.proposed) continue;
        const next = places.map((other, i) => (i === who ? after : other));
        this.#add(next, at, `auth-${this.#honest[who]}: ${name}`);
      }
    });
  }

  #add(places: readonly Place[], from: number, words: string): void {
    const key = this.#keyOf(places);
    if (this.#seen.has(key)) return;
    this.#seen.set(key, this.#states.length);
    this.#states.push(places);
    this.#parents.push({ from, words });
    this.#check(places);
  }

  /** Members that propose in none of these rounds are interchangeable. */
  #keyOf(places: readonly Place[]): string {
    const texts = places.map(({ local, given, proposed }) => `${local};${given};${proposed}`);
    const turns = [0, 1].map((round) => this.#honest.indexOf(this.#proposer(round)));
    const apart = texts.filter((_, i) => turns.includes(i));
    const alike = texts.filter((_, i) => !turns.includes(i)).sort();
    return [...apart, ...alike].join('|');
  }

  #pathTo(at: number): readonly string[] {
    const path: string[] = [];
    for (let i = this.#states.length - 1; i > 0; i = this.#parents[i]?.from ?? 0) {
      path.unshift(this.#parents[i]?.words ?? '');
    }
    return path.length > 0 ? path : [`from state ${at}`];
  }

  /* What is promised. */

  #check(places: readonly Place[]): void {
    const decided = new Set<Choice>();
    for (let round = 0; round <= LAST_ROUND + 1; round++) {
      for (const choice of [0, 1] as const) {
        if (this.#voters(places, 'precommit', round, choice).length >= quorumOf(MEMBERS)) {
          decided.add(choice);
        }
      }
    }
    promise(decided.size <= 1, 'OneDecision', 'both values have a quorum of precommits');
    for (const { given, local } of places) {
      this.#checkBallots(given);
      const disk = this.#locals[local]?.disk ?? new Map();
      const decision = decisionOn({ get: (key) => disk.get(key) }, this.#subject);
      if (decision === undefined) continue;
      const choice = VALUES.findIndex((value) => equalBytes(value, decision.value)) as Choice;
      promise(decided.has(choice), 'OneDecision', 'a decision has a quorum of precommits');
    }
  }

  #checkBallots(given: string): void {
    const places = new Set<string>();
    for (const text of given.split(',').filter((each) => each !== '')) {
      const place = text.slice(0, text.lastIndexOf(' '));
      promise(!places.has(place), 'BallotsNeverContradict', `two ballots: ${place}`);
      places.add(place);
    }
  }

  /** Honest members who gave this ballot, by their places, and all traitors. */
  #voters(
    places: readonly Place[],
    kind: BallotKind,
    round: number,
    choice: Choice,
  ): readonly MemberIndex[] {
    const text = textOf({ kind, round, choice });
    const honest = this.#honest.filter((_, i) => places[i]?.given.split(',').includes(text));
    return [...honest, ...this.#traitors].sort((a, b) => a - b);
  }

  /* What can happen. */

  /** The inputs that there are in a state, by names that say what they bring. */
  #inputsIn(places: readonly Place[]): readonly string[] {
    const inputs = ['nothing'];
    const rounds = Array.from({ length: LAST_ROUND + 1 }, (_, round) => round);
    const hasPolka = (round: number, choice: Choice) =>
      this.#voters(places, 'prevote', round, choice).length >= quorumOf(MEMBERS);
    for (const round of rounds) {
      const isTraitors = this.#traitors.includes(this.#proposer(round));
      for (const choice of [0, 1] as const) {
        if (hasPolka(round, choice)) inputs.push(`polka ${round} ${choice}`);
        if (!isTraitors) continue;
        inputs.push(`proposal ${round} ${choice} -1`);
        for (let valid = 0; valid < round; valid++) {
          if (hasPolka(valid, choice)) inputs.push(`proposal ${round} ${choice} ${valid}`);
        }
      }
      inputs.push(`ballots ${round}`);
    }
    for (const { proposed } of places) {
      for (const text of proposed.split(',')) if (text !== '') inputs.push(`proposal ${text}`);
    }
    // Waits end in the first round alone: in the last one that only takes ballots away.
    return [...inputs, 'ballots 0 and a long wait', 'nothing and a long wait'];
  }

  #move(who: number, place: Place, name: string, places: readonly Place[]): Move {
    const [what = '', round = '', choice = '', valid = ''] = name.split(' ');
    const isLong = name.endsWith('wait');
    const numbers = [Number(round), Number(choice), Number(valid)] as const;
    const key = `${who};${place.local};${name};${this.#brought(what, numbers, places)}`;
    const known = this.#moves.get(key);
    if (known !== undefined) return known;
    const member = this.#members[who];
    const local = this.#locals[place.local];
    if (member === undefined || local === undefined) throw new Error('no such member');
    const messages = this.#messages(what, numbers, places);
    const { disk, said } = member.after(local.disk, { messages, isLong });
    const move = { local: this.#numberOf(member, disk), ...stated(said) };
    this.#moves.set(key, move);
    return move;
  }

  /** Whose ballots an input brings: the same input with the same ones does the same. */
  #brought(
    what: string,
    [round, choice, valid]: readonly [number, number, number],
    places: readonly Place[],
  ): string {
    const voters = (kind: BallotKind, at: number, each: Choice) =>
      this.#voters(places, kind, at, each).join('');
    switch (what) {
      case 'polka':
        return voters('prevote', round, choice as Choice);
      case 'proposal':
        return valid < 0 ? '' : voters('prevote', valid, choice as Choice);
      case 'ballots':
        return KINDS.flatMap((kind) => CHOICES.map((each) => voters(kind, round, each))).join();
      default:
        return '';
    }
  }

  #messages(
    what: string,
    [round, choice, valid]: readonly [number, number, number],
    places: readonly Place[],
  ): readonly Message[] {
    const value = VALUES[choice] ?? new Uint8Array();
    switch (what) {
      case 'proposal':
        return [this.#proposal(round, choice as Choice, valid, places)];
      case 'polka': {
        const prevotes = this.#shown(places, 'prevote', round, choice as Choice);
        const agreed = { epoch: EPOCH, subject: this.#subject, round, value };
        return [{ TAG: 'polka', data: { ...agreed, prevotes } }];
      }
      case 'ballots':
        return KINDS.flatMap((kind) => this.#ballots(places, kind, round));
      default:
        return [];
    }
  }

  #proposal(round: number, choice: Choice, valid: number, places: readonly Place[]): Message {
    const member = this.#proposer(round);
    const value = VALUES[choice] ?? new Uint8Array();
    const validRound = valid < 0 ? undefined : valid;
    const body = { subject: this.#subject, round, validRound, value };
    const signature = this.#sign(member, 'proposal', encode(proposalBodyCoder, body));
    const prevotes = valid < 0 ? [] : this.#shown(places, 'prevote', valid, choice);
    const data = { epoch: EPOCH, member, body, signature, prevotes, again: false };
    return { TAG: 'proposal', data };
  }

  #shown(places: readonly Place[], kind: BallotKind, round: number, choice: Choice) {
    return this.#voters(places, kind, round, choice).map((member) => {
      const { signature } = this.#ballot(kind, member, round, choice);
      return { member, signature };
    });
  }

  /**
   * All ballots of a kind that were given in a round, and those of traitors for no value: what they
   * give for a value is shown in polkas.
   */
  #ballots(places: readonly Place[], kind: BallotKind, round: number): readonly Message[] {
    return CHOICES.flatMap((choice) =>
      this.#voters(places, kind, round, choice)
        .filter((member) => choice === -1 || !this.#traitors.includes(member))
        .map((member) => ({ TAG: kind, data: this.#ballot(kind, member, round, choice) })),
    );
  }

  #ballot(kind: BallotKind, member: MemberIndex, round: number, choice: Choice): Ballot {
    const body = { subject: this.#subject, round, value: hashOf(choice) };
    const signature = this.#sign(member, kind, encode(ballotBodyCoder, body));
    return { epoch: EPOCH, member, body, signature, again: false };
  }

  #sign(member: MemberIndex, kind: BallotKind | 'proposal', body: Uint8Array): Uint8Array {
    const { sign } = this.#signatures.signer(`auth-${member}`);
    return sign(signingBytes(kind, this.#network.id, EPOCH, body));
  }

  #numberOf(member: DebateMember, disk: Outcome['disk']): number {
    const name = member.nameOf(disk);
    const known = this.#localNumber.get(name);
    if (known !== undefined) return known;
    const number = this.#locals.length;
    this.#localNumber.set(name, number);
    this.#locals.push({ disk, round: member.roundOf(disk) });
    return number;
  }
}

function textOf({ kind, round, choice }: Given): string {
  return `${kind} ${round} ${choice}`;
}

/** A sorted list of texts, and more of them. */
function withAll(list: string, more: readonly string[]): string {
  if (more.length === 0) return list;
  const all = new Set([...list.split(','), ...more].filter((text) => text !== ''));
  return [...all].sort().join();
}

/** What was said, in a state's terms. */
function stated(said: readonly Message[]): Pick<Move, 'given' | 'proposed'> {
  const given: Given[] = [];
  const proposed: string[] = [];
  for (const message of said) {
    if (message.TAG === 'prevote' || message.TAG === 'precommit') {
      const { round, value } = message.data.body;
      given.push({ kind: message.TAG, round, choice: choiceOf(value) });
    } else if (message.TAG === 'proposal') {
      const { round, value, validRound } = message.data.body;
      proposed.push(`${round} ${choiceOf(sha256(value))} ${validRound ?? -1}`);
    }
  }
  return { given, proposed };
}

function hashOf(choice: Choice): Uint8Array | undefined {
  return choice === -1 ? undefined : HASHES[choice];
}

function choiceOf(hash: Uint8Array | undefined): Choice {
  if (hash === undefined) return -1;
  return HASHES.findIndex((each) => equalBytes(each, hash)) as Choice;
}
