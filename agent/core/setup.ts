/** What a node is made of: given once, never changed while it runs. */
import type { Sign, Signer, Verify } from './base/crypto.ts';
import type { LedgerIndex, MemberIndex } from './base/units.ts';
import type { SealMemo } from './codec/order.ts';
import type { Role } from './codec/voice.ts';
import type { Network } from './network/genesis.ts';

export interface NodeSetup {
  readonly network: Network;
  readonly verify: Verify;
  /** Present on an authority: its place in the committee, and its signature. */
  readonly authority?: { readonly member: MemberIndex; readonly sign: Sign };
  /**
   * Accounts that an authority holds before it refuses to pay new ones; MAX_ACCOUNTS if not said.
   */
  readonly mostAccounts?: number;
  /** The outer ledgers that this node has a connection to; none if not said. */
  readonly ledgers?: readonly LedgerIndex[];
  /** Present on a wallet: the account that it speaks for. */
  readonly wallet?: WalletKey;
}

/** The authority's part of a setup that has one. */
export interface AuthoritySetup extends NodeSetup {
  readonly authority: { readonly member: MemberIndex; readonly sign: Sign };
}

/** What a wallet's key does for it. */
export interface WalletKey extends Signer {
  readonly sealMemo: SealMemo;
}

/** The wallet's part of a setup that has one. */
export interface WalletSetup extends NodeSetup {
  readonly wallet: WalletKey;
}

export function isAuthority(setup: NodeSetup): setup is AuthoritySetup {
  return setup.authority !== undefined;
}

/** What a node is: an authority, a wallet, or neither. */
export function rolesOf(setup: NodeSetup): readonly Role[] {
  if (isAuthority(setup)) return ['authority'];
  return [setup.wallet === undefined ? 'relay' : 'wallet'];
}
