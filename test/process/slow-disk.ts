/** A disk that takes its time, or has no room left, put under a real daemon. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Node's arguments for a daemon on a disk that is slow, and full after so many commits. */
export function withDisk(folder: string, takesMs: number, mostCommits = 1_000_000): string[] {
  const file = join(folder, 'disk.mjs');
  writeFileSync(
    file,
    `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { fdatasync } = fs;
const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
let commits = 0;
fs.fdatasync = (file, done) => {
  commits += 1;
  const sync = commits > ${mostCommits} ? () => done(full()) : () => fdatasync(file, done);
  setTimeout(sync, ${takesMs});
};
syncBuiltinESMExports();
`,
  );
  return ['--import', file];
}
