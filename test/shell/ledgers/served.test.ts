/** Which ledgers of its configuration a node serves: a cashbook has one keeper. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { MemberIndex } from '../../../agent/core/base/units.ts';
import { systemClock } from '../../../agent/shell/clock.ts';
import { configWith } from '../../../agent/shell/config/config.ts';
import { closeLedgers, openLedgers } from '../../../agent/shell/daemon/parts/ledgers.ts';
import type { Logs } from '../../../agent/shell/log/logs.ts';
import { World } from '../../support/world.ts';
import { IN_MEMORY, temporaryFolder } from '../store/fixture.ts';

/** What a node finds wrong with serving the ledger of a world; nothing: it serves it. */
async function wrongWith(t: TestContext, node: string, observers: number[], name?: string) {
  const world = new World({ observers, observerQuorum: observers.length });
  const [ledger] = world.network.genesis.ledgers;
  assert.ok(ledger);
  const errors: unknown[] = [];
  const folder = join(temporaryFolder(t, IN_MEMORY), 'data');
  const served = await openLedgers({
    config: configWith({
      name: node,
      role: 'authority',
      'store.folder': folder,
      'store.allow_volatile': true,
      ledger: [{ name: name ?? ledger.name, kind: 'cashbook', folder: null }],
    }),
    network: world.network,
    key: world.place(node).signer.publicKey,
    clock: systemClock(),
    logs: { error: (...said: unknown[]) => errors.push(said) } as unknown as Logs,
    state: () => undefined,
  });
  await closeLedgers(served);
  const [one] = served;
  const wrong = typeof one?.ledger === 'string' ? one.ledger : undefined;
  assert.equal(one?.index, wrong === undefined ? (0 as MemberIndex) : undefined);
  assert.equal(existsSync(join(folder, `ledger-${ledger.name}.mark`)), wrong === undefined);
  assert.equal(errors.length, wrong === undefined ? 0 : 1);
  return wrong;
}

describe('a cashbook', () => {
  it('is served by its only observer', async (t) => {
    assert.equal(await wrongWith(t, 'auth-1', [1]), undefined);
  });

  it('is served by nobody else', async (t) => {
    assert.match((await wrongWith(t, 'auth-2', [1])) ?? '', /is kept by auth-1 alone$/);
  });

  it('is not shared: two cashiers would pay the same', async (t) => {
    const wrong = /has 2 observers, and a cashbook is kept by its only one$/;
    assert.match((await wrongWith(t, 'auth-0', [0, 1])) ?? '', wrong);
  });

  it('is one of the genesis document', async (t) => {
    assert.match((await wrongWith(t, 'auth-1', [1], 'other')) ?? '', /has no ledger other$/);
  });
});
