/**
 * An authority's signed word that it is there, and whether it votes, in answer to a question asked
 * just now. The nonce shows that it is no older than the question. It says nothing of any account,
 * so anybody may ask.
 */
import { equalBytes } from '../base/bytes.ts';
import { type Message, type Way, wayBodyCoder } from '../codec/message.ts';
import type { Read } from '../io.ts';
import { isStatementValid, signStatement } from '../network/statement.ts';
import type { AuthoritySetup, NodeSetup } from '../setup.ts';
import { mayVote } from '../standing.ts';

/** The word of this authority. */
export function wayOf(read: Read, setup: AuthoritySetup, nonce: Uint8Array): Message {
  const body = { nonce, votes: mayVote(read) };
  return { TAG: 'way', data: { ...signStatement(read, setup, 'way', wayBodyCoder, body), body } };
}

/** Whether the member that it names has said this, in answer to the question with this nonce. */
export function isWayValid(
  read: Read,
  setup: Pick<NodeSetup, 'network' | 'verify'>,
  nonce: Uint8Array,
  way: Way,
): boolean {
  if (!equalBytes(way.body.nonce, nonce)) return false;
  return isStatementValid(read, setup, 'way', wayBodyCoder, way, way.body);
}
