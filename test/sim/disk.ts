/**
 * A process's storage as the shell has it: the state that steps read, and behind it what is really
 * on disk. Durable writes of all steps that come while a commit is under way are merged into the
 * next one; what a step wants to send leaves only when its writes and those of all steps before it
 * are on disk. A batch reaches the disk whole or not at all, as LevelDB promises; where a disk
 * breaks that promise (`torn`), the store has to notice.
 */
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Read, Step, Write } from '../../agent/core/io.ts';
import { isDurable } from '../../agent/core/spaces.ts';
import { type Harm, isHarmful, isNoticed, rotOf, tearOf } from './rot.ts';
import { Violation } from './violation.ts';

/**
 * Where a process dies in a commit. `full`: the disk takes no more, so the commit fails. `torn`:
 * the machine goes down, and a part of the batch is on disk. `rotten`: a record that it replaces is
 * not what was written. (One that it reads: `DamagedRead`.)
 */
export type Death = 'before' | 'middle' | 'after' | 'full' | 'torn' | 'rotten';

/** What the disk asks of the world. */
export interface DiskPort {
  /** Calls back when a commit that begins now is through. */
  readonly commit: (finish: () => void) => void;
  /** The sends, closes and notices of a step may leave the process. */
  readonly release: (step: Step) => void;
  /** These steps' writes are on disk. */
  readonly committed: (steps: readonly Step[]) => void;
  /** The process died in a commit. */
  readonly died: (death: Death) => void;
  /** For a death in the middle: whether the batch had reached the disk. */
  readonly tossCoin: () => boolean;
  /** A large random number: how a batch is torn. */
  readonly throwDie: () => number;
}

interface Batch {
  readonly writes: Write[];
  readonly steps: Step[];
}

/**
 * Thrown to whoever reads a record that is not what was written: the store noticed, and gives
 * nothing.
 */
export class DamagedRead extends Error {}

export class Disk implements Read {
  /** What steps see. */
  live = new Map<ByteKey, Uint8Array>();
  /** What a crash leaves. */
  durable = new Map<ByteKey, Uint8Array>();
  /** What of `durable` really reads otherwise. */
  harm: Harm | undefined;
  /** Whether the process has the right records in its cache all the same, as long as it runs. */
  #isCached = false;
  readonly #port: DiskPort;
  #waiting: Batch = { writes: [], steps: [] };
  #committing: Batch | undefined;
  #death: { kind: Death; commitsLeft: number } | undefined;

  constructor(port: DiskPort) {
    this.#port = port;
  }

  get(key: ByteKey): Uint8Array | undefined {
    const harmed = this.#isCached ? undefined : this.harm?.get(key);
    if (harmed === undefined) return this.live.get(key);
    if (isNoticed(key, harmed)) throw new DamagedRead();
    throw new Violation('durability', `a damaged record of ${key[0]} is read as if it were sound`);
  }

  /** Lets the process die in one of its next commits; 0 is the very next one. */
  dieInCommit(kind: Death, commitsLeft: number): void {
    this.#death = { kind, commitsLeft };
  }

  /**
   * A bit of one of its records flips, which may be in the cache of its process. False: there is
   * none.
   */
  decay(record: number, bit: number, isCached: boolean): boolean {
    const keys = [...this.durable.keys()];
    const key = keys[record % Math.max(1, keys.length)];
    const value = key === undefined ? undefined : this.durable.get(key);
    if (key === undefined || value === undefined || this.harm !== undefined) return false;
    this.harm = rotOf(key, value, bit);
    this.#isCached = isCached;
    return true;
  }

  /** It will not die of what was said before. */
  disarm(): void {
    this.#death = undefined;
  }

  /** Takes a step in. Releases it at once if nothing has to be written first. */
  take(step: Step): void {
    let waitsForDisk = false;
    for (const write of step.writes) {
      if (write.value === undefined) this.live.delete(write.key);
      else this.live.set(write.key, write.value);
      if (!isDurable(write.key)) continue;
      waitsForDisk = true;
      this.#waiting.writes.push(write);
    }
    if (!waitsForDisk && this.#committing === undefined) {
      this.#port.release(step);
      return;
    }
    this.#waiting.steps.push(step);
    if (this.#committing === undefined) this.#begin();
  }

  /** The process is gone: what was not committed is lost. */
  crash(): void {
    const interrupted = this.#committing;
    this.#committing = undefined;
    this.#waiting = { writes: [], steps: [] };
    this.#death = undefined;
    // The machine may have lost its power just before or just after the batch was on disk.
    if (interrupted !== undefined && this.#port.tossCoin()) this.#write(interrupted);
    this.live = new Map(this.durable);
  }

  /** Puts another disk in, as a restored backup is. */
  replace(records: ReadonlyMap<ByteKey, Uint8Array>): void {
    this.durable = new Map(records);
    this.live = new Map(records);
    this.harm = undefined;
  }

  #begin(): void {
    const batch = this.#waiting;
    this.#waiting = { writes: [], steps: [] };
    this.#committing = batch;
    if (this.#meetsRot(batch)) return this.#port.died('rotten');
    const death = this.#death;
    if (death !== undefined && death.commitsLeft-- > 0) return this.#await(batch, undefined);
    if (death?.kind === 'before' || death?.kind === 'full') return this.#port.died(death.kind);
    this.#await(batch, death?.kind);
  }

  #await(batch: Batch, death: Death | undefined): void {
    this.#port.commit(() => {
      if (this.#committing !== batch) return; // The process that wrote it is gone.
      if (death === 'middle') return this.#port.died(death);
      if (death === 'torn') return this.#tear(batch);
      this.#write(batch);
      this.#committing = undefined;
      this.#port.committed(batch.steps);
      if (death === 'after') return this.#port.died(death);
      this.#finish(batch);
    });
  }

  /** A commit takes the digest of what it replaces from the disk, and so meets the flipped bit. */
  #meetsRot({ writes }: Batch): boolean {
    const key = writes.find((write) => this.harm?.has(write.key))?.key;
    const stored = key === undefined ? undefined : this.harm?.get(key);
    if (key === undefined || stored === undefined) return false;
    if (isNoticed(key, stored)) return true;
    throw new Violation('durability', `a commit replaces a damaged record of ${key[0]}`);
  }

  /** Half of the time with half a commit record. A part that changes nothing is no harm. */
  #tear({ writes }: Batch): void {
    const [count, bit] = [this.#port.throwDie(), this.#port.throwDie()];
    const harm = tearOf(this.durable, writes, count, this.#port.tossCoin() ? bit : undefined);
    if (isHarmful(this.durable, harm)) this.harm = harm;
    this.#committing = undefined;
    this.#port.died('torn');
  }

  #finish(batch: Batch): void {
    for (const step of batch.steps) this.#port.release(step);
    if (this.#committing !== undefined || this.#waiting.steps.length === 0) return;
    if (this.#waiting.writes.length > 0) return this.#begin();
    const idle = this.#waiting;
    this.#waiting = { writes: [], steps: [] };
    for (const step of idle.steps) this.#port.release(step);
  }

  #write(batch: Batch): void {
    for (const { key, value } of batch.writes) {
      // Decayed since the commit began, and replaced before anybody read it.
      if (this.harm?.has(key)) this.harm = undefined;
      if (value === undefined) this.durable.delete(key);
      else this.durable.set(key, value);
    }
  }
}
