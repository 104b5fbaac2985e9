/** What the parts of the demonstration share: who is in it, what is told, what comes of it. */
import type { TokenIndex } from '../../core/base/units.ts';
import type { QuantityView } from '../../shell/control/money-view.ts';
import type { Address } from '../../shell/net/address.ts';
import { openWalletFolder } from '../../wallet/folder.ts';
import { refresh } from '../../wallet/refresh.ts';
import { openSession, type WalletSession } from '../../wallet/session.ts';
import { spendable } from '../../wallet/view.ts';
import { orFail } from '../wallet-failure.ts';
import type { LabNode, LabWallet } from './lab.ts';

export interface DemoPayment {
  readonly from: string;
  readonly to: string;
  /** Name of the relay that the payer has to go through. */
  readonly through: string | undefined;
  readonly quantity: QuantityView;
  readonly memo: string;
  readonly votes: readonly string[];
  readonly latencyMs: number;
}

export interface DemoResult {
  readonly payments: readonly DemoPayment[];
  readonly nodes: readonly {
    readonly name: string;
    readonly role: string;
    readonly votes: number;
    readonly certificates: number;
    readonly relayed: number;
    readonly digest: string | undefined;
    readonly residentBytes: number;
  }[];
  readonly balances: readonly {
    readonly name: string;
    readonly balances: readonly QuantityView[];
  }[];
  readonly killed: string;
  readonly caughtUpMs: number;
  /** From the healing of the split until all ledgers were equal. */
  readonly healedMs: number;
}

/** What the demonstration tells while it goes on. */
export interface Story {
  chapter(title: string): void;
  started(node: LabNode, readyMs: number): void;
  paid(payment: DemoPayment): void;
  said(text: string): void;
  busy(text: string): void;
}

export interface Person {
  readonly wallet: LabWallet;
  session: WalletSession;
  /** What it had before the demonstration, in the smallest unit. */
  readonly beforeMinor: bigint;
  /** What came in and went out since then otherwise than by payments. */
  otherMinor: bigint;
}

/** The token of the lab. */
export const HRS = 0 as TokenIndex;

/** Opens a wallet, and asks what it has. */
export async function open(wallet: LabWallet, signal: AbortSignal): Promise<Person> {
  const session = await sessionOf(wallet);
  orFail(await refresh(session, signal));
  return { wallet, session, beforeMinor: balanceOf(session), otherMinor: 0n };
}

/** Opens a wallet anew, which reaches these nodes alone, or those of its folder. */
export async function reopen(person: Person, peers?: readonly Address[]): Promise<void> {
  await person.session.close();
  person.session = await sessionOf(person.wallet, peers);
}

async function sessionOf({ folder }: LabWallet, peers?: readonly Address[]) {
  const opened = orFail(openWalletFolder(folder));
  const config = peers === undefined ? opened.config : { ...opened.config, peers };
  return orFail(await openSession({ ...opened, config }));
}

export function close({ session }: Person): Promise<void> {
  return session.close();
}

/** What a wallet can spend, in the smallest unit. */
export function balanceOf({ read, network, account }: WalletSession): bigint {
  return spendable(read, network, account, HRS);
}
