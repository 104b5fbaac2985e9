/**
 * What `meshpay doctor` asks the daemon: each check looks at one thing and, where it is not well,
 * says what mends it. A check changes nothing.
 */
import type { DoctorView } from '../../control/api.ts';
import { type CheckView, worstVerdict } from '../../control/check.ts';
import type { DaemonContext } from '../context.ts';
import { checkClock, checkLog, checkMemory } from './host-checks.ts';
import {
  checkDiscovery,
  checkFraud,
  checkLedgers,
  checkListening,
  checkQuorum,
  checkTwins,
} from './network-checks.ts';
import { radioChecks } from './radio-checks.ts';
import { checkDisk, checkMark, checkStore, checkVoting } from './store-checks.ts';

type Check = (context: DaemonContext) => CheckView;

const CHECKS: readonly Check[] = [
  checkStore,
  checkVoting,
  checkMark,
  checkDisk,
  checkQuorum,
  checkLedgers,
  checkListening,
  checkDiscovery,
  checkTwins,
  checkClock,
  checkMemory,
  checkLog,
  checkFraud,
];

export function doctorView(context: DaemonContext): DoctorView {
  const checks = [...CHECKS.map((check) => check(context)), ...radioChecks(context)];
  return { checks, verdict: worstVerdict(checks.map(({ verdict }) => verdict)) };
}
