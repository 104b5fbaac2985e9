/**
 * Which committee may follow another (PROTOCOL: Change of epoch), and how its members are numbered.
 *
 * Liveness: newcomers get the ledger from members that stay. Of these f may be hostile, and f + 1
 * others have to agree, so 2f + 1 of the next committee sit in the present one: with four members
 * one is changed at a time, with seven two.
 *
 * Safety: a number is given to one key for good. A key that sat in any committee before comes back
 * with the number that it had; keys that are new get the numbers after the highest that was ever
 * given, in the order of the list. So there is one committee, and one encoding of it, for each list
 * of names and keys, and everybody who knows the chain can check it.
 */
import { equalBytes } from '../base/bytes.ts';
import { foundText } from '../base/characters.ts';
import { isPlainPoint } from '../base/ed25519.ts';
import { MAX_MEMBERS } from '../base/limits.ts';
import { type Refusal, refusal } from '../base/refusal.ts';
import type { Epoch, MemberIndex } from '../base/units.ts';
import { encode } from '../codec/canonical.ts';
import { membersCoder } from '../codec/epochs.ts';
import type { Read } from '../io.ts';
import { type Committee, faultsTolerated, type Member, NO_MEMBER } from '../network/committee.ts';
import { committeeOf, currentCommittee } from '../network/committees.ts';
import { isPlainName, NAME_RULE } from '../network/genesis.ts';

/** A seat as a person writes it down. */
export type Seat = Pick<Member, 'name' | 'key'>;

/** The committee of these seats, numbered. Whether it may follow, `checkNext` says. */
export function numbered(read: Read, seats: readonly Seat[]): readonly Member[] {
  const former = everyMember(read);
  let highest = Math.max(...former.map(({ number }) => number));
  const numberOf = (key: Uint8Array): number =>
    former.find((member) => equalBytes(member.key, key))?.number ?? ++highest;
  const members = seats.map(({ name, key }) => {
    return { number: numberOf(key) as MemberIndex, name, key };
  });
  return members.sort((a, b) => a.number - b.number);
}

/** Undefined when this committee may follow the current one, otherwise why it may not. */
export function checkNext(read: Read, members: readonly Member[]): Refusal | undefined {
  const bad = (expected: string, found: string): Refusal =>
    refusal('bad_committee', { field: 'members', expected, found });
  if (members.length === 0 || members.length > MAX_MEMBERS) {
    return bad(`1 to ${MAX_MEMBERS} authorities`, `${members.length}`);
  }
  for (const [i, { name, key }] of members.entries()) {
    if (!isPlainName(name)) return bad(NAME_RULE, foundText(name));
    if (!isPlainPoint(key)) return bad('Ed25519 keys', `a weak one for ${name}`);
    const earlier = members.slice(0, i);
    if (earlier.some((other) => other.name === name)) {
      return bad('a name of its own for each', `"${name}" again`);
    }
    if (earlier.some((other) => equalBytes(other.key, key))) {
      return bad('a key of its own for each', `the same key for ${name}`);
    }
  }
  const wanted = numbered(read, members);
  const wrong = members.findIndex(({ number }, i) => number !== wanted[i]?.number);
  if (wrong >= 0) {
    return bad(`number ${wanted[wrong]?.number}`, `${members[wrong]?.number}`);
  }
  if (members.some(({ number }) => number >= NO_MEMBER)) {
    return bad(`numbers below ${NO_MEMBER}`, 'none left');
  }
  const current = currentCommittee(read).members;
  const stay = members.filter(({ number }) => current.some((other) => other.number === number));
  const needed = 2 * faultsTolerated(members.length) + 1;
  if (stay.length < needed) {
    return bad(`at least ${needed} that sit in the present committee`, `${stay.length}`);
  }
  const isSame = equalBytes(encode(membersCoder, current), encode(membersCoder, members));
  return isSame ? bad('another committee than the present one', 'the same') : undefined;
}

/** The committee that follows the current one. */
export function following(read: Read, members: readonly Member[]): Committee {
  return { epoch: (currentCommittee(read).epoch + 1) as Epoch, members };
}

/** Everybody who ever sat, the founders first. */
export function everyMember(read: Read): readonly Member[] {
  const { epoch } = currentCommittee(read);
  return Array.from({ length: epoch + 1 }, (_, n) => committeeOf(read, n as Epoch)).flatMap(
    (committee) => committee?.members ?? [],
  );
}
