/** Another committee judges, as it decided itself; a node at work follows it with its links. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberIndex } from '../../agent/core/base/units.ts';
import { createEngine } from '../../agent/shell/engine.ts';
import { identityFromSeed } from '../../agent/shell/net/identity.ts';
import { seedOf, signerOf } from '../support/keys.ts';
import { until } from '../support/wait.ts';
import { World } from '../support/world.ts';
import { openHeldStore } from './held-store.ts';
import { temporaryFolder } from './store/fixture.ts';

test('who sits in the committee of a new epoch is wanted before anybody hears of it', async (t) => {
  const { network } = new World({ authorities: 1 });
  let stop: (() => Promise<unknown>) | undefined;
  // Before the folder goes: hooks are run in their order.
  t.after(() => stop?.());
  const store = await openHeldStore(temporaryFolder(t));
  const faults: unknown[] = [];
  const engine = createEngine(
    {
      network,
      signer: signerOf('auth-0'),
      role: { kind: 'authority' },
      links: {
        identity: identityFromSeed(seedOf('auth-0')),
        listen: [],
        wanted: [],
        dialFound: 0,
        limits: { goodbyeMs: 200 },
      },
      onDamage: () => undefined,
      onFatal: (error) => faults.push(error),
    },
    store,
  );
  stop = () => engine.stop();
  const members = (): (string | undefined)[] =>
    engine.links
      .peers()
      .filter(({ isMember }) => isMember)
      .map(({ name }) => name);
  await engine.start('offline');
  assert.deepEqual(members(), []);
  const told: string[] = [];
  engine.hear(({ kind }) => {
    told.push(kind);
    if (kind === 'epoch_began') assert.deepEqual(members(), ['elm'], 'before anybody hears of it');
  });
  const of = (number: number, name: string) => {
    return { number: number as MemberIndex, name, key: signerOf(name).publicKey };
  };
  engine.command({ kind: 'approve', members: [of(0, 'auth-0'), of(1, 'elm')] });
  await until(() => told.includes('epoch_began'), 'the one member has decided');
  assert.deepEqual(members(), ['elm']);
  assert.deepEqual(faults, []);
});
