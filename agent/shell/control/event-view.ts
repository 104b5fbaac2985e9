/**
 * Events as JSON for people: every notice of the core (core/notice.ts) with names instead of bytes,
 * and what the shell has to tell besides. `meshpay events` prints them; `meshpayd` logs them.
 */
import { unreachable } from '../../core/base/assert.ts';
import { toHex } from '../../core/base/bytes.ts';
import { nameOf } from '../../core/base/names.ts';
import type { Refusal } from '../../core/base/refusal.ts';
import type { Network } from '../../core/network/genesis.ts';
import type { Notice } from '../../core/notice.ts';
import type { NodeState, PeerState } from './api.ts';
import {
  type CertificateView,
  certificateView,
  memberName,
  type OrderView,
  orderView,
  type QuantityView,
  quantityView,
} from './money-view.ts';

export interface RefusalView {
  readonly code: string;
  readonly field?: string;
  readonly expected?: string;
  readonly found?: string;
}

/** What happened, without the time. */
export type Happening =
  | { readonly kind: 'voted'; readonly order: OrderView; readonly again: boolean }
  | { readonly kind: 'refused'; readonly link: string; readonly refusal: RefusalView }
  | { readonly kind: 'applied'; readonly certificate: CertificateView }
  | { readonly kind: 'double_spend'; readonly first: OrderView; readonly second: OrderView }
  | { readonly kind: 'conflict'; readonly first: CertificateView; readonly second: CertificateView }
  | { readonly kind: 'voted_elsewhere'; readonly account: string; readonly sequence: string }
  | { readonly kind: 'vouched_for'; readonly vouchers: number }
  | { readonly kind: 'compared'; readonly member: string; readonly equal: boolean }
  | { readonly kind: 'relayed'; readonly member: string }
  | { readonly kind: 'order_created'; readonly order: OrderView }
  | {
      readonly kind: 'vote_received';
      readonly member: string;
      readonly votes: number;
      readonly quorum: number;
    }
  | { readonly kind: 'order_refused'; readonly member: string; readonly refusal: RefusalView }
  | { readonly kind: 'order_certified'; readonly certificate: CertificateView }
  | { readonly kind: 'order_failed'; readonly order: OrderView; readonly refusal: RefusalView }
  | { readonly kind: 'spread'; readonly member: string; readonly next: string }
  | { readonly kind: 'received'; readonly certificate: CertificateView }
  | { readonly kind: 'refreshed'; readonly member: string }
  | { readonly kind: 'reached'; readonly member: string }
  | {
      readonly kind: 'account_seen';
      readonly member: string;
      readonly account: string;
      readonly next: string;
      readonly pending: boolean;
      readonly balances: readonly QuantityView[];
    }
  | {
      readonly kind: 'latest_seen';
      readonly member: string;
      readonly next: string;
      /** How many credits the member has counted. */
      readonly received: string;
      /** Hash of the order that the member voted for, hexadecimal. */
      readonly pending: string | null;
      /** Whether the member remembers each of its votes. */
      readonly knows: boolean;
      /** The code with which it would refuse the payment that it was asked about. */
      readonly refuses: string | null;
    }
  | { readonly kind: 'command_refused'; readonly refusal: RefusalView }
  /** A peer went from one state to another. */
  | {
      readonly kind: 'peer';
      readonly name: string | null;
      readonly key: string | null;
      readonly address: string | null;
      readonly from: PeerState;
      readonly to: PeerState;
      readonly reason: string | null;
    }
  /** This node went from one state to another. */
  | { readonly kind: 'state'; readonly from: NodeState; readonly to: NodeState };

export type EventKind = Happening['kind'];
export type EventView = Happening & { readonly atMs: number };

/** Every kind, with its meaning: the `events` filter and the manual are made from it. */
export const EVENT_KINDS = {
  voted: 'this authority voted for an order',
  refused: 'this node refused something that came over a link',
  applied: 'a certificate was applied to the ledger',
  double_spend: 'an account signed two orders for one sequence; both are kept as proof',
  conflict: 'two certificates for one sequence: more authorities are hostile than may be',
  voted_elsewhere:
    'a vote of this key turned up that its ledger does not know: the key was used elsewhere, and this authority stops voting',
  vouched_for: 'enough members vouched for the first start of this authority: it votes from now on',
  compared: "this authority's ledger was compared with a member's",
  relayed: 'a frame was passed on to a member',
  order_created: 'an order of this wallet is stored and on its way',
  vote_received: "a member voted for this wallet's order",
  order_refused: "a member, or a relay on the way, refused this wallet's order",
  order_certified: "this wallet's order has a quorum of votes",
  order_failed: "this wallet's order can never be certified",
  spread: "a member has applied all of this wallet's orders",
  received: 'this wallet was paid',
  refreshed: 'a member has told all that it knows of this wallet',
  reached: 'a member answered that it is there',
  account_seen: "a member told an account's state",
  latest_seen: "a member vouched for what it knows of this wallet's account",
  command_refused: 'a command could not be carried out',
  peer: 'a peer changed its state',
  state: 'this node changed its state',
} as const satisfies Record<EventKind, string>;

/** A notice of the core with names instead of bytes. */
export function viewOfNotice(network: Network, notice: Notice): Happening {
  const { kind } = notice;
  switch (kind) {
    case 'voted':
      return { kind, order: orderView(network, notice.order), again: notice.again };
    case 'refused': {
      const link = notice.link.toString(16).padStart(16, '0');
      return { kind, link, refusal: refusalView(notice.refusal) };
    }
    case 'applied':
    case 'order_certified':
    case 'received':
      return { kind, certificate: certificateView(network, notice.certificate) };
    case 'double_spend': {
      const [first, second] = [notice.first, notice.second];
      return { kind, first: orderView(network, first), second: orderView(network, second) };
    }
    case 'conflict': {
      const first = certificateView(network, notice.first);
      return { kind, first, second: certificateView(network, notice.second) };
    }
    case 'voted_elsewhere': {
      const { account, sequence } = notice;
      return { kind, account: nameOf('account', account), sequence: sequence.toString() };
    }
    case 'vouched_for':
      return { kind, vouchers: notice.vouchers };
    case 'compared':
      return { kind, member: memberName(network, notice.member), equal: notice.equal };
    case 'relayed':
    case 'refreshed':
    case 'reached':
      return { kind, member: memberName(network, notice.member) };
    case 'order_created':
      return { kind, order: orderView(network, notice.order) };
    case 'vote_received': {
      const { member, votes, quorum } = notice;
      return { kind, member: memberName(network, member), votes, quorum };
    }
    case 'order_refused': {
      const { member, refusal } = notice;
      return { kind, member: memberName(network, member), refusal: refusalView(refusal) };
    }
    case 'order_failed': {
      const { order, refusal } = notice;
      return { kind, order: orderView(network, order), refusal: refusalView(refusal) };
    }
    case 'spread':
      return { kind, member: memberName(network, notice.member), next: notice.next.toString() };
    case 'account_seen': {
      const { member, account, next, pending } = notice;
      return {
        kind,
        member: memberName(network, member),
        account: nameOf('account', account),
        next: next.toString(),
        pending,
        balances: notice.balances.map(({ token, balance }) =>
          quantityView(network, token, balance),
        ),
      };
    }
    case 'latest_seen': {
      const { member, next, received, pending, knows, answer } = notice;
      return {
        kind,
        member: memberName(network, member),
        next: next.toString(),
        received: received.toString(),
        pending: pending === undefined ? null : toHex(pending),
        knows,
        refuses: answer?.refused ?? null,
      };
    }
    case 'command_refused':
      return { kind, refusal: refusalView(notice.refusal) };
    default:
      return unreachable(kind);
  }
}

function refusalView({ refused, ...detail }: Refusal): RefusalView {
  return { code: refused, ...detail };
}
