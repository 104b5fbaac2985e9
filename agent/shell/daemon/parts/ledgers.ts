/**
 * The ledgers that this node serves, as its configuration says and the genesis document names them.
 * One that cannot be opened is served no worse than by a node that is away: the node takes part all
 * the same, and says why.
 */
import { join } from 'node:path';
import { equalBytes } from '../../../core/base/bytes.ts';
import type { LedgerIndex } from '../../../core/base/units.ts';
import { checkSettlement } from '../../../core/gateway/settlement.ts';
import type { Read } from '../../../core/io.ts';
import type { Network } from '../../../core/network/genesis.ts';
import type { Clock } from '../../clock.ts';
import { type LedgerSetting, ledgerFolder } from '../../config/config-ledgers.ts';
import type { Config } from '../../config/config-schema.ts';
import { type Cashbook, openCashbook } from '../../ledgers/cashbook.ts';
import { createDesk, type Desk } from '../../ledgers/desk.ts';
import type { LedgerPort } from '../../ledgers/port.ts';
import type { Logs } from '../../log/logs.ts';
import { createVerify } from '../../verify.ts';

/** A ledger of the configuration: open, or why it is not. */
export interface ServedLedger {
  readonly name: string;
  readonly folder: string;
  /** Its place in the genesis document. */
  readonly index: LedgerIndex | undefined;
  readonly ledger: Cashbook | string;
}

export interface LedgersOptions {
  readonly config: Config;
  readonly network: Network;
  /** This node's key. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly logs: Logs;
  /** The state by which a proof is judged; nothing asks before there is one. */
  readonly state: () => Read | undefined;
}

/** Opens all of them. */
export async function openLedgers(options: LedgersOptions): Promise<readonly ServedLedger[]> {
  const { config, logs } = options;
  return Promise.all(
    config.ledger.map(async (setting) => {
      const folder = ledgerFolder(config['store.folder'], setting);
      const index = indexOf(options, setting);
      const ledger =
        typeof index === 'string' ? index : await openOne(options, setting, folder, index);
      if (typeof ledger === 'string') {
        logs.error('a ledger cannot be served', { ledger: setting.name, why: ledger });
      }
      const place = typeof index === 'string' ? undefined : index;
      return { name: setting.name, folder, index: place, ledger };
    }),
  );
}

/** Which ledger of the genesis document is meant, or why none is. */
function indexOf(
  { network: { genesis }, key }: LedgersOptions,
  { name, kind }: LedgerSetting,
): LedgerIndex | string {
  const index = genesis.ledgers.findIndex((ledger) => ledger.name === name);
  const found = genesis.ledgers[index];
  if (found === undefined) return `the genesis document has no ledger ${name}`;
  if (found.kind !== kind) return `${name} is of the kind ${found.kind}, and no ${kind}`;
  // Two books would have two cashiers pay the same: there is one, and its keeper's word counts.
  const [keeper, ...others] = found.observers.map((member) => genesis.members[member]);
  if (keeper === undefined || others.length > 0) {
    return `${name} has ${found.observers.length} observers, and a cashbook is kept by its only one`;
  }
  if (!equalBytes(keeper.key, key)) return `the book of ${name} is kept by ${keeper.name} alone`;
  return index as LedgerIndex;
}

function openOne(
  { config, network, clock, state }: LedgersOptions,
  { name }: LedgerSetting,
  folder: string,
  ledger: LedgerIndex,
): Promise<Cashbook | string> {
  const allowVolatile = config['store.allow_volatile'];
  const verify = createVerify();
  return openCashbook({
    folder,
    mark: join(config['store.folder'], `ledger-${name}.mark`),
    allowVolatile,
    clock,
    judge: (key, payout, proof) => {
      const read = state();
      if (read === undefined) throw new Error('a payout was asked for before there was a state');
      return checkSettlement(read, { network, verify }, { key, payout, ledger }, proof);
    },
  });
}

/** Who asks the ledgers that are open. */
export function deskOf(ledgers: readonly ServedLedger[]): Desk {
  const open = new Map<LedgerIndex, LedgerPort>();
  for (const { index, ledger } of ledgers) {
    if (index !== undefined && typeof ledger !== 'string') open.set(index, ledger);
  }
  return createDesk(open);
}

/** Ends the connections. */
export async function closeLedgers(ledgers: readonly ServedLedger[]): Promise<void> {
  for (const { ledger } of ledgers) if (typeof ledger !== 'string') await ledger.close();
}
