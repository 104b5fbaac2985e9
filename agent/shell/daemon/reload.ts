/**
 * SIGHUP and `meshpay reload`: reads the configuration again and puts in force what can change while
 * the node runs. A file with a mistake changes nothing at all.
 */
import { equalBytes } from '../../core/base/bytes.ts';
import { compareConfigs, describeProblem, readConfig } from '../config/config.ts';
import { type Config, DEFAULT_PORT } from '../config/config-schema.ts';
import type { ReloadView } from '../control/api.ts';
import { controlError } from '../control/errors.ts';
import type { WantedPeer } from '../net/wants.ts';
import { meshAddress } from '../radio/address.ts';
import { hasRadio } from '../radio/settings.ts';
import type { DaemonContext } from './context.ts';
import type { Identity } from './identity.ts';

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

function apply({ config, identity, logs, running }: DaemonContext): void {
  logs.level = config['log.level'];
  running?.engine.links.want(wantedPeers(config, identity));
  running?.beacons.reload();
}

/**
 * The configured peers as the links take them. On a mesh, every authority besides at the address that
 * follows from its key (core/base/address.ts), so that none has to be heard of first.
 */
export function wantedPeers(config: Config, { network, signer }: Identity): readonly WantedPeer[] {
  const configured = config.peers.map(({ address, node: key }) => ({ ...address, key }));
  if (!hasRadio(config)) return configured;
  const others = network.committee.members.filter(({ key }) => !equalBytes(key, signer.publicKey));
  const computed = others.map(({ key }) => {
    return { host: meshAddress(network.id, key), port: DEFAULT_PORT, key };
  });
  return [...configured, ...computed];
}

/** Where beacons go: over the mesh always, elsewhere only while discovery is on. */
export function beaconInterfaces(config: Config): readonly string[] {
  const configured = config['discovery.on'] ? config['discovery.interfaces'] : [];
  return [...new Set([...configured, ...(hasRadio(config) ? [config['radio.interface']] : [])])];
}
