/**
 * Where the core's questions to ledgers are answered: each goes to the connection of its ledger,
 * and what comes of it goes back. Nothing is kept here: where an answer is lost, it is asked again.
 *
 * Bounds: one question of a kind about one thing at a time; the same again while it is out waits
 * for nobody and is dropped, since its answer is on its way.
 * Liveness: an answer that does not come in LEDGER_ANSWER_MS is told as unknown, and never later: a
 * connection that loses it keeps nobody from asking again, which a ledger's fence makes harmless.
 */
import { toHex } from '../../core/base/bytes.ts';
import type { LedgerIndex } from '../../core/base/units.ts';
import type { LedgerError, LedgerStatus } from '../../core/codec/payout.ts';
import {
  depositsAnswer,
  type LedgerQuestion,
  newsOf,
  payoutAnswer,
  questionIn,
} from '../../core/gateway/doorway.ts';
import type { Answer, Ask } from '../../core/io.ts';
import { LEDGER_ANSWER_MS } from '../limits.ts';
import { failed, type LedgerAnswer, type LedgerPort } from './port.ts';

export type Tell = (answer: Answer) => void;

export interface Desk {
  /** The ledgers that can be asked here. */
  readonly served: readonly LedgerIndex[];
  readonly ask: (ask: Ask, tell: Tell) => void;
  /** Tells by itself of ledgers that have news, from now on. */
  readonly listen: (tell: Tell) => void;
}

/** A desk for these ledgers. */
export function createDesk(ledgers: ReadonlyMap<LedgerIndex, LedgerPort>): Desk {
  const out = new Set<string>();
  return {
    served: [...ledgers.keys()],
    ask(ask, tell) {
      const question = questionIn(ask);
      if (question === undefined) throw new Error(`nobody is there to be asked: ${ask.kind}`);
      const name = `${question.kind} ${toHex(ask.key)}`;
      if (out.has(name)) return;
      out.add(name);
      void inTime(answerTo(ledgers.get(question.ledger), question, ask))
        .catch((error: unknown) => unknownAnswer(question, ask, String(error)))
        .then((answer) => {
          out.delete(name);
          tell(answer);
        });
    },
    listen(tell) {
      for (const [index, ledger] of ledgers) ledger.onChange(() => tell(newsOf(index)));
    },
  };
}

/** What comes in time; fails if nothing does. */
function inTime<T>(coming: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer in ${LEDGER_ANSWER_MS} ms`));
    const timer = setTimeout(late, LEDGER_ANSWER_MS);
    timer.unref();
    coming.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function answerTo(
  ledger: LedgerPort | undefined,
  question: LedgerQuestion,
  ask: Ask,
): Promise<Answer> {
  if (question.kind === 'deposits') {
    const said = await asked(ledger, (port) => port.deposits(question.from));
    return depositsAnswer(ask, said);
  }
  return payoutAnswer(ask, await asked(ledger, (port) => ofPayout(port, question)));
}

function ofPayout(
  port: LedgerPort,
  question: Exclude<LedgerQuestion, { kind: 'deposits' }>,
): Promise<LedgerAnswer<LedgerStatus>> {
  if (question.kind === 'status') return port.status(question.key);
  return port.submit(question.key, question.payout, question.proof);
}

async function asked<T extends object>(
  ledger: LedgerPort | undefined,
  act: (port: LedgerPort) => Promise<LedgerAnswer<T>>,
): Promise<T | LedgerError> {
  const answer =
    ledger === undefined ? failed('transient', 'the ledger is not open') : await act(ledger);
  return answer.ok ? answer.value : answer.error;
}

/** An adapter that throws may have done anything before. */
function unknownAnswer(question: LedgerQuestion, ask: Ask, reason: string): Answer {
  const error: LedgerError = { class: 'unknown', reason };
  return question.kind === 'deposits' ? depositsAnswer(ask, error) : payoutAnswer(ask, error);
}
