/**
 * Neighbour discovery (RFC 4861) on a mesh interface. The kernel asks for the address of a
 * neighbour three times, a second apart, and then drops the packets for it. Where four of five
 * packets are lost that hardly ever succeeds, whatever is repeated above it. So here it asks more
 * often and sooner. It asks only neighbours that somebody wants to reach now, at most five times a
 * second each.
 */
import type { Runner } from './runner.ts';
import { readText } from './runner.ts';

/** By their names below /proc/sys/net/ipv6/neigh (Documentation/networking/ip-sysctl.rst). */
export const NEIGHBOUR_SETTINGS = {
  mcast_solicit: 20,
  ucast_solicit: 20,
  retrans_time_ms: 200,
  /** Seconds. */
  delay_first_probe_time: 2,
} as const;

const NAMES = Object.keys(NEIGHBOUR_SETTINGS) as (keyof typeof NEIGHBOUR_SETTINGS)[];

/** Whether they are in force; undefined where there is no such interface, or no IPv6. */
export async function neighboursSettled(
  runner: Runner,
  interfaceName: string,
): Promise<boolean | undefined> {
  const values = await Promise.all(
    NAMES.map((name) => readText(runner, `/proc/sys/net/ipv6/neigh/${interfaceName}/${name}`)),
  );
  if (values.includes(undefined)) return undefined;
  return NAMES.every((name, i) => Number(values[i]) === NEIGHBOUR_SETTINGS[name]);
}
