/**
 * Checker `standing`, for a key with two lives (twin.ts). Of two lives that both began with nothing
 * on disk, at most one ever votes. And a life that has been shown a certificate with a vote of its
 * key that it neither gave nor brought with it never votes again.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import {
  type CertificateView,
  isForOthers,
  MESSAGE,
  openFrame,
  readAccount,
  readCertificate,
  readVote,
  short,
} from './decode.ts';
import { isVoteSigned } from './founding.ts';

/** One life of the key. */
interface Life {
  /** Nothing but the unused mark was on its disk when it first came up. */
  readonly isFirst: boolean;
  /** How far accounts were, and what they had voted for, when it began: known to it. */
  readonly began: ReadonlyMap<
    string,
    { readonly next: bigint; readonly pending: string | undefined }
  >;
  /** Orders that it voted for, by hash. */
  readonly voted: Set<string>;
  /** The account in whose certificate it met the other life. */
  met: string | undefined;
}

/** The mark of an authority that starts for the first time. */
const FIRST_START = '1' as ByteKey;

export class Lives implements Watcher {
  readonly #book: Book;
  readonly #member: number;
  readonly #lives = new Map<Process, Life>();

  /** `member`: whose key has two lives. */
  constructor(book: Book, member: number) {
    this.#book = book;
    this.#member = member;
  }

  started(process: Process): void {
    if (!this.#isOurs(process) || this.#lives.has(process)) return;
    const { durable } = process.disk;
    const began = new Map<string, { next: bigint; pending: string | undefined }>();
    for (const [key, value] of durable) {
      if (key[0] !== 'A') continue;
      const { next, pending } = readAccount(value);
      const hash = pending && this.#book.hash(pending);
      began.set(key.slice(1), { next, pending: hash });
    }
    const isFirst = durable.has(FIRST_START) && began.size === 0;
    this.#lives.set(process, { isFirst, began, voted: new Set(), met: undefined });
  }

  stepped(process: Process, event: Event, step: Step): void {
    const life = this.#lives.get(process);
    if (life === undefined) return;
    const isPassing = event.kind === 'frame' && isForOthers(event.bytes, this.#member);
    if (isPassing) return;
    if (event.kind === 'frame') this.#look(life, event.bytes);
    for (const { bytes } of step.sends) this.#count(process, life, bytes);
  }

  #isOurs({ role, index }: Process): boolean {
    return role === 'twin' || (role === 'authority' && index === this.#member);
  }

  #count(process: Process, life: Life, bytes: Uint8Array): void {
    const { tag, body } = openFrame(bytes);
    if (tag !== MESSAGE.vote) return;
    const { member, hash, signature } = readVote(body);
    if (member !== this.#member || !this.#isOwn(hash, signature)) return;
    life.voted.add(hash);
    if (life.met !== undefined) {
      const where = `a certificate of ${short(life.met)}`;
      throw new Violation(
        'standing',
        `${process.name} votes after it met another life in ${where}`,
      );
    }
    const firsts = [...this.#lives.values()].filter(
      ({ isFirst, voted }) => isFirst && voted.size > 0,
    );
    if (firsts.length < 2) return;
    throw new Violation('standing', `two first starts of member ${this.#member} vote`);
  }

  /** Whether a frame brings a certificate with a vote of this key that this life does not know. */
  #look(life: Life, bytes: Uint8Array): void {
    const { tag, body } = openFrame(bytes);
    if (tag !== MESSAGE.certificate || life.met !== undefined) return;
    let certificate: CertificateView;
    try {
      certificate = readCertificate(body);
    } catch (error) {
      if (error instanceof RangeError) return; // Garbage.
      throw error;
    }
    const { order, votes, epoch } = certificate;
    const own = votes.find(({ member }) => member === this.#member);
    if (own === undefined || epoch !== 0) return;
    const hash = this.#book.hash(order);
    const began = life.began.get(order.account);
    const isKnown =
      life.voted.has(hash) ||
      (began !== undefined && (order.sequence < began.next || began.pending === hash));
    if (!isKnown && this.#isOwn(hash, own.signature)) life.met = order.account;
  }

  #isOwn(hash: string, signature: Uint8Array): boolean {
    return isVoteSigned(this.#book.founding, hash, this.#member, signature);
  }
}
