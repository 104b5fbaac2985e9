/** A disk that is soon full: a tmpfs of its own, which needs the right to mount. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Mounts a tmpfs of so many KiB. Gives the folder, or an error that says why it cannot. */
export function smallDisk(t: TestContext, kib: number): string | Error {
  const folder = mkdtempSync(join(tmpdir(), 'meshpay-full-'));
  const size = `size=${kib}k,mode=0700`;
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', folder]);
  if (mounted.error !== undefined) return mounted.error;
  if (mounted.status !== 0) return new Error(String(mounted.stderr).trim());
  t.after(() => {
    spawnSync('umount', [folder]);
    rmdirSync(folder);
  });
  return folder;
}
