/**
 * Ratchets: what does not keep a rule yet is listed by name, and the list only gets shorter.
 * Something new that breaks the rule fails, and so does an entry that has no reason any more.
 */
import assert from 'node:assert/strict';

/** `found`: what breaks the rule now; `told` says of a name where, and by how much. */
export function shrinks(
  listed: readonly string[],
  found: readonly string[],
  told: (name: string) => string = (name) => name,
): void {
  const added = found.filter((name) => !listed.includes(name)).map(told);
  assert.deepEqual(
    added,
    [],
    'these break the rule (what may, for now, stands in test/tidy/lists.ts)',
  );
  const done = listed.filter((name) => !found.includes(name));
  assert.deepEqual(
    done,
    [],
    'these keep the rule now: take them off their list in test/tidy/lists.ts',
  );
}
