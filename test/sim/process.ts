/**
 * A process of the simulation: one actor (the unchanged production node, or somebody hostile behind
 * the same doorway), its disk, its clocks, and its life of crashes and restarts.
 */

import { ascii, type ByteKey } from '../../agent/core/base/bytes.ts';
import { type Signer, sha256 } from '../../agent/core/base/crypto.ts';
import { SEED_BYTES } from '../../agent/core/base/limits.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Ask, Event, Read, Stamp, Step } from '../../agent/core/io.ts';
import type { Place } from '../../agent/shell/place.ts';
import type { Agenda } from './agenda.ts';
import { Clock } from './clock.ts';
import { DamagedRead, type Death, Disk } from './disk.ts';
import type { Network, Station } from './network.ts';
import type { Prng } from './prng.ts';
import { Processor } from './processor.ts';
import { damageOf } from './rot.ts';
import { stackOf, Violation } from './violation.ts';

/** What runs in a process: the doorway of the core (io.ts). */
export interface Actor {
  readonly step: (event: Event, stamp: Stamp, read: Read) => Step;
}

/**
 * `stranger`: a wallet set up with another genesis document. `misled`: an authority or a relay that
 * was. `saboteur`: a relay that withholds. `squatter`: takes a link at every relay and swallows
 * what it is given. `traitor`: a hostile authority. `thief`: a hostile wallet. `crowder`: one whose
 * accounts have chosen keys. `deputy`: a relay that writes answers of its own into others'
 * channels. `flooder`: sends as much as it can. `twin`: a second life of a member's key, which
 * follows the protocol without knowing what the first one signed. The others follow the protocol.
 */
export type Role =
  | 'authority'
  | 'relay'
  | 'wallet'
  | 'stranger'
  | 'misled'
  | 'saboteur'
  | 'squatter'
  | 'crowder'
  | 'deputy'
  | 'flooder'
  | 'twin'
  | 'traitor'
  | 'thief';

/** Sees everything that happens at the processes. */
export interface Watcher {
  readonly started?: (process: Process) => void;
  /** `stamp`: by the process's own clocks. */
  readonly stepped?: (process: Process, event: Event, step: Step, stamp: Stamp) => void;
  /** These steps' writes are on disk. */
  readonly committed?: (process: Process, steps: readonly Step[]) => void;
  /** This step's sends leave the process. */
  readonly released?: (process: Process, step: Step) => void;
  readonly ended?: (process: Process, why: string) => void;
}

export interface ProcessSetup {
  readonly name: string;
  readonly index: number;
  readonly role: Role;
  readonly signer: Signer;
  /** Makes the actor, anew at every start. */
  readonly actor: () => Actor;
  /** Milliseconds that a commit takes, from and to. */
  readonly commitMs: readonly [number, number];
  /** What signatures have cost this process; steps take no time if it is left out. */
  readonly spent?: () => number;
  /** Hears what it asks the outside. */
  readonly ask?: (process: Process, ask: Ask) => void;
}

export interface Surroundings {
  readonly agenda: Agenda;
  readonly network: Network<Process>;
  readonly watchers: readonly Watcher[];
}

/** The record that an operator's restore leaves: serve, but never vote (spaces.ts `standing`). */
const STANDING_KEY = 'S' as ByteKey;
const RESTORED = Uint8Array.from([8, ...Array.from('restored', (c) => c.charCodeAt(0))]);

export class Process implements Station {
  readonly name: string;
  readonly index: number;
  readonly role: Role;
  readonly signer: Signer;
  readonly disk: Disk;
  lagMs = 0;
  /** Extra milliseconds that a commit takes on a slow disk. */
  slowDiskMs = 0;
  /** Restored from an old copy: it must never vote again. */
  isRestored = false;
  /** Its disk was exchanged since it last ran. */
  isReplaced = false;
  /** It found damage on its disk, and stays down. */
  isRotten = false;
  readonly #setup: ProcessSetup;
  readonly #around: Surroundings;
  readonly #prng: Prng;
  #clock: Clock;
  #skewMs: number;
  #actor: Actor | undefined;
  #processor: Processor | undefined;
  #life = 0;
  /** How long it is away after a death in a commit, and who hears of that death. */
  #downMs = 0;
  #onDeath: () => void = () => undefined;
  #wakeAtMs: number | undefined;
  #alarmAtMs: number | undefined;
  /** While it is paused: what it finds when it goes on, in order. */
  #missed: (() => void)[] | undefined;
  #jumpMs = 0;

  constructor(setup: ProcessSetup, around: Surroundings, prng: Prng) {
    this.name = setup.name;
    this.index = setup.index;
    this.role = setup.role;
    this.signer = setup.signer;
    this.#setup = setup;
    this.#around = around;
    this.#prng = prng;
    this.#skewMs = prng.between(-86_400_000, 86_400_000);
    this.#clock = new Clock(prng, 0, this.#skewMs);
    this.disk = new Disk({
      commit: (finish) => around.agenda.after(this.#commitMs(), () => this.#run(finish)),
      release: (step) => this.#release(step),
      committed: (steps) => {
        for (const watcher of around.watchers) watcher.committed?.(this, steps);
      },
      died: (death) => {
        if (death === 'rotten') this.isRotten = true;
        else this.#onDeath();
        this.crash(DEATHS[death], this.#downMs);
      },
      tossCoin: () => prng.below(2) === 0,
      throwDie: () => prng.u32(),
    });
  }

  get isUp(): boolean {
    return this.#actor !== undefined;
  }

  get isPaused(): boolean {
    return this.#missed !== undefined;
  }

  /** Whether it follows the protocol. */
  get isHonest(): boolean {
    return !isHostile(this.role);
  }

  get shownKey(): Uint8Array | undefined {
    return WITHOUT_KEY.has(this.role) ? undefined : this.signer.publicKey;
  }

  /** Comes up with what is on its disk, and no streams. */
  start(): void {
    if (this.isUp || this.isRotten || this.#findsHarm()) return;
    const { agenda, network, watchers } = this.#around;
    this.#life++;
    this.#clock = new Clock(this.#prng, agenda.nowMs, this.#skewMs);
    this.#wakeAtMs = undefined;
    this.#alarmAtMs = undefined;
    this.#missed = undefined;
    this.#actor = this.#guard('its start', () => {
      return this.#setup.actor();
    });
    for (const watcher of watchers) watcher.started?.(this);
    this.isReplaced = false;
    this.#step({ kind: 'start', seed: this.#seed() });
    this.#processor = this.#newProcessor();
    network.came(this);
  }

  /** Chance for this life of it. Of the sequences that are drawn from nothing is taken. */
  #seed(): Uint8Array {
    const life = `${this.#life} ${this.#around.agenda.nowMs}`;
    return sha256(this.signer.publicKey, ascii(life)).slice(0, SEED_BYTES);
  }

  /**
   * The check of the whole disk before anything is done with it. What it overlooks is a violation.
   */
  #findsHarm(): boolean {
    const { durable, harm } = this.disk;
    if (harm === undefined) return false;
    this.isRotten = damageOf(durable, harm).length > 0;
    if (this.isRotten) return true;
    const spaces = [...harm.keys()].map((key) => key.charAt(0)).join('');
    throw new Violation('durability', `${this.name} starts with damaged records of ${spaces}`);
  }

  /** Is gone from one moment to the next; its supervisor starts it again after `downMs`. */
  crash(why: string, downMs: number): void {
    if (!this.isUp) return;
    this.#actor = undefined;
    this.#processor?.off();
    this.#processor = undefined;
    this.#missed = undefined;
    this.#life++;
    const life = this.#life;
    this.#around.agenda.after(downMs, () => {
      if (life === this.#life) this.start();
    });
    this.disk.crash();
    this.#around.network.gone(this);
    for (const watcher of this.#around.watchers) watcher.ended?.(this, why);
  }

  /** Runs on with another disk, restored from a copy of its own: it may not vote any more. */
  restore(copy: ReadonlyMap<ByteKey, Uint8Array>): void {
    this.crash('stopped, to be restored from an old copy', 0);
    this.isRotten = false;
    this.isRestored = true;
    this.isReplaced = true;
    this.disk.replace(new Map(copy).set(STANDING_KEY, RESTORED));
    this.start();
  }

  /** Loses all that it ever stored, and comes up with its key alone. */
  forget(): void {
    this.returnTo(new Map(), 'lost its disk');
  }

  /** Runs on with what it stored some time ago, as if nothing had happened since. */
  returnTo(copy: ReadonlyMap<ByteKey, Uint8Array>, why = 'was put back to an old copy'): void {
    this.crash(why, 0);
    this.isRotten = false;
    this.isReplaced = true;
    this.disk.replace(copy);
    this.start();
  }

  /**
   * Dies in one of its next commits, and is away for `downMs` then; not if it ends otherwise
   * before.
   */
  dieInCommit(death: Death, commitsLeft: number, downMs: number, onDeath: () => void): void {
    this.#downMs = downMs;
    this.#onDeath = onDeath;
    this.disk.dieInCommit(death, commitsLeft);
  }

  /** What its wall clock shows. */
  get wallMs(): number {
    return this.#clock.stamp(this.#around.agenda.nowMs).wallMs;
  }

  /** The wall clock jumps, now and for good. */
  jumpWall(byMs: number): void {
    this.#skewMs += byMs;
    this.#clock.skewMs = this.#skewMs;
  }

  /**
   * Stands still for `forMs`, as in a suspended machine; its monotonic clock, which went on, then
   * shows `jumpMs` more beside. What came meanwhile it takes in afterwards. False: it stands still
   * already.
   */
  pause(forMs: number, jumpMs: number): boolean {
    if (!this.isUp || this.isPaused) return false;
    this.#missed = [];
    this.#jumpMs = jumpMs;
    const life = this.#life;
    this.#around.agenda.after(forMs, () => {
      if (life === this.#life) this.goOn();
    });
    return true;
  }

  /** Ends its pause, if it is in one. */
  goOn(): void {
    const missed = this.#missed;
    if (missed === undefined) return;
    this.#missed = undefined;
    this.#clock.jump(this.#jumpMs);
    for (const each of missed) each();
    this.event({ kind: 'tick' });
  }

  /** Runs something of this process, or keeps it until it goes on. */
  #run(action: () => void): void {
    if (this.#missed === undefined) action();
    else this.#missed.push(action);
  }

  linkUp(link: LinkId, peerKey: Uint8Array | undefined, wanted: boolean): void {
    const standing = peerKey === undefined ? 'anonymous' : wanted ? 'trusted' : 'node';
    const source = this.#around.network.peerOf(link)?.name ?? '';
    this.event({ kind: 'link_up', link, peerKey, wanted }, { standing, source });
  }

  linkDown(link: LinkId): void {
    this.event({ kind: 'link_down', link });
  }

  frame(link: LinkId, bytes: Uint8Array): void {
    this.event({ kind: 'frame', link, bytes });
  }

  /** One event, if the process is up to take it. `place`: whose share of its time a link has. */
  event(event: Event, place?: Place): void {
    if (!this.isUp) return;
    if (this.#missed !== undefined) this.#missed.push(() => this.event(event, place));
    else if (this.#processor === undefined) this.#step(event);
    else this.#processor.offer(event, place);
  }

  #newProcessor(): Processor | undefined {
    const { spent } = this.#setup;
    const life = this.#life;
    if (spent === undefined || !this.isUp) return undefined;
    return new Processor({
      agenda: this.#around.agenda,
      step: (event) => this.#step(event),
      spent,
      whenRunning: (action) => {
        if (life === this.#life) this.#run(action);
      },
    });
  }

  /** Undefined: it ended instead. */
  #step(event: Event): Step | undefined {
    const actor = this.#actor;
    if (actor === undefined) return undefined;
    const stamp = this.#clock.stamp(this.#around.agenda.nowMs);
    const step = this.#guard(event.kind, () => actor.step(event, stamp, this.disk));
    if (step === undefined) {
      this.isRotten = true;
      this.crash('ended itself: a record that it read is damaged', 0);
      return undefined;
    }
    for (const watcher of this.#around.watchers) watcher.stepped?.(this, event, step, stamp);
    this.disk.take(step);
    if (actor === this.#actor) this.#setAlarm(step.wakeAtMs);
    return step;
  }

  /**
   * Runs the core. That it throws is a broken promise, whatever it was given; undefined: it was
   * given nothing, because the store found damage.
   */
  #guard<T>(what: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (error instanceof DamagedRead) return undefined;
      // A hostile actor hands the outer ledger what it should not take, and does.
      if (error instanceof Violation) throw error;
      throw new Violation('exceptions', `${this.name} threw at ${what}: ${stackOf(error)}`);
    }
  }

  #release(step: Step): void {
    const { network, watchers } = this.#around;
    for (const watcher of watchers) watcher.released?.(this, step);
    for (const { link, bytes } of step.sends) network.send(this, link, bytes);
    for (const { link } of step.closes) network.close(this, link);
    for (const ask of step.asks) this.#setup.ask?.(this, ask);
  }

  #commitMs(): number {
    const [low, high] = this.#setup.commitMs;
    return this.#prng.skewed(low, high) + this.slowDiskMs;
  }

  /** At most one alarm is on its way; it looks at the clock when it goes off. */
  #setAlarm(wakeAtMs: number | undefined): void {
    const { agenda } = this.#around;
    this.#wakeAtMs = wakeAtMs;
    if (wakeAtMs === undefined) return;
    const inMs = Math.max(1, this.#clock.untilMs(agenda.nowMs, wakeAtMs)) + this.lagMs;
    const atMs = agenda.nowMs + inMs;
    if (this.#alarmAtMs !== undefined && this.#alarmAtMs <= atMs) return;
    this.#alarmAtMs = atMs;
    const life = this.#life;
    agenda.after(inMs, () => {
      if (life !== this.#life || this.#alarmAtMs !== atMs) return;
      this.#alarmAtMs = undefined;
      const wanted = this.#wakeAtMs;
      if (wanted === undefined) return;
      if (this.#clock.untilMs(agenda.nowMs, wanted) > 0) this.#setAlarm(wanted);
      else this.event({ kind: 'tick' });
    });
  }
}

const HOSTILE: ReadonlySet<Role> = new Set([
  'saboteur',
  'squatter',
  'traitor',
  'thief',
  'crowder',
  'deputy',
  'flooder',
  'twin',
]);
/** Whether it does as it likes, not as the protocol says. */
export function isHostile(role: Role): boolean {
  return HOSTILE.has(role);
}

/** They prove no key. */
const WITHOUT_KEY: ReadonlySet<Role> = new Set(['wallet', 'thief', 'crowder']);

const DEATHS: Readonly<Record<Death, string>> = {
  before: 'crashed before a commit',
  middle: 'crashed in the middle of a commit',
  after: 'crashed after a commit, before its sends',
  torn: 'lost its power in a commit, a part of which is on disk',
  full: 'ended itself: the disk is full, so the commit failed',
  rotten: 'ended itself: a record that it was to replace is damaged',
};
