/**
 * The machine's own time, by which everything in a world is waited for and measured: with a counted
 * clock (machine.ts) the host's time means nothing in there.
 */
import type { Channel } from './channel.ts';

export interface UntilOptions {
  /** Between two looks; default 250 ms. */
  readonly pauseMs?: number;
  /** What to say when the time is up. */
  readonly otherwise?: () => Promise<string>;
}

export class MachineTime {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** CLOCK_MONOTONIC in milliseconds, the same for all programs of the machine. */
  nowMs(): Promise<number> {
    return this.#channel.request({ op: 'clock' });
  }

  async sleep(timeMs: number): Promise<void> {
    await this.#channel.request({ op: 'sleep', timeMs }, timeMs);
  }

  /**
   * Looks again and again until there is something to see.
   * @throws Error when there is nothing within `timeoutMs`
   */
  async until<T>(
    what: string,
    timeoutMs: number,
    look: () => Promise<T | undefined>,
    { pauseMs = 250, otherwise }: UntilOptions = {},
  ): Promise<T> {
    const endMs = (await this.nowMs()) + timeoutMs;
    for (;;) {
      const seen = await look();
      if (seen !== undefined) return seen;
      if ((await this.nowMs()) > endMs) {
        const words = otherwise === undefined ? '' : `: ${await otherwise()}`;
        throw new Error(`${what}: not within ${timeoutMs} ms${words}`);
      }
      await this.sleep(pauseMs);
    }
  }
}
