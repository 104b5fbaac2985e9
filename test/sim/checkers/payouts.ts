/**
 * Checkers `payouts` and `facts`: what really happens at the outer ledger, beside what is certified
 * of it. `payouts`: the ledger takes on and pays only what a certified withdrawal is worth, to whom
 * it is due, once for each, and, where an honest gateway has it paid, after an honest member has on
 * disk that this was decided; nothing that it took on is ever refunded by the committee. `facts`:
 * what an honest authority takes for certified is the word of enough observers, and is true. In the
 * end (`liveness`) every certified withdrawal is paid, refunded or came back, the ledger paid those
 * that the network has for paid, each deposit is credited, and the wallets know of it all.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { LedgerDeposit, Payout } from '../../../agent/core/codec/payout.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import type { TillWatcher } from '../cash/till.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import { bytes64, latin1, Reader, type ReportView, readEntry, short } from './decode.ts';
import { standingOf } from './fates.ts';
import { isTestimonySigned, placeOf } from './founding.ts';

/** What the ledger did with one payout. */
interface Paid {
  readonly key: string;
  readonly payout: Payout;
  times: number;
  cameBack: boolean;
}

/** How the key of a fact that a wallet took in begins. */
const TAKEN_FACT = '\u00a4';
/**
 * How the key of a wallet's note of one of its withdrawals begins, and the states in it that say
 * how it ended: finalized; rejected, expired, returned.
 */
const OWN_WITHDRAWAL = '\u00a3';
const PAID_STATES = [6];
const BACK_STATES = [7, 8, 9];
/** The token that the ledger is for. */
const ITS_TOKEN = 0;

export class Payouts implements Watcher, TillWatcher {
  readonly #book: Book;
  /** (account, sequence) -> what the ledger did. */
  readonly #taken = new Map<string, Paid>();
  /** Id -> what was paid in. */
  readonly #paidIn = new Map<string, LedgerDeposit>();
  readonly #judged = new Set<string>();

  constructor(book: Book) {
    this.#book = book;
  }

  takenOn(key: string, payout: Payout, asker: string | undefined): void {
    const place = placeIn(payout);
    const other = this.#taken.get(place);
    if (other !== undefined) fail('payouts', `the ledger takes ${nameOf(payout)} on twice`);
    const { keys } = this;
    if (keys.has(key)) fail('payouts', 'two payouts of one key');
    this.#taken.set(place, { key, payout, times: 0, cameBack: false });
    const order = this.#book.certified.get(place);
    const isDue =
      order !== undefined &&
      order.payee === undefined &&
      order.token === payout.token &&
      order.amount === payout.amount &&
      order.recipient === latin1(payout.recipient);
    // Of what the hostile have paid no honest member need have the proof on disk yet.
    if (asker === undefined && order === undefined) return;
    if (!isDue) fail('payouts', `the ledger takes ${nameOf(payout)} on, which is not due so`);
    const { outcome } = this.#book.fates.at(place) ?? {};
    if (asker !== undefined && outcome !== 'settle') {
      fail('payouts', `${asker} has ${nameOf(payout)} paid, which is decided nowhere`);
    }
    this.#checkOutcomes();
  }

  paidOut(payout: Payout): void {
    const taken = this.#taken.get(placeIn(payout));
    if (taken === undefined) return fail('payouts', `${nameOf(payout)} is paid from nothing`);
    taken.times++;
    if (taken.times > 1) fail('payouts', `${nameOf(payout)} is paid twice`);
    this.#checkOutcomes();
  }

  cameBack(payout: Payout): void {
    const taken = this.#taken.get(placeIn(payout));
    if (taken === undefined) return fail('payouts', `${nameOf(payout)} comes back from nothing`);
    taken.cameBack = true;
  }

  paidIn(deposit: LedgerDeposit): void {
    this.#paidIn.set(latin1(deposit.id), deposit);
  }

  /** The keys of all payouts. */
  get keys(): ReadonlySet<string> {
    return new Set([...this.#taken.values()].map(({ key }) => key));
  }

  stepped(process: Process, _event: Event, step: Step): void {
    if (process.role !== 'authority') return;
    for (const { key, value } of step.writes) {
      if (key[0] !== 'J' || value === undefined) continue;
      const { fact } = readEntry(value);
      if (fact.kind === 'report') this.#judge(process, fact);
    }
  }

  /** What is not as it should be in the end. */
  unfinished(processes: readonly Process[]): Violation | undefined {
    const text = this.#openWithdrawal(processes) ?? this.#openDeposit(processes);
    return text === undefined ? undefined : new Violation('liveness', text);
  }

  /** When all is over. */
  checkEnd(): void {
    this.#checkOutcomes();
    for (const [place, { payout, times }] of this.#taken) {
      const { outcome, order } = this.#book.fates.at(place) ?? {};
      if (outcome === 'settle' && order?.amount === payout.amount) continue;
      fail('payouts', `${nameOf(payout)} was paid ${times} times and settled nowhere`);
    }
  }

  /** Nothing that the ledger took on is refunded by the committee. */
  #checkOutcomes(): void {
    for (const [place, { payout }] of this.#taken) {
      if (this.#book.fates.at(place)?.outcome !== 'refund') continue;
      fail('payouts', `${nameOf(payout)} is with the ledger, and refunded`);
    }
  }

  #judge({ name }: Process, { raw, ledger, event, statements }: ReportView): void {
    const proof = statements.map(({ member, signature }) => `${member}${latin1(signature)}`);
    const id = raw + proof.join();
    if (this.#judged.has(id)) return;
    const { founding } = this.#book;
    const what = `${name} takes for certified what ${event.what === 'deposit' ? 'came in' : event.what}`;
    const members = new Set(statements.map(({ member }) => member));
    if (members.size !== statements.length) fail('facts', `${what}, by one observer twice`);
    if (members.size < founding.observersQuorum) fail('facts', `${what}, by too few observers`);
    for (const { epoch, member, signature } of statements) {
      const isHis = founding.observers.includes(member) && epoch === 0;
      if (isHis && isTestimonySigned(founding, raw, member, signature)) continue;
      fail('facts', `${what}, but ${member} never said so`);
    }
    if (ledger !== 0 || !this.#isTrue(event)) fail('facts', `${what}, which is not true`);
    this.#judged.add(id);
  }

  #isTrue(event: ReportView['event']): boolean {
    if (event.what === 'deposit') {
      const known = this.#paidIn.get(event.id);
      if (known === undefined || latin1(known.account) !== event.account) return false;
      if (event.token !== ITS_TOKEN) return false;
      return known.token === event.token && known.amount === event.amount;
    }
    const taken = this.#taken.get(placeOf(event));
    return event.what === 'paid' ? taken?.times === 1 : taken?.cameBack === true;
  }

  #openWithdrawal(processes: readonly Process[]): string | undefined {
    for (const [place, order] of this.#book.certified) {
      if (order.payee !== undefined) continue;
      const fate = this.#book.fates.at(place);
      const standing = fate === undefined ? 'waiting' : standingOf(fate);
      const isBack = standing === 'refunded' || standing === 'returned';
      const what = `withdrawal ${short(order.account)}/${order.sequence}`;
      if (standing !== 'paid' && !isBack) return `${what} is ${standing} for good`;
      if (!isBack && this.#taken.get(place)?.times !== 1) return `${what} is paid by nobody`;
      const wallet = walletOf(processes, order.account);
      const states = wallet === undefined ? [] : statesAt(wallet, order.sequence);
      const due = isBack ? BACK_STATES : PAID_STATES;
      if (wallet === undefined || states.some((state) => due.includes(state))) continue;
      return `${wallet.name} never heard that ${what} is ${standing}`;
    }
    return undefined;
  }

  #openDeposit(processes: readonly Process[]): string | undefined {
    for (const [id, { account, token }] of this.#paidIn) {
      if (token !== ITS_TOKEN) continue;
      const certified = [...this.#book.deposits.values()].find(({ event }) => {
        return event.what === 'deposit' && event.id === id;
      });
      const what = `deposit ${short(id)}`;
      if (certified === undefined) return `${what} is credited nowhere`;
      const taken = `${TAKEN_FACT}${certified.name}` as ByteKey;
      const wallet = walletOf(processes, latin1(account));
      if (wallet === undefined || wallet.disk.live.has(taken)) continue;
      return `${wallet.name} never heard of ${what}`;
    }
    return undefined;
  }
}

function fail(checker: 'payouts' | 'facts', what: string): never {
  throw new Violation(checker, what);
}

function walletOf(processes: readonly Process[], account: string): Process | undefined {
  return processes.find(({ role, signer }) => {
    return role === 'wallet' && latin1(signer.publicKey) === account;
  });
}

/** The states that a wallet noted of its withdrawal with this sequence. */
function statesAt({ disk }: Process, sequence: bigint): number[] {
  const note = disk.live.get(`${OWN_WITHDRAWAL}${bytes64(sequence)}` as ByteKey);
  if (note === undefined) return [];
  const reader = new Reader(note, 32);
  return Array.from({ length: reader.u8() }, () => {
    const state = reader.u8();
    reader.u64();
    return state;
  });
}

function placeIn({ account, sequence }: Payout): string {
  return placeOf({ account: latin1(account), sequence });
}

function nameOf({ account, sequence }: Payout): string {
  return `payout ${short(latin1(account))}/${sequence}`;
}
