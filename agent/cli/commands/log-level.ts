/** `meshpay log level`: how much the daemon writes to its log. */
import { LOG_LEVELS, type LogLevel } from '../../shell/log/levels.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { ask, DAEMON_OPTIONS } from '../daemon-client.ts';
import { show } from '../output.ts';

export const logLevel: CommandSpec = {
  path: ['log', 'level'],
  summary: 'show or change how much the daemon logs',
  description: [
    'Without LEVEL, shows the level in force. A change lasts until the daemon is restarted or told ' +
      'to read its configuration again.',
  ],
  positionals: [{ name: 'level', summary: LOG_LEVELS.join(', '), choices: LOG_LEVELS }],
  options: [...DAEMON_OPTIONS, JSON_OPTION],
  examples: [
    { about: 'the level in force', line: 'meshpay log level' },
    { about: 'see more for a while', line: 'meshpay log level debug' },
  ],
  run: async (args, context) => {
    const wanted = LOG_LEVELS.find((known) => known === args.optionalWord('level'));
    const params: { level?: LogLevel } = wanted === undefined ? {} : { level: wanted };
    const { level } = await ask(args, context, 'log.level', params);
    show(args, context, { level }, () => level);
  },
};
