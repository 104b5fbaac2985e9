/**
 * Checker `words`: what a node takes for an honest member's own word, unsigned, that member has
 * said. A wallet that notes what a member has applied, what it says of an account or that it told
 * everything, over its own link to that member, and an authority that compares its ledger with
 * another's: the message that led to it is one that the member made, or the member's ledger has it
 * so.
 */
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Notice } from '../../../agent/core/notice.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import { isForOthers, latin1, MESSAGE, openFrame, readAccount, short } from './decode.ts';
import type { Founding } from './founding.ts';
import { MemberLinks } from './member-links.ts';

/** Words that name the member whose they are, first of all. */
const NAMING: ReadonlySet<number> = new Set([
  MESSAGE.applied,
  MESSAGE.account,
  MESSAGE.certificates,
  MESSAGE.credits,
]);
/** The same, and those that are the word of whoever is at the end of the link. */
const WORDS: ReadonlySet<number> = new Set([...NAMING, MESSAGE.root]);

export class Words implements Watcher {
  readonly #founding: Founding;
  readonly #links: MemberLinks;
  /** By member: what it has said, number and content. */
  readonly #said = new Map<number, Set<string>>();
  /** By member and account: how far its ledger ever was. */
  readonly #reached = new Map<string, bigint>();

  constructor(founding: Founding) {
    this.#founding = founding;
    this.#links = new MemberLinks(founding);
  }

  started(process: Process): void {
    this.#links.begin(process);
    if (process.role !== 'authority') return;
    for (const [key, value] of process.disk.durable) this.#reach(process, key, value);
  }

  stepped(process: Process, event: Event, step: Step): void {
    this.#links.follow(process, event);
    if (process.role === 'authority') this.#hear(process, event, step);
    if (process.role !== 'authority' && process.role !== 'wallet') return;
    for (const notice of step.notices) this.#judge(process, event, notice);
  }

  committed(process: Process, steps: readonly Step[]): void {
    if (process.role !== 'authority') return;
    for (const { writes } of steps) {
      for (const { key, value } of writes) this.#reach(process, key, value);
    }
  }

  /** What a member says of itself; not what it passes on. */
  #hear({ index }: Process, event: Event, { sends }: Step): void {
    const isPassing = event.kind === 'frame' && isForOthers(event.bytes, index);
    if (isPassing) return;
    for (const { bytes } of sends) {
      const { tag, body } = openFrame(bytes);
      if (!WORDS.has(tag)) continue;
      const said = this.#said.get(index) ?? new Set();
      this.#said.set(index, said.add(`${tag} ${body.rest()}`));
    }
  }

  #reach({ index }: Process, key: string, value: Uint8Array | undefined): void {
    if (key[0] !== 'A' || value === undefined) return;
    const place = `${index} ${key.slice(1)}`;
    const { next } = readAccount(value);
    if (next > (this.#reached.get(place) ?? 0n)) this.#reached.set(place, next);
  }

  #judge(process: Process, event: Event, notice: Notice): void {
    if (!('member' in notice) || notice.member === undefined) return;
    const { member } = notice;
    if (!this.#founding.honestMembers.has(member)) return;
    if (notice.kind === 'spread') {
      const account = latin1(process.signer.publicKey);
      if (notice.next <= (this.#reached.get(`${member} ${account}`) ?? 0n)) return;
      throw new Violation(
        'words',
        `${process.name} believes that member ${member} has applied up to ${notice.next}`,
      );
    }
    const isOfAWord =
      notice.kind === 'account_seen' || notice.kind === 'refreshed' || notice.kind === 'compared';
    if (!isOfAWord || event.kind !== 'frame' || !this.#isLinked(process, member)) return;
    const { tag, body } = openFrame(event.bytes);
    if (!WORDS.has(tag) || this.#said.get(member)?.has(`${tag} ${body.rest()}`)) return;
    const about = NAMING.has(tag) ? ` about ${short(body.rest().slice(2, 34))}` : '';
    throw new Violation(
      'words',
      `${process.name} takes message ${tag}${about} for the word of member ${member}`,
    );
  }

  #isLinked(process: Process, member: number): boolean {
    const key = this.#founding.memberKeys[member];
    return [...this.#links.of(process).values()].some((each) => each === key);
  }
}
