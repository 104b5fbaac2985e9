/**
 * A gateway's connection to the outer ledger: what it asks may never arrive, what it is told may be
 * late, doubled, lost or an error, though the thing was done; it may be told lies; and it may die
 * as it asks or as it hears. When everything is healed, the connection is sound.
 */
import type { Amount, LedgerIndex, TokenIndex } from '../../../agent/core/base/units.ts';
import type { LedgerError, LedgerState, LedgerStatus } from '../../../agent/core/codec/payout.ts';
import {
  depositsAnswer,
  type LedgerQuestion,
  newsOf,
  payoutAnswer,
  questionIn,
} from '../../../agent/core/gateway/doorway.ts';
import type { Answer, Ask } from '../../../agent/core/io.ts';
import type { Agenda } from '../agenda.ts';
import type { Prng } from '../prng.ts';
import type { Process } from '../process.ts';
import type { Page, Till } from './till.ts';

/** In shares of a thousand of what is asked. */
interface Manners {
  /** The question is lost, or its answer. */
  readonly lost: number;
  /** It is answered with an error, whatever was done. */
  readonly error: number;
  readonly twice: number;
  readonly lie: number;
  /** The gateway dies as it asks, or as it is answered. */
  readonly death: number;
  readonly lateMs: number;
}

const SOUND: Manners = { lost: 0, error: 0, twice: 0, lie: 0, death: 0, lateMs: 30 };
const MANNERS: readonly Manners[] = [
  SOUND,
  { ...SOUND, lost: 100, error: 100, twice: 100, death: 30, lateMs: 400 },
  { ...SOUND, lost: 400, error: 50, twice: 50, lateMs: 3_000 },
  { ...SOUND, error: 500, death: 100, lateMs: 1_000 },
  { ...SOUND, lost: 50, twice: 400, death: 60, lateMs: 20_000 },
];
/** Shares of a thousand of answers that are lies, on a connection that lies. */
const LIES = 400;
const LIED_STATES: readonly LedgerState[] = ['absent', 'seen', 'final', 'refused', 'returned'];
/** A gateway that died as it asked is away for so long at most. */
const LONGEST_DEATH_MS = 8_000;

export interface ConnectionSetup {
  readonly agenda: Agenda;
  readonly prng: Prng;
  readonly till: Till;
  readonly ledger: LedgerIndex;
  readonly isLied: boolean;
  readonly isHealed: () => boolean;
  /** Whether nobody reaches the ledger now. */
  readonly isAway: () => boolean;
}

export class Connection {
  readonly #setup: ConnectionSetup;
  readonly #manners: Manners;

  constructor(setup: ConnectionSetup) {
    this.#setup = setup;
    const drawn = setup.prng.pick(MANNERS);
    this.#manners = setup.isLied ? { ...drawn, lie: LIES } : drawn;
  }

  /** A gateway asks. */
  ask(process: Process, ask: Ask): void {
    const question = questionIn(ask);
    if (question === undefined) throw new Error(`nobody is there to be asked: ${ask.kind}`);
    const { agenda, prng } = this.#setup;
    const { lost, twice, death } = this.#now();
    if (prng.perMille(death)) this.#kill(process, 'as it asked the ledger');
    if (prng.perMille(lost)) return;
    agenda.after(this.#delayMs(), () => {
      const answer = this.#answer(process, question, ask);
      const copies = prng.perMille(lost) ? 0 : prng.perMille(twice) ? 2 : 1;
      for (let i = 0; i < copies; i++) this.#tell(process, answer);
    });
  }

  /** The ledger has news, which may get lost. */
  news(process: Process): void {
    if (this.#setup.prng.perMille(this.#now().lost)) return;
    this.#tell(process, newsOf(this.#setup.ledger));
  }

  #tell(process: Process, answer: Answer): void {
    const { agenda, prng } = this.#setup;
    agenda.after(this.#delayMs(), () => {
      process.event({ kind: 'told', answer });
      if (prng.perMille(this.#now().death)) this.#kill(process, 'as it heard from the ledger');
    });
  }

  #kill(process: Process, when: string): void {
    const { agenda, prng, isHealed } = this.#setup;
    const downMs = prng.skewed(1, LONGEST_DEATH_MS);
    agenda.after(prng.below(3), () => {
      if (!isHealed()) process.crash(`crashed ${when}`, downMs);
    });
  }

  #now(): Manners {
    return this.#setup.isHealed() ? SOUND : this.#manners;
  }

  #delayMs(): number {
    return this.#setup.prng.skewed(1, this.#now().lateMs);
  }

  #answer(process: Process, question: LedgerQuestion, ask: Ask): Answer {
    const { prng, till, isAway } = this.#setup;
    const { error, lie } = this.#now();
    const failure = isAway() ? AWAY : prng.perMille(error) ? prng.pick(ERRORS) : undefined;
    const isLie = prng.perMille(lie);
    if (question.kind === 'deposits') {
      if (failure !== undefined) return depositsAnswer(ask, failure);
      const page = till.deposits(question.from);
      return depositsAnswer(ask, isLie ? this.#inventedPage(page) : page);
    }
    // What is unknown may have been done all the same.
    const isDone = failure === undefined || (failure.class === 'unknown' && prng.below(2) === 0);
    const said = isDone ? asked(till, question, process) : undefined;
    if (isLie) return payoutAnswer(ask, { state: prng.pick(LIED_STATES), reference: 'a lie' });
    return payoutAnswer(ask, failure ?? said ?? AWAY);
  }

  /** Money that nobody paid in, or another amount than somebody did. */
  #inventedPage({ deposits, next }: Page): Page {
    const { prng } = this.#setup;
    const amount = BigInt(prng.between(1, 1_000)) as Amount;
    const [first] = deposits;
    if (first !== undefined && prng.below(2) === 0) {
      return { deposits: [{ ...first, amount }], next };
    }
    const account = first?.account ?? prng.bytes(32);
    return { deposits: [{ id: prng.bytes(32), account, token: 0 as TokenIndex, amount }], next };
  }
}

function asked(
  till: Till,
  question: Exclude<LedgerQuestion, { kind: 'deposits' }>,
  { name }: Process,
): LedgerStatus | LedgerError {
  return question.kind === 'submit' ? till.submit(question, name) : till.status(question.key);
}

const AWAY: LedgerError = { class: 'transient', reason: 'the ledger cannot be reached' };
const ERRORS: readonly LedgerError[] = [
  AWAY,
  { class: 'unknown', reason: 'the connection broke' },
  { class: 'unknown', reason: 'no answer in time' },
  { class: 'permanent', reason: 'refused, wrongly' },
];
