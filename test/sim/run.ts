/**
 * One run: the world of a seed, trouble for a while, then everything is healed and has to end well.
 * What comes back is a value, the same for the same seed, profile and cut.
 */

import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { asFounded } from '../../agent/core/views.ts';
import { Agreement } from './checkers/agreement.ts';
import { Applying } from './checkers/applying.ts';
import { Book } from './checkers/book.ts';
import { Bounds } from './checkers/bounds.ts';
import { Durability } from './checkers/durability.ts';
import { Ending } from './checkers/ending.ts';
import { Evidence } from './checkers/evidence.ts';
import { NO_FATES } from './checkers/fates.ts';
import { Frames } from './checkers/frames.ts';
import { Journals } from './checkers/journal.ts';
import { Ledgers } from './checkers/ledgers.ts';
import { Lives } from './checkers/lives.ts';
import { Payouts } from './checkers/payouts.ts';
import { Presence } from './checkers/presence.ts';
import { Pursuit } from './checkers/pursuit.ts';
import { Rhythm } from './checkers/rhythm.ts';
import { compareService, type Latencies, Service } from './checkers/service.ts';
import { Votes } from './checkers/votes.ts';
import { Wallets } from './checkers/wallets.ts';
import { Words } from './checkers/words.ts';
import type { FaultKind } from './fault-kinds.ts';
import { plantFaults } from './faults.ts';
import { History, USUAL_HISTORY } from './history.ts';
import { type Cut, type Plan, planOf } from './plan.ts';
import type { Process, Watcher } from './process.ts';
import { Trace } from './trace.ts';
import { type Checker, stackOf, Violation } from './violation.ts';
import { type Tally, Workload } from './workload.ts';
import { World } from './world.ts';

export interface Failure {
  readonly checker: Checker;
  readonly message: string;
  readonly atMs: number;
  /** The last events of each process, in words. */
  readonly history: readonly string[];
}

export interface Result {
  readonly seed: number;
  readonly profile: string;
  readonly cut: Cut;
  /** Of everything that happened; equal for equal runs, on any machine. */
  readonly traceHash: string;
  readonly steps: number;
  readonly virtualMs: number;
  /** From the end of all faults until every order was through, of a run that got so far. */
  readonly healingMs: number | undefined;
  readonly tally: Tally;
  /** Certified orders, of honest and hostile payers. */
  readonly payments: number;
  /** How many of them are withdrawals, what became of those, and how many deposits there were. */
  readonly withdrawals: number;
  readonly fates: ReturnType<Book['fates']['tally']>;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly frames: Readonly<Network['counts']>;
  readonly most: Readonly<Bounds['most']>;
  readonly hasRealSignatures: boolean;
  /** How long each honest payment took while faults lasted. */
  readonly latencies: Latencies;
  readonly failure: Failure | undefined;
}

type Network = World['network'];

/**
 * Virtual time that healed nodes have to finish everything: so much, and more for every payment
 * planned, because a wallet that was cut off fetches its income in pages, some of which a bad relay
 * withholds. Half of the runs need 6 s, the longest that was seen needed 48 s of its 80 s.
 */
const HEALING_MS = 60_000;
const HEALING_MS_A_PAYMENT = 200;
/**
 * The same for debates, which have to end where gateways are. One that fell into bad times waits 64
 * s for each round; there may be one member alone who wants something decided, because its clock
 * shows another day than the others', and it proposes when its turn comes.
 */
const HEALING_MS_OF_DEBATES = 128_000;
const HEALING_MS_A_MEMBER = 128_000;
/** How often it is looked whether they have. */
const LOOK_EVERY_MS = 500;
/** How long they go on at least, so that what they said last arrives. */
const SETTLING_MS = 6_000;
/**
 * Virtual time in which authorities have to bring each other up by themselves: four quiet rounds.
 */
const ALONE_MS = 20_000;
/** How often owners look meanwhile what came in. */
const REFRESH_EVERY_MS = 6_000;

/** Runs a seed. `historyLength`: how many of the last events of each process a failure tells. */
export function runSeed(
  seed: number,
  profile: string,
  cut: Cut = {},
  historyLength = USUAL_HISTORY,
): Result {
  return runPlan(planOf(seed, profile, cut), cut, historyLength);
}

interface Watch {
  readonly world: World;
  readonly book: Book;
  readonly workload: Workload;
  readonly ending: Ending;
  readonly evidence: Evidence;
  readonly ledgers: Ledgers;
  readonly bounds: Bounds;
  readonly service: Service;
  readonly payouts: Payouts;
}

/** Runs a plan. `cut`: what was left out of it, to be told with the result. */
export function runPlan(plan: Plan, cut: Cut = {}, historyLength = USUAL_HISTORY): Result {
  const trace = new Trace();
  const faults: Partial<Record<FaultKind, number>> = {};
  let history: History | undefined;
  let watch: Watch | undefined;
  let failure: Failure | undefined;
  let healingMs: number | undefined;
  try {
    let parts: Omit<Watch, 'world'> | undefined;
    const world = new World(plan, (made) => {
      history = new History(made, historyLength);
      const { watchers, ...rest } = watchersOf(made, trace, history);
      parts = rest;
      watch = { world: made, ...rest };
      return watchers;
    });
    if (parts !== undefined) {
      plantFaults(world, plan.faults, (kind) => {
        faults[kind] = (faults[kind] ?? 0) + 1;
      });
      healingMs = play({ world, ...parts }, () => runQuiet(plan, cut));
    }
  } catch (error) {
    const atMs = watch?.world.agenda.nowMs ?? 0;
    failure = { ...causeOf(error), atMs, history: history?.words() ?? [] };
  }
  const { seed, profileName: profile, hasRealSignatures } = plan;
  const began = { ...NOTHING, seed, profile, cut, hasRealSignatures, failure };
  const traced = { ...began, traceHash: trace.hash(), steps: trace.steps, faults };
  if (watch === undefined) return traced;
  const { world, workload, bounds, book, service } = watch;
  return {
    ...traced,
    virtualMs: world.agenda.nowMs,
    healingMs,
    tally: workload.tally,
    payments: book.certified.size,
    withdrawals: [...book.certified.values()].filter(({ payee }) => payee === undefined).length,
    fates: book.fates.tally(),
    frames: world.network.counts,
    most: bounds.most,
    latencies: service.latencies,
  };
}

/**
 * The result of a run that took its thread with it, so that nothing is left of it but the error.
 */
export function resultOfDeath(seed: number, profile: string, cut: Cut, error: Error): Result {
  const failure = { ...causeOf(error), atMs: 0, history: [] };
  return { ...NOTHING, seed, profile, cut, failure };
}

/** The figures of a run in which nothing happened. */
const NOTHING = {
  traceHash: '',
  steps: 0,
  virtualMs: 0,
  healingMs: undefined,
  tally: { ordered: 0, certified: 0, received: 0, refusedForGood: 0 },
  payments: 0,
  withdrawals: 0,
  fates: NO_FATES,
  faults: {},
  frames: { sent: 0, lost: 0, doubled: 0, overtaken: 0, clogged: 0 },
  most: { frameBytes: 0, sends: 0, writes: 0, records: 0 },
  hasRealSignatures: false,
  latencies: { direct: [], relayed: [] },
} as const satisfies Partial<Result>;

/** The same run without a flood. */
function runQuiet({ seed, profileName }: Plan, cut: Cut): Result {
  return runSeed(seed, profileName, { ...cut, flooders: 0 });
}

/** What ended a run: a broken promise, or something thrown that nobody meant to throw. */
function causeOf(error: unknown): Pick<Failure, 'checker' | 'message'> {
  if (error instanceof Violation) return { checker: error.checker, message: error.message };
  return { checker: 'exceptions', message: `the run threw ${stackOf(error)}` };
}

function watchersOf(
  world: World,
  trace: Trace,
  history: History,
): Omit<Watch, 'world'> & { watchers: Watcher[] } {
  const book = new Book(world.founding);
  const ledgers = new Ledgers(book);
  const wallets = new Wallets(book);
  const ending = new Ending(book, ledgers, wallets);
  const evidence = new Evidence(book);
  const bounds = new Bounds(book, () => world.agenda.nowMs);
  const service = new Service(() => world.agenda.nowMs, relayedOf(world));
  const payouts = new Payouts(book);
  world.counter?.till.watch(payouts);
  const workload = new Workload(world);
  trace.use(() => world.agenda.nowMs);
  const watchers = [
    trace,
    history,
    new Durability(),
    new Frames(),
    book,
    new Journals(book),
    evidence,
    new Applying(book, ledgers),
    ledgers,
    ...(world.plan.cash === undefined ? [] : [payouts]),
    new Votes(book, ledgers),
    new Agreement(world.founding),
    wallets,
    ...livesOf(world, book),
    ...(world.plan.haveDeputies ? [new Words(world.founding)] : []),
    new Pursuit(world.founding, otherKeysOf(world)),
    bounds,
    new Rhythm(),
    new Presence(world.founding),
    ending,
    service,
    workload,
  ];
  return { watchers, book, workload, ending, evidence, ledgers, bounds, service, payouts };
}

/**
 * Trouble, then healing, then the end. Returns how long the healing took. `quiet`: plays the same
 * run without a flood.
 */
function play(watch: Watch, quiet: () => Result): number {
  const { world, workload, ending, evidence, service, payouts } = watch;
  const { agenda, plan, all } = world;
  workload.begin();
  agenda.runUntil(plan.chaosMs);
  service.end();
  const flooders = plan.places.filter(({ role }) => role === 'flooder').length;
  if (flooders > 0) compareService(service.latencies, quiet().latencies, flooders);
  world.heal();
  // With more traitors than the protocol stands there is no promise left that orders complete.
  const mustComplete = plan.profile.isBroken !== true;
  if (mustComplete) leaveAlone(world);
  const healedAtMs = agenda.nowMs;
  const mostMs = mostHealingMs(plan);
  const unpaid = () => (plan.cash === undefined ? undefined : payouts.unfinished(all));
  let healingMs = 0;
  for (let passedMs = 0; passedMs < SETTLING_MS || healingMs === passedMs; ) {
    if (passedMs % REFRESH_EVERY_MS === 0) workload.refreshAll();
    passedMs += LOOK_EVERY_MS;
    agenda.runUntil(healedAtMs + passedMs);
    const unfinished = mustComplete
      ? (ending.unfinished(all, true) ?? evidence.unfinished(all) ?? unpaid())
      : undefined;
    if (unfinished !== undefined) healingMs = passedMs;
    if (unfinished !== undefined && passedMs >= mostMs) throw unfinished;
  }
  checkEnd(watch);
  return healingMs;
}

function mostHealingMs({ cash, authorities, payments }: Plan): number {
  const usualMs = HEALING_MS + HEALING_MS_A_PAYMENT * payments;
  if (cash === undefined) return usualMs;
  return usualMs + HEALING_MS_OF_DEBATES + HEALING_MS_A_MEMBER * authorities;
}

/**
 * Wallets stand still for a while. What one honest authority has on disk has to reach the others by
 * themselves: afterwards the wallets will tell everybody everything.
 */
function leaveAlone(world: World): void {
  const { agenda, all, wallets } = world;
  const authorities = all.filter(({ role, isUp }) => role === 'authority' && isUp);
  const known = new Set(authorities.flatMap((process) => certificatesOf(process)));
  for (const wallet of wallets) wallet.pause(ALONE_MS, 0);
  agenda.runUntil(agenda.nowMs + ALONE_MS);
  world.isQuiet = true;
  for (const process of authorities) {
    const own = new Set(certificatesOf(process));
    const missing = [...known].filter((key) => !own.has(key)).length;
    if (missing === 0) continue;
    const what = `${missing} certificates that others have had for ${ALONE_MS} ms`;
    throw new Violation('convergence', `${process.name} lacks ${what}, and no wallet helps`);
  }
}

/** The keys of all certificates that a node has on disk. */
function certificatesOf({ disk }: Process): ByteKey[] {
  return [...disk.durable.keys()].filter((key) => key[0] === 'C');
}

function checkEnd({ world, ending, ledgers, bounds, payouts }: Watch): void {
  payouts.checkEnd();
  ending.checkSolvency();
  for (const process of world.all) {
    if (process.isHonest && process.role !== 'stranger') {
      bounds.look(process);
      if (process.isUp) bounds.checkLinks(process, new Set(world.network.linksOf(process)));
    }
    if (process.role === 'authority' && process.isUp) ledgers.checkAll(process);
  }
}

/** Who has a relay to look for, wallets among them. */
function relayedOf({ plan, relays }: World): ReadonlySet<string> {
  const isRelay = (name: string): boolean => relays.some((relay) => relay.name === name);
  return new Set(plan.pairs.filter((pair) => pair.some(isRelay)).flat());
}

/** Who looks after the lives of a key, if one has two. */
function livesOf(world: World, book: Book): Watcher[] {
  const first = world.named(world.plan.twinned);
  return first === undefined ? [] : [new Lives(book, first.index)];
}

function otherKeysOf({ cast }: World): Uint8Array[] {
  return asFounded(cast.otherNetwork).committee.members.map(({ key }) => key);
}
