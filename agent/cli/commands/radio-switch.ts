/**
 * `meshpay radio up` and `down`. Where meshpay-radio runs it is asked, by files beside its report;
 * where it does not, the commands are run from here, once.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { transcript } from '../../../platform/command.ts';
import { replaceFile } from '../../../platform/file-writer.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { MeshScope } from '../../../platform/settings.ts';
import { radiosOf } from '../../shell/config/config-radios.ts';
import { withBody } from '../../shell/radio/body.ts';
import { heldFile } from '../../shell/radio/report.ts';
import type { RadioSetup } from '../../shell/radio/settings.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { configOf } from '../data-folder.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { renderSwitched } from '../render/radio.ts';
import { demandRoot, faultsFailure, RADIO_OPTIONS, scopesOf, setupsOf } from './radio-host.ts';
import { isWatched, watched } from './radio-watched.ts';

/** Bringing up, and a look at what came of it; more only if the machine changes meanwhile. */
const MOST_ROUNDS = 4;

/** The commands that have begun are run to their end: half of them would be half a mesh. */
const SWITCH_ENDS_MS = 60_000;

export const radioUp: CommandSpec = {
  path: ['radio', 'up'],
  endsWithinMs: SWITCH_ENDS_MS,
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
    const setups = setupsOf(config);
    demandRoot('meshpay radio up');
    const files = radiosOf(config).map((radio) => radio['radio.status_file']);
    rmSync(heldFile(config['radio.status_file']), { force: true });
    const names = setups.map(({ settings }) => settings.interfaceName);
    if (await isWatched(config['radio.status_file'])) {
      for (const file of files) await watched(file, context, 'up');
      return tell(args, context, names, 'up', []);
    }
    const ran = await withBody(config['radio.body'], async (platform) => {
      const lines: string[] = [];
      for (const setup of setups) lines.push(...(await bringUp(platform, setup)));
      return lines;
    });
    tell(args, context, names, 'up', ran);
    const hint = 'Nobody watches over it: "systemctl enable --now meshpay-radio" does.';
    context.terminal.note(context.terminal.notePaint.faint(hint));
  },
};

export const radioDown: CommandSpec = {
  path: ['radio', 'down'],
  endsWithinMs: SWITCH_ENDS_MS,
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
    const scopes = scopesOf(config);
    const statusFile = config['radio.status_file'];
    const isWatchedNow = await isWatched(statusFile);
    if (isWatchedNow) {
      const held = heldFile(statusFile);
      mkdirSync(dirname(held), { recursive: true });
      replaceFile(held, '', 0o644);
      const files = radiosOf(config).map((radio) => radio['radio.status_file']);
      for (const file of files) await watched(file, context, 'down');
    }
    const ran = isWatchedNow
      ? []
      : await withBody(config['radio.body'], async (platform) => {
          const lines: string[] = [];
          for (const scope of scopes) lines.push(...(await takeDown(platform, scope)));
          return lines;
        });
    const names = scopes.map(({ interfaceName }) => interfaceName);
    tell(args, context, names, 'down', ran);
  },
};

function tell(
  args: Args,
  context: Context,
  names: readonly string[],
  state: 'up' | 'down',
  ran: readonly string[],
): void {
  const interfaceName = names.join(' ');
  const json = { interfaceName, state, ran };
  show(args, context, json, (paint) => renderSwitched(paint, interfaceName, state, ran));
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
