/**
 * Asking before signing: the core does it (core/wallet/plan.ts), and this waits beside it, tells
 * how it stands, and gives it up in time. Nothing is signed by waiting long: too few answers are
 * too few.
 */

import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from '../core/base/limits.ts';
import type { RefusalCode } from '../core/base/refusal.ts';
import type { MemberIndex } from '../core/base/units.ts';
import type { Notice } from '../core/notice.ts';
import { memberName } from '../core/views.ts';
import { type Answers, heldBy, lackOf } from '../core/wallet/answers.ts';
import { type BrokenFault, type Interrupted, isFault, type NotSigned } from './fault.ts';
import type { PayCommand, WithdrawCommand } from './request.ts';
import type { WalletSession } from './session.ts';
import { until } from './until.ts';

/**
 * How long answers are waited for where the person names no time; less where they are not needed.
 */
const PATIENCE_MS = 30_000;
const INSISTING_MS = 5_000;

/** What of a session is needed to ask. */
export type Asker = Pick<
  WalletSession,
  'network' | 'answers' | 'command' | 'hear' | 'settled' | 'watch'
>;

export interface AskWatch {
  readonly signal: AbortSignal;
  /** Undefined: PATIENCE_MS. */
  readonly timeoutMs?: number | undefined;
  /** Signs also without the answers, and against refusals, but not what would be a second order. */
  readonly insists?: boolean;
  /** Hears how it stands; often. */
  readonly onAsking?: (answers: Answers) => void;
  /** It is signed though so few would vote for it. */
  readonly onInsisted?: (why: NotSigned) => void;
}

/**
 * Resolves when the order is signed and on disk, or with the reason why it is not, and never will
 * be.
 */
export async function untilSigned(
  session: Asker,
  command: PayCommand | WithdrawCommand,
  watch: AskWatch,
): Promise<undefined | NotSigned | Interrupted | BrokenFault> {
  const asking = new Asking(session, command, watch);
  try {
    return await asking.run();
  } finally {
    asking.end();
  }
}

class Asking {
  readonly #session: Asker;
  readonly #command: PayCommand | WithdrawCommand;
  readonly #watch: AskWatch;
  readonly #nonce = randomBytes(NONCE_BYTES);
  readonly #unhear: () => void;
  #isSigned = false;
  #refused: RefusalCode | undefined;

  constructor(session: Asker, command: PayCommand | WithdrawCommand, watch: AskWatch) {
    this.#session = session;
    this.#command = command;
    this.#watch = watch;
    this.#unhear = session.hear((notice) => this.#take(notice));
  }

  async run(): Promise<undefined | NotSigned | Interrupted | BrokenFault> {
    const { signal, insists = false, timeoutMs = PATIENCE_MS } = this.#watch;
    const patienceMs = insists ? Math.min(timeoutMs / 2, INSISTING_MS) : timeoutMs;
    this.#session.command({ ...this.#wish, nonce: this.#nonce });
    const broken = (await this.#answers(patienceMs)) ?? (await this.#giveUp());
    if (broken !== undefined) return broken;
    if (this.#isSigned) return undefined;
    if (signal.aborted) return { fault: 'interrupted' };
    const why = this.#reason();
    if (!insists || why.why === 'brought_back') return why;
    this.#watch.onInsisted?.(why);
    return this.#insist();
  }

  end(): void {
    this.#unhear();
  }

  /** What the core is told. */
  get #wish() {
    const command = this.#command;
    return 'kind' in command ? command : ({ kind: 'pay', ...command } as const);
  }

  get #isOver(): boolean {
    return this.#isSigned || this.#refused !== undefined;
  }

  /** Waits for answers until they decide, the time is over, or the signal comes. */
  async #answers(patienceMs: number): Promise<BrokenFault | undefined> {
    const { signal, onAsking } = this.#watch;
    const untilMs = performance.now() + patienceMs;
    const ended = await until(
      this.#session,
      () => {
        if (this.#isOver || signal.aborted || performance.now() >= untilMs) return true;
        onAsking?.(this.#session.answers(this.#nonce));
        return undefined;
      },
      { nextMs: () => untilMs, signal },
    );
    return isFault(ended) ? ended : undefined;
  }

  /** After this nothing is signed any more that is not signed already. */
  async #giveUp(): Promise<BrokenFault | undefined> {
    if (this.#isOver) return undefined;
    this.#session.command({ kind: 'drop' });
    return this.#session.settled();
  }

  async #insist(): Promise<undefined | NotSigned | BrokenFault> {
    this.#refused = undefined;
    this.#session.command({ ...this.#wish, nonce: undefined });
    const ended = await until(this.#session, () => this.#isOver || undefined);
    if (isFault(ended)) return ended;
    return this.#isSigned ? undefined : this.#reason();
  }

  #take(notice: Notice): void {
    if (notice.kind === 'order_created') this.#isSigned = true;
    if (notice.kind === 'command_refused') this.#refused = notice.refusal.refused;
  }

  #reason(): NotSigned {
    const answers = this.#session.answers(this.#nonce);
    const nameOf = (member: MemberIndex) => memberName(this.#session.network, member);
    return {
      fault: 'not_signed',
      ...this.#lack(answers),
      needed: answers.needed,
      agreeing: answers.heard.length - answers.against.length,
      silent: answers.silent.map(nameOf),
      refusing: answers.refusing.map(({ member, code, balance }) => {
        return { name: nameOf(member), code, balanceMinor: balance };
      }),
      heldMinor: heldBy(answers) ?? 0n,
      wantedMinor: this.#command.amount,
    };
  }

  #lack(answers: Answers): Pick<NotSigned, 'why' | 'code'> {
    if (this.#refused === 'order_in_flight') return { why: 'brought_back', code: undefined };
    const lack = lackOf(answers);
    const code = lack.kind === 'refused' ? (this.#refused ?? lack.code) : undefined;
    return { why: lack.kind, code };
  }
}
