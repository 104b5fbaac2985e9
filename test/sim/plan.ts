/**
 * The plan of a run: all that is drawn before it begins, from the seed and the profile alone. What
 * is left out of it afterwards (`cut`, for shrinking) does not change what remains.
 */
import { Prng } from './prng.ts';
import { PROFILES, type Profile } from './profiles.ts';

export const FAULT_KINDS = [
  'crash',
  'crash_in_commit',
  'power_cut',
  'full_disk',
  'slow_disk',
  'restore',
  'bit_rot',
  'forget',
  'old_copy',
  'slow',
  'cut',
  'one_way',
  'only_hears',
  'island',
  'radio_off',
  'clog',
  'flap',
  'storm',
  'wall_jump',
  'spurious',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault to come. What `who`, `other` and `amount` mean is up to its kind (faults.ts). */
export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  /** Large random numbers, taken modulo the nodes in question. */
  readonly who: number;
  readonly other: number;
  readonly amount: number;
}

/** How wallets reach the authorities. */
export type Access = 'direct' | 'some' | 'relay' | 'chain';
/** How the radios of the mesh stand. */
export type Layout = 'clique' | 'line' | 'grid' | 'scattered';

export interface Plan {
  readonly seed: number;
  readonly profileName: string;
  readonly profile: Profile;
  readonly authorities: number;
  readonly traitors: number;
  readonly relays: number;
  readonly wallets: number;
  readonly thieves: number;
  /** Relays that withhold. */
  readonly saboteurs: number;
  /** Wallets that were set up with another genesis document. */
  readonly strangers: number;
  readonly tokens: number;
  readonly hasRealSignatures: boolean;
  readonly access: readonly Access[];
  readonly layout: Layout;
  readonly trouble: { readonly loss: number; readonly double: number; readonly overtake: number };
  readonly hopMs: number;
  readonly jitterMs: number;
  readonly commitMs: number;
  readonly chaosMs: number;
  readonly payments: number;
  /** Milliseconds that an owner thinks between two payments, on average. */
  readonly thinkMs: number;
  readonly faults: readonly Fault[];
}

/** What shrinking leaves of a plan; absent: all of it. */
export interface Cut {
  readonly faults?: readonly number[];
  readonly chaosMs?: number;
  readonly payments?: number;
  readonly wallets?: number;
  readonly relays?: number;
  readonly traitors?: number;
  readonly thieves?: number;
  readonly saboteurs?: number;
  readonly strangers?: number;
  readonly isCalm?: boolean;
}

/** One run of so many uses real signatures. */
const REAL_SIGNATURES_EVERY = 50;

/** Sizes of committees, the common ones more often: messages grow with the square of the size. */
const COMMITTEES = [1, 2, 3, 3, 5, 5, 6, 7, 7, 7, 10, ...Array.from({ length: 19 }, () => 4)];

/** Draws the plan of a seed. */
export function planOf(seed: number, profileName: string, cut: Cut = {}): Plan {
  const profile = PROFILES[profileName];
  if (profile === undefined) throw new Error(`no profile is called ${profileName}`);
  const prng = new Prng(seed, 1);
  const between = ([low, high]: readonly [number, number]) => prng.between(low, high);
  const authorities = prng.pick(COMMITTEES);
  const most = Math.floor((authorities - 1) / 3);
  const hasTraitors = prng.below(100) < profile.traitors;
  const traitors = profile.isBroken
    ? most + 1
    : hasTraitors
      ? prng.between(Math.min(1, most), most)
      : 0;
  const someRelays = prng.pick([0, 0, 1, 1, 2, 3]);
  const relays = profile.isRelayed ? Math.max(1, someRelays) : someRelays;
  const wallets = between(profile.wallets);
  const thieves = prng.below(100) < profile.thieves ? prng.between(1, 2) : 0;
  const chaosMs = 1_000 * between(profile.seconds);
  const payments = between(profile.payments);
  const [loss, double, overtake] = profile.weather.map((worst) =>
    prng.below(2) === 0 ? 0 : prng.skewed(0, worst),
  );
  const drawn: Plan = {
    seed,
    profileName,
    profile,
    authorities,
    traitors,
    relays,
    wallets,
    thieves,
    saboteurs: relays > 0 && prng.below(100) < profile.saboteurs ? 1 : 0,
    strangers: prng.below(20) === 0 ? 1 : 0,
    tokens: prng.between(1, 3),
    hasRealSignatures: seed % REAL_SIGNATURES_EVERY === 0,
    access: Array.from({ length: wallets }, () =>
      profile.isRelayed ? 'relay' : accessOf(prng, relays),
    ),
    layout: prng.pick(['clique', 'clique', 'line', 'grid', 'scattered']),
    trouble: { loss: loss ?? 0, double: double ?? 0, overtake: overtake ?? 0 },
    hopMs: prng.between(1, 8),
    jitterMs: prng.skewed(0, 30),
    commitMs: prng.skewed(0, 12),
    chaosMs,
    payments,
    thinkMs: Math.floor((chaosMs * wallets) / payments / 2),
    faults: faultsOf(new Prng(seed, 2), profile, chaosMs),
  };
  return reduce(drawn, cut);
}

function accessOf(prng: Prng, relays: number): Access {
  if (relays === 0) return prng.pick(['direct', 'direct', 'some']);
  return prng.pick(['direct', 'some', 'relay', relays > 1 ? 'chain' : 'relay']);
}

function faultsOf(prng: Prng, { faults, weights }: Profile, chaosMs: number): Fault[] {
  const kinds = FAULT_KINDS.flatMap((kind) =>
    Array.from({ length: weights[kind] ?? 0 }, () => kind),
  );
  const count = prng.between(faults[0], faults[1]);
  const drawn = Array.from({ length: kinds.length === 0 ? 0 : count }, () => ({
    kind: prng.pick(kinds),
    atMs: prng.between(0, chaosMs),
    forMs: prng.skewed(10, 30_000),
    who: prng.u32(),
    other: prng.u32(),
    amount: prng.u32(),
  }));
  return drawn.sort((a, b) => a.atMs - b.atMs);
}

function reduce(plan: Plan, cut: Cut): Plan {
  const { faults, isCalm, ...rest } = cut;
  const trouble = isCalm ? { loss: 0, double: 0, overtake: 0 } : plan.trouble;
  const kept =
    faults === undefined ? plan.faults : plan.faults.filter((_, i) => faults.includes(i));
  return { ...plan, ...rest, trouble, faults: kept };
}
