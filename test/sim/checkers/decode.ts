/**
 * Reading messages and records for the checkers: written from the layouts alone (spaces.ts, the
 * heads of codec/), sharing nothing with the core's own codec. Byte strings are latin1 strings
 * here, one character a byte, so that they can be compared and be keys.
 */
import { createHash } from 'node:crypto';

export interface OrderView {
  /** The unsigned order's bytes: what an order is. */
  readonly raw: string;
  readonly account: string;
  readonly sequence: bigint;
  /** The account that it pays; undefined: it is a withdrawal, which locks its amount. */
  readonly payee: string | undefined;
  /** Of a withdrawal: which outer ledger is to pay, and whom. */
  readonly ledger: number;
  readonly recipient: string;
  readonly token: number;
  readonly amount: bigint;
  readonly signature: Uint8Array;
}

export interface Vote {
  readonly member: number;
  readonly signature: Uint8Array;
}

export interface CertificateView {
  readonly epoch: number;
  readonly order: OrderView;
  readonly votes: readonly Vote[];
}

export interface AccountView {
  readonly next: bigint;
  readonly history: string;
  readonly received: bigint;
  readonly isFrozen: boolean;
  readonly balances: ReadonlyMap<number, bigint>;
  /** What withdrawals hold, and what is kept aside for orders of closed sequences. */
  readonly locked: ReadonlyMap<number, bigint>;
  readonly reserved: ReadonlyMap<number, bigint>;
  readonly pending: OrderView | undefined;
}

export interface LinkView {
  readonly link: bigint;
  readonly member: number | undefined;
}

export type FactView =
  | { readonly kind: 'certificate'; readonly certificate: CertificateView }
  | { readonly kind: 'double_spend'; readonly first: OrderView; readonly second: OrderView }
  | {
      readonly kind: 'conflict';
      readonly first: CertificateView;
      readonly second: CertificateView;
    }
  | OutcomeView
  | ReportView;

/** What was decided about the money of a withdrawal. */
export interface OutcomeView {
  readonly kind: 'outcome';
  readonly account: string;
  readonly sequence: bigint;
  /** Whether it goes back to the payer. */
  readonly isRefund: boolean;
}

/** What observers of an outer ledger certified. */
export interface ReportView {
  readonly kind: 'report';
  /** What they signed, and what the fact is called. */
  readonly raw: string;
  readonly name: string;
  readonly ledger: number;
  readonly event: LedgerEventView;
  readonly statements: readonly (Vote & { readonly epoch: number })[];
}

export type LedgerEventView =
  | { readonly what: 'paid' | 'returned'; readonly account: string; readonly sequence: bigint }
  | {
      readonly what: 'deposit';
      readonly account: string;
      readonly id: string;
      readonly token: number;
      readonly amount: bigint;
    };

/** SHA-256, 32 bytes as a string. */
export function sha256(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    if (typeof part === 'string') hash.update(part, 'latin1');
    else hash.update(part);
  }
  return hash.digest().toString('latin1');
}

/** The sum modulo 2^256 of two numbers of 32 bytes each, as strings. */
export function sumOf(a: string, b: string): string {
  const [first, second] = [a, b].map((text) =>
    BigInt(`0x${Buffer.from(text, 'latin1').toString('hex')}`),
  );
  const sum = ((first ?? 0n) + (second ?? 0n)) % 2n ** 256n;
  return Buffer.from(sum.toString(16).padStart(64, '0'), 'hex').toString('latin1');
}

/** Bytes as a string of one character each. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** The bytes of such a string. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** 64 bits, most significant byte first: how numbers stand in keys. */
export function bytes64(n: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(n);
  return bytes.toString('latin1');
}

/** Lower-case hexadecimal of the first bytes, to name something in a message. */
export function short(text: string): string {
  return Buffer.from(text.slice(0, 4), 'latin1').toString('hex');
}

/** Reads one thing after the other. Throws when the bytes end too early. */
export class Reader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#skip(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#skip(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#skip(8));
  }

  u128(): bigint {
    const high = this.u64();
    return (high << 64n) | this.u64();
  }

  /** 25 bytes, two's complement. */
  i200(): bigint {
    const top = BigInt(this.#bytes.readInt8(this.#skip(1)));
    const high = (top << 64n) | this.u64();
    return (((high << 64n) | this.u64()) << 64n) | this.u64();
  }

  text(length: number): string {
    const from = this.#skip(length);
    return this.#bytes.toString('latin1', from, from + length);
  }

  bytes(length: number): Uint8Array {
    const from = this.#skip(length);
    return this.#bytes.subarray(from, from + length);
  }

  textFrom(from: number): string {
    return this.#bytes.toString('latin1', from, this.at);
  }

  /** All bytes that were not read yet; they stay so. */
  rest(): string {
    return this.#bytes.toString('latin1', this.at);
  }

  #skip(length: number): number {
    const from = this.at;
    this.at += length;
    if (this.at > this.#bytes.length) throw new RangeError('the bytes end too early');
    return from;
  }
}

export function readOrder(reader: Reader): OrderView {
  const from = reader.at;
  const account = reader.text(32);
  const sequence = reader.u64();
  const action = readAction(reader);
  const raw = reader.textFrom(from);
  return { raw, account, sequence, ...action, signature: reader.bytes(64) };
}

type Action = Pick<OrderView, 'payee' | 'ledger' | 'recipient' | 'token' | 'amount'>;

function readAction(reader: Reader): Action {
  const kind = reader.u8();
  if (kind === 1) {
    const payee = reader.text(32);
    const [token, amount] = [reader.u16(), reader.u128()];
    reader.text(reader.u8());
    return { payee, ledger: 0, recipient: '', token, amount };
  }
  if (kind !== 2) throw new RangeError('an action of no known kind');
  const [token, amount, ledger] = [reader.u16(), reader.u128(), reader.u8()];
  const recipient = reader.text(reader.u8());
  reader.u64();
  return { payee: undefined, ledger, recipient, token, amount };
}

export function readCertificate(reader: Reader): CertificateView {
  const epoch = reader.u32();
  const order = readOrder(reader);
  return { epoch, order, votes: readVotes(reader) };
}

/** The votes of a certificate, or those so far for a live order. */
export function readVotes(reader: Reader): Vote[] {
  return Array.from({ length: reader.u8() }, () => {
    return { member: reader.u16(), signature: reader.bytes(64) };
  });
}

/** A vote as it is sent on its own. It counts in the epoch that it names. */
export function readVote(reader: Reader): Vote & { readonly hash: string } {
  reader.u32();
  const member = reader.u16();
  return { hash: reader.text(32), member, signature: reader.bytes(64) };
}

/**
 * An authority's or relay's note of its links to nodes: each with the member at its end, if any.
 */
export function readLinks(bytes: Uint8Array): LinkView[] {
  const reader = new Reader(bytes);
  const links = Array.from({ length: reader.u16() }, () => {
    const link = reader.u64();
    reader.text(32); // The key that was proven.
    const member = reader.u8() === 1 ? reader.u16() : undefined;
    reader.u8(); // Whether it is wanted.
    if (reader.u8() === 1) {
      reader.u64(); // When it was asked.
      if (reader.u8() === 1) reader.u8(); // Whether it leads to an authority.
    }
    return { link, member };
  });
  if (!reader.isAtEnd) throw new RangeError('bytes behind the links');
  return links;
}

export function readBalances(reader: Reader): Map<number, bigint> {
  const balances = new Map<number, bigint>();
  for (let left = reader.u8(); left > 0; left--) {
    const token = reader.u16();
    balances.set(token, reader.i200());
  }
  return balances;
}

export function readAccount(bytes: Uint8Array): AccountView {
  const reader = new Reader(bytes);
  const [next, history, received] = [reader.u64(), reader.text(32), reader.u64()];
  const isFrozen = reader.u8() === 1;
  const balances = readBalances(reader);
  const [locked, reserved] = [readBalances(reader), readBalances(reader)];
  reader.u8(); // Whether it stated what it voted for.
  skipVotes(reader);
  const pending = reader.u8() === 1 ? readOrder(reader) : undefined;
  if (!reader.isAtEnd) throw new RangeError('bytes behind the account');
  return { next, history, received, isFrozen, balances, locked, reserved, pending };
}

/** How many votes it had in an hour, and in which: each authority's own. */
function skipVotes(reader: Reader): void {
  reader.u32();
  reader.u32();
}

/** The bytes of an account record in which the order that waits in it does not show. */
export function settledBytesOf(account: Uint8Array): string {
  const reader = new Reader(account);
  reader.text(8 + 32 + 8 + 1);
  for (let lists = 0; lists < 3; lists++) readBalances(reader);
  return reader.textFrom(0);
}

/** A decision about a withdrawal, or what happened on an outer ledger. */
function readCertified(reader: Reader): OutcomeView | ReportView {
  const kind = reader.u8();
  if (kind === 1) return readOutcome(reader);
  if (kind === 2) return readReport(reader);
  throw new RangeError('a fact of no known kind');
}

function readOutcome(reader: Reader): OutcomeView {
  reader.u32(); // The epoch.
  if (reader.u8() !== 1) throw new RangeError('a fact that is no outcome');
  const [account, sequence] = [reader.text(32), reader.u64()];
  reader.u32(); // The round.
  const value = reader.text(reader.u16());
  if (value !== '\x01' && value !== '\x02') throw new RangeError('an outcome of no known kind');
  return { kind: 'outcome', account, sequence, isRefund: value === '\x02' };
}

function readReport(reader: Reader): ReportView {
  const from = reader.at;
  const ledger = reader.u8();
  const event = readLedgerEvent(reader);
  const raw = reader.textFrom(from);
  const statements = Array.from({ length: reader.u8() }, () => {
    return { epoch: reader.u32(), member: reader.u16(), signature: reader.bytes(64) };
  });
  return { kind: 'report', raw, name: sha256('\x02', raw), ledger, event, statements };
}

function readLedgerEvent(reader: Reader): LedgerEventView {
  const kind = reader.u8();
  if (kind === 1 || kind === 2) {
    const what = kind === 1 ? 'paid' : 'returned';
    return { what, account: reader.text(32), sequence: reader.u64() };
  }
  if (kind !== 3) throw new RangeError('an event of no known kind');
  const [id, account] = [reader.text(32), reader.text(32)];
  return { what: 'deposit', id, account, token: reader.u16(), amount: reader.u128() };
}

/** A journal entry: the link to the one before, and a fact. */
export function readEntry(bytes: Uint8Array): { link: string; fact: FactView } {
  const reader = new Reader(bytes);
  const link = reader.text(32);
  switch (reader.u8()) {
    case 1:
      return { link, fact: { kind: 'certificate', certificate: readCertificate(reader) } };
    case 2: {
      const first = readOrder(reader);
      return { link, fact: { kind: 'double_spend', first, second: readOrder(reader) } };
    }
    case 3: {
      const first = readCertificate(reader);
      return { link, fact: { kind: 'conflict', first, second: readCertificate(reader) } };
    }
    case 4:
      return { link, fact: readCertified(reader) };
    default:
      throw new RangeError('a fact of no known kind');
  }
}

/** Numbers of messages inside a frame (codec/message.ts), as far as checkers look at them. */
export const MESSAGE = {
  order: 1,
  vote: 2,
  orderRefusal: 3,
  certificate: 4,
  applied: 5,
  account: 8,
  certificates: 10,
  credits: 12,
  gossip: 13,
  doubleSpend: 14,
  root: 15,
  proofs: 22,
  heartbeat: 40,
} as const;

export interface OpenFrame {
  readonly tag: number;
  readonly hops: number;
  /**
   * The word of the node at the other end of the link: neither passed on, nor to be passed back.
   */
  readonly isOwn: boolean;
  readonly body: Reader;
}

/** A frame's message number, and a reader that stands behind it. */
export function openFrame(bytes: Uint8Array): OpenFrame {
  const routeAt = isAddressed(bytes) ? 3 : 1;
  const hops = bytes[routeAt] ?? 0;
  const markAt = routeAt + 1 + 8 * hops;
  const isOwn = hops === 0 && bytes[markAt] === 0;
  return { tag: bytes[markAt + 1] ?? 0, hops, isOwn, body: new Reader(bytes, markAt + 2) };
}

/**
 * Whether a frame is for another member than this one, or on its way back to somebody else; what
 * was cut off before that is for nobody.
 */
export function isForOthers(bytes: Uint8Array, member: number): boolean {
  if (!isAddressed(bytes)) return openFrame(bytes).hops > 0;
  return bytes.length >= 3 && new Reader(bytes, 1).u16() !== member;
}

function isAddressed(bytes: Uint8Array): boolean {
  return bytes[0] === 1;
}
