/** Authorities that are broken on purpose, so that a test can see each promise fail. */

import type { ByteKey } from '../../../agent/core/base/bytes.ts';
import { REFUSALS } from '../../../agent/core/base/refusal.ts';
import { decodeOwn, encode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../../agent/core/codec/message.ts';
import { voteSigningBytes } from '../../../agent/core/codec/order.ts';
import { accountCoder } from '../../../agent/core/codec/record.ts';
import type { Event, Read, Step } from '../../../agent/core/io.ts';
import { createNode } from '../../../agent/core/node.ts';
import type { NodeSetup } from '../../../agent/core/setup.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { asFounded } from '../../../agent/core/views.ts';
import { type MakeNode, STRANGER } from './authority.ts';
import type { SmallWorld } from './small-world.ts';

/** Makes of a right step a wrong one. */
export type Habit = (step: Step, event: Event, read: Read, setup: NodeSetup) => Step;

/** Nodes of the production core with a bad habit. */
export function withHabit(habit: Habit): MakeNode {
  return (setup) => {
    const node = createNode(setup);
    return {
      step: (event, stamp, read) => habit(node.step(event, stamp, read), event, read, setup),
    };
  };
}

function messagesOf(step: Step): Message[] {
  return step.sends.map(({ bytes }) => decodeOwn(frameCoder, bytes).message);
}

/** Its vote leaves, but what it voted for is not written. */
export const votesUnwritten: Habit = (step) => {
  const isVote = messagesOf(step).some(({ TAG }) => TAG === 'vote');
  return isVote ? { ...step, writes: [] } : step;
};

/** Asked for a second order of one number, it votes as well. */
export const votesTwice: Habit = (step, _event, _read, { network, authority }) => {
  const sends = step.sends.map((send) => {
    const frame = decodeOwn(frameCoder, send.bytes);
    const { message } = frame;
    if (message.TAG !== 'orderRefusal' || authority === undefined) return send;
    const { orderHash, code } = message.data.verdict;
    if (code !== REFUSALS.order_pending.wire) return send;
    const { epoch } = asFounded(network).committee;
    const signature = authority.sign(voteSigningBytes(network.id, epoch, orderHash));
    const data = { epoch, member: authority.member, orderHash, signature };
    const bytes = encode(frameCoder, { ...frame, message: { TAG: 'vote' as const, data } });
    return { ...send, bytes };
  });
  return { ...step, sends };
};

/** What it voted for is gone after a restart. */
export function forgetsPending(world: SmallWorld): Habit {
  return (step, event, read) => {
    if (event.kind !== 'start') return step;
    const keys = world.wallets.map(
      ({ publicKey }) =>
        (SPACES.account.prefix + Buffer.from(publicKey).toString('latin1')) as ByteKey,
    );
    const writes = keys.flatMap((key) => {
      const bytes = read.get(key);
      if (bytes === undefined) return [];
      const account = decodeOwn(accountCoder, bytes);
      return [{ key, value: encode(accountCoder, { ...account, pending: undefined }) }];
    });
    return { ...step, writes: [...step.writes, ...writes] };
  };
}

/** The payee of a certificate is not credited. */
export const losesCredits: Habit = (step) => {
  const isApplied = step.notices.some(({ kind }) => kind === 'applied');
  const accounts = step.writes.filter(({ key }) => key.startsWith(SPACES.account.prefix));
  const lost = isApplied ? accounts.at(-1) : undefined;
  return { ...step, writes: step.writes.filter((write) => write !== lost) };
};

/** It does not look at the accounts that others say they have. */
export const comparesNothing: Habit = (step, event) => {
  if (event.kind !== 'frame') return step;
  const { message } = decodeOwn(frameCoder, event.bytes);
  return message.TAG === 'bucket' ? { ...step, sends: [] } : step;
};

/** After it applied a certificate it answers nobody any more, until it is restarted. */
export const answersFromMemory: Habit = (step, _event, read) => {
  const key = `${SPACES.timers.prefix}silent` as ByteKey;
  const isApplied = step.notices.some(({ kind }) => kind === 'applied');
  if (isApplied) return { ...step, writes: [...step.writes, { key, value: new Uint8Array() }] };
  if (read.get(key) === undefined) return step;
  return { ...step, sends: step.sends.filter(({ link }) => link !== STRANGER) };
};

/** Every signature is good enough. */
export const believesAnything: MakeNode = (setup) => createNode({ ...setup, verify: () => true });
