/** What a symmetry of a case does to sets of orders, to proofs and to views. */
import type { Symmetry } from './cases.ts';
import { NONE, type View } from './record.ts';

export class Renaming {
  /** Place i: the order that stands for order i. */
  readonly orders: readonly number[];
  readonly #accounts: readonly number[];
  /** The same for pairs of orders (`SmallWorld.pairs`). */
  readonly #pairs: readonly number[];

  constructor({ orders, accounts }: Symmetry, pairs: readonly (readonly [number, number])[]) {
    this.orders = orders;
    this.#accounts = accounts;
    this.#pairs = pairs.map((pair) => {
      const moved = pair.map((order) => orders[order]);
      return pairs.findIndex((other) => other.every((order) => moved.includes(order)));
    });
  }

  /** A set of orders. */
  set(bits: number): number {
    return moved(bits, this.orders);
  }

  /** A set of proofs. */
  proofs(bits: number): number {
    return moved(bits, this.#pairs);
  }

  view(view: View): View {
    const accounts = [...view.accounts];
    view.accounts.forEach((account, i) => {
      const pending = this.orders[account.pending] ?? NONE;
      accounts[this.#accounts[i] ?? 0] = { ...account, pending };
    });
    const sets = (list: readonly number[]): number[] =>
      list.map((set) => this.set(set)).sort((a, b) => a - b);
    return {
      accounts,
      applied: this.set(view.applied),
      doubleSpends: sets(view.doubleSpends),
      conflicts: sets(view.conflicts),
      outvoted: this.set(view.outvoted),
      votes: view.votes,
    };
  }
}

/** The set of bits with each bit i put at place `to[i]`. */
function moved(bits: number, to: readonly number[]): number {
  return to.reduce((set, place, i) => ((bits >> i) & 1 ? set | (1 << place) : set), 0);
}
