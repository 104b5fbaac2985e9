/**
 * Checker `wallets`: what an honest wallet believes to have is what its certificates prove, and
 * they are certificates: issued, plus every one that pays it, minus every one of its own orders,
 * each counted once and its own in their sequence.
 */
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import { latin1, Reader, readBalances, readCertificate } from './decode.ts';
import { placeOf } from './founding.ts';
import { isSameMoney } from './ledgers.ts';

interface Purse {
  next: bigint;
  readonly balances: Map<number, bigint>;
  readonly counted: Set<string>;
}

export class Wallets implements Watcher {
  readonly #book: Book;
  readonly #purses = new Map<number, Purse>();

  constructor(book: Book) {
    this.#book = book;
  }

  /** The certificates that a wallet holds, as (account, sequence). */
  heldBy(process: Process): ReadonlySet<string> {
    return this.#purses.get(process.index)?.counted ?? new Set();
  }

  started(process: Process): void {
    if (process.role !== 'wallet') return;
    const purse: Purse = { next: 0n, balances: new Map(), counted: new Set() };
    this.#purses.set(process.index, purse);
    const account = latin1(process.signer.publicKey);
    for (const issue of this.#book.founding.issuance) {
      if (issue.account === account) add(purse, issue.token, issue.amount);
    }
    const keys = [...process.disk.durable.keys()].filter((key) => key[0] === 'P').sort();
    for (const key of keys) {
      const value = process.disk.durable.get(key);
      this.#count(process, purse, value);
      this.#enter(process, value);
    }
  }

  committed(process: Process, steps: readonly Step[]): void {
    if (process.role !== 'wallet') return;
    for (const { writes } of steps) {
      for (const { key, value } of writes) if (key[0] === 'P') this.#enter(process, value);
    }
  }

  #enter(process: Process, value: Uint8Array | undefined): void {
    if (value !== undefined) this.#book.take(readCertificate(new Reader(value, 8)), process.name);
  }

  stepped(process: Process, _event: Event, step: Step): void {
    const purse = this.#purses.get(process.index);
    if (purse === undefined) return;
    for (const { key, value } of step.writes) {
      if (key[0] === 'P') this.#count(process, purse, value);
    }
    const written = step.writes.find(({ key }) => key === 'W');
    if (written?.value !== undefined) this.#compare(process, purse, written.value);
  }

  #count(process: Process, purse: Purse, value: Uint8Array | undefined): void {
    const fail = (what: string): never => {
      throw new Violation('wallets', `${process.name} ${what}`);
    };
    if (value === undefined) return fail('removes a payment');
    const certificate = readCertificate(new Reader(value, 8));
    this.#book.look(certificate, process.name);
    const { order } = certificate;
    const account = latin1(process.signer.publicKey);
    const place = placeOf(order);
    if (purse.counted.has(place)) fail('counts a certificate twice');
    purse.counted.add(place);
    if (order.account === account) {
      if (order.sequence !== purse.next) fail(`counts ${order.sequence} at ${purse.next}`);
      purse.next++;
      add(purse, order.token, -order.amount);
    } else if (order.payee === account) {
      add(purse, order.token, order.amount);
    } else {
      fail("keeps a certificate that is not its owner's");
    }
  }

  #compare(process: Process, purse: Purse, value: Uint8Array): void {
    const reader = new Reader(value);
    reader.text(32);
    const next = reader.u64();
    const payments = reader.u64();
    const isRight = next === purse.next && payments === BigInt(purse.counted.size);
    if (isRight && isSameMoney(readBalances(reader), purse.balances)) return;
    throw new Violation('wallets', `${process.name} believes in another balance than it can prove`);
  }
}

function add(purse: Purse, token: number, amount: bigint): void {
  purse.balances.set(token, (purse.balances.get(token) ?? 0n) + amount);
}
