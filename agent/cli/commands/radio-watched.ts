/**
 * What a command of the radio has to know of meshpay-radio beside it: whether it is there, and what
 * came of what it was asked for. So that no two programs work at one radio, it is there as long as
 * the process lives that wrote the report, however old the report is.
 */
import { existsSync } from 'node:fs';
import { replaceFile } from '../../../platform/file-writer.ts';
import { JOIN_TIMEOUT_MS, NETIFD_TIMEOUT_MS } from '../../../platform/limits.ts';
import { HostRunner } from '../../../platform/runner.ts';
import {
  askedFile,
  type RadioReading,
  type RadioReport,
  readRadioReport,
  uptimeMs,
} from '../../shell/radio/report.ts';
import type { Context } from '../command.ts';
import { failure } from '../failure.ts';
import { pause } from '../wait.ts';
import { faultsFailure } from './radio-host.ts';

/** What is under way on the slower host comes to its end, and then what was asked for. */
const UNIT_TIMEOUT_MS = 2 * Math.max(JOIN_TIMEOUT_MS, NETIFD_TIMEOUT_MS) + 30_000;
const LOOK_EVERY_MS = 250;
/** The kernel counts the age of a process in hundredths of a second. */
const AGE_SLACK_MS = 1_000;

type Reported = Extract<RadioReading, { readonly found: true }>;

/** Whether meshpay-radio runs and knows what is wanted. */
export async function isWatched(statusFile: string): Promise<boolean> {
  const reading = readRadioReport(statusFile);
  return reading.found && reading.report.wanted !== null && (await isAlive(reading));
}

/**
 * A number is given to another process in time: one that began after the report did not write it.
 */
async function isAlive({ report }: Reported): Promise<boolean> {
  const process = await new HostRunner().process(report.pid);
  if (process === undefined) return false;
  return uptimeMs() - process.ageMs <= report.uptimeMs + AGE_SLACK_MS;
}

/** Asks meshpay-radio to try now, and waits until it reports the state. Throws Failure. */
export async function watched(
  statusFile: string,
  { terminal, interrupt }: Pick<Context, 'terminal' | 'interrupt'>,
  state: 'up' | 'down',
): Promise<void> {
  const asked = askedFile(statusFile);
  replaceFile(asked, '', 0o644);
  const deadline = performance.now() + UNIT_TIMEOUT_MS;
  let last: RadioReport | undefined;
  while (performance.now() < deadline) {
    // In this order: the question is taken away after the first report that answers it.
    const isAnswer = !existsSync(asked);
    const reading = readRadioReport(statusFile);
    if (!reading.found || !(await isAlive(reading))) break;
    last = reading.report;
    if (isAnswer && last.state === state) return terminal.progress.clear();
    const [first, ...rest] = last.faults;
    if (isAnswer && last.state === 'waiting' && first !== undefined) {
      throw faultsFailure([first, ...rest]);
    }
    terminal.progress.show(`Waiting for the mesh: ${last.state}...`);
    await pause(LOOK_EVERY_MS);
    if (interrupt.aborted) throw failure('interrupted');
  }
  const found = last === undefined ? 'no report' : last.state;
  throw failure('radio_failed', {
    field: 'meshpay-radio',
    expected: `the mesh ${state}`,
    found,
  });
}
