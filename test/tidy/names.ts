/** Rules of the house: names of files. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { FILES } from './tree.ts';

test('files are named in small letters, with hyphens between words', () => {
  const form = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/;
  assert.deepEqual(
    FILES.filter((path) => !form.test(basename(path))),
    [],
  );
});
