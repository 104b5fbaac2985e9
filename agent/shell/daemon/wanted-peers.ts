/** Where other nodes are looked for, as the configuration says. */
import { equalBytes } from '../../core/base/bytes.ts';
import { radiosOf } from '../config/config-radios.ts';
import { type Config, DEFAULT_PORT } from '../config/config-schema.ts';
import type { WantedPeer } from '../net/wants.ts';
import { meshAddress } from '../radio/address.ts';
import { hasRadio } from '../radio/settings.ts';
import type { NodeIdentity } from './node-identity.ts';

/**
 * The configured peers as the links take them. On a mesh, every authority besides at the address
 * that follows from its key (core/base/address.ts), so that none has to be heard of first.
 */
export function wantedPeers(
  config: Config,
  { network, signer }: NodeIdentity,
): readonly WantedPeer[] {
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
  return [
    ...new Set([
      ...configured,
      ...(hasRadio(config) ? radiosOf(config).map((radio) => radio['radio.interface']) : []),
    ]),
  ];
}
