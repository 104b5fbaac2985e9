/** Payments over a world of radios: what scenarios do with wallets, and the figures of it. */
import type { RadioWallet } from './agents.ts';
import type { PaymentTimes } from './driver-protocol.ts';

export interface Latency {
  readonly count: number;
  /** Milliseconds of the machine's clock, from the order's creation to its certificate on disk. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

export interface OfferedFigure {
  readonly offered: number;
  /** Certified within the time after each one's own offer. */
  readonly completed: number;
  /** Certified at all, by the time of looking. */
  readonly completedInTheEnd: number;
  readonly refused: number;
  /**
   * From the offer to the certificate, so with the wait behind others; of all that are certified.
   */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the order's creation to the certificate. */
  readonly orderP50Ms: number;
}

/** The smallest value that so many percent are not above. NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** One payment after the other. @throws Error when one is refused, or not certified in time */
export async function payInTurn(
  from: RadioWallet,
  to: RadioWallet,
  count: number,
  timeoutMs: number,
  { memo = '', pauseMs = 20 }: { readonly memo?: string; readonly pauseMs?: number } = {},
): Promise<readonly PaymentTimes[]> {
  const done = await from.driver.ask(
    { op: 'pay', wallet: from.name, to: to.account, memo, count, pauseMs, timeoutMs },
    timeoutMs,
  );
  const certified = done.filter(({ certifiedMs }) => certifiedMs !== null);
  if (certified.length === count) return certified;
  const refused = done.find((payment) => payment.refused !== null)?.refused;
  const waiting = await from.driver.ask({ op: 'waiting', wallet: from.name });
  const why = [...(typeof refused === 'string' ? [refused] : []), ...waiting].join('; ');
  throw new Error(`${certified.length} of ${count} payments within ${timeoutMs} ms: ${why}`);
}

export function latencyOf(payments: readonly PaymentTimes[]): Latency {
  const times = payments.flatMap(({ createdMs, certifiedMs }) =>
    createdMs !== null && certifiedMs !== null ? [certifiedMs - createdMs] : [],
  );
  return {
    count: times.length,
    p50Ms: percentile(times, 50),
    p99Ms: percentile(times, 99),
    worstMs: Math.max(...times),
  };
}

/** What became of payments that were offered, those that are not certified included. */
export function offeredFigure(payments: readonly PaymentTimes[], withinMs: number): OfferedFigure {
  const times = payments.flatMap(({ offeredMs, certifiedMs }) =>
    certifiedMs !== null ? [certifiedMs - offeredMs] : [],
  );
  return {
    offered: payments.length,
    completed: times.filter((time) => time <= withinMs).length,
    completedInTheEnd: times.length,
    refused: payments.filter(({ refused }) => refused !== null).length,
    p50Ms: percentile(times, 50),
    p99Ms: percentile(times, 99),
    orderP50Ms: latencyOf(payments).p50Ms,
  };
}

/** Every payment of these wallets since they were opened. */
export async function paymentsOf(wallets: readonly RadioWallet[]): Promise<PaymentTimes[]> {
  const all = await Promise.all(
    wallets.map(({ driver, name }) => driver.ask({ op: 'payments', wallet: name })),
  );
  return all.flat();
}

export function certifiedCount(payments: readonly PaymentTimes[]): number {
  return payments.filter(({ certifiedMs }) => certifiedMs !== null).length;
}

/** Waits until these wallets have no payment open, or time is up. @returns how many are open */
export async function untilSettled(
  wallets: readonly RadioWallet[],
  timeoutMs: number,
): Promise<number> {
  const open = await Promise.all(
    wallets.map(({ driver, name: wallet }) =>
      driver.ask({ op: 'settled', wallet, timeoutMs }, timeoutMs),
    ),
  );
  return open.reduce((sum, count) => sum + count, 0);
}
