/** What a wallet does with the word of an authority on its order (agent/core/wallet/votes.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REFUSALS, type RefusalCode } from '../../agent/core/base/refusal.ts';
import type { Balance, Epoch, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { type Message, type OrderRefusal, verdictCoder } from '../../agent/core/codec/message.ts';
import { type Certificate, certificateCoder, orderHash } from '../../agent/core/codec/order.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { certificateOf, orderOf, voteOf } from '../support/forge.ts';
import { World } from '../support/world.ts';

/** Alice has paid twice and been paid once; her third order is on its way, heard by nobody. */
function begun(paid = true) {
  const world = new World({ opens: 500n });
  world.connect('alice', 'auth-0');
  world.run();
  const deliver = (certificate: Certificate): void => {
    const bytes = encode(certificateCoder, certificate);
    const command = { kind: 'deliver', certificate: bytes } as const;
    world.event(world.place('alice'), { kind: 'command', command });
  };
  const own = [0n, 1n].map((sequence) =>
    certificateOf(world, orderOf(world, 'alice', 'bob', { sequence }), [0, 1, 2]),
  );
  const income = certificateOf(world, orderOf(world, 'bob', 'alice', { amount: 4n }), [0, 1, 2]);
  if (paid) for (const certificate of [...own, income]) deliver(certificate);
  world.run();
  let sent: Message[] = [];
  world.onFrame = (from, to, { message }) => {
    if (from.name === 'alice' && to.name === 'auth-0') sent.push(message);
    return false;
  };
  world.pay('alice', 'bob', 9n);
  world.run();
  const [made] = world.notices('alice', 'order_created');
  assert.ok(made !== undefined);
  const hash = orderHash(world.network.id, made.order.order);
  /** Member 0 refuses the order; returns what alice sends then, and how she tells of it. */
  const refuse = (
    code: RefusalCode,
    change: Partial<OrderRefusal['verdict']> = {},
    signer = 'auth-0',
  ) => {
    const verdict = {
      orderHash: hash,
      code: REFUSALS[code].wire,
      next: 0n as Sequence,
      balance: 0n as Balance,
      ...change,
    };
    const epoch = 0 as Epoch;
    const body = signingBytes('refusal', world.network.id, epoch, encode(verdictCoder, verdict));
    const signature = world.place(signer).signer.sign(body);
    const member = 0 as MemberIndex;
    sent = [];
    hear(world, {
      TAG: 'orderRefusal',
      data: { epoch, member, verdict, pending: undefined, signature },
    });
    const told = world.notices('alice', 'order_refused').map(({ refusal }) => refusal);
    return { sent, told };
  };
  return { world, own, income, made: made.order, hash, refuse };
}

function hear(world: World, message: Message): void {
  world.inject('auth-0', 'alice', { to: undefined, route: [], isPassedOn: false, message });
  world.run();
}

describe('a refusal', () => {
  it('counts with the signature of the member that it names, and for the order on its way', () => {
    const { refuse } = begun();
    assert.deepEqual(refuse('account_frozen', {}, 'auth-1').told, []);
    assert.deepEqual(refuse('account_frozen', { orderHash: new Uint8Array(32) }).told, []);
    assert.deepEqual(refuse('account_frozen', { code: 255 }).told, []);
    const { told, sent } = refuse('account_frozen');
    assert.deepEqual(told, [{ refused: 'account_frozen' }]);
    assert.deepEqual(sent, [], 'and there is nothing to be done about this one');
  });

  it('says nothing when no order is on its way any more', () => {
    const { world, made, refuse } = begun();
    const bytes = encode(certificateCoder, certificateOf(world, made));
    const command = { kind: 'deliver', certificate: bytes } as const;
    world.event(world.place('alice'), { kind: 'command', command });
    assert.equal(world.notices('alice', 'order_certified').length, 1);
    assert.deepEqual(refuse('account_frozen').told, []);
  });

  it('of who has missed earlier orders is answered with the first of those alone', () => {
    const { own, refuse } = begun();
    const { told, sent } = refuse('missing_earlier', { next: 1n as Sequence });
    assert.deepEqual(told, [{ refused: 'missing_earlier', found: '1' }]);
    assert.deepEqual(sent, [{ TAG: 'certificate', data: own[1] }]);
  });

  it('of who finds too little money is answered with the income', () => {
    const { income, refuse } = begun();
    const { told, sent } = refuse('insufficient_balance', { balance: 3n as Balance });
    assert.deepEqual(told, [{ refused: 'insufficient_balance', found: '3' }]);
    assert.deepEqual(sent, [{ TAG: 'certificate', data: income }]);
  });

  it('of who has another order certified is answered by asking for that', () => {
    const { refuse } = begun();
    const { told, sent } = refuse('sequence_used');
    assert.deepEqual(told, [{ refused: 'sequence_used' }]);
    assert.deepEqual(
      sent.map((message) => message.TAG === 'question' && message.data.body.wish),
      [{ TAG: 'orders', data: { from: 2n } }],
    );
  });

  it('for an account that it does not open says what would', () => {
    const { told, sent } = begun().refuse('below_opening');
    assert.deepEqual(told, [{ refused: 'below_opening', expected: '500' }]);
    assert.deepEqual(sent, []);
  });
});

describe('a vote', () => {
  it('counts once a member, for this order and epoch, up to the quorum and not one sooner', () => {
    const { world, made, hash } = begun();
    const vote = (member: number, change: object = {}): Message => {
      const signed = voteOf(world, made, member);
      const data = { epoch: 0 as Epoch, orderHash: hash, ...signed, ...change };
      return { TAG: 'vote', data };
    };
    const counted = () => world.notices('alice', 'vote_received').map(({ votes }) => votes);
    const certified = () => world.notices('alice', 'order_certified').length;
    const heard = (message: Message): void => {
      world.inject('auth-0', 'alice', { to: undefined, route: [], isPassedOn: true, message });
    };
    heard(vote(1, { epoch: 1 }));
    heard(vote(1, { orderHash: new Uint8Array(32) }));
    heard(vote(1, { signature: voteOf(world, made, 2).signature }));
    assert.deepEqual(counted(), []);
    for (const member of [3, 3, 1]) heard(vote(member));
    assert.deepEqual([counted(), certified()], [[1, 2], 0]);
    heard(vote(2));
    assert.deepEqual([counted(), certified()], [[1, 2, 3], 1]);
    const [done] = world.notices('alice', 'order_certified');
    assert.deepEqual(
      done?.certificate.votes.map(({ member }) => member),
      [1, 2, 3],
    );
    heard(vote(0));
    assert.deepEqual([counted().length, certified()], [3, 1]);
  });
});
