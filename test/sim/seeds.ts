/** The seeds that failed once (seeds.txt). */
import { readFileSync } from 'node:fs';
import type { Job } from './worker.ts';

/** Read from the source tree: the compiled test lies in dist/test/sim. */
export function failedSeeds(): Job[] {
  const path = new URL('../../../test/sim/seeds.txt', import.meta.url);
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [profile = '', seed = ''] = line.replace(/#.*/, '').trim().split(/\s+/);
    return profile === '' ? [] : [{ profile, seed: Number(seed) }];
  });
}
