/** Links between real nodes on loopback: who is let in, who is turned away, and what survives. */
import assert from 'node:assert/strict';
import { connect as connectTcp, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { MAX_FRAME_BYTES } from '../../../agent/core/base/limits.ts';
import { wordBytes } from '../../../agent/shell/net/framing.ts';
import type { LinkReport } from '../../../agent/shell/net/link.ts';
import { pause, until } from '../../support/wait.ts';
import {
  closed,
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

/** For strangers that come as bare TCP connections. */
const OVER_TCP_TOO = { transport: 'auto' } as const;

const start = stoppingAtTheEnd();

function stateOf(node: TestNode, key: Uint8Array): string | undefined {
  const same = (other: Uint8Array | undefined) => Buffer.compare(other ?? key, key) === 0;
  return node.links.peers().find((peer) => peer.key !== undefined && same(peer.key))?.state;
}

describe('two members', () => {
  it('link up with proven keys, pass frames both ways, and count them', async () => {
    const a = await start(alice, { members: MEMBERS });
    const b = await start(bob, { members: MEMBERS, wanted: [{ ...a.at(), key: alice.publicKey }] });
    await until(() => a.up().length === 1 && b.up().length === 1, 'a link on both sides');
    assert.deepEqual(
      a.events.map((event) => event.kind === 'link_up' && event.peerKey),
      [bob.publicKey],
    );
    const frame = new Uint8Array(MAX_FRAME_BYTES).fill(5);
    a.links.send({ link: onlyLink(a), bytes: Uint8Array.of(1) });
    a.links.send({ link: onlyLink(a), bytes: frame });
    b.links.send({ link: onlyLink(b), bytes: Uint8Array.of(2) });
    await until(() => a.frames().length === 1 && b.frames().length === 2, 'the frames');
    assert.deepEqual(b.frames(), [Uint8Array.of(1), frame]);
    assert.deepEqual(a.frames(), [Uint8Array.of(2)]);
    const [peer] = b.links.peers();
    assert.deepEqual([peer?.traffic.framesIn, peer?.traffic.framesOut], [2, 1]);
    assert.equal(peer?.name, 'alice');
  });

  it('are syncing until the caller says that they are ready', async () => {
    const a = await start(alice, { members: MEMBERS });
    const b = await start(bob, { members: MEMBERS, wanted: [{ ...a.at(), key: alice.publicKey }] });
    await until(() => b.up().length === 1, 'a link');
    assert.equal(stateOf(b, alice.publicKey), 'syncing');
    b.links.progress(alice.publicKey, 'ready');
    assert.equal(stateOf(b, alice.publicKey), 'ready');
    await a.stop();
    await until(() => stateOf(b, alice.publicKey) !== 'ready', 'the loss');
    b.links.progress(alice.publicKey, 'ready');
    assert.notEqual(stateOf(b, alice.publicKey), 'ready', 'without a link there is no progress');
  });

  it('that dial each other at once keep one link, the same on both sides', async () => {
    let collisions = 0;
    for (let round = 0; round < 10; round++) {
      // Hardly any courtesy: the larger key waits for two milliseconds only.
      const options = { members: MEMBERS, limits: { dialFirstMs: 1 } };
      const a = await start(alice, options);
      const b = await start(bob, options);
      const order = [
        () => a.links.want([{ ...b.at(), key: bob.publicKey }]),
        () => b.links.want([{ ...a.at(), key: alice.publicKey }]),
      ];
      for (const tell of round % 2 === 0 ? order : order.reverse()) tell();
      const settled = () => a.up().length === 1 && b.up().length === 1;
      await until(settled, 'one link each');
      // Whatever was still under way has now had its time.
      await until(() => a.links.counts().handshakes + b.links.counts().handshakes === 0, 'quiet');
      await pause(20);
      await until(settled, 'still one link each');
      a.links.send({ link: onlyLink(a), bytes: Uint8Array.of(round) });
      b.links.send({ link: onlyLink(b), bytes: Uint8Array.of(round) });
      await until(() => a.frames().length + b.frames().length === 2, 'a frame each way over it');
      collisions += [a, b].some((node) => node.reports.some(isDuplicate)) ? 1 : 0;
      await Promise.all([a.stop(), b.stop()]);
    }
    assert.ok(collisions > 0, 'no two streams ever met: this test proved nothing');
  });

  it('find each other again after one of them died and came back', async () => {
    const a = await start(alice, { members: MEMBERS });
    const at = a.at();
    const b = await start(bob, { members: MEMBERS, wanted: [{ ...at, key: alice.publicKey }] });
    await until(() => b.up().length === 1, 'the first link');
    await a.stop();
    await until(() => b.up().length === 0, 'the loss');
    await until(() => faults(b, 'dial_failed').includes('unreachable'), 'vain attempts');
    const again = await start(alice, { members: MEMBERS, listen: [at] });
    await until(() => b.up().length === 1 && again.up().length === 1, 'the second link');
  });
});

describe('a node that is dialled', () => {
  it('with another key than the expected one is not linked, and is tried again', async () => {
    const impostor = await start(carol);
    const b = await start(bob, {
      members: MEMBERS,
      wanted: [{ ...impostor.at(), key: alice.publicKey }],
    });
    await until(() => faults(b, 'dial_failed').length >= 3, 'attempts');
    assert.deepEqual(new Set(faults(b, 'dial_failed')), new Set(['wrong_key']));
    assert.equal(b.up().length, 0);
    assert.match(stateOf(b, alice.publicKey) ?? '', /reconnecting|connecting|authenticating/);
  });

  it('on another network is told apart in the handshake, on both sides', async () => {
    const other = await start(alice, { network: new Uint8Array(32).fill(9) });
    const b = await start(bob, { wanted: [{ ...other.at(), key: alice.publicKey }] });
    await until(() => faults(b, 'dial_failed').length >= 1, 'an attempt');
    await until(() => faults(other, 'refused').length >= 1, 'a refusal');
    assert.equal(faults(b, 'dial_failed')[0], 'wrong_network');
    assert.equal(faults(other, 'refused')[0], 'wrong_network');
    assert.equal(other.events.length + b.events.length, 0);
  });

  it('by its address alone may be anybody, and a member is that member', async () => {
    const a = await start(alice, { members: MEMBERS });
    const relay = await start(carol, { members: MEMBERS });
    const wallet = await start(undefined, { members: MEMBERS, wanted: [relay.at(), a.at()] });
    await until(() => wallet.up().length === 2, 'both links');
    assert.equal(stateOf(wallet, alice.publicKey), 'connected');
    assert.equal(stateOf(wallet, carol.publicKey), 'connected');
    assert.equal(a.links.counts().anonymous, 1);
    // The member's own address, now configured with its key too, brings no second link.
    wallet.links.want([relay.at(), a.at(), { ...a.at(), key: alice.publicKey }]);
    await until(() => wallet.up().length === 2, 'still both links');
  });

  it('by an address that is another name of a linked node rests until that link is gone', async () => {
    const members = [memberOf(alice, 'alice'), memberOf(bob, 'bob')];
    const smaller = Buffer.compare(alice.publicKey, bob.publicKey) < 0;
    const [low, high] = smaller ? [alice, bob] : [bob, alice];
    const target = await start(low, { members });
    const node = await start(high, { members });
    target.links.want([{ ...node.at(), key: high.publicKey }]);
    await until(() => node.up().length === 1, 'a link dialled by the other side');
    const before = onlyLink(node);
    node.links.want([target.at()]);
    const alias = () => node.links.peers().find(({ isMember }) => !isMember);
    await until(() => alias()?.lastFault?.code === 'duplicate', 'the discovery of the alias');
    assert.equal(alias()?.state, 'disconnected');
    assert.equal(onlyLink(node), before, 'the link goes on');
    target.links.close({ link: onlyLink(target), reason: 'a test' });
    await until(() => node.up().length === 1 && onlyLink(node) !== before, 'another link');
  });

  it('that is this node itself is not linked', async () => {
    const a = await start(alice);
    a.links.want([a.at()]);
    await until(() => faults(a, 'dial_failed').length + faults(a, 'refused').length > 0, 'a fault');
    assert.equal(a.up().length, 0);
  });

  it('and never answers is given up', async () => {
    const { server, at } = await silentServer();
    const b = await start(bob, {
      ...OVER_TCP_TOO,
      wanted: [at],
      limits: { handshakeTimeoutMs: 150 },
    });
    await until(() => faults(b, 'dial_failed').includes('handshake_timeout'), 'giving up');
    server.close();
  });

  it('is asked for while an attempt outlives a link that it opened itself', async (test) => {
    const smaller = Buffer.compare(alice.publicKey, bob.publicKey) < 0;
    const [low, high] = smaller ? [alice, bob] : [bob, alice];
    const { server, at } = await silentServer();
    test.after(() => server.close());
    const limits = { handshakeTimeoutMs: 3_000 };
    const node = await start(low, { ...OVER_TCP_TOO, dialFound: 1, limits });
    const state = () => stateOf(node, high.publicKey);
    node.links.found({ key: high.publicKey, address: at });
    await until(() => state() !== 'disconnected', 'an attempt');
    const caller = await rawClient(node.at(), { identity: high });
    await until(() => state() === 'connected', 'a link that it opened');
    caller.destroy();
    await until(() => state() === 'disconnected', 'its end');
    node.links.want([{ ...at, key: high.publicKey }]);
    await until(() => state() === 'reconnecting', 'the end of the attempt');
  });

  it('is no longer dialled when it is no longer wanted', async () => {
    const a = await start(alice);
    const b = await start(bob, { wanted: [{ ...a.at(), key: alice.publicKey }] });
    await until(() => b.up().length === 1, 'a link');
    b.links.want([]);
    await a.stop();
    await until(() => b.up().length === 0, 'the loss');
    assert.equal(stateOf(b, alice.publicKey), 'disconnected');
  });
});

describe('a caller', () => {
  it('without a certificate is anonymous where anyone may come', async () => {
    const a = await start(alice);
    const socket = await rawClient(a.at());
    await until(() => a.up().length === 1, 'a link');
    assert.deepEqual(
      a.events.map((event) => event.kind === 'link_up' && event.peerKey),
      [undefined],
    );
    socket.destroy();
    await until(() => a.up().length === 0, 'its end');
  });

  it('without a certificate, or with a stranger’s, is no member where only members may come', async () => {
    const a = await start(alice, {
      members: MEMBERS,
      listen: [{ host: '127.0.0.1', port: 0, admits: 'members' }],
    });
    for (const options of [{}, { identity: carol }]) {
      const socket = await rawClient(a.at(), options);
      const gone = closed(socket);
      socket.resume();
      await gone;
    }
    assert.deepEqual(faults(a, 'refused'), ['not_a_member', 'not_a_member']);
    assert.equal(a.events.length, 0);
    const member = await rawClient(a.at(), { identity: bob });
    await until(() => a.up().length === 1, 'the member’s link');
    member.destroy();
  });

  it('is told why it was turned away', async () => {
    const a = await start(alice, {
      members: MEMBERS,
      listen: [{ host: '127.0.0.1', port: 0, admits: 'nodes' }],
    });
    const wallet = await start(undefined, { wanted: [a.at()] });
    await until(() => faults(wallet, 'dial_failed').length >= 1, 'a refusal');
    const [first] = wallet.reports;
    assert.deepEqual(first?.fault, { code: 'closed_by_peer', detail: 'no_key' });
    assert.equal(wallet.events.length, 0, 'a link that was never accepted never was up');
  });

  it('that names no protocol is turned away like one from another network', async () => {
    const a = await start(alice);
    const socket = await rawClient(a.at(), { protocol: undefined });
    socket.resume();
    await closed(socket);
    assert.deepEqual(faults(a, 'refused'), ['wrong_network']);
    assert.equal(a.events.length, 0);
  });

  it('with the key of this node is refused by name', async () => {
    const a = await start(alice);
    const twin = await rawClient(a.at(), { identity: alice });
    const gone = closed(twin);
    twin.resume();
    await gone;
    assert.deepEqual(faults(a, 'refused'), ['own_key']);
  });

  it('that speaks no TLS is turned away, whatever it says', async () => {
    const a = await start(alice, OVER_TCP_TOO);
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n',
      '\0'.repeat(500),
      '\x16\x03\x01\xff\xff garbage',
    ]) {
      const socket = connectTcp(a.at());
      socket.on('error', () => undefined);
      const gone = closed(socket);
      socket.resume();
      socket.end(text, 'latin1');
      await gone;
    }
    await until(() => faults(a, 'refused').length >= 3, 'three refusals');
    assert.equal(a.events.length, 0);
    assert.equal(a.links.counts().handshakes, 0);
  });

  it('from the address of a member finds a place that strangers cannot take', async () => {
    const a = await start(alice, {
      ...OVER_TCP_TOO,
      members: MEMBERS,
      wanted: [{ host: '127.0.0.1', port: 1, key: bob.publicKey }],
      limits: { handshakes: 1, handshakePatienceMs: 60_000, handshakeTimeoutMs: 60_000 },
    });
    const stranger = connectTcp({ ...a.at(), localAddress: '127.0.0.2' });
    stranger.on('error', () => undefined);
    await until(() => a.links.counts().handshakes === 1, 'the only place taken');
    const second = connectTcp({ ...a.at(), localAddress: '127.0.0.3' });
    second.on('error', () => undefined);
    await closed(second.resume());
    const member = await rawClient(a.at(), { identity: bob });
    await until(() => a.links.counts().member === 1, 'the member');
    member.destroy();
    stranger.destroy();
  });

  it('that opens connections and says nothing holds few places', async () => {
    const patient = { handshakeTimeoutMs: 600_000, handshakePatienceMs: 600_000 };
    const a = await start(alice, {
      ...OVER_TCP_TOO,
      limits: { handshakes: 8, handshakesPerSource: 8, ...patient },
    });
    const sockets = Array.from({ length: 40 }, () => connectTcp(a.at()));
    for (const socket of sockets) socket.on('error', () => undefined).resume();
    await until(() => a.links.counts().refused.get('too_many_links') === 32, 'refusals');
    assert.equal(a.links.counts().handshakes, 8);
    for (const socket of sockets) socket.destroy();
    await until(() => a.links.counts().handshakes === 0, 'free places');
  });

  it('that says nothing does not hold its place for long', async () => {
    const a = await start(alice, { ...OVER_TCP_TOO, limits: { handshakeTimeoutMs: 200 } });
    const sockets = Array.from({ length: 8 }, () => connectTcp(a.at()));
    for (const socket of sockets) socket.on('error', () => undefined);
    await Promise.all(sockets.map((socket) => closed(socket.resume())));
    await until(() => a.links.counts().handshakes === 0, 'free places');
    assert.deepEqual(new Set(faults(a, 'refused')), new Set(['handshake_timeout']));
  });
});

describe('a stream', () => {
  it('that announces an oversized frame ends at once', async () => {
    const a = await start(alice);
    const socket = await rawClient(a.at());
    const gone = closed(socket);
    socket.resume();
    socket.write(Buffer.concat([wordBytes(1), Uint8Array.of(7), wordBytes(MAX_FRAME_BYTES + 1)]));
    await gone;
    assert.deepEqual(a.frames(), [Uint8Array.of(7)], 'what came before it counts');
    assert.deepEqual(faults(a, 'down'), ['oversized_frame']);
  });

  it('that breaks off inside a frame ends like any other', async () => {
    const a = await start(alice);
    const socket = await rawClient(a.at());
    socket.end(Buffer.concat([wordBytes(100), new Uint8Array(40)]));
    await until(() => faults(a, 'down').length === 1, 'its end');
    assert.deepEqual(faults(a, 'down'), ['lost']);
    assert.equal(a.frames().length, 0);
  });

  it('whose other side does not read is cut off, and others go on', async () => {
    const a = await start(alice, { limits: { anonymousOutputBytes: 128 * 1024 } });
    const slow = await rawClient(a.at());
    slow.pause();
    await until(() => a.up().length === 1, 'the slow link');
    const link = onlyLink(a);
    const wallet = await start(undefined, { wanted: [a.at()] });
    await until(() => a.up().length === 2, 'the other link');
    const other = a.up().find((up) => up !== link);
    assert.ok(other);
    const gone = closed(slow);
    for (let sent = 0; sent < 50_000 && a.up().includes(link); sent++) {
      a.links.send({ link, bytes: new Uint8Array(4096) });
      if (sent % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(faults(a, 'down'), ['slow_reader']);
    a.links.send({ link: other, bytes: Uint8Array.of(3) });
    await until(() => wallet.frames().length === 1, 'a frame to the other');
    slow.resume();
    await gone;
  });

  it('of an anonymous caller is slowed down to its rate, without losing a frame', async () => {
    const [perMs, bucketMs] = [0.2, 250];
    const a = await start(alice, {
      limits: { anonymousTokensPerSecond: 1_000 * perMs, bucketMs },
    });
    const wallet = await start(undefined, { wanted: [a.at()] });
    await until(() => wallet.up().length === 1, 'a link');
    const begunAt = performance.now();
    for (let i = 0; i < 120; i++) {
      wallet.links.send({ link: onlyLink(wallet), bytes: Uint8Array.of(i) });
    }
    await until(() => a.frames().length > 0, 'the first of them');
    const taken = a.frames().length;
    const most = 1 + perMs * (bucketMs + performance.now() - begunAt);
    assert.ok(taken <= most, `${taken} frames, at most ${most}`);
    await until(() => a.frames().length === 120, 'all of them');
    assert.deepEqual(
      a.frames().map(([byte]) => byte),
      Array.from({ length: 120 }, (_, i) => i),
    );
  });

  it('is not read while enough of it waits, and is read on afterwards', async () => {
    let room = 10;
    const a = await start(alice, {
      members: MEMBERS,
      emit: (event) => event.kind !== 'frame' || --room > 0,
    });
    const b = await start(bob, { members: MEMBERS, wanted: [{ ...a.at(), key: alice.publicKey }] });
    await until(() => b.up().length === 1, 'a link');
    for (let i = 0; i < 30; i++) b.links.send({ link: onlyLink(b), bytes: Uint8Array.of(i) });
    for (const expected of [10, 20, 30]) {
      await until(() => a.frames().length >= expected, `${expected} frames`);
      await pause(20);
      assert.equal(a.frames().length, expected, 'not one more than there was room for');
      room = 10;
      a.links.resume(onlyLink(a));
    }
  });

  it('that falls silent is closed when signs of life are due', async () => {
    const a = await start(alice, { limits: { pingEveryMs: 50, silenceMs: 200 } });
    const node = await rawClient(a.at(), { identity: carol });
    const gone = closed(node);
    node.resume();
    await gone;
    assert.deepEqual(faults(a, 'down'), ['silent']);
  });

  it('lives on pings alone, and measures the round trip', async () => {
    const limits = { pingEveryMs: 100, silenceMs: 1_500 };
    const a = await start(alice, { limits });
    const b = await start(bob, { wanted: [a.at()], limits });
    await until(() => b.up().length === 1, 'a link');
    await until(() => b.links.peers()[0]?.roundTripMs !== undefined, 'a round trip');
    await pause(2_000);
    assert.equal(faults(a, 'down').length + faults(b, 'down').length, 0);
  });

  it('that broke the protocol is closed with that reason on both sides', async () => {
    const a = await start(alice);
    const b = await start(bob, { wanted: [a.at()] });
    await until(() => a.up().length === 1 && b.up().length === 1, 'a link');
    a.links.close({ link: onlyLink(a), reason: 'a test' });
    await until(() => faults(b, 'down').length === 1, 'the end on the other side');
    const ended = b.reports.find(({ what }) => what === 'down');
    assert.deepEqual(ended?.fault, { code: 'closed_by_peer', detail: 'protocol' });
  });
});

describe('places', () => {
  it('of anonymous links go to newcomers when others have been silent for long', async () => {
    const limits = { anonymousLinks: 3, evictableAfterMs: 100 };
    const a = await start(alice, { limits });
    const first = await rawClient(a.at());
    const gone = closed(first);
    first.resume();
    await until(() => a.up().length === 1, 'the first link');
    const oldest = onlyLink(a);
    await rawClient(a.at());
    await rawClient(a.at());
    await until(() => a.up().length === 3, 'a full house');
    await pause(120);
    await rawClient(a.at());
    await gone;
    assert.equal(a.up().length, 3);
    assert.ok(!a.up().includes(oldest));
    assert.deepEqual(faults(a, 'down'), ['evicted']);
  });

  it('run out for nodes, one source has its newest, and a member comes in all the same', async () => {
    const a = await start(alice, { members: MEMBERS, limits: { nodeLinks: 1 } });
    const first = await rawClient(a.at(), { identity: carol });
    await until(() => a.up().length === 1, 'a node');
    const older = onlyLink(a);
    const gone = closed(first);
    first.resume();
    await rawClient(a.at(), { identity: identityOf(4) });
    await gone;
    assert.deepEqual(faults(a, 'down'), ['evicted']);
    assert.ok(!a.up().includes(older));
    await rawClient(a.at(), { identity: bob });
    await until(() => a.links.counts().member === 1, 'the member');
  });
});

function isDuplicate({ fault }: LinkReport): boolean {
  return fault?.code === 'duplicate' || fault?.detail === 'duplicate';
}

async function silentServer() {
  const server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  assert.ok(typeof bound === 'object' && bound !== null);
  return { server, at: { host: '127.0.0.1', port: bound.port } };
}
