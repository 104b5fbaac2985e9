/** Looking into an authority's ledger from outside a step. */
import { balanceOf, lockedOf, readAccount } from '../../agent/core/authority/account.ts';
import { digestAt } from '../../agent/core/authority/digest.ts';
import { toHex } from '../../agent/core/base/bytes.ts';
import type { Account } from '../../agent/core/codec/record.ts';
import { Draft } from '../../agent/core/draft.ts';
import { HRS, type World } from './world.ts';

function draftAt(world: World, place: string): Draft {
  const { state } = world.place(place);
  return new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
}

/** The record of an account, named by the place that holds its key, at an authority. */
export function accountAt(world: World, authority: string, owner: string): Account {
  return readAccount(draftAt(world, authority), world.place(owner).signer.publicKey);
}

/** An account's balance in HRS at an authority, smallest units. */
export function balanceAt(world: World, authority: string, owner: string): bigint {
  return balanceOf(accountAt(world, authority, owner), HRS);
}

/** What is locked of an account's HRS at an authority, smallest units. */
export function lockedAt(world: World, authority: string, owner: string): bigint {
  return lockedOf(accountAt(world, authority, owner), HRS);
}

/** The root digest of an authority's ledger, in hexadecimal. */
export function digestOf(world: World, authority: string): string {
  return toHex(digestAt(draftAt(world, authority), []));
}
