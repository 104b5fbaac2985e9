/**
 * A wallet at work: the same engine as the daemon's (shell/engine.ts), as a wallet.
 * It dials as an anonymous TLS client, and knows a member by the key that this proves. An order
 * that was on its way when the last session ended goes on as soon as there is a link.
 */
import { equalBytes } from '../core/base/bytes.ts';
import type { MemberIndex } from '../core/base/units.ts';
import type { Command, Read } from '../core/io.ts';
import type { Memos } from '../core/memo.ts';
import { memberAt } from '../core/network/committee.ts';
import type { Notice } from '../core/notice.ts';
import { type JudgedNetwork, judgedBy, liveOrderOf } from '../core/views.ts';
import { type Answers, answersOf } from '../core/wallet/answers.ts';
import { type Engine, type EngineOptions, openEngine } from '../shell/engine.ts';
import { formatAddress } from '../shell/net/address.ts';
import type { LinkFault } from '../shell/net/fault.ts';
import { WALLET_NET_LIMITS } from '../shell/net/limits.ts';
import type { Links } from '../shell/net/links.ts';
import { isLinked } from '../shell/net/peer-state.ts';
import { SESSION_SCRUB_RECORDS } from '../shell/store/limits.ts';
import type { OpenOptions } from '../shell/store/open.ts';
import { type BrokenFault, brokenBy, isFault, type StoreFault } from './fault.ts';
import type { WalletFolder } from './folder.ts';
import { type Contact, Pursuit } from './pursuit.ts';
import { beside, type Waking, Watchers } from './until.ts';
import { type LiveOrderView, liveOrderView } from './view.ts';

/** A node that was asked for and is not linked. */
export interface PeerTrouble {
  readonly address: string;
  /** What went wrong last; undefined: nothing so far. */
  readonly fault: LinkFault | undefined;
}

/** Its watchers are woken by all that happens on the disk, at the links and at the peers. */
export interface WalletSession extends Waking {
  readonly network: JudgedNetwork;
  readonly account: Uint8Array;
  /** Opens the memos of its own orders and of those that pay it. */
  readonly memos: Memos;
  /** The state on disk. */
  readonly read: Read;
  /** What the members answered to the question with this nonce, as of the last step. */
  answers(nonce: Uint8Array): Answers;
  /** The order that an earlier session left behind. It goes on from the moment of opening. */
  readonly resumed: Resumed | undefined;
  command(command: Command): void;
  /** Resolves when all commands so far are carried out, and what they wrote is on disk. */
  settled(): Promise<BrokenFault | undefined>;
  /** Hears all notices from now on; the result ends that. */
  hear(listener: (notice: Notice) => void): () => void;
  /** How this member itself is reached. */
  contact(member: MemberIndex): Contact;
  /** Links to any nodes. */
  linkCount(): number;
  /** Nodes that were asked for, and why each one that is not linked is not. */
  peerCount(): number;
  troubles(): readonly PeerTrouble[];
  /** Never rejects: all that counts is on disk, and no fault of an end may hide what was told. */
  close(): Promise<void>;
}

export interface Resumed {
  /** As it was when this session began. */
  readonly live: LiveOrderView;
  /** Hears everything from the first moment on, so that a certificate is never missed. */
  readonly pursuit: Pursuit;
}

export interface SessionOptions {
  /** Without links: only what is on disk. */
  readonly offline?: boolean;
  readonly onProgress?: (recordsDone: number, recordsOf: number | undefined) => void;
}

/** Opens a wallet's store and, unless `offline`, its links. */
export async function openSession(
  wallet: WalletFolder,
  options: SessionOptions = {},
): Promise<WalletSession | StoreFault> {
  const watchers = new Watchers();
  const engine = await openSound(engineOptions(wallet, watchers), {
    folder: wallet.folder,
    allowVolatile: wallet.config.allowVolatile,
    onProgress: options.onProgress,
  });
  if (isFault(engine)) return engine;
  const { links, store } = engine;
  const { signer, memos } = wallet;
  const network = judgedBy(wallet.network, () => engine.read);
  const resumed = resumedFrom(store, network, memos);
  // Nobody is woken before a listener has heard.
  const listeners = new Set<(notice: Notice) => void>();
  engine.hear((notice) => {
    resumed?.pursuit.take(notice);
    for (const listener of listeners) listener(notice);
    watchers.wake();
  });
  try {
    await engine.start(options.offline === true ? 'offline' : 'online');
  } catch (error) {
    watchers.break(error);
  }

  return {
    network,
    account: signer.publicKey,
    memos,
    read: store,
    resumed,
    answers: (nonce) => answersOf(engine.read, network, signer.publicKey, nonce),
    watch: (woken, broken) => watchers.watch(woken, broken),
    command: (command) => void engine.command(command),
    settled: () => beside(watchers, engine.settled()).then(() => undefined, brokenBy),
    hear: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    contact: (member) => {
      const key = memberAt(network.committee, member)?.key;
      const peer = links.peers().find((candidate) => {
        return key !== undefined && candidate.key !== undefined && equalBytes(candidate.key, key);
      });
      const isLinkedNow = peer !== undefined && isLinked(peer.state);
      return { isLinked: isLinkedNow, fault: isLinkedNow ? undefined : peer?.lastFault };
    },
    linkCount: () => links.peers().filter(({ state }) => isLinked(state)).length,
    peerCount: () => wallet.config.peers.length,
    troubles: () => troublesOf(links),
    close: async () => void (await engine.stop().catch(() => undefined)),
  };
}

function engineOptions(
  { network, signer, memos, config }: WalletFolder,
  watchers: Watchers,
): EngineOptions {
  return {
    network,
    signer,
    role: { kind: 'wallet', sealMemo: memos.seal },
    links: {
      identity: undefined,
      listen: [],
      wanted: config.peers,
      dialFound: 0,
      transport: config.transport ?? 'auto',
      limits: WALLET_NET_LIMITS,
      onPeer: () => watchers.wake(),
    },
    // However short the session is, the check of all records gets on.
    scrubAtEnd: SESSION_SCRUB_RECORDS,
    // Damage of what a payment depends on was found at the opening. What the scrub finds is
    // history, and is told by the next opening: it must not cut short what is under way.
    onDamage: () => undefined,
    onFatal: (error) => watchers.break(error),
  };
}

function resumedFrom(read: Read, network: JudgedNetwork, memos: Memos): Resumed | undefined {
  const live = liveOrderView(read, network, memos.open);
  const record = liveOrderOf(read);
  if (live === null || record === undefined) return undefined;
  const { token } = record.order.order.action.data;
  const { decimals } = network.genesis.tokens[token] ?? { decimals: 0 };
  const voted = record.votes.map(({ member }) => member);
  return { live, pursuit: new Pursuit(network, decimals, voted) };
}

async function openSound(options: EngineOptions, where: OpenOptions): Promise<Engine | StoreFault> {
  const opened = await openEngine(options, where);
  if (opened.state === 'refused') return { fault: 'store', error: opened.error };
  if (opened.state === 'open') return opened.engine;
  await opened.reader?.close();
  return { fault: 'damaged', folder: where.folder, damage: opened.damage };
}

function troublesOf(links: Links): readonly PeerTrouble[] {
  return links.peers().flatMap(({ address, state, lastFault }) => {
    // A node that is linked under its key needs no second link under its address.
    if (address === undefined || isLinked(state) || lastFault?.code === 'duplicate') return [];
    return [{ address: formatAddress(address), fault: lastFault }];
  });
}
