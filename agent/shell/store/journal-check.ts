/** Whether the journal is one unbroken chain (core/journal.ts), checked while it is scanned. */
import { type ByteKey, equalBytes } from '../../core/base/bytes.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import { decode } from '../../core/codec/canonical.ts';
import { type JournalHead, journalHeadCoder } from '../../core/codec/record.ts';
import { SPACES, spaceOf } from '../../core/spaces.ts';
import { nativeSha256 } from '../hash.ts';
import { type DamageList, nameOfKey } from './damage.ts';

const LINK_BYTES = 32;

/** What a check knows after some entries: the number of the next one, and the hash of the last. */
export interface JournalPlace {
  readonly next: bigint;
  readonly link: Uint8Array;
}

/** Before the first entry. */
function journalBeginning(): JournalPlace {
  return { next: 0n, link: new Uint8Array(LINK_BYTES) };
}

/** Takes the records in ascending order of keys. */
export class JournalCheck {
  readonly #damage: DamageList;
  /** Undefined if it is damaged. */
  #head: JournalHead | undefined = { count: 0n, link: new Uint8Array(LINK_BYTES) };
  #next: bigint;
  /** Hash of the entry before; undefined if that one is damaged or lost. */
  #link: Uint8Array | undefined;

  constructor(damage: DamageList, { next, link }: JournalPlace = journalBeginning()) {
    this.#damage = damage;
    this.#next = next;
    this.#link = link;
  }

  /** Where it is; undefined after damage. */
  place(): JournalPlace | undefined {
    return this.#link === undefined ? undefined : { next: this.#next, link: this.#link };
  }

  /**
   * Any record; `value` is undefined if its checksum did not fit, which was reported already. The
   * head may come before the entries or after them.
   */
  take(key: ByteKey, value: Uint8Array | undefined): void {
    const space = spaceOf(key);
    if (space === 'journalHead') this.#takeHead(key, value);
    if (space === 'journal') this.#takeEntry(key, value);
  }

  /** To be called after the last entry and the head. */
  finish(): void {
    if (this.#head === undefined) return;
    const { count, link } = this.#head;
    if (this.#next < count) this.#missing(this.#next, count);
    else if (this.#next > count) {
      const found = `it counts ${count} entries, and there are ${this.#next}`;
      this.#damage.add('journal', 'journalHead record', found);
    } else if (this.#link !== undefined && !equalBytes(link, this.#link)) {
      this.#damage.add('journal', 'journalHead record', 'its link is not to the last entry');
    }
  }

  #takeHead(key: ByteKey, value: Uint8Array | undefined): void {
    this.#head = undefined;
    if (value === undefined) return;
    const head = decode(journalHeadCoder, value);
    if (isRefusal(head)) this.#damage.add('journal', nameOfKey(key), 'it cannot be decoded');
    else this.#head = head;
  }

  #takeEntry(key: ByteKey, value: Uint8Array | undefined): void {
    const expected = SPACES.journal.at(this.#next).key;
    if (key !== expected) {
      const number = numberOf(key);
      this.#missing(this.#next, number);
      this.#next = number;
      this.#link = undefined;
    }
    // The link is the first field of an entry (codec/record.ts).
    const link = value?.subarray(0, LINK_BYTES);
    if (link !== undefined && this.#link !== undefined && !equalBytes(link, this.#link)) {
      this.#damage.add('journal', nameOfKey(key), 'its link is not to the entry before');
    }
    this.#link = value === undefined ? undefined : nativeSha256(value);
    this.#next += 1n;
  }

  #missing(from: bigint, to: bigint): void {
    const where = to - from === 1n ? `journal record ${from}` : `journal ${from} to ${to - 1n}`;
    this.#damage.add('journal', where, 'missing');
  }
}

/** The number at the end of a journal key. */
function numberOf(key: ByteKey): bigint {
  return BigInt(`0x0${Buffer.from(key.slice(1), 'latin1').toString('hex')}`);
}
