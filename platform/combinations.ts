/**
 * Which interfaces a radio takes at the same time, as cfg80211 judges it
 * (cfg80211_iter_combinations() in net/wireless/util.c): there is a combination with room for all
 * of them, by type, in sum and by channels. One alone is never asked for.
 */
import type { Combination, InterfaceType, Phy } from './radio.ts';

/** Whether interfaces of these types fit on `channels` channels of the radio. */
export function fitsTogether(
  { combinations }: Phy,
  types: readonly InterfaceType[],
  channels = 1,
): boolean {
  if (types.length < 2) return true;
  return combinations.some(
    (each) =>
      types.length <= each.maxInterfaces &&
      channels <= each.maxChannels &&
      hasRoom(each, types, new Map()),
  );
}

/** A type may stand in several limits: each of them is tried. */
function hasRoom(
  combination: Combination,
  [type, ...rest]: readonly InterfaceType[],
  taken: ReadonlyMap<number, number>,
): boolean {
  if (type === undefined) return true;
  return combination.limits.some(({ types, max }, place) => {
    const count = (taken.get(place) ?? 0) + 1;
    if (!types.includes(type) || count > max) return false;
    return hasRoom(combination, rest, new Map(taken).set(place, count));
  });
}

/** `AP, mesh point: 16, managed: 19; 19 in all on 1 channel` for each combination. */
export function describeCombinations({ combinations }: Phy): readonly string[] {
  return combinations.map(({ limits, maxInterfaces, maxChannels }) => {
    const parts = limits.map(({ types, max }) => `${types.join(', ')}: ${max}`);
    const channels = maxChannels === 1 ? '1 channel' : `${maxChannels} channels`;
    return `${parts.join('; ')}; ${maxInterfaces} in all on ${channels}`;
  });
}
