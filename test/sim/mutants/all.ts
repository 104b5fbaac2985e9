/** Every deliberate bug. */
import { AGREEMENT_MUTANTS } from './agreement.ts';
import { AUTHORITY_MUTANTS } from './authority.ts';
import { CASH_MUTANTS } from './cash.ts';
import { EVERYBODY_MUTANTS } from './everybody.ts';
import type { Mutant } from './mutant.ts';
import { PRESENCE_MUTANTS } from './presence.ts';

export const MUTANTS: readonly Mutant[] = [
  ...AGREEMENT_MUTANTS,
  ...AUTHORITY_MUTANTS,
  ...CASH_MUTANTS,
  ...EVERYBODY_MUTANTS,
  ...PRESENCE_MUTANTS,
];
