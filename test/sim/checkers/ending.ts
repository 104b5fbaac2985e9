/**
 * What must be true once everything is healed and some time was given.
 *
 * `convergence`: every honest authority holds the one ledger that all certified orders make, the
 * account records are byte for byte the same (but for orders that wait in them), and all of them
 * hash it to the same root. `money`: all certified orders could be entered, so nobody was paid what
 * its payer did not have. `liveness`: every honest node is up; of every order that an honest owner
 * made there is a certificate, or of another order for its sequence, and no wallet still pursues
 * one; each wallet holds every certificate that pays it.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import { latin1, openFrame, settledBytesOf, short } from './decode.ts';
import { placeOf } from './founding.ts';
import { isSameMoney, type Ledgers } from './ledgers.ts';
import type { Wallets } from './wallets.ts';

/** Number of the message in which an authority says what its ledger hashes to. */
const ROOT = 15;

export class Ending implements Watcher {
  readonly #book: Book;
  readonly #ledgers: Ledgers;
  readonly #wallets: Wallets;
  /** The last root that each honest authority told anyone. */
  readonly #roots = new Map<number, string>();

  constructor(book: Book, ledgers: Ledgers, wallets: Wallets) {
    this.#book = book;
    this.#ledgers = ledgers;
    this.#wallets = wallets;
  }

  released(process: Process, step: Parameters<NonNullable<Watcher['released']>>[1]): void {
    if (process.role !== 'authority') return;
    for (const { bytes } of step.sends) {
      const { tag, isOwn, body } = openFrame(bytes);
      if (tag === ROOT && isOwn) this.#roots.set(process.index, body.text(32));
    }
  }

  /** What is not as it should be in the end; undefined when all is well. */
  unfinished(processes: readonly Process[], mustComplete: boolean): Violation | undefined {
    for (const process of processes) {
      if (process.isHonest && !process.isUp) {
        return new Violation('liveness', `${process.name} did not come up again`);
      }
      const found =
        process.role === 'authority'
          ? this.#authority(process)
          : process.role === 'wallet'
            ? this.#wallet(process, mustComplete)
            : undefined;
      if (found !== undefined) return found;
    }
    const open = mustComplete ? this.#open() : undefined;
    if (open !== undefined) return open;
    const authorities = processes.filter(({ role }) => role === 'authority');
    const other = this.#otherBytes(authorities);
    if (other !== undefined) return other;
    const roots = new Set(authorities.map(({ index }) => this.#roots.get(index)));
    if (roots.size <= 1) return undefined;
    return new Violation('convergence', 'equal ledgers, but the authorities hash them differently');
  }

  /** Account records that say the same in other bytes. */
  #otherBytes([first, ...others]: readonly Process[]): Violation | undefined {
    for (const [key, value] of first?.disk.live ?? []) {
      if (key[0] !== 'A') continue;
      const bytes = settledBytesOf(value);
      const other = others.find(({ disk: { live } }) => {
        const record = live.get(key);
        return record === undefined || settledBytesOf(record) !== bytes;
      });
      if (other === undefined) continue;
      const what = `account ${short(key.slice(1))} in other bytes than ${first?.name}`;
      return new Violation('convergence', `${other.name} has ${what}`);
    }
    return undefined;
  }

  /** An order that nobody will ever hear of again. */
  #open(): Violation | undefined {
    for (const place of this.#book.made.keys()) {
      if (this.#book.certified.has(place)) continue;
      const what = `order ${short(place)}/${place.slice(32)} was never decided`;
      return new Violation('liveness', what);
    }
    return undefined;
  }

  /** All orders that were certified were covered by money. */
  checkSolvency(): void {
    const [order] = this.#book.waiting.values();
    if (order === undefined) return;
    const { balances } = this.#book.entryOf(order.account);
    const what = `${short(order.account)}/${order.sequence} moves ${order.amount}`;
    throw new Violation('money', `${what} of ${balances.get(order.token) ?? 0n}`);
  }

  #authority(process: Process): Violation | undefined {
    const held = this.#ledgers.accountsOf(process);
    for (const [account, entry] of this.#book.ledger) {
      const shadow = held.get(account);
      const isNew = entry.next === 0n && entry.balances.size === 0;
      if (shadow === undefined && isNew) continue;
      const isSame =
        shadow?.next === entry.next &&
        isSameMoney(shadow.balances, entry.balances) &&
        isSameMoney(shadow.locked, entry.locked);
      if (isSame) continue;
      const what = `account ${short(account)} at ${shadow?.next} of ${entry.next}`;
      return new Violation('convergence', `${process.name} has ${what}`);
    }
    return undefined;
  }

  #wallet(process: Process, mustComplete: boolean): Violation | undefined {
    if (mustComplete && process.disk.live.has('L' as ByteKey)) {
      return new Violation('liveness', `${process.name}'s order is still on its way`);
    }
    const account = latin1(process.signer.publicKey);
    const held = this.#wallets.heldBy(process);
    for (const order of this.#book.certified.values()) {
      if (order.payee !== account || held.has(placeOf(order))) continue;
      const what = `${short(order.account)}/${order.sequence}`;
      return new Violation('liveness', `${process.name} never got ${what}, which pays it`);
    }
    return undefined;
  }
}
