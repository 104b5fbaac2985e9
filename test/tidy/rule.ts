/** A rule of the house: a test whose title stands in CONTRIBUTING.md (documents.ts looks there). */
import { test } from 'node:test';

/** The titles of all rules. */
export const RULES: string[] = [];

export function rule(title: string, check: () => void): void {
  RULES.push(title);
  test(title, check);
}
