/** `meshpay radio plan`: what would be run, and nothing else. */
import { transcript } from '../../../platform/command.ts';
import { describeFault } from '../../../platform/fault.ts';
import { harmless } from '../../core/base/characters.ts';
import { withBody } from '../../shell/radio/body.ts';
import { inConfigWords } from '../../shell/radio/settings.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { configOf } from '../data-folder.ts';
import { show } from '../output.ts';
import { renderPlan } from '../render/radio.ts';
import { faultsFailure, RADIO_OPTIONS, scopesOf, setupsOf } from './radio-host.ts';

export const radioPlan: CommandSpec = {
  path: ['radio', 'plan'],
  summary: 'what would be run to bring the mesh up, or down',
  description: [
    'Looks at the machine and prints the commands that are between it and the mesh that the table ' +
      '[radio] of the configuration describes; none when all is as wanted. Nothing is run. The ' +
      'passphrase is not shown: a file with a secret appears by its size only.',
    'What is wrong with the configuration or the radio is told here, before anything is changed. ' +
      'Needs root, because the passphrase and the files of the mesh are its own.',
  ],
  positionals: [],
  options: [
    ...RADIO_OPTIONS,
    { name: 'restore', kind: 'flag', summary: 'what "meshpay radio down" would run' },
    JSON_OPTION,
  ],
  examples: [
    { about: 'before the first start', line: 'meshpay radio plan' },
    { about: 'what would put everything back', line: 'meshpay radio plan --restore' },
  ],
  run: async (args, context) => {
    const config = configOf(args);
    // What is there can be taken down whatever has become of the configuration.
    const wanted = args.flag('restore') ? scopesOf(config) : setupsOf(config);
    const notes: string[] = [];
    const commands: string[] = [];
    await withBody(config['radio.body'], async (platform) => {
      for (const each of wanted) {
        const setup = 'settings' in each ? each : undefined;
        const scope = 'settings' in each ? each.settings : each;
        notes.push(...(setup?.notes ?? []));
        const observed = await platform.observe(scope);
        if (!observed.ok) throw faultsFailure([observed.fault]);
        const plan =
          setup === undefined
            ? platform.restore(scope, observed.value)
            : platform.plan(setup.settings, observed.value);
        if (setup !== undefined) {
          const { warnings } = platform.status(setup.settings, observed.value);
          notes.push(...warnings.map(inConfigWords).map(describeFault).map(harmless));
        }
        if (!plan.ok) throw faultsFailure(plan.faults);
        commands.push(...transcript(plan.commands));
      }
    });
    for (const note of new Set(notes)) context.terminal.note(context.terminal.notePaint.warn(note));
    show(args, context, { commands, notes }, (paint) => renderPlan(paint, commands));
  },
};
