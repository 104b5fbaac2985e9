/**
 * What the parts of a running daemon share. It is made in daemon.ts and handed to those that answer
 * questions about it; they change nothing here.
 */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config-schema.ts';
import type { OpeningView } from '../control/api.ts';
import { type ControlError, controlError } from '../control/errors.ts';
import type { Engine } from '../engine.ts';
import type { Logs } from '../log/logs.ts';
import type { Damage } from '../store/damage.ts';
import type { Counters } from './counters.ts';
import type { Events } from './followers.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { Beacons } from './parts/beacons.ts';
import type { ServedLedger } from './parts/ledgers.ts';
import type { Readiness } from './readiness.ts';
import type { RollCall } from './roll-call.ts';

export interface DaemonContext {
  readonly configFile: string;
  /** The configuration in force: a reload replaces it. */
  config: Config;
  readonly identity: NodeIdentity;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly counters: Counters;
  readonly events: Events;
  readonly readiness: Readiness;
  /** What members answered that were asked whether they are there. */
  readonly rollCall: RollCall;
  /** The latest wall time that this node's files prove, milliseconds since 1970. */
  readonly knownPastMs: number;
  /** The outer ledgers that this node serves; none before they are opened. */
  readonly ledgers: readonly ServedLedger[];
  /** What is done before the node takes part; undefined when that is over. */
  readonly opening: OpeningView | undefined;
  /** What is wrong with the store, as far as it is known. */
  readonly damage: readonly Damage[];
  /** Undefined while the node starts, and where its store is damaged: it then takes no part. */
  readonly running: Running | undefined;
}

/** Why a node that is not running cannot answer. */
export function notRunning({ opening }: Pick<DaemonContext, 'opening'>): ControlError {
  return controlError(opening === undefined ? 'store_damaged' : 'starting');
}

/** The parts of a node that takes part. */
export interface Running {
  readonly engine: Engine;
  readonly beacons: Beacons;
}
