/**
 * `meshpay radio up` and `down`. Where meshpay-radio runs it is asked, by the file that holds the
 * mesh down; where it does not, the commands are run from here, once.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { transcript } from '../../../platform/command.ts';
import { JOIN_TIMEOUT_MS, NETIFD_TIMEOUT_MS } from '../../../platform/limits.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { MeshScope } from '../../../platform/settings.ts';
import type { Config } from '../../shell/config-schema.ts';
import { withBody } from '../../shell/radio/body.ts';
import { heldFile, type RadioReport, readRadioReport } from '../../shell/radio/report.ts';
import type { RadioSetup } from '../../shell/radio/settings.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { configOf } from '../data-folder.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { renderSwitched } from '../render/radio.ts';
import { pause } from '../wait.ts';
import { demandRoot, faultsFailure, RADIO_OPTIONS, scopeOf, setupOf } from './radio-host.ts';

/** What the slower host has to join; before it the machine is looked at, after it it is reported. */
const UNIT_TIMEOUT_MS = Math.max(JOIN_TIMEOUT_MS, NETIFD_TIMEOUT_MS) + 30_000;
const LOOK_EVERY_MS = 250;
/** Bringing up, and a look at what came of it; more only if the machine changes meanwhile. */
const MOST_ROUNDS = 4;

export const radioUp: CommandSpec = {
  path: ['radio', 'up'],
  summary: 'bring the mesh up',
  description: [
    'Brings up the mesh of the table [radio] of the configuration. Where meshpay-radio runs, it is ' +
      'told to, and this waits until the mesh is there; otherwise the commands of "meshpay radio ' +
      'plan" are run once, and nobody watches over the mesh afterwards.',
    'A mistake in the configuration is told before anything is changed. Needs root.',
  ],
  positionals: [],
  options: [...RADIO_OPTIONS, JSON_OPTION],
  examples: [
    { about: 'after "meshpay radio down"', line: 'meshpay radio up' },
    { about: 'for good, at every start', line: 'systemctl enable --now meshpay-radio' },
  ],
  run: async (args, context) => {
    const config = configOf(args);
    const setup = setupOf(config);
    demandRoot('meshpay radio up');
    rmSync(heldFile(config['radio.status_file']), { force: true });
    const { interfaceName } = setup.settings;
    if (isWatched(config)) {
      await watched(config, context, 'up');
      return tell(args, context, interfaceName, 'up', []);
    }
    const ran = await withBody(config['radio.body'], (platform) => bringUp(platform, setup));
    tell(args, context, interfaceName, 'up', ran);
    const hint = 'Nobody watches over it: "systemctl enable --now meshpay-radio" does.';
    context.terminal.note(context.terminal.notePaint.faint(hint));
  },
};

export const radioDown: CommandSpec = {
  path: ['radio', 'down'],
  summary: 'take the mesh down, and put back what was there before',
  description: [
    'Takes the mesh interface away and puts back what the first "up" changed: country, radio ' +
      'switches, interfaces that had to yield, files of network managers. Where meshpay-radio runs, ' +
      'it does that, and holds the mesh down until "meshpay radio up" or the next start of the machine.',
    'Needs root. Other nodes lose this one, and payments that went through it find another way.',
  ],
  positionals: [],
  options: [...RADIO_OPTIONS, JSON_OPTION],
  examples: [{ about: 'give the radio back', line: 'meshpay radio down' }],
  run: async (args, context) => {
    const config = configOf(args);
    demandRoot('meshpay radio down');
    const scope = scopeOf(config);
    const isWatchedNow = isWatched(config);
    if (isWatchedNow) {
      const held = heldFile(config['radio.status_file']);
      mkdirSync(dirname(held), { recursive: true });
      writeFileSync(held, '');
      await watched(config, context, 'down');
    }
    const ran = isWatchedNow
      ? []
      : await withBody(config['radio.body'], (platform) => takeDown(platform, scope));
    tell(args, context, scope.interfaceName, 'down', ran);
  },
};

function tell(
  args: Args,
  context: Context,
  interfaceName: string,
  state: 'up' | 'down',
  ran: readonly string[],
): void {
  const json = { interfaceName, state, ran };
  show(args, context, json, (paint) => renderSwitched(paint, interfaceName, state, ran));
}

function isWatched(config: Config): boolean {
  const reading = readRadioReport(config['radio.status_file']);
  return reading.found && reading.fresh && reading.report.wanted !== null;
}

/** Until meshpay-radio reports the state. */
async function watched(
  config: Config,
  { terminal, interrupt }: Context,
  state: 'up' | 'down',
): Promise<void> {
  const file = config['radio.status_file'];
  const began = readRadioReport(file);
  const deadline = performance.now() + UNIT_TIMEOUT_MS;
  let last: RadioReport | undefined;
  while (performance.now() < deadline) {
    const reading = readRadioReport(file);
    if (!reading.found || !reading.fresh) break;
    last = reading.report;
    // Only what was written after the question is an answer to it.
    const isAnswer = !began.found || last.uptimeMs > began.report.uptimeMs;
    if (isAnswer && last.state === state) return terminal.progress.clear();
    const [first, ...rest] = last.faults;
    if (isAnswer && last.state === 'waiting' && first !== undefined) {
      throw faultsFailure([first, ...rest]);
    }
    terminal.progress.show(`Waiting for the mesh: ${last.state}...`);
    await pause(LOOK_EVERY_MS);
    if (interrupt.aborted) throw failure('interrupted');
  }
  const found = last === undefined ? 'no report' : last.state;
  throw failure('radio_failed', {
    field: 'meshpay-radio',
    expected: `the mesh ${state}`,
    found,
  });
}

async function bringUp<Observed>(
  platform: Platform<Observed>,
  { settings }: RadioSetup,
): Promise<readonly string[]> {
  const ran: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const observed = await platform.observe(settings);
    if (!observed.ok) throw faultsFailure([observed.fault]);
    const plan = platform.plan(settings, observed.value);
    if (!plan.ok) throw faultsFailure(plan.faults);
    if (plan.commands.length === 0) return ran;
    const applied = await platform.apply(plan.commands);
    if (!applied.ok) throw faultsFailure([applied.fault]);
    ran.push(...transcript(plan.commands));
  }
  throw failure('radio_failed', {
    field: settings.interfaceName,
    expected: 'a mesh that stays as it was made',
    found: 'something else changes it',
  });
}

async function takeDown<Observed>(
  platform: Platform<Observed>,
  scope: MeshScope,
): Promise<readonly string[]> {
  const observed = await platform.observe(scope);
  if (!observed.ok) throw faultsFailure([observed.fault]);
  const plan = platform.restore(scope, observed.value);
  if (!plan.ok) throw faultsFailure(plan.faults);
  const applied = await platform.apply(plan.commands);
  if (!applied.ok) throw faultsFailure([applied.fault]);
  return transcript(plan.commands);
}
