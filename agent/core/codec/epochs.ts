/**
 * Change of epoch (PROTOCOL: Change of epoch): what operators approve, what members state when they
 * stop voting, and what is decided of it. What all of it means is in epochs/.
 */
import {
  MAX_MEMBERS,
  MAX_NAME_LENGTH,
  MAX_PAGE_NAMES,
  MAX_PAGE_ORDERS,
  MAX_STATED_ROOTS,
} from '../base/limits.ts';
import type { Member } from '../network/committee.ts';
import { polkaCoder } from './agreement.ts';
import { epochCoder, hashCoder, keyCoder, memberCoder, signatureCoder } from './canonical.ts';
import type { Coder, ValueOf } from './coder.ts';
import { u16, u32 } from './numbers.ts';
import { signedOrderCoder } from './order.ts';
import { bool, checked, listOf, listWith, struct, textOf, variant, wordOf } from './parts.ts';

/** Who sits in a committee. */
export const membersCoder: Coder<readonly Member[]> = listOf(
  MAX_MEMBERS,
  struct<Member>({ number: memberCoder, name: textOf(MAX_NAME_LENGTH), key: keyCoder }),
);

/** A member's operator wants this committee to come next; the part that is signed. */
export const approvalBodyCoder = struct({
  /** Of two approvals of one member the one with the higher number counts. */
  nth: u32,
  members: membersCoder,
});
export const approvalCoder = struct({
  epoch: epochCoder,
  member: memberCoder,
  body: approvalBodyCoder,
  signature: signatureCoder,
});
export type Approval = ValueOf<typeof approvalCoder>;

/** A member gives no more votes in its epoch, and this is all that it voted for. */
export const statementBodyCoder = struct({
  /** The digest of its ledger. */
  root: hashCoder,
  /** The name of the list of orders that it voted for and that this ledger has not settled. */
  orders: hashCoder,
});
export const statementCoder = struct({
  epoch: epochCoder,
  member: memberCoder,
  body: statementBodyCoder,
  signature: signatureCoder,
});
export type Statement = ValueOf<typeof statementCoder>;

/** What is decided when an epoch ends. */
export const epochValueCoder = struct({
  /** The next committee. */
  members: membersCoder,
  /** The digest of the ledger that it begins with. */
  root: hashCoder,
  /** Who stated its orders with that very ledger, in ascending order of members. */
  statements: checked(
    listOf(
      MAX_MEMBERS,
      struct({ member: memberCoder, orders: hashCoder, signature: signatureCoder }),
    ),
    (list) =>
      list.every(({ member }, i) => i === 0 || member > (list[i - 1]?.member ?? 0)) ||
      'statements are in ascending order of members, each once',
  ),
  /** The name of the list of orders of which a certificate may be hidden. */
  possible: hashCoder,
});
export type EpochValue = ValueOf<typeof epochValueCoder>;

/**
 * An order in such a list. `voted`: the member voted for it. `kept`: an earlier change of epoch
 * found it possible, and nothing has taken its sequence since.
 */
const listedOrderCoder = struct({
  why: wordOf<'voted' | 'kept'>({ voted: 1, kept: 2 }),
  order: signedOrderCoder,
});
export type ListedOrder = ValueOf<typeof listedOrderCoder>;

/** A page of a list: orders, the names of further pages, or what an open debate came to. */
export const listPageCoder = variant({
  orders: [
    1,
    listWith(
      checked(u16, (count) => count <= MAX_PAGE_ORDERS || `${count} orders in a page`),
      listedOrderCoder,
    ),
  ],
  pages: [
    2,
    listWith(
      checked(u16, (count) => count <= MAX_PAGE_NAMES || `${count} pages named in a page`),
      hashCoder,
    ),
  ],
  polka: [3, polkaCoder],
});
export type ListPage = ValueOf<typeof listPageCoder>;

/** That this authority votes no more in the epoch, and with which ledgers it stated its orders. */
export const stoppedCoder = struct({
  epoch: epochCoder,
  roots: listOf(MAX_STATED_ROOTS, hashCoder),
});

/** A cut that this authority's ledger is not known to contain. */
export const behindCoder = struct({ root: hashCoder, isContained: bool });
/** Members that have the ledger with this digest. In memory. */
export const alikeCoder = struct({ root: hashCoder, members: listOf(MAX_MEMBERS, memberCoder) });

/** Orders of which a former epoch may have left a certificate, at one sequence of an account. */
export const keptOrdersCoder = listOf(MAX_MEMBERS, signedOrderCoder);
