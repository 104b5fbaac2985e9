/**
 * A hostile wallet with several accounts. It signs different orders for one sequence and shows them
 * to different authorities, collects the votes, makes what certificates it can, and gives them to
 * few, to all, or past the authorities to a payee. Between that it overspends, leaves gaps, moves
 * nothing, replays, floods, signs for other networks, and sends bytes that mean nothing.
 */

import { equalBytes } from '../../../agent/core/base/bytes.ts';
import type { Signer } from '../../../agent/core/base/crypto.ts';
import { isRefusal } from '../../../agent/core/base/refusal.ts';
import type {
  Amount,
  Epoch,
  LedgerIndex,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../../agent/core/base/units.ts';
import { decode, encode } from '../../../agent/core/codec/canonical.ts';
import {
  frameCoder,
  type Message,
  questionBodyCoder,
  type Wish,
} from '../../../agent/core/codec/message.ts';
import {
  type Order,
  orderSigningBytes,
  type SignedOrder,
} from '../../../agent/core/codec/order.ts';
import type { Event, Send, Stamp, Step } from '../../../agent/core/io.ts';
import { memberByKey } from '../../../agent/core/network/committee.ts';
import { signingBytes } from '../../../agent/core/network/signing.ts';
import { asFounded } from '../../../agent/core/views.ts';
import { memoLike } from '../../support/memos.ts';
import { EPOCH_WALL_MS } from '../clock.ts';
import type { Prng } from '../prng.ts';
import type { Actor } from '../process.ts';
import type { Conspiracy } from './conspiracy.ts';
import { falseCertificate, frameOf, garble, orderWithBrokenMemo } from './forge.ts';

/** One of its accounts: how far it is, and what it may still have. */
export interface Loot {
  readonly signer: Signer;
  next: bigint;
  money: bigint;
  /** Attacks at this sequence: after some the votes are split for good. */
  tries: number;
}

export interface ThiefSetup {
  readonly plot: Conspiracy;
  readonly prng: Prng;
  readonly loot: readonly Loot[];
  /** Accounts that it pays. */
  readonly recipients: readonly Uint8Array[];
  readonly everyMs: number;
  /** It has money paid out, too. */
  readonly withdraws: boolean;
}

const MOST_TRIES = 12;
/**
 * Questions of a flood; and frames of the one torrent that some thieves let loose over one link,
 * the largest of which is more than the shell lets wait (network.ts).
 */
const FLOOD = 20;
const TORRENTS = [1_000, 3_000, 4_500] as const;

export class Thief implements Actor {
  readonly #setup: ThiefSetup;
  readonly #links = new Map<LinkId, MemberIndex | undefined>();
  readonly #sent: Uint8Array[] = [];
  #actAtMs = 0;
  /** Whether it has a torrent left to let loose. */
  #hasTorrent: boolean;

  constructor(setup: ThiefSetup) {
    this.#setup = setup;
    this.#hasTorrent = setup.prng.below(4) === 0;
  }

  step(event: Event, stamp: Stamp): Step {
    const committee = asFounded(this.#setup.plot.setup.network).committee;
    if (event.kind === 'link_up' && event.peerKey !== undefined) {
      this.#links.set(event.link, memberByKey(committee, event.peerKey));
    }
    if (event.kind === 'link_down') this.#links.delete(event.link);
    if (event.kind === 'frame') this.#hear(event.bytes);
    const sends: Send[] = [];
    if (stamp.nowMs >= this.#actAtMs) {
      this.#actAtMs = stamp.nowMs + this.#setup.prng.between(1, 2 * this.#setup.everyMs);
      sends.push(...this.#act());
    }
    return { writes: [], sends, asks: [], closes: [], notices: [], wakeAtMs: this.#actAtMs };
  }

  #hear(bytes: Uint8Array): void {
    const frame = decode(frameCoder, bytes);
    if (!isRefusal(frame)) this.#setup.plot.overhear(frame.message, bytes);
  }

  #act(): Send[] {
    const { prng, plot } = this.#setup;
    if (this.#links.size === 0) return [];
    this.#settle();
    const choice = prng.below(100);
    if (choice < 35) return this.#splitVotes();
    if (choice < 50) return this.#spread();
    if (choice < 55) return this.#handOver();
    if (choice < 62) return this.#repeat();
    if (choice < 75) return this.#impossible();
    if (choice < 82) return this.#falseCertificate();
    if (choice < 86) return this.#flood();
    if (choice < 90) return this.#posing();
    if (choice < 95) return this.#malformed();
    const [order] = prng.some(plot.setup.foreignOrders, 1);
    return order === undefined ? [] : this.#toAll({ TAG: 'order', data: order });
  }

  /** Moves on where an order was certified. */
  #settle(): void {
    for (const { order } of this.#setup.plot.certificates) {
      for (const loot of this.#setup.loot) {
        const { account, sequence, action } = order.order;
        if (sequence !== loot.next || !equalBytes(account, loot.signer.publicKey)) continue;
        loot.next++;
        loot.money -= action.data.amount;
        loot.tries = 0;
      }
    }
  }

  /** Different orders for one sequence, each to some. */
  #splitVotes(): Send[] {
    const { prng, plot } = this.#setup;
    const loot = this.#account();
    if (loot === undefined) return [];
    const kinds = prng.pick([1, 2, 2, 2, 3]);
    const orders = Array.from({ length: kinds }, () => this.#order(loot, {}));
    for (const order of orders) plot.watch(order);
    const toBoth = prng.perMille(400);
    return [...this.#links].flatMap(([link, member]) => {
      const shown = toBoth ? orders : [prng.pick(orders)];
      return shown.map((data) => this.#to(link, member, { TAG: 'order', data }));
    });
  }

  #spread(): Send[] {
    const { prng, plot } = this.#setup;
    if (plot.certificates.length === 0) return [];
    // The newest ones: their payees may spend what some authorities have not seen yet.
    const data = prng.pick(plot.certificates.slice(-3));
    if (prng.below(2) === 0) plot.setup.handOver(data);
    const links = prng.some([...this.#links], prng.between(1, this.#links.size));
    return links.map(([link, member]) => this.#to(link, member, { TAG: 'certificate', data }));
  }

  #handOver(): Send[] {
    const { prng, plot } = this.#setup;
    if (plot.certificates.length > 0) plot.setup.handOver(prng.pick(plot.certificates));
    return [];
  }

  #repeat(): Send[] {
    const { prng, plot } = this.#setup;
    const frames = [...plot.frames, ...this.#sent];
    if (frames.length === 0) return [];
    return [...this.#links.keys()].map((link) => ({ link, bytes: prng.pick(frames) }));
  }

  /** Orders that no rule allows. */
  #impossible(): Send[] {
    const { prng, plot } = this.#setup;
    const loot = this.#account();
    if (loot === undefined) return [];
    const more = loot.money + BigInt(prng.pick([1, 1, 2, 1_000]));
    const lastToken = plot.setup.network.genesis.tokens.length - 1;
    const changes: Change[] = [
      { amount: more },
      { amount: more, token: lastToken },
      { amount: 2n ** 128n - 1n },
      { amount: 0n },
      { sequence: loot.next + BigInt(prng.between(1, 5)) },
      { sequence: loot.next > 0n ? loot.next - 1n : 2n ** 64n - 1n },
      { recipient: loot.signer.publicKey },
      { token: 63 },
      { isForged: true },
    ];
    const order = this.#order(loot, prng.pick(changes));
    plot.watch(order);
    return this.#toAll({ TAG: 'order', data: order });
  }

  #falseCertificate(): Send[] {
    const { prng, plot } = this.#setup;
    const watched = plot.anyCase();
    if (watched === undefined) return [];
    const votes = Array.from(watched.votes, ([member, signature]) => ({ member, signature }));
    votes.sort((a, b) => a.member - b.member);
    const certificate = { epoch: 0 as Epoch, order: watched.order, votes };
    const others = plot.oldVotes(watched, prng.pick([0, 1, 7]) === 0 ? (1 as Epoch) : (7 as Epoch));
    const bytes = falseCertificate(prng, certificate, plot.quorum, others);
    return [...this.#links.keys()].map((link) => ({ link, bytes }));
  }

  #flood(): Send[] {
    const { prng } = this.#setup;
    const [link, member] = prng.pick([...this.#links]);
    const asked = Array.from({ length: FLOOD }, () => {
      return this.#to(link, member, this.#question(member ?? (0 as MemberIndex)));
    });
    return this.#hasTorrent ? this.#torrent(link) : asked;
  }

  /** About an account of its own, or about somebody else's, with its own signature all the same. */
  #question(member: MemberIndex): Message {
    const { prng, plot, loot, recipients } = this.#setup;
    const { publicKey, sign } = prng.pick(loot).signer;
    const from = BigInt(prng.below(10));
    const wish = prng.pick<Wish>([
      { TAG: 'state', data: {} },
      { TAG: 'latest', data: {} },
      { TAG: 'orders', data: { from: from as Sequence } },
      { TAG: 'credits', data: { from } },
    ]);
    const account = prng.below(2) === 0 ? publicKey : prng.pick(recipients);
    const body = { member, account, nonce: prng.bytes(16), wish };
    const bytes = encode(questionBodyCoder, body);
    const signature = sign(signingBytes('question', plot.setup.network.id, bytes));
    return { TAG: 'question', data: { body, signature } };
  }

  /** All that it said and overheard lately, again and again. */
  #torrent(link: LinkId): Send[] {
    const { prng, plot } = this.#setup;
    this.#hasTorrent = false;
    const frames = [...plot.frames, ...this.#sent];
    return Array.from({ length: prng.pick(TORRENTS) }, () => ({ link, bytes: prng.pick(frames) }));
  }

  /**
   * What only authorities say to each other, from a stranger, also on the way through another node.
   */
  #posing(): Send[] {
    const { prng, plot } = this.#setup;
    const [link] = prng.pick([...this.#links]);
    const to = prng.below(asFounded(plot.setup.network).committee.members.length) as MemberIndex;
    const watched = plot.anyCase();
    const [account] = prng.some(this.#setup.recipients, 1);
    if (watched === undefined || account === undefined) return [];
    const { order } = watched;
    const messages: Message[] = [
      { TAG: 'gossip', data: order },
      { TAG: 'root', data: { epoch: 0 as Epoch, digest: prng.bytes(32) } },
      { TAG: 'doubleSpend', data: { first: order, second: order } },
    ];
    return [{ link, bytes: frameOf(prng.pick(messages), to) }];
  }

  #malformed(): Send[] {
    const { prng } = this.#setup;
    const loot = this.#account();
    if (loot === undefined) return [];
    const order = this.#order(loot, { memo: '\ufffd' });
    const bytes =
      prng.below(2) === 0
        ? orderWithBrokenMemo(order)
        : garble(prng, frameOf({ TAG: 'order', data: order }));
    return [{ link: prng.pick([...this.#links.keys()]), bytes }];
  }

  /** An account whose votes are not split yet, if there is one. */
  #account(): Loot | undefined {
    const usable = this.#setup.loot.filter((loot) => loot.tries < MOST_TRIES && loot.money > 0n);
    const [loot] = this.#setup.prng.some(usable, 1);
    if (loot !== undefined) loot.tries++;
    return loot;
  }

  #order({ signer, next, money }: Loot, change: Change): SignedOrder {
    const { prng, plot } = this.#setup;
    const share = money / BigInt(prng.between(1, 8));
    const moved = {
      token: (change.token ?? 0) as TokenIndex,
      amount: (change.amount ?? (share > 0n ? share : 1n)) as Amount,
    };
    const sequence = (change.sequence ?? next) as Sequence;
    const action = this.#action(signer, change, moved);
    const order: Order = { account: signer.publicKey, sequence, action };
    const bytes = orderSigningBytes(plot.setup.network.id, order);
    return { order, signature: change.isForged ? prng.bytes(64) : signer.sign(bytes) };
  }

  /** A transfer, or, where somebody pays out, half of the time a withdrawal. */
  #action(
    signer: Signer,
    change: Change,
    moved: { readonly token: TokenIndex; readonly amount: Amount },
  ): Order['action'] {
    const { prng, withdraws } = this.#setup;
    const isTransfer = change.recipient !== undefined || change.memo !== undefined;
    if (!withdraws || isTransfer || prng.below(2) === 0) {
      const recipient = change.recipient ?? this.#recipient(signer);
      const memo = memoLike(change.memo ?? `${prng.below(1_000)}`);
      return { TAG: 'transfer', data: { recipient, ...moved, memo } };
    }
    const ledger = (prng.below(20) === 0 ? 3 : 0) as LedgerIndex;
    const recipient = Buffer.from(prng.pick(['Mallory', 'Mallory', 'Mallory 2', ' ']));
    const validUntilMs = BigInt(EPOCH_WALL_MS + prng.between(-90_000_000, 90_000_000));
    return { TAG: 'withdrawal', data: { ...moved, ledger, recipient, validUntilMs } };
  }

  #recipient(payer: Signer): Uint8Array {
    const others = this.#setup.recipients.filter((account) => account !== payer.publicKey);
    return this.#setup.prng.pick(others);
  }

  #toAll(message: Message): Send[] {
    return [...this.#links].map(([link, member]) => this.#to(link, member, message));
  }

  #to(link: LinkId, member: MemberIndex | undefined, message: Message): Send {
    const bytes = encode(frameCoder, { to: member, route: [], isPassedOn: false, message });
    this.#sent.push(bytes);
    if (this.#sent.length > 100) this.#sent.shift();
    return { link, bytes };
  }
}

/** How an order departs from an ordinary one. */
interface Change {
  readonly recipient?: Uint8Array;
  readonly token?: number;
  readonly amount?: bigint;
  readonly sequence?: bigint;
  readonly memo?: string;
  readonly isForged?: boolean;
}
