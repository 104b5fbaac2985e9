/** When a peer is dialled: pauses, cancelled ones, attempts that come to nothing. Time by hand. */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createCommons } from '../../../agent/shell/net/datagram/commons.ts';
import { DATAGRAM_LIMITS } from '../../../agent/shell/net/datagram/limits.ts';
import { Dialer } from '../../../agent/shell/net/dialer.ts';
import { linkFault } from '../../../agent/shell/net/fault.ts';
import { NET_LIMITS, type NetLimits } from '../../../agent/shell/net/limits.ts';
import type { PeerState } from '../../../agent/shell/net/peer-state.ts';
import { type Peer, PeerTable } from '../../../agent/shell/net/peers.ts';
import { until } from '../../support/wait.ts';
import { identityOf, NETWORK } from './harness.ts';

function world(more: Partial<NetLimits> = {}) {
  const limits = { ...NET_LIMITS, ...more };
  const time = { nowMs: 0 };
  const moves: PeerState[] = [];
  const failures: string[] = [];
  const table = new PeerTable(
    limits,
    () => time.nowMs,
    ({ state }) => moves.push(state),
  );
  const dialer = new Dialer({
    tls: { network: NETWORK, identity: identityOf(1), handshakeTimeoutMs: 1_000 },
    limits,
    commons: createCommons(DATAGRAM_LIMITS, () => time.nowMs),
    transport: 'tcp',
    table,
    nowMs: () => time.nowMs,
    random: () => 0,
    onSecured: () => assert.fail('nobody answers'),
    onFailed: (_peer, { code }, { port }) => failures.push(`${code} ${port}`),
  });
  const add = (demanded: boolean, port?: number): Peer => {
    const key = identityOf(2).publicKey;
    const peer = table.add({ key, pinned: true, isMember: false, demanded });
    assert.ok(peer);
    if (port !== undefined) peer.configured = [{ host: '127.0.0.1', port }];
    return peer;
  };
  return { dialer, table, time, moves, failures, add };
}

type World = ReturnType<typeof world>;

/** Timers and the clock by hand. */
function byHand(t: TestContext, { time }: World): (ms: number) => void {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return (ms) => {
    time.nowMs += ms;
    t.mock.timers.tick(ms);
  };
}

describe('a peer that is to be dialled', () => {
  it('is dialled after the pause, once; without an address it has to be found', (t) => {
    const here = world();
    const tick = byHand(t, here);
    here.dialer.dial(here.add(false), 100);
    tick(99);
    assert.equal(here.dialer.undemanded(), 1);
    assert.deepEqual(here.moves, []);
    tick(1);
    tick(10_000);
    assert.deepEqual(here.moves, ['discovering']);
    assert.equal(here.dialer.undemanded(), 0);
  });

  it('is dialled at the sooner of two times', (t) => {
    for (const [first, second] of [
      [100, 50],
      [50, 100],
    ] as const) {
      const here = world();
      t.mock.timers.reset();
      const tick = byHand(t, here);
      const peer = here.add(true);
      here.dialer.dial(peer, first);
      here.dialer.dial(peer, second);
      tick(49);
      assert.deepEqual(here.moves, []);
      tick(1);
      assert.deepEqual(here.moves, ['discovering']);
      here.table.move(peer, 'disconnected');
      tick(100);
      assert.deepEqual(here.moves, ['discovering', 'disconnected'], 'and not at the later one');
    }
  });

  it('is not dialled when that was called off, or when it came in itself meanwhile', (t) => {
    const here = world();
    const tick = byHand(t, here);
    const peer = here.add(false);
    here.dialer.dial(peer, 10);
    assert.equal(here.dialer.undemanded(), 1);
    here.dialer.obey(peer, { what: 'cancel' });
    assert.equal(here.dialer.undemanded(), 0);
    tick(10);
    assert.deepEqual(here.moves, []);
    here.dialer.dial(peer, 10);
    here.table.move(peer, 'authenticating');
    here.table.move(peer, 'connected');
    tick(10);
    assert.deepEqual(here.moves, ['authenticating', 'connected']);
    assert.equal(here.dialer.undemanded(), 0, 'and nothing is under way');
    here.dialer.dial(peer, 10);
    here.dialer.stop();
    assert.equal(here.dialer.undemanded(), 0);
  });

  it('is tried again after an attempt that failed only if somebody asked for it', (t) => {
    const here = world({ dialFirstMs: 100 });
    const tick = byHand(t, here);
    const found = here.add(false);
    here.table.move(found, 'connecting');
    here.dialer.obey(found, { what: 'failed', fault: linkFault('lost') });
    assert.deepEqual([found.state, found.lastFault?.code], ['disconnected', 'lost']);
    tick(100_000);
    assert.equal(found.state, 'disconnected');
    const wanted = here.add(true);
    here.table.move(wanted, 'connecting');
    here.dialer.obey(wanted, { what: 'failed', fault: linkFault('lost') });
    assert.equal(wanted.state, 'reconnecting');
    tick(99);
    assert.equal(wanted.state, 'reconnecting');
    tick(1);
    assert.equal(wanted.state, 'discovering', 'its turn, though it has no address');
    here.dialer.obey(wanted, { what: 'failed', fault: linkFault('lost') });
    assert.equal(wanted.state, 'discovering', 'nothing was tried');
  });

  it('keeps the state of a link that came up while the attempt failed', (t) => {
    const here = world();
    const tick = byHand(t, here);
    const peer = here.add(true);
    here.table.move(peer, 'authenticating');
    here.table.move(peer, 'connected');
    here.dialer.obey(peer, { what: 'failed', fault: linkFault('lost') });
    tick(100_000);
    assert.equal(peer.state, 'connected');
  });
});

describe('an attempt', () => {
  it('that nobody answers goes on at the next address; pauses grow with each round', async () => {
    const here = world({ dialFirstMs: 1, dialLastMs: 4 });
    const peer = here.add(true);
    const closed = await Promise.all([closedPort(), closedPort()]);
    peer.configured = closed.map((port) => ({ host: '127.0.0.1', port }));
    const pauses: number[] = [];
    const { dialer, failures } = here;
    const dial = dialer.dial.bind(dialer);
    dialer.dial = (one, delayMs) => {
      pauses.push(delayMs);
      dial(one, delayMs);
    };
    dialer.dial(peer, 0);
    await until(() => failures.length >= 6, 'six attempts');
    dialer.obey(peer, { what: 'forgiven' });
    const before = pauses.length;
    await until(() => pauses.length >= before + 3, 'three more');
    dialer.stop();
    const [a, b] = closed;
    assert.deepEqual(
      failures.slice(0, 4),
      [a, b, a, b].map((port) => `unreachable ${port}`),
    );
    assert.deepEqual(pauses.slice(0, 7), [0, 1, 1, 2, 2, 4, 4]);
    assert.deepEqual(pauses.slice(before, before + 3), [1, 1, 2]);
  });

  it('that is not answered in time is given up; whoever accepted is left alone', async (t) => {
    const silent = await listening();
    const here = world({ handshakeTimeoutMs: 500, dialFirstMs: 60_000, dialLastMs: 60_000 });
    const tick = byHand(t, here);
    const peer = here.add(true, silent.port);
    here.dialer.dial(peer, 0);
    tick(0);
    assert.equal(peer.state, 'connecting');
    tick(499);
    assert.deepEqual(here.failures, []);
    here.dialer.dial(peer, 0);
    tick(1);
    assert.deepEqual(here.failures, [`handshake_timeout ${silent.port}`]);
    assert.equal(peer.state, 'reconnecting');
    here.dialer.obey(peer, { what: 'cancel' });
    here.dialer.dial(peer, 0);
    tick(0);
    here.dialer.obey(peer, { what: 'accepted' });
    tick(1_000);
    assert.equal(here.failures.length, 1);
    // Nothing came of it after all: and nobody wants it any more.
    peer.demanded = false;
    silent.drop();
    await new Promise((resolve) => silent.server.close(resolve));
  });
});

async function listening(): Promise<{ server: Server; port: number; drop: () => void }> {
  const server = createServer();
  const sockets: Socket[] = [];
  let isDropping = false;
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    if (isDropping) socket.destroy();
    else sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const drop = (): void => {
    isDropping = true;
    for (const socket of sockets) socket.destroy();
  };
  return { server, port: address.port, drop };
}

/** A port at which nobody listens any more. */
async function closedPort(): Promise<number> {
  const { server, port } = await listening();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
