/** The data folder of a daemon that is stopped, for commands that work on it directly. */
import { describeProblem, readConfig } from '../shell/config/config.ts';
import { type Config, DEFAULT_CONFIG_FILE } from '../shell/config/config-schema.ts';
import type { Args, OptionSpec } from './command.ts';
import { failure } from './failure.ts';

/** The options of those commands. */
export const DATA_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'config',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    summary: `the daemon's configuration, which names the data folder; ${DEFAULT_CONFIG_FILE} if left out`,
  },
];

/** The configuration that the options name. */
export function configOf(args: Args): Config {
  const reading = readConfig(args.text('config') ?? DEFAULT_CONFIG_FILE);
  if (reading.ok) return reading.config;
  const [problem, ...more] = reading.problems;
  const { file = '', field = 'file', expected = '', found = '' } = problem ?? {};
  throw failure(
    'bad_config',
    { field: `${file}: ${field}`, expected, found },
    ...more.map(describeProblem),
  );
}

/** Where the store is, for the functions of shell/store/. */
export function storeOf(config: Config): {
  readonly folder: string;
  readonly allowVolatile: boolean;
} {
  return { folder: config['store.folder'], allowVolatile: config['store.allow_volatile'] };
}
