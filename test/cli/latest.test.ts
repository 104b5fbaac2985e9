/** When a wallet may sign (agent/cli/wallet/latest.ts), among the core's own authorities. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bell } from '../../agent/cli/wait.ts';
import { type Asker, untilLatest } from '../../agent/cli/wallet/latest.ts';
import type { ByteKey } from '../../agent/core/bytes.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { isDurable } from '../../agent/core/keyspace.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { World } from '../support/world.ts';

/** All that would remind alice of what she forgot, but for the words that she asks for. */
const REMINDERS: ReadonlySet<Message['TAG']> = new Set(['account', 'certificates', 'credits']);

/** Alice behind a relay before all authorities. */
function villageOf(): World {
  const world = new World({ relays: ['relay'] });
  for (const { name } of world.authorities) world.connect('relay', name);
  world.connect('alice', 'relay');
  world.run();
  return world;
}

/** Alice's session: each command is carried out at once, and everything that follows. */
function sessionOf(world: World): Asker {
  const alice = world.place('alice');
  const listeners = new Set<(notice: Notice) => void>();
  return {
    network: world.network,
    account: alice.signer.publicKey,
    read: { get: (key) => alice.state.get(key) },
    bell: new Bell(),
    command(command) {
      const before = alice.notices.length;
      world.event(alice, { kind: 'command', command });
      world.run();
      for (const notice of alice.notices.slice(before)) {
        for (const listener of listeners) listener(notice);
      }
    },
    hear(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Pays so often, and puts alice back to what she had on disk before the last payment. */
function forgetLast(world: World, payments: number): void {
  const alice = world.place('alice');
  let copy = new Map<ByteKey, Uint8Array>();
  for (let i = 0; i < payments; i++) {
    copy = new Map([...alice.state].filter(([key]) => isDurable(key)));
    world.pay('alice', 'bob', 10n);
    world.run();
  }
  assert.equal(world.notices('alice', 'order_certified').length, payments);
  alice.state = copy;
  world.restart('alice');
  world.connect('alice', 'relay');
}

function watch(timeoutMs: number) {
  return { signal: new AbortController().signal, timeoutMs };
}

describe('a wallet that was put back to an old copy', () => {
  it('learns what it forgot, and may sign then', async () => {
    const world = villageOf();
    forgetLast(world, 3);
    const session = sessionOf(world);
    await untilLatest(session, watch(10_000));
    assert.equal(world.notices('alice', 'latest_seen').at(-1)?.next, 3n);
  });

  it('does not sign against the words of more than f authorities, though it remembers', async () => {
    const world = villageOf();
    forgetLast(world, 3);
    world.onFrame = (_from, to, { message }) => to.name !== 'alice' || !REMINDERS.has(message.TAG);
    const lines = new Set<string>();
    const told = { ...watch(2_500), onProgress: (line: string) => lines.add(line) };
    await assert.rejects(untilLatest(sessionOf(world), told), { code: 'not_latest' });
    assert.ok([...lines].some((line) => line.includes('has forgotten an order')));
  });

  it('waits for what it forgot as long as it may, and signs then', async () => {
    const world = villageOf();
    forgetLast(world, 3);
    let isWithheld = true;
    world.onFrame = (_from, to, { message }) =>
      !isWithheld || to.name !== 'alice' || !REMINDERS.has(message.TAG);
    const later = setTimeout(() => {
      isWithheld = false;
    }, 1_700);
    await untilLatest(sessionOf(world), watch(30_000));
    clearTimeout(later);
    assert.equal(isWithheld, false);
  });

  it('signs after a moment where nobody answers, because it remembers payments', async () => {
    const world = villageOf();
    forgetLast(world, 3);
    world.onFrame = (_from, to) => to.name !== 'alice';
    await untilLatest(sessionOf(world), watch(10_000));
  });

  it('does not where it remembers none', async () => {
    const world = villageOf();
    forgetLast(world, 1);
    world.onFrame = (_from, to) => to.name !== 'alice';
    await assert.rejects(untilLatest(sessionOf(world), watch(300)), { code: 'not_latest' });
  });
});
