/**
 * Asking before signing: the core does it (core/wallet/plan.ts), and this waits beside it, tells how it
 * stands, and gives it up in time. Nothing is signed by waiting long: too few answers are too few.
 */
import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from '../../core/base/limits.ts';
import { REFUSALS, type RefusalCode } from '../../core/base/refusal.ts';
import { formatAmount, type MemberIndex } from '../../core/base/units.ts';
import { faultsTolerated } from '../../core/network/committee.ts';
import type { Notice } from '../../core/notice.ts';
import { readWallet } from '../../core/wallet/holdings.ts';
import { EXIT_OF_REFUSAL } from '../../shell/exit-codes.ts';
import { Failure, failure } from '../failure.ts';
import { listed } from '../render/text.ts';
import { leftUntil } from '../wait.ts';
import type { PayCommand } from './pay.ts';
import type { WalletSession } from './session.ts';

type Latest = Extract<Notice, { readonly kind: 'latest_seen' }>;

/** How long answers are waited for where the person names no time; less where they are not needed. */
const PATIENCE_MS = 30_000;
const INSISTING_MS = 5_000;

/** What of a session is needed to ask. */
export type Asker = Pick<
  WalletSession,
  'network' | 'account' | 'read' | 'command' | 'hear' | 'settled' | 'bell'
>;

export interface AskWatch {
  readonly signal: AbortSignal;
  /** Undefined: PATIENCE_MS. */
  readonly timeoutMs?: number | undefined;
  /** Signs also without the answers, and against refusals, but not what would be a second order. */
  readonly insists?: boolean;
  /** One line on how it stands; often. */
  readonly onProgress?: (line: string) => void;
  /** It is signed though so few would vote for it. */
  readonly onInsisted?: (why: string) => void;
}

/** Resolves when the order is signed and on disk. Throws Failure if it is not, and never will be. */
export async function untilSigned(
  session: Asker,
  command: PayCommand,
  watch: AskWatch,
): Promise<void> {
  const asking = new Asking(session, command, watch);
  try {
    await asking.run();
  } finally {
    asking.end();
  }
}

class Asking {
  readonly #session: Asker;
  readonly #command: PayCommand;
  readonly #watch: AskWatch;
  readonly #words = new Map<MemberIndex, Latest>();
  readonly #unhear: () => void;
  #isSigned = false;
  #refused: RefusalCode | undefined;

  constructor(session: Asker, command: PayCommand, watch: AskWatch) {
    this.#session = session;
    this.#command = command;
    this.#watch = watch;
    this.#unhear = session.hear((notice) => this.#take(notice));
  }

  async run(): Promise<void> {
    const { signal, insists = false, timeoutMs = PATIENCE_MS } = this.#watch;
    const patienceMs = insists ? Math.min(timeoutMs / 2, INSISTING_MS) : timeoutMs;
    this.#session.command({ kind: 'pay', ...this.#command, nonce: randomBytes(NONCE_BYTES) });
    const untilMs = performance.now() + patienceMs;
    while (!this.#isOver && !signal.aborted && performance.now() < untilMs) {
      this.#watch.onProgress?.(this.#progress());
      await this.#session.bell.next(leftUntil(untilMs), signal);
    }
    if (!this.#isOver) await this.#giveUp();
    if (this.#isSigned) return;
    if (signal.aborted) throw failure('interrupted', {}, NOTHING_SIGNED);
    const why = this.#failure();
    if (!insists || this.#refused === 'order_in_flight') throw why;
    this.#watch.onInsisted?.(why.message);
    this.#refused = undefined;
    this.#session.command({ kind: 'pay', ...this.#command, nonce: undefined });
    while (!this.#isOver) await this.#session.bell.next(Infinity);
    if (!this.#isSigned) throw this.#failure();
  }

  end(): void {
    this.#unhear();
  }

  get #isOver(): boolean {
    return this.#isSigned || this.#refused !== undefined;
  }

  /** After this nothing is signed any more that is not signed already. */
  async #giveUp(): Promise<void> {
    this.#session.command({ kind: 'drop' });
    await this.#session.settled();
  }

  #take(notice: Notice): void {
    if (notice.kind === 'latest_seen') this.#words.set(notice.member, notice);
    if (notice.kind === 'order_created') this.#isSigned = true;
    if (notice.kind === 'command_refused') this.#refused = notice.refusal.refused;
  }

  get #needed(): number {
    const { length } = this.#session.network.committee.members;
    return length - faultsTolerated(length);
  }

  /** Members that know of an order that this wallet does not know. */
  #against(): readonly Latest[] {
    const { next } = readWallet(this.#session.read, this.#session.network, this.#session.account);
    return [...this.#words.values()].filter((word) => {
      return word.next > next || (word.next === next && word.pending !== undefined);
    });
  }

  #refusing(): readonly Latest[] {
    const against = new Set(this.#against());
    return [...this.#words.values()].filter((word) => {
      return word.answer?.refused !== undefined && !against.has(word);
    });
  }

  get #isForgetful(): boolean {
    const { length } = this.#session.network.committee.members;
    return this.#against().length > faultsTolerated(length);
  }

  #progress(): string {
    if (this.#isForgetful) {
      return 'this wallet has forgotten an order that authorities know of: waiting for it';
    }
    const [against, refusing] = [this.#against().length, this.#refusing().length];
    const willing = this.#words.size - against - refusing;
    const refuse = refusing === 0 ? '' : `, ${refusing} refuse`;
    return `asking before signing: ${willing} of ${this.#needed} would vote${refuse}`;
  }

  #failure(): Failure {
    if (this.#refused === 'order_in_flight') {
      return failure(
        'not_latest',
        { field: 'wallet', expected: 'to know all its orders', found: 'that one was forgotten' },
        NOTHING_SIGNED,
        'An authority brought the order back: "meshpay wallet resume" goes on with it.',
      );
    }
    const refusing = this.#refusing();
    const { length } = this.#session.network.committee.members;
    const code = this.#refused ?? commonest(refusing);
    if (!this.#isForgetful && code !== undefined && refusing.length > faultsTolerated(length)) {
      return this.#refusal(code, refusing);
    }
    return this.#tooFew();
  }

  #refusal(code: RefusalCode, refusing: readonly Latest[]): Failure {
    const { meaning } = REFUSALS[code];
    return new Failure(code, EXIT_OF_REFUSAL[code], this.#refusalText(code, refusing) ?? meaning, [
      NOTHING_SIGNED,
      ...refusing.map((word) => this.#reason(word)),
      '"--anyway" signs all the same: the order then waits, and holds up every later one.',
    ]);
  }

  /** For too little money: how much an honest authority would let go. */
  #refusalText(code: RefusalCode, refusing: readonly Latest[]): string | undefined {
    if (code !== 'insufficient_balance') return undefined;
    const { length } = this.#session.network.committee.members;
    const balances = refusing.map(({ answer }): bigint => answer?.balance ?? 0n);
    const sorted = balances.sort((a, b) => (a > b ? -1 : 1));
    const held = sorted[faultsTolerated(length)] ?? 0n;
    const [most, wanted] = [this.#money(held), this.#money(this.#command.amount)];
    return `amount: expected at most ${most}, by the word of the authorities, found ${wanted}`;
  }

  #reason({ member, answer }: Latest): string {
    const code = answer?.refused ?? 'malformed';
    const says = code === 'insufficient_balance' ? `; it says ${this.#money(answer?.balance)}` : '';
    return `${this.#nameOf(member)}: ${code}, ${REFUSALS[code].meaning}${says}`;
  }

  #tooFew(): Failure {
    const against = this.#against();
    const agreeing = this.#words.size - against.length;
    const { members } = this.#session.network.committee;
    const silent = members.flatMap((_, at) => {
      const member = at as MemberIndex;
      return this.#words.has(member) ? [] : [this.#nameOf(member)];
    });
    return failure(
      'not_latest',
      { field: 'authorities', expected: `the word of ${this.#needed}`, found: `${agreeing}` },
      NOTHING_SIGNED,
      ...(silent.length === 0 ? [] : [`No answer from ${listed(silent)}.`]),
      ...this.#refusing().map((word) => this.#reason(word)),
      this.#isForgetful
        ? 'This wallet has forgotten an order that authorities know of.'
        : 'Without them nobody can tell whether this wallet knows all its own orders; try again later.',
    );
  }

  #money(minor: bigint | undefined): string {
    const { tokens } = this.#session.network.genesis;
    const { symbol, decimals } = tokens[this.#command.token] ?? { symbol: '', decimals: 0 };
    return `${formatAmount(minor ?? 0n, decimals)} ${symbol}`;
  }

  #nameOf(member: MemberIndex): string {
    return this.#session.network.committee.members[member]?.name ?? `member ${member}`;
  }
}

const NOTHING_SIGNED = 'Nothing was signed.';

function commonest(words: readonly Latest[]): RefusalCode | undefined {
  const codes = words.flatMap(({ answer }) => answer?.refused ?? []);
  const count = (code: RefusalCode): number => codes.filter((other) => other === code).length;
  return [...codes].sort((a, b) => count(b) - count(a))[0];
}
