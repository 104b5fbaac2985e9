/**
 * `npm run bench:hwsim`: the figures of payments over virtual radios. Each part boots what it needs
 * and prints its rows as they come; a part that fails says why and does not stop the others. Names
 * of parts as arguments run only these (the table below).
 *
 * The machine's time is counted in its own instructions (machine.ts), so that a figure does not
 * depend on how fast or how busy the host is. All daemons, wallets and radios of a part share that
 * one slow processor: the yardsticks and pings beside the figures tell what it can do.
 */
import { cpus } from 'node:os';
import { prepareHost } from '../host.ts';
import { measureHops } from './hops.ts';
import { measureLoss } from './loss.ts';
import { measureRestarts } from './restarts.ts';
import { measureRing } from './ring.ts';
import { type Bench, SceneKeeper } from './scene.ts';
import { measureStart } from './start.ts';
import { type Row, tableOf } from './table.ts';
import { measureYardsticks } from './yardsticks.ts';

type Part = (bench: Bench) => Promise<Row[]>;

const PARTS: Readonly<Record<string, Part>> = {
  yardsticks: measureYardsticks,
  start: measureStart,
  hops: measureHops,
  ring: measureRing,
  restarts: measureRestarts,
  loss: measureLoss,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => PARTS[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`no part "${unknown}"; parts are ${Object.keys(PARTS).join(', ')}\n`);
  process.exit(2);
}
const host = await prepareHost(say);
if (host.kind === 'unavailable') {
  process.stdout.write(`no virtual radios here: ${host.reason}\n`);
  process.exit(0);
}
const [cpu] = cpus();
say(`${cpu?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
const rows: Row[] = [];
const scenes = new SceneKeeper(host);
let failed = 0;
for (const [name, part] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  try {
    const found = await part({ host, scenes, say: (text) => say(`${name}: ${text}`) });
    rows.push(...found);
    for (const row of tableOf(found).slice(1)) say(row);
  } catch (error) {
    failed += 1;
    rows.push({ what: name, figure: 'failed, see above' });
    say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
await scenes.close();
process.stdout.write(`\n${tableOf(rows).join('\n')}\n`);
process.exitCode = failed === 0 ? 0 : 1;

function say(text: string): void {
  process.stdout.write(`# ${text}\n`);
}
