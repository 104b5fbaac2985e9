/**
 * What the host says to a driver inside the virtual machine, and what it hears: one JSON object a
 * line, over the driver's standard input and output. A driver pays as a wallet in its namespace and
 * asks daemons over their control sockets. All times are milliseconds of the machine's monotonic
 * clock, so that times of different drivers can be compared and nothing of the way to the host is
 * in them.
 */
import type { StatusView } from '../../agent/shell/control/api.ts';
import type { Address } from '../../agent/shell/net/address.ts';

export interface OpenWallet {
  readonly op: 'open';
  /** Names the wallet in later requests. */
  readonly wallet: string;
  readonly folder: string;
  readonly genesisFile: string;
  /** The account's secret, hexadecimal. */
  readonly seed: string;
  /** Whom to connect to. */
  readonly peers: readonly Address[];
}

/** What is paid: one unit of the first token, whoever gets it. */
export interface Payee {
  readonly wallet: string;
  /** The account that is paid, hexadecimal. */
  readonly to: string;
  readonly memo?: string;
  /** The owner has it signed though too few members can be asked, as `--anyway` does. */
  readonly insists?: boolean;
}

export type DriverRequest =
  /** The status of each daemon; null for one that does not answer. */
  | { readonly op: 'statuses'; readonly sockets: readonly string[] }
  | OpenWallet
  /** Waits until the wallet has so many links to members; the answer is how many it has. */
  | {
      readonly op: 'linked';
      readonly wallet: string;
      readonly members: number;
      readonly timeoutMs: number;
    }
  /** Pays `count` times, one after the other; the answer comes when all are done or time is up. */
  | ({
      readonly op: 'pay';
      readonly count: number;
      readonly pauseMs: number;
      readonly timeoutMs: number;
    } & Payee)
  /** Offers `count` payments at a steady rate, whatever becomes of them; answered at once. */
  | ({ readonly op: 'offer'; readonly count: number; readonly everyMs: number } & Payee)
  /** Pays again and again, each `pauseMs` after the one before is certified; answered at once. */
  | ({ readonly op: 'keep'; readonly pauseMs: number } & Payee)
  /** Ends offering and keeping on: what has been offered goes on. */
  | { readonly op: 'quiet'; readonly wallet: string }
  /** Waits for the first payment that was begun at or after `sinceMs`; null when time is up. */
  | {
      readonly op: 'next';
      readonly wallet: string;
      readonly sinceMs: number;
      readonly timeoutMs: number;
    }
  /** Waits until no payment is open, or time is up; the answer is how many are. */
  | { readonly op: 'settled'; readonly wallet: string; readonly timeoutMs: number }
  /** Every payment of this wallet since it was opened. */
  | { readonly op: 'payments'; readonly wallet: string }
  /** Why the payment under way has no quorum yet, as a person would be told. */
  | { readonly op: 'waiting'; readonly wallet: string }
  | { readonly op: 'close'; readonly wallet: string };

export interface PaymentTimes {
  /** When somebody wanted it; a wallet pays one at a time, so it may have had to wait. */
  readonly offeredMs: number;
  /** When its order was made; null while it waits for the one before it. */
  readonly createdMs: number | null;
  /** The signed order as it travels, hexadecimal; null while there is none. */
  readonly orderHex: string | null;
  /** When its certificate was on disk; null if it is not. */
  readonly certifiedMs: number | null;
  /** Why it can never be certified, or was not even begun. */
  readonly refused: string | null;
}

export interface DriverResults {
  readonly statuses: readonly (StatusView | null)[];
  readonly open: null;
  readonly linked: number;
  readonly pay: readonly PaymentTimes[];
  readonly offer: null;
  readonly keep: null;
  readonly quiet: null;
  readonly next: PaymentTimes | null;
  readonly settled: number;
  readonly payments: readonly PaymentTimes[];
  readonly waiting: readonly string[];
  readonly close: null;
}

export type DriverAnswer =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

export type DriverLine = DriverRequest & { readonly id: number };
