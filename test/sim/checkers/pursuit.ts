/**
 * Checker `wallets`, as to the live order: a wallet lets go of it only in a step in which it keeps
 * a certificate for that sequence, and says that the order failed only if the certificate is
 * another order's. No refusal ends an order, whoever signed it.
 *
 * `votes`: a stranger, whose wallet has another genesis document, never gets an honest authority's
 * vote. Nothing that these say is for its network, so its order stays open for ever.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import {
  type CertificateView,
  latin1,
  type OrderView,
  Reader,
  readCertificate,
  readOrder,
  readVotes,
  type Vote,
} from './decode.ts';
import { type Founding, placeOf } from './founding.ts';

const NOBODY = new Uint8Array();
/** Where a wallet keeps its live order. */
const LIVE_ORDER = 'L' as ByteKey;

export class Pursuit implements Watcher {
  readonly #honestKeys: ReadonlySet<string>;
  readonly #otherKeys: readonly Uint8Array[];

  /** `otherKeys`: the members' keys in the order of the strangers' genesis document. */
  constructor({ memberKeys, honestMembers }: Founding, otherKeys: readonly Uint8Array[]) {
    this.#otherKeys = otherKeys;
    this.#honestKeys = new Set(memberKeys.filter((_, i) => honestMembers.has(i)));
  }

  stepped(process: Process, _event: Event, step: Step): void {
    if (process.role !== 'wallet' && process.role !== 'stranger') return;
    const written = step.writes.find(({ key }) => key === LIVE_ORDER);
    const payments = paymentsOf(step);
    if (process.role === 'stranger') {
      for (const { votes } of payments) this.#checkStranger(process, votes);
      if (written?.value !== undefined) this.#checkStranger(process, votesOf(written.value));
    }
    const before = process.disk.live.get(LIVE_ORDER);
    if (written !== undefined && before !== undefined) {
      checkEnd(process, step, readOrder(new Reader(before)), written.value, payments);
    }
  }

  #checkStranger(process: Process, votes: readonly Vote[]): void {
    const honest = votes.find(({ member }) =>
      this.#honestKeys.has(latin1(this.#otherKeys[member] ?? NOBODY)),
    );
    if (honest === undefined) return;
    const whose = `a vote of member ${honest.member}`;
    throw new Violation('votes', `${process.name}, of another network, has ${whose}`);
  }
}

/** Certificates that a wallet keeps from this step on. */
function paymentsOf({ writes }: Step): CertificateView[] {
  return writes.flatMap(({ key, value }) =>
    key[0] === 'P' && value !== undefined ? [readCertificate(new Reader(value, 8))] : [],
  );
}

/** The votes for a live order, which stand behind the order, a time and an epoch. */
function votesOf(live: Uint8Array): Vote[] {
  const reader = new Reader(live);
  readOrder(reader);
  reader.u64();
  reader.u32();
  return readVotes(reader);
}

function checkEnd(
  process: Process,
  step: Step,
  order: OrderView,
  after: Uint8Array | undefined,
  payments: readonly CertificateView[],
): void {
  if (after !== undefined && readOrder(new Reader(after)).raw === order.raw) return;
  const ending = payments.find((certificate) => placeOf(certificate.order) === placeOf(order));
  if (ending === undefined) {
    const what = `its order ${order.sequence} up without a certificate`;
    throw new Violation('wallets', `${process.name} gives ${what}`);
  }
  const saysFailed = step.notices.some(({ kind }) => kind === 'order_failed');
  const hasFailed = ending.order.raw !== order.raw;
  if (saysFailed === hasFailed) return;
  const what = `order ${order.sequence}, which ${hasFailed ? 'failed' : 'was certified'}`;
  throw new Violation('wallets', `${process.name} tells its owner otherwise of ${what}`);
}
