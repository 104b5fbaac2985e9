/** Who is wanted, and who is dialled for it and when, by hand: no socket, no timer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Identity } from '../../../agent/shell/net/identity.ts';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { type Peer, PeerTable } from '../../../agent/shell/net/peers.ts';
import { Wants } from '../../../agent/shell/net/wants.ts';
import { identityOf, memberOf } from './harness.ts';

const [small, self, large] = [1, 2, 3]
  .map(identityOf)
  .sort((a, b) => Buffer.compare(a.publicKey, b.publicKey)) as [Identity, Identity, Identity];
const [SMALL, SELF, LARGE] = [
  memberOf(small, 'small'),
  memberOf(self, 'self'),
  memberOf(large, 'large'),
];
const FIRST_MS = NET_LIMITS.dialFirstMs;
const at = (port: number, host = 'h') => ({ host, port });

function world({ dialFound = 0, foundLinks = 0, begun = true } = {}) {
  const table = new PeerTable(NET_LIMITS, () => 0);
  const done: string[] = [];
  const state = { undemanded: 0, foundLinks };
  const nameOf = ({ key, name, configured }: Peer): string => {
    const known = [small, self, large].find(({ publicKey }) => publicKey === key);
    if (name !== undefined || known === undefined) return name ?? `:${configured[0]?.port}`;
    return known === small ? 'small?' : 'large?';
  };
  const wants = new Wants({
    limits: NET_LIMITS,
    table,
    dialer: {
      dial: (peer, delayMs) => done.push(`dial ${nameOf(peer)} ${delayMs}`),
      obey: (peer, { what }) => done.push(`${what} ${nameOf(peer)}`),
      undemanded: () => state.undemanded,
    },
    self: self.publicKey,
    dialFound,
    foundLinks: () => state.foundLinks,
  });
  if (begun) wants.begin();
  const told = (act: () => void): readonly string[] => {
    done.length = 0;
    act();
    return [...done];
  };
  const link = (peer: Peer) => {
    table.move(peer, 'connecting');
    table.move(peer, 'authenticating');
    table.move(peer, 'connected');
  };
  const peerOf = ({ publicKey }: Identity): Peer => {
    const peer = table.byKey(publicKey);
    assert.ok(peer);
    return peer;
  };
  return { wants, table, told, state, link, peerOf, all: () => [...table.all()] };
}

describe('members', () => {
  it('are all wanted by their keys, but for this node itself', () => {
    const { wants, told, all } = world();
    assert.deepEqual(
      told(() => wants.setMembers([SMALL, LARGE])),
      ['dial small 0', 'dial large 0'],
    );
    assert.deepEqual(
      all().map(({ pinned, isMember, demanded }) => [pinned, isMember, demanded]),
      [
        [true, true, true],
        [true, true, true],
      ],
    );
  });

  it('leave the first attempt to the smaller key, if both are members', () => {
    const { wants, told, all } = world();
    assert.deepEqual(
      told(() => wants.setMembers([SMALL, SELF, LARGE])),
      [`dial small ${2 * FIRST_MS}`, 'dial large 0'],
    );
    assert.equal(all().length, 2);
    const key = small.publicKey;
    const other = world();
    other.wants.setMembers([SELF]);
    assert.deepEqual(
      other.told(() => other.wants.want([{ ...at(1), key }])),
      ['dial small? 0'],
      'a node that is no member is not waited for',
    );
  });

  it('are dialled from the beginning on, and not after the end', () => {
    const { wants, told } = world({ begun: false });
    assert.deepEqual(
      told(() => wants.setMembers([SMALL])),
      [],
    );
    assert.deepEqual(
      told(() => wants.begin()),
      ['dial small 0'],
    );
    wants.stop();
    assert.deepEqual(
      told(() => wants.want([at(1)])),
      [],
    );
    assert.deepEqual(
      told(() => wants.found({ key: small.publicKey, address: at(1) })),
      [],
    );
  });

  it('are forgotten when they are none any more and nobody else asked for them', () => {
    const { wants, told, all, peerOf, link } = world();
    wants.want([{ ...at(7), key: small.publicKey }]);
    wants.setMembers([SMALL, LARGE]);
    assert.deepEqual(peerOf(small).configured, [at(7)]);
    assert.deepEqual(
      told(() => wants.setMembers([])),
      ['cancel large?', 'dial small? 0'],
    );
    assert.deepEqual(
      all().map(({ isMember, demanded, name }) => [isMember, demanded, name]),
      [[false, true, undefined]],
    );
    wants.setMembers([LARGE]);
    link(peerOf(large));
    assert.deepEqual(
      told(() => wants.setMembers([])),
      ['cancel large?', 'dial small? 0'],
    );
    const { isMember, demanded } = peerOf(large);
    assert.deepEqual([isMember, demanded], [false, false], 'known as long as it is linked');
  });

  it('may be nodes that were known before', () => {
    const { wants, all, peerOf } = world();
    wants.found({ key: large.publicKey, address: at(1) });
    wants.setMembers([LARGE]);
    const { isMember, demanded, name } = peerOf(large);
    assert.deepEqual([all().length, isMember, demanded, name], [1, true, true, 'large']);
  });
});

describe('what the operator wants', () => {
  it('is one peer by address, and one by key with all its addresses', () => {
    const { wants, told, all } = world();
    const key = large.publicKey;
    const wanted = [at(1), at(1), at(2), at(1, 'other'), { ...at(3), key }, { ...at(4), key }];
    assert.deepEqual(
      told(() => wants.want(wanted)),
      ['dial :1 0', 'dial :2 0', 'dial :1 0', 'dial large? 0'],
    );
    assert.deepEqual(
      all().map((peer) => [peer.pinned, peer.demanded, peer.isMember, peer.configured.length]),
      [
        [false, true, false, 1],
        [false, true, false, 1],
        [false, true, false, 1],
        [true, true, false, 2],
      ],
    );
    wants.want(wanted);
    assert.equal(all().length, 4, 'as before');
  });

  it('is never this node itself', () => {
    const { wants, all } = world();
    wants.want([{ ...at(1), key: self.publicKey }]);
    wants.found({ key: self.publicKey, address: at(1) });
    assert.deepEqual(all(), []);
  });

  it('is let go of when it is not wanted any more: at once, or when its link ends', () => {
    const { wants, told, all, link } = world();
    wants.want([at(1), at(2)]);
    const [one, two] = all();
    assert.ok(one !== undefined && two !== undefined);
    link(two);
    assert.deepEqual(
      told(() => wants.want([])),
      ['cancel :undefined', 'cancel :undefined'],
    );
    assert.deepEqual([all(), two.demanded, two.configured], [[two], false, []]);
  });

  it('is not dialled while it is linked, nor is a member', () => {
    const { wants, told, all, link, peerOf } = world();
    wants.setMembers([SMALL]);
    wants.want([at(1)]);
    for (const peer of all()) link(peer);
    assert.deepEqual(
      told(() => wants.want([at(1)])),
      [],
    );
    assert.ok(peerOf(small).demanded, 'a member is wanted whatever the operator wants');
  });
});

describe('what was found', () => {
  it('is dialled as far as there is use for it', () => {
    const { wants, told, state } = world({ dialFound: 3, foundLinks: 1 });
    const found = () => told(() => wants.found({ key: large.publicKey, address: at(1) }));
    state.undemanded = 1;
    assert.deepEqual(found(), ['dial large? 0']);
    state.undemanded = 2;
    assert.deepEqual(found(), []);
  });

  it('is a reason to dial a member now; the same again, only not to wait for long', () => {
    const { wants, told, link, peerOf } = world();
    wants.setMembers([SMALL, SELF]);
    const found = (port: number) =>
      told(() => wants.found({ key: small.publicKey, address: at(port) }));
    assert.deepEqual(found(1), ['forgiven small', `dial small ${2 * FIRST_MS}`]);
    assert.deepEqual(found(1), [`dial small ${FIRST_MS}`]);
    assert.deepEqual(found(2), ['forgiven small', `dial small ${2 * FIRST_MS}`]);
    link(peerOf(small));
    assert.deepEqual(found(3), [], 'a linked one is not dialled');
    assert.deepEqual(peerOf(small).heard[0], at(3), 'but its address is noted');
  });
});
