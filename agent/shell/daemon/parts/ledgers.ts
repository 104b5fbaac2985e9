/**
 * The ledgers that this node serves, as its configuration says. One that cannot be opened is served
 * no worse than by a node that is away: the node takes part all the same, and says why.
 */
import { refusal } from '../../../core/base/refusal.ts';
import type { Clock } from '../../clock.ts';
import type { LedgerSetting } from '../../config/config-ledgers.ts';
import { ledgerFolder } from '../../config/config-ledgers.ts';
import type { Config } from '../../config/config-schema.ts';
import { type Cashbook, openCashbook } from '../../ledgers/cashbook.ts';
import type { Logs } from '../../log/logs.ts';

/** A ledger of the configuration: open, or why it is not. */
export interface ServedLedger {
  readonly name: string;
  readonly folder: string;
  readonly ledger: Cashbook | string;
}

/** Opens all of them. */
export async function openLedgers(
  config: Config,
  clock: Clock,
  logs: Logs,
): Promise<readonly ServedLedger[]> {
  return Promise.all(
    config.ledger.map(async (setting: LedgerSetting) => {
      const folder = ledgerFolder(config['store.folder'], setting);
      const ledger = await openOne(config, folder, clock);
      if (typeof ledger === 'string') logs.error('a ledger cannot be served', { folder, ledger });
      return { name: setting.name, folder, ledger };
    }),
  );
}

function openOne(config: Config, folder: string, clock: Clock): Promise<Cashbook | string> {
  const allowVolatile = config['store.allow_volatile'];
  // Nobody decides withdrawals yet, so nothing proves that one was decided.
  const judge = () => refusal('no_quorum', { field: 'proof' });
  return openCashbook({ folder, allowVolatile, clock, judge });
}

/** Ends the connections. */
export async function closeLedgers(ledgers: readonly ServedLedger[]): Promise<void> {
  for (const { ledger } of ledgers) if (typeof ledger !== 'string') await ledger.close();
}
