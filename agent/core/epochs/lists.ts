/**
 * Lists that are too long for a frame: of orders, and of polkas of debates that are open. They lie
 * in pages, the names of these pages in pages above them, up to the one page at the top. A page is
 * called by its hash, and a list by its top page; so whoever knows what a list is called can check
 * each page as it comes.
 *
 * Bounds: a member's list has of each account one order that it voted for and those kept at its
 * next sequence, and so many polkas; what follows from the lists of a committee has at most as much
 * as all of them together (`MostListed`). So whatever hostile members list, what is decided by it
 * can be read. Pages of lists that members stated are in memory as long as their statements are;
 * those of the last cut are on disk.
 */
import { compareBytes } from '../base/bytes.ts';
import { sha256 } from '../base/crypto.ts';
import { MAX_PAGE_NAMES, MAX_PAGE_ORDERS } from '../base/limits.ts';
import { isRefusal } from '../base/refusal.ts';
import type { Polka } from '../codec/agreement.ts';
import { decode, encode } from '../codec/canonical.ts';
import { type ListedOrder, type ListPage, listPageCoder } from '../codec/epochs.ts';
import { orderHash } from '../codec/order.ts';
import type { Draft } from '../draft.ts';
import type { Space } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { comparePolkas } from './carried.ts';

/** Where pages are kept, by their names. */
export type Pages = Space<[Uint8Array], Uint8Array>;

/** The order of a list: by accounts and sequences, then by why, then by hash. */
export function compareListed(network: Uint8Array, a: ListedOrder, b: ListedOrder): number {
  const [one, other] = [a.order.order, b.order.order];
  const byAccount = compareBytes(one.account, other.account);
  if (byAccount !== 0) return byAccount;
  if (one.sequence !== other.sequence) return one.sequence < other.sequence ? -1 : 1;
  if (a.why !== b.why) return a.why === 'voted' ? -1 : 1;
  return compareBytes(orderHash(network, one), orderHash(network, other));
}

/** What a list says: orders and polkas in ascending order, each once. */
export interface Listed {
  readonly orders: readonly ListedOrder[];
  readonly polkas: readonly Polka[];
}

/** The pages of a list, the top one last. */
function pagesOf({ orders, polkas }: Listed): readonly Uint8Array[] {
  const parts = orders.length === 0 ? [[]] : chunks(orders, MAX_PAGE_ORDERS);
  let level = [
    ...parts.map((data) => encode(listPageCoder, { TAG: 'orders', data })),
    ...polkas.map((data) => encode(listPageCoder, { TAG: 'polka', data })),
  ];
  const pages = [...level];
  while (level.length > 1) {
    const names = level.map((page) => sha256(page));
    level = chunks(names, MAX_PAGE_NAMES).map((data) => {
      return encode(listPageCoder, { TAG: 'pages', data });
    });
    pages.push(...level);
  }
  return pages;
}

/** What a list is called. */
export function nameOfList(listed: Listed): Uint8Array {
  return sha256(pagesOf(listed).at(-1) ?? new Uint8Array());
}

/** Keeps a list, and says what it is called. */
export function keepList(draft: Draft, pages: Pages, listed: Listed): Uint8Array {
  for (const page of pagesOf(listed)) keepPage(draft, pages, page);
  return nameOfList(listed);
}

/** Keeps a page, and says what it is called. */
export function keepPage(draft: Draft, pages: Pages, bytes: Uint8Array): Uint8Array {
  const name = sha256(bytes);
  draft.write(pages.at(name), bytes);
  return name;
}

/** The page of that name, wherever it is kept. */
export function pageNamed(draft: Draft, name: Uint8Array): Uint8Array | undefined {
  return draft.read(SPACES.cutPage.at(name)) ?? draft.read(SPACES.statedPage.at(name));
}

/** What is known of a list: all of its orders, the pages that are missing, or that it is none. */
export type ListReading =
  | ({ readonly kind: 'whole' } & Listed)
  | { readonly kind: 'missing'; readonly pages: readonly Uint8Array[] }
  | { readonly kind: 'broken' };

/** How much a list may have. */
export interface MostListed {
  readonly orders: number;
  readonly polkas: number;
}

/** The same of what follows from so many lists. */
export function timesListed({ orders, polkas }: MostListed, lists: number): MostListed {
  return { orders: orders * lists, polkas: polkas * lists };
}

/** Reads a list of at most so much. */
export function readList(
  draft: Draft,
  network: Uint8Array,
  list: Uint8Array,
  most: MostListed,
): ListReading {
  const orders: ListedOrder[] = [];
  const polkas: Polka[] = [];
  const missing: Uint8Array[] = [];
  let left = mostPages(most);
  const visit = (name: Uint8Array): boolean => {
    left -= 1;
    if (left < 0) return false;
    const bytes = pageNamed(draft, name);
    if (bytes === undefined) return missing.push(name) > 0;
    const page = decode(listPageCoder, bytes);
    if (isRefusal(page)) return false;
    if (page.TAG === 'pages') return page.data.length > 1 && page.data.every(visit);
    if (page.TAG === 'polka') return polkas.push(page.data) <= most.polkas;
    return orders.push(...page.data) <= most.orders;
  };
  if (!visit(list)) return { kind: 'broken' };
  if (missing.length > 0) return { kind: 'missing', pages: missing };
  const isAscending =
    inOrder(orders, (a, b) => compareListed(network, a, b)) && inOrder(polkas, comparePolkas);
  const isSound = isAscending && haveOneVoteEach(orders);
  return isSound ? { kind: 'whole', orders, polkas } : { kind: 'broken' };
}

/** Nobody votes for two orders of one account before one of them is certified. */
function haveOneVoteEach(orders: readonly ListedOrder[]): boolean {
  const voted = orders.filter(({ why }) => why === 'voted');
  return inOrder(voted, (a, b) => compareBytes(a.order.order.account, b.order.order.account));
}

function inOrder<T>(list: readonly T[], compare: (a: T, b: T) => number): boolean {
  return list.every((entry, i) => {
    const before = list[i - 1];
    return before === undefined || compare(before, entry) < 0;
  });
}

/** Removes a list from where it is kept, but for the pages that it shares with others. */
export function forgetList(
  draft: Draft,
  pages: Pages,
  list: Uint8Array,
  others: readonly Uint8Array[],
): void {
  const kept = new Set(others.flatMap((other) => namesOf(draft, other)).map(String));
  for (const name of namesOf(draft, list)) {
    if (!kept.has(String(name))) draft.remove(pages.at(name));
  }
}

/** The polka that is the page of this name, if it is one. */
export function polkaNamed(draft: Draft, name: Uint8Array): Polka | undefined {
  const bytes = pageNamed(draft, name);
  const page = bytes && readPage(bytes);
  return page?.TAG === 'polka' ? page.data : undefined;
}

/** The names of the pages of a list, as far as they are known, each once. */
export function namesOf(draft: Draft, list: Uint8Array): readonly Uint8Array[] {
  const names = new Map<string, Uint8Array>();
  const open = [list];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (names.has(String(name))) continue;
    names.set(String(name), name);
    open.push(...namesIn(pageNamed(draft, name)));
  }
  return [...names.values()];
}

function namesIn(bytes: Uint8Array | undefined): readonly Uint8Array[] {
  const page: ListPage | undefined = bytes && readPage(bytes);
  return page?.TAG === 'pages' ? page.data : [];
}

function readPage(bytes: Uint8Array): ListPage | undefined {
  const page = decode(listPageCoder, bytes);
  return isRefusal(page) ? undefined : page;
}

/** How many pages so much takes at most, those of names among them. */
function mostPages({ orders, polkas }: MostListed): number {
  let pages = Math.max(1, Math.ceil(orders / MAX_PAGE_ORDERS)) + polkas;
  let all = pages;
  while (pages > 1) {
    pages = Math.ceil(pages / MAX_PAGE_NAMES);
    all += pages;
  }
  return all;
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < list.length; at += size) parts.push(list.slice(at, at + size));
  return parts;
}
