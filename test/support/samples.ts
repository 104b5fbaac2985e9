/** One fixed value of every message, record and statement, for the frozen vectors. */

import { utf8 } from '@scure/base';
import type {
  Amount,
  Balance,
  Epoch,
  LedgerIndex,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';

import {
  agreementCoder,
  type Ballot,
  type Decision,
  decisionCoder,
  equivocationCoder,
  openSubjectsCoder,
  type Polka,
  type Proposal,
} from '../../agent/core/codec/agreement.ts';

import { encode, hashCoder } from '../../agent/core/codec/canonical.ts';
import {
  approvalCoder,
  behindCoder,
  type EpochValue,
  epochValueCoder,
  keptOrdersCoder,
  type ListedOrder,
  listPageCoder,
  membersCoder,
  stoppedCoder,
} from '../../agent/core/codec/epochs.ts';
import type { Report, ReportBody } from '../../agent/core/codec/fact.ts';
import {
  type DataOf,
  frameCoder,
  knownVoteCoder,
  lifeCoder,
  type Message,
  type QuestionBody,
  questionBodyCoder,
  type Tag,
  type Wish,
} from '../../agent/core/codec/message.ts';
import {
  type Certificate,
  type Order,
  orderSigningBytes,
  type SignedOrder,
  voteSigningBytes,
  type Withdrawal,
} from '../../agent/core/codec/order.ts';
import * as records from '../../agent/core/codec/record.ts';
import { encodeGenesis, type Genesis, networkOf } from '../../agent/core/network/genesis.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { closingMessages, closingSamples } from './closing-samples.ts';
import { cashbookSamples, gatewaySamples } from './gateway-samples.ts';
import { memoLike } from './memos.ts';

const bytes = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (first + i) % 256);
const member = (n: number): MemberIndex => n as MemberIndex;
const sequence = (n: bigint): Sequence => n as Sequence;

const genesis: Genesis = {
  version: 1,
  name: 'village',
  nonce: bytes(16, 1),
  members: [
    { name: 'mill', key: bytes(32, 2) },
    { name: 'school', key: bytes(32, 3) },
  ],
  tokens: [{ symbol: 'HRS', decimals: 2, opens: 500n as Amount }],
  votesPerHour: 120,
  ledgers: [
    {
      name: 'cashbook',
      kind: 'cashbook',
      tokens: [0 as TokenIndex],
      observers: [0 as MemberIndex],
      quorum: 1,
      about: 'the box under the counter',
    },
  ],
  issuance: [{ account: bytes(32, 4), token: 0 as TokenIndex, amount: 100_000n as Amount }],
};
const networkId = networkOf(genesis).id;

const order: Order = {
  account: bytes(32, 10),
  sequence: sequence(7n),
  action: {
    TAG: 'transfer',
    data: {
      recipient: bytes(32, 20),
      token: 0 as TokenIndex,
      amount: 1_234n as Amount,
      memo: memoLike('brød'),
    },
  },
};
const signed: SignedOrder = { order, signature: bytes(64, 30) };
const withdrawal: Withdrawal = {
  token: 0 as TokenIndex,
  amount: 250n as Amount,
  ledger: 0 as LedgerIndex,
  recipient: utf8.decode('Åse, 12'),
  validUntilMs: 1_700_000_000_000n,
};
const withdrawing: SignedOrder = {
  order: { ...order, action: { TAG: 'withdrawal', data: withdrawal } },
  signature: bytes(64, 32),
};
const other: SignedOrder = {
  order: { ...order, sequence: sequence(8n) },
  signature: bytes(64, 31),
};
const certificate: Certificate = {
  epoch: 0 as Epoch,
  order: signed,
  votes: [0, 1, 3].map((n) => ({ member: member(n), signature: bytes(64, 40 + n) })),
};
const balances = [{ token: 0 as TokenIndex, balance: -5n as Balance }];
const account = bytes(32, 10);
const hash = bytes(32, 50);

const agreed = {
  epoch: 0 as Epoch,
  subject: { TAG: 'outcome', data: { account, sequence: sequence(7n) } },
  round: 2,
  value: Uint8Array.of(1),
} as const;
const ballots = [1, 3].map((n) => ({ member: member(n), signature: bytes(64, 70 + n) }));
const polka: Polka = { ...agreed, prevotes: ballots };
const decision: Decision = { ...agreed, precommits: ballots };
const members = [{ number: member(3), name: 'elm', key: bytes(32, 70) }];
const epochValue: EpochValue = {
  members,
  root: hash,
  statements: [1, 3].map((n) => ({
    member: member(n),
    orders: bytes(32, 80 + n),
    signature: bytes(64, 90 + n),
  })),
  possible: bytes(32, 84),
};
const epochDecision: Decision = {
  ...decision,
  subject: { TAG: 'epoch', data: { epoch: 0 as Epoch } },
  value: encode(epochValueCoder, epochValue),
};
const listed: readonly ListedOrder[] = [
  { why: 'voted', order: signed },
  { why: 'kept', order: other },
];
const ordersPage = encode(listPageCoder, { TAG: 'orders', data: listed });
const statement = { epoch: 2 as Epoch, member: member(1), signature: bytes(64, 76) };
const withdrawalPlace = { account, sequence: sequence(7n) };
const paid: ReportBody = {
  ledger: 1 as LedgerIndex,
  event: { TAG: 'paid', data: withdrawalPlace },
};
const report: Report = { body: paid, statements: [statement] };
const proposal: Proposal = {
  epoch: agreed.epoch,
  member: member(2),
  body: { subject: agreed.subject, round: 3, validRound: 2, value: agreed.value },
  signature: bytes(64, 75),
  prevotes: ballots,
  again: false,
};
const ballot: Ballot = {
  epoch: agreed.epoch,
  member: member(2),
  body: { subject: agreed.subject, round: 2, value: hash },
  signature: bytes(64, 76),
  again: false,
};

const closed: Decision = {
  ...agreed,
  subject: { TAG: 'closing', data: { account, sequence: sequence(7n), turn: 2 } },
  precommits: ballots,
};

const someFacts = [
  { TAG: 'outcome', data: decision },
  { TAG: 'report', data: report },
] as const;

/** One of each kind; questions have one of each wish. */
const MESSAGES: { readonly [T in Exclude<Tag, 'question'>]: DataOf<T> } = {
  order: signed,
  vote: { epoch: 0 as Epoch, member: member(1), orderHash: hash, signature: bytes(64, 60) },
  orderRefusal: {
    epoch: 0 as Epoch,
    member: member(1),
    verdict: { orderHash: hash, code: 10, next: sequence(7n), balance: 9n as Balance },
    pending: other,
    signature: bytes(64, 61),
  },
  ...closingMessages({ signed, other, decision: closed }),
  certificate: certificate,
  applied: { member: member(2), account, next: sequence(8n) },
  rejected: { member: member(2), code: 19, account: undefined, next: sequence(0n) },
  accountQuery: { account },
  account: {
    member: member(0),
    account,
    next: sequence(8n),
    received: 3n,
    pending: undefined,
    balances,
    locked: [],
  },
  certificatesQuery: { account, from: sequence(2n) },
  certificates: { member: member(0), account, next: sequence(8n), certificates: [certificate] },
  credits: { member: member(0), account, from: 2n, received: 3n, certificates: [certificate] },
  gossip: signed,
  doubleSpend: { first: signed, second: other },
  root: { epoch: 2 as Epoch, digest: hash },
  digest: { path: [1, 15], children: Array.from({ length: 16 }, (_, i) => bytes(32, i)) },
  bucket: {
    path: [1, 2, 3],
    entries: [{ account: bytes(32, 70), next: sequence(4n), history: bytes(8, 71) }],
  },
  progress: {
    epoch: 0 as Epoch,
    member: member(3),
    body: { account, next: sequence(8n) },
    signature: bytes(64, 62),
  },
  proofCount: { count: 5n, set: hash },
  proofsQuery: { from: 3n },
  proofs: { from: 3n, count: 5n, list: [{ first: signed, second: other }] },
  latest: {
    epoch: 0 as Epoch,
    member: member(3),
    body: {
      account,
      nonce: bytes(16, 63),
      next: sequence(8n),
      received: 3n,
      pending: hash,
      knows: true,
      answer: { code: 11, balance: 7n as Balance },
    },
    signature: bytes(64, 64),
  },
  firstStart: {
    epoch: 0 as Epoch,
    member: member(3),
    body: { life: bytes(16, 65) },
    signature: bytes(64, 66),
  },
  vouch: {
    epoch: 0 as Epoch,
    member: member(1),
    body: {
      about: member(3),
      life: bytes(16, 65),
      word: 'seen',
      vote: { epoch: 0 as Epoch, order: signed, signature: bytes(64, 67) },
    },
    signature: bytes(64, 68),
  },
  wayQuery: { nonce: bytes(16, 66) },
  way: {
    epoch: 0 as Epoch,
    member: member(3),
    body: { nonce: bytes(16, 66), votes: true },
    signature: bytes(64, 67),
  },
  proposal,
  prevote: ballot,
  precommit: { ...ballot, body: { ...ballot.body, value: undefined }, again: true },
  polka,
  decision,
  heartbeat: {
    epoch: 0 as Epoch,
    member: member(3),
    body: {
      counter: 1_234_567,
      wallMs: 1_790_000_000_000n,
      digest: hash,
      votes: true,
      heard: [
        { member: member(0), counter: 7 },
        { member: member(2), counter: 2 ** 32 - 1 },
      ],
    },
    signature: bytes(64, 69),
  },
  approval: {
    epoch: 0 as Epoch,
    member: member(3),
    body: { nth: 2, members },
    signature: bytes(64, 77),
  },
  statement: {
    epoch: 0 as Epoch,
    member: member(3),
    body: { root: hash, orders: bytes(32, 83) },
    signature: bytes(64, 78),
  },
  pageQuery: { names: [hash, bytes(32, 83)] },
  page: { bytes: ordersPage },
  epochsQuery: { from: 2 as Epoch },
  epochDecision,
  settleRequest: certificate,
  testimony: { ...statement, body: paid },
  fact: { TAG: 'report', data: report },
  factCount: { count: 5n, set: hash },
  factsQuery: { from: 3n },
  accountFacts: { member: member(0), account, from: 2n, count: 3n, list: someFacts },
  facts: { from: 3n, count: 5n, list: someFacts },
};

const WISHES: readonly Wish[] = [
  { TAG: 'state', data: {} },
  { TAG: 'latest', data: {} },
  { TAG: 'orders', data: { from: sequence(2n) } },
  { TAG: 'credits', data: { from: 2n } },
  { TAG: 'facts', data: { from: 2n } },
  {
    TAG: 'plan',
    data: {
      TAG: 'transfer',
      data: { recipient: bytes(32, 20), token: 0 as TokenIndex, amount: 1_234n as Amount },
    },
  },
];
const questionBody = (wish: Wish): QuestionBody => {
  return { member: member(3), account, nonce: bytes(16, 63), wish };
};

const accountRecord = {
  next: sequence(8n),
  history: hash,
  received: 3n,
  frozen: false,
  stated: true,
  reserved: [{ token: 1 as TokenIndex, balance: 7n as Balance }],
  votes: { hour: 77, count: 3 },
  balances,
  locked: [{ token: 0 as TokenIndex, balance: 250n as Balance }],
  pending: signed,
};

function frameBytes(message: Message): Uint8Array {
  return encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message });
}

/** Name of every vector -> its bytes. */
export function sampleBytes(): Map<string, Uint8Array> {
  const samples = new Map<string, Uint8Array>();
  for (const [TAG, data] of Object.entries(MESSAGES)) {
    samples.set(`frame/${TAG}`, frameBytes({ TAG, data } as Message));
  }
  const message: Message = { TAG: 'order', data: MESSAGES.order };
  const route = [1n, 2n ** 64n - 1n] as LinkId[];
  const relayed = encode(frameCoder, { to: member(2), route, isPassedOn: true, message });
  samples.set('frame/relayed', relayed);
  samples.set('frame/order-withdrawal', frameBytes({ TAG: 'order', data: withdrawing }));
  for (const wish of WISHES) {
    const body = questionBody(wish);
    const question: Message = { TAG: 'question', data: { body, signature: bytes(64, 65) } };
    samples.set(`frame/question-${wish.TAG}`, frameBytes(question));
    const signing = signingBytes('question', networkId, encode(questionBodyCoder, body));
    samples.set(`signing/question-${wish.TAG}`, signing);
  }
  samples.set('genesis', encodeGenesis(genesis));
  samples.set('network-id', networkId);
  samples.set('signing/order', orderSigningBytes(networkId, order));
  samples.set('signing/vote', voteSigningBytes(networkId, 1 as Epoch, hash));
  samples.set('signing/refusal', signingBytes('refusal', networkId, 1 as Epoch, hash));
  samples.set('signing/progress', signingBytes('progress', networkId, 1 as Epoch, hash));
  samples.set('signing/latest', signingBytes('latest', networkId, 1 as Epoch, hash));
  samples.set('signing/first_start', signingBytes('first_start', networkId, 1 as Epoch, hash));
  samples.set('signing/vouch', signingBytes('vouch', networkId, 1 as Epoch, hash));
  samples.set('signing/way', signingBytes('way', networkId, 1 as Epoch, hash));
  samples.set('signing/proposal', signingBytes('proposal', networkId, 1 as Epoch, hash));
  samples.set('signing/prevote', signingBytes('prevote', networkId, 1 as Epoch, hash));
  samples.set('signing/precommit', signingBytes('precommit', networkId, 1 as Epoch, hash));
  samples.set('signing/approval', signingBytes('approval', networkId, 1 as Epoch, hash));
  samples.set('signing/statement', signingBytes('statement', networkId, 1 as Epoch, hash));
  samples.set(
    'signing/closing_statement',
    signingBytes('closing_statement', networkId, 1 as Epoch, hash),
  );
  samples.set('signing/closing', signingBytes('closing', networkId, hash));
  samples.set('signing/beacon', signingBytes('beacon', networkId, hash));
  const locked = { state: 'locked' as const, hash, withdrawal };
  samples.set('record/withdrawal', encode(records.withdrawalRecordCoder, locked));
  samples.set('record/account', encode(records.accountCoder, accountRecord));
  samples.set(
    'record/fact-certificate',
    encode(records.factCoder, { TAG: 'certificate', data: certificate }),
  );
  const orders = { first: signed, second: other };
  samples.set(
    'record/fact-double-spend',
    encode(records.factCoder, { TAG: 'doubleSpend', data: orders }),
  );
  const both = { first: certificate, second: { ...certificate, order: other } };
  samples.set('record/fact-conflict', encode(records.factCoder, { TAG: 'conflict', data: both }));
  const entry = { link: hash, fact: { TAG: 'certificate' as const, data: certificate } };
  samples.set('record/journal-entry', encode(records.journalEntryCoder, entry));
  samples.set('record/journal-head', encode(records.journalHeadCoder, { count: 5n, link: hash }));
  const bucket = { TAG: 'bucket', data: [bytes(32, 10), bytes(32, 20)] } as const;
  samples.set('record/tree-bucket', encode(records.treeNodeCoder, bucket));
  const split = { TAG: 'split', data: bytes(512, 3) } as const;
  samples.set('record/tree-split', encode(records.treeNodeCoder, split));
  samples.set('record/number', encode(records.numberCoder, 77n));
  samples.set(
    'record/standing',
    encode(records.standingCoder, { reason: 'restored from a backup' }),
  );
  samples.set('record/own-life', encode(records.ownLifeCoder, { life: bytes(16, 65) }));
  const committee = { epoch: 2 as Epoch, members };
  samples.set('record/committee', encode(records.committeeCoder, committee));
  samples.set('record/known-life', encode(lifeCoder, bytes(16, 65)));
  const vote = { epoch: 0 as Epoch, order: signed, signature: bytes(64, 67) };
  samples.set('record/known-vote', encode(knownVoteCoder, vote));
  samples.set('record/outvoted', encode(hashCoder, hash));
  const { epoch, subject, round, value } = agreed;
  const debated = {
    epoch,
    subject,
    round: round + 1,
    proposed: { value, validRound: round },
    prevoted: { value: hash },
    precommitted: { value: undefined },
    locked: { round: 1, value },
    valid: { round, value, prevotes: ballots },
  };
  samples.set('record/agreement', encode(agreementCoder, debated));
  samples.set('record/open-subjects', encode(openSubjectsCoder, [hash]));
  for (const data of [
    { TAG: 'proposals', data: { first: proposal, second: proposal } },
    { TAG: 'prevotes', data: { first: ballot, second: ballot } },
    { TAG: 'precommits', data: { first: ballot, second: ballot } },
  ] as const) {
    samples.set(`record/equivocation-${data.TAG}`, encode(equivocationCoder, data));
  }
  samples.set('record/approval', encode(approvalCoder, MESSAGES.approval));
  samples.set('record/members', encode(membersCoder, members));
  samples.set('record/stopped', encode(stoppedCoder, { epoch: 2 as Epoch, roots: [hash] }));
  samples.set('record/epoch-decision', encode(decisionCoder, epochDecision));
  samples.set('record/page-orders', ordersPage);
  const names = [hash, bytes(32, 83)];
  samples.set('record/page-pages', encode(listPageCoder, { TAG: 'pages', data: names }));
  samples.set('record/page-polka', encode(listPageCoder, { TAG: 'polka', data: polka }));
  samples.set('record/kept-orders', encode(keptOrdersCoder, [signed, other]));
  samples.set('record/behind', encode(behindCoder, { root: hash, isContained: true }));
  const reserve = {
    sequence: sequence(5n),
    turn: 1,
    amounts: [{ token: 1 as TokenIndex, amount: 7n as Amount }],
  };
  const wallet = {
    account,
    next: sequence(8n),
    payments: 11n,
    closed: 2n,
    balances,
    reserves: [reserve],
  };
  samples.set('record/wallet', encode(records.walletCoder, wallet));
  const live = {
    order: signed,
    createdWallMs: 1_700_000_000_000n,
    epoch: 0 as Epoch,
    votes: certificate.votes,
    rival: other,
  };
  samples.set('record/live-order', encode(records.liveOrderCoder, live));
  const steps = [
    { state: 'pending' as const, wallMs: 1_700_000_000_000n },
    { state: 'certified' as const, wallMs: 1_700_000_000_500n },
  ];
  samples.set('record/own-withdrawal', encode(records.ownWithdrawalCoder, { hash, steps }));
  const payment = { wallMs: 1_700_000_000_000n, certificate };
  samples.set('record/payment', encode(records.paymentCoder, payment));
  const facts = { account, hash, networkId, certificate, decision, report };
  for (const [name, sample] of gatewaySamples(facts)) samples.set(name, sample);
  for (const [name, sample] of cashbookSamples(account, hash)) samples.set(name, sample);
  for (const [name, record] of closingSamples({ hash, signed, other, decision: closed })) {
    samples.set(`record/closing-${name}`, record);
  }
  return samples;
}
