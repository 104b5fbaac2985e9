/**
 * The world of one run: the network's founding, every process, the mesh between them, and the
 * hostile. Nothing here decides what happens; the plan did, and the agenda plays it.
 */

import { equalBytes } from '../../agent/core/base/bytes.ts';
import type { Signer, Verify } from '../../agent/core/base/crypto.ts';
import type { MemberIndex } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import type { Certificate, SealMemo } from '../../agent/core/codec/order.ts';
import { certificateCoder, payeeOf } from '../../agent/core/codec/order.ts';
import type { Ask } from '../../agent/core/io.ts';
import { memberByKey } from '../../agent/core/network/committee.ts';
import type { Network as FoundedNetwork } from '../../agent/core/network/genesis.ts';
import { createNode } from '../../agent/core/node.ts';
import { isAuthority, type NodeSetup } from '../../agent/core/setup.ts';
import { asFounded } from '../../agent/core/views.ts';
import { createMeter } from '../../agent/shell/meter.ts';
import { memoLike } from '../support/memos.ts';
import { Agenda } from './agenda.ts';
import { LEDGERS_SERVED } from './cash/cash-plan.ts';
import { Counter } from './cash/counter.ts';
import type { Submission } from './cash/till.ts';
import { type Cast, castOf, type Part } from './cast.ts';
import { type Founding, faultsFor } from './checkers/founding.ts';
import { Conspiracy } from './hostile/conspiracy.ts';
import { Crowder } from './hostile/crowder.ts';
import { Deputy } from './hostile/deputy.ts';
import { Embezzler } from './hostile/embezzler.ts';
import { Flooder } from './hostile/flooder.ts';
import { Saboteur } from './hostile/saboteur.ts';
import { Thief } from './hostile/thief.ts';
import { Traitor, type Treason } from './hostile/traitor.ts';
import { whoAsked } from './layout.ts';
import { Network, type Weather } from './network.ts';
import { isMember } from './places.ts';
import type { Plan } from './plan.ts';
import { Prng } from './prng.ts';
import {
  type Actor,
  isHostile,
  Process,
  type ProcessSetup,
  type Role,
  type Watcher,
} from './process.ts';
import { Reach } from './reach.ts';
import { bringUpTwin, unusedDisk } from './twin.ts';

export class World {
  readonly plan: Plan;
  readonly cast: Cast;
  readonly agenda = new Agenda();
  readonly reach: Reach;
  readonly network: Network<Process>;
  /** Where the outer ledger is, if anybody serves it. */
  readonly counter: Counter | undefined;
  /** Every process; the authorities first. */
  readonly all: Process[] = [];
  /**
   * What an operator does when everything is healed, each as often as is looked: mends a harmed
   * disk.
   */
  readonly restorations: (() => void)[] = [];
  /** What else is done then, once. */
  readonly repairs: (() => void)[] = [];
  isHealed = false;
  /** The wallets have stood still long enough; whoever paid on to disturb ends it. */
  isQuiet = false;
  readonly #conspiracy: Conspiracy;
  readonly #silent = new Set<number>();
  readonly #forgetful = new Set<Process>();
  #restoresLeft: number;

  constructor(plan: Plan, watch: (world: World) => readonly Watcher[]) {
    this.plan = plan;
    this.cast = castOf(plan);
    const bad = plan.places.filter((place) => isMember(place) && place.role !== 'authority');
    this.#restoresLeft = Math.max(0, faultsFor(plan.authorities) - bad.length);
    this.reach = new Reach(plan.size, plan.radios);
    const chance = Prng.named(plan.seed, 'network');
    this.network = new Network(this.agenda, chance, this.reach, this.#weather());
    this.#conspiracy = this.#conspire();
    this.counter = this.#counter();
    const watchers: Watcher[] = [];
    const around = { agenda: this.agenda, network: this.network, watchers };
    const commitMs = [Math.min(1, plan.commitMs), plan.commitMs] as const;
    for (const part of this.cast.parts) {
      const own = Prng.named(plan.seed, `process ${part.name}`);
      const ask = (process: Process, what: Ask) => this.counter?.ask(process, what);
      const setup: ProcessSetup = { ...part, ...this.#insideOf(part), commitMs, ask };
      this.all.push(new Process(setup, around, own));
    }
    watchers.push(...watch(this));
    this.#bringUp();
    this.counter?.open(this.all);
    for (const [a, b] of plan.pairs) {
      const [one, other] = [this.named(a), this.named(b)];
      if (one === undefined || other === undefined) continue;
      this.network.pair(one, other, whoAsked(plan.seed, one, other, plan.areRelaysFound));
    }
  }

  /**
   * Everybody but a second life of a member, whose time comes later. Then all begin as provisioned.
   */
  #bringUp(): void {
    const { plan, agenda, all } = this;
    const first = this.named(plan.twinned);
    const isTwin = ({ role }: Process) => role === 'twin';
    for (const process of all) {
      if (isTwin(process)) continue;
      const isFirst = first !== undefined && process.role === 'authority';
      if (isFirst) process.disk.replace(unusedDisk(plan.seed, process.name));
      process.start();
    }
    if (first === undefined) return;
    for (const twin of all.filter(isTwin)) bringUpTwin(agenda, plan, first, twin);
  }

  /** The process of this name; none if it was cut from the run. */
  named(name: string | undefined): Process | undefined {
    return this.all.find((process) => process.name === name);
  }

  get authorities(): Process[] {
    return this.#withRole('authority');
  }

  get wallets(): Process[] {
    return this.#withRole('wallet');
  }

  get relays(): Process[] {
    return this.#withRole('relay');
  }

  /** What the checkers may take for certain. */
  get founding(): Founding {
    return this.cast.founding;
  }

  /** Whether one more authority may lose its right to vote: liveness needs a quorum that has it. */
  spendRestore(process: Process): boolean {
    const isSpent = process.isRestored || process.disk.harm !== undefined;
    if (isSpent || this.#restoresLeft === 0) return false;
    this.#restoresLeft--;
    return true;
  }

  /** A wallet came up with its key alone. */
  lostMemory(process: Process): void {
    this.#forgetful.add(process);
  }

  /** Whether a wallet still has to learn what it did before it lost its disk. */
  hasToRemember(process: Process): boolean {
    return this.#forgetful.has(process);
  }

  remembered(process: Process): void {
    this.#forgetful.delete(process);
  }

  /** Turns a radio off or on; paths lead around it. */
  silence(process: Process, isSilent: boolean): void {
    if (isSilent) this.#silent.add(process.index);
    else this.#silent.delete(process.index);
    this.reach.without(this.#silent);
  }

  isSilent(process: Process): boolean {
    return this.#silent.has(process.index);
  }

  /** Gives a certificate straight to its payee, as a receipt is. */
  handOver(certificate: Certificate): void {
    const paid = payeeOf(certificate.order.order);
    if (paid === undefined) return;
    const payee = this.wallets.find(({ signer }) => equalBytes(signer.publicKey, paid));
    const command = {
      kind: 'deliver',
      certificate: encode(certificateCoder, certificate),
    } as const;
    payee?.event({ kind: 'command', command });
  }

  /** All faults end: ways are free, everybody is up, the weather is fine. */
  heal(): void {
    this.isHealed = true;
    this.reach.heal();
    const calm = { lossPerMille: 0, doublePerMille: 0, overtakePerMille: 0 };
    this.network.heal({ ...this.#weather(), ...calm });
    // Before anything moves again: no death lies in wait for what a paused node has to catch up
    // with.
    for (const process of this.all) process.disk.disarm();
    this.#mend();
    for (const process of this.all) {
      process.lagMs = 0;
      process.slowDiskMs = 0;
      process.goOn();
      process.start();
    }
    // A death in a commit that is on its way by now is still to come.
    this.agenda.after(LAST_COMMITS_MS, () => {
      this.#mend();
      for (const process of this.all) process.start();
    });
  }

  /**
   * Whether crowders pay: from shortly before everything is healed until the wallets have stood
   * still, and at first, so that whoever is away later has seen their accounts.
   */
  #isCrowded(): boolean {
    const { nowMs } = this.agenda;
    const isFirst = nowMs < CROWDED_FIRST_MS;
    return isFirst || (!this.isQuiet && nowMs > this.plan.chaosMs - CROWDED_BEFORE_MS);
  }

  get #isFlooded(): boolean {
    return this.plan.places.some(({ role }) => role === 'flooder');
  }

  /** Makes somebody hostile who also floods the members, until everything is healed. */
  #flooderOf(name: string, signer: Signer, inner: () => Actor): () => Actor {
    const setup = {
      network: this.cast.network,
      signer,
      isMember: name.startsWith('member-'),
      prng: Prng.named(this.plan.seed, `flood of ${name}`),
      isTheTime: () => !this.isHealed,
    };
    return () => new Flooder(inner(), setup);
  }

  /** Makes a traitor one who also lies about the outer ledger and to it, if there is one. */
  #embezzlerOf(name: string, node: NodeSetup, inner: () => Actor): () => Actor {
    const { counter } = this;
    const prng = Prng.named(this.plan.seed, `embezzler ${name}`);
    if (counter === undefined || !isAuthority(node) || prng.below(3) === 0) return inner;
    const submit = (question: Submission) => counter.till.submit(question, undefined);
    return () => new Embezzler(inner(), { node, prng, submit });
  }

  /** Makes somebody hostile who also speaks through others. */
  #deputyOf(name: string, inner: () => Actor): () => Actor {
    const prng = Prng.named(this.plan.seed, `words of ${name}`);
    const everyMs = prng.pick([50, 200, 500]);
    return () => new Deputy(inner(), this.cast.network, prng, everyMs);
  }

  /** The first authority that stays away until everything is healed. */
  #spared(): MemberIndex | undefined {
    const { victims: [name] = [] } = this.plan.faults.find(({ kind }) => kind === 'absent') ?? {};
    const found = this.cast.parts.find((part) => part.name === name);
    return found?.index as MemberIndex | undefined;
  }

  #mend(): void {
    for (const restore of this.restorations) restore();
    for (const repair of this.repairs.splice(0)) repair();
  }

  #withRole(role: Role): Process[] {
    return this.all.filter((process) => process.role === role);
  }

  #counter(): Counter | undefined {
    const { plan, agenda, cast } = this;
    if (plan.cash === undefined) return undefined;
    const checks = { network: cast.network, verify: cast.scheme.verify };
    const isHealed = () => this.isHealed;
    return new Counter({ plan, agenda, checks, payable: cast.payable, isHealed });
  }

  #weather(): Weather {
    const { hopMs, jitterMs, trouble } = this.plan;
    return {
      hopMs,
      jitterMs,
      lossPerMille: trouble.loss,
      doublePerMille: trouble.double,
      overtakePerMille: trouble.overtake,
    };
  }

  #conspire(): Conspiracy {
    const { cast } = this;
    return new Conspiracy({
      network: cast.network,
      scheme: cast.scheme,
      prng: Prng.named(this.plan.seed, 'conspiracy'),
      traitors: cast.traitors,
      foreignOrders: cast.foreignOrders,
      oldVote: cast.oldVote,
      handOver: (certificate) => this.agenda.after(50, () => this.handOver(certificate)),
    });
  }

  /**
   * The actor of a process, and its meter where steps take time. The hostile have time for all they
   * do.
   */
  #insideOf(part: Part): Pick<ProcessSetup, 'actor' | 'spent'> {
    const { verify } = this.cast.scheme;
    const { signer } = part;
    const isMetered = this.plan.profile.isMetered === true && !isHostile(part.role);
    if (!isMetered) return { actor: this.#actorOf(part, verify) };
    const meter = createMeter({ verify, sign: signer.sign });
    const metered = { ...part, signer: { ...signer, sign: meter.sign } };
    return { actor: this.#actorOf(metered, meter.verify), spent: meter.spent };
  }

  /** How to make the actor of a process. The hostile remember over restarts what they know. */
  #actorOf({ name, role, index, signer }: Part, verify: Verify): () => Actor {
    const { cast } = this;
    const prng = Prng.named(this.plan.seed, `hostile ${name}`);
    const setupFor = (network: FoundedNetwork): NodeSetup => {
      const base = { network, verify };
      const member = memberByKey(asFounded(network).committee, signer.publicKey);
      if (member !== undefined) {
        const { mostAccounts } = this.founding;
        const ledgers = this.plan.cash?.gateways.includes(index) ? LEDGERS_SERVED : [];
        return { ...base, mostAccounts, ledgers, authority: { member, sign: signer.sign } };
      }
      const isOwner = role === 'wallet' || role === 'stranger';
      const sealMemo: SealMemo = (_order, text) => memoLike(text);
      return isOwner ? { ...base, wallet: { ...signer, sealMemo } } : base;
    };
    switch (role) {
      case 'thief': {
        const loot = cast.lootOf(name);
        const recipients = cast.payable;
        const everyMs = prng.pick([100, 300, 1_000]);
        const withdraws = this.counter !== undefined;
        const setup = { plot: this.#conspiracy, prng, loot, recipients, everyMs, withdraws };
        return () => new Thief(setup);
      }
      case 'traitor': {
        const treason = treasonOf(prng, this.plan.profile.isBroken === true);
        const network = prng.below(20) === 0 ? cast.otherNetwork : cast.network;
        const inner = () => createNode(setupFor(network));
        const twisted = () =>
          new Traitor(index as MemberIndex, inner(), treason, this.#conspiracy, prng);
        const traitor = this.#embezzlerOf(name, setupFor(cast.network), twisted);
        if (this.#isFlooded) return this.#flooderOf(name, signer, traitor);
        return this.plan.haveDeputies ? this.#deputyOf(name, traitor) : traitor;
      }
      case 'saboteur': {
        const withhold = prng.pick([300, 900, 1_000]);
        const isLiar = prng.below(100) < this.plan.profile.liars;
        const sabotage = { withhold, lie: isLiar ? prng.pick([100, 500, 1_000]) : 0 };
        const inner = () => createNode(setupFor(cast.network));
        return () => new Saboteur(inner(), prng, sabotage, this.#conspiracy);
      }
      case 'squatter':
        return () => SQUATTER;
      case 'crowder': {
        const crowd = cast.crowdOf(name);
        const { network } = cast;
        const spared =
          this.#spared() ?? (prng.pick([...this.founding.honestMembers]) as MemberIndex);
        const isTheTime = () => this.#isCrowded();
        const crowder = new Crowder({ network, crowd, spared, isTheTime });
        return () => crowder;
      }
      case 'deputy':
        return this.#deputyOf(name, () => createNode(setupFor(cast.network)));
      case 'flooder':
        return this.#flooderOf(name, signer, () => SQUATTER);
      case 'stranger':
      case 'misled':
        return () => createNode(setupFor(cast.otherNetwork));
      default:
        return () => createNode(setupFor(cast.network));
    }
  }
}

/** Crowders pay for so long at first, and begin again so long before everything is healed. */
const CROWDED_FIRST_MS = 1_500;
const CROWDED_BEFORE_MS = 1_000;

const SQUATTER: Actor = {
  step: () => ({ writes: [], sends: [], asks: [], closes: [], notices: [], wakeAtMs: undefined }),
};

/** In so long any commit that was begun in trouble is through, or its process has died. */
const LAST_COMMITS_MS = 2_000;

/** One of many characters: silent, lying, equivocating, or all of it. */
function treasonOf(prng: Prng, isOpen: boolean): Treason {
  if (isOpen) return { withhold: 0, lie: 0, garble: 0, votesForAll: true, attackEveryMs: 0 };
  return {
    withhold: prng.pick([0, 0, 100, 500, 1_000]),
    lie: prng.pick([0, 100, 500, 1_000]),
    garble: prng.pick([0, 0, 30]),
    votesForAll: prng.perMille(700),
    attackEveryMs: prng.pick([0, 100, 400, 2_000]),
  };
}
