/** A disk that takes its time, or has no room left, put under a real daemon. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Node's arguments for a daemon on a disk that is slow, and full after so many batches. */
export function withDisk(folder: string, takesMs: number, mostBatches = 1_000_000): string[] {
  const file = join(folder, 'disk.mjs');
  writeFileSync(
    file,
    `import { ClassicLevel } from '${import.meta.resolve('classic-level')}';
const { batch } = ClassicLevel.prototype;
let batches = 0;
ClassicLevel.prototype.batch = async function (...parts) {
  await new Promise((resolve) => setTimeout(resolve, ${takesMs}));
  batches += 1;
  if (batches > ${mostBatches}) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  return batch.apply(this, parts);
};
`,
  );
  return ['--import', file];
}
