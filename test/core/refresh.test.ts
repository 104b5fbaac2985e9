/** What a wallet learns from members that it has links to (agent/core/wallet/refresh.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { MAX_CERTIFICATES_PER_FRAME } from '../../agent/core/base/limits.ts';
import type { Amount, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import type { Certificate, SignedOrder } from '../../agent/core/codec/order.ts';
import { readLiveOrder, readWallet } from '../../agent/core/wallet/holdings.ts';
import { ask, certificateOf, orderOf } from '../support/forge.ts';
import { HRS, World } from '../support/world.ts';

const PAGE = MAX_CERTIFICATES_PER_FRAME;

/** Alice paid bob so often; bob has a link to auth-0 alone and knows nothing yet. */
function paidOften(count: number) {
  const world = new World();
  const paid = Array.from({ length: count }, (_, at) =>
    certificateOf(world, orderOf(world, 'alice', 'bob', { sequence: BigInt(at) }), [1, 2, 3]),
  );
  for (const data of paid) ask(world, world.place('auth-0'), { TAG: 'certificate', data });
  world.connect('bob', 'auth-0');
  world.run();
  const asked: bigint[] = [];
  world.onFrame = (from, _to, { to, message }) => {
    if (from.name === 'bob' && to === 0 && message.TAG === 'question') {
      const { wish } = message.data.body;
      if (wish.TAG === 'credits') asked.push(wish.data.from);
    }
    return true;
  };
  /** From where bob asks auth-0 for his income when he asks. */
  const refreshed = (): bigint[] => {
    asked.length = 0;
    world.refresh('bob');
    world.run();
    return [...asked];
  };
  const payments = (): bigint => walletOf(world, 'bob').payments;
  return { world, refreshed, payments };
}

function walletOf(world: World, name: string) {
  const { state, signer } = world.place(name);
  return readWallet({ get: (key: ByteKey) => state.get(key) }, world.network, signer.publicKey);
}

/** A member's word over its own link. */
function hear(world: World, from: string, to: string, message: Message): void {
  world.inject(from, to, { to: undefined, route: [], isPassedOn: false, message });
  world.run();
}

function creditsOf(
  world: World,
  from: bigint,
  received: bigint,
  certificates: Certificate[],
  named = 0,
): Message {
  const account = world.place('bob').signer.publicKey;
  const member = named as MemberIndex;
  return { TAG: 'credits', data: { member, account, from, received, certificates } };
}

describe('income', () => {
  it('is read page by page, and the next time from where the last one ended', () => {
    const count = PAGE + 2;
    const { world, refreshed, payments } = paidOften(count);
    assert.deepEqual(refreshed(), [0n, BigInt(PAGE)]);
    assert.equal(payments(), BigInt(count));
    assert.equal(world.notices('bob', 'refreshed').length, 1);
    assert.deepEqual(refreshed(), [BigInt(count)]);
    assert.equal(payments(), BigInt(count));
    assert.equal(world.notices('bob', 'refreshed').length, 2);
  });

  it('is read to its end where that is the end of a page', () => {
    const { refreshed, payments } = paidOften(PAGE);
    assert.deepEqual(refreshed(), [0n]);
    assert.equal(payments(), BigInt(PAGE));
    assert.deepEqual(refreshed(), [BigInt(PAGE)]);
  });

  it('is read anew from a member that tells of more than it shows, or of less than it showed', () => {
    for (const received of [1n, 9n]) {
      const { world, refreshed } = paidOften(2);
      assert.deepEqual(refreshed(), [0n]);
      hear(world, 'auth-0', 'bob', creditsOf(world, 2n, received, []));
      assert.deepEqual(refreshed(), [0n], `${received}`);
      assert.deepEqual(refreshed(), [2n]);
    }
  });

  it('goes no further where a certificate is not valid, or an answer is not to the last question', () => {
    const { world, refreshed, payments } = paidOften(2);
    refreshed();
    const good = certificateOf(world, orderOf(world, 'alice', 'bob', { sequence: 2n }), [0, 1, 2]);
    const bad = { ...good, votes: good.votes.slice(1) };
    hear(world, 'auth-0', 'bob', creditsOf(world, 2n, 4n, [bad, good]));
    assert.equal(payments(), 2n);
    hear(world, 'auth-0', 'bob', creditsOf(world, 1n, 3n, [good]));
    hear(world, 'auth-0', 'bob', creditsOf(world, 3n, 4n, [good]));
    assert.equal(payments(), 2n);
    assert.deepEqual(refreshed(), [2n]);
  });

  it('that another node passes on counts where its member has no link here', () => {
    const { world, refreshed, payments } = paidOften(2);
    refreshed();
    world.connect('bob', 'auth-1');
    world.run();
    const more = certificateOf(world, orderOf(world, 'alice', 'bob', { sequence: 2n }), [0, 1, 2]);
    const passOn = (member: number): bigint => {
      const message = creditsOf(world, 0n, 1n, [more], member);
      world.inject('auth-1', 'bob', { to: undefined, route: [], isPassedOn: true, message });
      return payments();
    };
    assert.equal(passOn(0), 2n, 'who has a link of its own is not heard through another');
    assert.equal(passOn(2), 3n);
    world.cut('auth-1');
    assert.deepEqual(refreshed(), [2n]);
    world.connect('bob', 'auth-2');
    world.run();
    assert.equal(payments(), 3n);
  });

  it('to another account is none', () => {
    const { world, payments } = paidOften(0);
    const others = certificateOf(world, orderOf(world, 'bob', 'alice'), [0, 1, 2]);
    hear(world, 'auth-0', 'bob', creditsOf(world, 0n, 1n, [others]));
    const message = creditsOf(world, 0n, 1n, [
      certificateOf(world, orderOf(world, 'alice', 'bob'), [0, 1, 2]),
    ]);
    assert.ok(message.TAG === 'credits');
    const account = world.place('alice').signer.publicKey;
    hear(world, 'auth-0', 'bob', { TAG: 'credits', data: { ...message.data, account } });
    assert.equal(payments(), 0n);
  });
});

describe('a payment that waits for answers', () => {
  it('is given up for another question, and goes on with the same one asked again', () => {
    for (const isSame of [false, true]) {
      const world = new World().connectAll();
      world.onFrame = (_from, _to, { message }) => message.TAG !== 'latest';
      const recipient = world.place('alice').signer.publicKey;
      const nonce = new Uint8Array(16).fill(7);
      const payment = { recipient, token: HRS, amount: 5n as Amount, memo: '' };
      const command = { kind: 'pay', ...payment, nonce } as const;
      world.event(world.place('bob'), { kind: 'command', command });
      world.run();
      world.onFrame = () => true;
      world.refresh('bob', isSame ? nonce : new Uint8Array(16).fill(8));
      world.pass(30_000);
      assert.equal(world.notices('bob', 'order_created').length, isSame ? 1 : 0);
    }
  });
});

describe('an order that a member says is on its way', () => {
  /** What bob's wallet makes of it. */
  const adopted = (of: (world: World) => SignedOrder, before?: (world: World) => void) => {
    const world = new World();
    world.connect('bob', 'auth-0');
    world.run();
    before?.(world);
    const account = world.place('bob').signer.publicKey;
    const view = { member: 0 as MemberIndex, account, next: 0n as Sequence, received: 0n };
    const data = { ...view, pending: of(world), balances: [], locked: [] };
    hear(world, 'auth-0', 'bob', { TAG: 'account', data });
    const { state } = world.place('bob');
    return readLiveOrder({ get: (key: ByteKey) => state.get(key) })?.order.order;
  };

  it('is gone on with where this account signed it for its next sequence', () => {
    const order = (world: World) => orderOf(world, 'bob', 'alice');
    assert.deepEqual(adopted(order), order(new World()).order);
  });

  it('is left alone where another account signed it, or nobody did, or its sequence is another', () => {
    assert.equal(
      adopted((world) => orderOf(world, 'alice', 'bob')),
      undefined,
    );
    assert.equal(
      adopted((world) => {
        const { order } = orderOf(world, 'bob', 'alice');
        return { ...orderOf(world, 'alice', 'bob'), order };
      }),
      undefined,
    );
    for (const sequence of [1n, 2n]) {
      assert.equal(
        adopted((world) => orderOf(world, 'bob', 'alice', { sequence })),
        undefined,
      );
    }
  });

  it('does not take the place of the one that this wallet knows of', () => {
    const live = adopted(
      (world) => orderOf(world, 'bob', 'alice', { amount: 9n }),
      (world) => world.pay('bob', 'alice', 5n),
    );
    assert.equal(live?.action.data.amount, 5n);
  });
});

describe('its own orders', () => {
  it('are learned in their order, each once, and only as certified', () => {
    const world = new World();
    world.connect('bob', 'auth-0');
    world.run();
    const [a, b, c] = [0n, 1n, 2n].map((sequence) =>
      certificateOf(world, orderOf(world, 'bob', 'alice', { sequence }), [0, 1, 2]),
    );
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    const { publicKey: account } = world.place('bob').signer;
    const tell = (...certificates: Certificate[]): bigint => {
      const next = 3n as Sequence;
      const data = { member: 0 as MemberIndex, account, next, certificates };
      hear(world, 'auth-0', 'bob', { TAG: 'certificates', data });
      return walletOf(world, 'bob').next;
    };
    assert.equal(tell(b), 0n);
    assert.equal(tell({ ...a, votes: a.votes.slice(1) }, b), 0n);
    const others = certificateOf(world, orderOf(world, 'alice', 'bob'), [0, 1, 2]);
    assert.equal(tell(others, a), 0n);
    assert.equal(tell(a, a, c), 1n);
    assert.equal(tell(a, b, c), 3n);
    assert.equal(walletOf(world, 'bob').payments, 3n);
  });
});
