/**
 * A small run is played again and again, and each time one process dies in its next commit but n,
 * for every n and in every way of dying. Nothing is left to chance: no commit is overlooked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from './fault-plan.ts';
import { type Plan, planOf } from './plan.ts';
import { describeFailure } from './report.ts';
import { runPlan } from './run.ts';

const SEED = 10;
/** The fault takes its count modulo this. */
const MOST_COMMITS = 30;
/** Each process commits at least so often in the run. */
const FEWEST_COMMITS = 15;
const DEATHS = ['before', 'in the middle of', 'after'];

const FEW = { authorities: 4, wallets: 2, payments: 14, chaosMs: 6_000 } as const;

/** Four authorities, two wallets, a few payments, fair weather. */
function calmPlan(): Plan {
  const none = { relays: 0, thieves: 0, traitors: 0, saboteurs: 0 };
  const calm = planOf(SEED, 'calm', { ...none, ...FEW });
  assert.equal(calm.authorities, 4);
  return { ...calm, thinkMs: 600, commitMs: 5 };
}

function deathOf(who: string, death: number, commit: number): Fault {
  const always = {
    name: 'crash_in_commit.0',
    kind: 'crash_in_commit',
    atMs: 0,
    forMs: 700,
  } as const;
  return { ...always, victims: [who], dice: [death, commit, 0] };
}

/** What they are called in the plan. */
const MORTALS = { 'first authority': 'member-0', 'first wallet': 'wallet-0' } as const;

for (const [role, who] of Object.entries(MORTALS)) {
  for (const [death, when] of DEATHS.entries()) {
    test(`the ${role} that dies ${when} any one of its commits breaks nothing`, () => {
      const calm = calmPlan();
      const undisturbed = runPlan(calm).traceHash;
      let deaths = 0;
      for (let commit = 0; commit < MOST_COMMITS; commit++) {
        const result = runPlan({ ...calm, faults: [deathOf(who, death, commit)] });
        assert.equal(result.failure && describeFailure(result), undefined, `commit ${commit}`);
        assert.ok(result.payments > 0, 'something was paid');
        // The same history: it made no more commits than this, and did not die.
        if (result.traceHash === undisturbed) break;
        deaths++;
      }
      assert.ok(deaths >= FEWEST_COMMITS, `${deaths} deaths`);
    });
  }
}
