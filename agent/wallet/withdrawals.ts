/**
 * A wallet's withdrawals, read from its records: how far each is, and who is waited for. Pure.
 */
import { harmless } from '../core/base/characters.ts';
import type { Order } from '../core/codec/order.ts';
import type { Read } from '../core/io.ts';
import {
  type JudgedNetwork,
  liveOrderOf,
  memberName,
  type WithdrawalState,
  withdrawalOrdersOf,
  withdrawalStepsOf,
} from '../core/views.ts';
import { type OrderView, orderView } from '../shell/control/money-view.ts';

export interface WithdrawalStepView {
  readonly state: WithdrawalState;
  /** When this wallet learned of it, by its own clock. */
  readonly wallMs: number;
}

export interface WithdrawalView {
  readonly order: OrderView;
  readonly state: WithdrawalState;
  /** What it came to, in turn. */
  readonly steps: readonly WithdrawalStepView[];
  /** Whose turn it is; nobody's, once it is over. */
  readonly waitsFor: string;
}

/** All withdrawals of the wallet, the newest first: one that is on its way before all others. */
export function withdrawalViews(
  read: Read,
  network: JudgedNetwork,
  account: Uint8Array,
): readonly WithdrawalView[] {
  const live = liveOrderOf(read);
  const certified = withdrawalOrdersOf(read, network, account);
  const orders = live === undefined ? certified : [live.order.order, ...certified];
  return orders
    .filter(({ action }) => action.TAG === 'withdrawal')
    .map((order) => withdrawalView(read, network, order));
}

function withdrawalView(read: Read, network: JudgedNetwork, order: Order): WithdrawalView {
  const steps = withdrawalStepsOf(read, network, order).map(({ state, wallMs }) => {
    return { state, wallMs: Number(wallMs) };
  });
  const { state } = steps.at(-1) ?? { state: 'pending' as const };
  return {
    order: orderView(network, { order }),
    state,
    steps,
    waitsFor: waitsFor(read, network, order, state),
  };
}

function waitsFor(
  read: Read,
  network: JudgedNetwork,
  order: Order,
  state: WithdrawalState,
): string {
  switch (state) {
    case 'pending':
    case 'locked':
    case 'signing': {
      const voted = liveOrderOf(read)?.votes.map(({ member }) => member) ?? [];
      const missing = network.committee.members.filter(({ number }) => !voted.includes(number));
      return `votes of ${missing.map(({ name }) => harmless(name)).join(', ')}`;
    }
    case 'certified':
      return 'a gateway to take it, and the committee to decide on it';
    case 'submitted':
      return observersOf(network, order);
    default:
      return '';
  }
}

/** The outer ledger, and whose word says that it has paid. */
function observersOf(network: JudgedNetwork, { action }: Order): string {
  const ledger =
    action.TAG === 'withdrawal' ? network.genesis.ledgers[action.data.ledger] : undefined;
  if (ledger === undefined) return 'the outer ledger';
  const names = ledger.observers.map((member) => harmless(memberName(network, member)));
  return `${ledger.name} to pay, on the word of ${ledger.quorum} of ${names.join(', ')}`;
}
