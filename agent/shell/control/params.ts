/** Parameters of the control methods as they came from outside, checked strictly. */

import { strayIn } from '../../core/base/characters.ts';
import {
  MAX_BOOK_NOTE_BYTES,
  MAX_MEMBERS,
  MAX_NAME_LENGTH,
  MAX_RECEIPT_NUMBER_BYTES,
} from '../../core/base/limits.ts';
import { LOG_LEVELS } from '../log/levels.ts';
import type { ControlMethod, ParamsOf } from './api.ts';
import { controlError } from './errors.ts';
import { EVENT_KINDS } from './event-view.ts';

type Reader<M extends ControlMethod> = (given: Given) => ParamsOf<M>;

/** Takes the parameters out one by one; what is left over at the end is unknown. */
interface Given {
  text(field: string, mostLength: number): string;
  optional<T>(
    field: string,
    expected: string,
    read: (value: unknown) => T | undefined,
  ): T | undefined;
}

const READERS: { readonly [M in ControlMethod]: Reader<M> } = {
  status: () => ({}),
  peers: () => ({}),
  committee: () => ({}),
  'committee.change': () => ({}),
  'committee.propose': (given) => ({
    add: seatsParam(given, 'add'),
    remove: namesParam(given, 'remove'),
    replace: seatsParam(given, 'replace'),
  }),
  'committee.approve': (given) => ({ committee: given.text('committee', 64) }),
  account: (given) => {
    const account = given.text('account', 200);
    const from = given.optional('from', '"ledger" or "committee"', oneOf(['ledger', 'committee']));
    return from === undefined ? { account } : { account, from };
  },
  reach: () => ({}),
  events: (given) => {
    const names = Object.keys(EVENT_KINDS);
    const kinds = given.optional('kinds', `a list of ${names.join(', ')}`, (value) =>
      Array.isArray(value) && value.every((kind) => names.includes(kind as string))
        ? (value as string[])
        : undefined,
    );
    return kinds === undefined ? {} : { kinds };
  },
  'log.level': (given) => {
    const level = given.optional('level', LOG_LEVELS.join(', '), oneOf(LOG_LEVELS));
    return level === undefined ? {} : { level };
  },
  doctor: () => ({}),
  backup: (given) => ({ file: given.text('file', 4096) }),
  'cashier.pending': (given) => ledgerParam(given),
  'cashier.payout': (given) => ({ ...ledgerParam(given), payout: given.text('payout', 20) }),
  'cashier.deal': (given) => {
    const states = ['paid', 'refused'] as const;
    const payout = given.text('payout', 20);
    const state = given.optional('state', states.join(', '), oneOf(states));
    if (state === undefined) throw badParam('state', states.join(', '), state);
    return { ...ledgerParam(given), payout, state, ...noteParam(given) };
  },
  'cashier.deposit': (given) => ({
    ...ledgerParam(given),
    receipt: shortText('receipt', given.text('receipt', 200), MAX_RECEIPT_NUMBER_BYTES),
    account: given.text('account', 200),
    amount: given.text('amount', 80),
    token: given.text('token', 80),
    ...noteParam(given),
  }),
  'cashier.book': (given) => {
    const from = given.optional('from', 'the number of an entry', (value) =>
      typeof value === 'string' && /^(0|[1-9][0-9]{0,18})$/.test(value) ? value : undefined,
    );
    return { ...ledgerParam(given), ...(from === undefined ? {} : { from }) };
  },
  reload: () => ({}),
  stop: () => ({}),
};

/** Whether there is such a method. */
export function isMethod(method: unknown): method is ControlMethod {
  return typeof method === 'string' && Object.hasOwn(READERS, method);
}

/** Names of all methods. */
export function methodNames(): readonly string[] {
  return Object.keys(READERS);
}

/** The parameters of a method. Throws a ControlError `bad_params` that names the field. */
export function readParams<M extends ControlMethod>(method: M, params: unknown): ParamsOf<M> {
  const given: unknown = params ?? {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw badParam('params', 'an object', given);
  }
  const left = new Map<string, unknown>(Object.entries(given));
  const take = (field: string): unknown => {
    const value = left.get(field);
    left.delete(field);
    return value;
  };
  const read = READERS[method]({
    text: (field, mostLength) => {
      const value = take(field);
      if (typeof value === 'string' && value.length <= mostLength) return value;
      throw badParam(field, `a text of at most ${mostLength} characters`, value);
    },
    optional: (field, expected, readValue) => {
      const value = take(field);
      if (value === undefined) return undefined;
      const result = readValue(value);
      if (result === undefined) throw badParam(field, expected, value);
      return result;
    },
  });
  const [extra] = left.keys();
  if (extra !== undefined) throw badParam(extra.slice(0, 40), 'no such parameter', left.get(extra));
  return read;
}

/** Members by their names. */
function namesParam(given: Given, field: string): readonly string[] {
  const isName = (value: unknown): value is string =>
    typeof value === 'string' && value.length <= MAX_NAME_LENGTH;
  const names = given.optional(field, 'a list of names', (value) =>
    Array.isArray(value) && value.length <= MAX_MEMBERS && value.every(isName) ? value : undefined,
  );
  return names ?? [];
}

/** Members by their names, each with the name of its key. */
function seatsParam(
  given: Given,
  field: string,
): readonly { readonly name: string; readonly key: string }[] {
  const seats = given.optional(field, 'a list of names with keys', (value) =>
    Array.isArray(value) && value.length <= MAX_MEMBERS && value.every(isSeat) ? value : undefined,
  );
  return seats ?? [];
}

function isSeat(value: unknown): value is { name: string; key: string } {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false;
  const { name, key } = value as { name?: unknown; key?: unknown };
  const isText = typeof name === 'string' && typeof key === 'string';
  return isText && name.length <= MAX_NAME_LENGTH && key.length <= 200;
}

/** Which ledger is meant, if it was said. */
function ledgerParam(given: Given): { ledger?: string } {
  const ledger = given.optional('ledger', 'the name of a ledger', (value) =>
    typeof value === 'string' && value.length <= 200 ? value : undefined,
  );
  return ledger === undefined ? {} : { ledger };
}

function noteParam(given: Given): { note?: string } {
  const note = given.optional('note', 'a text', (value) =>
    typeof value === 'string' && value.length <= 1_000 ? value : undefined,
  );
  return note === undefined ? {} : { note: shortText('note', note, MAX_BOOK_NOTE_BYTES) };
}

/** A line that goes into a book: within its bound, and all of it can be seen. */
function shortText(field: string, text: string, mostBytes: number): string {
  const stray = strayIn(text);
  if (stray === undefined && Buffer.byteLength(text) <= mostBytes) return text;
  const expected = `one line of at most ${mostBytes} bytes`;
  const found = stray ?? `${Buffer.byteLength(text)} bytes`;
  throw controlError('bad_params', { field, expected, found });
}

function oneOf<const T>(values: readonly T[]): (value: unknown) => T | undefined {
  return (value) => values.find((allowed) => allowed === value);
}

function badParam(field: string, expected: string, value: unknown): Error {
  const found = (JSON.stringify(value) ?? 'nothing').slice(0, 80);
  return controlError('bad_params', { field, expected, found });
}
