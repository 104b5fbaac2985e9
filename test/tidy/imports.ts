/** Rules of the house: who may import whom, in one direction, without a circle. */

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { CIRCLES } from './lists.ts';
import { shrinks } from './ratchet.ts';
import { rule } from './rule.ts';
import { FILES, importsOf, PRODUCT, read, under } from './tree.ts';

/** Who may import whom (ARCHITECTURE.md): each folder, and what its imports may begin with. */
const IMPORT_TABLE: Record<string, readonly string[]> = {
  'agent/core': ['agent/core/', '@noble/', '@scure/'],
  'agent/shell': [
    'agent/core/',
    'agent/shell/',
    'platform/',
    'node:',
    '@noble/',
    '@scure/',
    'classic-level',
    'pino',
    'smol-toml',
  ],
  'agent/wallet': [
    'agent/core/',
    'agent/shell/',
    'agent/wallet/',
    'platform/',
    'node:',
    '@noble/',
    '@scure/',
    'smol-toml',
  ],
  'agent/cli': [
    'agent/core/',
    'agent/shell/',
    'agent/wallet/',
    'agent/cli/',
    'platform/',
    'node:',
    '@noble/',
    '@scure/',
    'qr',
    'yargs-parser',
  ],
  'agent/radio': ['agent/radio/', 'agent/shell/log/', 'agent/shell/radio/', 'platform/', 'node:'],
  // The programs put together what the folders hold, and are imported by nobody.
  'agent/bin': ['agent/', 'platform/', 'node:'],
  platform: ['platform/', 'node:', 'netlink'],
};

rule('a folder imports only what its row of the import table allows', () => {
  const wrong = Object.entries(IMPORT_TABLE).flatMap(([folder, allowed]) =>
    under(folder).flatMap((path) =>
      importsOf(path)
        .filter(({ target }) => !allowed.some((start) => target.startsWith(start)))
        .map(({ target }) => `${path} imports ${target}`),
    ),
  );
  assert.deepEqual(wrong, []);
});

rule('every file of the product has a row in the import table', () => {
  const rows = Object.keys(IMPORT_TABLE);
  assert.deepEqual(
    PRODUCT.filter((path) => !rows.some((folder) => path.startsWith(`${folder}/`))),
    [],
  );
});

rule('the daemon never loads what belongs to the command line', () => {
  const wrong = [
    ...under('agent/shell'),
    'agent/bin/meshpayd.ts',
    'agent/bin/run-meshpayd.ts',
  ].filter((path) =>
    importsOf(path).some(({ target }) => /^(agent\/(cli|wallet)\/|yargs$)/.test(target)),
  );
  assert.deepEqual(wrong, []);
});

rule('no files import each other in a circle, not for types either', () => {
  shrinks(
    CIRCLES,
    circles().map((files) => files.map((path) => basename(path)).join(' ')),
  );
});

/** The circles of imports, each as the files of it: the strongly connected parts (Tarjan 1972). */
function circles(): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (path: string): number => {
    const at = order.size;
    order.set(path, at);
    lowest.set(path, at);
    stack.push(path);
    for (const { target } of importsOf(path)) {
      if (!FILES.includes(target)) continue;
      const reached = order.has(target)
        ? stack.includes(target)
          ? (order.get(target) ?? at)
          : at
        : visit(target);
      lowest.set(path, Math.min(lowest.get(path) ?? at, reached));
    }
    if (lowest.get(path) === at) {
      const part = stack.splice(stack.indexOf(path));
      if (part.length > 1) found.push(part);
    }
    return lowest.get(path) ?? at;
  };
  for (const path of FILES) if (!order.has(path)) visit(path);
  return found;
}

rule('every runtime dependency is pinned and the README says why it is there', () => {
  const manifest = JSON.parse(read('package.json')) as {
    dependencies: Record<string, string>;
    optionalDependencies?: Record<string, string>;
  };
  const readme = read('README.md');
  const all = { ...manifest.dependencies, ...manifest.optionalDependencies };
  for (const [name, version] of Object.entries(all)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned`);
    assert.ok(readme.includes(`| \`${name}\` |`), `${name} has a row in the README`);
  }
});

rule('the lock file names no download address', () => {
  assert.doesNotMatch(read('package-lock.json'), /"resolved": *"http/);
});
