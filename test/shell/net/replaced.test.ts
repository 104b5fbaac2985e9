/** Links that die unsaid: their node comes anew, while this one still holds the old link to it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../support/wait.ts';
import { closed, identityOf, memberOf, onlyLink, rawClient, stoppingAtTheEnd } from './harness.ts';

const [alice, bob] = [identityOf(1), identityOf(2)];
const MEMBERS = [memberOf(alice, 'alice'), memberOf(bob, 'bob')];

const limits = { handshakeTimeoutMs: 1_000 };
/**
 * So long after a link came up that another one cannot be of the same moment, and nobody was
 * silent.
 */
const LATER_MS = 3 * limits.handshakeTimeoutMs;

const start = stoppingAtTheEnd();

describe('a node that comes anew', () => {
  it('has its new link instead, and nothing is taken over of what the old one showed', async () => {
    let nowMs = 0;
    const states: string[] = [];
    const node = await start(alice, {
      members: MEMBERS,
      limits,
      nowMs: () => nowMs,
      onPeer: ({ state }) => states.push(state),
    });
    const stale = await rawClient(node.at(), { identity: bob });
    await until(() => node.up().length === 1, 'the old link');
    const old = onlyLink(node);
    node.links.progress(bob.publicKey, 'ready');
    nowMs = LATER_MS;
    const gone = closed(stale);
    states.length = 0;
    const fresh = await rawClient(node.at(), { identity: bob });
    await until(() => node.up().length === 1 && onlyLink(node) !== old, 'the new link instead');
    const changes = node.events.map(({ kind, link }) => `${kind} ${link === old ? 'old' : 'new'}`);
    assert.deepEqual(changes, ['link_up old', 'link_down old', 'link_up new']);
    assert.deepEqual(states, ['reconnecting', 'authenticating', 'syncing']);
    stale.resume();
    await gone;
    fresh.destroy();
  });

  it('is found again to be the one at an address that the operator wrote down', async () => {
    let nowMs = 0;
    const node = await start(alice, { limits, nowMs: () => nowMs });
    const peer = await start(bob);
    const stale = await rawClient(node.at(), { identity: bob });
    await until(() => node.up().length === 1, 'a link that it opened');
    const old = onlyLink(node);
    node.links.want([peer.at()]);
    await until(() => node.wanted(old) === true, 'the discovery whose address that is');
    nowMs = LATER_MS;
    const fresh = await rawClient(node.at(), { identity: bob });
    await until(() => onlyLink(node) !== old, 'the new link instead');
    await until(() => node.wanted(onlyLink(node)) === true, 'the same discovery');
    stale.destroy();
    fresh.destroy();
  });
});
