/** Random values of everything that is sent or stored, for property tests. */

import fc from 'fast-check';
import {
  MAX_AMOUNT,
  MAX_RECIPIENT_BYTES,
  MAX_WALL_MS,
  SEALED_MEMO_BYTES,
} from '../../agent/core/base/limits.ts';
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
import type { Subject } from '../../agent/core/codec/agreement.ts';
import type { ClosingCause } from '../../agent/core/codec/closing.ts';
import type { CertifiedFact, LedgerEvent } from '../../agent/core/codec/fact.ts';
import type { Frame, Message, Wish } from '../../agent/core/codec/message.ts';
import type { Action, Certificate, SignedOrder } from '../../agent/core/codec/order.ts';
import type { Account, Fact } from '../../agent/core/codec/record.ts';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

export const key = bytes(32);
export const sequence = u64.map((n) => n as Sequence);
export const amount = fc.bigInt({ min: 0n, max: MAX_AMOUNT }).map((n) => n as Amount);
const balance = fc.bigInt({ min: -MAX_AMOUNT, max: MAX_AMOUNT }).map((n) => n as Balance);
const member = fc.nat(65_535).map((n) => n as MemberIndex);
const epoch = fc.nat(1_000).map((n) => n as Epoch);
const token = fc.nat(65_535).map((n) => n as TokenIndex);
const memo = fc.oneof(fc.constant(new Uint8Array()), bytes(SEALED_MEMO_BYTES));
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const transfer = fc.record({ recipient: key, token, amount, memo });
const withdrawal = fc.record({
  token,
  amount,
  ledger: fc.nat(255).map((n) => n as LedgerIndex),
  recipient: fc.uint8Array({ minLength: 1, maxLength: MAX_RECIPIENT_BYTES }),
  validUntilMs: fc.bigInt({ min: 0n, max: MAX_WALL_MS }),
});

export const signedOrder: fc.Arbitrary<SignedOrder> = fc.record({
  order: fc.record({
    account: key,
    sequence,
    action: fc.oneof(
      transfer.map((data): Action => ({ TAG: 'transfer', data })),
      withdrawal.map((data): Action => ({ TAG: 'withdrawal', data })),
    ),
  }),
  signature: bytes(64),
});

const votes = fc
  .uniqueArray(member, { maxLength: 8 })
  .chain((members) =>
    fc.tuple(
      ...members
        .sort((a, b) => a - b)
        .map((m) => fc.record({ member: fc.constant(m), signature: bytes(64) })),
    ),
  );

export const certificate: fc.Arbitrary<Certificate> = fc.record({
  epoch,
  order: signedOrder,
  votes,
});

const balances = fc.array(fc.record({ token, balance }), { maxLength: 4 });
const certificates = fc.array(certificate, { maxLength: 4 });
const u32 = fc.nat({ max: 2 ** 31 - 1 });
const path = fc.array(fc.nat(15), { maxLength: 64 });

export const account: fc.Arbitrary<Account> = fc.record({
  next: sequence,
  history: key,
  received: u64,
  frozen: fc.boolean(),
  stated: fc.boolean(),
  balances,
  locked: balances,
  reserved: balances,
  votes: fc.record({ hour: u32, count: u32 }),
  pending: optional(signedOrder),
});

const pair = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<{ first: T; second: T }> =>
  fc.record({ first: one, second: one });

export const fact: fc.Arbitrary<Fact> = fc.oneof(
  certificate.map((data): Fact => ({ TAG: 'certificate', data })),
  pair(signedOrder).map((data): Fact => ({ TAG: 'doubleSpend', data })),
  pair(certificate).map((data): Fact => ({ TAG: 'conflict', data })),
);

const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({ account: key, sequence }).map((data): Subject => ({ TAG: 'outcome', data })),
  fc.record({ epoch }).map((data): Subject => ({ TAG: 'epoch', data })),
);
const agreedValue = fc.uint8Array({ maxLength: 40 });
const signatures = certificate.map(({ votes }) => votes);
const ballot = fc.record({
  epoch,
  member,
  body: fc.record({ subject, round: u32, value: optional(key) }),
  signature: bytes(64),
  again: fc.boolean(),
});

const decision = fc.record({
  epoch,
  subject,
  round: u32,
  value: agreedValue,
  precommits: signatures,
});

type Data<K extends Message['TAG']> = Extract<Message, { TAG: K }>['data'];

const place = fc.record({ account: key, sequence });
const cause: fc.Arbitrary<ClosingCause> = fc.oneof(
  bytes(64).map((data): ClosingCause => ({ TAG: 'wish', data })),
  pair(signedOrder).map((data): ClosingCause => ({ TAG: 'proof', data })),
);

/** One arbitrary for every kind of message: the compiler misses none. */
const wish: fc.Arbitrary<Wish> = fc.oneof(
  fc.constantFrom<Wish>({ TAG: 'state', data: {} }, { TAG: 'latest', data: {} }),
  sequence.map((from): Wish => ({ TAG: 'orders', data: { from } })),
  u64.map((from): Wish => ({ TAG: 'credits', data: { from } })),
  u64.map((from): Wish => ({ TAG: 'facts', data: { from } })),
  fc
    .record({ recipient: key, token, amount })
    .map((data): Wish => ({ TAG: 'plan', data: { TAG: 'transfer', data } })),
  withdrawal.map((data): Wish => ({ TAG: 'plan', data: { TAG: 'withdrawal', data } })),
);

const members = fc.array(fc.record({ number: member, name: fc.constant('elm'), key }), {
  maxLength: 4,
});
const ledger = fc.nat(255).map((n) => n as LedgerIndex);
const ledgerEvent: fc.Arbitrary<LedgerEvent> = fc.oneof(
  place.map((data): LedgerEvent => ({ TAG: 'paid', data })),
  place.map((data): LedgerEvent => ({ TAG: 'returned', data })),
  fc
    .record({ id: key, account: key, token, amount })
    .map((data): LedgerEvent => ({ TAG: 'deposit', data })),
);
const reportBody = fc.record({ ledger, event: ledgerEvent });
const statements = fc
  .uniqueArray(member, { maxLength: 5 })
  .chain((members) =>
    fc.tuple(
      ...[...members]
        .sort((a, b) => a - b)
        .map((each) => fc.record({ epoch, member: fc.constant(each), signature: bytes(64) })),
    ),
  );
const certifiedFact: fc.Arbitrary<CertifiedFact> = fc.oneof(
  decision.map((data): CertifiedFact => ({ TAG: 'outcome', data })),
  fc
    .record({ body: reportBody, statements })
    .map((data): CertifiedFact => ({ TAG: 'report', data })),
);

const MESSAGES: { readonly [K in Message['TAG']]: fc.Arbitrary<Data<K>> } = {
  order: signedOrder,
  vote: fc.record({ epoch, member, orderHash: key, signature: bytes(64) }),
  orderRefusal: fc.record({
    epoch,
    member,
    verdict: fc.record({ orderHash: key, code: fc.nat(255), next: sequence, balance }),
    pending: optional(signedOrder),
    signature: bytes(64),
  }),
  closingRequest: fc.record({ place, cause }),
  closingStatement: fc.record({
    epoch,
    member,
    place,
    voted: optional(signedOrder),
    signature: bytes(64),
    cause: optional(cause),
  }),
  closingTold: fc.record({
    member,
    place,
    statements: fc.nat(65_535),
    decision: optional(decision),
  }),
  closingVote: fc.record({ epoch, member, order: signedOrder, signature: bytes(64) }),
  certificate,
  applied: fc.record({ member, account: key, next: sequence }),
  rejected: fc.record({
    member: optional(member),
    code: fc.nat(255),
    account: optional(key),
    next: sequence,
  }),
  accountQuery: fc.record({ account: key }),
  account: fc.record({
    member,
    account: key,
    next: sequence,
    received: u64,
    pending: optional(signedOrder),
    balances,
    locked: balances,
  }),
  certificatesQuery: fc.record({ account: key, from: sequence }),
  certificates: fc.record({ member, account: key, next: sequence, certificates }),
  credits: fc.record({ member, account: key, from: u64, received: u64, certificates }),
  gossip: signedOrder,
  doubleSpend: pair(signedOrder),
  root: fc.record({ epoch, digest: key }),
  digest: fc.record({ path, children: fc.array(key, { minLength: 16, maxLength: 16 }) }),
  bucket: fc.record({
    path,
    entries: fc.array(fc.record({ account: key, next: sequence, history: bytes(8) }), {
      maxLength: 5,
    }),
  }),
  progress: fc.record({
    epoch,
    member,
    body: fc.record({ account: key, next: sequence }),
    signature: bytes(64),
  }),
  proofCount: fc.record({ count: u64, set: key }),
  proofsQuery: fc.record({ from: u64 }),
  proofs: fc.record({ from: u64, count: u64, list: fc.array(pair(signedOrder), { maxLength: 4 }) }),
  question: fc.record({
    body: fc.record({ member, account: key, nonce: bytes(16), wish }),
    signature: bytes(64),
  }),
  wayQuery: fc.record({ nonce: bytes(16) }),
  approval: fc.record({
    epoch,
    member,
    body: fc.record({ nth: fc.nat(), members }),
    signature: bytes(64),
  }),
  statement: fc.record({
    epoch,
    member,
    body: fc.record({ root: key, orders: key }),
    signature: bytes(64),
  }),
  pageQuery: fc.record({ names: fc.array(key, { maxLength: 8 }) }),
  page: fc.record({ bytes: fc.uint8Array({ maxLength: 100 }) }),
  epochsQuery: fc.record({ from: epoch }),
  way: fc.record({
    epoch,
    member,
    body: fc.record({ nonce: bytes(16), votes: fc.boolean() }),
    signature: bytes(64),
  }),
  heartbeat: fc.record({
    epoch,
    member,
    body: fc.record({
      counter: u32,
      wallMs: u64,
      digest: key,
      votes: fc.boolean(),
      heard: fc.array(fc.record({ member, counter: u32 }), { maxLength: 5 }),
    }),
    signature: bytes(64),
  }),
  latest: fc.record({
    epoch,
    member,
    body: fc.record({
      account: key,
      nonce: bytes(16),
      next: sequence,
      received: u64,
      pending: optional(key),
      knows: fc.boolean(),
      answer: optional(fc.record({ code: optional(fc.nat({ max: 255 })), balance })),
    }),
    signature: bytes(64),
  }),
  firstStart: fc.record({
    epoch,
    member,
    body: fc.record({ life: bytes(16) }),
    signature: bytes(64),
  }),
  vouch: fc.record({
    epoch,
    member,
    body: fc.record({
      about: member,
      life: bytes(16),
      word: fc.constantFrom('first', 'seen', 'unsure'),
      vote: optional(fc.record({ epoch, order: signedOrder, signature: bytes(64) })),
    }),
    signature: bytes(64),
  }),
  proposal: fc.record({
    epoch,
    member,
    body: fc.record({ subject, round: u32, validRound: optional(u32), value: agreedValue }),
    signature: bytes(64),
    prevotes: signatures,
    again: fc.boolean(),
  }),
  prevote: ballot,
  precommit: ballot,
  polka: fc.record({ epoch, subject, round: u32, value: agreedValue, prevotes: signatures }),
  decision,
  epochDecision: decision,
  settleRequest: certificate,
  testimony: fc.record({ epoch, member, body: reportBody, signature: bytes(64) }),
  fact: certifiedFact,
  factCount: fc.record({ count: u64, set: key }),
  factsQuery: fc.record({ from: u64 }),
  accountFacts: fc.record({
    member,
    account: key,
    from: u64,
    count: u64,
    list: fc.array(certifiedFact, { maxLength: 3 }),
  }),
  facts: fc.record({ from: u64, count: u64, list: fc.array(certifiedFact, { maxLength: 3 }) }),
};

export const message: fc.Arbitrary<Message> = fc.oneof(
  ...Object.entries(MESSAGES).map(([TAG, data]) =>
    (data as fc.Arbitrary<unknown>).map((value) => ({ TAG, data: value }) as Message),
  ),
);

export const frame: fc.Arbitrary<Frame> = fc
  .record({
    to: optional(member),
    route: fc.array(
      u64.map((n) => n as LinkId),
      { maxLength: 4 },
    ),
    isPassedOn: fc.boolean(),
    message,
  })
  .map((made) => (made.to === undefined ? made : { ...made, isPassedOn: made.route.length > 0 }));
