/** The states of a peer, the bound of the table, and the pauses between attempts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pauseMs } from '../../../agent/shell/net/dialer.ts';
import { linkFault } from '../../../agent/shell/net/fault.ts';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { mayMove } from '../../../agent/shell/net/peer-state.ts';
import { addressesOf, type NewPeer, type Peer, PeerTable } from '../../../agent/shell/net/peers.ts';

function keyOf(n: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => (n >> (8 * (i % 4))) & 0xff);
}

function stranger(n: number): NewPeer {
  return { key: keyOf(n), pinned: true, isMember: false, demanded: false };
}

function added(peer: Peer | undefined): Peer {
  assert.ok(peer);
  return peer;
}

describe('the states of a peer', () => {
  it('follow the one table: ready only after a link, a link only after authentication', () => {
    assert.equal(mayMove('syncing', 'ready'), true);
    assert.equal(mayMove('ready', 'syncing'), true);
    for (const from of ['disconnected', 'discovering', 'connecting', 'reconnecting'] as const) {
      for (const to of ['ready', 'syncing', 'connected'] as const) {
        assert.equal(mayMove(from, to), false, `${from} to ${to}`);
      }
    }
    assert.equal(mayMove('connecting', 'connected'), false);
  });

  it('cannot be changed in another way', () => {
    const table = new PeerTable(NET_LIMITS, () => 7);
    const peer = added(table.add(stranger(1)));
    assert.throws(() => table.move(peer, 'ready'), /disconnected to ready/);
    table.move(peer, 'connecting', linkFault('lost'));
    assert.deepEqual([peer.state, peer.sinceMs, peer.lastFault?.code], ['connecting', 7, 'lost']);
  });

  it('are told one by one, however quickly they follow each other', () => {
    const told: string[] = [];
    const table = new PeerTable(
      NET_LIMITS,
      () => 7,
      ({ state, lastFault }, from) => told.push(`${from} ${state} ${lastFault?.code ?? ''}`),
    );
    const peer = added(table.add(stranger(1)));
    table.move(peer, 'authenticating');
    table.move(peer, 'connected');
    table.move(peer, 'connected');
    table.move(peer, 'reconnecting', linkFault('lost'));
    assert.deepEqual(told, [
      'disconnected authenticating ',
      'authenticating connected ',
      'connected reconnecting lost',
    ]);
  });
});

describe('the peer table', () => {
  it('drops the unasked peer heard of longest ago, and never one that was asked for', () => {
    let now = 0;
    const table = new PeerTable({ ...NET_LIMITS, undemandedPeers: 3 }, () => now);
    table.add({ ...stranger(100), demanded: true });
    for (let n = 0; n < 3; n++) {
      now = n;
      table.add(stranger(n));
    }
    now = 10;
    table.addAddress(added(table.byKey(keyOf(0))), { host: 'fe80::1%x', port: 1 });
    table.add(stranger(3));
    assert.equal(table.byKey(keyOf(1)), undefined);
    assert.deepEqual(
      [0, 2, 3, 100].map((n) => table.byKey(keyOf(n)) !== undefined),
      [true, true, true, true],
    );
  });

  it('takes no further unasked peer while all of them are linked', () => {
    const table = new PeerTable({ ...NET_LIMITS, undemandedPeers: 1 }, () => 0);
    const peer = added(table.add(stranger(1)));
    table.move(peer, 'authenticating');
    table.move(peer, 'connected');
    assert.equal(table.add(stranger(2)), undefined);
  });

  it('tries the address heard last first, knows each once, and not too many', () => {
    const table = new PeerTable({ ...NET_LIMITS, addressesPerPeer: 2 }, () => 0);
    const peer = added(table.add(stranger(1)));
    peer.configured = [{ host: 'c', port: 1 }];
    const hear = (host: string) => table.addAddress(peer, { host, port: 1 });
    assert.deepEqual(['a', 'b', 'a', 'c', 'd'].map(hear), [true, true, false, false, true]);
    assert.deepEqual(
      addressesOf(peer).map(({ host }) => host),
      ['d', 'a', 'c'],
    );
  });
});

describe('the pause between attempts', () => {
  it('grows to its bound, and chance takes away at most half of it', () => {
    const chance = fc.double({ min: 0, max: 0.999_999, noNaN: true });
    fc.assert(
      fc.property(fc.nat(2_000), chance, (attempt, random) => {
        const full = pauseMs(NET_LIMITS, attempt, 0);
        const paused = pauseMs(NET_LIMITS, attempt, random);
        assert.ok(full <= NET_LIMITS.dialLastMs && full >= NET_LIMITS.dialFirstMs);
        assert.ok(paused <= full && paused >= Math.floor(full / 2));
        assert.ok(pauseMs(NET_LIMITS, attempt + 1, 0) >= full);
      }),
    );
  });
});

describe('the key of a peer', () => {
  it('leads to the peer that has it now, whoever had it before', () => {
    const table = new PeerTable(NET_LIMITS, () => 0);
    const unpinned: NewPeer = { key: undefined, pinned: false, isMember: false, demanded: true };
    const [first, second] = [added(table.add(unpinned)), added(table.add(unpinned))];
    table.setKey(first, keyOf(1));
    table.setKey(first, keyOf(2));
    assert.equal(table.byKey(keyOf(1)), undefined);
    assert.equal(table.byKey(keyOf(2)), first);
    table.setKey(second, keyOf(2));
    table.remove(first);
    assert.equal(table.byKey(keyOf(2)), second);
    table.remove(second);
    assert.equal(table.byKey(keyOf(2)), undefined);
  });
});

describe('a full table', () => {
  const limits = { ...NET_LIMITS, undemandedPeers: 2 };

  it('gives up the one that was there first of those heard at the same time', () => {
    const table = new PeerTable(limits, () => 0);
    for (const n of [1, 2, 3]) added(table.add(stranger(n)));
    assert.deepEqual(
      [1, 2, 3].map((n) => table.byKey(keyOf(n)) !== undefined),
      [false, true, true],
    );
  });

  it('gives up one that waits for its next attempt, and none that is being tried', () => {
    const table = new PeerTable(limits, () => 0);
    const [first, second] = [1, 2].map((n) => added(table.add(stranger(n))));
    assert.ok(first !== undefined && second !== undefined);
    for (const peer of [first, second]) table.move(peer, 'connecting');
    assert.equal(table.add(stranger(3)), undefined);
    table.move(second, 'reconnecting');
    added(table.add(stranger(3)));
    assert.equal(table.byKey(keyOf(2)), undefined);
    assert.equal(table.byKey(keyOf(1)), first);
  });
});
