/**
 * CLOCK_MONOTONIC in milliseconds with fractions: the one clock that all programs of the machine
 * share, so that times of different ones can be compared.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
