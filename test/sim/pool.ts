/** Runs many seeds on several threads. Results come as they are ready. */
import { Worker } from 'node:worker_threads';
import { type Result, resultOfDeath } from './run.ts';
import type { Job } from './worker.ts';

/**
 * Runs the jobs on `threads` threads. `onResult` returns false to stop handing out more. Resolves
 * when all that was handed out is done. A run that takes its thread with it counts as failed, and
 * the rest goes on in a new one.
 */
export async function runAll(
  jobs: Iterable<Job>,
  threads: number,
  onResult: (result: Result) => boolean,
): Promise<void> {
  const left = jobs[Symbol.iterator]();
  let isOpen = true;
  await Promise.all(
    Array.from({ length: threads }, async () => {
      let worker = newWorker();
      try {
        for (;;) {
          const job = isOpen ? left.next() : undefined;
          if (job === undefined || job.done) return;
          const outcome = await ask(worker, job.value);
          if (outcome instanceof Error) worker = newWorker();
          isOpen = onResult(resultOf(job.value, outcome)) && isOpen;
        }
      } finally {
        await worker.terminate();
      }
    }),
  );
}

function newWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url));
}

/** An error: the thread is gone. */
function ask(worker: Worker, job: Job): Promise<Result | Error> {
  return new Promise((resolve) => {
    const onExit = (code: number) => resolve(new Error(`the thread ended with ${code}`));
    worker.once('error', resolve);
    worker.once('exit', onExit);
    worker.once('message', (result: Result) => {
      worker.off('error', resolve);
      worker.off('exit', onExit);
      resolve(result);
    });
    worker.postMessage(job);
  });
}

function resultOf({ seed, profile, cut }: Job, outcome: Result | Error): Result {
  return outcome instanceof Error ? resultOfDeath(seed, profile, cut ?? {}, outcome) : outcome;
}
