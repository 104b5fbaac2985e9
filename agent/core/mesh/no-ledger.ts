/** What a relay does with questions to a ledger, which it does not keep: it refuses them. */
import { REFUSALS, refusal } from '../base/refusal.ts';
import { FIRST_SEQUENCE } from '../base/units.ts';
import type { Draft, Origin } from '../draft.ts';
import { part } from '../part.ts';
import type { NodeSetup } from '../setup.ts';

export const noLedgerPart = part({
  name: 'noLedger',
  roles: ['relay'],
  spaces: [],
  takes: {
    order: refuse,
    certificate: refuse,
    firstStart: refuse,
    question: refuse,
    closingRequest: refuse,
  },
});

function refuse(draft: Draft, _setup: NodeSetup, from: Origin): void {
  const { wire: code } = REFUSALS.not_an_authority;
  const data = { member: undefined, code, account: undefined, next: FIRST_SEQUENCE };
  draft.answer(from, { TAG: 'rejected', data });
  draft.note({ kind: 'refused', link: from.link, refusal: refusal('not_an_authority') });
}
