/**
 * Who takes part in a run: names, roles, keys, the genesis document that they share, another one
 * that some were wrongly set up with, and what the hostile may have of other networks and epochs.
 */

import type { Signer } from '../../agent/core/base/crypto.ts';
import type {
  Amount,
  Epoch,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import {
  type Order,
  orderSigningBytes,
  type SignedOrder,
  voteSigningBytes,
} from '../../agent/core/codec/order.ts';
import { type Genesis, type Network, networkOf } from '../../agent/core/network/genesis.ts';
import { memoLike } from '../support/memos.ts';
import { NO_CASH } from './cash/cash-plan.ts';
import { latin1 } from './checkers/decode.ts';
import type { Founding } from './checkers/founding.ts';
import type { Loot } from './hostile/thief.ts';
import type { Place } from './places.ts';
import type { Plan } from './plan.ts';
import { Prng } from './prng.ts';
import type { Role } from './process.ts';
import { idealScheme, realScheme, type Scheme } from './scheme.ts';

export interface Part extends Place {
  readonly signer: Signer;
}

export interface Cast {
  readonly scheme: Scheme;
  readonly parts: readonly Part[];
  readonly network: Network;
  /** The same people and tokens under another genesis document. */
  readonly otherNetwork: Network;
  readonly founding: Founding;
  readonly traitors: ReadonlyMap<MemberIndex, Signer>;
  /** The accounts of honest owners. */
  readonly friends: readonly Uint8Array[];
  /** Accounts that payments may go to; some of them nobody has the key of. */
  readonly payable: readonly Uint8Array[];
  readonly foreignOrders: readonly SignedOrder[];
  readonly oldVote: (member: MemberIndex, epoch: Epoch, hash: Uint8Array) => Uint8Array;
  readonly lootOf: (thief: string) => Loot[];
  /** The accounts of a crowder. */
  readonly crowdOf: (crowder: string) => readonly Signer[];
}

/** What an account is issued of each token, smallest units. */
const ISSUED = 10_000n;
/** The same for every third one, which has to live on its income. */
const ISSUED_TO_THE_POOR = 20n;
/** Accounts of one thief. */
const THIEF_ACCOUNTS = 4;
/**
 * Accounts of a crowder, twice as many as catch-up exchanges at a time; by as many first digits as
 * it follows at a time.
 */
const CROWD = 64;
const ENDS = 4;
/** Accounts that are only paid. */
const LOOSE_ACCOUNTS = 6;

/**
 * Accounts that an authority has room for, and the runs, one of so many, in which it has little.
 */
const ROOM = 200_000;
const LITTLE_ROOM_EVERY = 5;

export function castOf(plan: Plan): Cast {
  const scheme = plan.hasRealSignatures ? realScheme() : idealScheme(plan.seed);
  const keyOf = ({ name, role }: Place) => (role === 'twin' ? (plan.twinned ?? name) : name);
  const part = (place: Place): Part => ({ ...place, signer: scheme.signerOf(keyOf(place)) });
  const parts = plan.places.map(part);
  const members = parts.slice(0, plan.authorities);
  // The accounts of those who were cut stay, so that the others have what they had.
  const drawn = (role: Role) => plan.drawn.filter((place) => place.role === role).map(part);
  const wallets = drawn('wallet');
  const accountsOf = (thief: string) =>
    Array.from({ length: THIEF_ACCOUNTS }, (_, i) => scheme.signerOf(`${thief} ${i}`));
  const ofThieves = drawn('thief').flatMap(({ name }) => accountsOf(name));
  const honest = [...wallets, ...drawn('stranger')];
  const owners = honest.map(({ signer }) => signer);
  const crowdOf = (crowder: string) => crowdFor(plan, scheme, crowder);
  const ofCrowders = drawn('crowder').flatMap(({ name }) => crowdOf(name));
  const genesis = genesisOf(plan, members, [...ofThieves, ...owners, ...ofCrowders]);
  const moneyOf = ({ publicKey }: Signer): bigint =>
    genesis.issuance.find(({ account }) => account === publicKey)?.amount ?? 0n;
  const network = networkOf(genesis);
  const otherNetwork = networkOf(otherGenesis(plan.seed, genesis));
  const loose = Array.from({ length: LOOSE_ACCOUNTS }, (_, i) => scheme.signerOf(`loose ${i}`));
  const payable = [...owners, ...ofThieves, ...loose];
  const traitors = members.filter(({ role }) => role === 'traitor');
  return {
    scheme,
    parts,
    network,
    otherNetwork,
    founding: foundingOf(plan, scheme, network, members, honest),
    traitors: new Map(traitors.map(({ index, signer }) => [index as MemberIndex, signer])),
    friends: wallets.map(({ signer }) => signer.publicKey),
    payable: payable.map(({ publicKey }) => publicKey),
    foreignOrders: foreignOrdersOf(wallets, otherNetwork),
    oldVote(member, epoch, hash) {
      const message = voteSigningBytes(network.id, epoch, hash);
      return members[member]?.signer.sign(message) ?? new Uint8Array(64);
    },
    crowdOf,
    lootOf: (thief) =>
      accountsOf(thief).map((signer) => ({ signer, next: 0n, money: moneyOf(signer), tries: 0 })),
  };
}

/**
 * Accounts whose keys stand at one end of all, where they are in the way of others in any list by
 * keys.
 */
function crowdFor({ seed }: Plan, { chosenSigner }: Scheme, crowder: string): Signer[] {
  const isHigh = Prng.named(seed, `crowd of ${crowder}`).below(2) === 0;
  return Array.from({ length: CROWD }, (_, i) => {
    const digit = isHigh ? 15 - (i % ENDS) : i % ENDS;
    return chosenSigner(`${crowder} ${i}`, digit.toString(16));
  });
}

function genesisOf(plan: Plan, members: readonly Part[], owners: readonly Signer[]): Genesis {
  const { observers, quorum } = plan.cash ?? NO_CASH;
  const tokens = Array.from({ length: plan.tokens }, (_, i) => ({
    symbol: `T${i}`,
    decimals: i,
    opens: 1n as Amount,
  }));
  return {
    version: 1,
    name: 'simulated',
    nonce: Prng.named(plan.seed, 'genesis').bytes(16),
    members: members.map(({ name, signer }) => ({ name, key: signer.publicKey })),
    tokens,
    votesPerHour: 0,
    ledgers: [
      {
        name: 'cashbook',
        kind: 'cashbook',
        tokens: [0 as TokenIndex],
        observers: observers.map((member) => member as MemberIndex),
        quorum,
        about: 'the box under the counter',
      },
    ],
    issuance: owners.flatMap(({ publicKey }, i) =>
      tokens.map((_, token) => ({
        account: publicKey,
        token: token as TokenIndex,
        amount: (i % 3 === 2 ? ISSUED_TO_THE_POOR : ISSUED) as Amount,
      })),
    ),
  };
}

/** The same people and tokens; half of the time the members in another order. */
function otherGenesis(seed: number, genesis: Genesis): Genesis {
  const shift = Prng.named(seed, 'other genesis').below(2);
  const members = [...genesis.members.slice(shift), ...genesis.members.slice(0, shift)];
  return { ...genesis, members, nonce: new Uint8Array(16).fill(1) };
}

/**
 * How many accounts an authority holds. In some runs it has room for none or one besides those that
 * are issued to, so that of the accounts that are only paid not all get in.
 */
function roomFor({ seed }: Plan, { issuance }: Genesis): number {
  const issued = new Set(issuance.map(({ account }) => latin1(account))).size;
  return seed % LITTLE_ROOM_EVERY === 1 ? issued + (seed % 2) : ROOM;
}

function foundingOf(
  plan: Plan,
  { verify }: Scheme,
  { id, genesis }: Network,
  members: readonly Part[],
  owners: readonly Part[],
): Founding {
  const honest = [...members.keys()].filter((i) => {
    return members[i]?.role === 'authority' && members[i]?.name !== plan.twinned;
  });
  return {
    networkId: latin1(id),
    memberKeys: members.map(({ signer }) => latin1(signer.publicKey)),
    honestMembers: new Set(honest),
    tokenCount: genesis.tokens.length,
    issuance: genesis.issuance.map(({ account, token, amount }) => {
      return { account: latin1(account), token, amount };
    }),
    mostAccounts: roomFor(plan, genesis),
    observers: (plan.cash ?? NO_CASH).observers,
    observersQuorum: (plan.cash ?? NO_CASH).quorum,
    honestAccounts: new Set(owners.map(({ signer }) => latin1(signer.publicKey))),
    verify,
  };
}

/** Payments that the same people made on the other network: valid there, and nowhere else. */
function foreignOrdersOf(wallets: readonly Part[], other: Network): SignedOrder[] {
  return wallets.flatMap(({ signer }, i) => {
    const [recipient] = wallets.filter((_, other) => other !== i);
    if (recipient === undefined) return [];
    return [0n, 1n, 2n, 3n].map((sequence): SignedOrder => {
      const data = {
        recipient: recipient.signer.publicKey,
        token: 0 as TokenIndex,
        amount: 1n as Amount,
        memo: memoLike('elsewhere'),
      };
      const order: Order = {
        account: signer.publicKey,
        sequence: sequence as Sequence,
        action: { TAG: 'transfer', data },
      };
      return { order, signature: signer.sign(orderSigningBytes(other.id, order)) };
    });
  });
}
