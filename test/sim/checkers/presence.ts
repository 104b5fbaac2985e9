/**
 * Checker `presence`: whom an honest authority takes for heard has proven that it is there, by a
 * heartbeat that came here and names one of ours that was sent a short while ago; nobody is given
 * up while such proofs come; whoever fell silent is heard again only once they have come for a
 * while; and the status says what that comes to, so nobody is fully connected that lacks a member
 * for longer than the bound. Signatures are not looked at: a forged heartbeat, or
 * one that was cut off on its way, makes this checker believe more of whom may be taken for heard
 * than the authority may. Of whom must not be given up only what honest members sent counts, whole.
 */
import type { Event, Stamp, Step } from '../../../agent/core/io.ts';
import type { Process, Watcher } from '../process.ts';
import { Violation } from '../violation.ts';
import { isForOthers, MESSAGE, openFrame, type Reader } from './decode.ts';
import { type Founding, quorumFor } from './founding.ts';

const SILENT_AFTER_MS = 9_000;
const STEADY_MS = 4_000;
/** The time of one heartbeat stands for those that follow so soon. */
const BLUR_MS = 500;
/** Where an authority keeps when its heartbeats were sent, and how it is connected. */
const [OWN_BEATS, CONNECTIVITY] = ['\u00b1', '\u00b2'];
const [FULL, PARTIAL, APART] = [1, 2, 3];

interface Heartbeat {
  readonly member: number;
  readonly counter: number;
  readonly heard: ReadonlyMap<number, number>;
}

/** What one process knows of the others. */
interface Life {
  readonly sent: Map<number, number>;
  /** When the heartbeat of ours was sent that a member named, the latest. */
  readonly proven: Map<number, number>;
  /** The same, by heartbeats that an honest member sent. */
  readonly sure: Map<number, number>;
  /** Members that were given up, and the first proof since. */
  readonly silent: Map<number, number | undefined>;
}

export class Presence implements Watcher {
  readonly #founding: Founding;
  readonly #lives = new Map<Process, Life>();
  /** Every heartbeat that an honest member made, signature included. */
  readonly #made = new Set<string>();

  constructor(founding: Founding) {
    this.#founding = founding;
  }

  started(process: Process): void {
    this.#lives.set(process, {
      sent: new Map(),
      proven: new Map(),
      sure: new Map(),
      silent: new Map(),
    });
  }

  stepped(process: Process, event: Event, step: Step, stamp: Stamp): void {
    const life = this.#lives.get(process);
    if (process.role !== 'authority' || !process.isHonest || life === undefined) return;
    if (step.notices.some(({ kind }) => kind === 'epoch_began')) this.#lives.delete(process);
    const nowMs = Math.floor(stamp.nowMs);
    const isPassing = event.kind === 'frame' && isForOthers(event.bytes, process.index);
    if (event.kind === 'frame' && !isPassing) this.#hear(life, process.index, event.bytes);
    if (!isPassing) this.#note(life, process.index, step, nowMs);
    const fail = (what: string): never => {
      throw new Violation('presence', `${process.name}, ${event.kind}: ${what}`);
    };
    for (const notice of step.notices) {
      if (notice.kind === 'heard') checkHeard(life, notice.member, nowMs, fail);
      if (notice.kind === 'silent') checkSilent(life, notice.member, nowMs, fail);
    }
    const isBeat = event.kind === 'tick' && step.writes.some(({ key }) => key === OWN_BEATS);
    if (isBeat) this.#checkStatus(process, life, step, nowMs, fail);
  }

  /** With each heartbeat of its own an authority judges all others. */
  #checkStatus(
    process: Process,
    life: Life,
    step: Step,
    nowMs: number,
    fail: (what: string) => never,
  ): void {
    const written = step.writes.findLast(({ key }) => key === CONNECTIVITY);
    const record = written?.value ?? process.disk.live.get(CONNECTIVITY as never);
    if (record === undefined) return fail('it does not know how it is connected');
    const [status, heard = 0] = record;
    const fresh = [...life.proven.values()].filter((atMs) => nowMs - atMs <= SILENT_AFTER_MS);
    if (heard - 1 > fresh.length) fail(`${heard} are heard, ${fresh.length} others have proven it`);
    const members = this.#founding.memberKeys.length;
    const due = heard === members ? FULL : heard >= quorumFor(members) ? PARTIAL : APART;
    if (status !== due) fail(`status ${status} with ${heard} of ${members} heard`);
  }

  #hear(life: Life, index: number, bytes: Uint8Array): void {
    const heartbeat = heartbeatIn(bytes);
    const named = heartbeat?.heard.get(index);
    const atMs = named === undefined ? undefined : life.sent.get(named);
    if (heartbeat === undefined || atMs === undefined) return;
    const { member } = heartbeat;
    life.proven.set(member, Math.max(atMs, life.proven.get(member) ?? 0));
    if (this.#made.has(textOf(bytes))) {
      life.sure.set(member, Math.max(atMs, life.sure.get(member) ?? 0));
    }
    if (life.silent.has(member) && life.silent.get(member) === undefined) {
      life.silent.set(member, atMs);
    }
  }

  #note(life: Life, index: number, { sends }: Step, nowMs: number): void {
    for (const { bytes } of sends) {
      const heartbeat = heartbeatIn(bytes);
      if (heartbeat?.member !== index) continue;
      this.#made.add(textOf(bytes));
      if (!life.sent.has(heartbeat.counter)) life.sent.set(heartbeat.counter, nowMs);
    }
  }
}

function checkHeard(
  life: Life,
  member: number,
  nowMs: number,
  fail: (what: string) => never,
): void {
  const atMs = life.proven.get(member);
  if (atMs === undefined || nowMs - atMs > SILENT_AFTER_MS) fail(`it hears ${member} unproven`);
  if (!life.silent.has(member)) return;
  const spanMs = (atMs ?? 0) - (life.silent.get(member) ?? Number.POSITIVE_INFINITY);
  if (spanMs < STEADY_MS - BLUR_MS) fail(`it hears ${member} again after ${spanMs} ms`);
  life.silent.delete(member);
}

function checkSilent(
  life: Life,
  member: number,
  nowMs: number,
  fail: (what: string) => never,
): void {
  const ageMs = nowMs - (life.sure.get(member) ?? Number.NEGATIVE_INFINITY);
  if (ageMs <= SILENT_AFTER_MS - BLUR_MS) fail(`it gives ${member} up after ${ageMs} ms`);
  life.silent.set(member, undefined);
}

/** What a frame says, whatever way it takes. */
function textOf(bytes: Uint8Array): string {
  return openFrame(bytes).body.rest();
}

/** The heartbeat in a frame, if that is what it holds. */
function heartbeatIn(bytes: Uint8Array): Heartbeat | undefined {
  const { tag, body } = openFrame(bytes);
  if (tag !== MESSAGE.heartbeat) return undefined;
  try {
    return readHeartbeat(body);
  } catch {
    // What hostile nodes make up may end anywhere.
    return undefined;
  }
}

function readHeartbeat(body: Reader): Heartbeat {
  body.u32();
  const member = body.u16();
  const counter = body.u32();
  body.u64();
  body.text(32);
  body.u8();
  const heard = new Map<number, number>();
  for (let left = body.u8(); left > 0; left--) heard.set(body.u16(), body.u32());
  return { member, counter, heard };
}
