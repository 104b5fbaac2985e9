import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { cashPlanOf } from './cash/cash-plan.ts';
import { planOf } from './plan.ts';
import { runAll } from './pool.ts';
import { describeFailure } from './report.ts';
import { Summary } from './summary.ts';

/** Runs of the profile `cashed`, always the same ones. */
const RUNS = 16;

test('withdrawals and deposits hold every promise, and end in every way that there is', async (t) => {
  const summary = new Summary();
  const failures: string[] = [];
  const jobs = Array.from({ length: RUNS }, (_, i) => ({ seed: 1_001 + i, profile: 'cashed' }));
  await runAll(jobs, Math.min(2, availableParallelism()), (result) => {
    summary.add(result);
    if (result.failure !== undefined) failures.push(describeFailure(result));
    return true;
  });
  assert.equal(failures.join('\n\n'), '');
  const { locked, settled, paid, refunded, returned, deposits } = summary.fates;
  t.diagnostic(`${paid} paid, ${refunded} refunded, ${returned} returned, ${deposits} deposits`);
  assert.deepEqual({ locked, settled }, { locked: 0, settled: 0 });
  for (const count of [paid, refunded, returned, deposits]) assert.ok(count > 0);
  for (const kind of ['ledger_away', 'reorganised', 'crash']) {
    assert.ok((summary.faults.get(kind) ?? 0) > 0, `no ${kind} happened`);
  }
});

test('honest observers outnumber what hostile ones and lies can make a fact', () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const { places, authorities } = planOf(seed, 'cashed');
    const { gateways, observers, quorum, liar, isTrusting } = cashPlanOf(seed, places);
    const roleOf = (member: number) => places.find(({ index }) => index === member)?.role;
    const hostile = observers.filter((member) => roleOf(member) !== 'authority');
    const bad = hostile.length + (liar === undefined ? 0 : 1);
    assert.ok(quorum > bad && quorum <= observers.length - bad, `seed ${seed}`);
    assert.ok(observers.every((member, i) => member > (observers[i - 1] ?? -1)));
    assert.ok(observers.every((member) => member < authorities));
    assert.ok(gateways.every((member) => roleOf(member) === 'authority'));
    assert.ok(liar === undefined || observers.includes(liar));
    kinds.add(`${gateways.length} ${hostile.length} ${liar !== undefined} ${isTrusting}`);
  }
  for (const kind of ['1 0 false true', '2 1 false false', '3 0 true false', '3 1 false false']) {
    assert.ok(kinds.has(kind), kind);
  }
});
