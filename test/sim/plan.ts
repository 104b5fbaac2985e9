/**
 * The plan of a run: all that is drawn before it begins, from the seed and the profile alone. Each
 * part is drawn from a sequence of its own, so that a change of one shifts no other. What is left
 * out afterwards (`cut`, for shrinking) does not change what remains: names, places in the mesh,
 * accounts and faults stay; a fault whose victim was cut does nothing.
 */
import { type CashPlan, cashPlanOf } from './cash/cash-plan.ts';
import { faultsFor } from './checkers/founding.ts';
import { type Fault, faultsNamed, faultsOf } from './fault-plan.ts';
import {
  type Access,
  type Edge,
  type Layout,
  type Pair,
  pairsOf,
  radiosOf,
  radiosOfLatecomers,
} from './layout.ts';
import { type Counts, fewerPlaces, isLatecomer, type Place, placesOf } from './places.ts';
import { Prng } from './prng.ts';
import { PROFILES, type Profile } from './profiles.ts';

export interface Plan {
  readonly seed: number;
  readonly profileName: string;
  readonly profile: Profile;
  /** Who takes part. */
  readonly places: readonly Place[];
  /**
   * Also those who were cut: their radios stay in the mesh, and their accounts in the genesis
   * document. (Not of latecomers.)
   */
  readonly drawn: readonly Place[];
  /** Members of the committee, bad ones included. */
  readonly authorities: number;
  readonly tokens: number;
  readonly hasRealSignatures: boolean;
  /** Strangers and traitors write into the channels of those who give them frames. */
  readonly haveDeputies: boolean;
  /** The member whose key has a second life. */
  readonly twinned: string | undefined;
  readonly pairs: readonly Pair[];
  /** Relays know of each other by chance: no operator wrote them down. */
  readonly areRelaysFound: boolean;
  /** More than the highest index of a place. */
  readonly size: number;
  readonly radios: readonly Edge[];
  readonly trouble: { readonly loss: number; readonly double: number; readonly overtake: number };
  readonly hopMs: number;
  readonly jitterMs: number;
  readonly commitMs: number;
  readonly chaosMs: number;
  readonly payments: number;
  /** Of a hundred payments, how many are withdrawals. */
  readonly withdrawals: number;
  /** Who serves the outer ledger; undefined: nobody does. */
  readonly cash: CashPlan | undefined;
  /** Milliseconds that an owner thinks between two payments, on average. */
  readonly thinkMs: number;
  readonly faults: readonly Fault[];
}

/** What shrinking leaves of a plan; absent: all of it. */
export interface Cut extends Partial<Counts> {
  /** Names of the faults that are left. */
  readonly faults?: readonly string[];
  readonly chaosMs?: number;
  readonly payments?: number;
  /** Of those that serve the outer ledger; with none there is no ledger. */
  readonly gateways?: number;
  readonly isCalm?: boolean;
}

/** One run of so many uses real signatures. */
const REAL_SIGNATURES_EVERY = 50;

/** Sizes of committees, the common ones more often: messages grow with the square of the size. */
const COMMITTEES = [1, 2, 3, 3, 5, 5, 6, 7, 7, 7, 10, ...Array.from({ length: 19 }, () => 4)];

/** How wallets reach the authorities, by the number of relays; more relays are as two. */
const ACCESSES: readonly (readonly Access[])[] = [
  ['direct', 'direct', 'some'],
  ['direct', 'some', 'relay', 'relay'],
  ['direct', 'some', 'relay', 'chain'],
];

const LAYOUTS: readonly Layout[] = ['clique', 'clique', 'line', 'grid', 'scattered'];

/** Draws the plan of a seed. */
export function planOf(seed: number, profileName: string, cut: Cut = {}): Plan {
  const profile = PROFILES[profileName];
  if (profile === undefined) throw new Error(`no profile is called ${profileName}`);
  const of = (purpose: string) => Prng.named(seed, purpose);
  const between = (purpose: string, [low, high]: readonly [number, number]) =>
    of(purpose).between(low, high);
  const counts = countsOf(seed, profile);
  const everybody = placesOf(seed, counts);
  const drawn = everybody.filter((place) => !isLatecomer(place));
  const ways = (places: readonly Place[]) =>
    pairsOf(seed, places, (wallet) => accessOf(seed, wallet, profile, counts.relays));
  const radios = radiosOf(of('layout').pick(LAYOUTS), drawn.length, of('radios'));
  const chaosMs = 1_000 * between('seconds', profile.seconds);
  const payments = between('payments', profile.payments);
  const scene = { seed, chaosMs, places: drawn, pairs: ways(drawn), radios };
  const left = soundly(counts, cut, profile.isBroken === true);
  const places = fewerPlaces(seed, counts, left);
  const latecomers = places.filter(isLatecomer);
  const isCashed = cut.gateways !== 0 && of('cashed').below(100) < profile.cashed;
  return {
    seed,
    profileName,
    profile,
    places,
    drawn: [...drawn, ...latecomers],
    authorities: left.authorities,
    tokens: of('tokens').between(1, 3),
    hasRealSignatures: seed % REAL_SIGNATURES_EVERY === 0,
    haveDeputies: left.deputies > 0,
    twinned: left.twins > 0 ? twinnedOf(seed, places) : undefined,
    pairs: ways(places),
    areRelaysFound: of('relays found').below(2) === 0,
    size: everybody.length,
    radios: [...radios, ...radiosOfLatecomers(drawn.length, latecomers, seed)],
    trouble: cut.isCalm ? { loss: 0, double: 0, overtake: 0 } : troubleOf(seed, profile),
    hopMs: of('hops').between(1, 8),
    jitterMs: of('jitter').skewed(0, 30),
    commitMs: of('commits').skewed(0, 12),
    chaosMs: cut.chaosMs ?? chaosMs,
    payments: cut.payments ?? payments,
    withdrawals: (isCashed ? 1 : of('withdrawals').below(2)) * profile.withdrawals,
    cash: isCashed ? cashPlanOf(seed, places, cut.gateways) : undefined,
    thinkMs: Math.floor((chaosMs * counts.wallets) / payments / 2),
    faults: cut.faults === undefined ? faultsOf(scene, profile) : faultsNamed(cut.faults, scene),
  };
}

/** How many of each take part. */
function countsOf(seed: number, profile: Profile): Counts {
  const of = (purpose: string) => Prng.named(seed, purpose);
  const authorities = of('committee').pick(profile.committees ?? COMMITTEES);
  const misled = (purpose: string) => (of(purpose).below(100) < profile.misled ? 1 : 0);
  // Seldom: its ledger never agrees with the others', and comparing them takes most of such a run.
  const isMemberMisled = misled('misled members') === 1 && of('seldom').below(4) === 0;
  const misledMembers = Math.min(isMemberMisled ? 1 : 0, faultsFor(authorities));
  const most = faultsFor(authorities) - misledMembers;
  const hasTraitors = of('has traitors').below(100) < profile.traitors;
  const someTraitors = hasTraitors ? of('traitor count').between(Math.min(1, most), most) : 0;
  const someRelays = of('relays').pick([0, 0, 1, 1, 2, 3]);
  const relays = profile.isRelayed ? Math.max(1, someRelays) : someRelays;
  const hasSquatters = relays > 0 && of('squatters').below(100) < profile.squatters;
  return {
    authorities,
    traitors: profile.isBroken ? most + 1 : someTraitors,
    relays,
    saboteurs: relays > 0 && of('saboteurs').below(100) < profile.saboteurs ? 1 : 0,
    wallets: of('wallets').between(profile.wallets[0], profile.wallets[1]),
    thieves: of('has thieves').below(100) < profile.thieves ? of('thieves').between(1, 2) : 0,
    strangers: misled('strangers'),
    misledMembers,
    misledRelays: misled('misled relays'),
    squatters: hasSquatters ? of('squatter count').pick([2, 8, 30]) : 0,
    crowders: of('crowders').below(100) < profile.crowders ? 1 : 0,
    deputies: of('deputies').below(100) < profile.deputies ? of('deputy count').between(1, 2) : 0,
    flooders:
      of('flooders').below(100) < profile.flooders ? of('flooder count').pick([2, 4, 8]) : 0,
    twins: of('twins').below(100) < profile.twins ? 1 : 0,
  };
}

/** One of the authorities. */
function twinnedOf(seed: number, places: readonly Place[]): string | undefined {
  const authorities = places.filter(({ role }) => role === 'authority');
  return Prng.named(seed, 'twinned').some(authorities, 1)[0]?.name;
}

/** What is left of each, where a smaller committee stands fewer bad members. */
function soundly(counts: Counts, cut: Cut, isBroken: boolean): Counts {
  const left = (name: keyof Counts) => Math.min(counts[name], cut[name] ?? Infinity);
  const authorities = left('authorities');
  const most = faultsFor(authorities) + (isBroken ? 1 : 0);
  const traitors = Math.min(left('traitors'), most);
  return {
    authorities,
    traitors,
    relays: left('relays'),
    saboteurs: left('saboteurs'),
    wallets: left('wallets'),
    thieves: left('thieves'),
    strangers: left('strangers'),
    misledMembers: Math.min(left('misledMembers'), most - traitors),
    misledRelays: left('misledRelays'),
    squatters: left('squatters'),
    crowders: left('crowders'),
    deputies: left('deputies'),
    flooders: left('flooders'),
    twins: most > traitors ? left('twins') : 0,
  };
}

/** Shares of a thousand; in half of the runs there is none of one kind. */
function troubleOf(seed: number, { weather }: Profile): Plan['trouble'] {
  const worst = (purpose: string, most: number) => {
    const prng = Prng.named(seed, purpose);
    return prng.below(2) === 0 ? 0 : prng.skewed(0, most);
  };
  const [loss, double, overtake] = weather;
  return {
    loss: worst('loss', loss),
    double: worst('doubling', double),
    overtake: worst('overtaking', overtake),
  };
}

function accessOf(seed: number, wallet: string, profile: Profile, relays: number): Access {
  const accesses = ACCESSES[Math.min(relays, 2)] ?? ['direct'];
  if (profile.access !== undefined) return profile.access;
  return profile.isRelayed ? 'relay' : Prng.named(seed, `${wallet} access`).pick(accesses);
}
