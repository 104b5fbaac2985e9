/**
 * Asking before signing: the core does it (core/wallet/plan.ts), and this waits beside it, tells
 * how it stands, and gives it up in time. Nothing is signed by waiting long: too few answers are
 * too few.
 */
import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from '../core/base/limits.ts';
import type { RefusalCode } from '../core/base/refusal.ts';
import type { MemberIndex } from '../core/base/units.ts';
import { faultsTolerated } from '../core/network/committee.ts';
import type { Notice } from '../core/notice.ts';
import { readWallet } from '../core/wallet/holdings.ts';
import { type BrokenFault, type Interrupted, isFault, type NotSigned } from './fault.ts';
import type { PayCommand } from './request.ts';
import type { WalletSession } from './session.ts';
import { until } from './until.ts';

type Latest = Extract<Notice, { readonly kind: 'latest_seen' }>;

/**
 * How long answers are waited for where the person names no time; less where they are not needed.
 */
const PATIENCE_MS = 30_000;
const INSISTING_MS = 5_000;

/** What of a session is needed to ask. */
export type Asker = Pick<
  WalletSession,
  'network' | 'account' | 'read' | 'command' | 'hear' | 'settled' | 'watch'
>;

/** How it stands while answers come in. */
export interface AskStanding {
  /** How many have to be willing, and how many are. */
  readonly needed: number;
  readonly willing: number;
  /** How many would refuse. */
  readonly refusing: number;
  /** More than f know of an order that this wallet does not know. */
  readonly isForgetful: boolean;
}

export interface AskWatch {
  readonly signal: AbortSignal;
  /** Undefined: PATIENCE_MS. */
  readonly timeoutMs?: number | undefined;
  /** Signs also without the answers, and against refusals, but not what would be a second order. */
  readonly insists?: boolean;
  /** Hears how it stands; often. */
  readonly onAsking?: (standing: AskStanding) => void;
  /** It is signed though so few would vote for it. */
  readonly onInsisted?: (why: NotSigned) => void;
}

/**
 * Resolves when the order is signed and on disk, or with the reason why it is not, and never will
 * be.
 */
export async function untilSigned(
  session: Asker,
  command: PayCommand,
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

  async run(): Promise<undefined | NotSigned | Interrupted | BrokenFault> {
    const { signal, insists = false, timeoutMs = PATIENCE_MS } = this.#watch;
    const patienceMs = insists ? Math.min(timeoutMs / 2, INSISTING_MS) : timeoutMs;
    this.#session.command({ kind: 'pay', ...this.#command, nonce: randomBytes(NONCE_BYTES) });
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
        onAsking?.(this.#standing());
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
    this.#session.command({ kind: 'pay', ...this.#command, nonce: undefined });
    const ended = await until(this.#session, () => this.#isOver || undefined);
    if (isFault(ended)) return ended;
    return this.#isSigned ? undefined : this.#reason();
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

  #standing(): AskStanding {
    const [against, refusing] = [this.#against().length, this.#refusing().length];
    const willing = this.#words.size - against - refusing;
    return { needed: this.#needed, willing, refusing, isForgetful: this.#isForgetful };
  }

  #reason(): NotSigned {
    const { members } = this.#session.network.committee;
    const faults = faultsTolerated(members.length);
    const refusing = this.#refusing();
    const code = this.#refused ?? commonest(refusing);
    const nameOf = (member: MemberIndex): string => members[member]?.name ?? `member ${member}`;
    const balances = refusing.map(({ answer }): bigint => answer?.balance ?? 0n);
    return {
      fault: 'not_signed',
      why: this.#why(code, refusing.length > faults),
      code,
      needed: this.#needed,
      agreeing: this.#words.size - this.#against().length,
      silent: members.flatMap(({ name }, at) => {
        return this.#words.has(at as MemberIndex) ? [] : [name];
      }),
      refusing: refusing.map(({ member, answer }) => ({
        name: nameOf(member),
        code: answer?.refused ?? 'malformed',
        balanceMinor: answer?.balance ?? 0n,
      })),
      heldMinor: balances.sort((a, b) => (a > b ? -1 : 1))[faults] ?? 0n,
      wantedMinor: this.#command.amount,
    };
  }

  #why(code: RefusalCode | undefined, isRefused: boolean): NotSigned['why'] {
    if (this.#refused === 'order_in_flight') return 'brought_back';
    if (this.#isForgetful) return 'forgotten';
    return code !== undefined && isRefused ? 'refused' : 'too_few';
  }
}

function commonest(words: readonly Latest[]): RefusalCode | undefined {
  const codes = words.flatMap(({ answer }) => answer?.refused ?? []);
  const count = (code: RefusalCode): number => codes.filter((other) => other === code).length;
  return [...codes].sort((a, b) => count(b) - count(a))[0];
}
