/**
 * `npm run sim:explore`: searches all small worlds, prints a line of figures for each, and the way
 * to a broken promise where there is one. Ends with 1 when a promise is broken that should hold,
 * when a search did not end by exhaustion, or when the traitors' case breaks nothing; with 2 when
 * there is no world of the name that is asked for.
 */
import { AFTERMATH, CASES, type Case, TRAITORS } from './cases.ts';
import { type Result, Search } from './search.ts';
import { tableOf, traceOf } from './words.ts';

function main(names: readonly string[]): void {
  const worlds = [...CASES, TRAITORS, AFTERMATH];
  const unknown = names.find((each) => worlds.every(({ name }) => name !== each));
  if (unknown !== undefined) {
    const known = worlds.map(({ name }) => name).join('; ');
    process.stderr.write(`sim:explore: no world is called ${unknown}; there are ${known}\n`);
    process.exitCode = 2;
    return;
  }
  const chosen = worlds.filter(({ name }) => names.length === 0 || names.includes(name));
  const rows = chosen.map(explored);
  process.stdout.write(`${tableOf(rows)}\n`);
  for (const { result, trace } of rows) {
    if (trace.length > 0) process.stdout.write(`\n${trace.join('\n')}\n`);
    const isExpected =
      result.setting === TRAITORS ? result.found !== undefined : result.isExhausted;
    if (!isExpected) process.exitCode = 1;
  }
}

function explored(setting: Case): { result: Result; seconds: number; trace: string[] } {
  const startMs = performance.now();
  const search = new Search(setting);
  const result = search.run();
  const seconds = (performance.now() - startMs) / 1_000;
  process.stderr.write(`${setting.name}: ${result.states} states, ${seconds.toFixed(1)} s\n`);
  return { result, seconds, trace: traceOf(search, result) };
}

main(process.argv.slice(2));
