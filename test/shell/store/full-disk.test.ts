/** A full disk: the commit fails with a code, and nothing that was acknowledged is lost. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeOwn } from '../../../agent/core/codec/canonical.ts';
import { journalHeadCoder } from '../../../agent/core/codec/record.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { smallDisk } from '../../support/disk.ts';
import { damageIn, Ledger, open } from './fixture.ts';

describe('a full disk', () => {
  it('fails the commit by name, and keeps all that was acknowledged', async (t) => {
    const folder = smallDisk(t, 6_000);
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
    const head = again.get(SPACES.journalHead.key);
    assert.ok(head !== undefined);
    assert.ok(Number(decodeOwn(journalHeadCoder, head).count) >= acknowledged);
    await again.commit([{ key: SPACES.genesis.key, value: new Uint8Array(32) }]);
    await again.close();
  });
});
