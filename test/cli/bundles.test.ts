/** The programs that package.json names: one file each, as users and routers run them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../../agent/shell/version.ts';

const ROOT = new URL('../../../', import.meta.url);

const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
};

describe('the programs of the package', () => {
  it('are three', () => {
    assert.deepEqual(Object.keys(manifest.bin), ['meshpay', 'meshpayd', 'meshpay-radio']);
  });

  for (const [name, file] of Object.entries(manifest.bin)) {
    const path = fileURLToPath(new URL(file, ROOT));

    it(`${name} can be called by its name, from any folder`, () => {
      assert.ok((statSync(path).mode & 0o111) !== 0, 'it may be executed');
      assert.match(readFileSync(path, 'utf8'), /^#!\/usr\/bin\/env node\n/);
      const { status, stdout, stderr } = spawnSync(process.execPath, [path, '--version'], {
        cwd: '/',
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      assert.ok(stdout.startsWith(`${name} ${VERSION}`), stdout);
    });

    it(`${name} needs no other file of its own, and loads addons only when they are used`, () => {
      const text = readFileSync(path, 'utf8');
      const imported = text.matchAll(/^import\s*(?:[^'"();]*?\bfrom\s*)?["']([^"']+)["'];?$/gm);
      const targets = new Set(Array.from(imported, (match) => match[1] ?? ''));
      assert.ok(targets.size > 0);
      const builtins = /^(node:.*|assert|fs|module|os|path|url|util|events|worker_threads)$/;
      assert.deepEqual(
        [...targets].filter((target) => !builtins.test(target)),
        [],
      );
    });
  }
});
