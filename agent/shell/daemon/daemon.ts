/**
 * A node as a process: brings the parts up in order and takes them down in reverse.
 *
 *   control socket -> store, what votes depend on checked -> loop -> links -> discovery -> scrub
 *
 * Damage. A store that is not what was written makes the node tell so and take no part: it does not
 * vote, does not listen, does not dial; only the control socket is up, so that `meshpay status` and
 * `meshpay doctor` show what is wrong. Staying up is better than ending in a loop of restarts, where
 * nobody reads why. Who wants the process to end instead says `--strict`. The same when the scrub
 * finds damage while the node works: it leaves, and is damaged at every start from then on.
 *
 * A fault while running (a failed commit, a record that changed on disk, a broken invariant) ends
 * the process: better down than wrong. `onFatal` is told, and must end it.
 */
import { equalBytes } from '../../core/base/bytes.ts';
import { nameOf } from '../../core/base/names.ts';
import { networkOf } from '../../core/views.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config-schema.ts';
import type { OpeningView } from '../control/api.ts';
import { ControlError } from '../control/errors.ts';
import { type ControlServer, startControlServer } from '../control/server.ts';
import { clearSocketPath, findGroup } from '../control/socket-file.ts';
import type { Logs } from '../log/logs.ts';
import { type Damage, describeDamage } from '../store/damage.ts';
import { refuseHeld } from '../store/holder.ts';
import { errnoOf, storePaths } from '../store/layout.ts';
import { openStore } from '../store/open.ts';
import { startScrub } from '../store/scrubber.ts';
import type { Store, StoreReader } from '../store/store.ts';
import { latestChangeMs } from './clock.ts';
import { type Closers, createClosers } from './closers.ts';
import type { DaemonContext, Running } from './context.ts';
import { createCounters } from './counters.ts';
import { createEvents } from './events.ts';
import { claimStore, unusedMarkOf } from './first-start.ts';
import { controlHandlers } from './handlers.ts';
import type { Identity } from './identity.ts';
import { createListeners } from './listeners.ts';
import { createProgress } from './progress.ts';
import { reload } from './reload.ts';
import { exitOf, StartFailure } from './start-failure.ts';
import { takePart } from './take-part.ts';

export interface DaemonSetup {
  readonly config: Config;
  readonly configFile: string;
  readonly identity: Identity;
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
        context.progress.stopping();
        return closers.close();
      },
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function bringUp(setup: DaemonSetup, closers: Closers): Promise<DaemonContext> {
  const { config, configFile } = setup;
  const groupId = groupOf(config);
  const { log } = storePaths(config['store.folder']);
  const knownPastMs = latestChangeMs([configFile, config.genesis, config.node_key, log]);
  const context = createContext(setup, knownPastMs);
  await refuseHeld(config['store.folder']);
  await clearSocket(config);
  const control = await serveControl(setup, context, groupId);
  closers.add(() => control.close());
  const opened = await openStore({
    folder: config['store.folder'],
    allowVolatile: config['store.allow_volatile'],
    onProgress(done, of) {
      context.opening = { what: 'checking what votes depend on', done, of: of ?? null };
      setup.onOpening?.(context.opening);
    },
  });
  if (opened.state === 'refused') throw opened.error;
  closers.add(() => (opened.state === 'damaged' ? opened.reader : opened.store)?.close());
  if (opened.state === 'damaged') becomeDamaged(setup, context, opened.damage);
  else await begin(setup, context, opened.store, closers);
  context.opening = undefined;
  return context;
}

/** Takes part with a store in which all that votes depend on is whole, and scrubs the rest. */
async function begin(
  setup: DaemonSetup,
  context: ContextInTheMaking,
  store: Store,
  closers: Closers,
): Promise<void> {
  const { logs, onFatal } = setup;
  checkStoreNetwork(setup, store);
  await claimOrRefuse(setup, store);
  const parts = createClosers((error) => logs.error('not closed cleanly', { error }));
  closers.add(() => parts.close());
  context.running = await takePart({ context, store, closers: parts, onFatal });
  context.progress.started();
  const scrub = startScrub(store, {
    onError: onFatal,
    onDamage(damage) {
      try {
        becomeDamaged(setup, context, damage);
        parts.close().catch(onFatal);
      } catch (error) {
        onFatal(error);
      }
    },
  });
  closers.add(() => scrub.stop());
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
  context.progress.damaged();
}

type ContextInTheMaking = DaemonContext & {
  running: Running | undefined;
  damage: readonly Damage[];
  opening: OpeningView | undefined;
};

function createContext(
  { config, configFile, identity, logs }: DaemonSetup,
  knownPastMs: number,
): ContextInTheMaking {
  const clock = systemClock();
  const events = createEvents(() => clock.stamp().wallMs);
  const progress = createProgress({
    self: identity.member,
    memberCount: identity.network.committee.members.length,
    onChange(from, to) {
      logs.info('state', { from, to });
      events.publish(() => ({ kind: 'state', from, to }));
    },
  });
  return {
    configFile,
    config,
    identity,
    logs,
    clock,
    startedMs: clock.stamp().nowMs,
    counters: createCounters(),
    events,
    listeners: createListeners(),
    progress,
    knownPastMs,
    damage: [],
    opening: { what: 'opening the store', done: 0, of: null },
    running: undefined,
  };
}

/** The group that may use the control socket, if one is configured. */
function groupOf(config: Config): number | undefined {
  const group = config['control.group'];
  const groupId = group === null ? undefined : findGroup(group);
  if (typeof groupId === 'object') throw socketFailure(groupId);
  return groupId;
}

/** Makes way for the control socket, before anybody can reach the node. */
async function clearSocket(config: Config): Promise<void> {
  const problem = await clearSocketPath(config['control.socket']);
  if (problem !== undefined) throw socketFailure(problem);
}

function socketFailure(problem: {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}): StartFailure {
  const { field, expected, found } = problem;
  return new StartFailure('config', `${field}: expected ${expected}, found ${found}`);
}

/** A store that was begun on another network has nothing to do with this one. */
function checkStoreNetwork({ config, identity }: DaemonSetup, store: StoreReader): void {
  const stored = networkOf(store);
  if (stored === undefined || equalBytes(stored, identity.network.id)) return;
  const expected = `the network of the ledger in ${config['store.folder']}`;
  const found = `${nameOf('network', identity.network.id)} in ${config.genesis}`;
  throw new StartFailure(
    'config',
    `genesis: expected ${expected}, ${nameOf('network', stored)}, found ${found}`,
  );
}

/** The ledger of one key is never continued with another. */
async function claimOrRefuse({ config, identity, logs }: DaemonSetup, store: Store): Promise<void> {
  const { other, markStays } = await claimStore(store, {
    publicKey: identity.signer.publicKey,
    keyFile: config.node_key,
    isAuthority: identity.member !== undefined,
  });
  if (markStays !== undefined) {
    const mark = unusedMarkOf(config.node_key);
    logs.info('the mark of an unused key is left to whoever owns its folder', { mark, markStays });
  }
  if (other === undefined) return;
  const found = `${nameOf('node', identity.signer.publicKey)} in ${config.node_key}`;
  const expected = `the key of the ledger in ${config['store.folder']}, ${other}`;
  throw new StartFailure('config', `node_key: expected ${expected}, found ${found}`);
}

function tellDamage({ config, logs, strict }: DaemonSetup, damage: readonly string[]): void {
  logs.fatal('the stored state is damaged: this node takes no part', {
    folder: config['store.folder'],
    damage,
  });
  if (!strict) return;
  throw new StartFailure('store_damaged', `${config['store.folder']}: ${damage.join('; ')}`);
}

async function serveControl(
  { config, logs, onStop }: DaemonSetup,
  context: DaemonContext,
  groupId: number | undefined,
): Promise<ControlServer> {
  const path = config['control.socket'];
  try {
    return await startControlServer({
      path,
      groupId,
      handlers: controlHandlers(context, onStop),
      onFault: (error, method) => logs.error('a control request failed', { method, error }),
    });
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    const text = `control.socket: expected a path where a socket can be made, found ${code} at ${path}`;
    throw new StartFailure(exitOf(error), text);
  }
}

function reloadOrLog(context: DaemonContext): void {
  try {
    reload(context);
  } catch (error) {
    // `reload` has logged what is wrong with the configuration; the old one stays in force.
    if (!(error instanceof ControlError)) throw error;
  }
}
