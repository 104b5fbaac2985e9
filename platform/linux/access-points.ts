/**
 * The beacon intervals of access points, by interface, as hostapd's files name them
 * (hostapd.conf(5): `beacon_int`, in time units). The kernel tells nobody the interval of an access
 * point that is up, and lets a mesh beside it have no other. Whoever has no line for it has the
 * default.
 */
import { type Runner, readText } from '../runner.ts';

const FOLDER = '/etc/hostapd';
const [LEAST_TU, MOST_TU] = [15, 65_535];

export async function beaconIntervals(runner: Runner): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const name of await runner.list(FOLDER)) {
    if (!name.endsWith('.conf')) continue;
    const text = (await readText(runner, `${FOLDER}/${name}`)) ?? '';
    const interval = Number(lastIn(text, 'beacon_int'));
    const known = Number.isInteger(interval) && interval >= LEAST_TU && interval <= MOST_TU;
    if (!known) continue;
    for (const key of ['interface', 'bss']) {
      for (const each of allIn(text, key)) found[each] = interval;
    }
  }
  return found;
}

function lastIn(text: string, key: string): string | undefined {
  return allIn(text, key).at(-1);
}

/** hostapd takes no spaces before a key or around its `=`. */
function allIn(text: string, key: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) =>
    value.trim(),
  );
}
