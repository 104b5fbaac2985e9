/**
 * `meshpayd`: command line, signals, and the end of the process; nothing else may end it. What a
 * node does is in shell/daemon/daemon.ts.
 *
 * SIGTERM and SIGINT stop it in order, and by force after STOP_TIMEOUT_MS. SIGHUP reads the
 * configuration again. SIGUSR1 and SIGUSR2 do nothing (meshpayd.ts).
 */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { harmlessLines } from '../core/base/characters.ts';
import {
  type ConfigProblem,
  describeProblem,
  readConfig,
  writeConfig,
} from '../shell/config/config.ts';
import { type Config, DEFAULT_CONFIG_FILE } from '../shell/config/config-schema.ts';
import { readServiceEnvironment } from '../shell/config/config-service.ts';
import type { OpeningView } from '../shell/control/api.ts';
import { type Daemon, startDaemon } from '../shell/daemon/daemon.ts';
import { TELL_OPENING_MS } from '../shell/daemon/limits.ts';
import { type NodeIdentity, readIdentity } from '../shell/daemon/node-identity.ts';
import { createServiceManager, type ServiceManager } from '../shell/daemon/notify.ts';
import { describeFailure, exitOf } from '../shell/daemon/start-failure.ts';
import { usageText } from '../shell/daemon/usage.ts';
import { openingText } from '../shell/daemon/voting-view.ts';
import { type ExitName, exitStatus } from '../shell/exit-codes.ts';
import { hashNatively } from '../shell/hash.ts';
import { STOP_TIMEOUT_MS } from '../shell/limits.ts';
import { standardOutput } from '../shell/log/log-output.ts';
import { createLogs, type Logs } from '../shell/log/logs.ts';
import { VERSION } from '../shell/version.ts';
import { print, quit } from './ending.ts';

const PROGRAM = 'meshpayd';

/** What the command line asks for. */
type Task =
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'quit'; readonly exit: ExitName; readonly message: string }
  | {
      readonly kind: 'run';
      readonly config: Config;
      readonly configFile: string;
      readonly identity: NodeIdentity;
      readonly strict: boolean;
    };

const OPTIONS = {
  config: { type: 'string' },
  'check-config': { type: 'boolean' },
  strict: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

function readTask(): Task {
  let options: ReturnType<typeof parseOptions>;
  try {
    options = parseOptions();
  } catch (error) {
    const message = `${(error as Error).message}\nmeshpayd --help tells what can be written.`;
    return { kind: 'quit', exit: 'usage', message };
  }
  if (options.help === true) return { kind: 'print', text: usageText() };
  if (options.version === true) return { kind: 'print', text: `meshpayd ${VERSION}\n` };

  const { config: file = DEFAULT_CONFIG_FILE, strict = false } = options;
  const reading = readConfig(file);
  if (!reading.ok) return wrongConfig(reading.problems);
  const configFile = resolve(file);
  const { config } = reading;
  const identified = readIdentity(config, configFile);
  if (!identified.ok) return wrongConfig(identified.problems);
  if (options['check-config'] === true) return { kind: 'print', text: writeConfig(config) };
  return { kind: 'run', config, configFile, identity: identified.identity, strict };
}

function parseOptions() {
  return parseArgs({ options: OPTIONS, strict: true, allowPositionals: false }).values;
}

function wrongConfig(problems: readonly ConfigProblem[]): Task {
  return { kind: 'quit', exit: 'config', message: problems.map(describeProblem).join('\n') };
}

/** Starts the node, and sees to it that the process ends whatever happens. */
async function run(task: Extract<Task, { kind: 'run' }>): Promise<void> {
  const logs = createLogs({
    level: task.config['log.level'],
    node: task.config.name,
    output: standardOutput(),
    nowMs: () => performance.now(),
  });
  const service = createServiceManager({
    environment: readServiceEnvironment(process.env),
    onError: (error) => logs.warn('the service manager was not told', { error }),
  });
  let daemon: Daemon | undefined;
  let isStopping = false;
  /** The configuration may have changed since it was read for the start. */
  let isReloadDue = false;

  const fatal = (error: unknown): void => {
    logs.fatal('cannot go on', { error });
    end(logs, exitOf(error));
  };
  const stop = (why: string): void => {
    if (isStopping) return;
    isStopping = true;
    logs.info('stopping', { why });
    const told = service.stopping();
    setTimeout(() => {
      logs.error('the stop took too long and was cut short');
      end(logs, 'failure');
    }, STOP_TIMEOUT_MS).unref();
    // Until it is up, there is nothing to take down that the next start does not cope with.
    const stopped = daemon?.stop() ?? Promise.resolve();
    Promise.all([stopped, told]).then(() => {
      logs.info('stopped');
      end(logs, 'ok');
    }, fatal);
  };

  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGHUP', () => {
    if (daemon === undefined) isReloadDue = true;
    else daemon.reload();
  });

  try {
    const onStop = (): void => stop('asked over the control socket');
    const onOpening = openingTeller(service, logs);
    daemon = await startDaemon({ ...task, logs, onOpening, onFatal: fatal, onStop });
  } catch (error) {
    const exit = exitOf(error);
    if (exit === 'internal') fatal(error);
    logs.flush();
    quit(PROGRAM, exit, harmlessLines(describeFailure(error)).split('\n'));
    return;
  }
  logs.info('started', { version: VERSION, pid: process.pid, takesPart: daemon.takesPart });
  service.status(daemon.takesPart ? 'takes part' : 'the stored state is damaged');
  service.ready();
  if (isReloadDue) daemon.reload();
}

/** Tells who waits for the node how its opening gets on, from time to time. */
function openingTeller(service: ServiceManager, logs: Logs): (opening: OpeningView) => void {
  let toldMs = performance.now();
  return (opening) => {
    if (performance.now() - toldMs < TELL_OPENING_MS) return;
    toldMs = performance.now();
    logs.info('opening the store', { ...opening });
    service.starting(openingText(opening));
  };
}

function end(logs: Logs, exit: ExitName): void {
  logs.flush();
  process.exit(exitStatus(exit));
}

hashNatively();
const task = readTask();
if (task.kind === 'print') print(task.text);
else if (task.kind === 'quit') {
  quit(PROGRAM, task.exit, harmlessLines(task.message).split('\n'));
} else void run(task);
