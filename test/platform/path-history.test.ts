/** How often paths change: by the kernel's counter, or by their next hops. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_KNOWN_PATHS } from '../../platform/limits.ts';
import {
  changesPerHour,
  isFlapping,
  NO_PATHS,
  type PathHistory,
  recordPaths,
} from '../../platform/path-history.ts';
import type { MeshPath } from '../../platform/radio.ts';
import { PATH } from '../radio/samples.ts';

const MINUTE_MS = 60_000;

type Dump = readonly [minute: number, ...paths: readonly Partial<MeshPath>[]];

function watched(...dumps: readonly Dump[]): PathHistory {
  return dumps.reduce<PathHistory>((history, [minute, ...paths]) => {
    const read = paths.map((path) => ({ ...PATH, ...path }));
    return recordPaths(history, minute * MINUTE_MS, read);
  }, NO_PATHS);
}

function changes(history: PathHistory, minute: number): number {
  return changesPerHour(history, minute * MINUTE_MS, PATH.destination);
}

describe('changes of a path', () => {
  it('are what the kernel counted since it was seen first', () => {
    const history = watched(
      [0, { pathChanges: 7 }],
      [1, { pathChanges: 9 }],
      [2, { pathChanges: 9 }],
    );
    assert.equal(changes(history, 2), 2);
    assert.equal(changesPerHour(history, 0, 'another'), 0);
  });

  it('count for an hour', () => {
    const history = watched(
      [0, { pathChanges: 0 }],
      [1, { pathChanges: 3 }],
      [59, { pathChanges: 5 }],
    );
    assert.equal(changes(history, 59), 5);
    assert.equal(changes(history, 61), 2);
    assert.equal(changes(history, 120), 0);
  });

  it('go on where the kernel forgot the path, or does not count', () => {
    const again = [
      [0, { pathChanges: 9, nextHop: 'a' }],
      [1, { pathChanges: 0, nextHop: 'b' }],
      [2, { pathChanges: 0, nextHop: 'b' }],
    ] as const;
    assert.equal(changes(watched(...again), 2), 1);
    const silent = again.map(
      ([minute, path]) => [minute, { ...path, pathChanges: undefined }] as const,
    );
    assert.equal(changes(watched(...silent), 2), 1);
  });

  it('are none while it is looked for', () => {
    const history = watched(
      [0, { nextHop: 'a', pathChanges: undefined }],
      [1, { nextHop: '00:00:00:00:00:00', pathChanges: undefined, active: false }],
      [2, { nextHop: 'a', pathChanges: undefined }],
    );
    assert.equal(changes(history, 2), 0);
  });

  it('are forgotten with a path that is not seen for an hour, and with the oldest of too many', () => {
    assert.equal(watched([0, {}], [59]).size, 1);
    assert.equal(watched([0, {}], [60]).size, 0);
    const many = [...Array(MAX_KNOWN_PATHS).keys()].map((n) => ({ destination: `${n}` }));
    const full = watched([0, ...many], [1, { destination: 'new' }]);
    assert.equal(full.size, MAX_KNOWN_PATHS);
    assert.ok(full.has('new') && !full.has('0') && full.has('1'));
  });

  it('are flapping from two a minute on', () => {
    assert.ok(!isFlapping(119));
    assert.ok(isFlapping(120));
  });
});
