/**
 * Checker `agreement`: what honest members decide about a subject is one value, which an honest
 * member prevoted for and a quorum precommitted; and no honest member gives two ballots of one kind
 * in one round, or makes two proposals, whatever crashes lie between.
 */
import { toHex } from '../../../agent/core/base/bytes.ts';
import { sha256 } from '../../../agent/core/base/crypto.ts';
import {
  ballotBodyCoder,
  decisionCoder,
  proposalBodyCoder,
  type Subject,
  subjectCoder,
} from '../../../agent/core/codec/agreement.ts';
import { decodeOwn, encode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, MESSAGES, type Message } from '../../../agent/core/codec/message.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import { openFrame } from './decode.ts';
import { type Founding, quorumFor } from './founding.ts';

type Said = Extract<Message, { TAG: 'proposal' | 'prevote' | 'precommit' }>;

const SAID = new Set<number>([
  MESSAGES.proposal.wire,
  MESSAGES.prevote.wire,
  MESSAGES.precommit.wire,
]);

export class Agreement implements Watcher {
  readonly #founding: Founding;
  /** What an honest member said of a kind in a round of a debate. */
  readonly #said = new Map<string, string>();
  /** Hashes of values that an honest member prevoted for, by subject. */
  readonly #prevoted = new Map<string, Set<string>>();
  /** What was decided about a subject. */
  readonly #decided = new Map<string, string>();
  /** By step: the frame that came in. */
  readonly #incoming = new WeakMap<Step, Uint8Array>();

  constructor(founding: Founding) {
    this.#founding = founding;
  }

  /** How many subjects were decided. */
  get decided(): number {
    return this.#decided.size;
  }

  stepped(process: Process, event: Event, step: Step): void {
    if (!this.#isJudged(process)) return;
    const { writes, sends } = step;
    if (event.kind === 'frame') this.#incoming.set(step, event.bytes);
    // Where one member is a quorum, it decides in the step in which it prevotes.
    for (const said of saidIn(sends)) this.#notePrevote(process, said);
    for (const { key, value } of writes) {
      if (value === undefined || !key.startsWith(SPACES.decision.prefix)) continue;
      this.#judge(process, value);
    }
  }

  released(process: Process, step: Step): void {
    if (!this.#isJudged(process)) return;
    const incoming = this.#incoming.get(step);
    // As a relay it may pass on what it said before, and says nothing by that.
    for (const said of saidIn(step.sends, incoming)) this.#hear(process, said);
  }

  #notePrevote({ index }: Process, { TAG, data }: Said): void {
    if (TAG !== 'prevote' || data.member !== index || data.body.value === undefined) return;
    const about = nameOf(data.body.subject);
    const prevoted = this.#prevoted.get(about) ?? new Set<string>();
    this.#prevoted.set(about, prevoted.add(toHex(data.body.value)));
  }

  #isJudged({ role, isHonest, index }: Process): boolean {
    return role === 'authority' && isHonest && this.#founding.honestMembers.has(index);
  }

  #hear({ name, index, isRestored }: Process, { TAG, data }: Said): void {
    if (data.member !== index) return; // It passes on what another one said.
    if (isRestored) {
      throw new Violation('standing', `${name} was restored from a copy, and speaks in a debate`);
    }
    const { subject, round } = data.body;
    const about = nameOf(subject);
    const text =
      TAG === 'proposal'
        ? toHex(encode(proposalBodyCoder, data.body))
        : toHex(encode(ballotBodyCoder, data.body));
    const key = `${index} ${data.epoch} ${about} ${round} ${TAG}`;
    const before = this.#said.get(key);
    if (before !== undefined && before !== text) {
      throw new Violation('agreement', `${name} contradicts its ${TAG} of round ${round}`);
    }
    this.#said.set(key, text);
  }

  #judge({ name }: Process, bytes: Uint8Array): void {
    const { subject, value, precommits } = decodeOwn(decisionCoder, bytes);
    const about = nameOf(subject);
    const text = toHex(value);
    const before = this.#decided.get(about) ?? text;
    const fail = (what: string): never => {
      throw new Violation('agreement', `${name} decides ${what}`);
    };
    if (before !== text) fail(`${text}, where ${before} is decided`);
    const members = new Set(precommits.map(({ member }) => member));
    if (members.size < quorumFor(this.#founding.memberKeys.length)) fail('without a quorum');
    // A member that is alone tells nobody what it prevotes for.
    const isAlone = this.#founding.memberKeys.length === 1;
    if (!isAlone && this.#prevoted.get(about)?.has(toHex(sha256(value))) !== true) {
      fail('what no honest member prevoted for');
    }
    this.#decided.set(about, text);
  }
}

/** What is said of debates in what a step sends, except for what it passes on of what came in. */
function saidIn(sends: Step['sends'], incoming?: Uint8Array): readonly Said[] {
  return sends
    .filter(({ bytes }) => SAID.has(openFrame(bytes).tag))
    .filter(({ bytes }) => !isSameMessage(bytes, incoming))
    .map(({ bytes }) => decodeOwn(frameCoder, bytes).message as Said);
}

/** Whether two frames carry the same message, by whatever way they go. */
function isSameMessage(frame: Uint8Array, other: Uint8Array | undefined): boolean {
  if (other === undefined) return false;
  const [one, two] = [openFrame(frame), openFrame(other)];
  return one.tag === two.tag && one.body.rest() === two.body.rest();
}

function nameOf(subject: Subject): string {
  return toHex(encode(subjectCoder, subject));
}
