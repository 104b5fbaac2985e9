/**
 * A program whose lines tell what happens (`iw event`, `ubus listen`), started again whenever it
 * ends: without its lines a neighbour that comes back would never be noticed.
 */
import { FOLLOW_AGAIN_MS } from './limits.ts';
import type { Watch } from './radio.ts';
import type { Runner } from './runner.ts';

/** `onGap` comes whenever lines may have been missed. */
export function keepFollowing(
  runner: Runner,
  argv: readonly [string, ...string[]],
  onLine: (line: string) => void,
  onGap: () => void,
): Watch {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let program = start();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      program.close();
    },
  };

  function start(): Watch {
    return runner.follow(
      argv,
      (line) => {
        if (!closed) onLine(line);
      },
      () => {
        if (closed) return;
        onGap();
        timer = setTimeout(() => {
          program = start();
        }, FOLLOW_AGAIN_MS);
        timer.unref();
      },
    );
  }
}
