/**
 * What the parts of a running daemon share. It is made in daemon.ts and handed to those that answer
 * questions about it; they change nothing here.
 */
import type { Read } from '../../core/io.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config-schema.ts';
import type { Logs } from '../logs.ts';
import type { Loop } from '../loop.ts';
import type { Discovery } from '../net/discovery.ts';
import type { Links } from '../net/links.ts';
import type { Damage } from '../store/damage.ts';
import type { Store } from '../store/store.ts';
import type { Counters } from './counters.ts';
import type { Events } from './events.ts';
import type { Identity } from './identity.ts';
import type { Listeners } from './listeners.ts';
import type { Progress } from './progress.ts';
import type { TwinWatch } from './twin-watch.ts';

export interface DaemonContext {
  readonly configFile: string;
  /** The configuration in force: a reload replaces it. */
  config: Config;
  readonly identity: Identity;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly counters: Counters;
  readonly events: Events;
  readonly progress: Progress;
  readonly listeners: Listeners;
  /** The latest wall time that this node's files prove, milliseconds since 1970. */
  readonly knownPastMs: number;
  /** What is wrong with the store; empty for a sound one. */
  readonly damage: readonly Damage[];
  /** Undefined where the store is damaged: the node then takes no part. */
  readonly running: Running | undefined;
}

/** The parts of a node that takes part. */
export interface Running {
  readonly store: Store;
  readonly loop: Loop;
  readonly links: Links;
  readonly discovery: Discovery;
  readonly twins: TwinWatch;
  /** When a beacon was heard last, by the clock's `nowMs`. */
  readonly heardAtMs: number | undefined;
  /** The state as of the last step. */
  readonly read: Read;
}
