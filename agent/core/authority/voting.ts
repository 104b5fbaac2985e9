/**
 * The part that votes and applies: what clients and other authorities bring of orders, certificates
 * and double-spend proofs.
 */
import { isRefusal, REFUSALS, type RefusalCode } from '../base/refusal.ts';
import { FIRST_SEQUENCE } from '../base/units.ts';
import type { Certificate } from '../codec/order.ts';
import type { Draft, Origin } from '../draft.ts';
import { part } from '../part.ts';
import { progressOf } from '../progress.ts';
import type { AuthoritySetup } from '../setup.ts';
import { readAccount } from './account.ts';
import { applyCertificate } from './apply.ts';
import { takeDoubleSpend } from './double-spend.ts';
import { addGenesis } from './genesis.ts';
import { isKnownGossip } from './known-gossip.ts';
import { takeGossip, takeOrder } from './order.ts';
import { isOwnersOrder, nextAsTold } from './told.ts';

export const votingPart = part({
  name: 'voting',
  roles: ['authority'],
  spaces: [
    'genesis',
    'account',
    'accountAt',
    'accountCount',
    'journal',
    'journalHead',
    'certificateAt',
    'received',
    'doubleSpend',
    'conflict',
    'outvoted',
    'withdrawal',
  ],
  start: addGenesis,
  isKnown: isKnownGossip,
  takes: {
    order: takeOrder,
    certificate: takeCertificate,
    gossip: takeGossip,
    doubleSpend: takeDoubleSpend,
  },
});

/**
 * A certificate from anyone: applied, and answered with how far the account is with it (told.ts).
 */
function takeCertificate(
  draft: Draft,
  setup: AuthoritySetup,
  origin: Origin,
  certificate: Certificate,
): void {
  const { account, sequence } = certificate.order.order;
  const isNews = sequence >= readAccount(draft, account).next;
  const refused = applyCertificate(draft, setup, certificate);
  const isApplied = !isRefusal(refused);
  if (!isApplied) draft.note({ kind: 'refused', link: origin.link, refusal: refused });
  const { member } = setup.authority;
  if (!isApplied && refused.refused !== 'missing_earlier') {
    return reject(draft, setup, origin, refused.refused);
  }
  const isOwners = (isApplied && isNews) || isOwnersOrder(draft, setup, certificate.order);
  if (!isOwners) return reject(draft, setup, origin, 'bad_signature');
  const next = nextAsTold(readAccount(draft, account).next, certificate.order);
  if (origin.route.length > 0) {
    draft.answer(origin, progressOf(draft, setup, account, next));
  } else if (isApplied) {
    draft.answer(origin, { TAG: 'applied', data: { member, account, next } });
  } else {
    const { wire: code } = REFUSALS.missing_earlier;
    draft.answer(origin, { TAG: 'rejected', data: { member, code, account, next } });
  }
}

/** Says no, and nothing else. */
function reject(draft: Draft, setup: AuthoritySetup, origin: Origin, code: RefusalCode): void {
  const { member } = setup.authority;
  const data = { member, code: REFUSALS[code].wire, account: undefined, next: FIRST_SEQUENCE };
  draft.answer(origin, { TAG: 'rejected', data });
}
