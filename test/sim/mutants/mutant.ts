/** A deliberate bug: a piece of the compiled program, found once, and what stands there instead. */
import type { Checker } from '../violation.ts';

export interface Mutant {
  readonly name: string;
  /** Compiled file under dist. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The checkers that may catch it first. */
  readonly caughtBy: readonly Checker[];
  /** The profile whose runs it is shown to; `dense` if left out. */
  readonly profile?: string;
}

/** The program with the bug in it. Throws unless the piece is there exactly once. */
export function patch({ name, file, find }: Mutant, source: string, replace: string): string {
  const pieces = source.split(find);
  if (pieces.length !== 2) {
    throw new Error(`mutant "${name}": its text is ${pieces.length - 1} times in ${file}`);
  }
  return pieces.join(replace);
}
