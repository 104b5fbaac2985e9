/**
 * What becomes of the money of certified withdrawals, and what was paid in, by the facts that are
 * certified: the ledger of the world (book.ts) and the shadow of each authority (ledgers.ts) follow
 * from it. Written from PROTOCOL alone: a withdrawal is settled or refunded, never both; one that
 * is settled is paid or returned, or first the one and then the other; a deposit is one for ever.
 */
import type { LedgerEventView, OrderView, OutcomeView } from './decode.ts';
import { placeOf } from './founding.ts';

type Deposit = Extract<LedgerEventView, { what: 'deposit' }>;

/** What is certified about a withdrawal. */
export interface Fate {
  order: OrderView | undefined;
  outcome: 'settle' | 'refund' | undefined;
  isPaid: boolean;
  isReturned: boolean;
}

/** How a withdrawal stands, by the words that its record has for it. */
export type Standing = 'locked' | 'settled' | 'paid' | 'refunded' | 'returned';

/** What a fact changed: how much less is locked, comes back, leaves the network, comes into it. */
export interface Change {
  readonly account: string;
  readonly token: number;
  readonly unlocked: bigint;
  readonly back: bigint;
  readonly burned: bigint;
}

export class Fates {
  /** (account, sequence) -> what is certified about the withdrawal there. */
  readonly all = new Map<string, Fate>();
  /** Ledger and id -> the deposit. */
  readonly deposits = new Map<string, Deposit>();
  /** Smallest units of each token that came in by deposits, and that left for good. */
  readonly deposited = new Map<number, bigint>();
  readonly burned = new Map<number, bigint>();

  /** A withdrawal was certified, and its amount is locked. What came before it counts now. */
  lock(order: OrderView): Change | undefined {
    const fate = this.#at(placeOf(order));
    fate.order = order;
    return this.#changed(fate, NOTHING_YET);
  }

  /** Undefined: the other outcome is certified. */
  end(outcome: OutcomeView): { readonly change: Change | undefined } | undefined {
    const fate = this.#at(placeOf(outcome));
    const value = outcome.isRefund ? 'refund' : 'settle';
    if (fate.outcome !== undefined && fate.outcome !== value) return undefined;
    const before = { ...fate };
    fate.outcome = value;
    return { change: this.#changed(fate, before) };
  }

  /** It was paid out, or came back. */
  report({ what, account, sequence }: Exclude<LedgerEventView, Deposit>): Change | undefined {
    const fate = this.#at(placeOf({ account, sequence }));
    const before = { ...fate };
    if (what === 'paid') fate.isPaid = true;
    else fate.isReturned = true;
    return this.#changed(fate, before);
  }

  /** Somebody paid in. Whether it is new; undefined: another deposit has its name. */
  deposit(ledger: number, deposit: Deposit): boolean | undefined {
    const { account, token, amount, id } = deposit;
    const key = `${ledger}${id}`;
    const known = this.deposits.get(key);
    if (known !== undefined) {
      const isSame = known.account === account && known.token === token && known.amount === amount;
      return isSame ? false : undefined;
    }
    this.deposits.set(key, deposit);
    add(this.deposited, token, amount);
    return true;
  }

  /** How many withdrawals stand in each way, and how many deposits there are. */
  tally(): Readonly<Record<Standing | 'deposits', number>> {
    const tally = { ...NO_FATES, deposits: this.deposits.size };
    for (const fate of this.all.values()) if (fate.order !== undefined) tally[standingOf(fate)]++;
    return tally;
  }

  /** What is certified about the withdrawal at a place. */
  at(place: string): Fate | undefined {
    return this.all.get(place);
  }

  #at(place: string): Fate {
    const fate = this.all.get(place) ?? { ...NOTHING_YET };
    this.all.set(place, fate);
    return fate;
  }

  #changed(fate: Fate, before: Fate): Change | undefined {
    const { order } = fate;
    if (order === undefined) return undefined;
    const now = effectOf(fate, order.amount);
    const then = before.order === undefined ? NOWHERE : effectOf(before, order.amount);
    const burned = now.burned - then.burned;
    add(this.burned, order.token, burned);
    const unlocked = then.locked - now.locked;
    const { account, token } = order;
    return { account, token, unlocked, back: now.back - then.back, burned };
  }
}

/** The tally of nothing. */
export const NO_FATES = {
  locked: 0,
  settled: 0,
  paid: 0,
  refunded: 0,
  returned: 0,
  deposits: 0,
} as const satisfies Record<Standing | 'deposits', number>;

const NOTHING_YET: Fate = {
  order: undefined,
  outcome: undefined,
  isPaid: false,
  isReturned: false,
};

/** Where the amount is of a withdrawal that was not certified. */
const NOWHERE = { locked: 0n, back: 0n, burned: 0n } as const;

/** How a withdrawal stands. */
export function standingOf({ outcome, isPaid, isReturned }: Fate): Standing {
  if (outcome === 'refund') return 'refunded';
  if (outcome !== 'settle') return 'locked';
  if (isReturned) return 'returned';
  return isPaid ? 'paid' : 'settled';
}

/** Where its amount is, which is in one place only. */
function effectOf(
  fate: Fate,
  amount: bigint,
): { readonly locked: bigint; readonly back: bigint; readonly burned: bigint } {
  const standing = standingOf(fate);
  return {
    locked: standing === 'locked' || standing === 'settled' ? amount : 0n,
    back: standing === 'refunded' || standing === 'returned' ? amount : 0n,
    burned: standing === 'paid' ? amount : 0n,
  };
}

function add(sums: Map<number, bigint>, token: number, amount: bigint): void {
  sums.set(token, (sums.get(token) ?? 0n) + amount);
}
