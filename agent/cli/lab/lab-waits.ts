/** Waiting for what several daemons of a lab have come to. */
import { beside } from '../../wallet/until.ts';
import { failure } from '../failure.ts';
import { duration } from '../render/text.ts';
import { pause } from '../wait.ts';
import type { Lab } from './lab.ts';

const WITHIN_MS = 30_000;
const POLL_MS = 20;

/** Looks until there is something. Throws Failure when it does not come, or a daemon has ended. */
export async function untilThere<T>(
  lab: Lab,
  look: () => Promise<T | undefined>,
  { what, signal }: { readonly what: string; readonly signal: AbortSignal },
): Promise<T> {
  const begun = performance.now();
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (signal.aborted) throw failure('interrupted');
    if (performance.now() - begun > WITHIN_MS) {
      const expected = `${what} within ${duration(WITHIN_MS)}`;
      throw failure('lab_failed', { field: 'demo', expected, found: 'nothing of it' });
    }
    await beside(lab.watchers, pause(POLL_MS));
  }
}

/** Waits until all authorities hold the same ledger. */
export async function untilEqual(lab: Lab, signal: AbortSignal): Promise<void> {
  const look = async () => (await lab.isEqual()) || undefined;
  await untilThere(lab, look, { what: 'the same digest everywhere', signal });
}
