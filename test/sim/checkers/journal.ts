/**
 * Checker `journal`: entries are numbered without gaps, each linked to the bytes of the one before;
 * none is ever changed or removed, and every index points at what it names. `proofs`: a
 * double-spend proof is one: two different orders that the account's owner really signed for one
 * sequence; so no honest owner is ever accused.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import type { Book } from './book.ts';
import { bytes64, type FactView, Reader, readEntry, sha256, short } from './decode.ts';
import { isOrderSigned, placeOf } from './founding.ts';

interface Head {
  count: bigint;
  link: string;
}

export class Journals implements Watcher {
  readonly #book: Book;
  readonly #heads = new Map<number, Head>();

  constructor(book: Book) {
    this.#book = book;
  }

  started(process: Process): void {
    if (process.role !== 'authority') return;
    const head = { count: 0n, link: '\0'.repeat(32) };
    this.#heads.set(process.index, head);
    const keys = [...process.disk.durable.keys()].filter((key) => key[0] === 'J').sort();
    for (const key of keys) this.#append(process, head, key, process.disk.durable.get(key));
    this.#checkHead(process, head, process.disk.durable.get('H' as ByteKey));
  }

  stepped(process: Process, _event: Event, step: Step): void {
    if (process.role !== 'authority') return;
    const head = this.#heads.get(process.index);
    if (head === undefined) return;
    let facts = 0;
    for (const { key, value } of step.writes) {
      if (key[0] !== 'J') continue;
      const fact = this.#append(process, head, key, value);
      this.#checkIndexes(process, step, head.count - 1n, fact);
      facts++;
    }
    if (facts === 0) return;
    const written = step.writes.find(({ key }) => key === 'H');
    this.#checkHead(process, head, written?.value);
  }

  #append(process: Process, head: Head, key: string, value: Uint8Array | undefined): FactView {
    const number = bigEndian(key.slice(1));
    if (number !== head.count || value === undefined) {
      throw new Violation('journal', `${process.name} writes entry ${number} at ${head.count}`);
    }
    const { link, fact } = readEntry(value);
    if (link !== head.link) {
      throw new Violation('journal', `${process.name}'s entry ${number} is not linked`);
    }
    head.count++;
    head.link = sha256(value);
    if (fact.kind === 'double_spend') this.#checkProof(process, fact);
    return fact;
  }

  #checkProof(process: Process, fact: Extract<FactView, { kind: 'double_spend' }>): void {
    const { first, second } = fact;
    const what = `${short(first.account)}/${first.sequence}`;
    const fail = (why: string): never => {
      throw new Violation('proofs', `${process.name} keeps a proof against ${what}: ${why}`);
    };
    if (placeOf(first) !== placeOf(second)) fail('two places');
    if (first.raw === second.raw) fail('one order');
    const { founding } = this.#book;
    if (!isOrderSigned(founding, first) || !isOrderSigned(founding, second)) fail('not signed');
    if (founding.honestAccounts.has(first.account)) fail('but its owner is honest');
  }

  /** The step that writes a certificate writes where to find it, too. */
  #checkIndexes(process: Process, step: Step, number: bigint, fact: FactView): void {
    const expected = indexesOf(fact);
    for (const index of expected) {
      const isThere = step.writes.some(
        ({ key, value }) =>
          key.startsWith(index) && value !== undefined && new Reader(value).u64() === number,
      );
      if (isThere) continue;
      throw new Violation('journal', `${process.name} writes entry ${number} without its index`);
    }
  }

  #checkHead(process: Process, head: Head, value: Uint8Array | undefined): void {
    if (value === undefined && head.count === 0n) return;
    const reader = new Reader(value ?? new Uint8Array(40));
    if (reader.u64() === head.count && reader.text(32) === head.link) return;
    throw new Violation('journal', `${process.name}'s head is not its last entry`);
  }
}

/** Beginnings of the keys that must point at a fact. */
function indexesOf(fact: FactView): string[] {
  switch (fact.kind) {
    case 'certificate': {
      const { account, sequence, payee } = fact.certificate.order;
      const certified = `C${account}${bytes64(sequence)}`;
      return payee === undefined ? [certified] : [certified, `R${payee}`];
    }
    case 'outcome':
    case 'report':
      // By its name, which is a hash; and in the list of facts.
      return ['\u00b5', '\u00b6'];
    case 'double_spend':
      return [`D${fact.first.account}${bytes64(fact.first.sequence)}`];
    case 'conflict':
      return [`X${fact.first.order.account}${bytes64(fact.first.order.sequence)}`];
  }
}

function bigEndian(text: string): bigint {
  return Buffer.from(text, 'latin1').readBigUInt64BE(0);
}
