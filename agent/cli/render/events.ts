/** Events (shell/control/event-view.ts), one line each. */
import { unreachable } from '../../core/base/assert.ts';
import type { EventView, RefusalView } from '../../shell/control/event-view.ts';
import type { OrderView } from '../../shell/control/money-view.ts';
import type { Paint } from './paint.ts';
import { harmless, listed, memoText } from './text.ts';

/** "12:00:00.123  voted  ...". The time is universal time, as everywhere. */
export function renderEvent(paint: Paint, event: EventView): string {
  const time = new Date(event.atMs).toISOString().slice(11, 23);
  return `${paint.faint(time)}  ${kindText(paint, event)}${describe(event)}`.trimEnd();
}

const LOUD = new Set<EventView['kind']>([
  'conflict',
  'double_spend',
  'order_failed',
  'voted_elsewhere',
]);
const GLAD = new Set<EventView['kind']>(['order_certified', 'received', 'applied']);

function kindText(paint: Paint, { kind }: EventView): string {
  // Padded before it is painted: a colour must not count as columns.
  const padded = kind.padEnd(16);
  if (LOUD.has(kind)) return paint.bad(padded);
  return GLAD.has(kind) ? paint.good(padded) : paint.accent(padded);
}

function describe(event: EventView): string {
  switch (event.kind) {
    case 'voted':
      return `${orderText(event.order)}${event.again ? ' (again)' : ''}`;
    case 'refused':
      return `${refusalText(event.refusal)} on link ${event.link}`;
    case 'applied':
    case 'order_certified':
    case 'received':
      return `${orderText(event.certificate.order)} by ${listed(event.certificate.votes)}`;
    case 'double_spend':
      return `${orderText(event.first)} and ${orderText(event.second)}`;
    case 'conflict':
      return `${orderText(event.first.order)} and ${orderText(event.second.order)}, both certified`;
    case 'voted_elsewhere':
      return `this key voted elsewhere, for ${shortName(event.account)} #${event.sequence}: no vote any more`;
    case 'vouched_for':
      return `${event.vouchers} members vouched for the first start: this authority votes`;
    case 'compared':
      return `ledger ${event.equal ? 'equal to' : 'differs from'} that of ${event.member}`;
    case 'relayed':
      return `a frame to ${event.member}`;
    case 'order_created':
      return orderText(event.order);
    case 'vote_received':
      return `${event.member}: ${event.votes} of ${event.quorum}`;
    case 'order_refused':
      return `${event.member}: ${refusalText(event.refusal)}`;
    case 'order_failed':
      return `${orderText(event.order)}: ${refusalText(event.refusal)}`;
    case 'spread':
      return `${event.member} has applied all up to sequence ${event.next}`;
    case 'refreshed':
      return `${event.member} has told all it knows`;
    case 'reached':
      return `${event.member} answers`;
    case 'account_seen': {
      const balances = event.balances.map(({ amount, token }) => `${amount} ${token}`);
      return `${event.member}: ${shortName(event.account)} has ${listed(balances) || 'nothing'}`;
    }
    case 'latest_seen':
      return `${event.member}: at sequence ${event.next}, ${event.received} credits${event.knows ? '' : ', votes unknown'}`;
    case 'command_refused':
      return refusalText(event.refusal);
    case 'peer': {
      const who = harmless(event.name ?? event.address ?? 'unknown');
      const why = event.reason === null ? '' : ` (${harmless(event.reason)})`;
      return `${who}: ${event.from} -> ${event.to}${why}`;
    }
    case 'state':
      return `${event.from} -> ${event.to}`;
    default:
      return unreachable(event);
  }
}

/** "12.50 HRS mp1abc...wxyz -> mp1... #3". */
function orderText({ amount, token, account, recipient, sequence, memo }: OrderView): string {
  const note = memo === '' ? '' : ` ${memoText(memo)}`;
  return `${amount} ${token} ${shortName(account)} -> ${shortName(recipient)} #${sequence}${note}`;
}

function refusalText({ code, field, expected, found }: RefusalView): string {
  const details = [
    field,
    expected === undefined ? undefined : `expected ${expected}`,
    found === undefined ? undefined : `found ${found}`,
  ].filter((part) => part !== undefined);
  return harmless(details.length === 0 ? code : `${code} (${details.join(', ')})`);
}

/** A bech32m name short enough for a line: its first eleven characters and its last four. */
export function shortName(name: string): string {
  return name.length <= 18 ? name : `${name.slice(0, 11)}...${name.slice(-4)}`;
}
