/**
 * What an authority has on disk, read again from the layouts in spaces.ts and codec/ by code that
 * shares nothing with the core. Every record is accounted for: an unknown key, an index that points
 * elsewhere, a certificate out of turn or a broken chain of hashes is a violation.
 *
 * Two disks with the same `View` differ only in the order of their journal across accounts and in
 * which quorum of votes their certificates carry.
 */
import { createHash } from 'node:crypto';
import { promise } from './violation.ts';

/** No order: where a place may be empty. */
export const NONE = -1;

export interface AccountView {
  readonly known: boolean;
  readonly next: number;
  readonly received: number;
  readonly frozen: boolean;
  readonly balance: number;
  /** The order voted for at `next`, or NONE. */
  readonly pending: number;
}

export interface View {
  readonly accounts: readonly AccountView[];
  /** The set of orders whose certificates were applied: bit i for order i. */
  readonly applied: number;
  /** Sets of two orders for one number, ascending: with both signatures, and with two quorums. */
  readonly doubleSpends: readonly number[];
  readonly conflicts: readonly number[];
  /** The set of orders that were voted for where another was certified. */
  readonly outvoted: number;
  /** False: came back from a copy, and must not vote. */
  readonly votes: boolean;
}

/** A journal entry: a certificate, or two orders or two certificates for one number. */
interface Entry {
  readonly kind: 'certificate' | 'doubleSpend' | 'conflict';
  readonly first: number;
  /** NONE for a certificate. */
  readonly second: number;
}

/** What the reader must know to name what it finds. All byte strings, one character a byte. */
export interface Names {
  readonly networkId: string;
  /** The keys of the committee, by number. */
  readonly members: readonly string[];
  readonly accounts: readonly string[];
  /** Signed orders, each with its unsigned part, its account and its sequence. */
  readonly orders: readonly {
    readonly signed: string;
    readonly unsigned: string;
    readonly account: number;
    readonly sequence: number;
    readonly recipient: number;
  }[];
  /** Pairs of different orders for one number: what a double-spend proof is made of. */
  readonly pairs: readonly (readonly [number, number])[];
  /** What the members' votes for an order look like, as [order][member]. */
  readonly votes: readonly (readonly string[])[];
  readonly quorum: number;
}

/** A disk as it is read: the view, and the ledger's own bytes for comparing two authorities. */
export interface Disk {
  readonly view: View;
  /** Next, history and balances of all accounts, byte for byte. */
  readonly ledger: string;
}

/** Reads all durable records of one authority. */
export function readDisk(records: Iterable<readonly [string, string]>, names: Names): Disk {
  const store = new Map(records);
  const taken = new Set<string>();
  const take = (key: string): string | undefined => {
    if (store.has(key)) taken.add(key);
    return store.get(key);
  };
  sound(take('G') === names.networkId, 'the store belongs to the network');
  checkCommittee(take('8'), names);
  const journal = readJournal(take, names);
  const read = names.accounts.map((key) => readAccount(take(`A${key}`), names));
  const known = read.filter(({ view }) => view.known).length;
  sound(numberIn(take('N')) === known, 'accounts are counted');
  const pairs = (kind: Entry['kind']): number[] =>
    journal
      .filter((entry) => entry.kind === kind)
      .map(({ first, second }) => (1 << first) | (kind === 'certificate' ? 0 : 1 << second))
      .sort((a, b) => a - b);
  const view: View = {
    accounts: read.map((account) => account.view),
    applied: pairs('certificate').reduce((set, bit) => set | bit, 0),
    doubleSpends: pairs('doubleSpend'),
    conflicts: pairs('conflict'),
    outvoted: readOutvoted(journal, take, names),
    votes: take('S') === undefined,
  };
  checkIndexes(journal, read, take, names);
  checkLists(journal, read, take, names);
  checkHistories(journal, read, names);
  for (const key of store.keys()) sound(taken.has(key), `no record ${JSON.stringify(key)}`);
  return { view, ledger: read.map(({ ledger }) => ledger).join('|') };
}

/** The founders judge: a small world has one epoch. */
function checkCommittee(bytes: string | undefined, { members }: Names): void {
  const reader = new Reader(bytes ?? '');
  sound(reader.number(4) === 0, 'the epoch is that of the founders');
  sound(reader.number(1) === members.length, 'all of them judge');
  members.forEach((key, member) => {
    sound(reader.number(2) === member, 'each has its number');
    reader.bytes(reader.number(1));
    sound(reader.bytes(32) === key, 'and its key');
  });
  reader.end();
}

type Take = (key: string) => string | undefined;

interface ReadAccount {
  readonly view: AccountView;
  readonly history: string;
  readonly ledger: string;
}

function readAccount(bytes: string | undefined, names: Names): ReadAccount {
  const none = { known: false, next: 0, received: 0, frozen: false, balance: 0, pending: NONE };
  if (bytes === undefined) return { view: none, history: zeros(32), ledger: '' };
  const reader = new Reader(bytes);
  const next = reader.number(8);
  const history = reader.bytes(32);
  const received = reader.number(8);
  const frozen = reader.flag();
  const balance = readBalance(reader);
  sound(reader.number(1) === 0, 'nothing is locked');
  sound(reader.number(1) === 0, 'nothing is kept aside');
  sound(!reader.flag(), 'no sequence is being closed');
  sound(reader.number(8) === 0, 'votes are not counted where they have no limit');
  const pending = reader.flag() ? reader.order(names) : NONE;
  reader.end();
  const view = { known: true, next, received, frozen, balance, pending };
  return { view, history, ledger: `${next};${toHex(history)};${balance}` };
}

/** The balance of token 0, the only one of a small world. An account without one has no entry. */
function readBalance(reader: Reader): number {
  const entries = reader.number(1);
  sound(entries <= 1, 'one balance a token');
  if (entries === 0) return 0;
  sound(reader.number(2) === 0, 'the one token');
  const balance = reader.signed(25);
  sound(balance !== 0, 'a balance of zero is not written');
  return balance;
}

function readJournal(take: Take, names: Names): Entry[] {
  const head = take('H');
  if (head === undefined) return [];
  const reader = new Reader(head);
  const count = reader.number(8);
  const journal: Entry[] = [];
  let link = zeros(32);
  for (let n = 0; n < count; n++) {
    const bytes = take(`J${big64(n)}`) ?? '';
    const entry = new Reader(bytes);
    sound(entry.bytes(32) === link, 'journal entries are chained');
    journal.push(readFact(entry, names));
    entry.end();
    link = sha256(bytes);
  }
  sound(reader.bytes(32) === link, 'the journal ends where its head says');
  return journal;
}

function readFact(reader: Reader, names: Names): Entry {
  const tag = reader.number(1);
  if (tag === 1) return { kind: 'certificate', first: reader.certificate(names), second: NONE };
  const read = (): number => (tag === 2 ? reader.order(names) : reader.certificate(names));
  sound(tag === 2 || tag === 3, `no fact of kind ${tag}`);
  const [first, second] = [read(), read()];
  const [one, two] = [names.orders[first], names.orders[second]];
  sound(first !== second, 'a proof has two different orders');
  sound(one?.account === two?.account && one?.sequence === two?.sequence, 'for one number');
  return { kind: tag === 2 ? 'doubleSpend' : 'conflict', first, second };
}

/** Each fact has its index record, and each credit its number. */
function checkIndexes(
  journal: readonly Entry[],
  accounts: readonly ReadAccount[],
  take: Take,
  names: Names,
): void {
  const space = { certificate: 'C', doubleSpend: 'D', conflict: 'X' };
  const credits = names.accounts.map(() => 0);
  journal.forEach(({ kind, first }, n) => {
    const order = names.orders[first];
    if (order === undefined) return;
    const index = `${space[kind]}${names.accounts[order.account]}${big64(order.sequence)}`;
    sound(numberIn(take(index)) === n, `one ${kind} for a number, and found by it`);
    if (kind !== 'certificate') return;
    const nth = credits[order.recipient] ?? 0;
    credits[order.recipient] = nth + 1;
    const credit = `R${names.accounts[order.recipient]}${big64(nth)}`;
    sound(numberIn(take(credit)) === n, 'each credit is numbered');
  });
  accounts.forEach(({ view }, i) => {
    sound(view.received === credits[i], 'credits are counted');
  });
}

/**
 * Accounts and proofs are listed as they came, and those that ordered by their keys, in one bucket.
 */
function checkLists(
  journal: readonly Entry[],
  accounts: readonly ReadAccount[],
  take: Take,
  names: Names,
): void {
  const known = names.accounts.filter((_, i) => accounts[i]?.view.known);
  const listed = known.map((_, n) => take(`E${big64(n)}`) ?? '');
  sound(listed.sort().join() === known.toSorted().join(), 'every account is listed once');
  const ordered = names.accounts.filter((_, i) => (accounts[i]?.view.next ?? 0) > 0).sort();
  const bucket = `\x01${String.fromCharCode(ordered.length)}${ordered.join('')}`;
  sound((take('T') ?? '\x01\0') === bucket, 'whoever ordered is in the bucket');
  const proofs = [...journal.keys()].filter((n) => journal[n]?.kind === 'doubleSpend');
  proofs.forEach((number, n) => {
    sound(numberIn(take(`4${big64(n)}`)) === number, 'proofs are listed as they came');
  });
  const count = take('K');
  sound((count === undefined ? 0 : new Reader(count).number(8)) === proofs.length, 'and counted');
}

/** The orders that lost against the certificate at their place. */
function readOutvoted(journal: readonly Entry[], take: Take, names: Names): number {
  let outvoted = 0;
  for (const { kind, first } of journal) {
    const winner = names.orders[first];
    if (kind !== 'certificate' || winner === undefined) continue;
    const hash = take(`3${names.accounts[winner.account]}${big64(winner.sequence)}`);
    if (hash === undefined) continue;
    const loser = names.orders.findIndex((order) => orderHash(names, order) === hash);
    const order = names.orders[loser];
    sound(order !== undefined && loser !== first, 'what was outvoted is another order');
    const isThere = order.account === winner.account && order.sequence === winner.sequence;
    sound(isThere, 'what was outvoted is an order for the same number');
    outvoted |= 1 << loser;
  }
  return outvoted;
}

/** Certificates are applied in turn, and an account's history is the sum of their orders. */
function checkHistories(
  journal: readonly Entry[],
  accounts: readonly ReadAccount[],
  names: Names,
): void {
  const sums = accounts.map(() => ({ next: 0, history: zeros(32) }));
  for (const { kind, first } of journal) {
    const order = names.orders[first];
    const sum = sums[order?.account ?? NONE];
    if (kind !== 'certificate' || order === undefined || sum === undefined) continue;
    sound(order.sequence === sum.next, 'certificates are applied in turn');
    sum.next++;
    sum.history = sumOf(sum.history, orderHash(names, order));
  }
  accounts.forEach(({ view, history }, i) => {
    sound(view.next === sums[i]?.next, 'the next number follows the certificates');
    sound(history === sums[i]?.history, 'history is the sum of the certified orders');
  });
}

function orderHash({ networkId }: Names, { unsigned }: { readonly unsigned: string }): string {
  const tag = 'meshpay/1/order';
  return sha256(String.fromCharCode(tag.length) + tag + networkId + unsigned);
}

class Reader {
  readonly #bytes: string;
  #at = 0;

  constructor(bytes: string) {
    this.#bytes = bytes;
  }

  bytes(length: number): string {
    const part = this.#bytes.slice(this.#at, this.#at + length);
    sound(part.length === length, 'records are whole');
    this.#at += length;
    return part;
  }

  number(length: number): number {
    const n = BigInt(`0x${toHex(this.bytes(length))}`);
    sound(n <= Number.MAX_SAFE_INTEGER, 'numbers are small in a small world');
    return Number(n);
  }

  signed(length: number): number {
    const n = BigInt.asIntN(length * 8, BigInt(`0x${toHex(this.bytes(length))}`));
    return Number(n);
  }

  flag(): boolean {
    const byte = this.number(1);
    sound(byte <= 1, 'a flag is 0 or 1');
    return byte === 1;
  }

  /** One of the orders that the case's wallets signed; anything else was made up. */
  order(names: Names): number {
    const rest = this.#bytes.slice(this.#at);
    const order = names.orders.findIndex(({ signed }) => rest.startsWith(signed));
    sound(order >= 0, 'orders are as their owners signed them');
    this.#at += names.orders[order]?.signed.length ?? 0;
    return order;
  }

  /**
   * A certificate of epoch 0 with a quorum of distinct, valid votes; the order that it certifies.
   */
  certificate(names: Names): number {
    sound(this.number(4) === 0, 'the epoch is known');
    const order = this.order(names);
    const count = this.number(1);
    let last = NONE;
    for (let i = 0; i < count; i++) {
      const member = this.number(2);
      sound(member > last, 'votes are of distinct members');
      sound(this.bytes(64) === names.votes[order]?.[member], 'votes are valid');
      last = member;
    }
    sound(count >= names.quorum, 'a certificate has a quorum');
    return order;
  }

  end(): void {
    sound(this.#at === this.#bytes.length, 'records end where they should');
  }
}

function sound(condition: boolean, rule: string): asserts condition {
  promise(condition, 'DiskIsSound', rule);
}

function numberIn(bytes: string | undefined): number {
  return bytes === undefined ? NONE : new Reader(bytes).number(8);
}

function big64(n: number): string {
  return String.fromCharCode(0, 0, 0, 0, n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
}

function zeros(length: number): string {
  return '\0'.repeat(length);
}

function toHex(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('hex');
}

/** The sum modulo 2^256. */
function sumOf(a: string, b: string): string {
  let sum = '';
  let carry = 0;
  for (let i = 31; i >= 0; i--) {
    carry += a.charCodeAt(i) + b.charCodeAt(i);
    sum = String.fromCharCode(carry & 255) + sum;
    carry >>= 8;
  }
  return sum;
}

function sha256(bytes: string): string {
  const digest = createHash('sha256').update(Buffer.from(bytes, 'latin1')).digest();
  return digest.toString('latin1');
}
