/** Every deliberate bug. */
import { AUTHORITY_MUTANTS } from './authority.ts';
import { EVERYBODY_MUTANTS } from './everybody.ts';
import type { Mutant } from './mutant.ts';
import { PRESENCE_MUTANTS } from './presence.ts';

export const MUTANTS: readonly Mutant[] = [
  ...AUTHORITY_MUTANTS,
  ...EVERYBODY_MUTANTS,
  ...PRESENCE_MUTANTS,
];
