/** The committee changes while links are up: what was a member's is a node's, and the reverse. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalBytes } from '../../../agent/core/base/bytes.ts';
import { wordBytes } from '../../../agent/shell/net/framing.ts';
import { pause, until } from '../../support/wait.ts';
import { identityOf, memberOf, onlyLink, rawClient, stoppingAtTheEnd } from './harness.ts';

const [alice, bob] = [identityOf(1), identityOf(2)];
const [ALICE, BOB] = [memberOf(alice, 'alice'), memberOf(bob, 'bob')];

const start = stoppingAtTheEnd();

describe('a committee that changes', () => {
  it('is dialled, and lets go of who is in it no more', async () => {
    const [a, b] = [await start(alice, { members: [ALICE] }), await start(bob)];
    await rawClient(a.at(), { identity: bob });
    await until(() => a.up().length === 1, 'a stranger');
    assert.deepEqual([a.links.counts().node, a.wanted(onlyLink(a))], [1, false]);
    a.links.setMembers([ALICE, BOB]);
    assert.deepEqual([a.links.counts().member, a.wanted(onlyLink(a))], [1, true]);
    const view = () =>
      a.links.peers().find(({ key = bob.publicKey }) => equalBytes(key, bob.publicKey));
    assert.deepEqual([view()?.isMember, view()?.name, view()?.state], [true, 'bob', 'syncing']);
    a.links.close({ link: onlyLink(a), reason: 'to dial it' });
    a.links.found({ key: bob.publicKey, address: b.at() });
    await until(() => b.up().length === 1 && a.up().length === 1, 'the member, dialled');
    a.links.setMembers([ALICE]);
    assert.deepEqual([a.links.counts().node, a.wanted(onlyLink(a))], [1, false]);
    assert.deepEqual(
      [view()?.isMember, view()?.name, view()?.state],
      [false, undefined, 'connected'],
    );
    await b.stop();
    await until(() => a.up().length === 0, 'its end');
    assert.equal(view()?.state, 'disconnected');
  });

  it('slows down who is in it no more, and lets who is in it now send as much', async () => {
    const a = await start(alice, {
      members: [ALICE, BOB],
      limits: { nodeTokensPerSecond: 1, memberTokensPerSecond: 1_000_000, bucketMs: 1_000 },
    });
    const socket = await rawClient(a.at(), { identity: bob });
    await until(() => a.up().length === 1, 'a member');
    const FRAME = Buffer.concat([wordBytes(1), Uint8Array.of(1)]);
    const burst = Buffer.concat(Array<Buffer>(100).fill(FRAME));
    socket.write(burst);
    await until(() => a.frames().length === 100, 'all that a member sends');
    a.links.setMembers([ALICE]);
    socket.write(burst);
    await until(() => a.frames().length > 100, 'what a node may send');
    await pause(20);
    assert.ok(a.frames().length < 110);
    a.links.setMembers([ALICE, BOB]);
    socket.write(burst);
    await until(() => a.frames().length === 300, 'what it owes, and then all');
  });
});
