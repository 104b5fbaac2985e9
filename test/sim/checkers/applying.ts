/**
 * Checker `applying`: a certificate that is one, and whose sequence is the next, is applied by
 * every honest authority that gets it, whatever it knows of other accounts: applying never fails
 * and does not wait for the payer's income. Stands before `ledgers`, so that it sees what was there
 * before.
 *
 * Anyone may bring a certificate; a page of them is one authority's answer to another, and counts
 * only over a link of the member that it names (member-links.ts), and unless it was passed on.
 */
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import {
  bytes64,
  type CertificateView,
  isForOthers,
  MESSAGE,
  openFrame,
  type Reader,
  readCertificate,
  short,
} from './decode.ts';
import type { Ledgers } from './ledgers.ts';
import { MemberLinks } from './member-links.ts';

export class Applying implements Watcher {
  readonly #book: Book;
  readonly #ledgers: Ledgers;
  readonly #links: MemberLinks;

  constructor(book: Book, ledgers: Ledgers) {
    this.#book = book;
    this.#ledgers = ledgers;
    this.#links = new MemberLinks(book.founding);
  }

  started(process: Process): void {
    this.#links.begin(process);
  }

  stepped(process: Process, event: Event, step: Step): void {
    if (process.role !== 'authority') return;
    this.#links.follow(process, event);
    if (event.kind !== 'frame') return;
    const { bytes, link } = event;
    const { tag, isOwn, body } = openFrame(bytes);
    if (tag !== MESSAGE.certificate && tag !== MESSAGE.certificates) return;
    if (isForOthers(bytes, process.index) || step.closes.length > 0) return;
    const certificates =
      tag === MESSAGE.certificate
        ? [readCertificate(body)]
        : this.#page(process, body, isOwn ? link : undefined);
    if (!body.isAtEnd) return;
    let expected: bigint | undefined;
    for (const certificate of certificates) {
      const { order } = certificate;
      if (!this.#book.isSound(certificate)) return;
      expected ??= this.#ledgers.viewOf(process, order.account, order.token).next;
      if (order.sequence !== expected) continue;
      expected++;
      const index = `C${order.account}${bytes64(order.sequence)}`;
      if (step.writes.some(({ key }) => key === index)) continue;
      const what = `${short(order.account)}/${order.sequence}`;
      throw new Violation('applying', `${process.name} does not apply the certificate of ${what}`);
    }
  }

  /** The certificates of a page, which are all of one account; none in somebody else's name. */
  #page(process: Process, body: Reader, link: bigint | undefined): CertificateView[] {
    const named = this.#book.founding.memberKeys[body.u16()];
    body.text(32 + 8);
    const certificates = Array.from({ length: body.u8() }, () => readCertificate(body));
    const speaker = link === undefined ? undefined : this.#links.of(process).get(link);
    return named !== undefined && named === speaker ? certificates : [];
  }
}
