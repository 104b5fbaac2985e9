/**
 * Who serves the outer ledger of a run, who observes it, and how far it can be trusted: drawn from
 * the seed, like the rest of the plan (plan.ts).
 */
import type { LedgerIndex } from '../../../agent/core/base/units.ts';
import type { Place } from '../places.ts';
import { Prng } from '../prng.ts';

export interface CashPlan {
  /** Honest members that have payouts made, by their numbers. */
  readonly gateways: readonly number[];
  /** Members whose word counts about the ledger, in ascending order; and how many make a fact. */
  readonly observers: readonly number[];
  readonly quorum: number;
  /** The gateway to whom its connection tells lies, until everything is healed. */
  readonly liar: number | undefined;
  /** The ledger pays whoever asks, as a bank does that checks no decision. */
  readonly isTrusting: boolean;
  /** Deposits that are made in the time of trouble. */
  readonly deposits: number;
}

/** Of a hundred runs with several observers and a traitor, those in which it is one of them. */
const TRAITOR_OBSERVES = 70;
/** Of a hundred runs with three gateways, those in which one of them is lied to. */
const LIED_TO = 50;

/** Draws it for the members that are there. Honest observers outnumber what others can say. */
export function cashPlanOf(
  seed: number,
  places: readonly Place[],
  mostGateways = Infinity,
): CashPlan {
  const of = (purpose: string) => Prng.named(seed, `cash: ${purpose}`);
  const rank = ({ name }: Place) => of(name).u32();
  const members = (role: Place['role']) =>
    places
      .filter((place) => place.name.startsWith('member-') && place.role === role)
      .sort((a, b) => rank(a) - rank(b))
      .map(({ index }) => index);
  const traitors = members('traitor');
  const most = Math.min(mostGateways, of('gateways').pick([1, 2, 2, 3]));
  const gateways = members('authority').slice(0, most);
  const honest = gateways.slice(0, of('observers').between(1, 3));
  const isLiedTo = honest.length === 3 && of('liar').below(100) < LIED_TO;
  const liar = isLiedTo ? of('whom').pick(honest) : undefined;
  const sound = honest.length - (isLiedTo ? 1 : 0);
  const mayObserve = sound >= 2 && !isLiedTo && of('traitor').below(100) < TRAITOR_OBSERVES;
  const hostile = mayObserve ? traitors.slice(0, sound - 1) : [];
  const bad = hostile.length + (isLiedTo ? 1 : 0);
  return {
    gateways,
    observers: [...honest, ...hostile].sort((a, b) => a - b),
    quorum: of('quorum').between(bad + 1, sound),
    liar,
    isTrusting: traitors.length === 0 && of('trust').below(2) === 0,
    deposits: of('deposits').between(4, 20),
  };
}

/** Where nobody serves the ledger: it has an observer, who never says anything. */
export const NO_CASH: Pick<CashPlan, 'observers' | 'quorum'> = { observers: [0], quorum: 1 };

/** The one ledger that there is. */
export const LEDGERS_SERVED = [0 as LedgerIndex] as const;
