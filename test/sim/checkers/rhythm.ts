/**
 * Checker `liveness`, while faults last: nobody who has something to do lets long pauses come
 * between two attempts, whatever happened before. An authority compares its ledger with the
 * others', a wallet repeats the order that it pursues, and spreads the last certificate. Whether
 * all comes to an end is judged in the end (ending.ts), when enough else happens to hide that
 * somebody sleeps.
 */
import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import type { Event, Stamp, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';

/** Where a wallet keeps its live order. */
const LIVE_ORDER = 'L' as ByteKey;
/** The longest pauses: between two rounds of catch-up, and between two attempts of a wallet. */
const MOST_OF_AN_AUTHORITY_MS = 5_000;
const MOST_OF_A_WALLET_MS = 10_000;

export class Rhythm implements Watcher {
  stepped(process: Process, _event: Event, step: Step, stamp: Stamp): void {
    const { role, name } = process;
    if (role !== 'authority' && role !== 'wallet') return;
    if (step.wakeAtMs === undefined) {
      if (role === 'wallet' && !isPursuing(process, step)) return;
      throw new Violation('liveness', `${name} does not want to wake up again`);
    }
    const pauseMs = step.wakeAtMs - stamp.nowMs;
    if (pauseMs <= (role === 'authority' ? MOST_OF_AN_AUTHORITY_MS : MOST_OF_A_WALLET_MS)) return;
    throw new Violation('liveness', `${name} wants to sleep for ${pauseMs} ms`);
  }
}

/** Whether a wallet has a live order after this step. */
function isPursuing(process: Process, step: Step): boolean {
  const written = step.writes.findLast(({ key }) => key === LIVE_ORDER);
  if (written !== undefined) return written.value !== undefined;
  return process.disk.live.has(LIVE_ORDER);
}
