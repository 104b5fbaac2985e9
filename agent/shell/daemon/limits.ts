/** Bounds of the daemon's opening. */
import { invariant } from '../../core/base/assert.ts';

/** How often a service manager hears how the opening gets on, and how much longer it then waits. */
export const TELL_OPENING_MS = 10_000;
export const EXTEND_START_MS = 60_000;

invariant(2 * TELL_OPENING_MS < EXTEND_START_MS, 'more time is asked for before it is over');
