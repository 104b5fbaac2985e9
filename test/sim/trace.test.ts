import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Event, Step } from '../../agent/core/io.ts';
import type { Process } from './process.ts';
import { Trace } from './trace.ts';

const LINK = 7n as LinkId;
const KEY = 'A1' as ByteKey;
const IDLE: Step = {
  writes: [],
  sends: [],
  asks: [],
  closes: [],
  notices: [],
  wakeAtMs: undefined,
};

function hashOf(event: Event, step: Partial<Step> = {}): string {
  const trace = new Trace();
  trace.stepped({ index: 3 } as Process, event, { ...IDLE, ...step });
  return trace.hash();
}

test('nothing that goes into a step or comes out of it is left out of the hash', () => {
  const tick: Event = { kind: 'tick' };
  const bytes = Uint8Array.from({ length: 11 }, (_, i) => i);
  const hashes = [
    hashOf(tick),
    hashOf({ kind: 'start', seed: new Uint8Array(16) }),
    hashOf({ kind: 'start', seed: new Uint8Array(16).fill(1) }),
    hashOf({ kind: 'link_down', link: LINK }),
    hashOf({ kind: 'link_down', link: 8n as LinkId }),
    hashOf({ kind: 'link_up', link: LINK, peerKey: undefined, wanted: false }),
    hashOf({ kind: 'link_up', link: LINK, peerKey: undefined, wanted: true }),
    hashOf({ kind: 'link_up', link: LINK, peerKey: bytes, wanted: false }),
    hashOf({ kind: 'command', command: { kind: 'refresh', nonce: new Uint8Array(16) } }),
    hashOf({ kind: 'command', command: { kind: 'query', account: bytes } }),
    hashOf({ kind: 'command', command: { kind: 'query', account: bytes.slice(1) } }),
    hashOf(tick, { wakeAtMs: 1 }),
    hashOf(tick, { writes: [{ key: KEY, value: bytes }] }),
    hashOf(tick, { writes: [{ key: KEY, value: undefined }] }),
    hashOf(tick, { writes: [{ key: 'A2' as ByteKey, value: undefined }] }),
    hashOf(tick, { sends: [{ link: LINK, bytes }] }),
    hashOf(tick, { sends: [{ link: 8n as LinkId, bytes }] }),
    hashOf(tick, { closes: [{ link: LINK, reason: 'x' }] }),
    hashOf(tick, { closes: [{ link: LINK, reason: 'y' }] }),
    hashOf(tick, { notices: [{ kind: 'compared', member: 0 as never, equal: true }] }),
    ...Array.from(bytes, (_, i) => {
      const changed = bytes.slice();
      changed[i] = 200;
      return hashOf({ kind: 'frame', link: LINK, bytes: changed });
    }),
  ];
  assert.equal(new Set(hashes).size, hashes.length);
  assert.equal(hashOf(tick), hashes[0]);
});
