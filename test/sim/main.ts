/**
 * `npm run sim`: whole networks of the production core in one process, under faults. What can be
 * asked for stands in USAGE; Ctrl-C ends new runs after those under way, with the figures so far.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { parseCut } from './cut-text.ts';
import { HELP, mistake, positiveNumberOf, wholeNumberOf } from './options.ts';
import type { Cut } from './plan.ts';
import { runAll } from './pool.ts';
import { PROFILES } from './profiles.ts';
import { commandFor, describeFailure } from './report.ts';
import { type Result, runSeed } from './run.ts';
import { seedLine } from './seeds.ts';
import { shrink } from './shrink.ts';
import { Summary } from './summary.ts';
import type { Job } from './worker.ts';

interface Options {
  readonly profile: string;
  readonly seed: number | undefined;
  readonly cut: Cut;
  readonly runs: number | undefined;
  readonly minutes: number | undefined;
  readonly from: number;
  readonly threads: number;
  readonly keepGoing: boolean;
}

const USAGE = `npm run sim -- [OPTIONS]: one run again, so many new ones, or as many as fit some minutes

  --seed N          this run, twice: its trace hash, and whether both were the same
  --runs N          so many new runs (100 if nothing else is said)
  --minutes M       new runs for so long; a fraction will do
  --profile NAME    which faults (default full)
  --from N          the first seed of new runs (default: a fresh one)
  --cut TEXT        with --seed: what shrinking left of the plan
  --keep-going      do not stop at the first failure
  --threads N       default: as many as there are cores
  -h, --help        this, and the profiles

Examples: npm run sim -- --seed 7        npm run sim -- --minutes 10
          npm run sim -- --runs 10000 --profile full

Exit status: 0 when every promise was kept, 1 when not, 2 for wrong options.`;

/** Failing runs that are shrunk and told in full; of more, only the commands are. */
const MOST_SHRUNK = 3;

/** What says which runs there are, where it is not one. */
const MANY = ['runs', 'minutes', 'from'] as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === 'help') {
    say([USAGE, '', 'Profiles:', ...profileLines()].join('\n'));
    return 0;
  }
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`);
    return 2;
  }
  if (options.seed !== undefined) return again(options.seed, options.profile, options.cut);
  return many(options);
}

/** In words, if it is a mistake. */
function readOptions(): Options | string {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: {
        seed: text,
        runs: text,
        minutes: text,
        profile: text,
        from: text,
        cut: text,
        threads: text,
        'keep-going': { type: 'boolean' },
        help: HELP,
      },
    });
    if (values.help === true) return 'help';
    const beside = MANY.find((name) => values.seed !== undefined && values[name] !== undefined);
    if (beside !== undefined) throw new Error(`--seed: expected alone, found beside --${beside}`);
    const profile = values.profile ?? 'full';
    if (PROFILES[profile] === undefined) {
      return [`sim: no profile is called ${profile}; there are`, ...profileLines()].join('\n');
    }
    return {
      profile,
      seed: wholeNumberOf('seed', values.seed),
      cut: cutOf(values.cut, values.seed),
      runs: wholeNumberOf('runs', values.runs, 1),
      minutes: positiveNumberOf('minutes', values.minutes),
      from: wholeNumberOf('from', values.from) ?? Math.floor(Date.now() / 1_000) * 10_000,
      threads: wholeNumberOf('threads', values.threads, 1) ?? availableParallelism(),
      keepGoing: values['keep-going'] === true,
    };
  } catch (error) {
    return mistake('sim', error);
  }
}

/** A cut belongs to the plan of one seed, and an empty committee has no quorum. Throws in words. */
function cutOf(text: string | undefined, seed: string | undefined): Cut {
  if (text === undefined) return {};
  if (seed === undefined) throw new Error(`--cut: expected with --seed, found alone: ${text}`);
  const cut = parseCut(text);
  if (cut.authorities !== 0) return cut;
  throw new Error('--cut: expected at least one authority, found authorities=0');
}

function profileLines(): string[] {
  return Object.entries(PROFILES).map(([name, { about }]) => `  ${name}: ${about}`);
}

/** Plays one run, twice, and shrinks it if it fails. */
function again(seed: number, profile: string, cut: Cut): number {
  const first = runSeed(seed, profile, cut);
  const second = runSeed(seed, profile, cut);
  const isSame = first.traceHash === second.traceHash;
  say(`seed ${seed}, ${profile}: trace ${first.traceHash}, ${first.steps} steps`);
  say(isSame ? 'played twice, the same both times' : `NOT THE SAME AGAIN: ${second.traceHash}`);
  if (first.failure !== undefined) sayFailure(first);
  return first.failure === undefined && isSame ? 0 : 1;
}

async function many(options: Options): Promise<number> {
  const { profile, from, threads } = options;
  const summary = new Summary();
  const startedAt = performance.now();
  const endAt = startedAt + (options.minutes ?? Infinity) * 60_000;
  const most = options.runs ?? (options.minutes === undefined ? 100 : Infinity);
  const failed: Result[] = [];
  let isStopped = false;
  process.once('SIGINT', () => {
    isStopped = true;
  });
  function* jobs(): Generator<Job> {
    const isOver = () => isStopped || performance.now() >= endAt;
    for (let i = 0; i < most && !isOver(); i++) yield { seed: from + i, profile };
  }
  say(`profile ${profile}, seeds from ${from}, ${threads} threads`);
  let saidAt = startedAt;
  await runAll(jobs(), threads, (result) => {
    summary.add(result);
    if (result.failure !== undefined) {
      failed.push(result);
      say(`  FAILED  ${result.failure.checker}: ${commandFor(result)}`);
    }
    if (performance.now() > saidAt + 10_000) {
      saidAt = performance.now();
      const seconds = Math.round((saidAt - startedAt) / 1_000);
      const { runs, payments } = summary;
      say(`  ${seconds} s: ${runs} runs, ${payments} payments, ${failed.length} failed`);
    }
    return options.keepGoing || failed.length === 0;
  });
  const { user, system } = process.cpuUsage();
  say(summary.text((performance.now() - startedAt) / 1_000, (user + system) / 1e6));
  for (const result of failed.slice(0, MOST_SHRUNK)) sayFailure(result);
  for (const result of failed.slice(MOST_SHRUNK)) say(`FAILED  ${commandFor(result)}`);
  if (failed.length === 0) say(`no checker was violated in ${summary.runs} runs`);
  return failed.length === 0 ? 0 : 1;
}

function sayFailure(result: Result): void {
  say(`FAILED  ${result.failure?.checker}: ${commandFor(result)}`);
  say('shrinking ...');
  const small = shrink(result);
  say(describeFailure(small));
  say(`for seeds.txt: ${seedLine(small)}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
