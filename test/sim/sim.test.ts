import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { Agenda } from './agenda.ts';
import type { FaultKind } from './fault-kinds.ts';
import { Network } from './network.ts';
import { planOf } from './plan.ts';
import { runAll } from './pool.ts';
import { Prng } from './prng.ts';
import { Process } from './process.ts';
import { Reach } from './reach.ts';
import { describeFailure } from './report.ts';
import { runPlan, runSeed } from './run.ts';
import { failedSeeds } from './seeds.ts';
import { Summary } from './summary.ts';
import type { Job } from './worker.ts';

/** New runs of each profile, the longest first: about three minutes on two cores. */
const NEW_RUNS = {
  long: 2,
  full: 250,
  hostile: 50,
  network: 40,
  crashes: 40,
  relayed: 40,
  chosen: 3,
  deputies: 20,
  flooded: 4,
  copied: 20,
  calm: 10,
} as const;
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

test('what throws anywhere in a run is a failure that tells its seed and its story', () => {
  const plan = planOf(5, 'calm');
  const kind = 'nonsense' as FaultKind;
  const nonsense = { name: 'nonsense.0', kind, atMs: 3_000, forMs: 1 } as const;
  const result = runPlan({ ...plan, faults: [{ ...nonsense, victims: [], dice: [0, 0, 0] }] });
  assert.equal(result.failure?.checker, 'exceptions');
  assert.match(result.failure.message, /TypeError/);
  assert.equal(result.failure.atMs, 3_000);
  assert.match(describeFailure(result), /--seed 5\n[\s\S]*member-0:/);
});

test('a process that throws before its first event is a failure', () => {
  const agenda = new Agenda();
  const weather = {
    hopMs: 1,
    jitterMs: 0,
    lossPerMille: 0,
    doublePerMille: 0,
    overtakePerMille: 0,
  };
  const network = new Network<Process>(agenda, new Prng(1, 1), new Reach(1, []), weather);
  const signer = { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) };
  const actor = () => {
    throw new Error('no actor');
  };
  const setup = { name: 'relay-0', index: 0, role: 'relay', signer, actor } as const;
  const around = { agenda, network, watchers: [] };
  const process = new Process({ ...setup, commitMs: [1, 1] }, around, new Prng(1, 2));
  assert.throws(() => process.start(), { name: 'Violation', checker: 'exceptions' });
});

test('a run that takes its thread with it fails alone', async () => {
  const results: (string | undefined)[] = [];
  await runAll(
    ['nonsense', 'calm'].map((profile) => ({ seed: 5, profile })),
    1,
    (result) => {
      results.push(result.failure?.message.split('\n')[0]);
      return true;
    },
  );
  assert.deepEqual(results, ['the run threw Error: no profile is called nonsense', undefined]);
});

test('the seeds that failed once hold every promise now', async () => {
  const jobs = failedSeeds();
  const { runs } = await mustHold(jobs);
  assert.equal(runs, jobs.length);
});

test('new seeds of every profile hold every promise', async (t) => {
  const from = Math.floor(Date.now() / 1_000) * 10_000;
  const jobs = Object.entries(NEW_RUNS).flatMap(([profile, count]) =>
    // Not from the very first one, which has real signatures: a long run with them takes too long.
    Array.from({ length: count }, (_, i) => ({ seed: from + 1 + i, profile })),
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
