/**
 * The place of most figures: six radios, a wallet at one end of the line, authorities at 2 to 5, so
 * that all of them are reached over the air and node 1 only passes frames on. One machine serves
 * all parts, one after the other; a part that fails leaves it unfit, and the next gets a new one.
 */
import type { ReadyHost } from '../host.ts';
import { type Scene, setScene, warmUp } from '../scenarios.ts';
import { line } from '../topology.ts';
import { bootWorld } from '../world.ts';

export const RADIOS = 6;
export const AUTHORITIES = [2, 3, 4, 5];
/** Of a payer and its payee at the end of the line, and two more for when many pay. */
const WALLETS = [0, 0, 1, 1];
const MEMORY_MIB = 2_048;
const WARM_UP_PAYMENTS = 20;

/** What every part of the bench is given. */
export interface Bench {
  readonly host: ReadyHost;
  readonly say: (text: string) => void;
  /** For the parts that happen in one and the same network. */
  readonly scenes: SceneKeeper;
}

export class SceneKeeper {
  readonly #host: ReadyHost;
  #scene: Scene | undefined;

  constructor(host: ReadyHost) {
    this.#host = host;
  }

  /** Runs `part` in the scene; when it fails, the error carries the last lines of every log. */
  async run<T>(part: (scene: Scene) => Promise<T>): Promise<T> {
    try {
      const scene = this.#scene ?? (await this.#set());
      this.#scene = scene;
      return await scene.world.explain(() => part(scene));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#scene?.world.close();
    this.#scene = undefined;
  }

  async #set(): Promise<Scene> {
    const options = { host: this.#host, radios: RADIOS, memoryMiB: MEMORY_MIB } as const;
    const world = await bootWorld({ ...options, clock: 'counted' });
    try {
      return await world.explain(async () => {
        const places = { authorities: AUTHORITIES, wallets: WALLETS };
        const scene = await setScene(world, line(RADIOS), places);
        await warmUp(scene, WARM_UP_PAYMENTS);
        return scene;
      });
    } catch (error) {
      await world.close();
      throw error;
    }
  }
}
