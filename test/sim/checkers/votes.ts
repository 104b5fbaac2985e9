/**
 * Checker `votes`: an honest authority votes only for what the rules allow (its own words of
 * PROTOCOL: Transfers), and once a vote was seen outside, the same authority never contradicts it,
 * whatever crashes lie between.
 *
 * It also counts: of two orders for one (account, sequence), not both may have so many honest votes
 * that the traitors could certify them, even if nobody ever does. `standing`: one that was restored
 * from an old copy never votes. `durability`: the vote's order is on disk when the vote leaves.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import {
  MESSAGE,
  type OrderView,
  openFrame,
  readAccount,
  readOrder,
  readVote,
  short,
} from './decode.ts';
import { isOrderSigned, isVoteSigned, placeOf, quorumFor } from './founding.ts';
import type { Ledgers } from './ledgers.ts';

export class Votes implements Watcher {
  readonly #book: Book;
  readonly #ledgers: Ledgers;
  /** Orders that came to honest authorities, by hash. */
  readonly #orders = new Map<string, OrderView>();
  /** For a step at which a vote came in: whose vote, for which order (`nameOf`). */
  readonly #incoming = new WeakMap<Step, string>();
  /** By member: (account, sequence) -> the hash first voted for. */
  readonly #voted = new Map<number, Map<string, string>>();
  /** (account, sequence) -> hash -> honest members that voted for it first. */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(book: Book, ledgers: Ledgers) {
    this.#book = book;
    this.#ledgers = ledgers;
  }

  stepped(process: Process, event: Event, step: Step): void {
    if (process.role !== 'authority') return;
    if (event.kind === 'frame') this.#learn(event.bytes, step);
    for (const { bytes } of step.sends) {
      const vote = this.#voteOf(process, step, bytes);
      if (vote !== undefined) this.#judge(process, vote);
    }
  }

  released(process: Process, step: Step): void {
    if (process.role !== 'authority') return;
    for (const { bytes } of step.sends) {
      const order = this.#voteOf(process, step, bytes);
      if (order === undefined) continue;
      if (process.isRestored) {
        throw new Violation('standing', `${process.name} was restored from a copy, and votes`);
      }
      this.#checkOnDisk(process, order);
      this.#count(process, order);
    }
  }

  /**
   * Remembers which order has which hash, as its owner signed it, if that has come anywhere; and
   * which vote it was that came in.
   */
  #learn(bytes: Uint8Array, step: Step): void {
    const { tag, body } = openFrame(bytes);
    try {
      if (tag === MESSAGE.vote) {
        const { member, hash } = readVote(body);
        this.#incoming.set(step, nameOf(member, hash));
      }
      if (tag !== MESSAGE.order && tag !== MESSAGE.gossip) return;
      const order = readOrder(body);
      const hash = this.#book.hash(order);
      const known = this.#orders.get(hash);
      const { founding } = this.#book;
      if (known === undefined || !isOrderSigned(founding, known)) this.#orders.set(hash, order);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // Garbage is no order, and no vote.
    }
  }

  /** The order that a frame of this authority votes for, if it is a vote of its own. */
  #voteOf({ name, index }: Process, step: Step, bytes: Uint8Array): OrderView | undefined {
    const { tag, body } = openFrame(bytes);
    if (tag !== MESSAGE.vote) return undefined;
    const { member, hash, signature } = readVote(body);
    if (member !== index) return undefined; // It passes another one's vote on.
    if (!isVoteSigned(this.#book.founding, hash, index, signature)) return undefined;
    const order = this.#orders.get(hash);
    if (order === undefined) {
      throw new Violation('votes', `${name} votes for an order that it never got`);
    }
    // As a relay it may pass on what it said before, and gives no vote by that.
    const isPassedOn = this.#incoming.get(step) === nameOf(index, hash);
    const isOld = this.#voted.get(index)?.get(placeOf(order)) === hash;
    return isPassedOn && isOld ? undefined : order;
  }

  /** The rules, judged anew against what this authority has applied. */
  #judge(process: Process, order: OrderView): void {
    const { founding } = this.#book;
    const fail = (what: string): never => {
      const name = `${short(order.account)}/${order.sequence}`;
      throw new Violation('votes', `${process.name} votes for ${name}, ${what}`);
    };
    if (order.amount <= 0n) fail('which moves nothing');
    if (order.token >= founding.tokenCount) fail('in an unknown token');
    if (order.account === order.payee) fail('which pays itself');
    if (order.payee === undefined) this.#judgeWithdrawal(order, fail);
    if (!isOrderSigned(founding, order)) fail('which its owner did not sign');
    const isOwnerHonest = founding.honestAccounts.has(order.account);
    const made = this.#book.made.get(placeOf(order));
    if (isOwnerHonest && made !== order.raw) fail('which its owner never made');
    const { next, balance } = this.#ledgers.viewOf(process, order.account, order.token);
    if (order.sequence > next) fail(`though ${next} is the next one here`);
    if (order.sequence < next) fail('whose sequence is used');
    if (order.sequence === next && balance < order.amount) {
      fail(`which moves ${order.amount} of ${balance}`);
    }
    const held = this.#ledgers.accountsOf(process);
    const isNew = order.payee !== undefined && !held.has(order.payee);
    const hasRoom = !isNew || held.size < founding.mostAccounts;
    if (!hasRoom && !isPendingAt(process, order)) {
      fail(`though ${held.size} accounts leave no room for its payee`);
    }
  }

  /** There is one ledger, a cashbook that pays out the first token. */
  #judgeWithdrawal({ ledger, token, recipient }: OrderView, fail: (what: string) => never): void {
    if (ledger !== 0) fail(`through an unknown ledger ${ledger}`);
    if (token !== 0) fail(`of token ${token}, which is not paid out`);
    if (recipient === '' || recipient.trim() !== recipient) fail('to whom nobody can pay');
  }

  #count(process: Process, order: OrderView): void {
    const place = placeOf(order);
    const hash = this.#book.hash(order);
    const voted = this.#voted.get(process.index) ?? new Map<string, string>();
    this.#voted.set(process.index, voted);
    const before = voted.get(place);
    if (before === hash) return;
    if (before !== undefined) {
      const what = `${short(order.account)}/${order.sequence}`;
      throw new Violation('votes', `${process.name} contradicts its vote for ${what}`);
    }
    voted.set(place, hash);
    if (!this.#book.founding.honestMembers.has(process.index)) return;
    const counts = this.#counts.get(place) ?? new Map<string, number>();
    this.#counts.set(place, counts.set(hash, (counts.get(hash) ?? 0) + 1));
    this.#checkCertifiable(place, counts, order);
  }

  /** Not two orders with so many honest votes that the traitors could make certificates of both. */
  #checkCertifiable(place: string, counts: ReadonlyMap<string, number>, order: OrderView): void {
    if (counts.size < 2) return;
    const { memberKeys, honestMembers } = this.#book.founding;
    const needed = quorumFor(memberKeys.length) - (memberKeys.length - honestMembers.size);
    const certifiable = [...counts.values()].filter((honest) => honest >= needed).length;
    const certified = this.#book.seen.get(place);
    const isOtherCertified = certified !== undefined && certified.raw !== order.raw;
    const isThisOne = (counts.get(this.#book.hash(order)) ?? 0) >= needed;
    if (certifiable < 2 && !(isOtherCertified && isThisOne)) return;
    const what = `${short(order.account)}/${order.sequence}`;
    throw new Violation('votes', `two orders for ${what} can be certified`);
  }

  /** The record on disk must hold what the vote promises. */
  #checkOnDisk(process: Process, order: OrderView): void {
    const bytes = process.disk.durable.get(`A${order.account}` as ByteKey);
    const record = bytes === undefined ? undefined : readAccount(bytes);
    if (record !== undefined) {
      if (record.next > order.sequence) return;
      if (record.next === order.sequence && record.pending?.raw === order.raw) return;
    }
    const what = `${short(order.account)}/${order.sequence}`;
    throw new Violation('durability', `${process.name}'s vote for ${what} leaves before its disk`);
  }
}

/**
 * Whether an authority has voted for the order before: it gives the same vote again, come what may.
 */
function isPendingAt(process: Process, order: OrderView): boolean {
  const bytes = process.disk.live.get(`A${order.account}` as ByteKey);
  return bytes !== undefined && readAccount(bytes).pending?.raw === order.raw;
}

/** A vote by whose it is and what it is for. */
function nameOf(member: number, hash: string): string {
  return `${member} ${hash}`;
}
