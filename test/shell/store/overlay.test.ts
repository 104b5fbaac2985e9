/** The overlay shows the state as of the last step, however far the disk is behind. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import { RecordCache } from '../../../agent/shell/store/cache.ts';
import { Overlay } from '../../../agent/shell/store/overlay.ts';

const key = fc.constantFrom('Aa', 'Ab', 'Ac', 'S', '1', 't', 'k') as fc.Arbitrary<ByteKey>;
const value = fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined });
const writes = fc.array(fc.record({ key, value }), { maxLength: 4 });
const action = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), writes }),
  fc.record({ kind: fc.constant('read' as const), key }),
  fc.record({ kind: fc.constantFrom('begin' as const, 'end' as const) }),
);

describe('the overlay', () => {
  it('reads as one map would, through any order of writes and commits', () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 60 }),
        fc.constantFrom(0, 200, 10_000),
        (actions, cacheBytes) => {
          const model = new Map<ByteKey, Uint8Array>();
          const disk = new Map<ByteKey, Uint8Array>();
          const put = (to: typeof disk, at: ByteKey, what: Uint8Array | undefined) => {
            if (what === undefined) to.delete(at);
            else to.set(at, what);
          };
          const overlay = new Overlay({ get: (at) => disk.get(at) }, cacheBytes);
          let batch: ReturnType<Overlay['beginCommit']> | undefined;
          for (const step of actions) {
            if (step.kind === 'write') {
              overlay.write(step.writes);
              for (const write of step.writes) put(model, write.key, write.value);
            } else if (step.kind === 'read') {
              assert.equal(overlay.get(step.key), model.get(step.key));
            } else if (step.kind === 'begin' && batch === undefined) {
              batch = overlay.beginCommit();
              assert.ok(!overlay.hasPending);
            } else if (step.kind === 'end' && batch !== undefined) {
              for (const write of batch) put(disk, write.key, write.value);
              overlay.endCommit();
              batch = undefined;
            }
          }
          for (const at of ['Aa', 'Ab', 'Ac', 'S', '1', 't', 'k'] as ByteKey[]) {
            assert.equal(overlay.get(at), model.get(at));
          }
          assert.ok(![...disk.keys()].some((at) => at === 't' || at === 'k'));
        },
      ),
    );
  });
});

describe('a record that was removed', () => {
  it('is gone from the cache, too, when its removal is on the disk', () => {
    const disk = new Map<ByteKey, Uint8Array>([['Aa' as ByteKey, Uint8Array.of(1)]]);
    const overlay = new Overlay({ get: (at) => disk.get(at) }, 10_000);
    const key = 'Aa' as ByteKey;
    assert.deepEqual(overlay.get(key), Uint8Array.of(1), 'it is in the cache now');
    overlay.write([{ key, value: undefined }]);
    assert.equal(overlay.get(key), undefined, 'while its removal waits');
    overlay.beginCommit();
    assert.equal(overlay.get(key), undefined, 'while it is committed');
    disk.delete(key);
    overlay.endCommit();
    assert.equal(overlay.get(key), undefined, 'and after that');
    overlay.write([{ key, value: Uint8Array.of(2) }]);
    overlay.beginCommit();
    disk.set(key, Uint8Array.of(2));
    overlay.endCommit();
    assert.deepEqual(overlay.get(key), Uint8Array.of(2), 'until it is written again');
  });
});

describe('a single record that is not there', () => {
  it('is looked for once, until it is written', () => {
    const disk = new Map<ByteKey, Uint8Array>();
    let looks = 0;
    const get = (at: ByteKey) => {
      looks++;
      return disk.get(at);
    };
    const overlay = new Overlay({ get }, 10_000);
    const single = 'S' as ByteKey;
    for (let n = 0; n < 3; n++) assert.equal(overlay.get(single), undefined);
    assert.equal(looks, 1);
    const one = Uint8Array.of(1);
    overlay.write([{ key: single, value: one }]);
    assert.equal(overlay.get(single), one);
    for (const { key: at, value: what } of overlay.beginCommit()) if (what) disk.set(at, what);
    assert.equal(overlay.get(single), one);
    overlay.endCommit();
    assert.deepEqual(overlay.get(single), one);
    overlay.write([{ key: single, value: undefined }]);
    overlay.beginCommit();
    disk.delete(single);
    overlay.endCommit();
    assert.equal(overlay.get(single), undefined);
    // Of many there is no list of those that are not there.
    for (let n = 0; n < 2; n++) overlay.get('Aa' as ByteKey);
    assert.equal(looks, 4);
  });
});

describe('what reading costs', () => {
  it('is counted where a record is neither written lately nor in the cache', () => {
    const one = Uint8Array.of(1);
    const overlay = new Overlay({ get: () => one }, 10_000);
    for (let n = 0; n < 2; n++) overlay.get('Aa' as ByteKey);
    overlay.write([{ key: 'Ab' as ByteKey, value: one }]);
    overlay.get('Ab' as ByteKey);
    overlay.get('k' as ByteKey);
    assert.equal(overlay.storeReads, 1);
    overlay.get('Ac' as ByteKey);
    assert.equal(overlay.storeReads, 2);
  });
});

describe('the cache of records', () => {
  it('holds as much as it may, exactly', () => {
    const one = new RecordCache(1_000_000);
    one.set('A1' as ByteKey, new Uint8Array(100));
    for (const [most, kept] of [
      [2 * one.bytes, 2],
      [2 * one.bytes - 1, 1],
    ] as const) {
      const cache = new RecordCache(most);
      for (const key of ['A1', 'A2'] as ByteKey[]) cache.set(key, new Uint8Array(100));
      assert.equal(cache.bytes, kept * one.bytes);
    }
  });

  it('stays within its bytes and keeps what was used last', () => {
    const cache = new RecordCache(1_000);
    const name = (n: number) => `A${n}` as ByteKey;
    for (let n = 0; n < 50; n++) {
      cache.set(name(n), new Uint8Array(100));
      assert.ok(cache.bytes <= 1_000);
      if (n > 0) assert.ok(cache.get(name(0)) !== undefined, `after ${n}`);
    }
    assert.equal(cache.get(name(40)), undefined);
    assert.ok(cache.get(name(49)) !== undefined);
    const before = cache.bytes;
    cache.set(name(50), new Uint8Array(2_000));
    assert.equal(cache.get(name(50)), undefined, 'what is larger than the cache is not kept');
    assert.equal(cache.bytes, before, 'and puts nothing out');
    cache.set(name(49), new Uint8Array(2_000));
    assert.equal(cache.get(name(49)), undefined, 'nor what was there under its key');
    assert.ok(cache.bytes < before);
  });

  it('passes over once what was read, and no more often', () => {
    const one = new RecordCache(1_000_000);
    one.set('A1' as ByteKey, new Uint8Array(100));
    const names = ['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8', 'A9'] as ByteKey[];
    for (const [last, held] of [
      [8, 'A1 A6 A7 A8'],
      [9, 'A7 A8 A9'],
    ] as const) {
      const cache = new RecordCache(4 * one.bytes);
      for (const name of names.slice(0, last)) {
        if (name === 'A5') cache.get('A1' as ByteKey);
        cache.set(name, new Uint8Array(100));
      }
      assert.equal(names.filter((name) => cache.get(name) !== undefined).join(' '), held);
    }
  });

  it('goes by what it holds now: replaced and removed records give their bytes back', () => {
    const cache = new RecordCache(1_000);
    cache.set('A1' as ByteKey, new Uint8Array(100));
    const { bytes } = cache;
    cache.set('A1' as ByteKey, new Uint8Array(101));
    assert.equal(cache.bytes, bytes + 1);
    assert.equal(cache.get('A1' as ByteKey)?.length, 101);
    cache.delete('A1' as ByteKey);
    cache.delete('A1' as ByteKey);
    assert.equal(cache.bytes, 0);
    assert.equal(cache.get('A1' as ByteKey), undefined);
  });
});
