/**
 * SIGHUP and `meshpay reload`: reads the configuration again and puts in force what can change while
 * the node runs. A file with a mistake changes nothing at all.
 */
import { compareConfigs, describeProblem, readConfig } from '../config.ts';
import type { Config } from '../config-schema.ts';
import type { ReloadView } from '../control/api.ts';
import { controlError } from '../control/errors.ts';
import type { WantedPeer } from '../net/wants.ts';
import type { DaemonContext } from './context.ts';

/** Throws ControlError `bad_config`, which names the first mistake. */
export function reload(context: DaemonContext): ReloadView {
  const reading = readConfig(context.configFile);
  if (!reading.ok) {
    const [problem] = reading.problems;
    const message = reading.problems.map(describeProblem).join('; ');
    context.logs.error('the configuration was not reloaded', { why: message });
    throw controlError('bad_config', { ...problem, message });
  }
  const { config: next } = reading;
  const { reload: changed, restart: needRestart } = compareConfigs(context.config, next);
  const taken = Object.fromEntries(changed.map((field) => [field, next[field]]));
  context.config = { ...context.config, ...taken };
  apply(context);
  context.logs.info('the configuration was reloaded', { changed, needRestart });
  return { changed, needRestart };
}

function apply({ config, logs, running }: DaemonContext): void {
  logs.level = config['log.level'];
  running?.links.want(wantedPeers(config));
  running?.discovery.setInterfaces(beaconInterfaces(config));
}

/** The configured peers as the links take them. */
export function wantedPeers(config: Config): readonly WantedPeer[] {
  return config.peers.map(({ address, node: key }) => ({ ...address, key }));
}

/** Where beacons go: nowhere while discovery is off. */
export function beaconInterfaces(config: Config): readonly string[] {
  return config['discovery.on'] ? config['discovery.interfaces'] : [];
}
