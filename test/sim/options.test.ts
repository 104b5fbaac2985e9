/**
 * The simulator's commands told wrong options say so in words, with 2; asked for help they give it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { positiveNumberOf, wholeNumberOf } from './options.ts';

const WHOLE = 'expected a whole number from';
const UP_TO = `to ${Number.MAX_SAFE_INTEGER}, found`;

const WRONG: readonly (readonly [string, readonly string[], string])[] = [
  ['main.js', ['--bogus'], "sim: Unknown option '--bogus'"],
  ['main.js', ['--seed', 'x'], `sim: --seed: ${WHOLE} 0 ${UP_TO} x\n`],
  ['main.js', ['--seed', ''], `sim: --seed: ${WHOLE} 0 ${UP_TO} ''\n`],
  ['main.js', ['--seed', '1.5'], `sim: --seed: ${WHOLE} 0 ${UP_TO} 1.5\n`],
  ['main.js', ['--seed', '1e300'], `sim: --seed: ${WHOLE} 0 ${UP_TO} 1e300\n`],
  [
    'main.js',
    ['--seed', '9007199254740993'],
    `sim: --seed: ${WHOLE} 0 ${UP_TO} 9007199254740993\n`,
  ],
  ['main.js', ['--seed=-1'], `sim: --seed: ${WHOLE} 0 ${UP_TO} -1\n`],
  ['main.js', ['--from', '1.5'], `sim: --from: ${WHOLE} 0 ${UP_TO} 1.5\n`],
  ['main.js', ['--from', '1e300'], `sim: --from: ${WHOLE} 0 ${UP_TO} 1e300\n`],
  ['main.js', ['--runs', '0'], `sim: --runs: ${WHOLE} 1 ${UP_TO} 0\n`],
  ['main.js', ['--runs', '2.5'], `sim: --runs: ${WHOLE} 1 ${UP_TO} 2.5\n`],
  ['main.js', ['--threads', '0'], `sim: --threads: ${WHOLE} 1 ${UP_TO} 0\n`],
  ['main.js', ['--threads', '1.5'], `sim: --threads: ${WHOLE} 1 ${UP_TO} 1.5\n`],
  ['main.js', ['--minutes', '0'], 'sim: --minutes: expected a number above 0, found 0\n'],
  ['main.js', ['--minutes', 'x'], 'sim: --minutes: expected a number above 0, found x\n'],
  [
    'main.js',
    ['--seed', '7', '--minutes', '1'],
    'sim: --seed: expected alone, found beside --minutes\n',
  ],
  ['main.js', ['--cut', 'wallets=2'], 'sim: --cut: expected with --seed, found alone: wallets=2\n'],
  [
    'main.js',
    ['--seed', '7', '--cut', 'authorities=0'],
    'sim: --cut: expected at least one authority, found authorities=0\n',
  ],
  ['main.js', ['--seed', '7', '--cut', 'nonsense=1'], 'sim: no such cut: nonsense=1\n'],
  ['main.js', ['--profile', 'nonsense'], 'sim: no profile is called nonsense; there are\n'],
  ['mutants.js', ['--threads', '0'], `sim:mutants: --threads: ${WHOLE} 1 ${UP_TO} 0\n`],
  ['mutants.js', ['--threads', '1.5'], `sim:mutants: --threads: ${WHOLE} 1 ${UP_TO} 1.5\n`],
  ['mutants.js', ['--most', '0'], `sim:mutants: --most: ${WHOLE} 1 ${UP_TO} 0\n`],
  ['mutants.js', ['--most', '2.5'], `sim:mutants: --most: ${WHOLE} 1 ${UP_TO} 2.5\n`],
  ['mutants.js', ['--only', 'qqq'], 'sim:mutants: --only: no deliberate bug is called qqq\n'],
  ['explore/main.js', ['--bogus'], "sim:explore: Unknown option '--bogus'"],
  ['explore/main.js', ['nowhere'], 'sim:explore: no world is called nowhere; there are two orders'],
];

for (const [program, options, words] of WRONG) {
  test(`${program} ${options.join(' ')} is told what is wrong`, () => {
    const { status, stdout, stderr } = run(program, options);
    assert.equal(stderr.slice(0, words.length), words);
    assert.doesNotMatch(stderr, /^ {4}at /m);
    assert.equal(stdout, '');
    assert.equal(status, 2);
  });
}

/** What the help of each command says, beside its usage. */
const HELPFUL: readonly (readonly [string, RegExp])[] = [
  ['main.js', /^npm run sim -- [\s\S]*^Examples: npm run sim -- --seed 7[\s\S]*^ {2}calm: /m],
  ['mutants.js', /^npm run sim:mutants -- [\s\S]*^Example: npm run sim:mutants -- --only /m],
  [
    'explore/main.js',
    /^npm run sim:explore -- [\s\S]*^Example: npm run sim:explore -- '[\s\S]*^ {2}old copies: /m,
  ],
];

for (const [program, words] of HELPFUL) {
  for (const option of ['--help', '-h']) {
    test(`${program} ${option} prints its usage`, () => {
      const { status, stdout, stderr } = run(program, [option]);
      assert.match(stdout, words);
      assert.equal(stderr, '');
      assert.equal(status, 0);
    });
  }
}

test('a fraction of a minute is enough', () => {
  assert.equal(positiveNumberOf('minutes', '0.25'), 0.25);
  assert.equal(positiveNumberOf('minutes', undefined), undefined);
});

test('the largest seed is the largest whole number that is exact', () => {
  assert.equal(wholeNumberOf('seed', '0'), 0);
  assert.equal(wholeNumberOf('seed', `${Number.MAX_SAFE_INTEGER}`), Number.MAX_SAFE_INTEGER);
});

function run(program: string, options: readonly string[]) {
  const path = fileURLToPath(new URL(program, import.meta.url));
  return spawnSync(process.execPath, [path, ...options], { encoding: 'utf8' });
}
