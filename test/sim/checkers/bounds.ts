/**
 * Checker `bounds`: no step of an honest node sends, writes or waits out of bounds; and what a node
 * holds follows from what the world has seen, and so stays flat however long it runs: besides the
 * journal and its indexes there is one record an account, one entry a link, and a few singles; and
 * what is kept in memory only takes so many bytes an account, a link and a member.
 */
import type { ByteKey } from '../../../agent/core/bytes.ts';
import type { Event, Step, Write } from '../../../agent/core/io.ts';
import { isOnDisk } from '../disk.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import { type LinkView, Reader, readLinks } from './decode.ts';

/** Certificates of one page, accounts of one list, children of one node of the digest tree. */
const MOST_OF_A_PAGE = 4;
const MOST_OF_A_LIST = 128;
const CHILDREN = 16;
/** Bytes of a signed order with the longest memo, and of everything around the content of a frame. */
const ORDER_BYTES = 220;
const ENVELOPE_BYTES = 128;
/** Accounts that one list of catch-up leads to questions about, and the question for the next list. */
const MOST_EXCHANGES = 32 + 1;
/** Pairs of orders in one page of double-spend proofs, and proofs whose numbers one record holds. */
const MOST_OF_PROOFS = 16;
const PROOFS_A_RECORD = 256;
/** Orders that are told again in one round. */
const MOST_RETOLD = 16;
/** Certificates of income that are shown at once, each over up to four ways, and one word more. */
const MOST_SHOWN = 8 * 4 + 1;

/** Bytes of a frame, for a committee and a ledger of this size. */
function mostFrameBytes(members: number, accounts: number): number {
  const page = MOST_OF_A_PAGE * (4 + ORDER_BYTES + 1 + 65 * members);
  const list = Math.min(MOST_OF_A_LIST, accounts) * 48;
  const proofs = MOST_OF_PROOFS * 2 * ORDER_BYTES;
  return Math.max(page, list, proofs, CHILDREN * 32) + ENVELOPE_BYTES;
}

/**
 * Frames of one step, for a committee of this size. A wallet that looks what is new asks every member
 * three questions, and two more over four ways each. (A certificate that its owner hands over goes to
 * every member over four ways, and may end the live order, whose certificate goes to every member.)
 * An authority that begins a round tells every other two things of its own, and orders again.
 */
function mostSends(members: number): number {
  return Math.max(
    MOST_EXCHANGES,
    MOST_SHOWN,
    (3 + 2 * 4) * members + 1,
    (2 + MOST_RETOLD) * members,
  );
}

/** Accounts whose leaves wait to be taken into the digest tree, and what is written for each of them. */
const MOST_WAITING = 64;
const WRITES_OF_A_LEAF = 5;
/** Writes for a certificate: of both accounts, its places, its leaf and the digests above that. */
const WRITES_OF_A_CERTIFICATE = 10;
/** Writes of a step besides those that there is one of for each of something. */
const FEW_WRITES = 8;

/** Writes of one step: to hash the ledger, to take in a page of what was asked for, or to begin. */
function mostWrites(members: number, accounts: number): number {
  return (
    FEW_WRITES +
    members +
    Math.max(
      WRITES_OF_A_LEAF * Math.min(accounts, MOST_WAITING) + MOST_RETOLD,
      WRITES_OF_A_CERTIFICATE * MOST_OF_A_PAGE,
      2 * MOST_OF_PROOFS,
      2 * members,
      accounts,
    )
  );
}

/** Bytes of a record, by its prefix, where there may be many of the kind. */
function mostRecordBytes(
  members: number,
  tokens: number,
  accounts: number,
): Readonly<Record<string, number>> {
  const certificate = 4 + ORDER_BYTES + 1 + 65 * members;
  const numbers = ['C', 'D', 'R', 'O', 'I'].map((prefix) => [prefix, 8]);
  const singles = Object.keys(FEW).map((prefix) => [prefix, MOST_SINGLE_BYTES]);
  return {
    A: 32 + 2 * 8 + 3 + (2 + 25) * tokens + ORDER_BYTES,
    J: 32 + 1 + Math.max(certificate, 2 * ORDER_BYTES),
    P: 8 + certificate,
    b: 64 * accounts,
    w: 32 * accounts,
    p: 8 * PROOFS_A_RECORD,
    y: 32,
    2: ORDER_BYTES + 64,
    3: 32,
    ...Object.fromEntries([...numbers, ...singles]),
  };
}

/** What an authority keeps of another: a life of its key, an order that it told of, a vote. */
const SIGNS_OF_A_MEMBER = 3;

/** Links of which a node keeps note: to relays and strangers together, and to any one member. */
const MOST_RELAYS = 128;
const MOST_OF_A_MEMBER = 4;

/**
 * Bytes, with their keys, of all that a node keeps in memory only: so much for timers, counts, a seed and the
 * root of the digest tree; for an account its place and leaf in a bucket, its place among those whose
 * leaf has to be taken in, the three hashes above, and its place in the ring of orders that are told
 * again; for a link its number, its member and what was asked over it; for a member how far it told,
 * and what a wallet notes of it; for a double-spend proof its number.
 */
const MEMORY_BYTES = 277;
const MEMORY_BYTES_OF = { account: 315, link: 22, member: 42, proof: 17 } as const;

/** Steps between two looks at everything that a node holds. */
const LOOK_EVERY = 400;
/** Wake-ups that a node may want in one second. */
const MOST_TICKS_PER_SECOND = 50;
/** Nodes of the digest tree: 1 + 16 + 256 + 4096. */
const MOST_DIGESTS = 4_369;
/** Bytes of one record that is there once: votes of 64 members and an order; 512 links. */
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
  U: 64,
  h: 64,
  q: 1,
  r: 64,
  e: 64,
  a: 1,
  n: 1,
  z: 1,
  k: 1,
  x: 1,
  o: 1,
  t: 1,
  g: 1,
  c: 1,
  d: MOST_DIGESTS,
};

export class Bounds implements Watcher {
  /** The most that was seen, for the report. */
  readonly most = { frameBytes: 0, sends: 0, writes: 0, records: 0 };
  readonly #book: Book;
  readonly #steps = new Map<number, number>();
  readonly #ticks = new Map<number, { second: number; count: number }>();
  readonly #nowMs: () => number;
  /** For so many accounts. */
  #mostRecordBytes: Readonly<Record<string, number>> = {};
  #accounts = -1;

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
    if (this.#accounts !== ledger.size) {
      this.#accounts = ledger.size;
      this.#mostRecordBytes = mostRecordBytes(members, founding.tokenCount, ledger.size);
    }
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
      if (!isOnDisk(key)) memoryBytes += key.length + value.length;
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
      if (prefix === 'D' && !live.has(`A${key.slice(1, 33)}` as ByteKey)) {
        throw new Violation('bounds', `${process.name} keeps a proof about nobody's account`);
      }
    }
    const head = live.get('H' as ByteKey);
    const facts = head === undefined ? 0 : Number(new Reader(head).u64());
    const certificates = counts.get('C') ?? 0;
    const payments = counts.get('P') ?? 0;
    const most: Readonly<Record<string, number>> = {
      ...FEW,
      A: this.#book.ledger.size,
      b: this.#book.ledger.size,
      w: this.#book.ledger.size,
      C: this.#book.seen.size,
      R: certificates,
      J: facts,
      D: facts - certificates,
      p: Math.ceil((facts - certificates) / PROOFS_A_RECORD),
      y: this.#book.ledger.size,
      2: SIGNS_OF_A_MEMBER * this.#book.founding.memberKeys.length,
      3: facts - certificates,
      X: 0,
      P: this.#book.seen.size,
      O: payments,
      I: payments,
    };
    for (const [prefix, count] of counts) {
      if (count <= (most[prefix] ?? 0)) continue;
      throw new Violation('bounds', `${process.name}: ${count} records under ${prefix}`);
    }
    if (certificates + (counts.get('D') ?? 0) !== facts) {
      throw new Violation('bounds', `${process.name}: ${facts} facts, not all of them indexed`);
    }
    checkLinkTable(process, linksOf(process));
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
      MEMORY_BYTES_OF.account * (counts.get('A') ?? 0) +
      MEMORY_BYTES_OF.link * linksOf(process).length +
      MEMORY_BYTES_OF.member * this.#book.founding.memberKeys.length +
      MEMORY_BYTES_OF.proof * (counts.get('D') ?? 0);
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
