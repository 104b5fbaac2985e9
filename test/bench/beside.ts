/**
 * The figures of (a) and (b) beside those of another build, on the same machine at the same time:
 * runs take turns, so that what else the machine does meets both. Processor time is that of all
 * processes of a run, which tells more than the clock where others work, too.
 *
 *   node dist/test/bench/beside.js --before ROOT [--only throughput|latency] [--rounds N]
 *
 * ROOT: a clone that is built. Linux only.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, median } from './machine.ts';
import { childrenMs } from './processor.ts';

const OWN_ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** One quick run: each figure's name, with its unit, and its value. */
async function run(root: string, part: string): Promise<Map<string, number>> {
  const before = childrenMs();
  const words = [join(root, 'dist/test/bench/main.js'), '--quick', '--only', part];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}`);
  const figures = figuresIn(text);
  figures.set(`${part}: processor time of a run, ms`, childrenMs() - before);
  return figures;
}

/** The figures of the tables that the other program prints (machine.ts). */
function figuresIn(text: string): Map<string, number> {
  const figures = new Map<string, number>();
  let title = '';
  for (const line of text.split('\n')) {
    const [, what, value, unit] = /^ {2}(\S.*?) {2,}([\d.,]+) (\S+)/.exec(line) ?? [];
    if (what === undefined || value === undefined) title = line.trim() || title;
    else figures.set(`${title}: ${what}, ${unit}`, Number(value.replaceAll(',', '')));
  }
  return figures;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      before: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string', default: '3' },
    },
  });
  if (values.before === undefined) throw new Error('--before is missing');
  const roots = [values.before, OWN_ROOT];
  process.stdout.write(`Measured on ${machine()}\n`);
  for (const part of values.only === undefined ? ['throughput', 'latency'] : [values.only]) {
    const runs: Map<string, number>[][] = [[], []];
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
        runs[side]?.push(await run(roots[side] ?? OWN_ROOT, part));
      }
    }
    const names = [...(runs[1]?.[0]?.keys() ?? [])];
    for (const name of names) {
      const [before, now] = runs.map((side) => median(side.map((run) => run.get(name) ?? NaN)));
      const change = 100 * ((now ?? NaN) / (before ?? NaN) - 1);
      const percent = Number.isFinite(change) ? ` (${change.toFixed(1)} %)` : '';
      process.stdout.write(`  ${name}: before ${before}, now ${now}${percent}\n`);
    }
  }
}

await main();
