/**
 * Frozen layouts of what the store itself writes: seal, commit record, schema record, commit log,
 * backup. A change here is a new schema version, or a new magic, never a new expectation.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { backupFolder } from '../../../agent/shell/store/backup.ts';
import { commitCoder, noCommit, planCommit } from '../../../agent/shell/store/commit.ts';
import { encodeSchema } from '../../../agent/shell/store/schema.ts';
import { asKilled, fill, NETWORK, open, temporaryFolder } from './fixture.ts';

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

describe('the layout', () => {
  it('of a sealed record and of the commit record is frozen', () => {
    const writes = [{ key: SPACES.genesis.key, value: NETWORK }];
    const { operations, after } = planCommit(noCommit(), writes, () => undefined);
    const [genesis] = operations;
    assert.ok(genesis?.type === 'put');
    assert.equal(
      hex(genesis.value),
      '07070707070707070707070707070707070707070707070707070707070707079071e9e9f2f0b016',
    );
    assert.equal(
      hex(encode(commitCoder, after)),
      '0000000000000001474462cfb063495fb6ea85ca3591c54f95e9408f453f675a28da1e91c8950734' +
        '00000000000000019071e9e9f2f0b0164933ddf0899c383093ef1762b13e0a103b6213cd424b47df'.repeat(
          2,
        ),
    );
  });

  it('of the schema record is frozen', () => {
    assert.equal(hex(encodeSchema(1)), '0000000100');
    const moved = { code: 'mpmove1', standing: { reason: 'why' } };
    assert.equal(hex(encodeSchema(1, moved)), '0000000101076d706d6f7665310103776879');
  });

  it('of the commit log and of a backup is frozen', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 2);
    const log = readFileSync(join(folder, 'store/commits'));
    assert.equal(log.length, 34 * 4096);
    // Closed: both copies of the checkpoint are of commit 4, and no entry is needed any more.
    assert.deepEqual(log.subarray(0, 4096), log.subarray(4096, 8192));
    assert.equal(
      hex(log.subarray(0, 150)),
      '4d50433100000086000000000000000200000000000000040bf1f96b751defeb0e634cd4652408f3' +
        '3b566ee4c8481ab3c008a3310284ad4b00000000000000092794c467c839148f5913d5290026f102' +
        'c613f4d2de13e2a3ef41fd959bd2f4c20000000000000005ff93a473972bb41bc3fa94db2b3c3504' +
        '7160660a0d3e00509792724b3bf80da4000000030000cc02c47a0202c9d6',
    );
    const killed = asKilled(t, folder);
    const store = await open(killed);
    await store.commit([{ key: SPACES.owner.key, value: NETWORK }]);
    await store.commit([{ key: SPACES.owner.key, value: undefined }]);
    const ring = readFileSync(join(killed, 'store/commits')).subarray(8192);
    await store.close();
    assert.equal(
      hex(ring.subarray(0, 260)),
      '4d504531000000a70000000000000005e12d1d7aa71509a24b0700dc4412db9dfe93183f61c1ebb5' +
        '93ea3c0ecb2baca6000000000000000a05798def1ed187baf7d7182997da81128dd5e583d57a1bda' +
        '283b5b69f6d36e380000000000000006dd786dfaedc4274762bdd7dbc2efc514392256bb04a43986' +
        'd08bd01f96f8871a0101000000284207070707070707070707070707070707070707070707070707' +
        '07070707070707dde4c9875698732be6229e465ec63abb0000000000000000000000000000000000' +
        '00000000000000000000000000000000000000000000000000000000000000000000000000000000' +
        '0000000000000000000000000000000000000000',
    );
    assert.equal(
      hex(ring.subarray(4096, 4096 + 250)),
      '4d5045310000007b0000000000000006bf812bd7d1d5d1d7fde6b3c47102b45d7a7b6ac9dfe82a9d' +
        '6c194aeb0fe47b1b00000000000000092794c467c839148f5913d5290026f102c613f4d2de13e2a3' +
        'ef41fd959bd2f4c20000000000000005ff93a473972bb41bc3fa94db2b3c35047160660a0d3e0050' +
        '9792724b3bf80da40001424447fdf300da2379000000000000000000000000000000000000000000' +
        '00000000000000000000000000000000000000000000000000000000000000000000000000000000' +
        '00000000000000000000000000000000000000000000000000000000000000000000000000000000' +
        '00000000000000000000',
    );
    const file = join(folder, 'node.backup');
    await backupFolder({ folder }, file);
    const bytes = readFileSync(file);
    assert.equal(
      hex(bytes.subarray(0, 48)),
      '4d5042310000002600000001010707070707070707070707070707070707070707070707070707070707070707000121',
    );
    assert.equal(
      createHash('sha256').update(bytes).digest('hex'),
      '4865f124c7a75382a515a3f3af4eb4569fbfa01c5300cc9df2f5960b37c62414',
    );
  });
});
