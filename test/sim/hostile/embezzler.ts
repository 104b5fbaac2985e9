/**
 * A hostile authority with its hand in the till: beside what it was before, it says of the outer
 * ledger what never happened, shows facts that nobody certified, and hands the ledger payouts that
 * nobody decided: of other amounts, to others, under other keys, with the proof of another one.
 */
import { sha256 } from '../../../agent/core/base/crypto.ts';
import { isRefusal } from '../../../agent/core/base/refusal.ts';
import type {
  Amount,
  Epoch,
  LedgerIndex,
  LinkId,
  MemberIndex,
  TokenIndex,
} from '../../../agent/core/base/units.ts';
import { ballotBodyCoder, type Decision } from '../../../agent/core/codec/agreement.ts';
import { decode, encode } from '../../../agent/core/codec/canonical.ts';
import type { LedgerEvent, Report, ReportBody } from '../../../agent/core/codec/fact.ts';
import { settlementCoder } from '../../../agent/core/codec/gateway.ts';
import { frameCoder, type Message } from '../../../agent/core/codec/message.ts';
import type { Certificate, Order } from '../../../agent/core/codec/order.ts';
import type { LedgerDeposit } from '../../../agent/core/codec/payout.ts';
import { REFUND, SETTLE } from '../../../agent/core/gateway/outcome-value.ts';
import { payoutKey } from '../../../agent/core/gateway/payout-key.ts';
import { testify } from '../../../agent/core/gateway/testimony.ts';
import type { Event, Read, Send, Stamp, Step } from '../../../agent/core/io.ts';
import { signStatement } from '../../../agent/core/network/statement.ts';
import type { AuthoritySetup } from '../../../agent/core/setup.ts';
import type { Submission } from '../cash/till.ts';
import { latin1 } from '../checkers/decode.ts';
import type { Prng } from '../prng.ts';
import type { Actor } from '../process.ts';
import { frameOf } from './forge.ts';

export interface EmbezzlerSetup {
  readonly node: AuthoritySetup;
  readonly prng: Prng;
  /** Hands something to the ledger. */
  readonly submit: (question: Submission) => void;
}

const LEDGER = 0 as LedgerIndex;
const MOST_KEPT = 60;
const EVERY_MS = 300;

/** A certified withdrawal that it has heard of. */
interface Known {
  readonly certificate: Certificate;
  decision: Decision | undefined;
}

export class Embezzler implements Actor {
  readonly #inner: Actor;
  readonly #setup: EmbezzlerSetup;
  readonly #links = new Set<LinkId>();
  readonly #known = new Map<string, Known>();
  #deposits: LedgerDeposit[] = [];
  #reports: Report[] = [];
  #actAtMs = 0;

  constructor(inner: Actor, setup: EmbezzlerSetup) {
    this.#inner = inner;
    this.#setup = setup;
  }

  step(event: Event, stamp: Stamp, read: Read): Step {
    const step = this.#inner.step(event, stamp, read);
    if (event.kind === 'link_up') this.#links.add(event.link);
    if (event.kind === 'link_down') this.#links.delete(event.link);
    if (event.kind === 'frame') this.#overhear(event.bytes);
    const sends = [...step.sends];
    if (event.kind !== 'start' && stamp.nowMs >= this.#actAtMs) {
      this.#actAtMs = stamp.nowMs + this.#setup.prng.between(1, 2 * EVERY_MS);
      sends.push(...this.#lie(read));
      this.#embezzle(read);
    }
    return { ...step, sends, wakeAtMs: Math.min(step.wakeAtMs ?? Infinity, this.#actAtMs) };
  }

  #overhear(bytes: Uint8Array): void {
    const frame = decode(frameCoder, bytes);
    if (isRefusal(frame)) return;
    const { TAG, data } = frame.message;
    if (TAG === 'certificate' || TAG === 'settleRequest') this.#keep(data);
    if (TAG === 'certificates') for (const each of data.certificates) this.#keep(each);
    if (TAG === 'decision') this.#decided(data);
    if (TAG === 'testimony') this.#heardOf(data.body);
    if (TAG !== 'fact') return;
    if (data.TAG === 'outcome') this.#decided(data.data);
    else this.#reports = [...this.#reports, data.data].slice(-MOST_KEPT);
  }

  #keep(certificate: Certificate): void {
    const { order } = certificate.order;
    if (order.action.TAG !== 'withdrawal' || this.#known.size >= MOST_KEPT) return;
    const place = placeOf(order);
    if (!this.#known.has(place)) this.#known.set(place, { certificate, decision: undefined });
  }

  #decided(decision: Decision): void {
    if (decision.subject.TAG !== 'outcome') return;
    const known = this.#known.get(placeOf(decision.subject.data));
    if (known !== undefined) known.decision = decision;
  }

  #heardOf({ event }: ReportBody): void {
    if (event.TAG === 'deposit') this.#deposits = [...this.#deposits, event.data].slice(-MOST_KEPT);
  }

  #anyWithdrawal(): Known | undefined {
    return this.#setup.prng.some([...this.#known.values()], 1)[0];
  }

  /** One false word to everybody. */
  #lie(read: Read): Send[] {
    const { prng } = this.#setup;
    const message = prng.below(3) === 0 ? this.#falseOutcome(read) : this.#falseReport(read);
    if (message === undefined) return [];
    const bytes = frameOf(message);
    return [...this.#links].map((link) => ({ link, bytes }));
  }

  #falseReport(read: Read): Message | undefined {
    const { prng, node } = this.#setup;
    const event = this.#falseEvent();
    if (event === undefined) return undefined;
    const body = { ledger: LEDGER, event };
    const own = testify(read, node, body);
    if (prng.below(2) === 0) return { TAG: 'testimony', data: this.#inAnotherName(own) };
    const observers = node.network.genesis.ledgers[LEDGER]?.observers ?? [];
    const borrowed = prng.some(this.#reports, 1)[0]?.statements ?? [];
    const statements = prng.pick([
      [own],
      observers.map((member) => ({ ...own, member })),
      borrowed,
      observers.map((member) => {
        return member === own.member ? own : { ...own, member, signature: prng.bytes(64) };
      }),
    ]);
    const rows = statements.map(({ epoch, member, signature }) => ({ epoch, member, signature }));
    return { TAG: 'fact', data: { TAG: 'report', data: { body, statements: rows } } };
  }

  /** Half of the time its own word stands under the name of another observer. */
  #inAnotherName<T extends { readonly member: MemberIndex }>(own: T): T {
    const { prng, node } = this.#setup;
    const observers = node.network.genesis.ledgers[LEDGER]?.observers ?? [];
    const [member] = prng.below(2) === 0 ? prng.some(observers, 1) : [];
    return member === undefined ? own : { ...own, member };
  }

  #falseEvent(): LedgerEvent | undefined {
    const { prng } = this.#setup;
    if (prng.below(3) === 0) {
      const amount = BigInt(prng.between(1, 1_000)) as Amount;
      const [real] = prng.some(this.#deposits, 1);
      const made = { id: prng.bytes(32), account: prng.bytes(32), token: 0 as TokenIndex, amount };
      return { TAG: 'deposit', data: real === undefined ? made : { ...real, amount } };
    }
    const known = this.#anyWithdrawal();
    if (known === undefined) return undefined;
    const { account, sequence } = known.certificate.order.order;
    return { TAG: prng.pick(['paid', 'returned']), data: { account, sequence } };
  }

  /** The other end of a withdrawal than was decided, or one that was not decided at all. */
  #falseOutcome(read: Read): Message | undefined {
    const known = this.#anyWithdrawal();
    if (known === undefined) return undefined;
    const data = this.#falseDecision(read, known, this.#setup.prng.pick([SETTLE, REFUND]));
    if (this.#setup.prng.below(2) === 0) return { TAG: 'decision', data };
    return { TAG: 'fact', data: { TAG: 'outcome', data } };
  }

  #falseDecision(read: Read, { certificate, decision }: Known, value: Uint8Array): Decision {
    const { prng, node } = this.#setup;
    if (decision !== undefined && prng.below(2) === 0) return { ...decision, value };
    const { account, sequence } = certificate.order.order;
    const subject = { TAG: 'outcome', data: { account, sequence } } as const;
    const body = { subject, round: 0, value: sha256(value) };
    const own = signStatement(read, node, 'precommit', ballotBodyCoder, body);
    const isAlone = prng.below(2) === 0;
    const { members } = node.network.genesis;
    const precommits = isAlone
      ? [{ member: own.member, signature: own.signature }]
      : members.map((_, i) => ({ member: i as MemberIndex, signature: own.signature }));
    return { epoch: 0 as Epoch, subject, round: 0, value, precommits };
  }

  /** One payout that is not due so; now and then one that is, before others ask. */
  #embezzle(read: Read): void {
    const { prng, node, submit } = this.#setup;
    const [known, other] = [this.#anyWithdrawal(), this.#anyWithdrawal()];
    if (known === undefined || other === undefined) return;
    const { order } = known.certificate.order;
    if (order.action.TAG !== 'withdrawal') return;
    const { account, sequence } = order;
    const { token, amount, recipient } = order.action.data;
    const due = { account, sequence, token, amount, recipient };
    const key = payoutKey(node.network.id, order);
    const real = known.decision ?? this.#falseDecision(read, known, SETTLE);
    const [payout, asked, decision, certificate] = prng.pick([
      [due, key, real, known.certificate],
      [{ ...due, amount: (amount ^ 1n) as Amount }, key, real, known.certificate],
      [{ ...due, recipient: Buffer.from('Mallory') }, key, real, known.certificate],
      [due, prng.bytes(32), real, known.certificate],
      [due, key, other.decision ?? real, known.certificate],
      [due, key, real, other.certificate],
      [due, key, this.#falseDecision(read, known, SETTLE), known.certificate],
    ] as const);
    const proof = encode(settlementCoder, { certificate, decision });
    submit({ kind: 'submit', ledger: LEDGER, key: asked, payout, proof });
  }
}

function placeOf({ account, sequence }: Pick<Order, 'account' | 'sequence'>): string {
  return `${latin1(account)}${sequence}`;
}
