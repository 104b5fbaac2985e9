import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDurable, KEYSPACE, type KeyspaceName, singleton } from '../../agent/core/keyspace.ts';

test('no two spaces share a prefix, and a prefix is one letter or digit', () => {
  const prefixes = Object.values(KEYSPACE).map(({ prefix }) => prefix);
  assert.equal(new Set(prefixes).size, prefixes.length);
  for (const prefix of prefixes) assert.match(prefix, /^[0-9A-Za-z]$/);
});

test('lower case is kept in memory, everything else on disk', () => {
  for (const space of Object.keys(KEYSPACE) as KeyspaceName[]) {
    assert.equal(isDurable(singleton(space)), !/[a-z]/.test(KEYSPACE[space].prefix), space);
  }
});
