/** Links that somebody asked for, among many that nobody did, on loopback. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wordBytes } from '../../../agent/shell/net/framing.ts';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import type { LinksOptions } from '../../../agent/shell/net/links.ts';
import { until } from '../../support/wait.ts';
import {
  faults,
  identityOf,
  memberOf,
  onlyLink,
  rawClient,
  stoppingAtTheEnd,
  type TestNode,
} from './harness.ts';

const [alice, bob, carol] = [identityOf(1), identityOf(2), identityOf(3)];
const MEMBERS = [memberOf(alice, 'alice'), memberOf(bob, 'bob')];

const start = stoppingAtTheEnd();

describe('the core is told that a link is wanted', () => {
  const isWanted = (node: TestNode) => node.wanted(onlyLink(node));

  it('when the operator wrote down its key, whoever dialled, or it is a member', async () => {
    const a = await start(alice, { members: MEMBERS });
    const nowhere = { host: '127.0.0.1', port: 1 };
    const b = await start(carol, { wanted: [{ ...nowhere, key: alice.publicKey }] });
    a.links.want([b.at()]);
    await until(() => a.up().length === 1 && b.up().length === 1, 'a link');
    assert.deepEqual([isWanted(a), isWanted(b)], [true, true]);
    a.links.want([]);
    assert.equal(isWanted(a), false, 'not any more');
    a.links.want([{ ...nowhere, key: carol.publicKey }]);
    assert.equal(isWanted(a), true, 'again');
    await b.stop();
    await until(() => a.up().length === 0, 'its end');
    await rawClient(a.at(), { identity: bob });
    await until(() => a.up().length === 1, 'the member');
    assert.equal(isWanted(a), true);
  });

  it('when it answers at an address that the operator wrote down', async () => {
    const smaller = Buffer.compare(alice.publicKey, carol.publicKey) < 0;
    const [low, high] = smaller ? [alice, carol] : [carol, alice];
    const [a, b] = [await start(high), await start(low)];
    b.links.want([a.at()]);
    await until(() => a.up().length === 1, 'a link that the other side dialled');
    assert.equal(isWanted(a), false);
    const before = onlyLink(a);
    a.links.want([b.at()]);
    await until(() => isWanted(a) === true, 'the discovery whose address that is');
    assert.equal(onlyLink(a), before, 'the link goes on');
    a.links.want([]);
    assert.equal(isWanted(a), false, 'not any more');
  });

  it('but not because it called or was found', async () => {
    const a = await start(alice);
    const b = await start(carol, { dialFound: 1 });
    b.links.found({ key: alice.publicKey, address: a.at() });
    await until(() => a.up().length === 1 && b.up().length === 1, 'a link');
    assert.deepEqual([isWanted(a), isWanted(b)], [false, false]);
  });
});

describe('among as many strangers as there are places, all of them active, a peer of the operator', () => {
  const PLACES = NET_LIMITS.nodeLinks;
  const LIMITS = {
    handshakes: 200,
    handshakesPerSource: 200,
    handshakesPerSecond: 1_000,
    // As long as the test lasts, everybody has said something just now.
    evictableAfterMs: 600_000,
    silenceMs: 600_000,
  };
  const FRAME = Buffer.concat([wordBytes(1), Uint8Array.of(1)]);

  /** Has every place for nodes taken by strangers that have just said something. */
  async function fullNode(options: Partial<LinksOptions> = {}) {
    const node = await start(alice, { limits: LIMITS, ...options });
    const numbers = Array.from({ length: PLACES }, (_, i) => i + 10);
    const strangers = await Promise.all(
      numbers.map((n) => rawClient(node.at(), { identity: identityOf(n) })),
    );
    await until(() => node.links.counts().node === PLACES, 'a full house');
    for (const socket of strangers) socket.resume().write(FRAME);
    await until(() => node.frames().length === PLACES, 'a frame of each');
    return node;
  }

  function isOneEvicted(node: TestNode): boolean {
    return node.links.counts().node === PLACES && faults(node, 'down').join() === 'evicted';
  }

  it('has its place when it calls, at the cost of one of them', async () => {
    const nowhere = { host: '127.0.0.1', port: 1 };
    const node = await fullNode({ wanted: [{ ...nowhere, key: carol.publicKey }] });
    const peer = await start(carol, { wanted: [node.at()] });
    await until(() => peer.up().length === 1, 'the link');
    assert.ok(isOneEvicted(node));
    assert.equal(node.up().filter((link) => node.wanted(link)).length, 1);
  });

  it('has its place when it is called, and so there are never more links than places', async () => {
    const node = await fullNode();
    const peer = await start(carol);
    node.links.want([peer.at()]);
    await until(() => peer.up().length === 1, 'the link');
    await until(() => isOneEvicted(node), 'the place of a stranger');
    assert.equal(node.up().filter((link) => node.wanted(link)).length, 1);
  });
});
