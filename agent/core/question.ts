/**
 * Questions about an account (PROTOCOL: Privacy): only its owner may ask, so a question is signed
 * by the account's key, under a tag of its own and for one member of one network's committee.
 * Nobody else is told anything.
 *
 * A question that was recorded can be asked again, of that member alone. So a relay can repeat a
 * question that it carried, and hear the answer as it is by then.
 */

import { NONCE_BYTES } from './base/limits.ts';
import type { MemberIndex } from './base/units.ts';
import { draw } from './chance.ts';
import { encode } from './codec/canonical.ts';
import {
  type Message,
  type Question,
  type QuestionBody,
  questionBodyCoder,
  type Wish,
} from './codec/message.ts';
import type { OpenQuestion } from './codec/record.ts';
import type { Draft } from './draft.ts';
import { signingBytes } from './network/signing.ts';
import type { AuthoritySetup, WalletSetup } from './setup.ts';
import { SPACES } from './spaces.ts';

/**
 * This wallet's question for a member. It has the nonce of the question for the latest, if one is
 * open.
 */
export function questionOf(
  draft: Draft,
  { network, wallet }: WalletSetup,
  member: MemberIndex,
  wish: Wish,
): Message {
  const nonce = openedQuestion(draft)?.nonce ?? drawNonce(draft);
  const body = { member, account: wallet.publicKey, nonce, wish };
  return { TAG: 'question', data: { body, signature: wallet.sign(bytesOf(network.id, body)) } };
}

/** The question for the latest that this wallet asked last. */
export function openedQuestion(draft: Draft): OpenQuestion | undefined {
  return draft.read(SPACES.question);
}

/** Whether the owner of the account asks this very authority. The cheap check comes first. */
export function isQuestionValid(
  { network, authority, verify }: AuthoritySetup,
  { body, signature }: Question,
): boolean {
  if (body.member !== authority.member) return false;
  return verify(body.account, bytesOf(network.id, body), signature);
}

function bytesOf(networkId: Uint8Array, body: QuestionBody): Uint8Array {
  return signingBytes('question', networkId, encode(questionBodyCoder, body));
}

function drawNonce(draft: Draft): Uint8Array {
  return Uint8Array.from({ length: NONCE_BYTES }, (_, i) => draw(draft, 256, `nonce ${i}`));
}
