/** Every notice of the core on its way: to a view, to the log, to the counters, to the screen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderEvent } from '../../agent/cli/render/events.ts';
import { PLAIN, paintFor } from '../../agent/cli/render/paint.ts';
import { refusal } from '../../agent/core/base/refusal.ts';
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
import { EVENT_KINDS, viewOfNotice } from '../../agent/shell/control/event-view.ts';
import { NOTICES, type NoticeKind, type NoticeOf } from '../../agent/shell/control/notices.ts';
import { createCounters } from '../../agent/shell/daemon/counters.ts';
import { logNotice } from '../../agent/shell/daemon/log-notice.ts';
import { LOG_LEVELS, type LogLevel } from '../../agent/shell/log/levels.ts';
import type { Logs } from '../../agent/shell/log/logs.ts';
import { certificateFor, testNetwork } from './support.ts';

const village = testNetwork();
const certificate = certificateFor(village);
const { order } = certificate;
const { account } = order.order;
const member = 1 as MemberIndex;
const next = 3n as Sequence;
const subject = { TAG: 'outcome', data: { account, sequence: next } } as const;
const no = refusal('insufficient_balance', { expected: '5', found: '4' });
const ORDER = '12.50 HRS mp1v6l8uvev...zgm0 -> mp1pdgn4kd5...f70v #0 a sealed memo';
const CERTIFIED = `${ORDER} by oak, elm and ash`;
const NO = 'insufficient_balance (expected 5, found 4)';

/** A notice of each kind, what the screen shows of it, in which colour, and how it is logged. */
const SAMPLES: {
  readonly [K in NoticeKind]: readonly [
    NoticeOf<K>,
    string,
    'accent' | 'good' | 'bad',
    Exclude<LogLevel, 'silent'>,
  ];
} = {
  voted: [{ kind: 'voted', order, again: true }, `${ORDER} (again)`, 'accent', 'debug'],
  refused: [
    { kind: 'refused', link: 255n as LinkId, refusal: no },
    `${NO} on link 00000000000000ff`,
    'accent',
    'debug',
  ],
  applied: [{ kind: 'applied', certificate }, CERTIFIED, 'good', 'debug'],
  double_spend: [
    { kind: 'double_spend', first: order, second: order },
    `${ORDER} and ${ORDER}`,
    'bad',
    'warn',
  ],
  conflict: [
    { kind: 'conflict', first: certificate, second: certificate },
    `${ORDER} and ${ORDER}, both certified`,
    'bad',
    'fatal',
  ],
  voted_elsewhere: [
    { kind: 'voted_elsewhere', account, sequence: next },
    'this key voted elsewhere, for mp1v6l8uvev...zgm0 #3: no vote any more',
    'bad',
    'fatal',
  ],
  approved: [
    { kind: 'approved', member: 1 as MemberIndex, proposal: new Uint8Array(32).fill(0xab) },
    'elm approves of committee abababababababab',
    'accent',
    'info',
  ],
  epoch_ends: [
    { kind: 'epoch_ends', epoch: 0 as Epoch },
    'no more votes in epoch 0: the committee is being changed',
    'accent',
    'info',
  ],
  epoch_settled: [
    { kind: 'epoch_settled', epoch: 1 as Epoch, kept: 2 },
    'this ledger is that of epoch 1, with 2 orders carried over',
    'good',
    'info',
  ],
  vouched_for: [
    { kind: 'vouched_for', vouchers: 3 },
    '3 members vouched for the first start: this authority votes',
    'accent',
    'info',
  ],
  epoch_began: [
    { kind: 'epoch_began', epoch: 1 as Epoch, members: 5 },
    '5 authorities judge from now on (epoch 1)',
    'accent',
    'info',
  ],
  moved: [
    { kind: 'moved', account, sequence: 3n as Sequence, move: 'settle' },
    'withdrawal #3 of mp1v6l8uvev...zgm0 is to be paid out',
    'good',
    'debug',
  ],
  deposited: [
    {
      kind: 'deposited',
      ledger: 0 as LedgerIndex,
      deposit: { id: account, account, token: 0 as TokenIndex, amount: 1_250n as Amount },
    },
    '12.50 HRS paid in at cashbook for mp1v6l8uvev...zgm0',
    'good',
    'debug',
  ],
  payout: [
    { kind: 'payout', account, sequence: 3n as Sequence, state: 'seen', reference: 'payout 7' },
    'payout of withdrawal #3 of mp1v6l8uvev...zgm0: seen (payout 7)',
    'accent',
    'info',
  ],
  closing_asked: [
    { kind: 'closing_asked', account, sequence: next, by: 'wish' },
    'mp1v6l8uvev...zgm0 #3, as its owner wishes',
    'accent',
    'info',
  ],
  closed: [
    { kind: 'closed', account, sequence: next, result: 'none' },
    'mp1v6l8uvev...zgm0 #3: spent without an order',
    'good',
    'info',
  ],
  closing_heard: [
    { kind: 'closing_heard', member, statements: 3, of: 4 },
    '3 of 4 authorities have said what they voted for, elm says',
    'accent',
    'debug',
  ],
  agreed: [
    { kind: 'agreed', subject, round: 1 },
    'outcome of mp1v6l8uvev...zgm0 #3, in round 1',
    'good',
    'debug',
  ],
  equivocated: [
    { kind: 'equivocated', member, subject, round: 1 },
    'elm contradicted itself about outcome of mp1v6l8uvev...zgm0 #3, in round 1',
    'bad',
    'error',
  ],
  compared: [
    { kind: 'compared', member, equal: false },
    'ledger differs from that of elm',
    'accent',
    'trace',
  ],
  relayed: [{ kind: 'relayed', member }, 'a frame to elm', 'accent', 'trace'],
  order_created: [{ kind: 'order_created', order }, ORDER, 'accent', 'debug'],
  vote_received: [
    { kind: 'vote_received', member, votes: 2, quorum: 3 },
    'elm: 2 of 3',
    'accent',
    'debug',
  ],
  order_refused: [{ kind: 'order_refused', member, refusal: no }, `elm: ${NO}`, 'accent', 'debug'],
  order_certified: [{ kind: 'order_certified', certificate }, CERTIFIED, 'good', 'debug'],
  order_failed: [{ kind: 'order_failed', order, refusal: no }, `${ORDER}: ${NO}`, 'bad', 'warn'],
  spread: [
    { kind: 'spread', member, next },
    'elm has applied all up to sequence 3',
    'accent',
    'trace',
  ],
  received: [{ kind: 'received', certificate }, CERTIFIED, 'good', 'debug'],
  refreshed: [{ kind: 'refreshed', member }, 'elm has told all it knows', 'accent', 'trace'],
  reached: [{ kind: 'reached', member, votes: true }, 'elm answers, and votes', 'accent', 'trace'],
  heard: [{ kind: 'heard', member, votes: false }, 'elm, which does not vote', 'good', 'info'],
  silent: [{ kind: 'silent', member }, 'elm has not shown that it is there', 'bad', 'info'],
  connectivity: [
    {
      kind: 'connectivity',
      from: 'FULLY_CONNECTED',
      to: 'PARTITIONED',
      heard: 2,
      of: 4,
    },
    'FULLY_CONNECTED -> PARTITIONED, 2 of 4 members are heard',
    'accent',
    'info',
  ],
  account_seen: [
    {
      kind: 'account_seen',
      member,
      account,
      next,
      pending: true,
      balances: [{ token: 0 as TokenIndex, balance: 1_250n as Balance }],
      locked: [{ token: 0 as TokenIndex, balance: 250n as Balance }],
    },
    'elm: mp1v6l8uvev...zgm0 has 12.50 HRS, locked 2.50 HRS',
    'accent',
    'trace',
  ],
  latest_seen: [
    {
      kind: 'latest_seen',
      member,
      next,
      received: 7n,
      pending: undefined,
      knows: false,
      answer: undefined,
    },
    'elm: at sequence 3, 7 credits, votes unknown',
    'accent',
    'trace',
  ],
  command_refused: [{ kind: 'command_refused', refusal: no }, NO, 'accent', 'warn'],
};

/** A log that keeps what is written. */
function logsAt(level: LogLevel) {
  const lines: (readonly [string, string, unknown])[] = [];
  const write = (loudness: string) => (message: string, fields?: object) =>
    lines.push([loudness, message, fields]);
  const logs = { level, ...Object.fromEntries(LOG_LEVELS.map((name) => [name, write(name)])) };
  return { logs: logs as unknown as Logs, lines };
}

for (const kind of Object.keys(SAMPLES) as NoticeKind[]) {
  const [notice, text, tone, level] = SAMPLES[kind];
  describe(`the notice ${kind}`, () => {
    const view = viewOfNotice(village.network, notice);

    it('is a line on the screen', () => {
      const shown = `00:00:00.000  ${`${kind.padEnd(16)}${text}`.trimEnd()}`;
      assert.equal(renderEvent(PLAIN, { ...view, atMs: 0 }), shown);
      const paint = paintFor(true);
      const painted = renderEvent(paint, { ...view, atMs: 0 });
      assert.ok(painted.includes(paint[tone](kind.padEnd(16))));
    });

    it('is logged at its level, with its fields, and not above it', () => {
      const [, message] = NOTICES[kind].log;
      const heard = logsAt(level);
      logNotice(heard.logs, village.network, notice);
      assert.deepEqual(heard.lines, [[level, message, view]]);
      const above = LOG_LEVELS[LOG_LEVELS.indexOf(level) + 1] ?? 'silent';
      const unheard = logsAt(above);
      logNotice(unheard.logs, village.network, notice);
      assert.deepEqual(unheard.lines, []);
    });

    it('has a meaning in the manual', () => {
      assert.equal(EVENT_KINDS[kind], NOTICES[kind].meaning);
    });
  });
}

it('each notice counts as what it is, and most as nothing', () => {
  const counters = createCounters();
  for (const [notice] of Object.values(SAMPLES)) counters.count(notice);
  counters.count({ kind: 'voted', order, again: false });
  counters.count({ kind: 'voted', order, again: false });
  counters.count({ kind: 'refused', link: 1n as LinkId, refusal: no });
  assert.deepEqual(counters.view(), {
    votes: 2,
    votesAgain: 1,
    certificates: 1,
    relayed: 1,
    doubleSpends: 1,
    conflicts: 1,
    refusals: { insufficient_balance: 2 },
  });
});
