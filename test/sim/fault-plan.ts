/**
 * The faults of a plan. Each is drawn from a sequence of its own, which its name stands for:
 * `crash.3` is the fourth chance of a crash. So a new kind, or another weight, adds faults to a run
 * or takes some away, and leaves all others as they are; and a fault can be asked for by its name
 * alone.
 */
import { FAULT_KINDS, type FaultKind, type Victims } from './fault-kinds.ts';
import type { Edge, Pair } from './layout.ts';
import type { Place } from './places.ts';
import { Prng } from './prng.ts';
import type { Profile } from './profiles.ts';

/** A fault to come. */
export interface Fault {
  /** Its kind, a dot, and its number among the chances of that kind. */
  readonly name: string;
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  /** Names of nodes. One that was cut from the run is left alone. */
  readonly victims: readonly string[];
  /** Three large random numbers; what they mean is up to the kind (faults.ts). */
  readonly dice: readonly [number, number, number];
}

/** What a fault is drawn for: the whole run, before anything is cut from it. */
export interface Scene {
  readonly seed: number;
  readonly chaosMs: number;
  readonly places: readonly Place[];
  readonly pairs: readonly Pair[];
  readonly radios: readonly Edge[];
}

/** The longest that a fault lasts. */
const LONGEST_MS = 30_000;

/** Whether a text is the name of a fault. */
export function isFaultName(text: string): boolean {
  return /^[a-z_]+\.\d{1,4}$/.test(text) && kindOf(text) in FAULT_KINDS;
}

/** The faults of a run, by time. */
export function faultsOf(scene: Scene, { chances, weights }: Profile): Fault[] {
  const count = Prng.named(scene.seed, 'chances').between(chances[0], chances[1]);
  const names = Object.entries(weights).flatMap(([kind, weight]) =>
    Array.from({ length: count }, (_, i) => `${kind}.${i}`).filter((name) =>
      Prng.named(scene.seed, `chance ${name}`).perMille(weight),
    ),
  );
  return faultsNamed(names, scene);
}

/** The faults of these names, by time. */
export function faultsNamed(names: readonly string[], scene: Scene): Fault[] {
  const drawn = names.map((name) => faultNamed(name, scene));
  return drawn.sort((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1));
}

function faultNamed(name: string, scene: Scene): Fault {
  const kind = kindOf(name) as FaultKind;
  const prng = Prng.named(scene.seed, `fault ${name}`);
  const atMs = prng.between(0, scene.chaosMs);
  const forMs = prng.skewed(10, LONGEST_MS);
  const dice = [prng.u32(), prng.u32(), prng.u32()] as const;
  return { name, kind, atMs, forMs, dice, victims: victimsOf(FAULT_KINDS[kind], scene, prng) };
}

function kindOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

function victimsOf(
  victims: Victims,
  { places, pairs, radios }: Scene,
  prng: Prng,
): readonly string[] {
  const one = (...roles: readonly string[]) => {
    const fitting = places.filter(({ role }) => roles.length === 0 || roles.includes(role));
    return prng.some(fitting, 1).map(({ name }) => name);
  };
  switch (victims) {
    case 'nobody':
      return [];
    case 'anyone':
      return one();
    case 'keeper':
      return one('authority', 'wallet');
    case 'authority':
      return one('authority');
    case 'wallet':
      return one('wallet');
    case 'pair': {
      const [[a, b] = []] = prng.some(pairs, 1);
      if (a === undefined || b === undefined) return [];
      return prng.below(2) === 0 ? [a, b] : [b, a];
    }
    case 'radios':
      return prng.some(radios, 1).flatMap((edge) => edge.map((at) => places[at]?.name ?? ''));
    case 'some':
      return places.filter(() => prng.below(2) === 0).map(({ name }) => name);
  }
}
