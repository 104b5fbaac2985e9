/** The first start of an authority: the ledger begins with what the genesis document issues. */
import { invariant } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { credit } from '../base/units.ts';
import type { Draft } from '../draft.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { balanceOf, readAccount, withBalance, writeAccount } from './account.ts';

/** Writes the issued balances, once. State of another network never gets here: the shell looks. */
export function addGenesis(draft: Draft, { network }: AuthoritySetup): void {
  const founded = draft.read(SPACES.genesis);
  if (founded !== undefined) {
    invariant(equalBytes(founded, network.id), 'the state belongs to this network');
    return;
  }
  for (const { account: key, token, amount } of network.genesis.issuance) {
    const account = readAccount(draft, key);
    const balance = credit(balanceOf(account, token), amount);
    writeAccount(draft, key, withBalance(account, token, balance));
  }
  draft.write(SPACES.genesis, network.id);
}
