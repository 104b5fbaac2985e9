/** How radios stand in the mesh, and who opens streams to whom. */
import { isMember, type Place } from './places.ts';
import { Prng } from './prng.ts';

/** How wallets reach the authorities. */
export type Access = 'direct' | 'some' | 'relay' | 'chain';
/** How the radios of the mesh stand. */
export type Layout = 'clique' | 'line' | 'grid' | 'scattered';

/** Two radios that hear each other, by the index of their nodes. */
export type Edge = readonly [number, number];
/** Two nodes that look for each other, by name. */
export type Pair = readonly [string, string];

const FOUND: ReadonlySet<Place['role']> = new Set([
  'saboteur',
  'squatter',
  'thief',
  'stranger',
  'crowder',
  'deputy',
  'flooder',
]);

/** Pairs of radios that hear each other; together they join everybody. */
export function radiosOf(layout: Layout, size: number, prng: Prng): Edge[] {
  const numbers = Array.from({ length: size }, (_, i) => i);
  const order = prng.some(numbers, size);
  const line = order.slice(1).map((radio, i): Edge => [order[i] ?? 0, radio]);
  const pairs = numbers.flatMap((a) => numbers.slice(a + 1).map((b): Edge => [a, b]));
  switch (layout) {
    case 'clique':
      return pairs;
    case 'line':
      return line;
    case 'grid': {
      const width = Math.ceil(Math.sqrt(size));
      const down = order.slice(width).map((radio, i): Edge => [order[i] ?? 0, radio]);
      const across = line.filter((_, i) => (i + 1) % width !== 0);
      return [...across, ...down];
    }
    case 'scattered':
      return [...line, ...pairs.filter(() => prng.below(5) === 0)];
  }
}

/** Radios of those who came late: each hears two of the first `size`. */
export function radiosOfLatecomers(
  size: number,
  latecomers: readonly Place[],
  seed: number,
): Edge[] {
  const others = Array.from({ length: size }, (_, i) => i);
  return latecomers.flatMap(({ name, index }) =>
    Prng.named(seed, `radio of ${name}`)
      .some(others, 2)
      .map((other): Edge => [other, index]),
  );
}

/**
 * Who looks for whom. A wallet reaches the authorities in its own way (`accessOf` its name), and at
 * least one of those that it goes to is honest. Where some are cut, the others keep to theirs.
 */
export function pairsOf(
  seed: number,
  places: readonly Place[],
  accessOf: (wallet: string) => Access,
): Pair[] {
  const named = (...roles: readonly string[]) =>
    places.filter(({ role }) => roles.includes(role)).map(({ name }) => name);
  const members = places.filter(isMember).map(({ name }) => name);
  const relays = named('relay');
  const badRelays = places
    .filter((place) => !isMember(place) && ['saboteur', 'misled'].includes(place.role))
    .map(({ name }) => name);
  const nodes = [...members, ...relays.slice(-1), ...badRelays];
  const entriesOf = (wallet: string): readonly string[] => {
    const access = accessOf(wallet);
    const row = access === 'chain' ? relays.slice(0, 1) : relays.slice(-1);
    if (access === 'direct') return members;
    if (access === 'some') {
      const order = inOrderOf(seed, wallet, members);
      const honest = order.filter((name) => named('authority').includes(name));
      return [...new Set([...order.slice(0, 2), ...honest.slice(0, 1)]), ...badRelays];
    }
    return [...(row.length === 0 ? members : row), ...badRelays];
  };
  const both = (from: readonly string[], to: (name: string, i: number) => readonly string[]) =>
    from.flatMap((a, i) => to(a, i).map((b): Pair => [a, b]));
  return [
    ...both(nodes, (_, i) => nodes.slice(i + 1)),
    // Relays stand in a row; only the last one reaches the authorities.
    ...both(relays, (_, i) => relays.slice(i + 1, i + 2)),
    ...both(named('wallet'), entriesOf),
    ...both(named('squatter'), () => relays),
    ...both(named('thief', 'stranger'), () => [...members, ...relays.slice(-1)]),
    ...both(named('crowder', 'flooder'), () => members),
    ...both(named('deputy'), () => [...members, ...relays]),
    ...both(named('twin'), () => [...members, ...named('wallet')]),
  ];
}

/**
 * Whether an operator asked for the stream between two nodes. Nobody asks for a relay that
 * withholds: it is found, as strangers are. An owner who is led to one does not know. Relays may
 * have found each other, too.
 */
function isWanted(
  a: Pick<Place, 'role'>,
  b: Pick<Place, 'role'>,
  areRelaysFound: boolean,
): boolean {
  if (a.role === 'wallet' || b.role === 'wallet') return true;
  if (a.role === 'relay' && b.role === 'relay') return !areRelaysFound;
  return ![a.role, b.role].some((role) => FOUND.has(role));
}

/**
 * Which of two nodes' operators asked for the stream between them. Their configurations need not
 * agree: of ten streams to relays, one is asked for from one side only. (Members always want each
 * other, and an owner asks for every stream of the own wallet.)
 */
export function whoAsked(
  seed: number,
  a: Pick<Place, 'name' | 'role'>,
  b: Pick<Place, 'name' | 'role'>,
  areRelaysFound: boolean,
): readonly [boolean, boolean] {
  const both = isWanted(a, b, areRelaysFound);
  const roles = [a.role, b.role];
  if (!both || !roles.includes('relay') || roles.includes('wallet')) return [both, both];
  const forgetful = Prng.named(seed, `${a.name} or ${b.name} forgets`).below(20);
  return [forgetful !== 0, forgetful !== 1];
}

/** The members in the order in which a wallet prefers them, the same whoever else is there. */
function inOrderOf(seed: number, wallet: string, members: readonly string[]): string[] {
  const rank = (member: string) => Prng.named(seed, `${wallet} to ${member}`).u32();
  const ranked = members.map((member) => ({ member, rank: rank(member) }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ member }) => member);
}
