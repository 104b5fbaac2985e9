/**
 * Which interfaces a radio takes at the same time, as cfg80211 judges it
 * (cfg80211_iter_combinations() in net/wireless/util.c): there is a combination with room for all
 * of them, by type, in sum and by channels. One alone is never asked for. Of a phy with several
 * radios, each radio is asked about the interfaces on its channels, and the phy about all of them.
 */
import type { Combination, InterfaceType, Phy } from './radio.ts';

/** An interface beside others: what it is, and where it sends. */
export interface Sharer {
  readonly type: InterfaceType;
  readonly frequencyMhz: number;
}

export function fitsTogether({ combinations, radios }: Phy, sharers: readonly Sharer[]): boolean {
  const ofRadios = radios.every(({ ranges, combinations: own }) => {
    const here = sharers.filter(({ frequencyMhz }) =>
      ranges.some(({ lowMhz, highMhz }) => frequencyMhz >= lowMhz && frequencyMhz <= highMhz),
    );
    return fitInto(own, here);
  });
  return ofRadios && fitInto(combinations, sharers);
}

/** Whether a mesh of this radio may use channels with radar: the driver has to watch for it. */
export function watchesRadar({ combinations, radios }: Phy): boolean {
  const all = [...combinations, ...radios.flatMap((radio) => radio.combinations)];
  return all.some(
    ({ detectsRadar, limits }) =>
      detectsRadar === true && limits.some(({ types }) => types.includes('mesh point')),
  );
}

function fitInto(combinations: readonly Combination[], sharers: readonly Sharer[]): boolean {
  if (sharers.length < 2) return true;
  const types = sharers.map(({ type }) => type);
  const channels = new Set(sharers.map(({ frequencyMhz }) => frequencyMhz)).size;
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
export function describeCombinations({ combinations, radios }: Phy): readonly string[] {
  const ofRadios = radios.flatMap(({ ranges, combinations: own }) => {
    const where = ranges.map(({ lowMhz, highMhz }) => `${lowMhz} to ${highMhz} MHz`).join(', ');
    return own.map((each) => `${where}: ${describeCombination(each)}`);
  });
  return [...combinations.map(describeCombination), ...ofRadios];
}

function describeCombination({ limits, maxInterfaces, maxChannels }: Combination): string {
  const parts = limits.map(({ types, max }) => `${types.join(', ')}: ${max}`);
  const channels = maxChannels === 1 ? '1 channel' : `${maxChannels} channels`;
  return `${parts.join('; ')}; ${maxInterfaces} in all on ${channels}`;
}
