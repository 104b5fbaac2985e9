/** The rules of links, driven by hand: no socket, no clock. What the table wants done is text. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../../agent/core/base/bytes.ts';
import type { LinkId } from '../../../agent/core/base/units.ts';
import type { Listen } from '../../../agent/shell/net/acceptor.ts';
import { linkFault } from '../../../agent/shell/net/fault.ts';
import type { Identity } from '../../../agent/shell/net/identity.ts';
import { NET_LIMITS, type NetLimits } from '../../../agent/shell/net/limits.ts';
import { type LinkAct, type LinkEntry, LinkTable } from '../../../agent/shell/net/link-table.ts';
import { isLinked } from '../../../agent/shell/net/peer-state.ts';
import { type Peer, PeerTable } from '../../../agent/shell/net/peers.ts';
import { Terms } from '../../../agent/shell/net/terms.ts';
import { Twins } from '../../../agent/shell/net/twins.ts';
import { identityOf, memberOf } from './harness.ts';

/** By their keys: of a double dial, the stream that the smaller one dialled stays. */
const [ahead, self, alice, bob, carol] = [1, 2, 3, 4, 5]
  .map(identityOf)
  .sort((a, b) => Buffer.compare(a.publicKey, b.publicKey)) as [
  Identity,
  Identity,
  Identity,
  Identity,
  Identity,
];
const NAMES = new Map(
  Object.entries({ ahead, self, alice, bob, carol }).map(([name, { publicKey }]) => [
    toHex(publicKey),
    name,
  ]),
);
const member = (who: Identity) => memberOf(who, nameOf(who.publicKey));

function nameOf(key: Uint8Array | undefined): string {
  return key === undefined ? 'nobody' : (NAMES.get(toHex(key)) ?? '?');
}

function textOf(one: LinkAct): string {
  switch (one.act) {
    case 'tell': {
      const { event, place } = one;
      const whose = NAMES.get(place.source) ?? place.source;
      if (event.kind !== 'link_up') return `${event.kind} ${event.link}`;
      const wanted = event.wanted ? 'wanted ' : '';
      return `link_up ${event.link} ${nameOf(event.peerKey)} ${wanted}${place.standing} ${whose}`;
    }
    case 'report': {
      const { what, key, fault } = one.report;
      return `log ${what} ${nameOf(key)}${fault === undefined ? '' : ` ${fault.code}`}`;
    }
    case 'end':
      return `end ${one.link} ${one.fault.code}`;
    case 'rebind':
      return `rebind ${one.link.id} ${one.link.kind}`;
    case 'dial':
      return `dial ${nameOf(one.peer.key)} ${one.order.what}`;
  }
}

/** A table of `self`, its members, and what they do. */
function world(members: readonly Identity[] = [], limits: Partial<NetLimits> = {}) {
  const time = { nowMs: 1_000 };
  const nowMs = () => time.nowMs;
  const all = { ...NET_LIMITS, ...limits };
  const terms = new Terms(all, self.publicKey, members.map(member), nowMs);
  const peers = new PeerTable(all, nowMs);
  const ids: number[] = [];
  let last = 0;
  const table = new LinkTable({
    limits: all,
    terms,
    peers,
    twins: new Twins(self),
    instance: self.instance,
    sourceOf: (host) => host,
    nowMs,
    drawId: () => BigInt(ids.shift() ?? ++last) as LinkId,
  });
  const told = (entry: Pick<LinkEntry, 'acts'> | readonly LinkAct[]) =>
    ('acts' in entry ? entry.acts : entry).map(textOf);
  const at = (who: Identity | undefined, host: string, instance = who?.instance) => ({
    key: who?.publicKey,
    address: { host, port: 1 },
    transport: 'tcp' as const,
    instance,
  });
  /** As wants.ts does it. */
  const setMembers = (now: readonly Identity[]) => {
    terms.setMembers(now.map(member));
    for (const peer of peers.all()) {
      const is = now.some(({ publicKey }) => nameOf(publicKey) === nameOf(peer.key));
      if (peer.isMember !== is) peer.demanded = is;
      peer.isMember = is;
    }
    for (const { publicKey } of now) {
      if (publicKey !== self.publicKey && peers.byKey(publicKey) === undefined)
        peers.add({ key: publicKey, pinned: true, isMember: true, demanded: true });
    }
  };
  setMembers(members);
  return {
    time,
    ids,
    peers,
    table,
    told,
    at,
    setMembers,
    call: (who: Identity | undefined, host = 'h', admits: Listen['admits'] = 'anyone') =>
      table.called(at(who, host), admits),
    /** Somebody wants this node; known by its key or its address only. */
    wants(who: Identity | undefined, host = 'h'): Peer {
      const key = who?.publicKey;
      const peer = peers.add({ key, pinned: key !== undefined, isMember: false, demanded: true });
      assert.ok(peer);
      peer.configured = [{ host, port: 1 }];
      return peer;
    },
    peer(who: Identity): Peer {
      const peer = peers.byKey(who.publicKey);
      assert.ok(peer);
      return peer;
    },
    /** As far as dialling is concerned, it comes through at once. */
    dials(asked: Peer, who: Identity, host = 'h') {
      const proven = { ...at(who, host), key: who.publicKey };
      if (!isLinked(asked.state)) peers.move(asked, 'connecting');
      const first = table.answered(asked, proven);
      if (first.fault !== undefined) return { fault: first.fault, text: told(first) };
      const entry = table.opened(asked, proven);
      const fault = 'fault' in entry ? entry.fault : undefined;
      return { fault, text: [...told(first), ...told(entry)] };
    },
  };
}

describe('a caller', () => {
  it('becomes a link, and is down when its stream ends, once', () => {
    const { table, call, told } = world();
    assert.deepEqual(told(call(undefined, 'a')), ['log up nobody', 'link_up 1 nobody anonymous a']);
    assert.deepEqual(table.counts(), { member: 0, node: 0, anonymous: 1 });
    const end = () => told(table.down(1n as LinkId, linkFault('lost')));
    assert.deepEqual(end(), ['log down nobody lost', 'link_down 1']);
    assert.deepEqual([end(), [...table.all()]], [[], []]);
  });

  it('is known as a peer by its key, and nobody dials it for that', () => {
    const { call, told, peer, table } = world();
    assert.deepEqual(told(call(carol, 'a')), ['log up carol', 'link_up 1 carol node a']);
    const { state, pinned, isMember, demanded } = peer(carol);
    assert.deepEqual([state, pinned, isMember, demanded], ['connected', true, false, false]);
    assert.equal(table.ofKey(carol.publicKey)?.id, 1n);
    assert.deepEqual(told(table.down(1n as LinkId, linkFault('lost'))), [
      'log down carol lost',
      'link_down 1',
    ]);
    assert.equal(peer(carol).state, 'disconnected');
    assert.equal(table.ofKey(carol.publicKey), undefined);
  });

  it('that is a member is compared with by a member, and dialled again at its end', () => {
    const { call, told, peer, table } = world([self, alice]);
    assert.deepEqual(told(call(alice)).at(-1), 'link_up 1 alice wanted trusted alice');
    assert.equal(peer(alice).state, 'syncing');
    assert.deepEqual(told(table.down(1n as LinkId, linkFault('lost'))).slice(2), [
      'dial alice again',
    ]);
    assert.equal(peer(alice).state, 'reconnecting');
    const relay = world([alice]);
    relay.call(alice);
    assert.equal(relay.peer(alice).state, 'connected', 'a relay has nothing to compare');
  });

  it('is turned away where it may not come in, and counted', () => {
    const { call, told, table } = world([alice]);
    const fault = (entry: LinkEntry) => ('fault' in entry ? entry.fault.code : 'none');
    assert.equal(fault(call(undefined, 'a', 'nodes')), 'no_key');
    assert.equal(fault(call(bob, 'a', 'members')), 'not_a_member');
    assert.equal(fault(call(alice, 'a', 'members')), 'none');
    const own = call(self);
    assert.deepEqual([fault(own), told(own)], ['own_key', ['log refused self own_key']]);
    assert.deepEqual(
      [...table.refused()],
      [
        ['no_key', 1],
        ['not_a_member', 1],
        ['own_key', 1],
      ],
    );
    const elsewhere = table.called({ ...world().at(self, 'b', 'another') }, 'anyone');
    assert.deepEqual(told(elsewhere), ['log twin self twin', 'log refused self twin']);
  });

  it('takes the place of a link to the same node, which is down first', () => {
    const { call, told, time } = world();
    call(carol, 'a');
    time.nowMs += 1;
    assert.deepEqual(told(call(carol, 'b')), [
      'log down carol duplicate',
      'link_down 1',
      'end 1 duplicate',
      'log up carol',
      'link_up 2 carol node b',
    ]);
  });

  it('that would win against a stream of this node’s own ends the attempt at one', () => {
    const { call, told, time } = world();
    assert.equal(told(call(ahead))[0], 'dial ahead cancel');
    assert.equal(told(call(carol))[0], 'log up carol', 'this node’s own would win');
    time.nowMs += 1;
    assert.equal(told(call(ahead)).at(-3), 'dial ahead cancel');
  });

  it('is nobody’s concern once the node stops', () => {
    const { call, told, table } = world([alice]);
    call(alice);
    table.stop();
    assert.deepEqual(told(call(bob)), ['log refused bob stopping']);
    assert.deepEqual(told(table.down(1n as LinkId, linkFault('stopping'))).slice(2), []);
  });

  it('costs the link that has least claim to it its place', () => {
    const { call, told } = world([], { anonymousPerSource: 1 });
    call(undefined, 'a');
    assert.deepEqual(told(call(undefined, 'a')), [
      'log down nobody evicted',
      'link_down 1',
      'end 1 evicted',
      'log up nobody',
      'link_up 2 nobody anonymous a',
    ]);
  });

  it('has an id that no other link has', () => {
    const { call, ids } = world();
    ids.push(7, 7, 8);
    const found = [call(undefined), call(undefined)].map((entry) =>
      'link' in entry ? entry.link.id : undefined,
    );
    assert.deepEqual(found, [7n, 8n]);
  });
});

describe('a peer that is dialled', () => {
  it('is linked when it accepts', () => {
    const { wants, dials, table } = world();
    assert.deepEqual(dials(wants(carol), carol).text, [
      'dial carol accepted',
      'dial carol cancel',
      'log up carol',
      'link_up 1 carol wanted trusted carol',
    ]);
    assert.equal(table.foundLinks(), 0);
  });

  it('is one that was found, if nobody asked for it', () => {
    const { wants, dials, table } = world();
    const peer = wants(carol);
    peer.demanded = false;
    assert.equal(dials(peer, carol).text.at(-1), 'link_up 1 carol node h');
    assert.equal(table.foundLinks(), 1);
  });

  it('by its address alone is known by the key that it proved', () => {
    const { wants, dials, peers } = world();
    const peer = wants(undefined);
    assert.equal(dials(peer, carol).text.at(-1), 'link_up 1 carol wanted trusted carol');
    assert.equal(peers.byKey(carol.publicKey), peer);
  });

  it('by another name of a linked node rests until that link is gone, and makes it wanted', () => {
    const { wants, dials, call, told, table, peers } = world();
    call(carol);
    const alias = wants(undefined, 'elsewhere');
    const { fault, text } = dials(alias, carol, 'elsewhere');
    assert.equal(fault?.code, 'duplicate');
    assert.deepEqual(text, ['dial nobody accepted', 'link_up 1 carol wanted trusted carol']);
    assert.equal(alias.state, 'disconnected');
    assert.deepEqual(told(table.down(1n as LinkId, linkFault('lost'))), [
      'log down carol lost',
      'link_down 1',
      'dial nobody again',
    ]);
    alias.demanded = false;
    peers.move(alias, 'connecting');
    call(carol);
    assert.deepEqual(told(table.wantsChanged()), []);
  });

  it('that turns out to be a peer known by its key is that peer', () => {
    const { wants, dials, peer } = world([alice]);
    const alias = wants(undefined);
    const { text } = dials(alias, alice);
    assert.equal(text.at(-1), 'link_up 1 alice wanted trusted alice');
    assert.deepEqual([peer(alice).state, alias.state], ['connected', 'disconnected']);
  });

  it('and came in itself meanwhile keeps the stream that the smaller key dialled', () => {
    const { wants, dials, call, told, table, time } = world();
    const peer = wants(carol);
    call(carol);
    assert.deepEqual(dials(peer, carol).text, [
      'dial carol accepted',
      'log down carol duplicate',
      'link_down 1',
      'dial carol again',
      'end 1 duplicate',
      'dial carol cancel',
      'log up carol',
      'link_up 2 carol wanted trusted carol',
    ]);
    const late = call(carol);
    assert.ok('fault' in late && late.fault.code === 'duplicate');
    assert.deepEqual([told(late), table.refused().size], [[], 0], 'that is worth no line');
    time.nowMs += 2 * NET_LIMITS.handshakeTimeoutMs + 1;
    assert.ok('link' in call(carol), 'much later the old one is dead');
  });

  it('gives way when it accepts after a stream that goes on, and makes that wanted', () => {
    const { wants, call, at, told, table, peers } = world();
    const alias = wants(undefined, 'elsewhere');
    const proven = { ...at(ahead, 'elsewhere'), key: ahead.publicKey };
    peers.move(alias, 'connecting');
    assert.equal(table.answered(alias, proven).fault, undefined);
    call(ahead);
    const entry = table.opened(alias, proven);
    assert.ok('fault' in entry && entry.fault.code === 'duplicate');
    assert.deepEqual(told(entry), ['dial nobody accepted', 'link_up 1 ahead wanted trusted ahead']);
    assert.deepEqual([alias.state, [...table.all()].length], ['disconnected', 1]);
    assert.equal(told(table.down(1n as LinkId, linkFault('lost'))).at(-1), 'dial nobody again');
  });

  it('and is not accepted is tried again; one with the key of this node is not linked', () => {
    const { wants, dials, table, told, at } = world();
    const peer = wants(carol);
    assert.deepEqual(told(table.failed(peer, at(carol, 'h'), linkFault('lost'))), [
      'log dial_failed carol lost',
      'dial carol failed',
    ]);
    const mirror = wants(undefined);
    assert.deepEqual(dials(mirror, self).fault?.code, 'own_key');
  });

  it('begins with the shortest pause only after a link that held', () => {
    const { wants, dials, told, table, time } = world();
    const peer = wants(carol);
    dials(peer, carol);
    time.nowMs += NET_LIMITS.silenceMs - 1;
    const end = (id: bigint) => told(table.down(id as LinkId, linkFault('lost'))).slice(2);
    assert.deepEqual(end(1n), ['dial carol again']);
    dials(peer, carol);
    time.nowMs += NET_LIMITS.silenceMs;
    assert.deepEqual(end(2n), ['dial carol forgiven', 'dial carol again']);
  });
});

describe('a frame', () => {
  it('has the place of its link, which was not silent then', () => {
    const { call, table, time } = world();
    call(undefined, 'a');
    time.nowMs = 5_000;
    assert.deepEqual(table.heard(1n as LinkId), { standing: 'anonymous', source: 'a' });
    assert.equal(table.get(1n as LinkId)?.lastFrameMs, 5_000);
    assert.equal(table.heard(2n as LinkId), undefined);
  });
});

describe('a committee that changes', () => {
  it('takes from a member that was removed what a member has', () => {
    const { call, setMembers, table, told, peer } = world([self, alice, bob]);
    call(alice, 'a');
    call(bob, 'b');
    setMembers([self, bob]);
    assert.deepEqual(told(table.membersChanged()), ['rebind 1 node', 'link_up 1 alice node a']);
    assert.deepEqual([peer(alice).state, peer(bob).state], ['connected', 'syncing']);
    assert.deepEqual(table.counts(), { member: 1, node: 1, anonymous: 0 });
    assert.deepEqual(told(table.down(1n as LinkId, linkFault('lost'))), [
      'log down alice lost',
      'link_down 1',
    ]);
  });

  it('leaves one that the operator wants its standing, but not its rates', () => {
    const { call, setMembers, table, told, peer } = world([self, alice]);
    call(alice);
    setMembers([self]);
    peer(alice).demanded = true;
    assert.deepEqual(told(table.membersChanged()), ['rebind 1 node']);
  });

  it('gives a link of a new member what a member has', () => {
    const { call, setMembers, table, told, peer } = world([self]);
    call(alice, 'a');
    call(undefined, 'b');
    setMembers([self, alice]);
    assert.deepEqual(told(table.membersChanged()), [
      'rebind 1 member',
      'link_up 1 alice wanted trusted alice',
    ]);
    assert.equal(peer(alice).state, 'syncing');
    assert.deepEqual(told(table.membersChanged()), [], 'told once');
  });

  it('gives a peer to a link for which there was no room in the table', () => {
    const { call, setMembers, table, told, peer, peers } = world([self], { undemandedPeers: 0 });
    call(alice, 'a');
    assert.equal(peers.byKey(alice.publicKey), undefined);
    setMembers([self, alice]);
    assert.deepEqual(told(table.membersChanged()), [
      'rebind 1 member',
      'link_up 1 alice wanted trusted alice',
    ]);
    assert.equal(peer(alice).state, 'syncing');
    assert.deepEqual(told(table.down(1n as LinkId, linkFault('lost'))).at(-1), 'dial alice again');
  });

  it('has a node compare with all members once it is one, and with none when it is no more', () => {
    const { call, setMembers, table, peer, peers } = world([alice, bob]);
    call(alice);
    call(bob);
    setMembers([self, alice, bob]);
    table.membersChanged();
    assert.deepEqual([peer(alice).state, peer(bob).state], ['syncing', 'syncing']);
    peers.move(peer(bob), 'ready');
    table.membersChanged();
    assert.equal(peer(bob).state, 'ready', 'what was compared stays so');
    setMembers([alice, bob]);
    table.membersChanged();
    assert.deepEqual([peer(alice).state, peer(bob).state], ['connected', 'connected']);
  });

  it('ends what came in where only members may come', () => {
    const { call, setMembers, table, told } = world([self, alice, bob]);
    call(alice, 'a', 'members');
    call(bob, 'b', 'members');
    setMembers([self, alice]);
    assert.deepEqual(told(table.membersChanged()), [
      'log down bob not_a_member',
      'link_down 2',
      'end 2 not_a_member',
    ]);
  });

  it('has former members find a place among nodes, or lose theirs', () => {
    const full = { nodeLinks: 1, evictableAfterMs: 1_000 };
    const { call, setMembers, table, told, time } = world([self, alice], full);
    call(alice, 'a');
    call(carol, 'c');
    setMembers([self]);
    assert.deepEqual(told(table.membersChanged()), [
      'log down alice too_many_links',
      'link_down 1',
      'end 1 too_many_links',
    ]);
    const other = world([self, alice], full);
    other.call(alice, 'a');
    other.call(carol, 'c');
    other.time.nowMs = time.nowMs + 1_000;
    other.setMembers([self]);
    assert.deepEqual(other.told(other.table.membersChanged()), [
      'log down carol evicted',
      'link_down 2',
      'end 2 evicted',
      'rebind 1 node',
      'link_up 1 alice node a',
    ]);
  });

  it('is known at the addresses of its members alone', () => {
    const { call, setMembers, table, peer } = world([self, alice]);
    assert.ok(!table.isMemberSource('a'));
    call(alice, 'a');
    call(carol, 'c');
    assert.ok(table.isMemberSource('a'));
    assert.ok(!table.isMemberSource('c'));
    peer(alice).heard = [{ host: 'b', port: 1 }];
    table.down(1n as LinkId, linkFault('lost'));
    assert.deepEqual([table.isMemberSource('a'), table.isMemberSource('b')], [false, true]);
    setMembers([self]);
    assert.ok(!table.isMemberSource('b'));
  });
});
