/** `meshpay doctor`: what is wrong with a node, and what mends it. */
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { ask, DAEMON_OPTIONS } from '../daemon-client.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { renderDoctor } from '../render/node.ts';
import { counted } from '../render/text.ts';

export const doctor: CommandSpec = {
  path: ['doctor'],
  summary: 'what is wrong with the node, and what mends it',
  description: [
    'Asks the daemon to look at its store, keys, links, clock and surroundings. Each finding comes ' +
      'with what a person can do about it. The exit status is 1 when something must be mended; ' +
      'warnings alone leave it 0.',
  ],
  positionals: [],
  options: [...DAEMON_OPTIONS, JSON_OPTION],
  examples: [{ about: 'the node of this machine', line: 'meshpay doctor' }],
  run: async (args, context) => {
    const view = await ask(args, context, 'doctor', {});
    show(args, context, view, (paint) => renderDoctor(paint, view));
    const failed = view.checks.filter(({ verdict }) => verdict === 'fail');
    if (failed.length === 0) return;
    throw failure('checks_failed', {
      field: failed.map(({ name }) => name).join(', '),
      expected: 'all checks to pass',
      found: `${counted(failed.length, 'thing')} to mend`,
    });
  },
};
