/**
 * Agreement under whatever may happen: frames are lost, late and out of order, members die at any
 * step and come back, and f traitors say to each what suits them, with whatever proofs others'
 * ballots make. Honest members never differ, never contradict themselves, and once the storm is
 * over all of them decide.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { subjectHash } from '../../agent/core/agreement/decision.ts';
import { proposerOf } from '../../agent/core/agreement/heard.ts';
import { sha256 } from '../../agent/core/base/crypto.ts';
import type { Epoch, MemberIndex } from '../../agent/core/base/units.ts';
import { ballotBodyCoder, proposalBodyCoder } from '../../agent/core/codec/agreement.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import type { MemberSignature } from '../../agent/core/codec/order.ts';
import { faultsTolerated, quorumOf } from '../../agent/core/network/committee.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { A, B, Debates, subjectNumber } from '../support/debates.ts';
import { Random } from '../support/random.ts';

const EPOCH = 0 as Epoch;
const VALUES = [A, B];
const SUBJECT = subjectNumber(0);

type Kind = 'prevote' | 'precommit';

class Storm {
  readonly world: Debates;
  readonly #random: Random;
  readonly #traitors: ReadonlySet<number>;
  readonly #n: number;
  /** What each honest member said of a kind in a round. */
  readonly #said = new Map<string, string>();
  /** Ballots that were seen, by kind, round and value: what traitors make proofs of. */
  readonly #seen = new Map<string, Map<number, Uint8Array>>();
  #latest = 0;
  #isOver = false;

  constructor(n: number, seed: number) {
    this.#n = n;
    this.#random = new Random(seed);
    this.world = new Debates(n);
    const members = this.#members();
    const first = this.#random.below(n);
    this.#traitors = new Set(
      Array.from({ length: faultsTolerated(n) }, (_, i) => (first + i * 2) % n),
    );
    for (const member of members) {
      this.world.mind(member).wish =
        this.#random.next() < 0.8 ? this.#random.of(VALUES) : undefined;
    }
    this.world.mind(this.honest()[0] ?? 0).wish = A;
    this.world.onStep = (place, _event, { sends }) => {
      const member = this.#numberOf(place.name);
      for (const { bytes } of sends) this.#note(member, decodeOwn(frameCoder, bytes).message);
    };
    this.world.onFrame = (from, _to, { message }) => {
      // The traitor's own node is quiet: what it says, the storm says for it.
      if (this.#traitors.has(this.#numberOf(from.name)) && isAgreement(message)) return false;
      return this.#isOver || this.#random.next() < 0.7;
    };
  }

  honest(): number[] {
    return this.#members().filter((member) => !this.#traitors.has(member));
  }

  #members(): number[] {
    return Array.from({ length: this.#n }, (_, i) => i);
  }

  #numberOf(name: string): number {
    return Number(name.slice('auth-'.length));
  }

  #note(member: number, message: Message): void {
    if (!isAgreement(message)) return;
    if (message.TAG === 'decision' || message.TAG === 'polka') return;
    const { TAG, data } = message;
    const { round } = data.body;
    this.#latest = Math.max(this.#latest, round);
    if (message.TAG !== 'proposal') {
      this.#remember(message.TAG, round, message.data.body.value, member, data.signature);
    }
    if (this.#traitors.has(member)) return;
    const key = `${member} ${TAG} ${round}`;
    const text = (
      message.TAG === 'proposal'
        ? encode(proposalBodyCoder, message.data.body)
        : encode(ballotBodyCoder, message.data.body)
    ).join();
    const before = this.#said.get(key);
    assert.ok(before === undefined || before === text, `${key} is said in two ways`);
    this.#said.set(key, text);
  }

  #remember(
    kind: Kind,
    round: number,
    value: Uint8Array | undefined,
    member: number,
    signature: Uint8Array,
  ): void {
    const key = `${kind} ${round} ${value?.join() ?? ''}`;
    const ballots = this.#seen.get(key) ?? new Map<number, Uint8Array>();
    ballots.set(member, signature);
    this.#seen.set(key, ballots);
  }

  /** Signatures that were seen, and those of all traitors, for a value in a round. */
  #proof(kind: Kind, round: number, value: Uint8Array): readonly MemberSignature[] {
    const ballots = new Map(this.#seen.get(`${kind} ${round} ${sha256(value).join()}`));
    for (const traitor of this.#traitors) {
      ballots.set(traitor, this.#ballot(kind, traitor, round, value).data.signature);
    }
    return [...ballots]
      .sort(([a], [b]) => a - b)
      .map(([member, signature]) => ({ member: member as MemberIndex, signature }));
  }

  #sign(member: number, kind: Kind | 'proposal', body: Uint8Array): Uint8Array {
    const { signer } = this.world.place(`auth-${member}`);
    return signer.sign(signingBytes(kind, this.world.network.id, EPOCH, body));
  }

  #ballot(kind: Kind, traitor: number, round: number, value: Uint8Array | undefined) {
    const body = { subject: SUBJECT, round, value: value && sha256(value) };
    const signature = this.#sign(traitor, kind, encode(ballotBodyCoder, body));
    const member = traitor as MemberIndex;
    const data = { epoch: EPOCH, member, body, signature, again: this.#random.next() < 0.5 };
    return { TAG: kind, data };
  }

  #lie(traitor: number): Message {
    const round = Math.max(0, this.#latest + 1 - this.#random.below(4));
    const value = this.#random.of(VALUES);
    const kind = this.#random.of(['prevote', 'precommit'] as const);
    const agreed = { epoch: EPOCH, subject: SUBJECT, value };
    switch (this.#random.below(5)) {
      case 0: {
        const earlier = Math.max(0, round - 1 - this.#random.below(2));
        const prevotes = this.#proof('prevote', earlier, value);
        const rests = round > earlier && prevotes.length >= quorumOf(this.#n);
        const validRound = rests ? earlier : undefined;
        const body = { subject: SUBJECT, round, validRound, value };
        const signature = this.#sign(traitor, 'proposal', encode(proposalBodyCoder, body));
        const said = { epoch: EPOCH, member: traitor as MemberIndex, body, signature };
        return {
          TAG: 'proposal',
          data: { ...said, prevotes: rests ? prevotes : [], again: false },
        };
      }
      case 1:
        return {
          TAG: 'polka',
          data: { ...agreed, round, prevotes: this.#proof('prevote', round, value) },
        };
      case 2:
        return {
          TAG: 'decision',
          data: { ...agreed, round, precommits: this.#proof('precommit', round, value) },
        };
      default:
        return this.#ballot(kind, traitor, round, this.#random.next() < 0.7 ? value : undefined);
    }
  }

  #blow(): void {
    const { world } = this;
    const honest = this.honest();
    const traitors = [...this.#traitors];
    switch (this.#random.below(8)) {
      case 0:
        world.nowMs += this.#random.below(1_200);
        for (const place of world.authorities) world.event(place, { kind: 'tick' });
        return;
      case 1: {
        if (this.#random.next() < 0.7) return;
        const member = this.#random.of(honest);
        world.restart(`auth-${member}`);
        for (const other of this.#members()) {
          if (other !== member) world.connect(`auth-${other}`, `auth-${member}`);
        }
        return;
      }
      case 2:
        return world.begin(this.#random.of(honest));
      case 3:
      case 4: {
        if (traitors.length === 0) return;
        const traitor = this.#random.of(traitors);
        const message = this.#lie(traitor);
        for (const member of honest) {
          if (this.#random.next() < 0.5) continue;
          const frame = { to: undefined, route: [], isPassedOn: false, message };
          world.inject(`auth-${traitor}`, `auth-${member}`, frame);
        }
        return;
      }
      default:
        world.deliverThose(() => this.#random.next() < 0.3);
    }
  }

  rage(blows: number): void {
    for (let i = 0; i < blows; i++) {
      this.#blow();
      this.checkSafety();
    }
  }

  checkSafety(): void {
    const values = new Set(this.honest().flatMap((member) => this.world.decidedBy(member)));
    assert.ok(values.size <= 1, 'honest members decide differently');
    for (const member of this.honest()) {
      assert.ok(this.world.decidedBy(member).length <= 1, 'a member decides twice');
    }
  }

  /** From now on nothing is lost, and whoever was not told of the subject is. */
  calm(): void {
    this.#isOver = true;
    this.world.run();
    for (const member of this.honest()) this.world.begin(member);
    this.world.pass(400_000);
    this.checkSafety();
    for (const member of this.honest()) {
      assert.equal(this.world.decidedBy(member).length, 1, `member ${member} decides`);
    }
  }

  /** Whose turn the first round was. */
  isTraitor(member: MemberIndex): boolean {
    return this.#traitors.has(member);
  }
}

const AGREEMENT = ['proposal', 'prevote', 'precommit', 'polka', 'decision'] as const;
type AgreementMessage = Extract<Message, { TAG: (typeof AGREEMENT)[number] }>;

function isAgreement(message: Message): message is AgreementMessage {
  return AGREEMENT.some((tag) => tag === message.TAG);
}

describe('honest members', () => {
  for (const [n, seeds] of [
    [4, 24],
    [5, 6],
    [7, 6],
  ] as const) {
    it(`never differ, and decide in the end: ${faultsTolerated(n)} of ${n} are traitors`, () => {
      let turns = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const storm = new Storm(n, seed * 1_000 + n);
        const first = proposerOf(storm.world.network.committee, subjectHash(SUBJECT), 0);
        if (storm.isTraitor(first)) turns++;
        storm.rage(250);
        storm.calm();
      }
      assert.ok(turns > 0, 'a traitor had the first turn at least once');
    });
  }
});
