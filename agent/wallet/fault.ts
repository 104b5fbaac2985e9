/**
 * Why a wallet could not do what it was asked. Faults are values: whoever uses the library says
 * them in its own words (the command line in cli/wallet-failure.ts). What is thrown is a fault of
 * this program.
 */
import { isRefusal, type Refusal, type RefusalCode } from '../core/base/refusal.ts';
import type { KeyFault } from '../shell/keys.ts';
import { type Damage, StoreDamaged } from '../shell/store/damage.ts';
import { StoreError } from '../shell/store/store-error.ts';
import type { LiveOrderView } from './view.ts';

/** A file or folder is not what it should be. */
export interface FileFault {
  readonly fault:
    | 'no_wallet'
    | 'no_network'
    | 'network_differs'
    | 'folder_taken'
    | 'bad_file'
    | 'bad_config';
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** The operating system refused. */
export interface SystemFault {
  readonly fault: 'system';
  readonly error: NodeJS.ErrnoException;
}

/** The file with the wallet's key cannot be used. */
export interface KeyFileFault {
  readonly fault: 'key';
  readonly key: KeyFault;
}

/** What was given, a payment say, is refused before anybody is asked. */
export interface RefusedFault {
  readonly fault: 'refused';
  readonly refusal: Refusal;
}

/** The wallet's store cannot be used, now or at all. */
export type StoreFault =
  | { readonly fault: 'store'; readonly error: StoreError | StoreDamaged }
  | {
      readonly fault: 'damaged';
      readonly folder: string;
      readonly damage: readonly Damage[];
    };

/** How a member refuses what it was asked about. */
export interface NamedRefuser {
  readonly name: string;
  readonly code: RefusalCode;
  /** What it says the account holds, in the smallest unit. */
  readonly balanceMinor: bigint;
}

/** Why nothing was signed. */
export interface NotSigned {
  readonly fault: 'not_signed';
  /**
   * `refused`: more than f would refuse. `too_few`: too few answered. `forgotten`: more than f know
   * of an order that this wallet does not know. `brought_back`: one of them brought that order
   * back.
   */
  readonly why: 'refused' | 'too_few' | 'forgotten' | 'brought_back';
  /** Of `refused`: the code of most. */
  readonly code: RefusalCode | undefined;
  /** How many have to vouch, and how many did. */
  readonly needed: number;
  readonly agreeing: number;
  /** Names of those that did not answer. */
  readonly silent: readonly string[];
  readonly refusing: readonly NamedRefuser[];
  /** Of too little money: what an honest authority would let go, in the smallest unit. */
  readonly heldMinor: bigint;
  /** The amount that was to be paid. */
  readonly wantedMinor: bigint;
}

/** Whoever waited wanted it to end, before anything was signed. */
export interface Interrupted {
  readonly fault: 'interrupted';
}

/**
 * The order is on disk and has no quorum yet; whatever comes, only its very bytes are sent again.
 */
export interface Unfinished {
  readonly fault: 'unfinished';
  /** Whoever waited wanted it to end; the time was over; the session broke. */
  readonly why: 'interrupted' | 'late' | StoreFault | SystemFault;
  /**
   * As it is on disk; null: what broke the session came between its certificate and the word of
   * it.
   */
  readonly live: LiveOrderView | null;
}

/** Another order has the sequence for good. */
export interface OrderFailed {
  readonly fault: 'order_failed';
  readonly refusal: Refusal;
}

/** A certificate that should have been stored is not there after a time. */
export interface NotStored {
  readonly fault: 'not_stored';
  readonly afterMs: number;
}

export type PayFault = NotSigned | Interrupted | Unfinished | OrderFailed | BrokenFault;

/** What a session may end with at any moment. */
export type BrokenFault = StoreFault | SystemFault;

export type WalletFault =
  | FileFault
  | SystemFault
  | KeyFileFault
  | RefusedFault
  | StoreFault
  | PayFault
  | NotStored;

/** Whether a result is a fault. */
export function isFault(result: unknown): result is WalletFault {
  return typeof result === 'object' && result !== null && 'fault' in result;
}

/** A value of the protocol, or its refusal as a fault. */
export function orRefused<T>(result: T | Refusal): T | RefusedFault {
  return isRefusal(result) ? { fault: 'refused', refusal: result } : result;
}

/** An exception of the store or the operating system as a fault. Any other one is thrown on. */
export function brokenBy(error: unknown): BrokenFault {
  if (error instanceof StoreError || error instanceof StoreDamaged) {
    return { fault: 'store', error };
  }
  if (isOfSystem(error)) return { fault: 'system', error };
  throw error;
}

/** Does something with files; what the system refuses is a fault. */
export function withFiles<T>(work: () => T): T | SystemFault {
  try {
    return work();
  } catch (error) {
    if (isOfSystem(error)) return { fault: 'system', error };
    throw error;
  }
}

/** errno(3) names; codes of Node's own begin with "ERR_". */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code);
}
