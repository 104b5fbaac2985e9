/**
 * Timers: a row each, with the part that owns it (core/part.ts) and what is due. Everything else
 * follows from the rows: the record, when a node is woken, and that the part has what to do then.
 */
import type { Coder } from './coder.ts';
import { u64 } from './numbers.ts';
import { optional, struct } from './parts.ts';

export const TIMERS = {
  sync: { part: 'catchUp', due: 'the next round of comparing ledgers' },
  vouch: { part: 'firstStart', due: 'to ask again who vouches for this first start' },
  gateway: { part: 'gateway', due: 'the next look at withdrawals that are not finished' },
  agree: { part: 'agreement', due: 'the end of a wait in an agreement, or to tell it again' },
  epoch: { part: 'epochs', due: 'to tell and ask again what the end of an epoch needs' },
  epochBegan: { part: 'chain', due: 'another committee' },
  closing: { part: 'closing', due: 'to tell again what was stated, or to decide on it' },
  asking: { part: 'wallet', due: 'to ask again about a payment that is not signed yet' },
  retry: { part: 'wallet', due: 'the next attempt at what this wallet has signed' },
  heartbeat: { part: 'presence', due: 'the next heartbeat' },
} as const satisfies Readonly<Record<string, { readonly part: string; readonly due: string }>>;

export type TimerName = keyof typeof TIMERS;
/** The timers of a part. */
export type TimersOf<Part> = {
  [N in TimerName]: (typeof TIMERS)[N]['part'] extends Part ? N : never;
}[TimerName];

export const TIMER_NAMES = Object.keys(TIMERS) as readonly TimerName[];

/** When things are due, as `nowMs`. In memory. */
export type Timers = { readonly [N in TimerName]: bigint | undefined };

export const timersCoder: Coder<Timers> = struct<Timers>(
  Object.fromEntries(TIMER_NAMES.map((name) => [name, optional(u64)])) as {
    readonly [N in TimerName]: Coder<bigint | undefined>;
  },
);

/** No timer is set. */
export const NO_TIMERS = Object.fromEntries(TIMER_NAMES.map((name) => [name, undefined])) as Timers;
