/**
 * The place of most figures: six radios, a wallet at one end of the line, authorities at 2 to 5, so
 * that all of them are reached over the air and node 1 only passes frames on.
 */
import { type Scene, setScene, warmUp } from '../scenarios.ts';
import { line } from '../topology.ts';
import { bootWorld } from '../world.ts';
import type { Bench } from './main.ts';

export const RADIOS = 6;
export const AUTHORITIES = [2, 3, 4, 5];
const MEMORY_MIB = 2_048;
const WARM_UP_PAYMENTS = 20;

/** Boots it, runs `part` in it, and takes it down whatever happens. */
export async function inScene<T>(
  { host, say }: Bench,
  wallets: readonly number[],
  part: (scene: Scene) => Promise<T>,
): Promise<T> {
  const world = await bootWorld({ host, radios: RADIOS, memoryMiB: MEMORY_MIB });
  try {
    return await world.explain(async () => {
      const scene = await setScene(world, line(RADIOS), { authorities: AUTHORITIES, wallets });
      say('daemons and wallets are linked');
      await warmUp(scene, WARM_UP_PAYMENTS);
      return part(scene);
    });
  } finally {
    await world.close();
  }
}
