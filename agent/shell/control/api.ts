/**
 * The control API: what the command line may ask of a running daemon. JSON lines over a Unix socket
 * (server.ts, client.ts):
 *
 *   request   {"id": 1, "method": "status", "params": {}}
 *   answer    {"id": 1, "result": {...}}   or   {"id": 1, "error": {"code": ..., ...}}
 *   stream    {"id": 1, "event": {...}} any number of times, before the answer
 *
 * `id` is the client's, a whole number; answers may come in another order than the requests. A
 * request that cannot be read at all is answered with id null. Closing the connection ends streams.
 *
 * Amounts are decimal strings in the token's own unit, with the whole number of smallest units
 * beside them. Keys are bech32m names, digests hexadecimal, sequences decimal strings, times whole
 * milliseconds of the wall clock since 1970. What is not known or does not apply is null.
 */
import type { RefusalCode } from '../../core/base/refusal.ts';
import type { Connectivity } from '../../core/presence/status.ts';
import type { LogLevel } from '../log/levels.ts';
import type { PeerState } from '../net/peer-state.ts';
import type { BookView, DepositView, PayoutView, PendingView } from './cashier-view.ts';
import type { CheckView } from './check.ts';
import type { ControlErrorView } from './errors.ts';
import type { EventView } from './event-view.ts';
import type { OrderView, QuantityView, TokenView } from './money-view.ts';
import type { CounterName } from './notices.ts';
import type { NodeState } from './states.ts';

/** Raised with every change that an older client would misread. */
export const CONTROL_API_VERSION = 1;

export type NodeRole = 'authority' | 'relay';

/** How a stream travels (net/transport.ts). */
export type TransportView = 'tcp' | 'datagram';

/** Counted since the process started. */
export interface CountersView extends Readonly<Record<CounterName, number>> {
  /** Only the codes that happened. */
  readonly refusals: Readonly<Partial<Record<RefusalCode, number>>>;
}

/** How the opening of a store gets on: records done, and how many there are, if that is known. */
export interface OpeningView {
  readonly what: string;
  readonly done: number;
  readonly of: number | null;
}

export interface StoreView {
  readonly bytes: number;
  readonly commits: string;
  readonly records: string;
  /** The check of all records that goes on beside all work (store/scrub.ts). */
  readonly scrub: {
    /** Records that were read in this pass. */
    readonly done: string;
    /** Whole passes since the start. */
    readonly passes: number;
  };
}

export interface StatusView {
  readonly apiVersion: number;
  readonly version: string;
  readonly pid: number;
  readonly state: NodeState;
  readonly network: {
    readonly name: string;
    readonly id: string;
    readonly tokens: readonly TokenView[];
    /** Payments that each account may make in an hour; 0: as many as it likes. */
    readonly votesPerHour: number;
  };
  readonly node: {
    readonly name: string;
    readonly key: string;
    readonly role: NodeRole;
    /** The authority's place in the committee, from 0. */
    readonly member: number | null;
  };
  readonly committee: {
    readonly epoch: number;
    readonly members: number;
    readonly quorum: number;
    readonly faultsTolerated: number;
  };
  readonly voting: { readonly may: boolean; readonly whyNot: string | null };
  /** Null while the node does not take part. */
  readonly presence: PresenceView | null;
  /** What is done before the node takes part; null afterwards. */
  readonly opening: OpeningView | null;
  /** Null for a relay, and where the store is damaged. */
  readonly ledger: {
    readonly digest: string | null;
    readonly accounts: number;
    readonly journalEntries: string;
  } | null;
  readonly counters: CountersView;
  readonly links: {
    readonly members: number;
    /** Links of nodes that proved a key and are no members. */
    readonly nodes: number;
    readonly anonymous: number;
  };
  readonly uptimeMs: number;
  readonly memory: { readonly residentBytes: number; readonly heapBytes: number };
  /** Null while the store is opened, and where it is damaged. */
  readonly store: StoreView | null;
  readonly clock: { readonly wallMs: number; readonly trusted: boolean };
  readonly listening: readonly string[];
  /** Lines of the log that were lost, and why it cannot be written now. */
  readonly log: { readonly lost: number; readonly fault: string | null };
  readonly dataDir: string;
  readonly configFile: string;
}

export interface PeerView {
  /** The member's name, or what its beacon or the configuration calls it. */
  readonly name: string | null;
  readonly key: string | null;
  readonly role: NodeRole | null;
  readonly state: PeerState;
  readonly sinceMs: number;
  readonly address: string | null;
  /** How its link travels; null: there is none. */
  readonly transport: TransportView | null;
  readonly roundTripMs: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly lastError: string | null;
}

export interface PeersView {
  readonly peers: readonly PeerView[];
  /** Links of wallets and others that proved no key; they are counted, not listed. */
  readonly anonymousLinks: number;
}

/** What is known of a member by what it proved and said, signed; never by a link. */
export interface AttendanceView {
  /** It proved lately that it is there. */
  readonly heard: boolean;
  /** Whether it votes, as it said last. */
  readonly votes: boolean | null;
  /** Since when it is heard, or silent; null: it never was heard, or nobody knows since when. */
  readonly sinceMs: number | null;
  /** When it proved and said this. */
  readonly saidMs: number | null;
  /** How far its wall clock is ahead of this node's. */
  readonly clockAheadMs: number | null;
}

/** Who is there and who votes, counted, this node included if it is an authority. */
export interface PresenceView {
  /** False: this node would have to ask, and has not (`meshpay reach`). */
  readonly known: boolean;
  readonly heard: number;
  readonly voters: number;
  /** Of an authority. */
  readonly connectivity: Connectivity['status'] | null;
  readonly sinceMs: number | null;
  /** Members whose ledger differed at the last comparison, and since when. */
  readonly merging: readonly { readonly name: string; readonly sinceMs: number }[];
}

export interface CommitteeMemberView extends AttendanceView {
  readonly index: number;
  readonly name: string;
  readonly key: string;
  readonly self: boolean;
  /** Of the link to it; null: there is none, and none is wanted. */
  readonly state: PeerState | null;
  /** Whether its ledger was equal to ours at the last comparison; null: not compared yet. */
  readonly equal: boolean | null;
  /** When that comparison was. */
  readonly comparedMs: number | null;
}

export interface CommitteeView {
  readonly epoch: number;
  readonly quorum: number;
  readonly faultsTolerated: number;
  /** Members that are there now, this node included if it is one, and those of them that vote. */
  readonly heard: number;
  readonly voters: number;
  readonly members: readonly CommitteeMemberView[];
}

/** A committee that an operator wants to come next. */
export interface WantedCommitteeView {
  readonly name: string;
  readonly members: readonly {
    readonly index: number;
    readonly name: string;
    readonly key: string;
    readonly isNew: boolean;
  }[];
  /** Members of the present committee that would sit no longer. */
  readonly leaving: readonly string[];
  readonly approvedBy: readonly string[];
}

/** What is on its way to change the committee. */
export interface ChangeView {
  readonly epoch: number;
  /** How many members' operators have to approve. */
  readonly quorum: number;
  /** This authority gives no more votes in this epoch. */
  readonly stopped: boolean;
  /** It has not caught up with the last change, and does not vote. */
  readonly behind: boolean;
  readonly wanted: readonly WantedCommitteeView[];
}

/** A seat that is wanted: the member's name, and the name of its key. */
interface SeatParam {
  readonly name: string;
  readonly key: string;
}

/** One authority's word on an account: a claim, not a proof. */
export interface AccountClaim {
  readonly member: string;
  readonly next: string;
  /** Whether an order of this account holds its next sequence. */
  readonly pending: boolean;
  /** That order, where the claim comes from this node's own ledger. */
  readonly pendingOrder: OrderView | null;
  /** What it can spend. */
  readonly balances: readonly QuantityView[];
  /** What its withdrawals hold, from the vote on. */
  readonly locked: readonly QuantityView[];
}

export interface AccountClaims {
  readonly account: string;
  /** `ledger`: this authority's own ledger; `query`: what authorities answered. */
  readonly source: 'ledger' | 'query';
  readonly claims: readonly AccountClaim[];
  /** Members that were asked and have not answered. */
  readonly silent: readonly string[];
}

/** Which other members have just answered this node with their signatures. */
export interface ReachableView {
  readonly answering: readonly { readonly name: string; readonly votes: boolean }[];
  readonly silent: readonly string[];
}

export interface DoctorView {
  readonly checks: readonly CheckView[];
  /** The worst verdict of all checks. */
  readonly verdict: CheckView['verdict'];
}

export interface BackupView {
  readonly file: string;
  readonly bytes: number;
  readonly records: number;
}

export interface ReloadView {
  /** Fields whose new value is in force. */
  readonly changed: readonly string[];
  /** Fields that changed in the file but keep their old value until the daemon is restarted. */
  readonly needRestart: readonly string[];
}

/** Every method: what it takes, what it answers, and for streams what comes before the answer. */
export interface ControlMethods {
  status: { params: Empty; result: StatusView };
  peers: { params: Empty; result: PeersView };
  committee: { params: Empty; result: CommitteeView };
  /** Of an authority only. `from: 'committee'` asks the others as well. */
  account: { params: { account: string; from?: 'ledger' | 'committee' }; result: AccountClaims };
  'committee.change': { params: Empty; result: ChangeView };
  'committee.propose': {
    params: {
      add: readonly SeatParam[];
      remove: readonly string[];
      replace: readonly SeatParam[];
    };
    result: ChangeView;
  };
  'committee.approve': { params: { committee: string }; result: ChangeView };
  reach: { params: Empty; result: ReachableView };
  /** Follows; `kinds` are names of EVENT_KINDS (event-view.ts), all if left out. */
  events: { params: { kinds?: readonly string[] }; event: EventView; result: Empty };
  /** Without `level` it only tells the level in force. */
  'log.level': { params: { level?: LogLevel }; result: { level: LogLevel } };
  doctor: { params: Empty; result: DoctorView };
  /** `file` is an absolute path that the daemon may write and where nothing is yet. */
  backup: { params: { file: string }; result: BackupView };
  /** Of a node that serves a cashbook; `ledger` may be left out where it serves one. */
  'cashier.pending': { params: { ledger?: string }; result: PendingView };
  'cashier.payout': { params: { ledger?: string; payout: string }; result: PayoutView };
  'cashier.deal': {
    params: {
      ledger?: string;
      payout: string;
      state: 'paid' | 'refused';
      note?: string;
    };
    result: PayoutView;
  };
  'cashier.deposit': {
    params: {
      ledger?: string;
      receipt: string;
      account: string;
      amount: string;
      token: string;
      note?: string;
    };
    result: DepositView;
  };
  /** `from`: the first entry to show. */
  'cashier.book': { params: { ledger?: string; from?: string }; result: BookView };
  reload: { params: Empty; result: ReloadView };
  /** Answered before the daemon goes down. */
  stop: { params: Empty; result: Empty };
}

export type Empty = Readonly<Record<string, never>>;
export type ControlMethod = keyof ControlMethods;
export type ParamsOf<M extends ControlMethod> = ControlMethods[M]['params'];
export type ResultOf<M extends ControlMethod> = ControlMethods[M]['result'];
/** What a streaming method sends before its answer; never for the others. */
export type EventOf<M extends ControlMethod> = ControlMethods[M] extends { event: infer E }
  ? E
  : never;

export type ControlReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly error: ControlErrorView }
  | { readonly id: null; readonly error: ControlErrorView };
