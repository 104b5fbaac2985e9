/**
 * A small world for tests of the core: nodes with their state in Maps, links between them, and time
 * that moves only when told to. Frames travel in order until nobody has anything to say. What a
 * test wants to lose, change or forge, it does in `onFrame`.
 */

import { utf8 } from '@scure/base';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Signer, Verify } from '../../agent/core/base/crypto.ts';
import { SEED_BYTES } from '../../agent/core/base/limits.ts';
import type {
  Amount,
  LedgerIndex,
  LinkId,
  MemberIndex,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { type Frame, frameCoder } from '../../agent/core/codec/message.ts';
import type { Event, Step } from '../../agent/core/io.ts';
import { memosOf } from '../../agent/core/memo.ts';
import { type Genesis, networkOf } from '../../agent/core/network/genesis.ts';
import { createNode, type Node } from '../../agent/core/node.ts';
import type { Notice } from '../../agent/core/notice.ts';
import type { CommandOf, Part } from '../../agent/core/part.ts';
import { PARTS } from '../../agent/core/parts.ts';
import type { NodeSetup } from '../../agent/core/setup.ts';
import { isDurable } from '../../agent/core/spaces.ts';
import { asFounded, type JudgedNetwork } from '../../agent/core/views.ts';
import { verify as realVerify, seedOf, signerOf } from './keys.ts';

export const HRS = 0 as TokenIndex;

/** A node of the world, with its state, its links and everything that it ever noticed. */
export interface Place {
  readonly name: string;
  readonly signer: Signer;
  node: Node;
  setup: NodeSetup;
  state: Map<ByteKey, Uint8Array>;
  readonly notices: Notice[];
  readonly closed: string[];
  wakeAtMs: number | undefined;
  up: boolean;
  /** How far its clock on the wall is ahead of the world's time. */
  wallSkewMs: number;
}

export interface Wire {
  readonly from: Place;
  readonly fromLink: LinkId;
  readonly to: Place;
  readonly toLink: LinkId;
}

/** A frame on its way. */
export interface Carried {
  readonly wire: Wire;
  readonly bytes: Uint8Array;
}

export interface WorldOptions {
  /** How many, then called auth-0 and so on, or what they are called. */
  readonly authorities?: number | readonly string[];
  readonly wallets?: readonly string[];
  readonly relays?: readonly string[];
  /** Issued to each wallet in HRS, smallest units; 1000 if left out. */
  readonly issue?: bigint;
  readonly verify?: Verify;
  /** The least amount of HRS that opens an account; 1 if left out. */
  readonly opens?: bigint;
  /** 0, without a limit, if left out. */
  readonly votesPerHour?: number;
  /** Authorities with a connection to the outer ledger; none if left out. */
  readonly gateways?: readonly string[];
  /** Members who observe that ledger, and how many of them certify; auth-0 alone if left out. */
  readonly observers?: readonly number[];
  readonly observerQuorum?: number;
  /** The parts of the protocol that its nodes have; those of the product if left out. */
  readonly parts?: readonly Part[];
  /**
   * Heartbeats are carried. If not, each node hears nobody: tests that let hours pass are about
   * something else, and every heartbeat is signed and checked.
   */
  readonly heartbeats?: boolean;
}

export class World {
  readonly network: JudgedNetwork;
  readonly places = new Map<string, Place>();
  /** Sees every frame on its way; false loses it. */
  onFrame: (from: Place, to: Place, frame: Frame) => boolean = () => true;
  /** Sees every step that any place takes. */
  onStep: (place: Place, event: Event, step: Step) => void = () => {};
  nowMs = 1_000;
  readonly #parts: readonly Part[];
  readonly #carriesHeartbeats: boolean;
  #nextLink = 1n;
  #questions = 0;
  #starts = 0;
  readonly #ends = new Map<LinkId, readonly Place[]>();
  readonly #wires = new Map<Place, Map<LinkId, Wire>>();
  #queue: Carried[] = [];

  constructor(options: WorldOptions = {}) {
    const { authorities = 4, wallets = ['alice', 'bob'], relays = [], issue = 1_000n } = options;
    const verify = options.verify ?? realVerify;
    this.#carriesHeartbeats = options.heartbeats ?? false;
    const names =
      typeof authorities === 'number'
        ? Array.from({ length: authorities }, (_, i) => `auth-${i}`)
        : authorities;
    this.#parts = options.parts ?? PARTS;
    this.network = asFounded(networkOf(genesisFor(names, wallets, issue, options)));
    names.forEach((name, i) => {
      const signer = signerOf(name);
      const authority = { member: i as MemberIndex, sign: signer.sign };
      const ledgers = options.gateways?.includes(name) === true ? [0 as LedgerIndex] : [];
      this.#add(name, signer, { network: this.network, verify, authority, ledgers });
    });
    for (const name of relays) this.#add(name, signerOf(name), { network: this.network, verify });
    for (const name of wallets) {
      const { seal: sealMemo } = memosOf(seedOf(name), this.network.id);
      const wallet = { ...signerOf(name), sealMemo };
      this.#add(name, wallet, { network: this.network, verify, wallet });
    }
  }

  #add(
    name: string,
    signer: Signer,
    setup: NodeSetup,
    state: Map<ByteKey, Uint8Array> = new Map(),
  ): void {
    const place: Place = {
      name,
      signer,
      setup,
      node: createNode(setup, this.#parts),
      state,
      notices: [],
      closed: [],
      wakeAtMs: undefined,
      up: true,
      wallSkewMs: 0,
    };
    this.places.set(name, place);
    this.#wires.set(place, new Map());
    this.event(place, { kind: 'start', seed: this.#seed() });
  }

  place(name: string): Place {
    const place = this.places.get(name);
    if (place === undefined) throw new Error(`no place is called ${name}`);
    return place;
  }

  get authorities(): Place[] {
    return [...this.places.values()].filter((place) => place.setup.authority !== undefined);
  }

  get wallets(): Place[] {
    return [...this.places.values()].filter((place) => place.setup.wallet !== undefined);
  }

  /**
   * Opens a link from one place to another, because the operator of the first wants it, or because
   * that one `found` the other. Wallets prove no key.
   */
  connect(a: string, b: string, why: 'wanted' | 'found' = 'wanted'): void {
    const [from, to] = [this.place(a), this.place(b)];
    const fromLink = this.#nextLink++ as LinkId;
    const toLink = this.#nextLink++ as LinkId;
    this.#wires.get(from)?.set(fromLink, { from, fromLink, to, toLink });
    this.#wires.get(to)?.set(toLink, { from: to, fromLink: toLink, to: from, toLink: fromLink });
    for (const link of [fromLink, toLink]) this.#ends.set(link, [from, to]);
    const wanted = why === 'wanted';
    this.event(from, { kind: 'link_up', link: fromLink, peerKey: keyShown(to), wanted });
    this.event(to, { kind: 'link_up', link: toLink, peerKey: keyShown(from), wanted: false });
  }

  /** Links every authority and relay with every other, and every wallet with every authority. */
  connectAll(): this {
    const nodes = [...this.places.values()].filter((place) => place.setup.wallet === undefined);
    nodes.forEach((a, i) => {
      for (const b of nodes.slice(i + 1)) this.connect(a.name, b.name);
    });
    for (const wallet of this.wallets) {
      for (const authority of this.authorities) this.connect(wallet.name, authority.name);
    }
    this.run();
    return this;
  }

  /** Takes all links of a place away. */
  cut(name: string): void {
    const place = this.place(name);
    for (const wire of this.#wires.get(place)?.values() ?? []) {
      this.#wires.get(wire.to)?.delete(wire.toLink);
      this.event(place, { kind: 'link_down', link: wire.fromLink });
      this.event(wire.to, { kind: 'link_down', link: wire.toLink });
    }
    this.#wires.get(place)?.clear();
  }

  /** The process dies, and comes up again with what was on disk and no links. */
  restart(name: string): void {
    const place = this.place(name);
    this.cut(name);
    place.state = new Map([...place.state].filter(([key]) => isDurable(key)));
    place.node = createNode(place.setup, this.#parts);
    place.up = true;
    this.event(place, { kind: 'start', seed: this.#seed() });
  }

  /** The process dies and stays down. `restart` brings it up again. */
  crash(name: string): void {
    this.cut(name);
    this.place(name).up = false;
  }

  /** A second machine comes up with a copy of a place's key and of its disk as it is now. */
  copy(name: string, as: string): void {
    const { signer, setup, state } = this.place(name);
    this.#add(as, signer, setup, new Map([...state].filter(([key]) => isDurable(key))));
  }

  /** What a new process is given for chance: another each time, the same in each run of a test. */
  #seed(): Uint8Array {
    return new Uint8Array(SEED_BYTES).fill(++this.#starts);
  }

  /** One event at one place: the step's writes are kept, its frames queued. */
  event(place: Place, event: Event): Step {
    const read = { get: (key: ByteKey) => place.state.get(key) };
    const stamp = { nowMs: this.nowMs, wallMs: this.nowMs + place.wallSkewMs };
    const whole = place.node.step(event, stamp, read);
    const step = { ...whole, sends: whole.sends.filter(({ bytes }) => this.#isCarried(bytes)) };
    for (const { key, value } of step.writes) {
      if (value === undefined) place.state.delete(key);
      else place.state.set(key, value);
    }
    place.notices.push(...step.notices);
    place.closed.push(...step.closes.map(({ reason }) => reason));
    place.wakeAtMs = step.wakeAtMs;
    for (const { link, bytes } of step.sends) {
      const wire = this.#wires.get(place)?.get(link);
      if (wire !== undefined) this.#queue.push({ wire, bytes });
    }
    this.onStep(place, event, step);
    return step;
  }

  #isCarried(bytes: Uint8Array): boolean {
    return this.#carriesHeartbeats || decodeOwn(frameCoder, bytes).message.TAG !== 'heartbeat';
  }

  /** A frame that `from` makes up arrives over its own link at `to`: the step there. */
  inject(from: string, to: string, frame: Frame): Step {
    const bytes = encode(frameCoder, frame);
    return this.event(this.place(to), { kind: 'frame', link: this.linkOf(to, from), bytes });
  }

  /** The link that leads from one place to another. */
  linkOf(from: string, to: string): LinkId {
    const wires = [...(this.#wires.get(this.place(from))?.values() ?? [])];
    const wire = wires.find((each) => each.to.name === to);
    if (wire === undefined) throw new Error(`no link leads from ${from} to ${to}`);
    return wire.fromLink;
  }

  /** Who is, or was, at the other end of a link of this place. */
  otherEnd(place: Place, link: LinkId): Place | undefined {
    return this.#ends.get(link)?.find((each) => each !== place);
  }

  /** Delivers frames until none is left. Fails when they do not end. */
  run(mostFrames = 100_000): number {
    const delivered = this.deliver(mostFrames);
    if (this.#queue.length > 0) throw new Error(`still talking after ${mostFrames} frames`);
    return delivered;
  }

  /** Delivers at most so many frames, and says how many it were. */
  deliver(most: number): number {
    let delivered = 0;
    while (delivered < most) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      delivered++;
      this.#carry(next);
    }
    return delivered;
  }

  #carry({ wire, bytes }: Carried): void {
    if (!wire.from.up || !wire.to.up) return;
    if (!this.onFrame(wire.from, wire.to, decodeOwn(frameCoder, bytes))) return;
    this.event(wire.to, { kind: 'frame', link: wire.toLink, bytes });
  }

  /** Delivers those frames on their way that are wanted now, and leaves the others there. */
  deliverThose(isWanted: (carried: Carried) => boolean): number {
    const wanted = this.loseThose(isWanted);
    for (const carried of wanted) this.#carry(carried);
    return wanted.length;
  }

  /** Takes the frames that are wanted off their way, and says which they were. */
  loseThose(isWanted: (carried: Carried) => boolean): readonly Carried[] {
    const wanted = this.#queue.filter(isWanted);
    this.#queue = this.#queue.filter((carried) => !wanted.includes(carried));
    return wanted;
  }

  /** Lets time pass, waking whoever wants to be woken, and delivers what follows. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.wakeNext(untilMs)) this.run();
  }

  /** Goes on to when somebody wants to be woken, if that is not later, and wakes whoever does. */
  wakeNext(untilMs: number): boolean {
    const waiting = [...this.places.values()].filter((place) => place.up);
    const dueMs = Math.min(...waiting.map((place) => place.wakeAtMs ?? Infinity));
    this.nowMs = Math.max(this.nowMs, Math.min(dueMs, untilMs));
    if (dueMs > untilMs) return false;
    for (const place of waiting) {
      if ((place.wakeAtMs ?? Infinity) <= this.nowMs) this.event(place, { kind: 'tick' });
    }
    return true;
  }

  /** A wallet pays another place's account, and insists: nobody is asked before. */
  pay(from: string, to: string, amount: bigint, memo = ''): Step {
    return this.#pay(from, this.place(to).signer.publicKey, amount, memo, undefined);
  }

  /** A wallet asks the authorities about a payment, and makes it if they would vote for it. */
  plan(from: string, to: string | Uint8Array, amount: bigint, memo = ''): Step {
    const recipient = typeof to === 'string' ? this.place(to).signer.publicKey : to;
    const nonce = new Uint8Array(16).fill(++this.#questions);
    return this.#pay(from, recipient, amount, memo, nonce);
  }

  /** A wallet asks about a withdrawal to Anna, and makes it if they would vote for it. */
  withdraw(from: string, minor: bigint, parts: Partial<CommandOf<'withdraw'>> = {}): Step {
    const command: CommandOf<'withdraw'> = {
      kind: 'withdraw',
      token: HRS,
      amount: minor as Amount,
      ledger: 0 as LedgerIndex,
      recipient: utf8.decode('Anna'),
      validUntilMs: BigInt(this.nowMs + 3_600_000),
      nonce: new Uint8Array(16).fill(++this.#questions),
      ...parts,
    };
    return this.event(this.place(from), { kind: 'command', command });
  }

  #pay(
    from: string,
    recipient: Uint8Array,
    minor: bigint,
    memo: string,
    nonce: Uint8Array | undefined,
  ): Step {
    const amount = minor as Amount;
    const command = { kind: 'pay', recipient, token: HRS, amount, memo, nonce } as const;
    return this.event(this.place(from), { kind: 'command', command });
  }

  /** A wallet asks what is known of it. */
  refresh(name: string, nonce: Uint8Array = new Uint8Array(16).fill(++this.#questions)): Step {
    const command = { kind: 'refresh', nonce } as const;
    return this.event(this.place(name), { kind: 'command', command });
  }

  /** The notices of one kind at a place. */
  notices<K extends Notice['kind']>(name: string, kind: K): Extract<Notice, { kind: K }>[] {
    return this.place(name).notices.filter(
      (notice): notice is Extract<Notice, { kind: K }> => notice.kind === kind,
    );
  }
}

function keyShown(place: Place): Uint8Array | undefined {
  return place.setup.wallet === undefined ? place.signer.publicKey : undefined;
}

function genesisFor(
  members: readonly string[],
  wallets: readonly string[],
  issue: bigint,
  options: WorldOptions,
): Genesis {
  return {
    version: 1,
    name: 'test',
    nonce: new Uint8Array(16),
    members: members.map((name) => ({ name, key: signerOf(name).publicKey })),
    tokens: [
      { symbol: 'HRS', decimals: 2, opens: (options.opens ?? 1n) as Amount },
      { symbol: 'KWH', decimals: 3, opens: 1n as Amount },
    ],
    votesPerHour: options.votesPerHour ?? 0,
    ledgers: [
      {
        name: 'cashbook',
        kind: 'cashbook',
        tokens: [HRS],
        observers: (options.observers ?? [0]).map((each) => each as MemberIndex),
        quorum: options.observerQuorum ?? 1,
        about: 'the box under the counter',
      },
    ],
    issuance: wallets.map((name) => ({
      account: signerOf(name).publicKey,
      token: HRS,
      amount: issue as Amount,
    })),
  };
}
