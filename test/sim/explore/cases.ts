/**
 * The small worlds that are searched to the end. A case says who there is, what was issued to whom
 * and which orders are ever signed. Accounts and orders are named by their places in the lists.
 */

/** One signed wish to pay. */
export interface Transfer {
  readonly name: string;
  /** Places in `accounts`. */
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  /** Smallest units. */
  readonly amount: number;
}

/** A renaming of orders and accounts under which a case looks the same. */
export interface Symmetry {
  /** Place i: the order that stands for order i. */
  readonly orders: readonly number[];
  readonly accounts: readonly number[];
}

export interface Case {
  readonly name: string;
  readonly words: string;
  /** Whether it ends within a few seconds, so that every test run has time for it. */
  readonly isQuick: boolean;
  /** Authorities, the traitors among them being the last. */
  readonly members: number;
  readonly traitors: number;
  readonly accounts: readonly { readonly name: string; readonly issued: number }[];
  /** The first two are different orders for one number. */
  readonly orders: readonly Transfer[];
  readonly symmetries: readonly Symmetry[];
  /** Deliver certificates with every set of votes that makes a quorum, not only with one. */
  readonly everyQuorum: boolean;
  /** An authority may lose its disk and come back from its oldest copy, told not to vote. */
  readonly restores: boolean;
  /** Two honest authorities may compare their ledgers and bring them together. */
  readonly meetings: boolean;
  /** More than f traitors: go on after two certificates, and look only at what is promised then. */
  readonly isAftermath: boolean;
}

const SMALL = {
  isQuick: true,
  members: 4,
  traitors: 1,
  everyQuorum: false,
  restores: false,
  meetings: false,
  isAftermath: false,
};

const ALICE = { name: 'alice', issued: 1 };
const BOB = { name: 'bob', issued: 0 };
const CAROL = { name: 'carol', issued: 0 };

/** Alice signs the same payment twice under one number: only the memo differs. */
const TWICE: readonly Transfer[] = [
  { name: 'a', from: 0, to: 1, sequence: 0, amount: 1 },
  { name: 'a*', from: 0, to: 1, sequence: 0, amount: 1 },
];

/** Bob returns what Alice's payment gave him: an authority that is late sees him in debt. */
const RETURN: Transfer = { name: 'b', from: 1, to: 0, sequence: 0, amount: 1 };

/** Alice spends the returned money, which rests on all certificates before it. */
const AGAIN: Transfer = { name: 'c', from: 0, to: 1, sequence: 1, amount: 1 };

const swapped = (orders: number): Symmetry => ({
  orders: Array.from({ length: orders }, (_, i) => (i < 2 ? 1 - i : i)),
  accounts: [0, 1],
});

/** Both wallets sign twice: either may be swapped, or both. */
const DOUBLE_SPENDERS = {
  accounts: [ALICE, BOB],
  orders: [...TWICE, RETURN, { ...RETURN, name: 'b*' }, AGAIN],
  symmetries: [
    swapped(5),
    { orders: [0, 1, 3, 2, 4], accounts: [0, 1] },
    { orders: [1, 0, 3, 2, 4], accounts: [0, 1] },
  ],
};

/** Alice pays Bob and Carol with the same money; whoever was paid pays it back. */
const TWO_PAYEES = {
  accounts: [ALICE, BOB, CAROL],
  orders: [
    { name: 'a', from: 0, to: 1, sequence: 0, amount: 1 },
    { name: 'a*', from: 0, to: 2, sequence: 0, amount: 1 },
    { name: 'b', from: 1, to: 0, sequence: 0, amount: 1 },
    { name: 'c', from: 2, to: 0, sequence: 0, amount: 1 },
  ],
  symmetries: [{ orders: [1, 0, 3, 2], accounts: [0, 2, 1] }],
};

export const CASES: readonly Case[] = [
  {
    ...SMALL,
    name: 'two orders',
    words: 'Alice signs two orders for one number; certificates have any quorum of votes.',
    accounts: [ALICE, BOB],
    orders: TWICE,
    symmetries: [swapped(2)],
    everyQuorum: true,
    restores: true,
    meetings: true,
  },
  {
    ...SMALL,
    name: 'no traitor',
    words: 'The same, then Bob pays back; only Alice is hostile, so gossip must have been sent.',
    traitors: 0,
    accounts: [ALICE, BOB],
    orders: [...TWICE, RETURN],
    symmetries: [swapped(3)],
    meetings: true,
  },
  {
    ...SMALL,
    name: 'there and back',
    words: 'Alice signs two orders for one number, Bob pays back, Alice spends it again.',
    accounts: [ALICE, BOB],
    orders: [...TWICE, RETURN, AGAIN],
    symmetries: [swapped(4)],
    meetings: true,
  },
  {
    ...SMALL,
    name: 'seven authorities',
    words: 'Two traitors of seven; Alice pays Bob and Carol under one number, both pay it back.',
    members: 7,
    traitors: 2,
    ...TWO_PAYEES,
  },
  {
    ...SMALL,
    name: 'old copies',
    words: 'There and back, and any authority may come back from its oldest copy at any time.',
    isQuick: false,
    accounts: [ALICE, BOB],
    orders: [...TWICE, RETURN, AGAIN],
    symmetries: [swapped(4)],
    restores: true,
    meetings: true,
  },
  {
    ...SMALL,
    name: 'two double spenders',
    words: 'Alice and Bob both sign twice for one number, Bob with what Alice paid him.',
    isQuick: false,
    ...DOUBLE_SPENDERS,
    meetings: true,
  },
  {
    ...SMALL,
    name: 'seven that meet',
    words: 'Seven authorities, and any two of them bring their ledgers together.',
    isQuick: false,
    members: 7,
    traitors: 2,
    ...TWO_PAYEES,
    meetings: true,
  },
];

/** One traitor more than is tolerated: the search must find the broken promise. */
export const TRAITORS: Case = {
  ...SMALL,
  name: 'two traitors of four',
  words: 'One hostile authority more than is tolerated.',
  traitors: 2,
  accounts: [ALICE, BOB],
  orders: TWICE,
  symmetries: [swapped(2)],
};

/** What is still promised after that: sums are kept, and every conflict comes out and freezes. */
export const AFTERMATH: Case = {
  ...TRAITORS,
  name: 'two traitors, after',
  words: 'The same, searched on beyond two certificates for one number.',
  orders: [...TWICE, RETURN],
  symmetries: [swapped(3)],
  meetings: true,
  isAftermath: true,
};
