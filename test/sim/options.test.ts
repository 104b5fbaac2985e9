/** Wrong options of the simulator's commands: told in words, with 2, and nothing is run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['main.js', ['--bogus'], /^sim: Unknown option '--bogus'/],
  ['main.js', ['--seed', 'x'], /^sim: --seed: expected a number from 0 on, found x$/m],
  ['main.js', ['--threads', '0'], /^sim: --threads: expected a number from 1 on, found 0$/m],
  ['main.js', ['--seed', '7', '--cut', 'nonsense=1'], /^sim: no such cut: nonsense=1$/m],
  ['main.js', ['--profile', 'nonsense'], /^sim: no profile is called nonsense; there are$/m],
  ['mutants.js', ['--threads', '0'], /^sim:mutants: --threads: expected a number from 1 on/],
  ['mutants.js', ['--only', 'qqq'], /^sim:mutants: --only: no deliberate bug is called qqq$/m],
  [
    'explore/main.js',
    ['nowhere'],
    /^sim:explore: no world is called nowhere; there are two orders/,
  ],
];

for (const [program, options, words] of WRONG) {
  test(`${program} ${options.join(' ')} is told what is wrong`, () => {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...options], {
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(stdout + stderr, words);
    assert.doesNotMatch(stderr, /^ {4}at /m);
  });
}
