/**
 * One honest member of a debate among puppets, who say whatever a test wants of them: what the
 * member says to that, round by round. No frame travels by itself.
 */

import { subjectHash } from '../../agent/core/agreement/decision.ts';
import { proposerOf } from '../../agent/core/agreement/heard.ts';
import { sha256 } from '../../agent/core/base/crypto.ts';
import type { Epoch, MemberIndex } from '../../agent/core/base/units.ts';
import {
  type Ballot,
  type BallotKind,
  ballotBodyCoder,
  type Polka,
  type Proposal,
  proposalBodyCoder,
} from '../../agent/core/codec/agreement.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { type DataOf, frameCoder, type Message, type Tag } from '../../agent/core/codec/message.ts';
import type { MemberSignature } from '../../agent/core/codec/order.ts';
import type { Step } from '../../agent/core/io.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { Debates, subjectNumber } from './debates.ts';

const EPOCH = 0 as Epoch;

export class Puppets {
  readonly world: Debates;
  /** The honest member. */
  readonly member: MemberIndex;
  /** All others, in ascending order. */
  readonly others: readonly MemberIndex[];
  readonly subject = subjectNumber(0);
  /** Each message that the member sent, once: all others are told the same. */
  readonly said: Message[] = [];

  /** The member's own turns are `turn`, `turn` + n, and so on. */
  constructor(n = 4, turn = n - 1) {
    this.world = new Debates(n);
    this.world.onFrame = () => false;
    this.member = this.proposer(turn);
    const all = Array.from({ length: n }, (_, i) => i as MemberIndex);
    this.others = all.filter((each) => each !== this.member);
    this.world.onStep = (place, _event, step) => {
      if (place.name === this.name) this.#note(step);
    };
  }

  get name(): string {
    return `auth-${this.member}`;
  }

  /** Whose turn it is in a round. */
  proposer(round: number): MemberIndex {
    const { committee } = this.world.network;
    return proposerOf(committee, subjectHash(this.subject), round);
  }

  #note({ sends }: Step): void {
    for (const { bytes } of sends) {
      const { message } = decodeOwn(frameCoder, bytes);
      const text = (each: Message) => encode(frameCoder, envelope(each)).join();
      if (this.said.every((each) => text(each) !== text(message))) this.said.push(message);
    }
  }

  /** What the member said of a kind, in all rounds, in the order in which it said it. */
  all<T extends Tag>(tag: T): readonly DataOf<T>[] {
    return this.said.filter(({ TAG }) => TAG === tag).map(({ data }) => data as DataOf<T>);
  }

  /** What the member's ballots of a kind in a round were for, told again or not. */
  ballots(kind: BallotKind, round: number): readonly (Uint8Array | undefined)[] {
    const found = this.all(kind).filter(({ body, again }) => body.round === round && !again);
    return found.map(({ body }) => body.value);
  }

  /** A message comes from a puppet, or, if it is not said from whom, from the first one. */
  hear(message: Message, from: MemberIndex = this.others[0] as MemberIndex): Step {
    return this.world.inject(`auth-${from}`, this.name, envelope(message));
  }

  signedProposal(
    member: MemberIndex,
    round: number,
    value: Uint8Array,
    valid?: { readonly round: number; readonly prevotes: readonly MemberSignature[] },
  ): Proposal {
    const body = { subject: this.subject, round, validRound: valid?.round, value };
    const signature = this.#sign(member, 'proposal', encode(proposalBodyCoder, body));
    const prevotes = valid?.prevotes ?? [];
    return { epoch: EPOCH, member, body, signature, prevotes, again: false };
  }

  signedBallot(
    kind: BallotKind,
    member: MemberIndex,
    round: number,
    value: Uint8Array | undefined,
  ): Ballot {
    const body = { subject: this.subject, round, value: value && sha256(value) };
    const signature = this.#sign(member, kind, encode(ballotBodyCoder, body));
    return { epoch: EPOCH, member, body, signature, again: false };
  }

  /** Signatures of these members for a value in a round, in ascending order of members. */
  signatures(
    kind: BallotKind,
    members: readonly MemberIndex[],
    round: number,
    value: Uint8Array | undefined,
  ): readonly MemberSignature[] {
    return members.map((member) => {
      const { signature } = this.signedBallot(kind, member, round, value);
      return { member, signature };
    });
  }

  polka(members: readonly MemberIndex[], round: number, value: Uint8Array): Polka {
    const prevotes = this.signatures('prevote', members, round, value);
    return { epoch: EPOCH, subject: this.subject, round, value, prevotes };
  }

  #sign(member: MemberIndex, kind: BallotKind | 'proposal', body: Uint8Array): Uint8Array {
    const { signer } = this.world.place(`auth-${member}`);
    return signer.sign(signingBytes(kind, this.world.network.id, EPOCH, body));
  }

  /** Whoever has the turn in a round proposes. */
  propose(
    round: number,
    value: Uint8Array,
    valid?: { readonly round: number; readonly prevotes: readonly MemberSignature[] },
  ): Step {
    const data = this.signedProposal(this.proposer(round), round, value, valid);
    return this.hear({ TAG: 'proposal', data });
  }

  /** These puppets give ballots. */
  vote(
    kind: BallotKind,
    members: readonly MemberIndex[],
    round: number,
    value: Uint8Array | undefined,
  ): void {
    for (const member of members) {
      this.hear({ TAG: kind, data: this.signedBallot(kind, member, round, value) }, member);
    }
  }

  /** A round in which nothing is decided: all puppets give ballots for no value. */
  passRound(round: number): void {
    this.vote('prevote', this.others, round, undefined);
    this.vote('precommit', this.others, round, undefined);
  }
}

function envelope(message: Message) {
  return { to: undefined, route: [], isPassedOn: false, message } as const;
}
