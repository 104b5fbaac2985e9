/**
 * Two nodes that run with one key: a data folder or a key that was copied and is alive twice.
 *
 * Each process shows a number of its own in its certificate (identity.ts), drawn at its start and
 * proven with the key. So a handshake of this node's own key under another number is another
 * process that lives now. Of another node's key, a number that was seen, then a second one, and
 * then the first again are two processes that live at once: a node that was started anew, changed
 * its address or is behind several of them never shows a number from before. There is no other way
 * to that order, so there is no false alarm; a twin that was never heard in between is not found.
 */
import { equalBytes, toHex } from '../../core/base/bytes.ts';
import { type Address, formatAddress } from './address.ts';
import { type LinkFault, linkFault } from './fault.ts';

/** What was found, once for each key. */
export interface TwinFinding {
  readonly key: Uint8Array;
  readonly isSelf: boolean;
  /** Where they were seen; of this node's own key, where the other one was. */
  readonly addresses: readonly Address[];
}

interface Seen {
  readonly instance: string;
  readonly address: Address;
}

/** Processes of one key that are remembered: more than two are as bad as two. */
const MAX_SEEN = 4;

export class Twins {
  readonly #self: { readonly publicKey: Uint8Array; readonly instance: string } | undefined;
  /** By key, the one seen last at the end. */
  readonly #seen = new Map<string, readonly Seen[]>();
  readonly #found = new Map<string, TwinFinding>();

  constructor(self: { readonly publicKey: Uint8Array; readonly instance: string } | undefined) {
    this.#self = self;
  }

  /** Notes who proved a key, and where. A finding, if this is the first proof of it. */
  saw(key: Uint8Array, instance: string, address: Address): TwinFinding | undefined {
    if (this.#self !== undefined && equalBytes(key, this.#self.publicKey)) {
      if (instance === this.#self.instance) return undefined;
      return this.#find({ key, isSelf: true, addresses: [address] });
    }
    const name = toHex(key);
    const before = this.#seen.get(name) ?? [];
    const others = before.filter((seen) => seen.instance !== instance);
    this.#seen.set(name, [...others, { instance, address }].slice(-MAX_SEEN));
    const isBack = others.length < before.length;
    const last = before.at(-1);
    if (!isBack || last === undefined || last.instance === instance) return undefined;
    return this.#find({ key, isSelf: false, addresses: [last.address, address] });
  }

  /** Of this key, if two nodes run with it. */
  of(key: Uint8Array): TwinFinding | undefined {
    return this.#found.get(toHex(key));
  }

  all(): readonly TwinFinding[] {
    return [...this.#found.values()];
  }

  #find(finding: TwinFinding): TwinFinding | undefined {
    const name = toHex(finding.key);
    if (this.#found.has(name)) return undefined;
    this.#found.set(name, finding);
    return finding;
  }
}

/** Says so; without a finding, of what was found before. */
export function twinFault(finding: TwinFinding | undefined): LinkFault {
  return linkFault('twin', finding?.addresses.map(formatAddress).join(' and '));
}
