/**
 * Checker `frames`: an honest node never makes anything of bytes that are not a canonical message:
 * it writes nothing, answers nothing, passes nothing on, and ends the stream.
 */
import type { Event, Step } from '../../../agent/core/io.ts';
import { isMalformed } from '../hostile/forge.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';

export class Frames implements Watcher {
  stepped(process: Process, event: Event, step: Step): void {
    if (event.kind !== 'frame' || !process.isHonest || !isMalformed(event.bytes)) return;
    const isRefused =
      step.writes.length === 0 &&
      step.sends.length === 0 &&
      step.closes.some(({ link }) => link === event.link);
    if (isRefused) return;
    throw new Violation('frames', `${process.name} accepts a frame that is not canonical`);
  }
}
