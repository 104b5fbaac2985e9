/** A full disk: the commit fails with a code, and nothing that was acknowledged is lost. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { decodeOwn } from '../../../agent/core/codec/canonical.ts';
import { journalHeadCoder } from '../../../agent/core/codec/record.ts';
import { singleton } from '../../../agent/core/keyspace.ts';
import { damageIn, Ledger, open } from './fixture.ts';

/** Mounts a tmpfs of so many KiB. Gives the folder, or an error that says why it cannot. */
function mountSmall(t: TestContext, kib: number): string | Error {
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

describe('a full disk', () => {
  it('fails the commit by name, and keeps all that was acknowledged', async (t) => {
    const folder = mountSmall(t, 6_000);
    if (typeof folder !== 'string') return t.skip(`no small disk can be made: ${folder.message}`);
    const store = await open(folder);
    const ledger = new Ledger();
    let acknowledged = 0;
    await assert.rejects(
      async () => {
        // Far more than there is room for, or this would go on for ever.
        for (; acknowledged < 10_000; acknowledged++) await store.commit(ledger.fact(4_000));
      },
      { code: 'disk_full' },
    );
    await assert.rejects(store.commit(ledger.fact()), { code: 'disk_full' });
    await store.close();
    const { bsize, blocks } = statfsSync(folder);
    t.diagnostic(`${acknowledged} facts in ${bsize * blocks} bytes`);
    assert.equal(spawnSync('mount', ['-o', 'remount,size=24m', folder]).status, 0);
    assert.deepEqual(await damageIn(folder), []);
    const again = await open(folder);
    const head = again.get(singleton('journalHead'));
    assert.ok(head !== undefined);
    assert.ok(Number(decodeOwn(journalHeadCoder, head).count) >= acknowledged);
    await again.commit([{ key: singleton('genesis'), value: new Uint8Array(32) }]);
    await again.close();
  });
});
