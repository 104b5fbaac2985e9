/**
 * Invariants of our own code. A broken one ends the process (PROTOCOL, Failing well: better down
 * than wrong); anything that a peer, a file or a person can cause is a refusal (refusal.ts), never
 * an assertion.
 */

/** A promise of this program that did not hold. Never thrown for what came from outside. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws InvariantError unless `condition` holds. Stays on in production. */
export function invariant(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${promise}`);
}

/** The end of an exhaustive switch: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new InvariantError(`broken invariant: unexpected case ${JSON.stringify(value)}`);
}
