/** A thread that runs seeds as they come and posts what came of them. */
import { parentPort } from 'node:worker_threads';
import type { Cut } from './plan.ts';
import { runSeed } from './run.ts';

export interface Job {
  readonly seed: number;
  readonly profile: string;
  readonly cut?: Cut;
}

parentPort?.on('message', ({ seed, profile, cut }: Job) => {
  parentPort?.postMessage(runSeed(seed, profile, cut));
});
