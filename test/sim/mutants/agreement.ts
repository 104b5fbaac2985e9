/** Deliberate bugs in how members agree. */
import type { Mutant } from './mutant.ts';

const DEBATE = 'agent/core/agreement/debate.js';

export const AGREEMENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'what was said in a debate is not written down',
    file: DEBATE,
    find: 'if (this.#record !== this.#before) {',
    replace: 'if (false) {',
    caughtBy: ['agreement', 'exceptions'],
  },
  {
    name: 'a quorum in a debate is one less',
    file: DEBATE,
    find: 'return quorumOf(this.#committee.members.length);',
    replace: 'return quorumOf(this.#committee.members.length) - 1;',
    caughtBy: ['agreement'],
  },
];
