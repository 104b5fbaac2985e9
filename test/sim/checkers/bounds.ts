/**
 * Checker `bounds`: no step of an honest node sends, writes or waits out of bounds; and what a node
 * holds follows from what the world has seen, and so stays flat however long it runs: besides the
 * journal and its indexes there are a few records an account, one entry a link, and a few singles;
 * and what is kept in memory only takes so many bytes a link, a member and a part of the digest
 * tree, and nothing for accounts, orders and proofs.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Step, Write } from '../../../agent/core/io.ts';
import { isDurable } from '../../../agent/core/spaces.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import { type LinkView, Reader, readLinks } from './decode.ts';

/** Certificates of one page, accounts of one list, children of one node of the digest tree. */
const MOST_OF_A_PAGE = 4;
const MOST_OF_A_LIST = 8;
const CHILDREN = 16;
/**
 * Bytes of the longest signed order, and of everything around the content of a frame.
 */
const ORDER_BYTES = 261;
const ENVELOPE_BYTES = 128;
/** Accounts that one list of catch-up leads to words about: those in it, and others. */
const MOST_EXCHANGES = MOST_OF_A_LIST + 32;
/** Pairs of orders in one page of double-spend proofs. */
const MOST_OF_PROOFS = 16;
/** Orders that are told again in one round. */
const MOST_RETOLD = 16;
/** Certificates of income that are shown at once, each over up to four ways, and one word more. */
const MOST_SHOWN = 8 * 4 + 1;

/** A withdrawal that was certified, and what a wallet notes of its own: how their keys begin. */
const WITHDRAWAL = '\u00a0';
const OWN_WITHDRAWAL = '\u00a3';
/** A fact that a wallet took in: of each withdrawal an outcome and a report at most. */
const TAKEN_FACT = '\u00a4';
/** The payments of a wallet whose names begin with four bytes: a number each, hardly ever two. */
const NAMED_PAYMENTS = '\u00e0';
const MOST_NAMED = 8;
const WITHDRAWAL_BYTES = 2 + 16 + 1 + 1 + 128 + 8;
const STATES_OF_A_WITHDRAWAL = 9;

/** Debates that an authority holds at once. */
const MOST_DEBATES = 64;
/** Debates, decisions and their facts: bytes of a record for a committee of this size. */
const DEBATED: Readonly<Record<string, (members: number) => number>> = {
  '\u00a8': (members) => 200 + 66 * members,
  '\u00a9': (members) => 120 + 66 * members,
  '\u00ab': () => 32,
  '\u00ae': heardBytes,
  '\u00b8': () => 41,
  '\u00b9': () => 8,
  '\u00bb': () => 300,
};
/** The same of facts: by their names, in the list of all, and how many of an account, and where. */
const CERTIFIED: Readonly<Record<string, (members: number) => number>> = {
  '\u00b5': () => 8,
  '\u00b6': () => 8,
  '\u00a1': () => 8,
  '\u00a2': () => 8,
};
/** Deposits by their names; and what an observer said, in so many places for each of them. */
const DEPOSIT = '\u00b7';
const DEPOSIT_BYTES = 32;
const TESTIMONY = '\u00db';
const TESTIMONY_BYTES = 4 + 2 + 64 + 1 + 1 + 32 + 32 + 2 + 16;
const MOST_TESTIMONIES = 256;
/** The same of those that there is one of, or one of each member. */
const DEBATED_ONCE: Readonly<Record<string, (members: number) => number>> = {
  '\u00aa': () => 1 + 32 * MOST_DEBATES,
  '\u00ac': () => 8,
  '\u00af': () => 2 + 32 * MOST_DEBATES,
  '\u00b4': () => 40,
  '\u00dc': () => 32,
  '\u00ba': () => 8,
  '\u00d9': () => 32,
  // Whether to look for deposits, and from where on.
  '\u00da': () => 1,
  '\u00d7': () => 8,
  // How many facts a wallet took in.
  '\u00a5': () => 8,
};
const DEBATED_BY_MEMBER: Readonly<Record<string, (members: number) => number>> = {
  '\u00ad': (members) => 1 + 2 * (180 + 66 * members),
  '\u00d8': () => 8,
  '\u00a6': () => 8,
};

/** Two proposals, and four ballots a member. */
function heardBytes(members: number): number {
  return 2 * (180 + 66 * members) + 4 * 104 * members + 64;
}

function bytesFor(
  rows: Readonly<Record<string, (members: number) => number>>,
  members: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(rows).map(([prefix, of]) => [prefix, of(members)]));
}

function countFor(
  rows: Readonly<Record<string, unknown>>,
  count: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.keys(rows).map((prefix) => [prefix, count]));
}

/** Bytes of a frame, for a committee and a ledger of this size. */
function mostFrameBytes(members: number, accounts: number): number {
  const page = MOST_OF_A_PAGE * (4 + ORDER_BYTES + 1 + 66 * members);
  const list = Math.min(MOST_OF_A_LIST, accounts) * 48;
  const proofs = MOST_OF_PROOFS * 2 * ORDER_BYTES;
  return Math.max(page, list, proofs, CHILDREN * 32) + ENVELOPE_BYTES;
}

/**
 * Frames of one step, for a committee of this size. A wallet that looks what is new asks every
 * member four questions, and two more over four ways each. (A certificate that its owner hands
 * over goes to every member over four ways, and may end the live order, whose certificate goes to
 * every member.) An authority that begins a round tells every other two things of its own, and
 * orders again.
 */
function mostSends(members: number): number {
  return Math.max(
    MOST_EXCHANGES,
    MOST_SHOWN,
    (4 + 2 * 4) * members + 1,
    (2 + MOST_RETOLD) * members,
    4 * MOST_DEBATES * members,
  );
}

/**
 * Writes for a certificate: of both accounts, their places, its own, and marks in the digest tree.
 */
const WRITES_OF_A_CERTIFICATE = 12;
/** Writes for a part of the digest tree: its accounts or its digests, on disk and in memory. */
const WRITES_OF_A_NODE = 4;
/** Writes of a step besides those that there is one of for each of something. */
const FEW_WRITES = 8;

/** Writes of one step: to hash the ledger, to take in a page of what was asked for, or to begin. */
function mostWrites(members: number, accounts: number): number {
  return (
    FEW_WRITES +
    members +
    Math.max(
      WRITES_OF_A_CERTIFICATE * MOST_OF_A_PAGE + WRITES_OF_A_NODE * accounts,
      3 * MOST_OF_PROOFS,
      2 * members,
      2 * accounts,
      MOST_VOTES_KEPT,
      4 * MOST_DEBATES,
    )
  );
}

/** Bytes of a record, by its prefix, where there may be many of the kind. */
function mostRecordBytes(members: number, tokens: number): Readonly<Record<string, number>> {
  const certificate = 4 + ORDER_BYTES + 1 + 66 * members;
  const numbers = ['C', 'D', 'R', 'O', 'I', '4'].map((prefix) => [prefix, 8]);
  const singles = Object.keys(FEW).map((prefix) => [prefix, MOST_SINGLE_BYTES]);
  return {
    A: 32 + 3 * 8 + 4 + 2 * (2 + 25) * tokens + ORDER_BYTES,
    J: 32 + 1 + Math.max(certificate, 2 * ORDER_BYTES, 120 + 66 * members),
    P: 8 + certificate,
    E: 32,
    T: 2 + 32 * Math.max(CHILDREN, MOST_OF_A_LIST),
    f: CHILDREN * 32,
    s: 2,
    l: 32,
    i: 2,
    j: 26,
    5: 16,
    6: ORDER_BYTES,
    7: 4 + ORDER_BYTES + 64,
    3: 32,
    [TAKEN_FACT]: 8,
    [NAMED_PAYMENTS]: 1 + 8 * MOST_NAMED,
    [WITHDRAWAL]: 1 + 32 + WITHDRAWAL_BYTES,
    [OWN_WITHDRAWAL]: 32 + 1 + STATES_OF_A_WITHDRAWAL * 9,
    ...Object.fromEntries([...numbers, ...singles]),
    [DEPOSIT]: DEPOSIT_BYTES,
    [TESTIMONY]: TESTIMONY_BYTES,
    ...bytesFor(CERTIFIED, members),
    ...bytesFor(DEBATED, members),
    ...bytesFor(DEBATED_ONCE, members),
    ...bytesFor(DEBATED_BY_MEMBER, members),
    k: 4 + MEMORY_BYTES_OF.link * (MOST_RELAYS + MOST_OF_A_MEMBER * members),
  };
}

/** What an authority keeps of another: a life of its key, an order that it told of, a vote. */
const SIGNS_OF_A_MEMBER = ['5', '6', '7'];

/** Links of which a node keeps note: to relays and strangers together, and to any one member. */
const MOST_RELAYS = 128;
const MOST_OF_A_MEMBER = 4;

/** The last votes of an authority, whose orders it tells again first. */
const MOST_VOTES_KEPT = 64;
/** Times of its own heartbeats that an authority remembers. */
const MOST_BEATS = 19;
/** Things that one member is asked for, so that no other is. */
const MOST_CLAIMS = 1_024;

/**
 * Bytes, with their keys, of all that a node keeps in memory only: so much for timers, counts,
 * chance, a payment that is asked about, the last votes, who is asked for what, and when it said
 * that it is there; for a part of
 * the digest tree that was split which children have other digests now, and those; for a link its
 * number, its member and what was asked over it; for a member how far it told, and what a wallet
 * notes of it, its word among that.
 */
const MEMORY_BYTES = 428 + 12 + 10 + 12 * MOST_BEATS + 34 * MOST_VOTES_KEPT + 29 * MOST_CLAIMS;
const MEMORY_BYTES_OF = {
  split: 2 * 7 + 2 + 32 * CHILDREN,
  link: 23 + 32 + 11,
  member: 110 + 9 + 3 + 67,
} as const;

/** Steps between two looks at everything that a node holds. */
const LOOK_EVERY = 400;
/** Wake-ups that a node may want in one second. */
const MOST_TICKS_PER_SECOND = 50;
/** Bytes of one record that is there once: votes of 64 members and an order. */
const MOST_SINGLE_BYTES = 6_000;
/** Records that there are at most this many of, whatever happens. */
const FEW: Readonly<Record<string, number>> = {
  H: 1,
  G: 1,
  N: 1,
  S: 1,
  1: 1,
  W: 1,
  L: 1,
  Z: 1,
  V: 1,
  K: 1,
  8: 1,
  '\u0080': 1,
  '\u0090': 1,
  '\u00b0': 64,
  '\u00b1': 1,
  '\u00b2': 1,
  '\u00c3': 1,
  U: 64,
  h: 64,
  q: 1,
  m: 64,
  r: 64,
  e: 64,
  a: 1,
  z: 1,
  k: 1,
  x: 1,
  o: 1,
  t: 1,
  g: 1,
  c: 1,
  l: MOST_VOTES_KEPT,
  Y: 1,
  u: 1,
  j: MOST_CLAIMS,
};

export class Bounds implements Watcher {
  /** The most that was seen, for the report. */
  readonly most = { frameBytes: 0, sends: 0, writes: 0, records: 0 };
  readonly #book: Book;
  readonly #steps = new Map<number, number>();
  readonly #ticks = new Map<number, { second: number; count: number }>();
  readonly #nowMs: () => number;
  #mostRecordBytes: Readonly<Record<string, number>> | undefined;

  constructor(book: Book, nowMs: () => number) {
    this.#book = book;
    this.#nowMs = nowMs;
  }

  stepped(process: Process, event: Event, step: Step): void {
    if (!process.isHonest) return;
    const fail = (what: string): never => {
      throw new Violation('bounds', `${process.name}, ${event.kind}: ${what}`);
    };
    const members = this.#book.founding.memberKeys.length;
    const mostBytes = mostFrameBytes(members, this.#book.ledger.size);
    if (step.sends.length > mostSends(members)) fail(`${step.sends.length} frames in one step`);
    this.most.sends = Math.max(this.most.sends, step.sends.length);
    for (const { bytes } of step.sends) {
      if (bytes.length > mostBytes) fail(`a frame of ${bytes.length} bytes`);
      if (bytes.length > this.most.frameBytes) this.most.frameBytes = bytes.length;
    }
    this.#checkWrites(step.writes, fail);
    if (event.kind === 'tick') this.#countTick(process, fail);
    const steps = (this.#steps.get(process.index) ?? 0) + 1;
    this.#steps.set(process.index, steps);
    if (steps % LOOK_EVERY === 0) this.look(process);
  }

  #checkWrites(writes: readonly Write[], fail: (what: string) => never): void {
    if (writes.length === 0) return;
    const { founding, ledger } = this.#book;
    const members = founding.memberKeys.length;
    if (writes.length > mostWrites(members, ledger.size)) fail(`${writes.length} writes`);
    this.most.writes = Math.max(this.most.writes, writes.length);
    this.#mostRecordBytes ??= mostRecordBytes(members, founding.tokenCount);
    for (const { key, value } of writes) {
      const bytes = value?.length ?? 0;
      if (bytes <= (this.#mostRecordBytes[key.charAt(0)] ?? 0)) continue;
      fail(`a record of ${bytes} bytes under ${key.charAt(0)}`);
    }
  }

  /** Everything that a node holds. */
  look(process: Process): void {
    const { live } = process.disk;
    const counts = new Map<string, number>();
    let memoryBytes = 0;
    this.most.records = Math.max(this.most.records, live.size);
    for (const [key, value] of live) {
      const prefix = key.charAt(0);
      if (!isDurable(key)) memoryBytes += key.length + value.length;
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
      if (prefix === 'D' && !live.has(`A${key.slice(1, 33)}` as ByteKey)) {
        throw new Violation('bounds', `${process.name} keeps a proof about nobody's account`);
      }
    }
    const head = live.get('H' as ByteKey);
    const facts = head === undefined ? 0 : Number(new Reader(head).u64());
    const certificates = counts.get('C') ?? 0;
    const payments = counts.get('P') ?? 0;
    const members = this.#book.founding.memberKeys.length;
    const deposits = this.#book.deposits.size;
    const most: Readonly<Record<string, number>> = {
      ...FEW,
      ...countFor(DEBATED, certificates),
      ...countFor(CERTIFIED, 3 * certificates + deposits),
      [DEPOSIT]: deposits,
      [TESTIMONY]: MOST_TESTIMONIES * members,
      ...countFor(DEBATED_ONCE, 1),
      ...countFor(DEBATED_BY_MEMBER, members),
      i: linksOf(process).length,
      A: this.#book.ledger.size,
      E: this.#book.ledger.size,
      T: 2 * this.#book.ledger.size,
      s: this.#book.ledger.size,
      f: this.#book.ledger.size,
      C: this.#book.seen.size,
      R: certificates,
      J: facts,
      D: facts - certificates,
      4: facts - certificates,
      ...Object.fromEntries(SIGNS_OF_A_MEMBER.map((sign) => [sign, members])),
      3: facts - certificates,
      X: 0,
      P: this.#book.seen.size,
      [WITHDRAWAL]: certificates,
      // One more: the order that is on its way.
      [OWN_WITHDRAWAL]: payments + 1,
      [TAKEN_FACT]: 3 * payments + deposits,
      [NAMED_PAYMENTS]: payments,
      O: payments,
      I: payments,
    };
    for (const [prefix, count] of counts) {
      if (count <= (most[prefix] ?? 0)) continue;
      throw new Violation('bounds', `${process.name}: ${count} records under ${prefix}`);
    }
    const certified = counts.get('\u00b6') ?? 0;
    if (certificates + (counts.get('D') ?? 0) + certified !== facts) {
      throw new Violation('bounds', `${process.name}: ${facts} facts, not all of them indexed`);
    }
    checkLinkTable(process, linksOf(process));
    checkLinkMembers(process, linksOf(process));
    this.#checkMemory(process, memoryBytes, counts);
  }

  /** When all is quiet: a node keeps note of no stream that is gone. */
  checkLinks(process: Process, open: ReadonlySet<bigint>): void {
    if (linksOf(process).every(({ link }) => open.has(link))) return;
    throw new Violation('bounds', `${process.name} keeps note of a stream that is gone`);
  }

  #checkMemory(process: Process, bytes: number, counts: ReadonlyMap<string, number>): void {
    const most =
      MEMORY_BYTES +
      MEMORY_BYTES_OF.split * (counts.get('T') ?? 0) +
      MEMORY_BYTES_OF.link * linksOf(process).length +
      MEMORY_BYTES_OF.member * this.#book.founding.memberKeys.length +
      (33 + heardBytes(this.#book.founding.memberKeys.length)) * (counts.get('\u00ae') ?? 0) +
      (6 + TESTIMONY_BYTES) * (counts.get(TESTIMONY) ?? 0) +
      6 +
      32 * MOST_DEBATES;
    if (bytes <= most) return;
    throw new Violation('bounds', `${process.name}: ${bytes} bytes in memory, at most ${most}`);
  }

  #countTick(process: Process, fail: (what: string) => never): void {
    const second = Math.floor(this.#nowMs() / 1_000);
    const ticks = this.#ticks.get(process.index);
    if (ticks?.second !== second) {
      this.#ticks.set(process.index, { second, count: 1 });
      return;
    }
    ticks.count++;
    if (ticks.count > MOST_TICKS_PER_SECOND) fail(`${ticks.count} wake-ups in one second`);
  }
}

/** The links that a node keeps note of. */
function linksOf(process: Process): LinkView[] {
  const bytes = process.disk.live.get('k' as ByteKey);
  return bytes === undefined ? [] : readLinks(bytes);
}

/** The member at the end of each link has a record of its own, and no other link has one. */
function checkLinkMembers(process: Process, links: readonly LinkView[]): void {
  const found = [...process.disk.live].filter(([key]) => key.startsWith('i'));
  const members = new Map(found.map(([key, value]) => [toKey(key), new Reader(value).u16()]));
  const told = links.filter(({ member }) => member !== undefined);
  const isSame = told.every(({ link, member }) => members.get(link) === member);
  if (isSame && members.size === told.length) return;
  throw new Violation('bounds', `${process.name} takes links for those of other members`);
}

function toKey(key: string): bigint {
  return BigInt(`0x${Buffer.from(key.slice(1), 'latin1').toString('hex')}`);
}

function checkLinkTable(process: Process, links: readonly LinkView[]): void {
  const counts = new Map<number | undefined, number>();
  for (const { member } of links) {
    const count = (counts.get(member) ?? 0) + 1;
    counts.set(member, count);
    if (count <= (member === undefined ? MOST_RELAYS : MOST_OF_A_MEMBER)) continue;
    const whom = member === undefined ? 'nodes that are no members' : `member ${member}`;
    throw new Violation('bounds', `${process.name} keeps note of ${count} links to ${whom}`);
  }
}
