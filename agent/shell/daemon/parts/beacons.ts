/**
 * Beacons of this node and of others, and whoever has its key besides: discovery tells the links
 * whom they may dial, the watch for twins tells the operator.
 */

import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config-schema.ts';
import type { Engine } from '../../engine.ts';
import type { Logs } from '../../log/logs.ts';
import { type Address, isLinkLocal } from '../../net/address.ts';
import { Discovery, type DiscoveryCounts, type OwnBeacon } from '../../net/discovery.ts';
import type { NodeIdentity } from '../node-identity.ts';
import { beaconInterfaces } from '../wanted-peers.ts';
import { createTwinWatch, type TwinCounts } from './twin-watch.ts';

export interface Beacons {
  start(): void;
  /** Sends and listens on the interfaces that the configuration in force names. */
  reload(config: Config): void;
  counts(): Readonly<DiscoveryCounts>;
  twins(): TwinCounts;
  /** When one of another node was heard last, by the clock's `nowMs`. */
  readonly heardAtMs: number | undefined;
  stop(): void;
}

/** Whose beacons they are; a daemon's context. */
export interface BeaconsSetup {
  readonly config: Config;
  readonly identity: NodeIdentity;
  readonly clock: Clock;
  readonly logs: Logs;
}

export function createBeacons(setup: BeaconsSetup, { links, verify }: Engine): Beacons {
  const { identity, clock, logs, config } = setup;
  const where = {
    network: identity.network.id,
    interfaces: beaconInterfaces(config),
    port: config['discovery.port'],
    verify,
  };
  let heardAtMs: number | undefined;
  const discovery = new Discovery({
    ...where,
    own: ownBeacon(setup),
    onFound(found) {
      heardAtMs = clock.stamp().nowMs;
      links.found(found);
    },
    onInterface(name, problem) {
      if (problem === undefined) logs.info('beacons on an interface', { interface: name });
      else logs.warn('no beacons on an interface', { interface: name, problem });
    },
  });
  const twins = createTwinWatch({
    ...where,
    key: identity.signer.publicKey,
    nextCounter: () => discovery.nextCounter(),
    onTwin: (address) => logs.error('another node has the key of this one', { address }),
  });
  return {
    start() {
      discovery.start();
      twins.start();
    },
    reload(next) {
      const interfaces = beaconInterfaces(next);
      discovery.setInterfaces(interfaces);
      twins.setInterfaces(interfaces);
    },
    counts: () => discovery.counts(),
    twins: () => twins.counts(),
    get heardAtMs() {
      return heardAtMs;
    },
    stop() {
      twins.stop();
      discovery.stop();
    },
  };
}

/** What beacons say of this node; nothing is sent by one that neighbours could not connect to. */
function ownBeacon({ config, identity, clock }: BeaconsSetup): OwnBeacon | undefined {
  const address = config['listen.addresses'].find(isOnMesh);
  if (address === undefined) return undefined;
  return {
    signer: identity.signer,
    role: config.role,
    tlsPort: address.port,
    firstCounter: BigInt(clock.stamp().wallMs),
  };
}

/** Whether a neighbour's packet to a link-local address can arrive there. */
function isOnMesh({ host }: Address): boolean {
  return host === '::' || isLinkLocal(host);
}
