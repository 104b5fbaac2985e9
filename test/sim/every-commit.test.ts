/**
 * A small run is played again and again, and each time one process dies in its next commit but n, for
 * every n and in every way of dying. Nothing is left to chance: no commit is overlooked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fault, type Plan, planOf } from './plan.ts';
import { describeFailure } from './report.ts';
import { runPlan } from './run.ts';

const SEED = 1;
/** The fault takes its count modulo this. */
const MOST_COMMITS = 30;
/** Each process commits at least so often in the run. */
const FEWEST_COMMITS = 15;
const DEATHS = ['before', 'in the middle of', 'after'];

/** Four authorities, two wallets, a few payments, fair weather. */
function calmPlan(): Plan {
  const none = { relays: 0, thieves: 0, traitors: 0, saboteurs: 0, strangers: 0 };
  const calm = planOf(SEED, 'calm', { ...none, wallets: 2, payments: 12, chaosMs: 6_000 });
  return { ...calm, authorities: 4, access: ['direct', 'direct'], thinkMs: 600, commitMs: 5 };
}

function deathOf(who: number, death: number, commit: number): Fault {
  const always = { kind: 'crash_in_commit', atMs: 0, forMs: 700 } as const;
  return { ...always, who, other: death, amount: commit };
}

/** Places among the processes that have a disk: the authorities, then the wallets. */
const MORTALS = { 'first authority': 0, 'first wallet': 4 } as const;

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
