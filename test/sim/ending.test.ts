import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Book } from './checkers/book.ts';
import { Ending } from './checkers/ending.ts';
import { Ledgers } from './checkers/ledgers.ts';
import { Wallets } from './checkers/wallets.ts';
import { planOf } from './plan.ts';
import { World } from './world.ts';

/**
 * Two seconds of a network in which nothing goes wrong and nobody pays, and what is judged of it.
 */
function quietWorld(): { world: World; ending: Ending } {
  const plan = planOf(216, 'calm', {});
  let ending: Ending | undefined;
  const world = new World(plan, ({ founding }) => {
    const book = new Book(founding);
    const ledgers = new Ledgers(book);
    const wallets = new Wallets(book);
    ending = new Ending(book, ledgers, wallets);
    return [book, ledgers, wallets, ending];
  });
  world.agenda.runUntil(2_000);
  assert.ok(ending !== undefined);
  return { world, ending };
}

test('a network in which all went well is as it should be', () => {
  const { world, ending } = quietWorld();
  assert.equal(ending.unfinished(world.all, true), undefined);
});

test('an honest node that stays down is not as it should be', () => {
  const { world, ending } = quietWorld();
  const [member] = world.authorities;
  member?.crash('crashed', 60_000);
  const found = ending.unfinished(world.all, true);
  assert.equal(found?.checker, 'liveness');
  assert.match(found?.message ?? '', new RegExp(`${member?.name} did not come up again`));
});

test('an authority whose record says the same in other bytes is not as it should be', () => {
  const { world, ending } = quietWorld();
  const member = world.authorities.at(-1);
  assert.ok(member !== undefined);
  const [key, value] = [...member.disk.live].find(([each]) => each[0] === 'A') ?? [];
  assert.ok(key !== undefined && value !== undefined);
  // One more entry of a token that the account has nothing of.
  const balancesAt = 8 + 32 + 8 + 1;
  const entry = Uint8Array.from([0, 7, ...new Uint8Array(25)]);
  const count = (value[balancesAt] ?? 0) + 1;
  const changed = Buffer.concat([
    value.subarray(0, balancesAt),
    Uint8Array.of(count),
    value.subarray(balancesAt + 1, -1),
    entry,
    value.subarray(-1),
  ]);
  member.disk.live.set(key, changed);
  assert.equal(ending.unfinished(world.all, true)?.checker, 'convergence');
});
