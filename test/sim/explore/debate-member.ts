/**
 * One member of a small debate: what the production core makes of one input, on a disk. Before each
 * input the process comes up anew, so what it heard before counts only as far as it is on disk; an
 * input therefore brings all that it takes to go on.
 */

import { agreementOn } from '../../../agent/core/agreement/agreement.ts';
import { subjectHash } from '../../../agent/core/agreement/decision.ts';
import { beginAgreement } from '../../../agent/core/agreement/open.ts';
import type { SubjectTable } from '../../../agent/core/agreement/rules.ts';
import { SUBJECTS } from '../../../agent/core/agreement/subjects.ts';
import { type ByteKey, toHex } from '../../../agent/core/base/bytes.ts';
import { SEED_BYTES } from '../../../agent/core/base/limits.ts';
import type { LinkId, MemberIndex } from '../../../agent/core/base/units.ts';
import type { Subject } from '../../../agent/core/codec/agreement.ts';
import { decodeOwn, encode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../../agent/core/codec/message.ts';
import { Draft } from '../../../agent/core/draft.ts';
import type { Event, Read, Step } from '../../../agent/core/io.ts';
import { createNode, type Node } from '../../../agent/core/node.ts';
import type { Part } from '../../../agent/core/part.ts';
import { PARTS } from '../../../agent/core/parts.ts';
import type { AuthoritySetup } from '../../../agent/core/setup.ts';
import { recordAt } from '../../../agent/core/space.ts';
import { isDurable, SPACES } from '../../../agent/core/spaces.ts';

const LINK = 1n as LinkId;
/** Longer than any wait of the first rounds. */
const LONG_MS = 60_000;

/** Makes of a right step a wrong one. */
export type DebateHabit = (step: Step, event: Event, read: Read) => Step;

/** What an input brings: messages, and whether the waits end after them. */
export interface Input {
  readonly messages: readonly Message[];
  readonly isLong: boolean;
}

export interface Outcome {
  readonly disk: ReadonlyMap<ByteKey, Uint8Array>;
  readonly said: readonly Message[];
}

export class DebateMember {
  readonly setup: AuthoritySetup;
  readonly #node: Node;
  readonly #subject: Subject;
  readonly #peer: { readonly member: MemberIndex; readonly key: Uint8Array };
  readonly #habit: DebateHabit | undefined;

  constructor(
    setup: AuthoritySetup,
    subject: Subject,
    wish: Uint8Array | undefined,
    peer: { readonly member: MemberIndex; readonly key: Uint8Array },
    habit?: DebateHabit,
  ) {
    const table: SubjectTable = {
      ...SUBJECTS,
      outcome: {
        mayBegin: () => true,
        propose: () => wish,
        judge: () => 'valid',
        decided: () => undefined,
      },
    };
    const agreement: Part = agreementOn(table);
    const parts = PARTS.map((part): Part => (part.name === 'agreement' ? agreement : part));
    this.setup = setup;
    this.#node = createNode(setup, parts);
    this.#subject = subject;
    this.#peer = peer;
    this.#habit = habit;
  }

  /** The disk of a member that has begun, and said nothing yet. */
  first(): ReadonlyMap<ByteKey, Uint8Array> {
    const process = new Process(this.#node, new Map(), this.#habit);
    process.take({ kind: 'start', seed: new Uint8Array(SEED_BYTES) });
    const draft = new Draft(process, process.stamp);
    beginAgreement(draft, this.setup, this.#subject);
    process.keep(draft.finish(undefined));
    return process.disk();
  }

  /** What comes of an input on this disk. */
  after(disk: ReadonlyMap<ByteKey, Uint8Array>, { messages, isLong }: Input): Outcome {
    const process = new Process(this.#node, disk, this.#habit);
    process.take({ kind: 'start', seed: new Uint8Array(SEED_BYTES) });
    const peerKey = this.#peer.key;
    process.take({ kind: 'link_up', link: LINK, peerKey, wanted: true });
    for (const message of messages) {
      const bytes = encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message });
      process.take({ kind: 'frame', link: LINK, bytes });
    }
    process.take({ kind: 'tick' });
    if (isLong) {
      process.nowMs += LONG_MS;
      process.take({ kind: 'tick' });
    }
    const said = process.sent.map((bytes) => decodeOwn(frameCoder, bytes));
    const toPeer = said.filter(({ to }) => to === this.#peer.member);
    return { disk: process.disk(), said: toPeer.map(({ message }) => message) };
  }

  /**
   * What counts of a disk here, as one text: what was said and is held. Whose ballots made a quorum
   * does not, nor whose disk it is.
   */
  nameOf(disk: ReadonlyMap<ByteKey, Uint8Array>): string {
    const hash = subjectHash(this.#subject);
    const read = { get: (key: ByteKey) => disk.get(key) };
    const record = recordAt(read, SPACES.agreement.at(hash));
    const decision = recordAt(read, SPACES.decision.at(hash));
    if (record === undefined) return `decided ${hexOf(decision?.value)}`;
    const { round, proposed, prevoted, precommitted, locked, valid } = record;
    const said = [proposed, prevoted, precommitted].map((each) => hexOf(each?.value, each));
    const held = [locked, valid].map((each) => `${each?.round} ${hexOf(each?.value)}`);
    return [round, proposed?.validRound, ...said, ...held].join('/');
  }

  /** The round that it is in; undefined: it has decided. */
  roundOf(disk: ReadonlyMap<ByteKey, Uint8Array>): number | undefined {
    const at = SPACES.agreement.at(subjectHash(this.#subject));
    return recordAt({ get: (key) => disk.get(key) }, at)?.round;
  }
}

/** Nothing said, and said for no value, are two things. */
function hexOf(value: Uint8Array | undefined, said?: object): string {
  if (value !== undefined) return toHex(value);
  return said === undefined ? '' : 'none';
}

/** A process of the core, from its start to its end. */
class Process implements Read {
  nowMs = 1_000;
  readonly sent: Uint8Array[] = [];
  readonly #node: Node;
  readonly #state: Map<ByteKey, Uint8Array>;
  readonly #habit: DebateHabit | undefined;

  constructor(node: Node, disk: ReadonlyMap<ByteKey, Uint8Array>, habit: DebateHabit | undefined) {
    this.#node = node;
    this.#state = new Map(disk);
    this.#habit = habit;
  }

  get stamp() {
    return { nowMs: this.nowMs, wallMs: this.nowMs };
  }

  get(key: ByteKey): Uint8Array | undefined {
    return this.#state.get(key);
  }

  take(event: Event): void {
    const step = this.#node.step(event, this.stamp, this);
    this.keep(this.#habit === undefined ? step : this.#habit(step, event, this));
  }

  keep({ writes, sends }: Step): void {
    for (const { key, value } of writes) {
      if (value === undefined) this.#state.delete(key);
      else this.#state.set(key, value);
    }
    this.sent.push(...sends.map(({ bytes }) => bytes));
  }

  disk(): ReadonlyMap<ByteKey, Uint8Array> {
    return new Map([...this.#state].filter(([key]) => isDurable(key)));
  }
}
