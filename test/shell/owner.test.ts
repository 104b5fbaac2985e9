/** Whose a store is, and what the first start writes before it takes the mark away. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { nameOf } from '../../agent/core/base/names.ts';
import { decodeOwn, encode, keyCoder } from '../../agent/core/codec/canonical.ts';
import { ownLifeCoder } from '../../agent/core/codec/record.ts';
import type { Write } from '../../agent/core/io.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { claimStore, unusedMarkOf } from '../../agent/shell/daemon/owner.ts';
import type { Store } from '../../agent/shell/store/store.ts';

const KEY = new Uint8Array(32).fill(1);
const OTHER = KEY.map((byte, i) => (i === 31 ? byte + 1 : byte));
const [OWNER, STANDING, LIFE] = [SPACES.owner.key, SPACES.standing.key, SPACES.firstStart.key];

/** A store that is asked for one record, and remembers what is committed. */
function fakeStore(owner: Uint8Array | undefined, failure?: Error) {
  const commits: (readonly Write[])[] = [];
  const store = {
    get: (key: ByteKey) => (key === OWNER && owner ? encode(keyCoder, owner) : undefined),
    async commit(writes: readonly Write[]) {
      if (failure !== undefined) throw failure;
      commits.push(writes);
    },
  } as unknown as Store;
  const written = () => commits.map((writes) => writes.map(({ key }) => key));
  return { store, commits, written };
}

describe('a store', () => {
  let folder = '';
  let keyFile = '';
  let mark = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-first-'));
    keyFile = join(folder, 'node.key');
    mark = unusedMarkOf(keyFile);
    writeFileSync(mark, '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const owner = (isAuthority = true) => ({ publicKey: KEY, keyFile, isAuthority });

  it('of an unused key is begun with a life that is drawn, and only then is the mark gone', async () => {
    const lives = new Set<string>();
    for (let i = 0; i < 2; i++) {
      writeFileSync(mark, '');
      const { store, commits, written } = fakeStore(undefined);
      assert.deepEqual(await claimStore(store, owner()), {});
      assert.deepEqual(written(), [[OWNER, LIFE]]);
      const life = commits[0]?.[1]?.value ?? new Uint8Array();
      lives.add(Buffer.from(decodeOwn(ownLifeCoder, life).life).toString('hex'));
      assert.ok(!existsSync(mark));
    }
    assert.equal(lives.size, 2);
  });

  it('that cannot be written leaves the mark', async () => {
    const { store } = fakeStore(undefined, new Error('disk full'));
    await assert.rejects(claimStore(store, owner()), /disk full/);
    assert.ok(existsSync(mark));
  });

  it('of a used key is begun without its vote, and one of a relay without a word about it', async () => {
    rmSync(mark);
    for (const [isAuthority, keys] of [
      [true, [OWNER, STANDING]],
      [false, [OWNER]],
    ] as const) {
      const { store, written } = fakeStore(undefined);
      assert.deepEqual(await claimStore(store, owner(isAuthority)), {});
      assert.deepEqual(written(), [keys]);
    }
  });

  it('of this key is not written, and a mark that a crash left is taken away', async () => {
    const { store, written } = fakeStore(KEY);
    assert.deepEqual(await claimStore(store, owner()), {});
    assert.deepEqual(written(), []);
    assert.ok(!existsSync(mark));
  });

  it('of another key is left alone, and so is the mark', async () => {
    const { store, written } = fakeStore(OTHER);
    assert.deepEqual(await claimStore(store, owner()), { other: nameOf('node', OTHER) });
    assert.deepEqual(written(), []);
    assert.ok(existsSync(mark));
  });

  it('is claimed where the mark cannot be taken away, which is told', async () => {
    rmSync(mark);
    mkdirSync(mark);
    const { store, written } = fakeStore(undefined);
    assert.deepEqual(await claimStore(store, owner()), { markStays: 'ERR_FS_EISDIR' });
    assert.deepEqual(written(), [[OWNER, LIFE]]);
  });
});
