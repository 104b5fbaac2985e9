/**
 * A store appears where there is none, and takes nobody's place; what others keep is left alone.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { holdFolder } from '../../../agent/shell/store/holder.ts';
import { storePaths } from '../../../agent/shell/store/layout.ts';
import { partialPaths, publish } from '../../../agent/shell/store/publish.ts';
import { temporaryFolder } from './fixture.ts';

describe('a store that was made', () => {
  it('takes the place of nothing but an empty folder', async (t) => {
    for (const [what, occupy] of [
      ['a store', (root: string) => mkdirSync(join(root, 'db'), { recursive: true })],
      ['a file', (root: string) => writeFileSync(root, '')],
    ] as const) {
      const folder = temporaryFolder(t);
      const made = await partialPaths(folder);
      mkdirSync(made.database, { recursive: true });
      occupy(storePaths(folder).root);
      await assert.rejects(publish(made, storePaths(folder)), { code: 'store_exists' }, what);
      assert.ok(existsSync(made.database), what);
    }
  });

  it('takes away what earlier attempts left, and nothing else', async (t) => {
    const folder = temporaryFolder(t);
    const others = ['node.key', 'store.moving', 'store.part', 'unrelated'];
    for (const name of [...others, 'store.partial.1', 'store.partial.']) {
      mkdirSync(join(folder, name, 'inside'), { recursive: true });
    }
    const { root } = await partialPaths(folder);
    assert.deepEqual(readdirSync(folder).sort(), others);
    assert.ok(!existsSync(root));
  });
});

describe('a hold that is given up', () => {
  it('leaves the name of whoever has the folder now', async (t) => {
    const folder = temporaryFolder(t);
    const hold = await holdFolder(folder);
    writeFileSync(join(folder, 'pid'), 'somebody else\n');
    await hold.release();
    assert.deepEqual(readdirSync(folder), ['pid']);
    assert.equal(readFileSync(join(folder, 'pid'), 'utf8'), 'somebody else\n');
  });
});
