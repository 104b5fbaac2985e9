/**
 * `npm run sim:explore`: searches small worlds to the end, prints a line of figures for each, and
 * the way to a broken promise where there is one. What can be asked for stands in USAGE.
 */
import { parseArgs } from 'node:util';
import { HELP, mistake } from '../options.ts';
import { AFTERMATH, CASES, type Case, TRAITORS } from './cases.ts';
import { DEBATES, type DebateCase, DebateSearch, TWO_TRAITORS } from './debates.ts';
import { type Result, Search } from './search.ts';
import { tableOf, traceOf } from './words.ts';

const WORLDS: readonly Case[] = [...CASES, TRAITORS, AFTERMATH];
const DEBATED: readonly DebateCase[] = [...DEBATES, TWO_TRAITORS];
const ALL: readonly (Case | DebateCase)[] = [...WORLDS, ...DEBATED];

const USAGE = `npm run sim:explore -- [WORLD ...]: every interleaving of small worlds, of all if none is named

  -h, --help      this, and the worlds

Example: npm run sim:explore -- 'two orders' 'there and back'

Exit status: 0 when every promise was kept to the end of every search, and the worlds with one
traitor too many broke one; 1 when not; 2 for wrong options.`;

process.exitCode = main();

function main(): number {
  const chosen = readOptions();
  if (chosen === 'help') {
    say([USAGE, '', 'Worlds:', ...ALL.map(({ name, words }) => `  ${name}: ${words}`)]);
    return 0;
  }
  if (typeof chosen === 'string') {
    process.stderr.write(`${chosen}\n`);
    return 2;
  }
  const rows = WORLDS.filter((world) => chosen.includes(world)).map(explored);
  if (rows.length > 0) say([tableOf(rows)]);
  for (const { trace } of rows) if (trace.length > 0) say(['', ...trace]);
  const debates = DEBATED.filter((world) => chosen.includes(world)).map(debated);
  return rows.every(({ result }) => isExpected(result)) && debates.every(Boolean) ? 0 : 1;
}

/** Searches the debates of four members, and says whether it went as it should. */
function debated(setting: DebateCase): boolean {
  const startMs = performance.now();
  const { states, transitions, locals, isExhausted, violation, path } = new DebateSearch(
    setting,
  ).run();
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  say([
    `${setting.name}: ${states} states, ${transitions} transitions, ${locals} local, ${seconds} s`,
  ]);
  if (violation !== undefined) say([...path, `Broken: ${violation.message}`]);
  return setting === TWO_TRAITORS ? violation !== undefined : isExhausted;
}

/** The worlds that are asked for. In words, if it is a mistake. */
function readOptions(): readonly (Case | DebateCase)[] | string {
  try {
    const { values, positionals } = parseArgs({ options: { help: HELP }, allowPositionals: true });
    if (values.help === true) return 'help';
    const unknown = positionals.find((each) => ALL.every(({ name }) => name !== each));
    if (unknown !== undefined) {
      const known = ALL.map(({ name }) => name).join('; ');
      throw new Error(`no world is called ${unknown}; there are ${known}`);
    }
    return ALL.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  } catch (error) {
    return mistake('sim:explore', error);
  }
}

function isExpected({ setting, found, isExhausted }: Result): boolean {
  return setting === TRAITORS ? found !== undefined : isExhausted;
}

function explored(setting: Case): { result: Result; seconds: number; trace: string[] } {
  const startMs = performance.now();
  const search = new Search(setting);
  const result = search.run();
  const seconds = (performance.now() - startMs) / 1_000;
  process.stderr.write(`${setting.name}: ${result.states} states, ${seconds.toFixed(1)} s\n`);
  return { result, seconds, trace: traceOf(search, result) };
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
