/**
 * The payer's signature in what passes by, made another one. What an order is called does not cover
 * it, so votes for the order stay valid beside it.
 */
import type { Message } from '../../../agent/core/codec/message.ts';
import type { Prng } from '../prng.ts';

/**
 * The message with another signature of its payer; undefined for what has none, and as often as
 * not.
 */
export function spoilt(prng: Prng, message: Message): Message | undefined {
  if (message.TAG !== 'order' && message.TAG !== 'certificate') return undefined;
  if (prng.below(2) === 0) return undefined;
  const signature = prng.bytes(64);
  if (message.TAG === 'order') return { TAG: 'order', data: { ...message.data, signature } };
  const { data } = message;
  return { TAG: 'certificate', data: { ...data, order: { ...data.order, signature } } };
}
