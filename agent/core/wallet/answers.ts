/**
 * What the members answered to the question that this wallet has open, and what follows from it.
 * Asking before signing (plan.ts) goes by it, and so does whoever shows how that stands, or whether
 * a balance is confirmed.
 *
 * Safety: of any n - f members one is honest and has seen, or voted for, each order that could be
 * certified; so what n - f of them know nothing of is not there. More than f have an honest one
 * among them; so what they say that the wallet has forgotten, it has.
 */
import { equalBytes } from '../base/bytes.ts';
import { type RefusalCode, refusalCodeOf } from '../base/refusal.ts';
import type { Balance, MemberIndex } from '../base/units.ts';
import { orderHash } from '../codec/order.ts';
import type { WalletRecord, Word } from '../codec/record.ts';
import type { Draft } from '../draft.ts';
import type { Read } from '../io.ts';
import { faultsTolerated } from '../network/committee.ts';
import { membersOf } from '../network/committees.ts';
import type { Network } from '../network/genesis.ts';
import { recordAt } from '../space.ts';
import { SPACES } from '../spaces.ts';
import { creditsIn, readLiveOrder, readWallet } from './holdings.ts';

/** A member that would refuse the payment that was asked about. */
export interface Refuser {
  readonly member: MemberIndex;
  readonly code: RefusalCode;
  /** What it says the account holds. */
  readonly balance: Balance;
  /** What this wallet brings to it may change its mind. */
  readonly mayComeRound: boolean;
}

export interface Answers {
  /** f: how many may lie. */
  readonly faults: number;
  /** n - f: how many have to agree. */
  readonly needed: number;
  /** Members that answered, and those that did not. */
  readonly heard: readonly MemberIndex[];
  readonly silent: readonly MemberIndex[];
  /** Those that know of nothing, made or received, that this wallet has not got. */
  readonly agreeing: readonly MemberIndex[];
  /** Those that know of an order that this wallet does not know. */
  readonly against: readonly MemberIndex[];
  /**
   * Of the others: who would vote for the payment that was asked about, and who would refuse it.
   */
  readonly willing: readonly MemberIndex[];
  readonly refusing: readonly Refuser[];
}

/**
 * The answers to the question that is open; nobody's, if there is none, or another than `question`,
 * the nonce of the one that is meant.
 */
export function answersOf(
  read: Read,
  network: Network,
  account: Uint8Array,
  question?: Uint8Array,
): Answers {
  const members = membersOf(read);
  const faults = faultsTolerated(members.length);
  const known = knownOf(read, network, account);
  const asked = recordAt(read, SPACES.question)?.nonce;
  const isMeant = question === undefined || (asked !== undefined && equalBytes(asked, question));
  const told = members.flatMap((member) => {
    const word = isMeant ? recordAt(read, SPACES.word.at(member)) : undefined;
    return word === undefined ? [] : [{ member, word }];
  });
  const isNews = ({ word }: (typeof told)[number]): boolean => knowsNewerOrder(word, known);
  const others = told.filter((each) => !isNews(each));
  const heard = told.map(({ member }) => member);
  return {
    faults,
    needed: members.length - faults,
    heard,
    silent: members.filter((member) => !heard.includes(member)),
    agreeing: told.filter(({ word }) => agrees(word, known)).map(({ member }) => member),
    against: told.filter(isNews).map(({ member }) => member),
    willing: others.filter(({ word }) => wouldVote(word)).map(({ member }) => member),
    refusing: others.flatMap(({ member, word }) => refuserOf(member, word, known)),
  };
}

/** Whether n - f members know of nothing that this wallet has not got. */
export function isConfirmed({ agreeing, needed }: Answers): boolean {
  return agreeing.length >= needed;
}

/** Whether more than f members know of an order that this wallet does not know. */
export function hasForgotten({ against, faults }: Answers): boolean {
  return against.length > faults;
}

/** What is to become of the payment that was asked about. */
export type PlanVerdict =
  | { readonly kind: 'sign' }
  | { readonly kind: 'wait' }
  /** More than f refuse that have seen all that this wallet can show them: too few are left. */
  | { readonly kind: 'refuse'; readonly code: RefusalCode; readonly refusers: number };

export function verdictOn({ willing, refusing, needed, faults }: Answers): PlanVerdict {
  if (willing.length >= needed) return { kind: 'sign' };
  const firm = refusing.filter(({ mayComeRound }) => !mayComeRound);
  const code = commonestOf(firm);
  if (code === undefined || firm.length <= faults) return { kind: 'wait' };
  return { kind: 'refuse', code, refusers: firm.length };
}

/** Why a payment cannot be signed on these answers. */
export type Lack =
  /** This wallet has forgotten an order. */
  | { readonly kind: 'forgotten' }
  /** More than f refuse: most of them with this code. */
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | { readonly kind: 'too_few' };

export function lackOf(answers: Answers): Lack {
  if (hasForgotten(answers)) return { kind: 'forgotten' };
  const code = commonestOf(answers.refusing);
  const isRefused = code !== undefined && answers.refusing.length > answers.faults;
  return isRefused ? { kind: 'refused', code } : { kind: 'too_few' };
}

/**
 * The least that an honest one of those that refuse may say the account holds; undefined: perhaps
 * none of them is honest.
 */
export function heldBy({ refusing, faults }: Answers): Balance | undefined {
  const balances = refusing.map(({ balance }) => balance);
  return balances.sort((a, b) => (a > b ? -1 : 1))[faults];
}

/** A member's word: it takes the place of what it said before. */
export function takeWord(draft: Draft, member: MemberIndex, word: Word): void {
  draft.write(SPACES.word.at(member), word);
}

/** What this wallet knows of itself. */
interface Known extends Pick<WalletRecord, 'next'> {
  /** Certificates that pay it. */
  readonly received: bigint;
  readonly live: Uint8Array | undefined;
}

function knownOf(read: Read, network: Network, account: Uint8Array): Known {
  const wallet = readWallet(read, network, account);
  const live = readLiveOrder(read);
  return {
    next: wallet.next,
    received: creditsIn(wallet),
    live: live && orderHash(network.id, live.order.order),
  };
}

/** What it voted for at an earlier sequence was decided since, here, and is no news. */
function knowsNewerOrder({ next, pending }: Word, known: Known): boolean {
  return (
    next > known.next || (next === known.next && pending !== undefined && !isLive(pending, known))
  );
}

function isLive(pending: Uint8Array, { live }: Known): boolean {
  return live !== undefined && equalBytes(live, pending);
}

/**
 * That a member whose own memory has gaps knows of nothing means nothing (PROTOCOL: Evidence is
 * used).
 */
function agrees(word: Word, known: Known): boolean {
  return word.knows && word.received <= known.received && !knowsNewerOrder(word, known);
}

function wouldVote({ knows, answer }: Word): boolean {
  return knows && answer !== undefined && answer.code === undefined;
}

function refuserOf(member: MemberIndex, word: Word, known: Known): readonly Refuser[] {
  const { answer } = word;
  const code = answer?.code === undefined ? undefined : refusalCodeOf(answer.code);
  if (answer === undefined || code === undefined) return [];
  const isBehind = word.next < known.next || word.received < known.received;
  const mayComeRound = code !== 'not_voting' && isBehind;
  return [{ member, code, balance: answer.balance, mayComeRound }];
}

function commonestOf(refusers: readonly Refuser[]): RefusalCode | undefined {
  const count = (code: RefusalCode): number => refusers.filter((one) => one.code === code).length;
  const [first, ...others] = refusers.map(({ code }) => code);
  if (first === undefined) return undefined;
  return others.reduce((best, code) => (count(code) > count(best) ? code : best), first);
}
