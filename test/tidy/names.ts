/** Rules of the house: names of files. */

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { rule } from './rule.ts';
import { FILES } from './tree.ts';

rule('files are named in small letters, with hyphens between words', () => {
  const form = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/;
  assert.deepEqual(
    FILES.filter((path) => !form.test(basename(path))),
    [],
  );
});
