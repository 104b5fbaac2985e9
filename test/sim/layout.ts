/** How radios stand in the mesh, and who opens streams to whom. */
import type { Access, Layout } from './plan.ts';
import type { Prng } from './prng.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

type Edge = readonly [number, number];

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

/** Tells every process whom it looks for. */
export function joinAll(world: World, prng: Prng): void {
  const { network, plan, relays, all } = world;
  const members = all.filter(({ role }) => role === 'authority' || role === 'traitor');
  const saboteurs = all.filter(({ role }) => role === 'saboteur');
  const nodes = [...members, ...relays.slice(-1), ...saboteurs];
  nodes.forEach((a, i) => {
    for (const b of nodes.slice(i + 1)) network.pair(a, b);
  });
  // Relays stand in a row; only the last one reaches the authorities.
  relays.slice(1).forEach((relay, i) => {
    const before = relays[i];
    if (before !== undefined) network.pair(before, relay);
  });
  world.wallets.forEach((wallet, i) => {
    const access = plan.access[i] ?? 'direct';
    const others = access === 'direct' ? [] : saboteurs;
    for (const node of [...entriesFor(world, access, members, prng), ...others]) {
      network.pair(wallet, node);
    }
  });
  const outsiders = all.filter(({ role }) => role === 'thief' || role === 'stranger');
  for (const outsider of outsiders) {
    for (const node of [...members, ...relays.slice(-1)]) network.pair(outsider, node);
  }
}

/** The nodes that a wallet opens streams to. At least one of them is honest. */
function entriesFor(
  { relays }: World,
  access: Access,
  members: readonly Process[],
  prng: Prng,
): Process[] {
  const honest = members.filter(({ role }) => role === 'authority');
  switch (access) {
    case 'direct':
      return [...members];
    case 'some':
      return [...new Set([...prng.some(members, 2), ...prng.some(honest, 1)])];
    case 'relay':
      return relays.length === 0 ? [...members] : relays.slice(-1);
    case 'chain':
      return relays.length === 0 ? [...members] : relays.slice(0, 1);
  }
}
