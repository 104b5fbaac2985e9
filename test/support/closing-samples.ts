/** The samples of closings, for frozen vectors. */
import type { Amount, Epoch, MemberIndex, TokenIndex } from '../../agent/core/base/units.ts';
import type { Decision } from '../../agent/core/codec/agreement.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import * as closing from '../../agent/core/codec/closing.ts';
import type { SignedOrder } from '../../agent/core/codec/order.ts';
import { factCoder } from '../../agent/core/codec/record.ts';

interface Given {
  readonly hash: Uint8Array;
  readonly signed: SignedOrder;
  readonly other: SignedOrder;
  readonly decision: Decision;
}

function bytes(length: number, start: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i) & 255);
}

/** The records of closings, one with each result, and what is agreed on. */
export function closingSamples({
  hash,
  signed,
  other,
  decision,
}: Given): readonly (readonly [string, Uint8Array])[] {
  const { account, sequence } = signed.order;
  const place = { account, sequence };
  const cause: closing.ClosingCause = { TAG: 'proof', data: { first: signed, second: other } };
  const amounts = [{ token: 1 as TokenIndex, amount: 7n as Amount }];
  const results: readonly closing.ClosingResult[] = [
    { TAG: 'none', data: {} },
    { TAG: 'win', data: { order: signed } },
    { TAG: 'reserve', data: { orders: [hash], amounts } },
  ];
  const statements = [
    { member: 0 as MemberIndex, voted: hash, signature: bytes(64, 81) },
    { member: 2 as MemberIndex, voted: undefined, signature: bytes(64, 82) },
  ];
  const orders = [signed, other];
  const kept = { cause, epoch: 0 as Epoch, statements, orders };
  const reserve = { orders: [hash], amounts };
  return [
    ...results.map((result) => {
      const record = { ...kept, decided: { turn: 1, result }, reserve };
      return [result.TAG, encode(closing.closingCoder, record)] as const;
    }),
    ['value', encode(closing.closingValueCoder, { epoch: 0 as Epoch, statements, orders })],
    ['places', encode(closing.toldPlacesCoder, [place])],
    ['statement', encode(closing.statementBodyCoder, { place, voted: hash })],
    ['fact', encode(factCoder, { TAG: 'closing', data: decision })],
  ];
}

/** The messages of closings, one of each kind. */
export function closingMessages({ signed, other, decision }: Omit<Given, 'hash'>) {
  const { account, sequence } = signed.order;
  const place = { account, sequence };
  const cause: closing.ClosingCause = { TAG: 'proof', data: { first: signed, second: other } };
  const epoch = 0 as Epoch;
  const [one, two] = [1 as MemberIndex, 2 as MemberIndex];
  return {
    closingRequest: { place, cause: { TAG: 'wish', data: bytes(64, 83) } },
    closingStatement: {
      epoch,
      member: two,
      place,
      voted: signed,
      signature: bytes(64, 84),
      cause,
    },
    closingTold: { member: one, place, statements: 3, decision },
    closingVote: { epoch, member: one, order: signed, signature: bytes(64, 85) },
  } as const;
}
