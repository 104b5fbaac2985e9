/**
 * `meshpay-radio`: the small program that runs as root and owns the mesh interface, so that
 * `meshpayd` needs no right at all. It reads the same configuration, and knows nothing
 * of payments; command line, signals and the end of the process are here, the work is in radio/.
 *
 * SIGTERM and SIGINT end it and leave the mesh as it is. SIGHUP, SIGUSR1 and SIGUSR2 do nothing
 * (meshpay-radio.ts).
 */
import { parseArgs } from 'node:util';
import { describeFault, type Fault } from '../../platform/fault.ts';
import { Led } from '../../platform/led.ts';
import { HostRunner } from '../../platform/runner.ts';
import { Turns } from '../../platform/turns.ts';
import { RadioService, writeReport } from '../radio/service.ts';
import { SignLamp } from '../radio/sign.ts';
import { describeProblem, readConfig } from '../shell/config/config.ts';
import { radiosOf } from '../shell/config/config-radios.ts';
import { type Config, DEFAULT_CONFIG_FILE } from '../shell/config/config-schema.ts';
import { readServiceEnvironment } from '../shell/config/config-service.ts';
import { createServiceManager } from '../shell/daemon/notify.ts';
import { exitOf } from '../shell/daemon/start-failure.ts';
import { EXITS, type ExitName, exitStatus } from '../shell/exit-codes.ts';
import { standardOutput } from '../shell/log/log-output.ts';
import { createLogs } from '../shell/log/logs.ts';
import { gated, withBody } from '../shell/radio/body.ts';
import { askQuorum, hasQuorum } from '../shell/radio/quorum.ts';
import { RADIO_REPORT_FORMAT, uptimeMs } from '../shell/radio/report.ts';
import { hasRadio, type RadioSetup, readRadioSetups, remedyFor } from '../shell/radio/settings.ts';
import { VERSION } from '../shell/version.ts';
import { print, quit } from './ending.ts';

const PROGRAM = 'meshpay-radio';

const USAGE = `usage: meshpay-radio [--config FILE] [--check-config]
       meshpay-radio --version | --help

Brings up the mesh that the table [radio] of the configuration describes, and keeps it up, in the
foreground. It needs root; meshpayd does not.

  --config FILE   the configuration (default ${DEFAULT_CONFIG_FILE})
  --check-config  check the table [radio] and the files that it names, and end
  --version       print the version and end
  --help          print this and end

SIGTERM and SIGINT end it; the mesh stays up. "meshpay radio down" takes it down.
With radio.body = "none" there is nothing to do, and it ends with status 0.

Exit status:

${(['ok', 'usage', 'no_permission', 'config', 'internal'] as const)
  .map((name) => `  ${`${EXITS[name].status}`.padStart(3)}  ${EXITS[name].meaning}`)
  .join('\n')}
`;

const OPTIONS = {
  config: { type: 'string' },
  'check-config': { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

async function main(): Promise<void> {
  let options: ReturnType<typeof parseOptions>;
  try {
    options = parseOptions();
  } catch (error) {
    return quit(PROGRAM, 'usage', [
      (error as Error).message,
      'meshpay-radio --help tells what can be written.',
    ]);
  }
  if (options.help === true) return print(USAGE);
  if (options.version === true) return print(`meshpay-radio ${VERSION}\n`);
  const reading = readConfig(options.config ?? DEFAULT_CONFIG_FILE);
  if (!reading.ok) return quit(PROGRAM, 'config', reading.problems.map(describeProblem));
  const { config } = reading;
  if (!hasRadio(config)) {
    return print('meshpay-radio: radio.body is "none": there is no mesh to bring up\n');
  }
  const setup = readRadioSetups(config);
  if (!setup.ok) {
    // The node's doctor tells it too, long after this has ended.
    if (options['check-config'] !== true) await reportFaults(config, setup.faults);
    const denied = setup.faults.every(({ code }) => code === 'not_permitted');
    return quit(PROGRAM, denied ? 'no_permission' : 'config', setup.faults.map(inWords));
  }
  if (options['check-config'] === true) {
    for (const { notes } of setup.setups)
      for (const note of notes) process.stderr.write(`meshpay-radio: ${note}\n`);
    return;
  }
  if (process.getuid?.() !== 0) {
    return quit(PROGRAM, 'no_permission', [
      'user: expected root, who owns the radio, found another',
    ]);
  }
  await serve(config, setup.setups);
}

function parseOptions() {
  return parseArgs({ options: OPTIONS, strict: true, allowPositionals: false }).values;
}

async function serve(
  config: Config,
  setups: readonly [RadioSetup, ...RadioSetup[]],
): Promise<void> {
  const logs = createLogs({
    level: config['log.level'],
    node: config.name,
    output: standardOutput(),
    nowMs: () => performance.now(),
  });
  const end = (exit: ExitName): void => {
    logs.flush();
    process.exit(exitStatus(exit));
  };
  const fatal = (error: unknown): void => {
    logs.fatal('cannot go on', { error });
    end(exitOf(error));
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  const service = createServiceManager({
    environment: readServiceEnvironment(process.env),
    onError: (error) => logs.warn('the service manager was not told', { error }),
  });
  await withBody(config['radio.body'], async (platform) => {
    const faults: Fault[] = [];
    const turns = new Turns();
    const files = radiosOf(config).map((each) => each['radio.status_file']);
    const radios = setups.map((setup, i) => {
      const statusFile = files[i] ?? config['radio.status_file'];
      const warnings = () => (i === 0 ? faults : []);
      const log = logs;
      return new RadioService({
        platform: gated(platform),
        setup,
        statusFile,
        turns,
        log,
        warnings,
      });
    });
    const sign = signOf(config, radios, (found) => {
      faults.splice(0, faults.length, ...(found === undefined ? [] : [found]));
      if (found !== undefined) logs.warn('the sign is not shown', { why: describeFault(found) });
    });
    const asked = new Promise<string>((done) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, done);
    });
    logs.info('started', { version: VERSION, pid: process.pid, body: platform.kind });
    service.ready();
    for (const radio of radios) void radio.start().catch(fatal);
    sign?.start();
    const why = await asked;
    logs.info('ending; the mesh stays up', { why });
    sign?.stop();
    await Promise.all([...radios.map((radio) => radio.stop()), service.stopping()]);
  });
  end('ok');
}

/** The LED that the configuration names. */
function signOf(
  config: Config,
  radios: readonly { readonly hearsNeighbours: boolean }[],
  onFault: (found: Fault | undefined) => void,
): SignLamp | undefined {
  const name = config['radio.led'];
  if (name === null) return undefined;
  return new SignLamp({
    led: new Led(name),
    hearsNeighbours: () => radios.some(({ hearsNeighbours }) => hearsNeighbours),
    hasQuorum: async () => hasQuorum(await askQuorum(config['control.socket'])),
    onFault,
  });
}

async function reportFaults(config: Config, faults: readonly Fault[]): Promise<void> {
  await writeReport(new HostRunner(), config['radio.status_file'], {
    format: RADIO_REPORT_FORMAT,
    pid: process.pid,
    uptimeMs: uptimeMs(),
    sinceMs: uptimeMs(),
    state: 'waiting',
    body: config['radio.body'] === 'openwrt' ? 'openwrt' : 'linux',
    wanted: null,
    notes: [],
    faults,
    mesh: null,
    stations: [],
    paths: [],
    forgotten: [],
    nextTryMs: null,
    duplicates: { ofKey: [], ofHardware: [] },
    log: { lost: 0, fault: null },
  });
}

function inWords(fault: Fault): string {
  return `${describeFault(fault)}: ${remedyFor(fault)}`;
}

await main();
