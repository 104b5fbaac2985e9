import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsTolerated, memberByKey, quorumOf } from '../../agent/core/network/committee.ts';
import { asFounded } from '../../agent/core/views.ts';
import { World } from '../support/world.ts';

const SIZES = Array.from({ length: 100 }, (_, i) => i + 1);

test('two quorums share more than f members, for committees of 1 to 100', () => {
  for (const n of SIZES) assert.ok(2 * quorumOf(n) - n > faultsTolerated(n), `n = ${n}`);
});

test('a quorum can be had while f members are silent, for committees of 1 to 100', () => {
  for (const n of SIZES) assert.ok(quorumOf(n) <= n - faultsTolerated(n), `n = ${n}`);
});

test('the familiar sizes have the familiar quorums', () => {
  const rows = [1, 2, 3, 4, 7, 10, 31].map((n) => [n, faultsTolerated(n), quorumOf(n)]);
  assert.deepEqual(rows, [
    [1, 0, 1],
    [2, 0, 2],
    [3, 0, 3],
    [4, 1, 3],
    [7, 2, 5],
    [10, 3, 7],
    [31, 10, 21],
  ]);
});

test('a member is known by its key and by nothing else', () => {
  const { network } = new World();
  const committee = asFounded(network).committee;
  for (const [i, { key }] of committee.members.entries()) {
    assert.equal(memberByKey(committee, key), i);
  }
  assert.equal(memberByKey(committee, new Uint8Array(32)), undefined);
});
