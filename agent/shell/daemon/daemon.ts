/**
 * A node as a process: brings the parts up in order and takes them down in reverse.
 *
 *   control socket -> ledgers -> store, what votes depend on checked -> engine -> beacons
 *
 * Damage. A store that is not what was written makes the node tell so and take no part: it does not
 * vote, does not listen, does not dial; only the control socket is up, so that `meshpay status` and
 * `meshpay doctor` show what is wrong. Staying up is better than ending in a loop of restarts,
 * where nobody reads why. Who wants the process to end instead says `--strict`. The same when the
 * scrub finds damage while the node works: it leaves, and is damaged at every start from then on.
 *
 * A fault while running (a failed commit, a record that changed on disk, a broken invariant) ends
 * the process: better down than wrong. `onFatal` is told, and must end it.
 */
import type { Read } from '../../core/io.ts';
import { judgedBy, numberOf } from '../../core/views.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config-schema.ts';
import type { OpeningView } from '../control/api.ts';
import { ControlError } from '../control/errors.ts';
import { type Engine, type EngineOptions, openEngine } from '../engine.ts';
import type { Logs } from '../log/logs.ts';
import { type Damage, describeDamage } from '../store/damage.ts';
import { refuseHeld } from '../store/holder.ts';
import { storePaths } from '../store/layout.ts';
import { type Closers, createClosers } from './closers.ts';
import type { DaemonContext, Running } from './context.ts';
import { createCounters } from './counters.ts';
import { createEvents } from './followers.ts';
import type { NodeIdentity } from './node-identity.ts';
import { ownStore } from './owner.ts';
import { serveControl } from './parts/control.ts';
import { closeLedgers, deskOf, openLedgers, type ServedLedger } from './parts/ledgers.ts';
import { createReadiness } from './readiness.ts';
import { reload } from './reload.ts';
import { RollCall } from './roll-call.ts';
import { StartFailure } from './start-failure.ts';
import { engineOptions, takePart } from './take-part.ts';
import { latestChangeMs } from './wall-clock.ts';

export interface DaemonSetup {
  readonly config: Config;
  readonly configFile: string;
  readonly identity: NodeIdentity;
  readonly logs: Logs;
  /** End instead of serving the control socket alone when the store is damaged. */
  readonly strict: boolean;
  /** How the opening of the store gets on: whoever waits for the node may wait longer. */
  readonly onOpening?: (opening: OpeningView) => void;
  /** The node cannot go on; the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** Somebody asked for a stop over the control socket. */
  readonly onStop: () => void;
}

export interface Daemon {
  /** Whether the node takes part; otherwise its store is damaged. */
  readonly takesPart: boolean;
  /** Reads the configuration again; a mistake in it is logged and changes nothing. */
  reload(): void;
  /** Takes everything down in order. */
  stop(): Promise<void>;
}

/**
 * Brings a node up. Rejects with StartFailure, StoreError, or an error of the system; whatever was
 * up by then is down again.
 */
export async function startDaemon(setup: DaemonSetup): Promise<Daemon> {
  const closers = createClosers((error) => setup.logs.error('not closed cleanly', { error }));
  try {
    const context = await bringUp(setup, closers);
    return {
      takesPart: context.running !== undefined,
      reload: () => reloadOrLog(context),
      stop: () => {
        context.readiness.stopping();
        return closers.close();
      },
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function bringUp(setup: DaemonSetup, closers: Closers): Promise<DaemonContext> {
  const { config, onStop } = setup;
  const folder = config['store.folder'];
  const context = createContext(setup);
  await refuseHeld(folder);
  const control = await serveControl(context, onStop);
  closers.add(() => control.close());
  const { network } = context.identity;
  let state = (): Read | undefined => undefined;
  const { clock, logs } = context;
  const { publicKey: key } = context.identity.signer;
  const around = { config, network, key, clock, logs };
  context.ledgers = await openLedgers({ ...around, state: () => state() });
  closers.add(() => closeLedgers(context.ledgers));
  const desk = deskOf(context.ledgers);
  const opened = await openEngine(engineOptions(context, desk, watchOf(setup, context)), {
    folder,
    allowVolatile: config['store.allow_volatile'],
    onProgress(done, of) {
      context.opening = { what: 'checking what votes depend on', done, of: of ?? null };
      setup.onOpening?.(context.opening);
    },
  });
  if (opened.state === 'refused') throw opened.error;
  if (opened.state === 'damaged') {
    closers.add(() => opened.reader?.close());
    becomeDamaged(setup, context, opened.damage);
  } else {
    const { engine } = opened;
    state = () => engine.read;
    await begin(setup, context, engine, closers);
    desk.listen((answer) => engine.tell(answer));
  }
  context.opening = undefined;
  return context;
}

/** Takes part with a store in which all that votes depend on is whole. */
async function begin(
  { logs }: DaemonSetup,
  context: ContextInTheMaking,
  engine: Engine,
  closers: Closers,
): Promise<void> {
  closers.add(async () => {
    const result = await engine.stop();
    if (result !== 'clean') logs.error('the loop did not end cleanly', { result });
  });
  await ownStore(context, engine.store);
  const running = await takePart(context, engine);
  closers.add(() => running.beacons.stop());
  context.running = running;
  context.readiness.started();
}

/** What becomes of the daemon when its engine fails while it runs. */
function watchOf(
  setup: DaemonSetup,
  context: ContextInTheMaking,
): Pick<EngineOptions, 'onDamage' | 'onFatal'> {
  const { onFatal } = setup;
  return {
    onFatal,
    onDamage(damage) {
      const { running } = context;
      try {
        becomeDamaged(setup, context, damage);
        running?.beacons.stop();
        running?.engine.leave().catch(onFatal);
      } catch (error) {
        onFatal(error);
      }
    },
  };
}

/** From here on the node takes no part. Throws StartFailure where it is to end instead. */
function becomeDamaged(
  setup: DaemonSetup,
  context: ContextInTheMaking,
  damage: readonly Damage[],
): void {
  // First, since it may be why the process ends: nobody is to see the node in another state.
  tellDamage(setup, damage.map(describeDamage));
  context.damage = damage;
  context.running = undefined;
  context.readiness.damaged();
}

type ContextInTheMaking = DaemonContext & {
  running: Running | undefined;
  damage: readonly Damage[];
  opening: OpeningView | undefined;
  ledgers: readonly ServedLedger[];
};

function createContext({ config, configFile, identity, logs }: DaemonSetup): ContextInTheMaking {
  // The committee is that of the state as soon as there is one.
  const network = judgedBy(identity.network, () => context.running?.engine.read);
  const clock = systemClock();
  const { log } = storePaths(config['store.folder']);
  const events = createEvents(() => clock.stamp().wallMs);
  const readiness = createReadiness({
    get self() {
      return context.identity.member;
    },
    members: () => network.committee.members,
    onChange(from, to) {
      logs.info('state', { from, to });
      events.publish(() => ({ kind: 'state', from, to }));
    },
  });
  const context: ContextInTheMaking = {
    configFile,
    config,
    identity: {
      ...identity,
      network,
      get member() {
        if (config.role === 'relay') return undefined;
        return numberOf(network, identity.signer.publicKey);
      },
    },
    logs,
    clock,
    startedMs: clock.stamp().nowMs,
    counters: createCounters(),
    events,
    readiness,
    rollCall: new RollCall(),
    knownPastMs: latestChangeMs([configFile, config.genesis, config.node_key, log]),
    damage: [],
    ledgers: [],
    opening: { what: 'opening the store', done: 0, of: null },
    running: undefined,
  };
  return context;
}

function tellDamage({ config, logs, strict }: DaemonSetup, damage: readonly string[]): void {
  logs.fatal('the stored state is damaged: this node takes no part', {
    folder: config['store.folder'],
    damage,
  });
  if (!strict) return;
  throw new StartFailure('store_damaged', `${config['store.folder']}: ${damage.join('; ')}`);
}

function reloadOrLog(context: DaemonContext): void {
  try {
    reload(context);
  } catch (error) {
    // `reload` has logged what is wrong with the configuration; the old one stays in force.
    if (!(error instanceof ControlError)) throw error;
  }
}
