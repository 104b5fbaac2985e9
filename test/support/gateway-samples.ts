/**
 * One fixed value of every record of a cashbook and of a gateway, of what ledgers are asked and
 * tell, and of what observers sign, for the frozen vectors.
 */
import type {
  Amount,
  Balance,
  Epoch,
  LedgerIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import type { Decision } from '../../agent/core/codec/agreement.ts';
import * as book from '../../agent/core/codec/book.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import {
  type CertifiedFact,
  type LedgerEvent,
  type Report,
  reportBodyCoder,
} from '../../agent/core/codec/fact.ts';
import * as gateway from '../../agent/core/codec/gateway.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import * as records from '../../agent/core/codec/record.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';

type Samples = readonly (readonly [name: string, bytes: Uint8Array])[];

/** What facts are about and what proves them. */
interface FactSamples {
  readonly account: Uint8Array;
  readonly hash: Uint8Array;
  readonly networkId: Uint8Array;
  readonly certificate: Certificate;
  readonly decision: Decision;
  readonly report: Report;
}

const bytes = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (first + i) % 256);

/** The records of a cashbook, an entry of each kind among them. */
export function cashbookSamples(account: Uint8Array, hash: Uint8Array): Samples {
  const token = 0 as TokenIndex;
  const amount = 1_234n as Amount;
  const recipient = bytes(5, 97);
  const payout = { account, sequence: 7n as Sequence, token, amount, recipient };
  const of = { payout: 3n, note: 'by hand' };
  const booked: readonly book.Booked[] = [
    { TAG: 'payable', data: { key: hash, payout, proof: bytes(32, 51) } },
    { TAG: 'paid', data: of },
    { TAG: 'refused', data: of },
    { TAG: 'deposit', data: { receipt: '17/2', account, note: '' } },
  ];
  const sides = { debit: 'network', credit: 'payable' } as const;
  const entry = { link: hash, wallMs: 1_700_000_000_000n, ...sides, token, amount };
  const totals = { token, cash: 5n as Balance, network: -12n as Balance, payable: 7n as Balance };
  const counts = { entries: 9n, payouts: 4n, open: 1n, deposits: 2n };
  const head = { id: bytes(16, 52), link: hash, ...counts, totals: [totals] };
  const record = { number: 3n, payout, state: 'paid', place: 1n, takenOn: 2n, latest: 5n } as const;
  return [
    ...booked.map(
      (each) =>
        [
          `record/book-${each.TAG}`,
          encode(book.bookEntryCoder, { ...entry, booked: each }),
        ] as const,
    ),
    ['record/book-head', encode(book.bookHeadCoder, head)],
    ['record/book-payout', encode(book.bookPayoutCoder, record)],
  ];
}

/** What a gateway keeps, asks and is told, and what observers sign. */
export function gatewaySamples(of: FactSamples): Samples {
  const { account, hash, networkId, certificate, decision, report } = of;
  const withdrawalPlace = { account, sequence: 7n as Sequence };
  const ledger = 1 as LedgerIndex;
  const [token, amount] = [0 as TokenIndex, 1_234n as Amount];
  const deposit = { id: bytes(32, 53), account, token, amount };
  const events: readonly LedgerEvent[] = [
    { TAG: 'paid', data: withdrawalPlace },
    { TAG: 'returned', data: withdrawalPlace },
    { TAG: 'deposit', data: deposit },
  ];
  const payout = { account, sequence: 7n as Sequence, token, amount, recipient: bytes(5, 97) };
  const error = { class: 'unknown', reason: 'no answer' } as const;
  const record = { state: 'seen', reference: 'payout 7', wallMs: 1_700_000_000_000n } as const;
  const settlement = encode(gateway.settlementCoder, { certificate, decision });
  return [
    ...events.map(
      (event) => [`report/${event.TAG}`, encode(reportBodyCoder, { ledger, event })] as const,
    ),
    [
      'record/fact-outcome',
      encode(records.factCoder, certifiedOf({ TAG: 'outcome', data: decision })),
    ],
    ['record/fact-report', encode(records.factCoder, certifiedOf({ TAG: 'report', data: report }))],
    [
      'record/open-withdrawal',
      encode(gateway.openWithdrawalCoder, { ...withdrawalPlace, isPresented: true }),
    ],
    ['record/payout', encode(gateway.payoutRecordCoder, { ...record, failures: 2 })],
    ['settlement', settlement],
    [
      'ask/payout',
      encode(gateway.payoutAskCoder, { ledger, key: hash, payout, proof: settlement }),
    ],
    [
      'ask/payout-status',
      encode(gateway.payoutAskCoder, { ledger, key: hash, payout, proof: undefined }),
    ],
    ['ask/deposits', encode(gateway.depositsAskCoder, { ledger, from: 7n })],
    [
      'told/payout',
      encode(gateway.payoutAnswerCoder, {
        TAG: 'status',
        data: { state: 'seen', reference: 'payout 7' },
      }),
    ],
    ['told/payout-error', encode(gateway.payoutAnswerCoder, { TAG: 'error', data: error })],
    [
      'told/deposits',
      encode(gateway.depositsAnswerCoder, { TAG: 'page', data: { deposits: [deposit], next: 8n } }),
    ],
    ['signing/payout', signingBytes('payout', networkId, hash)],
    ['signing/testimony', signingBytes('testimony', networkId, 1 as Epoch, hash)],
  ];
}

const certifiedOf = (data: CertifiedFact) => ({ TAG: 'certified' as const, data });
