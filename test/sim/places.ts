/**
 * Who takes part in a run: names and roles, without keys. The members of the committee come first, so
 * that the index of a member is its number.
 */
import { Prng } from './prng.ts';
import type { Role } from './process.ts';

/** One who takes part. */
export interface Place {
  readonly name: string;
  readonly role: Role;
  /** Where it stands among all who were drawn for the run; its own, whoever else is cut. */
  readonly index: number;
}

/** How many of each there are. */
export interface Counts {
  readonly authorities: number;
  /** Members that are hostile. */
  readonly traitors: number;
  readonly relays: number;
  /** Relays that withhold. */
  readonly saboteurs: number;
  readonly wallets: number;
  readonly thieves: number;
  /** Wallets that were set up with another genesis document. */
  readonly strangers: number;
}

/** All who are drawn for a run. */
export function placesOf(seed: number, counts: Counts): Place[] {
  const traitors = traitorsOf(seed, counts);
  const members = Array.from({ length: counts.authorities }, (_, i): readonly [string, Role] => {
    return [`member-${i}`, traitors.includes(i) ? 'traitor' : 'authority'];
  });
  const roles = [
    ...members,
    ...many('relay', counts.relays),
    ...many('saboteur', counts.saboteurs),
    ...many('wallet', counts.wallets),
    ...many('thief', counts.thieves),
    ...many('stranger', counts.strangers),
  ];
  return roles.map(([name, role], index) => ({ name, role, index }));
}

/**
 * Those of them who are left, the first of each; `left` says no more than was drawn. A traitor too many
 * is honest.
 */
export function fewerPlaces(seed: number, counts: Counts, left: Counts): Place[] {
  const members = traitorsOf(seed, counts).filter((member) => member < left.authorities);
  const traitors = new Set(members.slice(0, left.traitors));
  const most: Readonly<Partial<Record<Role, number>>> = {
    authority: left.authorities,
    relay: left.relays,
    saboteur: left.saboteurs,
    wallet: left.wallets,
    thief: left.thieves,
    stranger: left.strangers,
  };
  return placesOf(seed, counts).flatMap((place) => {
    const isTurned = place.role === 'traitor' && !traitors.has(place.index);
    const role = isTurned ? 'authority' : place.role;
    const number = Number(place.name.slice(place.name.indexOf('-') + 1));
    return number < (most[role] ?? left.authorities) ? [{ ...place, role }] : [];
  });
}

/** The members that are hostile, in the order in which they were drawn. */
function traitorsOf(seed: number, { authorities, traitors }: Counts): number[] {
  const members = Array.from({ length: authorities }, (_, i) => i);
  return Prng.named(seed, 'traitors').some(members, traitors);
}

function many(role: Role, count: number): (readonly [string, Role])[] {
  return Array.from({ length: count }, (_, i) => [`${role}-${i}`, role]);
}
