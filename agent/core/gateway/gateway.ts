/**
 * The gateway (PROTOCOL: Withdrawals): how locked money comes to an end. Every authority looks
 * after withdrawals whose time is over; one that serves a ledger also has payouts made, and, where
 * the genesis document names it an observer, says what happened there.
 *
 *   certified   the certificate is here, the amount is locked
 *   presented   members are asked to decide: settle
 *   settled     the decision is here. The intent is on disk (`submitted`), then the ledger is asked
 *   seen        the ledger has it; or it has it no more, and is asked again
 *   final, refused, returned   observers say so, enough of them make a fact, and that is the end
 *
 * Every arrow may be walked again, after a restart or by another gateway: members decide once, the
 * ledger takes a key once, and facts are facts. So a gateway keeps little, and asks the ledger by
 * key before it believes anything.
 *
 * Safety: a ledger is asked to pay only with a decision of the committee (settlement.ts). What it
 * answers is believed of itself alone: an observer signs what its own ledger calls final.
 * Liveness: each look walks on over the open withdrawals, so a frame or an answer that is lost
 * costs a look. A ledger that cannot be asked is asked again ever more rarely, up to a bound. What
 * a ledger has news of is looked at once (`ledger_news`).
 * Bounds: a number of withdrawals a look, one record a payout; of testimonies a few an observer.
 */
import { beginAgreement } from '../agreement/open.ts';
import { applyCertificate } from '../authority/apply.ts';
import { withdrawalAt } from '../authority/locks.ts';
import {
  lookSoon,
  markPresented,
  openAt,
  openCount,
  openOf,
} from '../authority/open-withdrawals.ts';
import {
  LOOK_AT_LEDGERS_MS,
  LOOKS_AT_REST,
  MAX_LEDGER_BACKOFFS,
  MAX_LOOKS_AT_ONCE,
} from '../base/limits.ts';
import { isRefusal } from '../base/refusal.ts';
import type { LedgerIndex } from '../base/units.ts';
import { decode, encode, ledgerCoder } from '../codec/canonical.ts';
import { type LedgerEvent, placeCoder, type WithdrawalPlace } from '../codec/fact.ts';
import {
  depositsAnswerCoder,
  depositsAskCoder,
  type Looks,
  type OpenWithdrawal,
  type PayoutRecord,
  payoutAnswerCoder,
  payoutAskCoder,
} from '../codec/gateway.ts';
import type { Certificate } from '../codec/order.ts';
import type { LedgerStatus } from '../codec/payout.ts';
import type { Draft, Origin } from '../draft.ts';
import type { Answer } from '../io.ts';
import { certificateAt } from '../journal.ts';
import { sendToOthers } from '../mesh/route.ts';
import { part } from '../part.ts';
import type { AuthoritySetup } from '../setup.ts';
import { SPACES } from '../spaces.ts';
import { setTimer } from '../timers.ts';
import { DEPOSITS, LEDGER_NEWS, PAYOUT } from './kinds.ts';
import { isReported, say, takeTestimony } from './observer.ts';
import { isOver } from './outcome.ts';
import { payoutKey } from './payout-key.ts';
import { settlementOf } from './settlement.ts';
import { isObserver } from './testimony.ts';

export const gatewayPart = part({
  name: 'gateway',
  roles: ['authority'],
  spaces: [
    'openWithdrawal',
    'openPlace',
    'openCount',
    'payout',
    'depositCursor',
    'looks',
    'depositLook',
    'testimony',
  ],
  start: begin,
  takes: { settleRequest: takeSettleRequest, testimony: takeTestimony },
  told: { [PAYOUT]: hearPayout, [DEPOSITS]: hearDeposits, [LEDGER_NEWS]: hearNews },
  due: { gateway: look },
});

const served = ({ ledgers = [] }: AuthoritySetup): readonly LedgerIndex[] => ledgers;

/** A new process looks at everything: whatever it asked before may be lost. */
function begin(draft: Draft, setup: AuthoritySetup): void {
  for (const ledger of served(setup)) draft.write(SPACES.depositLook.at(ledger), true);
  if (openCount(draft) > 0n || served(setup).length > 0) lookSoon(draft);
}

/** Looks at the next open withdrawals, and for deposits where that is due. */
function look(draft: Draft, setup: AuthoritySetup): void {
  const looks = looksOf(draft);
  const open = openCount(draft);
  const most = open < BigInt(MAX_LOOKS_AT_ONCE) ? Number(open) : MAX_LOOKS_AT_ONCE;
  const from = looks.next < open ? looks.next : 0n;
  // What is finished while it is looked at leaves the list: so all are read first.
  const places = Array.from({ length: most }, (_, i) => openAt(draft, (from + BigInt(i)) % open));
  for (const place of places) lookAt(draft, setup, place, looks);
  const [next, seen] = [from + BigInt(most), BigInt(most)];
  const fresh = looks.fresh > seen ? looks.fresh - seen : 0n;
  draft.write(SPACES.looks, { count: looks.count + 1n, next, fresh });
  for (const ledger of served(setup)) lookForDeposits(draft, setup, ledger, looks);
  if (open > 0n || served(setup).length > 0) {
    setTimer(draft, 'gateway', draft.stamp.nowMs + LOOK_AT_LEDGERS_MS);
  }
}

function looksOf(draft: Draft): Looks {
  return draft.read(SPACES.looks) ?? { count: 0n, next: 0n, fresh: 0n };
}

/** Does what a withdrawal whose money is locked needs next. */
function lookAt(draft: Draft, setup: AuthoritySetup, place: OpenWithdrawal, looks: Looks): void {
  const { account, sequence } = place;
  const known = withdrawalAt(draft, account, sequence);
  if (known === undefined) return;
  const isServed = served(setup).includes(known.withdrawal.ledger);
  if (known.state === 'locked') {
    const isDue = isOver(draft, place);
    const isSaidAgain = !place.isPresented || isRested(draft, setup, place, looks);
    if (isServed && !isDue && isSaidAgain) present(draft, setup, place);
    else if (isDue || place.isPresented) debate(draft, setup, place);
  } else if (isServed && isDueNow(draft, setup, place, looks)) {
    askPayout(draft, setup, place);
  }
}

/**
 * A ledger that could not be asked is asked again ever more rarely, and not at once by everybody.
 * One that has the payout is asked when it has news, and otherwise only rarely.
 */
function isDueNow(
  draft: Draft,
  { network }: AuthoritySetup,
  { account, sequence }: WithdrawalPlace,
  { count, fresh }: Looks,
): boolean {
  const { failures = 0, state } = draft.read(SPACES.payout.at(account, sequence)) ?? {};
  if (failures === 0 && fresh > 0n) return true;
  const pause =
    failures === 0 && state === 'seen'
      ? LOOKS_AT_REST
      : 2 ** Math.min(failures, MAX_LEDGER_BACKOFFS);
  return isTurn(network.id, { account, sequence }, count, pause);
}

/** Whether it is time again for what is only repeated in case that it was lost. */
function isRested(
  _draft: Draft,
  { network }: AuthoritySetup,
  place: WithdrawalPlace,
  { count }: Looks,
): boolean {
  return isTurn(network.id, place, count, LOOKS_AT_REST);
}

/** Every so many looks, each withdrawal at its own: they have not all their turn at once. */
function isTurn(
  network: Uint8Array,
  { account, sequence }: WithdrawalPlace,
  count: bigint,
  pause: number,
): boolean {
  const [jitter = 0] = payoutKey(network, { account, sequence });
  return (count + BigInt(jitter)) % BigInt(pause) === 0n;
}

/** Asks the members to decide that a withdrawal is settled. */
function present(
  draft: Draft,
  setup: AuthoritySetup,
  { account, sequence }: WithdrawalPlace,
): void {
  const certificate = certificateAt(draft, account, sequence);
  if (certificate === undefined) return;
  sendToOthers(draft, setup, { TAG: 'settleRequest', data: certificate });
  markPresented(draft, account, sequence);
  debate(draft, setup, { account, sequence });
}

function debate(draft: Draft, setup: AuthoritySetup, { account, sequence }: WithdrawalPlace): void {
  beginAgreement(draft, setup, { TAG: 'outcome', data: { account, sequence } });
}

/** Whoever holds a certified withdrawal wants it settled; the certificate speaks for itself. */
function takeSettleRequest(
  draft: Draft,
  setup: AuthoritySetup,
  { link }: Origin,
  certificate: Certificate,
): void {
  const { account, sequence, action } = certificate.order.order;
  if (action.TAG !== 'withdrawal') return;
  // Whatever is known here: a withdrawal of the same name may be another.
  const refused = applyCertificate(draft, setup, certificate);
  if (refused !== undefined) return draft.note({ kind: 'refused', link, refusal: refused });
  if (openOf(draft, account, sequence) === undefined) return;
  markPresented(draft, account, sequence);
  if (withdrawalAt(draft, account, sequence)?.state === 'locked') {
    debate(draft, setup, { account, sequence });
  }
}

/** Has a settled withdrawal paid, or asks how that stands. The intent is on disk before. */
function askPayout(draft: Draft, setup: AuthoritySetup, place: WithdrawalPlace): void {
  const { account, sequence } = place;
  const cell = SPACES.payout.at(account, sequence);
  const known = draft.read(cell);
  if (known === undefined) {
    writePayout(draft, place, { state: 'submitted', reference: '', failures: 0 });
  }
  const isAsked = known !== undefined && known.state !== 'submitted' && known.state !== 'stuck';
  ask(draft, setup, place, isAsked ? 'status' : 'submit');
}

function ask(
  draft: Draft,
  { network }: AuthoritySetup,
  { account, sequence }: WithdrawalPlace,
  what: 'submit' | 'status',
): void {
  const known = withdrawalAt(draft, account, sequence);
  const proof = settlementOf(draft, { account, sequence });
  if (known === undefined || proof === undefined) return;
  const { token, amount, recipient, ledger } = known.withdrawal;
  const payout = { account, sequence, token, amount, recipient };
  draft.ask({
    kind: PAYOUT,
    key: placeKey({ account, sequence }),
    body: encode(payoutAskCoder, {
      ledger,
      key: payoutKey(network.id, { account, sequence }),
      payout,
      proof: what === 'submit' ? proof : undefined,
    }),
  });
}

/** The ledger says how a payout stands, or why it does not say. */
function hearPayout(draft: Draft, setup: AuthoritySetup, { key, body }: Answer): void {
  const place = placeOf(key);
  const answer = decode(payoutAnswerCoder, body);
  if (place === undefined || isRefusal(answer)) return;
  const { account, sequence } = place;
  const known = withdrawalAt(draft, account, sequence);
  const record = draft.read(SPACES.payout.at(account, sequence));
  if (known?.state !== 'settled' || record === undefined) return;
  if (answer.TAG === 'error') {
    const { class: errorClass, reason } = answer.data;
    const failures = Math.min(record.failures + 1, 255);
    const state = errorClass === 'permanent' ? 'stuck' : record.state;
    return writePayout(draft, place, { state, reference: reason, failures });
  }
  hearStatus(draft, setup, place, answer.data);
}

function hearStatus(
  draft: Draft,
  setup: AuthoritySetup,
  place: WithdrawalPlace,
  { state, reference }: LedgerStatus,
): void {
  switch (state) {
    case 'absent':
      // It was undone: the ledger is asked to make it again, with the same key.
      writePayout(draft, place, { state: 'submitted', reference, failures: 0 });
      return ask(draft, setup, place, 'submit');
    case 'seen':
      return writePayout(draft, place, { state: 'seen', reference, failures: 0 });
    case 'final':
    case 'refused':
    case 'returned': {
      writePayout(draft, place, { state, reference, failures: 0 });
      const TAG = state === 'final' ? 'paid' : 'returned';
      return report(draft, setup, place, { TAG, data: place });
    }
  }
}

/** Says what happened to a payout, where this node is an observer of its ledger. */
function report(
  draft: Draft,
  setup: AuthoritySetup,
  { account, sequence }: WithdrawalPlace,
  event: LedgerEvent,
): void {
  const ledger = withdrawalAt(draft, account, sequence)?.withdrawal.ledger;
  if (ledger !== undefined) say(draft, setup, { ledger, event });
}

type PayoutNews = Pick<PayoutRecord, 'state' | 'reference' | 'failures'>;

function writePayout(draft: Draft, { account, sequence }: WithdrawalPlace, news: PayoutNews): void {
  const cell = SPACES.payout.at(account, sequence);
  const known = draft.read(cell);
  const isOld = known?.state === news.state && known.reference === news.reference;
  const wallMs = isOld ? known.wallMs : BigInt(Math.max(0, Math.floor(draft.stamp.wallMs)));
  if (isOld && known.failures === news.failures) return;
  draft.write(cell, { ...news, wallMs });
  if (!isOld) draft.note({ kind: 'payout', account, sequence, ...news });
}

/** Asks a ledger for deposits after those that are facts, where this node is an observer. */
function lookForDeposits(
  draft: Draft,
  setup: AuthoritySetup,
  ledger: LedgerIndex,
  { count }: Looks,
): void {
  if (!isObserver(setup, ledger, setup.authority.member)) return;
  const isDue = draft.read(SPACES.depositLook.at(ledger)) === true;
  if (!isDue && count % BigInt(LOOKS_AT_REST) !== 0n) return;
  draft.remove(SPACES.depositLook.at(ledger));
  const from = draft.read(SPACES.depositCursor.at(ledger)) ?? 0n;
  const body = encode(depositsAskCoder, { ledger, from });
  draft.ask({ kind: DEPOSITS, key: encode(ledgerCoder, ledger), body });
}

/**
 * Deposits of a ledger, from the cursor on. They are said until all of them are facts; then the
 * cursor moves on.
 */
function hearDeposits(draft: Draft, setup: AuthoritySetup, { key, body }: Answer): void {
  const ledger = decode(ledgerCoder, key);
  const answer = decode(depositsAnswerCoder, body);
  if (isRefusal(ledger) || isRefusal(answer) || !served(setup).includes(ledger)) return;
  const again = (): void => draft.write(SPACES.depositLook.at(ledger), true);
  if (answer.TAG === 'error') return again();
  const { deposits, next } = answer.data;
  if (deposits.length === 0) return;
  const tokens = setup.network.genesis.ledgers[ledger]?.tokens ?? [];
  // What this ledger is not for can never be a fact, and holds up nothing.
  const bodies = deposits
    .filter(({ token, amount }) => tokens.includes(token) && amount > 0n)
    .map((data) => ({ ledger, event: { TAG: 'deposit', data } }) as const);
  for (const each of bodies) say(draft, setup, each);
  again();
  if (bodies.every((each) => isReported(draft, each))) {
    draft.write(SPACES.depositCursor.at(ledger), next);
    lookSoon(draft);
  }
}

/** A ledger has news: everything is looked at now. */
function hearNews(draft: Draft, setup: AuthoritySetup, { key }: Answer): void {
  const ledger = decode(ledgerCoder, key);
  if (isRefusal(ledger) || !served(setup).includes(ledger)) return;
  draft.write(SPACES.depositLook.at(ledger), true);
  draft.write(SPACES.looks, { ...looksOf(draft), fresh: openCount(draft) });
  lookSoon(draft);
}

/** Account and sequence, as the key of a question. */
function placeKey({ account, sequence }: WithdrawalPlace): Uint8Array {
  return encode(placeCoder, { account, sequence });
}

function placeOf(key: Uint8Array): WithdrawalPlace | undefined {
  const place = decode(placeCoder, key);
  return isRefusal(place) ? undefined : place;
}
