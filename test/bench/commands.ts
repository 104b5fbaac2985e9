/**
 * (l) How long a command of `meshpay` takes that opens no wallet, beside Node with nothing to do,
 * and beside another build; in turns, so that what else the machine does meets all. Linux only.
 *
 *   node dist/test/bench/commands.js [--before ROOT] [--rounds N]   ROOT: a clone that is built
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Figure, machine, median, table } from './machine.ts';
import { childrenMs } from './processor.ts';

const OWN_ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const LINES: readonly (readonly string[])[] = [
  ['--version'],
  ['help'],
  ['status', '--config', '/nowhere/meshpayd.toml'],
  ['wallet', 'balance', '--wallet', '/nowhere'],
];

/** What is run, and what each run took. */
interface Subject {
  readonly what: string;
  readonly words: readonly string[];
  readonly goal: string;
  readonly wallMs: number[];
  readonly processorMs: number[];
}

function subject(what: string, words: readonly string[], goal = ''): Subject {
  return { what, words, goal, wallMs: [], processorMs: [] };
}

/** The commands of a build, by the program that its package.json names. */
function commandsOf(root: string, name: string): Subject[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly bin: { readonly meshpay: string };
  };
  const program = join(root, manifest.bin.meshpay);
  return LINES.map((line) => subject(`${line.join(' ')}${name}`, [program, ...line], '< 150'));
}

function run({ words, wallMs, processorMs }: Subject): void {
  const [begunMs, before] = [performance.now(), childrenMs()];
  spawnSync(process.execPath, words, { stdio: 'ignore' });
  wallMs.push(performance.now() - begunMs);
  processorMs.push(childrenMs() - before);
}

function figures({ what, goal, wallMs, processorMs }: Subject): Figure[] {
  const runs = `${wallMs.length} runs, of the processor ${median(processorMs)} ms`;
  return [{ what, value: median(wallMs), unit: 'ms', goal, note: runs }];
}

const { values } = parseArgs({
  options: { before: { type: 'string' }, rounds: { type: 'string', default: '9' } },
});
const subjects = [
  subject('node -e 0', ['-e', '0']),
  ...(values.before === undefined ? [] : commandsOf(values.before, ', before')),
  ...commandsOf(OWN_ROOT, ''),
];
for (let round = 0; round < Number(values.rounds); round++) subjects.forEach(run);
const text = table('(l) A command, start of Node included', subjects.flatMap(figures));
process.stdout.write(`Measured on ${machine()}\n\n${text}\n`);
