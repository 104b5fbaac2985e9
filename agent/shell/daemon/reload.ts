/**
 * SIGHUP and `meshpay reload`: reads the configuration again and puts in force what can change
 * while the node runs. A file with a mistake changes nothing at all.
 */
import { compareConfigs, describeProblem, readConfig } from '../config/config.ts';
import type { ReloadView } from '../control/api.ts';
import { controlError } from '../control/errors.ts';
import type { DaemonContext } from './context.ts';
import { wantedPeers } from './wanted-peers.ts';

/** Throws ControlError `bad_config`, which names the first mistake. */
export function reload(context: DaemonContext): ReloadView {
  const reading = readConfig(context.configFile);
  if (!reading.ok) {
    const [problem] = reading.problems;
    const why = reading.problems.map(describeProblem).join('; ');
    context.logs.error('the configuration was not reloaded', { why });
    const detail = problem && {
      field: problem.field,
      expected: problem.expected,
      found: problem.found,
    };
    throw controlError('bad_config', detail, why);
  }
  const { config: next } = reading;
  const { reload: changed, restart: needRestart } = compareConfigs(context.config, next);
  const taken = Object.fromEntries(changed.map((field) => [field, next[field]]));
  context.config = { ...context.config, ...taken };
  apply(context);
  context.logs.info('the configuration was reloaded', { changed, needRestart });
  return { changed, needRestart };
}

function apply({ config, identity, logs, running }: DaemonContext): void {
  logs.level = config['log.level'];
  running?.engine.links.want(wantedPeers(config, identity));
  running?.beacons.reload(config);
}
