/**
 * Who takes part in a run: names and roles, without keys. The members of the committee come first,
 * so that the index of a member is its number.
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
  /** Members that were, and relays. */
  readonly misledMembers: number;
  readonly misledRelays: number;
  /** Nodes without an operator that take a link at every relay and swallow what they are given. */
  readonly squatters: number;
  /** Hostile payers whose accounts have chosen keys. */
  readonly crowders: number;
  /**
   * Strangers that pass frames on, and write answers into the channels of those who gave them some.
   */
  readonly deputies: number;
  /** Strangers that send as much as they can. */
  readonly flooders: number;
  /** Second lives of a member's key. */
  readonly twins: number;
}

/**
 * Those who came to the simulator late: no fault strikes them, and without them a run is as it was.
 */
const LATECOMERS: ReadonlySet<Role> = new Set(['crowder', 'deputy', 'flooder', 'twin']);

export function isLatecomer({ role }: Pick<Place, 'role'>): boolean {
  return LATECOMERS.has(role);
}

/** Whether it has a seat in the committee. */
export function isMember({ name }: Place): boolean {
  return name.startsWith('member-');
}

/** All who are drawn for a run. */
export function placesOf(seed: number, counts: Counts): Place[] {
  const { traitors, misled } = badMembers(seed, counts);
  const members = Array.from({ length: counts.authorities }, (_, i): readonly [string, Role] => {
    const role = traitors.includes(i) ? 'traitor' : misled.includes(i) ? 'misled' : 'authority';
    return [`member-${i}`, role];
  });
  const roles = [
    ...members,
    ...many('relay', counts.relays),
    ...many('saboteur', counts.saboteurs),
    ...many('wallet', counts.wallets),
    ...many('thief', counts.thieves),
    ...many('stranger', counts.strangers),
    ...many('misled', counts.misledRelays),
    ...many('squatter', counts.squatters),
    ...many('crowder', counts.crowders),
    ...many('deputy', counts.deputies),
    ...many('flooder', counts.flooders),
    ...many('twin', counts.twins),
  ];
  return roles.map(([name, role], index) => ({ name, role, index }));
}

/**
 * Those of them who are left, the first of each; `left` says no more than was drawn. A member that
 * is one traitor or one misled too many is honest.
 */
export function fewerPlaces(seed: number, counts: Counts, left: Counts): Place[] {
  const isLeft = (member: number) => member < left.authorities;
  const { traitors, misled } = badMembers(seed, counts);
  const bad = new Set([
    ...traitors.filter(isLeft).slice(0, left.traitors),
    ...misled.filter(isLeft).slice(0, left.misledMembers),
  ]);
  const most: Readonly<Record<string, number>> = {
    member: left.authorities,
    relay: left.relays,
    saboteur: left.saboteurs,
    wallet: left.wallets,
    thief: left.thieves,
    stranger: left.strangers,
    misled: left.misledRelays,
    squatter: left.squatters,
    crowder: left.crowders,
    deputy: left.deputies,
    flooder: left.flooders,
    twin: left.twins,
  };
  return placesOf(seed, counts).flatMap((place) => {
    const [kind = '', number] = place.name.split('-');
    if (Number(number) >= (most[kind] ?? 0)) return [];
    return [isMember(place) && !bad.has(place.index) ? { ...place, role: 'authority' } : place];
  });
}

/** The members that are not as they should be, in the order in which they were drawn. */
function badMembers(seed: number, counts: Counts): { traitors: number[]; misled: number[] } {
  const { authorities, traitors, misledMembers } = counts;
  const members = Array.from({ length: authorities }, (_, i) => i);
  const bad = Prng.named(seed, 'traitors').some(members, traitors + misledMembers);
  return { traitors: bad.slice(0, traitors), misled: bad.slice(traitors) };
}

function many(role: Role, count: number): (readonly [string, Role])[] {
  return Array.from({ length: count }, (_, i) => [`${role}-${i}`, role]);
}
