/**
 * The scenarios (*.txt) are played on the real core, and what the nodes do has to be what is
 * written there. After a change that means it, `npm run transcripts` writes them anew: read the
 * difference.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Entry, readScript, writeScript } from './script.ts';
import { Stage } from './stage.ts';

const FOLDER = 'test/scenario';
const SCENARIOS = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
const isRewriting = process.argv.includes('--rewrite');

/** The same script with what came of it now. */
function played(entries: readonly Entry[]): readonly Entry[] {
  const stage = new Stage();
  return entries.map((entry) => ({ ...entry, outcome: stage.do(entry.command) }));
}

for (const name of SCENARIOS) {
  test(`${name} tells what the nodes do`, () => {
    const path = join(FOLDER, name);
    const written = readFileSync(path, 'utf8');
    const now = writeScript(played(readScript(written)));
    if (isRewriting) return writeFileSync(path, now);
    assert.equal(now, written, `if the change of ${path} is meant: npm run transcripts`);
  });
}

test('a scenario says the same each time', () => {
  const [name = ''] = SCENARIOS;
  const entries = readScript(readFileSync(join(FOLDER, name), 'utf8'));
  assert.deepEqual(played(entries), played(entries));
});

test('a transcript that is read and written again is the same, and what is none is refused', () => {
  const text =
    '# First.\n\npay a b 1.00\n----\na: one\n\n# Second,\n# longer.\n\ndeliver\n----\nnothing\n';
  assert.equal(writeScript(readScript(text)), text);
  assert.deepEqual(readScript('deliver\n'), [{ remarks: [], command: 'deliver', outcome: [] }]);
  assert.throws(() => readScript('deliver\n----\nnothing\n\n# And then?\n'), /no command below/);
  assert.throws(() => readScript('----\nnothing\n'), /no command above/);
  assert.throws(() => new Stage().do('dance'), /no command dance/);
  assert.throws(() => new Stage().do('show alice'), /begins with its network/);
  assert.throws(() => new Stage().do('network authorities=a heartbeats=no,'), /none of yes, no/);
});
