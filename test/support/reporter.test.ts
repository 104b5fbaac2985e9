/** What a log of failed tests ends with. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../cli/support.ts';

const REPORTER = fileURLToPath(new URL('reporter.js', import.meta.url));

test('a log tells at its end what failed, and in which test a file was that had to be ended', (t) => {
  const folder = temporaryFolder(t);
  const write = (name: string, body: string): string => {
    const file = join(folder, name);
    writeFileSync(file, `import { it } from 'node:test';\n${body}`);
    return file;
  };
  const files = [
    write(
      'fails.test.mjs',
      "it('sound', () => {});\nit('broken', () => { throw new Error('why'); });",
    ),
    write(
      'hangs.test.mjs',
      "it('done', () => {});\nit('endless', () => new Promise(() => setInterval(() => {}, 9)));",
    ),
  ];
  const options = ['--test', `--test-reporter=${REPORTER}`];
  // A run inside of a test tells its results to that, unless it does not know of it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = [...options, '--test-reporter-destination=stdout', ...files];
  const hasty = { ...env, MESHPAY_TEST_SILENCE_MS: '2000' };
  const { stdout } = spawnSync(process.execPath, args, { env: hasty, encoding: 'utf8' });
  const end = stdout.slice(stdout.lastIndexOf('\n1..'));
  assert.match(end, /^# failed: broken .*fails\.test\.mjs/m);
  assert.match(end, /^# Error: why$/m);
  assert.match(end, /^# failed: .*hangs\.test\.mjs.*\n# while in: endless\n/m);
  assert.doesNotMatch(end, /sound|done/);
  assert.match(end, /^# tests /m);
});
