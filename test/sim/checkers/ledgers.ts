/**
 * Checker `ledger`: what an honest authority's account records say is exactly what follows from the
 * genesis document and the certificates in its own journal: balances, next sequences, history
 * hashes, counts of credits, what is locked. Each account's certificates are applied in their
 * sequence and once. `money`: the balances and the locks of each token add up to what was issued,
 * and nothing less than zero is ever locked.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import {
  type CertificateView,
  type OrderView,
  type OutcomeView,
  readAccount,
  readEntry,
  short,
  sumOf,
} from './decode.ts';

/** An account as this authority's journal makes it. */
export interface Shadow {
  next: bigint;
  history: string;
  received: bigint;
  isFrozen: boolean;
  readonly balances: Map<number, bigint>;
  /** What its certified withdrawals hold. */
  readonly locked: Map<number, bigint>;
  /** Those of them about which nothing was decided. */
  readonly undecided: Map<bigint, OrderView>;
}

type Accounts = Map<string, Shadow>;

const NOBODY: Shadow = {
  next: 0n,
  history: '\0'.repeat(32),
  received: 0n,
  isFrozen: false,
  balances: new Map(),
  locked: new Map(),
  undecided: new Map(),
};

export class Ledgers implements Watcher {
  readonly #book: Book;
  readonly #accounts = new Map<number, Accounts>();

  constructor(book: Book) {
    this.#book = book;
  }

  /** What an authority holds of an account: its next sequence, and its balance of a token. */
  viewOf(process: Process, account: string, token: number): { next: bigint; balance: bigint } {
    const { next, balances } = this.#accounts.get(process.index)?.get(account) ?? NOBODY;
    return { next, balance: balances.get(token) ?? 0n };
  }

  /** The accounts that an authority holds. */
  accountsOf(process: Process): ReadonlyMap<string, Shadow> {
    return this.#accounts.get(process.index) ?? new Map();
  }

  /** Memory begins anew from what is on disk. */
  started(process: Process): void {
    if (process.role !== 'authority') return;
    const accounts: Accounts = new Map();
    this.#accounts.set(process.index, accounts);
    if (process.disk.durable.get('G' as ByteKey) === undefined) return;
    this.#issue(accounts);
    const entries = [...process.disk.durable].filter(([key]) => key[0] === 'J').sort(byKey);
    for (const [, value] of entries) {
      this.#enter(process, accounts, value);
      this.#take(process, value);
    }
    this.checkAll(process);
  }

  committed(process: Process, steps: readonly Step[]): void {
    if (process.role !== 'authority') return;
    for (const { writes } of steps) {
      for (const { key, value } of writes) {
        if (key[0] === 'J' && value !== undefined) this.#take(process, value);
      }
    }
  }

  stepped(process: Process, _event: Event, step: Step): void {
    if (process.role !== 'authority') return;
    const accounts = this.#accounts.get(process.index);
    if (accounts === undefined || step.writes.length === 0) return;
    if (step.writes.some(({ key }) => key === 'G')) this.#issue(accounts);
    for (const { key, value } of step.writes) {
      if (key[0] === 'J' && value !== undefined) this.#enter(process, accounts, value);
    }
    for (const { key, value } of step.writes) {
      if (key[0] === 'A') this.#compare(process, accounts, key.slice(1), value);
    }
  }

  /** All records of an authority at once, and their sum. */
  checkAll(process: Process): void {
    const accounts = this.#accounts.get(process.index) ?? new Map<string, Shadow>();
    const sums = new Map<number, bigint>();
    let records = 0;
    for (const [key, value] of process.disk.live) {
      if (key[0] !== 'A') continue;
      records++;
      this.#compare(process, accounts, key.slice(1), value);
      const { balances, locked, reserved } = readAccount(value);
      for (const [token, balance] of [...balances, ...locked, ...reserved]) {
        sums.set(token, (sums.get(token) ?? 0n) + balance);
      }
    }
    if (records !== accounts.size) {
      throw new Violation(
        'ledger',
        `${process.name} holds ${records} of ${accounts.size} accounts`,
      );
    }
    if (records > 0) this.#checkSums(process, sums);
  }

  #checkSums(process: Process, sums: Map<number, bigint>): void {
    const left = new Map(sums);
    for (const { token, amount } of this.#book.founding.issuance) {
      left.set(token, (left.get(token) ?? 0n) - amount);
    }
    for (const [token, excess] of left) {
      if (excess === 0n) continue;
      throw new Violation('money', `${process.name} has ${excess} too much of token ${token}`);
    }
  }

  #issue(accounts: Accounts): void {
    for (const { account, token, amount } of this.#book.founding.issuance) {
      add(shadowOf(accounts, account), token, amount);
    }
  }

  /** Enters a journal entry into the shadow. */
  #enter(process: Process, accounts: Accounts, bytes: Uint8Array): void {
    const { fact } = readEntry(bytes);
    if (fact.kind === 'conflict') {
      shadowOf(accounts, fact.first.order.account).isFrozen = true;
      const what = `${short(fact.first.order.account)}/${fact.first.order.sequence}`;
      this.#book.look(fact.second, process.name);
      throw new Violation('certificates', `${process.name} has two certificates for ${what}`);
    }
    if (fact.kind === 'certificate') this.#apply(process, accounts, fact.certificate);
    if (fact.kind === 'outcome') this.#end(process, accounts, fact);
  }

  /** A withdrawal has one outcome; a refund gives its amount back. */
  #end(process: Process, accounts: Accounts, { account, sequence, isRefund }: OutcomeView): void {
    const payer = shadowOf(accounts, account);
    const order = payer.undecided.get(sequence);
    if (order === undefined || !payer.undecided.delete(sequence)) {
      const what = `${short(account)}/${sequence}`;
      throw new Violation('ledger', `${process.name} ends ${what}, which holds nothing`);
    }
    if (!isRefund) return;
    lock(payer, order.token, -order.amount);
    add(payer, order.token, order.amount);
  }

  #take(process: Process, bytes: Uint8Array): void {
    const { fact } = readEntry(bytes);
    if (fact.kind === 'certificate') this.#book.take(fact.certificate, process.name);
    if (fact.kind === 'outcome') this.#book.end(fact, process.name);
  }

  #apply(process: Process, accounts: Accounts, certificate: CertificateView): void {
    this.#book.look(certificate, process.name);
    const { order } = certificate;
    const payer = shadowOf(accounts, order.account);
    if (order.sequence !== payer.next) {
      const what = `${short(order.account)}/${order.sequence}`;
      throw new Violation('ledger', `${process.name} applies ${what}, but ${payer.next} is next`);
    }
    payer.next++;
    payer.history = sumOf(payer.history, this.#book.hash(order));
    add(payer, order.token, -order.amount);
    if (order.payee === undefined) {
      lock(payer, order.token, order.amount);
      payer.undecided.set(order.sequence, order);
      return;
    }
    const payee = shadowOf(accounts, order.payee);
    payee.received++;
    add(payee, order.token, order.amount);
  }

  #compare(
    process: Process,
    accounts: Accounts,
    account: string,
    value: Uint8Array | undefined,
  ): void {
    const fail = (what: string): never => {
      throw new Violation('ledger', `${process.name}, account ${short(account)}: ${what}`);
    };
    const shadow = accounts.get(account);
    if (value === undefined || shadow === undefined) return fail('a record out of nothing');
    const record = readAccount(value);
    if (record.next !== shadow.next) fail(`next is ${record.next} instead of ${shadow.next}`);
    if (record.history !== shadow.history) fail('another history than its certificates make');
    if (record.received !== shadow.received) fail(`${record.received} credits`);
    if (record.isFrozen !== shadow.isFrozen) fail('frozen or not, against the evidence');
    if (!isSameMoney(record.balances, shadow.balances)) fail('another balance than was paid');
    if (!isSameMoney(record.locked, shadow.locked)) fail('another lock than was certified');
    for (const [token, amount] of record.locked) {
      if (amount <= 0n) fail(`${amount} of token ${token} is locked`);
    }
    const { pending } = record;
    if (pending === undefined) return;
    if (pending.account !== account) fail("another account's order is pending");
    if (pending.sequence !== record.next) fail(`${pending.sequence} is pending at ${record.next}`);
  }
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

function shadowOf(accounts: Accounts, account: string): Shadow {
  const shadow = accounts.get(account) ?? { ...NOBODY, ...noMoney() };
  accounts.set(account, shadow);
  return shadow;
}

function lock(shadow: Shadow, token: number, amount: bigint): void {
  shadow.locked.set(token, (shadow.locked.get(token) ?? 0n) + amount);
}

function noMoney(): Pick<Shadow, 'balances' | 'locked' | 'undecided'> {
  return { balances: new Map(), locked: new Map(), undecided: new Map() };
}

function add(shadow: Shadow, token: number, amount: bigint): void {
  shadow.balances.set(token, (shadow.balances.get(token) ?? 0n) + amount);
}

/** Whether two sets of balances say the same; zero is the same as no entry. */
export function isSameMoney(
  a: ReadonlyMap<number, bigint>,
  b: ReadonlyMap<number, bigint>,
): boolean {
  for (const [token, balance] of a) if (balance !== (b.get(token) ?? 0n)) return false;
  for (const [token, balance] of b) if (balance !== (a.get(token) ?? 0n)) return false;
  return true;
}
