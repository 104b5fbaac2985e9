/**
 * The world of one run: the network's founding, every process, the mesh between them, and the
 * hostile. Nothing here decides what happens; the plan did, and the agenda plays it.
 */

import { equalBytes } from '../../agent/core/bytes.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import { certificateCoder } from '../../agent/core/codec/order.ts';
import type { Network as FoundedNetwork } from '../../agent/core/genesis.ts';
import { createNode } from '../../agent/core/node.ts';
import type { NodeSetup } from '../../agent/core/setup.ts';
import type { MemberIndex } from '../../agent/core/units.ts';
import { Agenda } from './agenda.ts';
import { type Cast, castOf } from './cast.ts';
import { type Founding, faultsFor } from './checkers/founding.ts';
import { Conspiracy } from './hostile/conspiracy.ts';
import { Saboteur } from './hostile/saboteur.ts';
import { Thief } from './hostile/thief.ts';
import { Traitor, type Treason } from './hostile/traitor.ts';
import { joinAll, radiosOf } from './layout.ts';
import { Network, type Weather } from './network.ts';
import type { Plan } from './plan.ts';
import { Prng } from './prng.ts';
import { type Actor, Process, type ProcessSetup, type Role, type Watcher } from './process.ts';
import { Reach } from './reach.ts';

export class World {
  readonly plan: Plan;
  readonly cast: Cast;
  readonly agenda = new Agenda();
  readonly reach: Reach;
  readonly network: Network<Process>;
  /** Every process; the authorities first, so that an index is a member. */
  readonly all: Process[] = [];
  /** What an operator does when everything is healed. */
  readonly repairs: (() => void)[] = [];
  isHealed = false;
  readonly #conspiracy: Conspiracy;
  readonly #prng: Prng;
  readonly #silent = new Set<number>();
  readonly #forgetful = new Set<Process>();
  #restoresLeft: number;

  constructor(plan: Plan, watch: (world: World) => readonly Watcher[]) {
    this.plan = plan;
    this.cast = castOf(plan);
    this.#prng = new Prng(plan.seed, 3);
    const { traitors } = this.cast;
    this.#restoresLeft = Math.max(0, faultsFor(plan.authorities) - traitors.size);
    const size = this.cast.roles.length;
    this.reach = new Reach(size, radiosOf(plan.layout, size, this.#prng.fork(1)));
    this.network = new Network(this.agenda, this.#prng.fork(2), this.reach, this.#weather());
    this.#conspiracy = this.#conspire();
    const watchers: Watcher[] = [];
    const around = { agenda: this.agenda, network: this.network, watchers };
    this.cast.roles.forEach(({ name, role, signer }, index) => {
      const { commitMs } = plan;
      const own = new Prng(plan.seed, 100 + index);
      const actor = this.#actorOf(role, index);
      const commit = [Math.min(1, commitMs), commitMs] as const;
      const setup: ProcessSetup = { name, index, role, signer, actor, commitMs: commit };
      this.all.push(new Process(setup, around, own));
    });
    watchers.push(...watch(this));
    for (const process of this.all) process.start();
    joinAll(this, this.#prng.fork(3));
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

  /** Honest processes whose disk matters. */
  get keepers(): Process[] {
    return [...this.authorities, ...this.wallets];
  }

  /** What the checkers may take for certain. */
  get founding(): Founding {
    return this.cast.founding;
  }

  /** Whether one more authority may lose its right to vote: liveness needs a quorum that has it. */
  spendRestore(process: Process): boolean {
    const isSpent = process.isRestored || process.disk.rot !== undefined;
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
    const { recipient } = certificate.order.order.action.data;
    const payee = this.wallets.find(({ signer }) => equalBytes(signer.publicKey, recipient));
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
    for (const repair of this.repairs) repair();
    for (const process of this.all) {
      process.lagMs = 0;
      process.slowDiskMs = 0;
      process.disk.disarm();
      process.start();
    }
  }

  #withRole(role: Role): Process[] {
    return this.all.filter((process) => process.role === role);
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
      prng: this.#prng.fork(4),
      traitors: cast.traitors,
      foreignOrders: cast.foreignOrders,
      oldVote: cast.oldVote,
      handOver: (certificate) => this.agenda.after(50, () => this.handOver(certificate)),
    });
  }

  /** How to make the actor of a process. The hostile remember over restarts what they know. */
  #actorOf(role: Role, index: number): () => Actor {
    const { cast } = this;
    const signer = cast.roles[index]?.signer;
    if (signer === undefined) throw new Error('no such role');
    const member = index as MemberIndex;
    const setupFor = (network: FoundedNetwork): NodeSetup => {
      const base = { network, verify: cast.scheme.verify };
      if (role === 'authority' || role === 'traitor') {
        return { ...base, authority: { member, sign: signer.sign } };
      }
      return role === 'relay' || role === 'saboteur' ? base : { ...base, wallet: signer };
    };
    switch (role) {
      case 'thief': {
        const loot = cast.lootOf(index);
        const prng = this.#prng.fork(1_000 + index);
        const recipients = cast.payable;
        const everyMs = prng.pick([100, 300, 1_000]);
        return () => new Thief({ plot: this.#conspiracy, prng, loot, recipients, everyMs });
      }
      case 'traitor': {
        const prng = this.#prng.fork(1_000 + index);
        const treason = treasonOf(prng, this.plan.profile.isBroken === true);
        const network = prng.below(20) === 0 ? cast.otherNetwork : cast.network;
        const inner = () => createNode(setupFor(network));
        return () => new Traitor(member, inner(), treason, this.#conspiracy, prng);
      }
      case 'saboteur': {
        const prng = this.#prng.fork(1_000 + index);
        const withhold = prng.pick([300, 900, 1_000]);
        const isLiar = prng.below(100) < this.plan.profile.liars;
        const sabotage = { withhold, lie: isLiar ? prng.pick([100, 500, 1_000]) : 0 };
        const inner = () => createNode(setupFor(cast.network));
        return () => new Saboteur(inner(), prng, sabotage, this.#conspiracy);
      }
      case 'stranger':
        return () => createNode(setupFor(cast.otherNetwork));
      default:
        return () => createNode(setupFor(cast.network));
    }
  }
}

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
