/**
 * TLC searches the model to its end within the bounds of each configuration, and each weaker rule
 * breaks a promise. Runs where the environment variable TLA2TOOLS_JAR names a tla2tools.jar; takes
 * two to three minutes.
 */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { figure, inScratchFolder, MODEL_FOLDER, run, WEAKENINGS } from './model.ts';

/** Distinct states after merging symmetric ones; the same figures are in README.md. */
const SEARCHES = [
  { configuration: 'Sequences', states: 30_787 },
  { configuration: 'Accounts', states: 256_390 },
  { configuration: 'Seven', states: 8_937 },
  { configuration: 'Liveness', states: 3_376 },
];

const { TLA2TOOLS_JAR: jar } = process.env;
const options =
  jar === undefined
    ? { skip: 'TLA2TOOLS_JAR does not name a tla2tools.jar, so TLC is not run' }
    : {};

for (const { configuration, states } of SEARCHES) {
  test(`every state of ${configuration} keeps every promise`, options, (t) => {
    const report = tlc(configuration);
    assert.match(report, /No error has been found/, report);
    assert.match(report, /, 0 states left on queue/, report);
    assert.equal(figure(report, /([\d,]+) distinct states found, 0/), states);
    t.diagnostic(`${states} distinct states, searched to the end`);
  });
}

test('with two hostile of four, one number gets two certificates', options, () => {
  assert.deepEqual(breach(tlc('Traitors')), { breaks: 'OneCertificate', steps: 2 });
});

for (const { habit, tlc: substitution, breaks, steps } of WEAKENINGS) {
  test(`an authority that ${habit} breaks ${breaks}`, options, () => {
    assert.deepEqual(breach(tlc('Sequences', substitution)), { breaks, steps });
  });
}

/** TLC's report. One worker: then the first bad run that it finds is a shortest one. */
function tlc(configuration: string, substitution?: string): string {
  return inScratchFolder((folder) => {
    cpSync(MODEL_FOLDER, folder, { recursive: true });
    const file = `${configuration}.cfg`;
    if (substitution !== undefined) {
      appendFileSync(join(folder, file), `CONSTANT ${substitution}\n`);
    }
    const classPath = resolve(jar ?? '');
    const flags = ['-workers', '1', '-config', file, 'Check.tla'];
    return run(folder, 'java', '-XX:+UseParallelGC', '-cp', classPath, 'tlc2.TLC', ...flags);
  });
}

/** The promise that a report finds broken, and the steps of the run that breaks it. */
function breach(report: string): object {
  const breaks = /Invariant (\w+) is violated/.exec(report)?.[1];
  const states = report.match(/^State \d+:/gm)?.length ?? 0;
  return { breaks, steps: states - 1 };
}
