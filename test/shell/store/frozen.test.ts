/**
 * Frozen layouts of what the store itself writes: seal, commit record, schema record, anchor, backup.
 * A change here is a new schema version, or a new magic, never a new expectation.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { singleton } from '../../../agent/core/keyspace.ts';
import { backupFolder } from '../../../agent/shell/store/backup.ts';
import { commitCoder, noCommit, planCommit } from '../../../agent/shell/store/commit.ts';
import { encodeSchema } from '../../../agent/shell/store/schema.ts';
import { fill, NETWORK, temporaryFolder } from './fixture.ts';

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

describe('the layout', () => {
  it('of a sealed record and of the commit record is frozen', () => {
    const writes = [{ key: singleton('genesis'), value: NETWORK }];
    const { operations, after } = planCommit(noCommit(), writes, () => undefined);
    const [genesis] = operations;
    assert.ok(genesis?.type === 'put');
    assert.equal(
      hex(genesis.value),
      '07070707070707070707070707070707070707070707070707070707070707079071e9e9f2f0b016',
    );
    assert.equal(
      hex(encode(commitCoder, after)),
      '0000000000000001474462cfb063495fb6ea85ca3591c54f95e9408f453f675a28da1e91c895073400000000000000019071e9e9f2f0b0164933ddf0899c383093ef1762b13e0a103b6213cd424b47df',
    );
  });

  it('of the schema record is frozen', () => {
    assert.equal(hex(encodeSchema(1)), '0000000100');
    const moved = { code: 'mpmove1', standing: { reason: 'why' } };
    assert.equal(hex(encodeSchema(1, moved)), '0000000101076d706d6f7665310103776879');
  });

  it('of the anchor and of a backup is frozen', async (t) => {
    const folder = temporaryFolder(t);
    await fill(folder, 2);
    // Commits 0 to 3 were made: the slots hold the last two.
    const anchor = readFileSync(join(folder, 'store/anchor'));
    assert.equal(anchor.length, 8192);
    assert.equal(
      hex(anchor.subarray(4096, 4096 + 52)),
      '4d50413100000000000000038aa4b61fbe2e8f8663217247b0fdda8e614a064e6aa3ff3e36ddb52c8afbe84111f11f711112a311',
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
