/**
 * Checker `evidence`: two orders that one account signed for one sequence do not pass unnoticed. An
 * honest authority that holds one, as pending or certified, and is shown another keeps both as a
 * proof in that very step; it tells every member that it has a link to; and it passes each order
 * that it votes for on to them, which is how two halves of a split vote meet. Whether a proof
 * proves anything is another checker's question (`proofs`).
 *
 * In the end, whatever frames were lost and whoever was away or came back from an old copy: if one
 * of them holds a proof, or two of them hold different orders for one place, each of them holds a
 * proof.
 *
 * Nothing is demanded for an order that could never be valid.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import {
  bytes64,
  isForOthers,
  latin1,
  MESSAGE,
  type OrderView,
  openFrame,
  readAccount,
  readEntry,
  readOrder,
  short,
} from './decode.ts';
import { isOrderSigned, placeOf } from './founding.ts';
import { MemberLinks } from './member-links.ts';

export class Evidence implements Watcher {
  readonly #book: Book;
  readonly #links: MemberLinks;

  constructor(book: Book) {
    this.#book = book;
    this.#links = new MemberLinks(book.founding);
  }

  started(process: Process): void {
    this.#links.begin(process);
  }

  stepped(process: Process, event: Event, step: Step): void {
    if (process.role !== 'authority') return;
    this.#links.follow(process, event);
    if (event.kind !== 'frame' || step.closes.length > 0) return;
    for (const order of this.#shown(process, event)) {
      const held = heldAt(process, order);
      if (held !== undefined && held.raw !== order.raw) this.#demandProof(process, step, order);
    }
    // Whose list a proof was read from shows it to the others as well.
    const isRead = openFrame(event.bytes).tag === MESSAGE.proofs;
    for (const { key, value } of step.writes) {
      if (value === undefined) continue;
      if (key[0] === 'D' && !isRead)
        this.#demandTold(process, step, MESSAGE.doubleSpend, 'a proof');
      if (key[0] === 'A') this.#demandGossip(process, step, key, value);
      if (key[0] === 'J') this.#demandProofOfReplaced(process, step, value);
    }
  }

  /** What not every honest authority has evidence of in the end; undefined when all is well. */
  unfinished(processes: readonly Process[]): Violation | undefined {
    const up = processes.filter(({ role, isUp }) => role === 'authority' && isUp);
    const disputed = new Set(up.flatMap((process) => [...disputesAt(process, up)]));
    for (const process of up) {
      for (const index of disputed) {
        if (process.disk.live.has(index)) continue;
        const what = `${short(index.slice(1))}/${Buffer.from(index, 'latin1').readBigUInt64BE(33)}`;
        return new Violation('evidence', `${process.name} never got a proof against ${what}`);
      }
    }
    return undefined;
  }

  /** Orders that a frame shows this authority and that it could have voted for. */
  #shown(process: Process, { bytes, link }: Extract<Event, { kind: 'frame' }>): OrderView[] {
    const { tag, isOwn, body } = openFrame(bytes);
    if (isForOthers(bytes, process.index)) return [];
    const isOfMember = isOwn && this.#links.of(process).has(link);
    const isOrder = tag === MESSAGE.order || (tag === MESSAGE.gossip && isOfMember);
    if (!isOrder) return [];
    try {
      const order = readOrder(body);
      return body.isAtEnd && this.#isPossible(order) ? [order] : [];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // Garbage is no order.
      return [];
    }
  }

  #isPossible(order: OrderView): boolean {
    const { founding } = this.#book;
    if (order.amount <= 0n || order.token >= founding.tokenCount) return false;
    if (order.payee === undefined && !isPayable(order)) return false;
    return order.account !== order.payee && isOrderSigned(founding, order);
  }

  #demandProof(process: Process, step: Step, order: OrderView): void {
    const index = `D${order.account}${bytes64(order.sequence)}`;
    if (process.disk.live.has(index as ByteKey)) return;
    if (step.writes.some(({ key }) => key === index)) return;
    const what = `${short(order.account)}/${order.sequence}`;
    throw new Violation('evidence', `${process.name} keeps no proof of two orders for ${what}`);
  }

  /** A certificate takes the sequence that another order was voted for. */
  #demandProofOfReplaced(process: Process, step: Step, entry: Uint8Array): void {
    const { fact } = readEntry(entry);
    if (fact.kind !== 'certificate') return;
    const { order } = fact.certificate;
    const held = heldAt(process, order);
    if (held !== undefined && held.raw !== order.raw) this.#demandProof(process, step, order);
  }

  #demandGossip(process: Process, step: Step, key: string, value: Uint8Array): void {
    const { pending } = readAccount(value);
    const before = process.disk.live.get(key as ByteKey);
    if (pending === undefined) return;
    if (before !== undefined && readAccount(before).pending?.raw === pending.raw) return;
    const what = `its vote for ${short(pending.account)}/${pending.sequence}`;
    this.#demandTold(process, step, MESSAGE.gossip, what);
  }

  #demandTold(process: Process, step: Step, tag: number, what: string): void {
    const links = this.#links.of(process);
    const told = new Set<string | undefined>();
    for (const { link, bytes } of step.sends) {
      const frame = openFrame(bytes);
      if (frame.tag === tag && frame.isOwn) told.add(links.get(link));
    }
    if ([...links.values()].every((member) => told.has(member))) return;
    throw new Violation('evidence', `${process.name} does not tell every member of ${what}`);
  }
}

/** Where proofs lie that this authority holds, or makes with an order that another one holds. */
function* disputesAt(process: Process, all: readonly Process[]): Generator<ByteKey> {
  for (const [key, value] of process.disk.live) {
    if (key[0] === 'D') yield key;
    const pending = key[0] === 'A' ? readAccount(value).pending : undefined;
    if (pending === undefined) continue;
    const held = all.map((other) => heldAt(other, pending));
    if (held.every((order) => order === undefined || order.raw === pending.raw)) continue;
    yield `D${pending.account}${bytes64(pending.sequence)}` as ByteKey;
  }
}

/**
 * The order that an authority holds for a place: the one that it voted for, or the certified one.
 */
function heldAt(process: Process, { account, sequence }: OrderView): OrderView | undefined {
  const { live } = process.disk;
  const record = live.get(`A${account}` as ByteKey);
  const pending = record === undefined ? undefined : readAccount(record).pending;
  if (pending !== undefined && placeOf(pending) === placeOf({ account, sequence })) return pending;
  const number = live.get(`C${account}${bytes64(sequence)}` as ByteKey);
  const entry = number === undefined ? undefined : live.get(`J${latin1(number)}` as ByteKey);
  const fact = entry === undefined ? undefined : readEntry(entry).fact;
  return fact?.kind === 'certificate' ? fact.certificate.order : undefined;
}

/** There is one ledger, a cashbook that pays out the first token. */
function isPayable({ ledger, token, recipient }: OrderView): boolean {
  return ledger === 0 && token === 0 && recipient !== '' && recipient.trim() === recipient;
}
