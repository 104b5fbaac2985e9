/**
 * `npm run sim:mutants`: proof that the simulator can fail. Each deliberate bug is put into a
 * private copy of the compiled program, which then runs seeds until a checker sees it. All must be
 * caught. What can be asked for stands in USAGE.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { MUTANTS } from './mutants/all.ts';
import { type Mutant, patch } from './mutants/mutant.ts';
import { HELP, mistake, wholeNumberOf } from './options.ts';
import { stackOf } from './violation.ts';

const run = promisify(execFile);

/** Where the compiled project lies: dist. */
const DIST = fileURLToPath(new URL('../../', import.meta.url));
/** What a private copy needs of it. */
const PARTS = ['agent/core', 'agent/shell', 'test/sim', 'test/support'];

/** What stands for the shell's loop and store, so that a bug in it is not one in the program. */
const SIMULATED_DISK = 'test/sim/disk.js';

/** Runs that a bug may survive, unless somebody wants more. */
const USUAL_MOST = 200;

const USAGE = `npm run sim:mutants -- [OPTIONS]: puts each deliberate bug into a copy of the program

  --only TEXT     those whose name contains it (default: all ${MUTANTS.length})
  --most N        runs that a bug may survive before it counts as not caught (default ${USUAL_MOST})
  --threads N     bugs at a time (default: as many as there are cores)
  -h, --help      this

Example: npm run sim:mutants -- --only quorum --most 50

Exit status: 0 when all were caught, 1 when not, 2 for wrong options.`;

interface Outcome {
  readonly runs: number;
  readonly caught?: { readonly checker: string; readonly message: string };
  /** Why it could not be shown at all: its place in the program is gone, or that does not load. */
  readonly trouble?: string;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`);
    return 2;
  }
  const { chosen, most, threads } = options;
  const left = chosen.values();
  const missed: Mutant[] = [];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: threads }, async () => {
      for (const mutant of left) {
        const outcome = await show(mutant, `${most}`);
        if (!isCaught(mutant, outcome)) missed.push(mutant);
        process.stdout.write(`${lineOf(mutant, outcome)}\n`);
      }
    }),
  );
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  const isInDisk = ({ file }: Mutant) => file === SIMULATED_DISK;
  const caught = chosen.filter((mutant) => !missed.includes(mutant));
  const inDisk = caught.filter(isInDisk).length;
  const places = `${caught.length - inDisk} in the program, ${inDisk} in the simulated disk`;
  process.stdout.write(
    `${caught.length} of ${chosen.length} deliberate bugs caught: ${places}, ${seconds} s\n`,
  );
  return missed.length === 0 ? 0 : 1;
}

interface Options {
  readonly chosen: readonly Mutant[];
  readonly most: number;
  readonly threads: number;
}

/** In words, if it is a mistake. */
function readOptions(): Options | string {
  try {
    const text = { type: 'string' } as const;
    const options = { only: text, most: text, threads: text, help: HELP };
    const { values } = parseArgs({ options });
    if (values.help === true) return 'help';
    const { only = '' } = values;
    const chosen = MUTANTS.filter(({ name }) => name.includes(only));
    if (chosen.length === 0) throw new Error(`--only: no deliberate bug is called ${only}`);
    return {
      chosen,
      most: wholeNumberOf('most', values.most, 1) ?? USUAL_MOST,
      threads: wholeNumberOf('threads', values.threads, 1) ?? availableParallelism(),
    };
  } catch (error) {
    return mistake('sim:mutants', error);
  }
}

/** Puts a bug into a copy of the program and runs that until it is caught. */
async function show(mutant: Mutant, most: string): Promise<Outcome> {
  const root = await mkdtemp(join(tmpdir(), 'mutant-'));
  try {
    for (const part of PARTS) {
      await cp(join(DIST, part), join(root, 'dist', part), { recursive: true });
    }
    await writeFile(join(root, 'package.json'), '{ "type": "module" }');
    await symlink(join(DIST, '../node_modules'), join(root, 'node_modules'));
    const file = join(root, 'dist', mutant.file);
    await writeFile(file, patch(mutant, await readFile(file, 'utf8'), mutant.replace));
    const program = join(root, 'dist/test/sim/mutants/run-until-caught.js');
    const { stdout } = await run(process.execPath, [program, mutant.profile ?? 'dense', '1', most]);
    return JSON.parse(stdout) as Outcome;
  } catch (error) {
    return { runs: 0, trouble: stackOf(error) };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function isCaught({ caughtBy }: Mutant, { caught }: Outcome): boolean {
  return caughtBy.some((checker) => checker === caught?.checker);
}

function lineOf(mutant: Mutant, outcome: Outcome): string {
  const { runs, caught, trouble } = outcome;
  const name = mutant.name.padEnd(46);
  if (trouble !== undefined) return `BROKEN  ${name} ${trouble}`;
  if (caught === undefined) return `MISSED  ${name} survives ${runs} runs`;
  const after = `${runs} ${runs === 1 ? 'run' : 'runs'}`.padEnd(9);
  if (isCaught(mutant, outcome)) return `caught  ${name} ${after} ${caught.checker}`;
  return `WRONG   ${name} ${after} ${caught.checker}: ${caught.message.split('\n')[0]}`;
}
