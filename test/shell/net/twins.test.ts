/** Two nodes with one key: named for certain, and never where there is only one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { identityFromSeed } from '../../../agent/shell/net/identity.ts';
import { Twins } from '../../../agent/shell/net/twins.ts';
import { until } from '../../support/wait.ts';
import { closed, faults, identityOf, memberOf, rawClient, stoppingAtTheEnd } from './harness.ts';

const SEED = (n: number) => new Uint8Array(32).fill(n);
const [alice, bob] = [identityOf(1), identityOf(2)];
const MEMBERS = [memberOf(alice, 'alice'), memberOf(bob, 'bob')];
const at = (host: string) => ({ host, port: 7 });

describe('of the key of another node', () => {
  const key = bob.publicKey;

  it('two that live at once are found when the first comes back after the second', () => {
    const twins = new Twins(alice);
    assert.equal(twins.saw(key, '01A', at('a')), undefined);
    assert.equal(twins.saw(key, '01B', at('b')), undefined);
    const found = twins.saw(key, '01A', at('a'));
    assert.deepEqual(found, { key, isSelf: false, addresses: [at('b'), at('a')] });
    assert.equal(twins.saw(key, '01B', at('b')), undefined, 'and told once');
    assert.deepEqual(twins.all(), [found]);
    assert.deepEqual(twins.of(key), found);
    assert.equal(twins.of(alice.publicKey), undefined);
  });

  it('with a third in between as well', () => {
    const twins = new Twins(alice);
    for (const instance of ['01A', '01B', '01C']) twins.saw(key, instance, at('a'));
    assert.ok(twins.saw(key, '01A', at('a')) !== undefined);
  });

  it('so many are remembered, the latest', () => {
    const seen = (others: number) => {
      const twins = new Twins(alice);
      for (let n = 0; n <= others; n++) twins.saw(key, `0${n}`, at('a'));
      return twins.saw(key, '00', at('a')) !== undefined;
    };
    assert.deepEqual([1, 2, 3, 4].map(seen), [true, true, true, false]);
  });

  it('one alone is never two, however often it starts anew, moves or is dialled', () => {
    const life = fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 }));
    fc.assert(
      fc.property(life, (starts) => {
        const twins = new Twins(alice);
        for (const [n, places] of starts.entries()) {
          for (const host of places) assert.equal(twins.saw(key, `01${n}`, at(host)), undefined);
        }
      }),
    );
  });

  it('another key has nothing to do with it', () => {
    const twins = new Twins(undefined);
    for (const [owner, instance] of [
      [alice, '01A'],
      [bob, '01B'],
      [alice, '01A'],
    ] as const) {
      assert.equal(twins.saw(owner.publicKey, instance, at('a')), undefined);
    }
  });
});

describe('between nodes', () => {
  const start = stoppingAtTheEnd();

  it('a member that calls in turn as two processes is named with both addresses, and told', async () => {
    let nowMs = 0;
    const limits = { handshakeTimeoutMs: 60_000 };
    const node = await start(alice, { members: MEMBERS, limits, nowMs: () => nowMs });
    const twin = identityFromSeed(SEED(2));
    for (const [n, identity] of [bob, twin, bob].entries()) {
      nowMs += 3 * limits.handshakeTimeoutMs;
      const before = node.up()[0];
      const caller = await rawClient(node.at(), { identity });
      caller.resume();
      await until(() => node.up().length === 1 && node.up()[0] !== before, 'its link');
      assert.equal(node.links.twins().length, n === 2 ? 1 : 0);
    }
    const [found] = node.links.twins();
    assert.deepEqual(found?.key, bob.publicKey);
    assert.equal(found?.addresses.length, 2);
    assert.equal(node.reports.filter(({ what }) => what === 'twin').length, 1);
    assert.deepEqual(faults(node, 'down'), ['duplicate', 'twin']);
    const peer = node.links.peers().find(({ name }) => name === 'bob');
    assert.equal(peer?.lastFault?.code, 'twin', 'and shown with the peer');
  });

  it('a node that hears its own key from another process knows it, whoever dialled', async () => {
    const copy = await start(identityFromSeed(SEED(1)));
    const node = await start(alice);
    const caller = await rawClient(node.at(), { identity: identityFromSeed(SEED(1)) });
    await closed(caller.resume());
    assert.deepEqual(faults(node, 'refused'), ['twin']);
    assert.ok(node.links.twins()[0]?.isSelf);
    const other = await start(alice);
    other.links.want([copy.at()]);
    await until(() => other.links.twins().length === 1, 'the discovery');
    assert.deepEqual(other.links.twins()[0]?.addresses, [copy.at()]);
    await until(() => copy.links.twins().length === 1, 'that of the other one');
  });

  it('a node that dials itself is no twin', async () => {
    const node = await start(alice);
    node.links.want([node.at()]);
    await until(() => faults(node, 'refused').includes('own_key'), 'a refusal');
    assert.deepEqual(node.links.twins(), []);
  });
});
