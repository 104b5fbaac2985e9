/** What `meshpay doctor` says of the machine and this process on it: clock, memory, log. */
import type { CheckView } from '../../control/check.ts';
import type { DaemonContext } from '../context.ts';
import { isClockTrusted } from '../wall-clock.ts';
import { found, well } from './finding.ts';
import { judgeLog } from './log-check.ts';

/** What a router of 128 MiB can spare. */
const HIGH_MEMORY_BYTES = 96 * 1024 * 1024;

export function checkClock({ clock, knownPastMs }: DaemonContext): CheckView {
  const { wallMs } = clock.stamp();
  const shown = new Date(wallMs).toISOString();
  if (isClockTrusted(wallMs, knownPastMs)) return well('clock', `the clock shows ${shown}`);
  const what = `the clock shows ${shown}, but files of this node are from ${new Date(knownPastMs).toISOString()}`;
  const mend = 'Set the clock. Payments do not depend on it, but dates shown are wrong.';
  return found('clock', 'warn', what, mend);
}

export function checkMemory(): CheckView {
  const resident = process.memoryUsage.rss();
  const what = `${Math.round(resident / 1024 / 1024)} MiB are resident`;
  if (resident < HIGH_MEMORY_BYTES) return well('memory', what);
  const mend = 'Start it with the V8 options of the service unit, or lower limits.anonymous_links.';
  return found('memory', 'warn', what, mend);
}

export function checkLog({ logs }: DaemonContext): CheckView {
  return judgeLog('log', logs.health);
}
