/** What the shell may know of the state (views.ts), and how an authority stands (standing.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256 } from '@noble/hashes/sha2.js';
import { type ByteKey, toHex } from '../../agent/core/base/bytes.ts';
import { provideSha256 } from '../../agent/core/base/crypto.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { vouchersCoder } from '../../agent/core/codec/record.ts';
import type { Read } from '../../agent/core/io.ts';
import { SPACES, spaceOf } from '../../agent/core/spaces.ts';
import {
  BARS,
  barOf,
  barWrite,
  beginning,
  isBarred,
  mayVote,
  movedBar,
  ownerOf,
  standingOf,
} from '../../agent/core/standing.ts';
import { accountOf, LedgerView, networkOf } from '../../agent/core/views.ts';
import { ask, certificateOf, orderOf, withdrawalOf } from '../support/forge.ts';
import { digestOf, lockedAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

/** A state that counts by space what is read of it. */
function counted(state: ReadonlyMap<ByteKey, Uint8Array>) {
  const reads: (string | undefined)[] = [];
  const read: Read = {
    get(key) {
      reads.push(spaceOf(key));
      return state.get(key);
    },
  };
  return { read, takeReads: () => reads.splice(0) };
}

const ofWrites = (...writes: ReturnType<typeof beginning>): Read => {
  const state = new Map(writes.map(({ key, value }) => [key, value]));
  return { get: (key) => state.get(key) };
};

describe('a look at the ledger', () => {
  it('shows the digest that authorities compare, and what the ledger holds', () => {
    const world = new World({ wallets: ['alice', 'bob', 'carol'] }).connectAll();
    const auth = world.place('auth-0');
    const { read } = counted(auth.state);
    const view = new LedgerView();
    assert.deepEqual(view.of(read), {
      digest: new Uint8Array(32),
      accounts: 3n,
      journalEntries: 0n,
    });
    for (const [payer, entries] of [
      ['alice', 1n],
      ['bob', 2n],
      ['alice', 3n],
    ] as const) {
      world.pay(payer, 'carol', 5n);
      world.run();
      const { digest, accounts, journalEntries } = view.of(read);
      assert.equal(toHex(digest), digestOf(world, 'auth-0'));
      assert.deepEqual([accounts, journalEntries], [3n, entries]);
    }
  });

  it('reckons nothing that it knows, and all that changed once there is news', (t) => {
    let hashes = 0;
    provideSha256((bytes) => {
      hashes += 1;
      return sha256(bytes);
    });
    t.after(() => provideSha256(sha256));
    const world = new World().connectAll();
    const auth = world.place('auth-0');
    const { read, takeReads } = counted(auth.state);
    const view = new LedgerView();
    view.of(read);
    for (const payer of ['alice', 'bob']) {
      world.pay(payer, payer === 'alice' ? 'bob' : 'alice', 5n);
      world.run();
      takeReads();
      hashes = 0;
      const first = view.of(read);
      assert.ok(takeReads().includes('tree') && hashes > 0, 'the digest is computed');
      hashes = 0;
      const second = view.of(read);
      assert.equal(hashes, 0);
      assert.deepEqual(takeReads(), ['journalHead', 'accountCount']);
      assert.deepEqual(second, first);
      assert.equal(second.digest, first.digest, 'the very same bytes');
    }
  });

  it('changes nothing', () => {
    const world = new World().connectAll();
    world.pay('alice', 'bob', 5n);
    world.run();
    const auth = world.place('auth-0');
    const before = new Map(auth.state);
    new LedgerView().of(counted(auth.state).read);
    assert.deepEqual(auth.state, before);
  });
});

describe('a look at an account', () => {
  it('shows what is next, what was voted for and what it holds', () => {
    const world = new World({ authorities: 1 }).connectAll();
    world.pay('alice', 'bob', 400n);
    world.run();
    const { state } = world.place('auth-0');
    const { read } = counted(state);
    const { publicKey } = world.place('alice').signer;
    assert.deepEqual(accountOf(read, publicKey), {
      next: 1n,
      pending: undefined,
      balances: [{ token: 0, balance: 600n }],
      locked: [],
    });
    const order = orderOf(world, 'alice', 'bob', { sequence: 1n });
    world.inject('alice', 'auth-0', {
      to: undefined,
      route: [],
      isPassedOn: false,
      message: { TAG: 'order', data: order },
    });
    assert.deepEqual(accountOf(read, publicKey).pending, order);
  });

  it('shows a withdrawal as locked from the vote on', () => {
    const world = new World({ authorities: 1 });
    const auth = world.place('auth-0');
    const order = withdrawalOf(world, 'alice', { amount: 300n });
    ask(world, auth, { TAG: 'order', data: order });
    const held = () => {
      const { balances, locked } = accountOf(auth.state, order.order.account);
      return { balances, locked };
    };
    const shown = {
      balances: [{ token: 0, balance: 700n }],
      locked: [{ token: 0, balance: 300n }],
    };
    assert.deepEqual(held(), shown);
    assert.equal(lockedAt(world, 'auth-0', 'alice'), 0n);
    ask(world, auth, { TAG: 'certificate', data: certificateOf(world, order, [0]) });
    assert.deepEqual(held(), shown);
    assert.equal(lockedAt(world, 'auth-0', 'alice'), 300n);
  });

  it('that nobody ever paid has nothing', () => {
    const { state } = new World().place('auth-0');
    const account = accountOf(counted(state).read, new Uint8Array(32).fill(9));
    assert.deepEqual(account, { next: 0n, pending: undefined, balances: [], locked: [] });
  });
});

it('a state belongs to the network that its authority began it for, or to none yet', () => {
  const world = new World();
  assert.deepEqual(networkOf(counted(world.place('auth-0').state).read), world.network.id);
  assert.equal(networkOf({ get: () => undefined }), undefined);
});

describe('how an authority stands', () => {
  const KEY = new Uint8Array(32).fill(7);
  const LIFE = { life: new Uint8Array(16).fill(3) };

  it('is to vote, where nothing was written, nor by a relay', () => {
    for (const read of [ofWrites(), ofWrites(...beginning(KEY, undefined))]) {
      assert.deepEqual(standingOf(read), { kind: 'votes' });
      assert.deepEqual([mayVote(read), isBarred(read), barOf(read)], [true, false, undefined]);
    }
    assert.equal(ownerOf(ofWrites()), undefined);
    assert.deepEqual(ownerOf(ofWrites(...beginning(KEY, undefined))), KEY);
  });

  it('is to wait for others in a first start, with what they have said', () => {
    const writes = beginning(KEY, LIFE);
    const nobody = { vouched: [], seen: [] };
    assert.deepEqual(standingOf(ofWrites(...writes)), { kind: 'first_start', vouchers: nobody });
    assert.equal(mayVote(ofWrites(...writes)), false);
    assert.equal(isBarred(ofWrites(...writes)), false);
    assert.deepEqual(ownerOf(ofWrites(...writes)), KEY);
    const vouchers = { vouched: [1, 2], seen: [3] };
    const value = encode(vouchersCoder, vouchers as never);
    const heard = ofWrites(...writes, { key: SPACES.vouchers.key, value });
    assert.deepEqual(standingOf(heard), { kind: 'first_start', vouchers });
  });

  it('is never to vote again with a bar, whatever else is there', () => {
    for (const [bar, isElsewhere] of [
      [BARS.lost, false],
      [BARS.restored, false],
      [movedBar('abcd-efgh'), false],
      [BARS.elsewhere, true],
    ] as const) {
      for (const before of [beginning(KEY, undefined), beginning(KEY, LIFE)]) {
        const read = ofWrites(...before, barWrite(bar));
        assert.deepEqual(standingOf(read), { kind: 'barred', bar, isElsewhere });
        assert.deepEqual([mayVote(read), isBarred(read), barOf(read)], [false, true, bar]);
      }
    }
    assert.deepEqual(standingOf(ofWrites(...beginning(KEY, { bar: BARS.lost }))).kind, 'barred');
  });

  it('comes without a bar into a copy of a store that had none', () => {
    const read = ofWrites(barWrite(BARS.restored), barWrite(undefined));
    assert.deepEqual(standingOf(read), { kind: 'votes' });
  });

  it('says the code of a move', () => {
    assert.match(movedBar('abcd-efgh').reason, /^moved to other hardware, code abcd-efgh$/);
  });

  it('stays barred for the first reason when its key turns up elsewhere as well', () => {
    const world = new World();
    const { state } = world.place('auth-0');
    const { key, value } = barWrite(BARS.restored);
    if (value !== undefined) state.set(key, value);
    const certificate = certificateOf(world, orderOf(world, 'alice', 'bob'), [0, 1, 2]);
    world.connect('alice', 'auth-0');
    world.inject('alice', 'auth-0', {
      to: undefined,
      route: [],
      isPassedOn: false,
      message: { TAG: 'certificate', data: certificate },
    });
    assert.deepEqual(barOf({ get: (at) => state.get(at) }), BARS.restored);
    assert.equal(world.notices('auth-0', 'voted_elsewhere').length, 0);
  });
});
