/**
 * A node at work, whatever its role: core, store, loop, links and scrub, joined once for the daemon
 * and for a wallet. Frames and links come from the sockets into the loop, what the core sends goes
 * from the loop to the sockets, and what it notices to whoever listens.
 *
 * Order of a start, each when the one before is done:
 *
 *   store   opened, and all that signing depends on verified (`openEngine`)
 *   loop    the core's first step is on disk: nobody meets a node that could not be backed up
 *   links   it listens and dials
 *   scrub   all other records are read again, beside the work
 *
 * Order of a stop, so that nothing is lost that was taken in:
 *
 *   loop    takes nothing more, finishes what it has, commits it, and puts it out
 *   links   say good-bye
 *   scrub   ends its slice
 *   store   is closed
 *
 * Safety: a node whose store turns out to be damaged leaves (`leave`): its links are down before
 * the loop ends, so that nothing goes out any more; its store stays open to be looked at. After a
 * fault (a failed commit, a damaged record, a broken invariant) the loop stands still, `onFatal` is
 * told, and the process has to end. Liveness: a stop that hangs at the disk gives up the loop after
 * DRAIN_TIMEOUT_MS, and still says good-bye.
 */

import { randomBytes } from 'node:crypto';
import { unreachable } from '../core/base/assert.ts';
import type { Signer, Verify } from '../core/base/crypto.ts';
import { SEED_BYTES } from '../core/base/limits.ts';
import type { LedgerIndex } from '../core/base/units.ts';
import type { SealMemo } from '../core/codec/order.ts';
import type { Answer, Ask, Command, Read } from '../core/io.ts';
import { NO_MEMBER } from '../core/network/committee.ts';
import type { Network } from '../core/network/genesis.ts';
import { createNode, type Node } from '../core/node.ts';
import type { Notice } from '../core/notice.ts';
import type { NodeSetup } from '../core/setup.ts';
import {
  type JudgedNetwork,
  judgedBy,
  type LedgerFigures,
  LedgerView,
  numberOf,
} from '../core/views.ts';
import { type Clock, systemClock } from './clock.ts';
import './limits-relations.ts';
import { createLoop, type Loop, type StopResult } from './loop.ts';
import { createMeter, type Meter } from './meter.ts';
import { createLinks, type Links, type LinksOptions } from './net/links.ts';
import { rememberSignatures } from './remember.ts';
import type { Damage } from './store/damage.ts';
import {
  type DamagedResult,
  type OpenOptions,
  openStore,
  type RefusedResult,
} from './store/open.ts';
import { type Scrubber, startScrub } from './store/scrubber.ts';
import type { Store } from './store/store.ts';
import { createVerify } from './verify.ts';

/** What a node does in the protocol. A wallet speaks for the account of its signer. */
export type EngineRole =
  /** Its number is that of its key, as soon as a committee has had it. */
  | { readonly kind: 'authority' }
  | { readonly kind: 'relay' }
  | { readonly kind: 'wallet'; readonly sealMemo: SealMemo };

export interface EngineOptions {
  readonly network: Network;
  readonly signer: Signer;
  readonly role: EngineRole;
  readonly links: Omit<LinksOptions, 'network' | 'members' | 'emit'>;
  /**
   * The outer ledgers that this node has a connection to, and who asks them: told of each question
   * once it may leave the node, and calls back with each answer.
   */
  readonly ledgers?: {
    readonly served: readonly LedgerIndex[];
    readonly ask: (ask: Ask, tell: (answer: Answer) => void) => void;
  };
  readonly clock?: Clock;
  /** Records that the scrub reads at the end of a stop, so that it gets on in short lives too. */
  readonly scrubAtEnd?: number;
  /** The scrub found what is wrong with the store; told at most once. */
  readonly onDamage: (damage: readonly Damage[]) => void;
  /** The node cannot go on; told at most once, and not of what `start` rejects with. */
  readonly onFatal: (error: unknown) => void;
}

export interface Engine {
  readonly store: Store;
  readonly links: Links;
  /** The state as of the last step, written or not yet. */
  readonly read: Read;
  readonly verify: Verify;
  /**
   * Resolves when the node is up, or was taken down meanwhile. Rejects with what its first step or
   * its sockets failed with.
   */
  start(reach?: 'online' | 'offline'): Promise<void>;
  /** Hears all notices from now on, each when it may leave the node; the result ends that. */
  hear(listener: (notice: Notice) => void): () => void;
  /** False: there is no room for the command, or the node stops. */
  command(command: Command): boolean;
  /** What the outside says, to a question or by itself; lost if the node stops. */
  tell(answer: Answer): void;
  /**
   * Resolves when all that was taken so far is done and on disk; rejects if the node ends before.
   */
  settled(): Promise<void>;
  ledger(): LedgerFigures;
  /**
   * Takes no part from now on; the store stays open. Repeated, or before a start, it does no harm.
   */
  leave(): Promise<StopResult>;
  /**
   * Takes everything down. Says how the loop ended. Repeated, or before a start, it does no harm.
   */
  stop(): Promise<StopResult>;
}

/** Makes the engine of a store that is open. Nothing happens before `start`. */
export function createEngine(options: EngineOptions, store: Store): Engine {
  return new JoinedEngine(options, store);
}

/** Opens the store as `openStore` does, and makes its engine. */
export async function openEngine(
  options: EngineOptions,
  where: OpenOptions,
): Promise<{ readonly state: 'open'; readonly engine: Engine } | DamagedResult | RefusedResult> {
  const opened = await openStore(where);
  if (!('store' in opened)) return opened;
  return { state: 'open', engine: createEngine(options, opened.store) };
}

class JoinedEngine implements Engine {
  readonly store: Store;
  readonly links: Links;
  readonly verify: Verify;
  readonly #options: EngineOptions;
  /** The network, and who judges as of the last step. */
  readonly #network: JudgedNetwork;
  readonly #loop: Loop;
  readonly #listeners = new Set<(notice: Notice) => void>();
  readonly #ledger = new LedgerView();
  #state: Read;
  /** What the core is given; a new one where this node's number has come with an epoch. */
  #node: Node;
  readonly #meter: Pick<Meter, 'verify' | 'sign'>;
  /** Whether the first step is on disk. */
  #isBegun = false;
  #scrub: Scrubber | undefined;
  #left: Promise<StopResult> | undefined;
  #stopped: Promise<StopResult> | undefined;

  constructor(options: EngineOptions, store: Store) {
    const { network, signer } = options;
    const meter = createMeter({ verify: createVerify(), sign: signer.sign });
    this.#options = options;
    this.#network = judgedBy(network, () => this.#state);
    this.store = store;
    this.verify = meter.verify;
    this.#meter = { verify: meter.verify, sign: rememberSignatures(meter.sign) };
    this.#state = store;
    this.#node = createNode(this.#setup());
    this.#loop = createLoop({
      step: (event, stamp, read) => {
        this.#state = read;
        return this.#node.step(event, stamp, read);
      },
      store,
      clock: options.clock ?? systemClock(),
      spent: meter.spent,
      onSend: (send, cause) => this.links.send(send, cause),
      onAsk: (ask) => options.ledgers?.ask(ask, (answer) => this.tell(answer)),
      onClose: (close) => this.links.close(close),
      onNotice: (notice) => this.#tell(notice),
      onRelief: (link) => this.links.resume(link),
      onFruitless: (link, cost) => this.links.fruitless(link, cost),
      fatal: (error) => {
        // Before that, whoever waits for the first step hears of it.
        if (this.#isBegun) options.onFatal(error);
      },
    });
    this.links = createLinks({
      ...options.links,
      network: network.id,
      members: this.#network.committee.members,
      emit: (event, place) => this.#loop.offer(event, place) === 'taken',
    });
  }

  get read(): Read {
    return this.#state;
  }

  async start(reach: 'online' | 'offline' = 'online'): Promise<void> {
    this.#loop.offer({ kind: 'start', seed: randomBytes(SEED_BYTES) });
    await this.#loop.settled();
    this.#isBegun = true;
    if (!this.#isEnding && reach === 'online') await this.links.start();
    if (this.#isEnding) return;
    const { onDamage, onFatal: onError } = this.#options;
    this.#scrub = startScrub(this.store, { onDamage, onError });
  }

  hear(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  command(command: Command): boolean {
    return this.#loop.offer({ kind: 'command', command }) !== 'refused';
  }

  tell(answer: Answer): void {
    this.#loop.offer({ kind: 'told', answer });
  }

  settled(): Promise<void> {
    return this.#loop.settled();
  }

  ledger(): LedgerFigures {
    return this.#ledger.of(this.#state);
  }

  leave(): Promise<StopResult> {
    this.#left ??= this.#takeDown(async () => {
      const gone = this.links.stop();
      const result = await this.#loop.stop();
      await gone;
      return result;
    });
    return this.#left;
  }

  stop(): Promise<StopResult> {
    this.#stopped ??= this.#stopInOrder();
    return this.#stopped;
  }

  get #isEnding(): boolean {
    return this.#left !== undefined || this.#stopped !== undefined;
  }

  async #stopInOrder(): Promise<StopResult> {
    this.#left ??= this.#takeDown(async () => {
      const result = await this.#loop.stop();
      await this.links.stop();
      return result;
    });
    try {
      const result = await this.#left;
      const { scrubAtEnd } = this.#options;
      // What it finds is told by the next opening.
      if (scrubAtEnd !== undefined) await this.store.scrub(scrubAtEnd).catch(() => undefined);
      return result;
    } finally {
      await this.store.close();
    }
  }

  /** Ends loop and links in the order of `end`, and the scrub beside them. */
  async #takeDown(end: () => Promise<StopResult>): Promise<StopResult> {
    const scrubbed = this.#scrub?.stop();
    const result = await end();
    await scrubbed;
    return result;
  }

  #setup(): NodeSetup {
    const { network, role, signer, ledgers } = this.#options;
    const { verify, sign } = this.#meter;
    switch (role.kind) {
      case 'authority': {
        const member = numberOf(this.#network, signer.publicKey) ?? NO_MEMBER;
        return { network, verify, authority: { member, sign }, ledgers: ledgers?.served ?? [] };
      }
      case 'relay':
        return { network, verify };
      case 'wallet':
        return { network, verify, wallet: { ...signer, sign, sealMemo: role.sealMemo } };
      default:
        return unreachable(role);
    }
  }

  #tell(notice: Notice): void {
    if (notice.kind === 'epoch_began') {
      this.links.setMembers(this.#network.committee.members);
      // It keeps nothing between steps, so another one goes on where this one was.
      this.#node = createNode(this.#setup());
    }
    for (const listener of this.#listeners) listener(notice);
  }
}
