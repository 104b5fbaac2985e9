/**
 * Checker `ledger`: what an honest authority's account records say is exactly what follows from the
 * genesis document and the certificates in its own journal: balances, next sequences, history
 * hashes, counts of credits, what is locked, how each withdrawal stands. Each account's
 * certificates are applied in their sequence and once; a lock is released by a certified fact
 * alone. `money`: balances, locks and reserves of each token, and what was paid out, add up to what
 * was issued and paid in, whenever a fact was entered, and nothing less than zero is ever locked.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import {
  type CertificateView,
  type OutcomeView,
  type ReportView,
  readAccount,
  readEntry,
  short,
  sumOf,
} from './decode.ts';
import { type Change, Fates, type Standing, standingOf } from './fates.ts';
import { placeOf } from './founding.ts';

/** An account as this authority's journal makes it. */
export interface Shadow {
  next: bigint;
  history: string;
  received: bigint;
  isFrozen: boolean;
  readonly balances: Map<number, bigint>;
  /** What its certified withdrawals hold. */
  readonly locked: Map<number, bigint>;
}

/** An authority as its journal makes it. */
interface Holding {
  readonly accounts: Map<string, Shadow>;
  readonly fates: Fates;
}
type Accounts = Holding['accounts'];

const NOBODY: Shadow = {
  next: 0n,
  history: '\0'.repeat(32),
  received: 0n,
  isFrozen: false,
  balances: new Map(),
  locked: new Map(),
};

/** How the key of a fact's place in the list of facts begins. */
const FACT = '\u00b6';
/** How the record of a withdrawal begins, and what its first byte says. */
const WITHDRAWAL = '\u00a0';
const STANDINGS: Readonly<Record<Standing, number>> = {
  locked: 1,
  settled: 2,
  paid: 3,
  refunded: 4,
  returned: 5,
};

export class Ledgers implements Watcher {
  readonly #book: Book;
  readonly #held = new Map<number, Holding>();

  constructor(book: Book) {
    this.#book = book;
  }

  /** What an authority holds of an account: its next sequence, and its balance of a token. */
  viewOf(process: Process, account: string, token: number): { next: bigint; balance: bigint } {
    const { next, balances } = this.accountsOf(process).get(account) ?? NOBODY;
    return { next, balance: balances.get(token) ?? 0n };
  }

  /** The accounts that an authority holds. */
  accountsOf(process: Process): ReadonlyMap<string, Shadow> {
    return this.#held.get(process.index)?.accounts ?? new Map();
  }

  /** Memory begins anew from what is on disk. */
  started(process: Process): void {
    if (process.role !== 'authority') return;
    const held: Holding = { accounts: new Map(), fates: new Fates() };
    this.#held.set(process.index, held);
    if (process.disk.durable.get('G' as ByteKey) === undefined) return;
    this.#issue(held.accounts);
    const entries = [...process.disk.durable].filter(([key]) => key[0] === 'J').sort(byKey);
    for (const [, value] of entries) {
      this.#enter(process, held, value);
      this.#take(process, value);
    }
    this.checkAll(process);
  }

  committed(process: Process, steps: readonly Step[]): void {
    if (process.role !== 'authority') return;
    let hasFacts = false;
    for (const { writes } of steps) {
      for (const { key, value } of writes) {
        if (key[0] === 'J' && value !== undefined) this.#take(process, value);
        if (key[0] === FACT) hasFacts = true;
      }
    }
    if (hasFacts) this.checkAll(process);
  }

  stepped(process: Process, _event: Event, step: Step): void {
    if (process.role !== 'authority') return;
    const held = this.#held.get(process.index);
    if (held === undefined || step.writes.length === 0) return;
    if (step.writes.some(({ key }) => key === 'G')) this.#issue(held.accounts);
    for (const { key, value } of step.writes) {
      if (key[0] === 'J' && value !== undefined) this.#enter(process, held, value);
    }
    for (const { key, value } of step.writes) {
      if (key[0] === 'A') this.#compare(process, held.accounts, key.slice(1), value);
      if (key[0] === WITHDRAWAL) this.#compareStanding(process, held, key.slice(1), value);
    }
  }

  /** All records of an authority at once, and their sum. */
  checkAll(process: Process): void {
    const accounts = this.#held.get(process.index)?.accounts ?? new Map<string, Shadow>();
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

  /** All money that an authority holds, against what came in and what left. */
  #checkSums(process: Process, sums: Map<number, bigint>): void {
    const left = new Map(sums);
    const more = (token: number, amount: bigint) => {
      left.set(token, (left.get(token) ?? 0n) + amount);
    };
    for (const { token, amount } of this.#book.founding.issuance) more(token, -amount);
    const { deposited, burned } = this.#held.get(process.index)?.fates ?? new Fates();
    for (const [token, amount] of deposited) more(token, -amount);
    for (const [token, amount] of burned) more(token, amount);
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
  #enter(process: Process, held: Holding, bytes: Uint8Array): void {
    const { accounts } = held;
    const { fact } = readEntry(bytes);
    if (fact.kind === 'conflict') {
      shadowOf(accounts, fact.first.order.account).isFrozen = true;
      const what = `${short(fact.first.order.account)}/${fact.first.order.sequence}`;
      this.#book.look(fact.second, process.name);
      throw new Violation('certificates', `${process.name} has two certificates for ${what}`);
    }
    if (fact.kind === 'certificate') this.#apply(process, held, fact.certificate);
    if (fact.kind === 'outcome') this.#end(process, held, fact);
    if (fact.kind === 'report') this.#report(process, held, fact);
  }

  /** A withdrawal has one outcome; a refund gives its amount back. */
  #end(process: Process, { accounts, fates }: Holding, outcome: OutcomeView): void {
    const place = placeOf(outcome);
    const known = fates.at(place);
    if (known?.order === undefined || known.outcome !== undefined) {
      const what = `${short(outcome.account)}/${outcome.sequence}`;
      throw new Violation('ledger', `${process.name} ends ${what}, which holds nothing`);
    }
    change(accounts, fates.end(outcome)?.change);
  }

  /** What was settled is paid out or comes back; a deposit is credited once. */
  #report(process: Process, { accounts, fates }: Holding, report: ReportView): void {
    const { ledger, event } = report;
    this.#book.lookAt(report);
    const fail = (what: string): never => {
      throw new Violation('ledger', `${process.name} ${what}`);
    };
    if (event.what === 'deposit') {
      if (fates.deposit(ledger, event) !== true) fail('credits a deposit twice');
      add(shadowOf(accounts, event.account), event.token, event.amount);
      return;
    }
    const known = fates.at(placeOf(event));
    const isAgain = event.what === 'paid' ? known?.isPaid : known?.isReturned;
    const what = `${short(event.account)}/${event.sequence}`;
    if (known?.outcome !== 'settle') fail(`takes ${what} for ${event.what}, never settled`);
    if (isAgain === true) fail(`takes ${what} for ${event.what} twice`);
    change(accounts, fates.report(event));
  }

  #take(process: Process, bytes: Uint8Array): void {
    const { fact } = readEntry(bytes);
    if (fact.kind === 'certificate') this.#book.take(fact.certificate, process.name);
    if (fact.kind === 'outcome') this.#book.end(fact, process.name);
    if (fact.kind === 'report') this.#book.hear(fact, process.name);
  }

  #apply(process: Process, held: Holding, certificate: CertificateView): void {
    const { accounts, fates } = held;
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
      change(accounts, fates.lock(order));
      return;
    }
    const payee = shadowOf(accounts, order.payee);
    payee.received++;
    add(payee, order.token, order.amount);
  }

  /** The record of a withdrawal says what is certified about it. */
  #compareStanding(
    process: Process,
    { fates }: Holding,
    key: string,
    value: Uint8Array | undefined,
  ): void {
    const [account, sequence] = [key.slice(0, 32), bigEndian(key.slice(32))];
    const fate = fates.at(placeOf({ account, sequence }));
    const due = fate?.order === undefined ? undefined : STANDINGS[standingOf(fate)];
    if (due !== undefined && value?.[0] === due) return;
    const what = `${short(account)}/${sequence}`;
    throw new Violation('ledger', `${process.name} has ${what} in state ${value?.[0]}, not ${due}`);
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

function bigEndian(text: string): bigint {
  return Buffer.from(text, 'latin1').readBigUInt64BE(0);
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

function shadowOf(accounts: Accounts, account: string): Shadow {
  const shadow = accounts.get(account) ?? { ...NOBODY, ...noMoney() };
  accounts.set(account, shadow);
  return shadow;
}

/** Moves what a fact about a withdrawal moves. */
function change(accounts: Accounts, made: Change | undefined): void {
  if (made === undefined) return;
  const { account, token, unlocked, back } = made;
  const shadow = shadowOf(accounts, account);
  shadow.locked.set(token, (shadow.locked.get(token) ?? 0n) - unlocked);
  add(shadow, token, back);
}

function noMoney(): Pick<Shadow, 'balances' | 'locked'> {
  return { balances: new Map(), locked: new Map() };
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
