/**
 * Checker `certificates`: every certificate that an honest node keeps really is one: a quorum of
 * distinct members of the first epoch voted, the owner signed, and there is at most one for an
 * (account, sequence). An order of an honest owner is one that it really made.
 *
 * What it learns is the book that the other checkers read: all certified orders, and the one ledger
 * that they make. An order is certified when an honest node has its certificate on disk: what is in
 * memory alone can die with the process, and only a thief may have held it besides. It is entered
 * in the ledger as soon as the payer has the money, so that an order which is never entered is one
 * that paid what nobody had (checker `money`).
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import {
  type CertificateView,
  latin1,
  type OrderView,
  type OutcomeView,
  Reader,
  type ReportView,
  readOrder,
  short,
} from './decode.ts';
import { type Change, Fates } from './fates.ts';
import {
  type Founding,
  hashOf,
  isOrderSigned,
  isVoteSigned,
  placeOf,
  quorumFor,
} from './founding.ts';

/** Where a wallet keeps its live order. */
const LIVE_ORDER = 'L' as ByteKey;

/** An account in the ledger of all certified orders. */
export interface Entry {
  next: bigint;
  readonly balances: Map<number, bigint>;
  readonly locked: Map<number, bigint>;
}

export class Book implements Watcher {
  readonly founding: Founding;
  /** (account, sequence) -> the order of every certificate that an honest node had in memory. */
  readonly seen = new Map<string, OrderView>();
  /** What an honest node has on disk of how withdrawals ended, and of what was paid in. */
  readonly fates = new Fates();
  /** Names of certified deposits -> the deposit, as soon as an honest node has it in memory. */
  readonly deposits = new Map<string, ReportView>();
  /** (account, sequence) -> the certified order. */
  readonly certified = new Map<string, OrderView>();
  /** Orders that honest owners made: (account, sequence) -> its bytes. */
  readonly made = new Map<string, string>();
  readonly ledger = new Map<string, Entry>();
  /** Certified orders whose payer has not the money yet, in the ledger so far. */
  readonly waiting = new Map<string, OrderView>();
  readonly #sound = new Set<string>();
  readonly #hashes = new Map<string, string>();

  constructor(founding: Founding) {
    this.founding = founding;
    for (const { account, token, amount } of founding.issuance)
      this.#credit(account, token, amount);
  }

  /** An order that a wallet comes up with may have been lost before it left, and leaves now. */
  started(process: Process): void {
    this.#learn(process, process.disk.durable.get(LIVE_ORDER));
  }

  /** What an honest wallet has signed counts from when it leaves the wallet. */
  released(process: Process, step: Step): void {
    for (const { key, value } of step.writes) if (key === LIVE_ORDER) this.#learn(process, value);
  }

  #learn(process: Process, value: Uint8Array | undefined): void {
    if (process.role !== 'wallet' || value === undefined) return;
    const order = readOrder(new Reader(value));
    const place = placeOf(order);
    const before = this.made.get(place);
    if (before !== undefined && before !== order.raw) {
      throw new Violation('wallets', `${process.name} signed two orders for ${order.sequence}`);
    }
    this.made.set(place, order.raw);
  }

  /** The hash of an order. */
  hash(order: OrderView): string {
    const known = this.#hashes.get(order.raw);
    if (known !== undefined) return known;
    const hash = hashOf(this.founding, order);
    this.#hashes.set(order.raw, hash);
    return hash;
  }

  /** Whether this very certificate was found to be one. */
  isSound(certificate: CertificateView): boolean {
    return this.#sound.has(idOf(certificate));
  }

  /** Looks at a certificate that an honest node has in memory. */
  look(certificate: CertificateView, keeper: string): void {
    const id = idOf(certificate);
    if (this.#sound.has(id)) return;
    this.#check(certificate, keeper);
    this.#sound.add(id);
    const { order } = certificate;
    const place = placeOf(order);
    const other = this.seen.get(place);
    if (other !== undefined && other.raw !== order.raw) {
      const what = `two certificates for ${short(order.account)}/${order.sequence}`;
      throw new Violation('certificates', `${keeper} has the second of ${what}`);
    }
    if (other !== undefined) return;
    this.seen.set(place, order);
    this.entryOf(order.account);
    if (order.payee !== undefined) this.entryOf(order.payee);
  }

  /** Enters a certificate that an honest node has on disk. */
  take(certificate: CertificateView, keeper: string): void {
    this.look(certificate, keeper);
    const { order } = certificate;
    const place = placeOf(order);
    if (this.certified.has(place)) return;
    this.certified.set(place, order);
    this.waiting.set(place, order);
    this.#settle(order.account);
  }

  /** Enters what an honest node has on disk of how a withdrawal ended. There is one end. */
  end(outcome: OutcomeView, keeper: string): void {
    const ended = this.fates.end(outcome);
    if (ended === undefined) {
      const what = `${short(outcome.account)}/${outcome.sequence}`;
      throw new Violation('agreement', `${keeper} has another end of the withdrawal ${what}`);
    }
    this.#change(ended.change);
    this.#settle(outcome.account);
  }

  /** Looks at what an honest node has in memory of what happened on an outer ledger. */
  lookAt(report: ReportView): void {
    if (report.event.what !== 'deposit') return;
    this.deposits.set(report.name, report);
    this.entryOf(report.event.account);
  }

  /** Enters what an honest node has on disk of what happened on an outer ledger. */
  hear({ ledger, event }: ReportView, keeper: string): void {
    if (event.what !== 'deposit') this.#change(this.fates.report(event));
    else {
      const isNew = this.fates.deposit(ledger, event);
      if (isNew === undefined) {
        throw new Violation('facts', `${keeper} has another deposit of the name of one`);
      }
      if (isNew) this.#credit(event.account, event.token, event.amount);
    }
    this.#settle(event.account);
  }

  #change(change: Change | undefined): void {
    if (change === undefined) return;
    const { account, token, unlocked, back } = change;
    addTo(this.entryOf(account).locked, token, -unlocked);
    this.#credit(account, token, back);
  }

  #check({ epoch, order, votes }: CertificateView, keeper: string): void {
    const { founding } = this;
    const fail = (what: string): never => {
      const name = `a certificate for ${short(order.account)}/${order.sequence}`;
      throw new Violation('certificates', `${keeper} keeps ${name} ${what}`);
    };
    const quorum = quorumFor(founding.memberKeys.length);
    const hash = this.hash(order);
    if (epoch !== 0) fail(`of epoch ${epoch}`);
    if (new Set(votes.map(({ member }) => member)).size !== votes.length) fail('with a vote twice');
    if (votes.length < quorum) fail(`with ${votes.length} votes of ${quorum}`);
    for (const { member, signature } of votes) {
      if (!isVoteSigned(founding, hash, member, signature)) fail(`with a bad vote of ${member}`);
    }
    if (!isOrderSigned(founding, order)) fail('of an order that its owner did not sign');
    if (order.token >= founding.tokenCount) fail(`in an unknown token ${order.token}`);
    const isOwnerHonest = founding.honestAccounts.has(order.account);
    if (isOwnerHonest && this.made.get(placeOf(order)) !== order.raw) {
      fail('of an order that its owner never made');
    }
  }

  /** Enters what can be entered, beginning with one account and following the money. */
  #settle(first: string): void {
    const ready = [first];
    for (const account of ready) {
      const entry = this.entryOf(account);
      const order = this.waiting.get(placeOf({ account, sequence: entry.next }));
      const balance = entry.balances.get(order?.token ?? 0) ?? 0n;
      if (order === undefined || balance < order.amount) continue;
      this.waiting.delete(placeOf(order));
      entry.next++;
      entry.balances.set(order.token, balance - order.amount);
      ready.push(account);
      if (order.payee === undefined) {
        this.#change(this.fates.lock(order));
        continue;
      }
      this.#credit(order.payee, order.token, order.amount);
      ready.push(order.payee);
    }
  }

  #credit(account: string, token: number, amount: bigint): void {
    addTo(this.entryOf(account).balances, token, amount);
  }

  /** An account's entry; empty where nothing was paid yet. */
  entryOf(account: string): Entry {
    const entry = this.ledger.get(account) ?? { next: 0n, balances: new Map(), locked: new Map() };
    this.ledger.set(account, entry);
    return entry;
  }
}

function addTo(sums: Map<number, bigint>, token: number, amount: bigint): void {
  sums.set(token, (sums.get(token) ?? 0n) + amount);
}

/** A certificate's bytes, near enough. */
function idOf({ epoch, order, votes }: CertificateView): string {
  const rows = votes.map(({ member, signature }) => `${member}${latin1(signature)}`);
  return `${epoch}${order.raw}${latin1(order.signature)}${rows.join()}`;
}
