/**
 * What a committee decided about locked money holds in the next epoch (PROTOCOL: Change of epoch):
 * no member votes there before its ledger contains it, so the new committee decides nothing else.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withdrawalAt } from '../../agent/core/authority/locks.ts';
import type { LinkId, Sequence } from '../../agent/core/base/units.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { isBehind } from '../../agent/core/standing.ts';
import { Changes } from '../support/changes.ts';
import { certificateOf, frameOf, withdrawalOf } from '../support/forge.ts';
import { balanceAt, lockedAt } from '../support/ledger.ts';
import { OuterLedger } from '../support/outer-ledger.ts';

const FOUNDERS = ['auth-0', 'auth-1', 'auth-2', 'auth-3'];
const NEXT = ['auth-0', 'auth-1', 'auth-3', 'elm'];
const MINUTE_MS = 60_000;

/** What tells an outcome, or that there is one. */
const TELLS: ReadonlySet<Message['TAG']> = new Set<Message['TAG']>([
  'fact',
  'factCount',
  'facts',
  'settleRequest',
  'proposal',
  'prevote',
  'precommit',
  'decision',
]);

/** Of the debates only those of outcomes are kept from somebody. */
function isOfEpoch(message: Message): boolean {
  switch (message.TAG) {
    case 'proposal':
    case 'prevote':
    case 'precommit':
      return message.data.body.subject.TAG === 'epoch';
    case 'decision':
      return message.data.subject.TAG === 'epoch';
    default:
      return false;
  }
}

function stateAt(world: Changes, name: string): string | undefined {
  const { publicKey } = world.place('alice').signer;
  return withdrawalAt(world.place(name).state, publicKey, 0n as Sequence)?.state;
}

it('an outcome that some members did not hear of is theirs too after a change of epoch', () => {
  const world = new Changes({ gateways: ['auth-0'], heartbeats: true });
  const ledger = new OuterLedger(world);
  const deaf = new Set(['auth-3', 'elm']);
  world.onFrame = (_from, to, { message }) => {
    return !deaf.has(to.name) || !TELLS.has(message.TAG) || isOfEpoch(message);
  };
  const order = withdrawalOf(world, 'alice', {
    amount: 400n,
    validUntilMs: BigInt(world.nowMs + MINUTE_MS),
  });
  const tell = (name: string, message: Message): void => {
    world.event(world.place(name), {
      kind: 'frame',
      link: 0xfeedn as LinkId,
      bytes: frameOf(message),
    });
  };
  for (const name of FOUNDERS) tell(name, { TAG: 'order', data: order });
  const data = certificateOf(world, order, [0, 1, 2]);
  for (const name of FOUNDERS) tell(name, { TAG: 'certificate', data });
  world.run();
  world.pass(3_000);
  assert.deepEqual(
    FOUNDERS.map((name) => stateAt(world, name)),
    ['settled', 'settled', 'settled', 'locked'],
  );

  world.approve(['auth-0', 'auth-1', 'auth-2'], world.committeeOf(NEXT));
  world.pass(5_000);
  assert.deepEqual(world.epochs(NEXT), [1, 1, 1, 1]);
  assert.deepEqual(
    NEXT.map((name) => isBehind(world.place(name).state)),
    [false, false, true, true],
  );

  // The time of the withdrawal is over: whoever votes and knows of no outcome would refund it.
  deaf.clear();
  world.pass(2 * MINUTE_MS);
  ledger.become(ledger.only, 'final');
  world.pass(MINUTE_MS);
  for (const name of NEXT) {
    assert.equal(stateAt(world, name), 'paid', name);
    assert.equal(isBehind(world.place(name).state), false, name);
    assert.deepEqual([balanceAt(world, name, 'alice'), lockedAt(world, name, 'alice')], [600n, 0n]);
  }
});
