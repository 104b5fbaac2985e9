import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { runAll } from './pool.ts';
import { describeFailure } from './report.ts';
import { runSeed } from './run.ts';
import { failedSeeds } from './seeds.ts';
import { Summary } from './summary.ts';
import type { Job } from './worker.ts';

/** New runs of each profile: about two minutes on two cores. */
const NEW_RUNS = { full: 280, network: 40, crashes: 40, hostile: 60, calm: 10 } as const;
/** Runs with one traitor too many, one of which at least must be seen. */
const BROKEN_RUNS = 6;

async function mustHold(jobs: readonly Job[]): Promise<Summary> {
  const summary = new Summary();
  const failures: string[] = [];
  await runAll(jobs, Math.min(2, availableParallelism()), (result) => {
    summary.add(result);
    if (result.failure !== undefined) failures.push(describeFailure(result));
    return true;
  });
  assert.equal(failures.join('\n\n'), '');
  return summary;
}

test('one seed has one history', () => {
  const [first, second] = [runSeed(5, 'full'), runSeed(5, 'full')];
  assert.equal(first.traceHash, second.traceHash);
  assert.notEqual(first.traceHash, runSeed(6, 'full').traceHash);
});

test('the seeds that failed once hold every promise now', async () => {
  const jobs = failedSeeds();
  const { runs } = await mustHold(jobs);
  assert.equal(runs, jobs.length);
});

test('new seeds of every profile hold every promise', async (t) => {
  const from = Math.floor(Date.now() / 1_000) * 10_000;
  const jobs = Object.entries(NEW_RUNS).flatMap(([profile, count]) =>
    Array.from({ length: count }, (_, i) => ({ seed: from + i, profile })),
  );
  const summary = await mustHold(jobs);
  assert.ok(summary.payments > 0);
  t.diagnostic(`seeds from ${from}: ${summary.payments} payments, ${summary.steps} steps`);
});

test('one traitor too many breaks the promise, and a checker sees it', async () => {
  const jobs = Array.from({ length: BROKEN_RUNS }, (_, seed) => ({ seed, profile: 'broken' }));
  const seen: string[] = [];
  await runAll(jobs, 1, ({ failure }) => {
    if (failure !== undefined) seen.push(failure.checker);
    return seen.length === 0;
  });
  const names = new Set(['votes', 'certificates', 'money']);
  assert.ok(
    seen.some((checker) => names.has(checker)),
    `seen: ${seen.join()}`,
  );
});
