/**
 * Checker `wallets`: what an honest wallet believes to have is what its certificates prove, and
 * they are certificates: issued, plus every one that pays it, minus every one of its own orders,
 * each counted once and its own in their sequence; and every certified deposit to it.
 */
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import { latin1, type OrderView, Reader, readBalances, readCertificate } from './decode.ts';
import { placeOf } from './founding.ts';
import { isSameMoney } from './ledgers.ts';

/** How the keys of its withdrawals begin; the states in which their money is back. */
const OWN_WITHDRAWAL = '\u00a3';
const GIVEN_BACK = [7, 8, 9];
/** How the key of a fact begins that it took in; the fact's name follows. */
const TAKEN_FACT = '\u00a4';

interface Purse {
  next: bigint;
  readonly balances: Map<number, bigint>;
  readonly counted: Set<string>;
  /** How many deposits are among those counted. */
  deposits: number;
  /** Its certified withdrawals by their sequences, and those whose money came back. */
  readonly withdrawn: Map<bigint, OrderView>;
  readonly givenBack: Set<bigint>;
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
    const purse: Purse = {
      next: 0n,
      balances: new Map(),
      counted: new Set(),
      deposits: 0,
      withdrawn: new Map(),
      givenBack: new Set(),
    };
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
    for (const [key, value] of process.disk.durable) {
      if (key[0] === OWN_WITHDRAWAL) this.#giveBack(purse, key, value);
      if (key[0] === TAKEN_FACT) this.#payIn(purse, account, key);
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
    for (const { key, value } of step.writes) {
      if (key[0] === OWN_WITHDRAWAL) this.#giveBack(purse, key, value);
      if (key[0] === TAKEN_FACT) this.#payIn(purse, latin1(process.signer.publicKey), key);
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
      if (order.payee === undefined) purse.withdrawn.set(order.sequence, order);
    } else if (order.payee === account) {
      add(purse, order.token, order.amount);
    } else {
      fail("keeps a certificate that is not its owner's");
    }
  }

  /** A deposit to the own account is credited, once. */
  #payIn(purse: Purse, account: string, key: string): void {
    const event = this.#book.deposits.get(key.slice(1))?.event;
    if (event?.what !== 'deposit' || event.account !== account) return;
    if (purse.counted.has(key)) return;
    purse.counted.add(key);
    purse.deposits++;
    add(purse, event.token, event.amount);
  }

  /** A withdrawal whose states say that its money came back credits it, once. */
  #giveBack(purse: Purse, key: string, value: Uint8Array | undefined): void {
    const sequence = Buffer.from(key.slice(1), 'latin1').readBigUInt64BE(0);
    const order = purse.withdrawn.get(sequence);
    if (value === undefined || order === undefined || purse.givenBack.has(sequence)) return;
    const reader = new Reader(value, 32);
    for (let left = reader.u8(); left > 0; left--) {
      const state = reader.u8();
      reader.u64();
      if (!GIVEN_BACK.includes(state) || purse.givenBack.has(sequence)) continue;
      purse.givenBack.add(sequence);
      add(purse, order.token, order.amount);
    }
  }

  #compare(process: Process, purse: Purse, value: Uint8Array): void {
    const reader = new Reader(value);
    reader.text(32);
    const next = reader.u64();
    const payments = reader.u64();
    const isRight = next === purse.next && payments === BigInt(purse.counted.size - purse.deposits);
    if (isRight && isSameMoney(readBalances(reader), purse.balances)) return;
    throw new Violation('wallets', `${process.name} believes in another balance than it can prove`);
  }
}

function add(purse: Purse, token: number, amount: bigint): void {
  purse.balances.set(token, (purse.balances.get(token) ?? 0n) + amount);
}
