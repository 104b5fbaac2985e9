/** Rules of the house: documents show the tree as it is. */

import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { RULES, rule } from './rule.ts';
import { PRODUCT, read, under } from './tree.ts';

/** The rows of the table below a heading of ARCHITECTURE.md: what stands in their first cells. */
function firstCells(heading: string): string[] {
  const [, section = ''] = read('ARCHITECTURE.md').split(`\n## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  return Array.from(text.matchAll(/^\| (`.*?) \|/gm), ([, cell]) => cell ?? '');
}

/** The names in a cell; one without a slash lies beside the one before it. */
function placesIn(cell: string): string[] {
  const names = Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name ?? '');
  const [first = ''] = names;
  return names.map((name) =>
    name.includes('/') || name === first ? name : `${dirname(first)}/${name}`,
  );
}

rule("ARCHITECTURE's code map has a row for every folder of the product, and for no other", () => {
  const told = firstCells('Code map').flatMap(placesIn);
  const folders = PRODUCT.map((path) => dirname(path));
  assert.deepEqual(
    told.filter((place) => /^(agent|platform|provisioning)\b/.test(place)).sort(),
    [...new Set(folders)].sort(),
  );
});

rule("ARCHITECTURE's table of tests has a row for every folder of tests", () => {
  const told = firstCells('Tests').flatMap(placesIn);
  const folders = under('test').map((path) => path.split('/').slice(0, 2).join('/'));
  const wanted = new Set([...folders, 'test/vectors']);
  assert.deepEqual(told.filter((place) => place.startsWith('test/')).sort(), [...wanted].sort());
});

rule('ARCHITECTURE says what every kind of exception is for', () => {
  const [, section = ''] = read('ARCHITECTURE.md').split(
    '\n## What goes wrong, and how it is said\n',
  );
  const [text = ''] = section.split('\n## ');
  const rows = text.matchAll(/^\| `(\w+)` \| (value|thrown) \| `(.+?)` \|/gm);
  const told = Array.from(rows, ([, name = '', form, path = '']) => ({ name, form, path }));
  for (const { name, path } of told) {
    const file = PRODUCT.find((each) => each.endsWith(path));
    assert.ok(file !== undefined, `${path} is there`);
    assert.match(read(file), new RegExp(`export (class|interface|type) ${name}\\b`));
  }
  const caughtWhereThrown = text
    .slice(text.lastIndexOf('\n\n', text.length - 3))
    .matchAll(/`([A-Z]\w+)`/g);
  const thrown = PRODUCT.flatMap((path) =>
    Array.from(
      read(path).matchAll(/^(?:export )?class (\w+) extends \w*Error\b/gm),
      ([, name]) => name,
    ),
  );
  assert.deepEqual(
    [
      ...told.filter(({ form }) => form === 'thrown').map(({ name }) => name),
      ...Array.from(caughtWhereThrown, ([, name]) => name),
    ].sort(),
    thrown.sort(),
  );
});

test('CONTRIBUTING has every rule, and none that nothing holds', () => {
  const [, conventions = ''] = read('CONTRIBUTING.md').split('\n## Conventions\n');
  const [text = ''] = conventions.split('\n## ');
  const told = Array.from(
    text.replaceAll(/\n +/g, ' ').matchAll(/^- \*\*(.+?)\*\*/gm),
    ([, title]) => title,
  );
  assert.deepEqual(told.sort(), [...RULES].sort());
});
