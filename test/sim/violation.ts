/** The checkers by name, and what each of them promises. */
export const CHECKERS = {
  exceptions: 'nothing throws: no node at a start or an event, and nothing around the nodes',
  certificates: 'what is kept as a certificate is one, and the only one of its sequence',
  votes: 'honest votes keep to the rules and are never contradicted',
  agreement: 'honest members decide one thing, and never contradict themselves on the way',
  standing: 'who was restored from an old copy never votes',
  ledger: 'records follow from the genesis document and the certificates applied',
  money: 'no token is created or lost, and nobody pays what it has not',
  facts: 'what is certified of an outer ledger happened there, and enough observers say so',
  payouts: 'an outer ledger pays what was decided, to whom it was due, once',
  applying: 'a certificate whose turn it is gets applied',
  journal: 'the journal is a chain without gaps, and every index points into it',
  proofs: 'a double-spend proof proves one',
  evidence:
    'whoever is shown two orders for one sequence keeps a proof, and in the end all have one',
  durability: 'nothing leaves before it is on disk, and nothing on disk gets lost',
  frames: 'what is not a canonical message has no effect',
  service: 'honest payments are served though others flood the authorities',
  words: 'what is taken for a member’s own word, that member has said',
  presence: 'who is taken for heard has proven it lately, and for a while if it was silent',
  wallets: 'a wallet believes certificates, signs one order a sequence, and pursues it to the end',
  bounds: 'every message, record and table keeps its bound',
  convergence: 'in the end all honest authorities hold the same ledger',
  liveness: 'in the end every sequence used is certified, and every payee has its certificates',
} as const;

export type Checker = keyof typeof CHECKERS;

/** A promise of the protocol that a checker saw broken. Ends the run. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** The checker that saw it. */
  readonly checker: Checker;

  constructor(checker: Checker, message: string) {
    super(message);
    this.checker = checker;
  }
}

/** What was thrown, with where, if that is known. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
