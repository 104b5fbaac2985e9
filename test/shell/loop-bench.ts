/** A loop with a clock, a disk and a core that do what the test says. */

import assert from 'node:assert/strict';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Event, Read, Stamp, Step, Write } from '../../agent/core/io.ts';
import type { Clock } from '../../agent/shell/clock.ts';
import { createLoop, type Loop, type LoopOptions } from '../../agent/shell/loop.ts';
import type { Place } from '../../agent/shell/place.ts';

export const LINK = 1n as LinkId;
export const MEMBER: Place = { standing: 'trusted', source: 'a member' };

/** A clock that stands until it is moved. */
export class HandClock implements Clock {
  nowMs = 1_000;
  readonly #timers = new Map<number, { readonly atMs: number; readonly call: () => void }>();
  #count = 0;

  stamp(): Stamp {
    return { nowMs: this.nowMs, wallMs: 5 };
  }

  after(delayMs: number, call: () => void): () => void {
    const id = this.#count++;
    this.#timers.set(id, { atMs: this.nowMs + delayMs, call });
    return () => this.#timers.delete(id);
  }

  get armed(): number[] {
    return [...this.#timers.values()].map(({ atMs }) => atMs);
  }

  move(toMs: number): void {
    this.nowMs = toMs;
    for (const [id, { atMs, call }] of this.#timers) {
      if (atMs <= toMs && this.#timers.delete(id)) call();
    }
  }
}

/** A store whose disk takes as long as the test wants. */
export class SlowStore {
  readonly commits: (readonly Write[])[] = [];
  readonly #records = new Map<ByteKey, Uint8Array>();
  #finish: ((error?: Error) => void) | undefined;

  get(key: ByteKey): Uint8Array | undefined {
    return this.#records.get(key);
  }

  commit(writes: readonly Write[]): Promise<void> {
    assert.equal(this.#finish, undefined, 'one commit at a time');
    this.commits.push(writes);
    return new Promise((resolve, reject) => {
      this.#finish = (error) => {
        if (error !== undefined) return reject(error);
        for (const { key, value } of writes) {
          if (value === undefined) this.#records.delete(key);
          else this.#records.set(key, value);
        }
        return resolve();
      };
    });
  }

  /** The commit under way ends, and the loop goes on as far as it can. */
  async finish(error?: Error): Promise<void> {
    assert.ok(this.#finish !== undefined, 'a commit is under way');
    const finish = this.#finish;
    this.#finish = undefined;
    finish(error);
    await turns();
  }
}

/** Lets the loop run as far as it can. */
export async function turns(count = 10): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * A core for tests: the bytes of a frame are its letters. Lower case: sends itself. Upper case:
 * also writes itself under its own key. "?" sends what is under "A". "!" throws.
 */
export function letters(event: Event, stamp: Stamp, read: Read): Step {
  const text = event.kind === 'frame' ? Buffer.from(event.bytes).toString() : event.kind;
  if (text === '!') throw new Error('broken invariant');
  const letter = text[0] ?? '';
  const isDurable = letter >= 'A' && letter <= 'Z';
  const stored = () => Buffer.from(read.get('A' as ByteKey) ?? []).toString();
  const said = text === '?' ? `A=${stored()}` : text === 'tick' ? `tick@${stamp.nowMs}` : text;
  return {
    writes: isDurable ? [{ key: letter as ByteKey, value: Buffer.from(text) }] : [],
    sends: [{ link: LINK, bytes: Buffer.from(said) }],
    asks: [],
    closes: text === 'x' ? [{ link: LINK, reason: 'x' }] : [],
    notices: text === 'x' ? [{ kind: 'relayed', member: 0 as never }] : [],
    wakeAtMs: text.startsWith('w') ? Number(text.slice(1)) : undefined,
  };
}

export interface Bench {
  readonly loop: Loop;
  readonly store: SlowStore;
  readonly clock: HandClock;
  readonly out: string[];
  readonly failures: unknown[];
  readonly reliefs: LinkId[];
  say(...texts: readonly string[]): Promise<void>;
}

export function bench(step = letters, more: Partial<LoopOptions> = {}): Bench {
  const store = new SlowStore();
  const clock = new HandClock();
  const out: string[] = [];
  const failures: unknown[] = [];
  const reliefs: LinkId[] = [];
  const loop = createLoop({
    step,
    store,
    clock,
    onSend: ({ bytes }) => out.push(Buffer.from(bytes).toString()),
    onClose: ({ reason }) => out.push(`close ${reason}`),
    onNotice: ({ kind }) => out.push(`notice ${kind}`),
    onRelief: (link) => reliefs.push(link),
    fatal: (error) => failures.push(error),
    ...more,
  });
  const say = async (...texts: readonly string[]) => {
    for (const text of texts) loop.offer(frame(text), MEMBER);
    await turns();
  };
  const made: Bench = { loop, store, clock, out, failures, reliefs, say };
  return made;
}

export function frame(text: string) {
  return { kind: 'frame' as const, link: LINK, bytes: Buffer.from(text) };
}

export function keys(writes: readonly Write[] | undefined): string[] {
  return (writes ?? []).map(({ key }) => key);
}
