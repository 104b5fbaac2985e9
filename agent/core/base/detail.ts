/**
 * What is wrong, in the words in which all of this program tells it to people: which field or
 * object, what was expected there, what was found. What kind of error it is, its code says.
 */

export interface Detail {
  readonly field?: string;
  readonly expected?: string;
  readonly found?: string;
}

/** A detail of which everything is known. */
export type Mismatch = Required<Detail>;

/** "amount: expected at most 5.00, found 7.00"; `meaning`: what stands for a field that is none. */
export function describeDetail({ field, expected, found }: Detail, meaning = ''): string {
  const seen = [
    expected === undefined ? undefined : `expected ${expected}`,
    found === undefined ? undefined : `found ${found}`,
  ].filter((part) => part !== undefined);
  return [field ?? meaning, seen.join(', ')].filter((part) => part !== '').join(': ');
}
