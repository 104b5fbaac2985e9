/** Events (shell/control/event-view.ts), one line each. A kind without a row does not compile. */
import { harmless } from '../../core/base/characters.ts';
import type { EventKind, EventView } from '../../shell/control/event-view.ts';
import {
  type OrderView,
  payeeText,
  type QuantityView,
  shortName,
} from '../../shell/control/money-view.ts';
import type { RefusalView, SubjectView } from '../../shell/control/notices.ts';
import { memoText } from '../../wallet/receipt.ts';
import type { Paint } from './paint.ts';
import { listed } from './text.ts';

/** "12:00:00.123  voted  ...". The time is universal time, as everywhere. */
export function renderEvent(paint: Paint, event: EventView): string {
  const time = new Date(event.atMs).toISOString().slice(11, 23);
  const { tone, text } = lineOf(event);
  // Padded before it is painted: a colour must not count as columns.
  const kind = paint[tone](event.kind.padEnd(16));
  return `${paint.faint(time)}  ${kind}${text(event)}`.trimEnd();
}

type EventOf<K extends EventKind> = Extract<EventView, { readonly kind: K }>;

interface Line<K extends EventKind> {
  readonly tone: 'accent' | 'good' | 'bad';
  readonly text: (event: EventOf<K>) => string;
}

const LINES: { readonly [K in EventKind]: Line<K> } = {
  voted: {
    tone: 'accent',
    text: ({ order, again }) => `${orderText(order)}${again ? ' (again)' : ''}`,
  },
  refused: {
    tone: 'accent',
    text: ({ refusal, link }) => `${refusalText(refusal)} on link ${link}`,
  },
  applied: { tone: 'good', text: certificateText },
  order_certified: { tone: 'good', text: certificateText },
  received: { tone: 'good', text: certificateText },
  double_spend: {
    tone: 'bad',
    text: ({ first, second }) => `${orderText(first)} and ${orderText(second)}`,
  },
  conflict: {
    tone: 'bad',
    text: ({ first, second }) =>
      `${orderText(first.order)} and ${orderText(second.order)}, both certified`,
  },
  voted_elsewhere: {
    tone: 'bad',
    text: ({ account, sequence }) =>
      `this key voted elsewhere, for ${shortName(account)} #${sequence}: no vote any more`,
  },
  vouched_for: {
    tone: 'accent',
    text: ({ vouchers }) => `${vouchers} members vouched for the first start: this authority votes`,
  },
  epoch_began: {
    tone: 'accent',
    text: ({ epoch, members }) => `${members} authorities judge from now on (epoch ${epoch})`,
  },
  approved: {
    tone: 'accent',
    text: ({ member, proposal }) => `${member} approves of committee ${proposal}`,
  },
  epoch_ends: {
    tone: 'accent',
    text: ({ epoch }) => `no more votes in epoch ${epoch}: the committee is being changed`,
  },
  epoch_settled: {
    tone: 'good',
    text: ({ epoch, kept }) =>
      `this ledger is that of epoch ${epoch}${kept === 0 ? '' : `, with ${kept} orders carried over`}`,
  },
  moved: {
    tone: 'good',
    text: ({ account, sequence, move }) =>
      `withdrawal #${sequence} of ${shortName(account)} ${MOVED[move]}`,
  },
  deposited: {
    tone: 'good',
    text: ({ ledger, account, amount, token }) =>
      `${amount} ${token} paid in at ${ledger} for ${shortName(account)}`,
  },
  payout: {
    tone: 'accent',
    text: ({ account, sequence, state, reference }) => {
      const at = reference === '' ? '' : ` (${reference})`;
      return `payout of withdrawal #${sequence} of ${shortName(account)}: ${state}${at}`;
    },
  },
  agreed: {
    tone: 'good',
    text: ({ subject, round }) => `${subjectText(subject)}, in round ${round}`,
  },
  equivocated: {
    tone: 'bad',
    text: ({ member, subject, round }) =>
      `${member} contradicted itself about ${subjectText(subject)}, in round ${round}`,
  },
  closing_asked: {
    tone: 'accent',
    text: ({ account, sequence, by }) =>
      `${shortName(account)} #${sequence}, ${by === 'wish' ? 'as its owner wishes' : 'with two orders for it'}`,
  },
  closed: {
    tone: 'good',
    text: ({ account, sequence, result }) =>
      `${shortName(account)} #${sequence}: ${CLOSED[result]}`,
  },
  closing_heard: {
    tone: 'accent',
    text: ({ member, statements, of }) =>
      `${statements} of ${of} authorities have said what they voted for, ${member} says`,
  },
  compared: {
    tone: 'accent',
    text: ({ member, equal }) => `ledger ${equal ? 'equal to' : 'differs from'} that of ${member}`,
  },
  heard: { tone: 'good', text: ({ member, votes }) => `${member}, which ${votesText(votes)}` },
  silent: { tone: 'bad', text: ({ member }) => `${member} has not shown that it is there` },
  connectivity: {
    tone: 'accent',
    text: ({ from, to, heard, of }) => `${from} -> ${to}, ${heard} of ${of} members are heard`,
  },
  relayed: { tone: 'accent', text: ({ member }) => `a frame to ${member}` },
  order_created: { tone: 'accent', text: ({ order }) => orderText(order) },
  vote_received: {
    tone: 'accent',
    text: ({ member, votes, quorum }) => `${member}: ${votes} of ${quorum}`,
  },
  order_refused: {
    tone: 'accent',
    text: ({ member, refusal }) => `${member}: ${refusalText(refusal)}`,
  },
  order_failed: {
    tone: 'bad',
    text: ({ order, refusal }) => `${orderText(order)}: ${refusalText(refusal)}`,
  },
  spread: {
    tone: 'accent',
    text: ({ member, next }) => `${member} has applied all up to sequence ${next}`,
  },
  refreshed: { tone: 'accent', text: ({ member }) => `${member} has told all it knows` },
  reached: {
    tone: 'accent',
    text: ({ member, votes }) => `${member} answers, and ${votesText(votes)}`,
  },
  account_seen: { tone: 'accent', text: accountText },
  latest_seen: {
    tone: 'accent',
    text: ({ member, next, received, knows }) =>
      `${member}: at sequence ${next}, ${received} credits${knows ? '' : ', votes unknown'}`,
  },
  command_refused: { tone: 'accent', text: ({ refusal }) => refusalText(refusal) },
  peer: { tone: 'accent', text: peerText },
  state: { tone: 'accent', text: ({ from, to }) => `${from} -> ${to}` },
};

function lineOf({ kind }: EventView): Line<EventKind> {
  return LINES[kind] as Line<EventKind>;
}

function votesText(votes: boolean): string {
  return votes ? 'votes' : 'does not vote';
}

function certificateText({
  certificate,
}: EventOf<'applied' | 'order_certified' | 'received'>): string {
  return `${orderText(certificate.order)} by ${listed(certificate.votes)}`;
}

function accountText({ member, account, balances, locked }: EventOf<'account_seen'>): string {
  const textOf = ({ amount, token }: QuantityView): string => `${amount} ${token}`;
  const held = locked.length === 0 ? '' : `, locked ${listed(locked.map(textOf))}`;
  return `${member}: ${shortName(account)} has ${listed(balances.map(textOf)) || 'nothing'}${held}`;
}

function peerText({ name, address, from, to, reason }: EventOf<'peer'>): string {
  const who = harmless(name ?? address ?? 'unknown');
  const why = reason === null ? '' : ` (${harmless(reason)})`;
  return `${who}: ${from} -> ${to}${why}`;
}

/** "12.50 HRS mp1abc...wxyz -> mp1... #3". */
function orderText(order: OrderView): string {
  const { amount, token, account, sequence, memo } = order;
  const note = memo === '' ? '' : ` ${memoText(memo)}`;
  return `${amount} ${token} ${shortName(account)} -> ${payeeText(order)} #${sequence}${note}`;
}

const MOVED = {
  settle: 'is to be paid out',
  refund: 'is given back, unpaid',
  pay: 'was paid out',
  return: 'came back',
} as const;

/** "outcome of mp1abc...wxyz #3". */
const CLOSED = {
  none: 'spent without an order',
  win: 'one order won, and gets its certificate',
  reserve: 'money is kept aside for the order that turns out to be certified',
} as const;

function subjectText(subject: SubjectView): string {
  if (subject.kind === 'epoch') return `end of epoch ${subject.epoch}`;
  const { kind, account, sequence } = subject;
  return `${kind} of ${shortName(account)} #${sequence}`;
}

function refusalText({ code, field, expected, found }: RefusalView): string {
  const details = [
    field,
    expected === undefined ? undefined : `expected ${expected}`,
    found === undefined ? undefined : `found ${found}`,
  ].filter((part) => part !== undefined);
  return harmless(details.length === 0 ? code : `${code} (${details.join(', ')})`);
}
