/**
 * The seeds that failed once (seeds.txt). A line is: profile, seed, the hash of its plan, and the
 * cut that shrinking left of it; after # what it found. When the hash of a plan is another than the
 * line says, the seed plays something else than what failed.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cutText, parseCut } from './cut-text.ts';
import { type Cut, type Plan, planOf } from './plan.ts';
import type { Job } from './worker.ts';

export interface FailedSeed {
  readonly seed: number;
  readonly profile: string;
  readonly cut: Cut;
  readonly planHash: string;
}

/** Read from the source tree: the compiled test lies in dist/test/sim. */
export function failedSeeds(): (Job & FailedSeed)[] {
  const path = new URL('../../../test/sim/seeds.txt', import.meta.url);
  return parseSeeds(readFileSync(path, 'utf8'));
}

/** The seeds of such a file. Throws with the line that is none. */
export function parseSeeds(text: string): FailedSeed[] {
  return text.split('\n').flatMap((line) => {
    const columns = line.replace(/#.*/, '').trim();
    if (columns === '') return [];
    const found = /^(\w+) +(\d+) +([0-9a-f]{8})(?: +(\S+))?$/.exec(columns);
    if (found === null) throw new Error(`seeds.txt: "${columns}" is not: profile seed plan [cut]`);
    const [, profile = '', seed = '', planHash = '', cut = ''] = found;
    return [{ profile, seed: Number(seed), planHash, cut: parseCut(cut) }];
  });
}

/** The line of a run that failed. It names every fault, so that a kind to come adds none. */
export function seedLine({ profile, seed, cut }: Omit<FailedSeed, 'planHash'>): string {
  const plan = planOf(seed, profile, cut);
  const faults = plan.faults.map(({ name }) => name);
  return `${profile} ${seed} ${planHash(plan)} ${cutText({ ...cut, faults })}`;
}

/**
 * Eight hexadecimal digits of what a plan has in store: who takes part and where, weather, times
 * and faults. What the core does with it is not in it, nor what the hostile are up to.
 */
export function planHash(plan: Plan): string {
  const { places, drawn, pairs, radios, tokens, trouble, faults, profile } = plan;
  const meaning = [
    places.map(({ name, role }) => [name, role]),
    drawn.map(({ name }) => name),
    [pairs, radios, tokens, plan.hasRealSignatures],
    [trouble.loss, trouble.double, trouble.overtake],
    [plan.hopMs, plan.jitterMs, plan.commitMs, plan.chaosMs, plan.payments, plan.thinkMs],
    faults.map(({ name, atMs, forMs, victims, dice }) => [name, atMs, forMs, victims, dice]),
    [profile.liars, profile.isBroken === true],
    ...(plan.cash === undefined ? [] : [plan.cash, plan.withdrawals]),
    ...(drawn.some(({ role }) => role === 'squatter') ? [plan.areRelaysFound] : []),
  ];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex').slice(0, 8);
}
