/**
 * A promise that a state or a step breaks. Thrown by the checks, told with its trace by the search.
 */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** Which promise: one word, as the table of the README has it. */
  readonly promise: string;

  constructor(promise: string, message: string) {
    super(`${promise}: ${message}`);
    this.promise = promise;
  }
}

/** Throws a violation unless the condition holds. */
export function promise(condition: boolean, name: string, message: string): asserts condition {
  if (!condition) throw new Violation(name, message);
}
