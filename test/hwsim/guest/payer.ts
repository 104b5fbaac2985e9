/**
 * One wallet at work: the session of the command line, with a queue of payments before it. A wallet
 * has one order at a time, so what is offered faster than it is certified waits here.
 */

import { randomBytes } from 'node:crypto';
import { waitingLines } from '../../../agent/cli/render/pursuit.ts';
import { toHex } from '../../../agent/core/base/bytes.ts';
import { NONCE_BYTES } from '../../../agent/core/base/limits.ts';
import type { Amount, MemberIndex, TokenIndex } from '../../../agent/core/base/units.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { signedOrderCoder } from '../../../agent/core/codec/order.ts';
import type { Notice } from '../../../agent/core/notice.ts';
import { asFounded } from '../../../agent/core/views.ts';
import { Pursuit } from '../../../agent/wallet/pursuit.ts';
import type { WalletSession } from '../../../agent/wallet/session.ts';
import type { Payee, PaymentTimes } from '../driver-protocol.ts';
import { monotonicMs } from './clock.ts';

interface Payment {
  readonly recipient: Uint8Array;
  readonly memo: string;
  readonly insists: boolean;
  readonly offeredMs: number;
  readonly done: () => void;
  createdMs: number | null;
  orderHex: string | null;
  certifiedMs: number | null;
  refused: string | null;
}

const AMOUNT = 1n as Amount;
const TOKEN = 0 as TokenIndex;

export class Payer {
  readonly session: WalletSession;
  readonly #all: Payment[] = [];
  readonly #waiting: Payment[] = [];
  #live: { readonly payment: Payment; readonly pursuit: Pursuit } | undefined;
  #offering: NodeJS.Timeout | undefined;
  #keeping = false;
  #unoffered = 0;

  constructor(session: WalletSession) {
    this.session = session;
    session.hear((notice) => this.#take(notice));
  }

  /** Resolves when the payment is certified or refused. */
  pay(payee: Payee): Promise<PaymentTimes> {
    return new Promise((resolve) => {
      const payment: Payment = {
        recipient: Buffer.from(payee.to, 'hex'),
        memo: payee.memo ?? '',
        insists: payee.insists ?? false,
        offeredMs: monotonicMs(),
        done: () => resolve(timesOf(payment)),
        createdMs: null,
        orderHex: null,
        certifiedMs: null,
        refused: null,
      };
      this.#all.push(payment);
      this.#waiting.push(payment);
      this.#next();
    });
  }

  /** Offers payments at a steady rate; one that comes late does not delay those after it. */
  offer(payee: Payee, count: number, everyMs: number): void {
    const beginMs = performance.now();
    let offered = 0;
    const offerDue = (): void => {
      while (offered < count && performance.now() - beginMs >= offered * everyMs) {
        void this.pay(payee);
        offered += 1;
      }
      this.#unoffered = count - offered;
      if (offered >= count) return;
      const dueMs = beginMs + offered * everyMs;
      this.#offering = setTimeout(offerDue, Math.max(1, dueMs - performance.now()));
    };
    offerDue();
  }

  /** Pays again and again, one at a time, so that nothing piles up. */
  keep(payee: Payee, pauseMs: number): void {
    this.#keeping = true;
    const again = (): void => {
      if (!this.#keeping) return;
      void this.pay(payee).then(() => {
        this.#offering = setTimeout(again, pauseMs);
      });
    };
    again();
  }

  quiet(): void {
    this.#keeping = false;
    this.#unoffered = 0;
    clearTimeout(this.#offering);
  }

  payments(): PaymentTimes[] {
    return this.#all.map(timesOf);
  }

  /** Offered or still to be offered, and neither certified nor refused. */
  open(): number {
    return this.#unoffered + this.#waiting.length + (this.#live === undefined ? 0 : 1);
  }

  waiting(): readonly string[] {
    if (this.#live === undefined) return [];
    const { pursuit } = this.#live;
    const missing = pursuit.missing((member) => this.session.contact(member));
    return waitingLines({ troubles: [], missing, decimals: pursuit.decimals });
  }

  memberLinks(): number {
    const { members } = asFounded(this.session.network).committee;
    return members.filter((_, i) => this.session.contact(i as MemberIndex).isLinked).length;
  }

  async close(): Promise<void> {
    this.quiet();
    await this.session.close();
  }

  #next(): void {
    if (this.#live !== undefined) return;
    const payment = this.#waiting.shift();
    if (payment === undefined) return;
    const { network } = this.session;
    const pursuit = new Pursuit(network, network.genesis.tokens[TOKEN]?.decimals ?? 0);
    this.#live = { payment, pursuit };
    const { recipient, memo, insists } = payment;
    const nonce = insists ? undefined : randomBytes(NONCE_BYTES);
    const command = { kind: 'pay', recipient, token: TOKEN, amount: AMOUNT, memo, nonce } as const;
    this.session.command(command);
  }

  #take(notice: Notice): void {
    if (this.#live === undefined) return;
    const { payment, pursuit } = this.#live;
    pursuit.take(notice);
    switch (notice.kind) {
      case 'order_created':
        payment.createdMs = monotonicMs();
        payment.orderHex = toHex(encode(signedOrderCoder, notice.order));
        return;
      case 'order_certified':
        payment.certifiedMs = monotonicMs();
        break;
      case 'order_failed':
      case 'command_refused':
        payment.refused = notice.refusal.refused;
        break;
      default:
        return;
    }
    this.#live = undefined;
    payment.done();
    // Not inside the notice: the step that told it is not over.
    setImmediate(() => this.#next());
  }
}

function timesOf({ offeredMs, createdMs, orderHex, certifiedMs, refused }: Payment): PaymentTimes {
  return { offeredMs, createdMs, orderHex, certifiedMs, refused };
}
