/**
 * The Spin model is searched to its end, and each weaker rule breaks a promise in it.
 * Needs `spin` and `cc`: as root they are installed from Debian, elsewhere the tests are skipped.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { figure, inScratchFolder, MODEL_FOLDER, run, WEAKENINGS } from './model.ts';

const MODEL = join(MODEL_FOLDER, 'transfer.pml');

/** Reachable states of the small world: TLC finds 350,448, Spin also counts the one before them. */
const STATES = 350_449;

const reason = whyNoSpin();
const options = reason === undefined ? {} : { skip: reason };

test('every state of the small world keeps every promise', options, (t) => {
  inScratchFolder((folder) => {
    build(folder, [], []);
    const report = run(folder, './pan', '-m5000');
    assert.match(report, /errors: 0\b/, report);
    assert.doesNotMatch(report, /search depth too small|not completed|out of memory/, report);
    assert.equal(figure(report, /(\d+) states, stored/), STATES);
    t.diagnostic(`${STATES} states, searched to the end`);
  });
});

test('with two hostile of four, one number gets two certificates', options, () => {
  const found = shortestBreach(['-DHOSTILE=2', '-DACCOUNTS=3', '-DSEQUENCES=1'], 2);
  assert.deepEqual(found, { breaks: 'OneCertificate', steps: 2 });
});

for (const { habit, spin, breaks, steps } of WEAKENINGS) {
  test(`an authority that ${habit} breaks ${breaks}`, options, () => {
    assert.deepEqual(shortestBreach([`-D${spin}`], 3), { breaks, steps });
  });
}

/** The first promise that the shortest bad run breaks, and that run's steps. */
function shortestBreach(macros: readonly string[], honest: number): object {
  return inScratchFolder((folder) => {
    build(folder, macros, ['-DREACH']);
    const report = run(folder, './pan', '-i', '-m300');
    assert.doesNotMatch(report, /errors: 0\b/, report);
    const replay = run(folder, 'spin', '-t', '-k', 'transfer.pml.trail', ...macros, MODEL);
    const starts = replay.match(/^ *\d starts/gm)?.length ?? 0;
    const steps = replay.match(/^ *\d (signs|applies)/gm)?.length ?? 0;
    const breaks = /text of failed assertion: assert\((\w+)\)/.exec(replay)?.[1];
    return { breaks, steps: steps + starts - honest };
  });
}

function build(folder: string, macros: readonly string[], flags: readonly string[]): void {
  run(folder, 'spin', '-a', ...macros, MODEL);
  const complaints = run(folder, 'cc', '-O1', '-DSAFETY', ...flags, '-o', 'pan', 'pan.c');
  assert.equal(complaints, '');
}

/** Undefined when Spin can run here, after installing it if that is possible. */
function whyNoSpin(): string | undefined {
  if (answers('spin', '-V') && answers('cc', '--version')) return undefined;
  if (process.getuid?.() !== 0) return 'spin or cc is missing, and only root can install them';
  if (!answers('apt-get', '--version')) return 'spin or cc is missing, and there is no apt-get';
  const packages = ['spin', 'gcc', 'libc6-dev'];
  answers('apt-get', 'update');
  if (answers('apt-get', 'install', '-y', '--no-install-recommends', ...packages)) return undefined;
  return `spin or cc is missing, and apt-get could not install ${packages.join(', ')}`;
}

function answers(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
