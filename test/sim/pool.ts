/** Runs many seeds on several threads. Results come as they are ready. */
import { Worker } from 'node:worker_threads';
import type { Result } from './run.ts';
import type { Job } from './worker.ts';

/**
 * Runs the jobs on `threads` threads. `onResult` returns false to stop handing out more. Resolves
 * when all that was handed out is done; rejects when a thread dies of anything but a failing run.
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
      const worker = new Worker(new URL('./worker.js', import.meta.url));
      try {
        for (;;) {
          const job = isOpen ? left.next() : undefined;
          if (job === undefined || job.done) return;
          const result = await ask(worker, job.value);
          isOpen = onResult(result) && isOpen;
        }
      } finally {
        await worker.terminate();
      }
    }),
  );
}

function ask(worker: Worker, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const name = `${job.profile} ${job.seed}`;
    const onError = (error: Error) => reject(new Error(`run ${name}: ${error.stack}`));
    worker.once('error', onError);
    worker.once('message', (result: Result) => {
      worker.off('error', onError);
      resolve(result);
    });
    worker.postMessage(job);
  });
}
