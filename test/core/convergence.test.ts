import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DIGEST_FANOUT } from '../../agent/core/base/limits.ts';
import type { LinkId, MemberIndex } from '../../agent/core/base/units.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import { Draft } from '../../agent/core/draft.ts';
import { linkTo } from '../../agent/core/mesh/links.ts';
import { ask, certificateOf, frameOf, orderOf } from '../support/forge.ts';
import { balanceAt, digestOf } from '../support/ledger.ts';
import { type Place, World } from '../support/world.ts';

const WALLETS = ['alice', 'bob', 'carol', 'dave'];
const MEMBERS = [
  [0, 1, 2],
  [0, 1, 3],
  [0, 2, 3],
  [1, 2, 3],
  [0, 1, 2, 3],
];

const payment = fc.record({
  from: fc.nat(3),
  by: fc.integer({ min: 1, max: 3 }),
  amount: fc.bigInt({ min: 1n, max: 3_000n }),
  members: fc.nat(4),
});

function certificatesFor(
  world: World,
  payments: readonly { from: number; by: number; amount: bigint; members: number }[],
): Certificate[] {
  const sequences = [0n, 0n, 0n, 0n];
  return payments.map(({ from, by, amount, members }) => {
    const sequence = sequences[from] ?? 0n;
    sequences[from] = sequence + 1n;
    const to = WALLETS[(from + by) % 4] ?? '';
    const order = orderOf(world, WALLETS[from] ?? '', to, { sequence, amount });
    return certificateOf(world, order, MEMBERS[members]);
  });
}

/** Gives certificates in this order, again and again until nothing more is taken. */
function apply(world: World, certificates: readonly Certificate[]): void {
  const authority = world.place('auth-0');
  for (let taken = -1; taken !== world.notices('auth-0', 'applied').length; ) {
    taken = world.notices('auth-0', 'applied').length;
    for (const data of certificates) ask(world, authority, { TAG: 'certificate', data });
  }
}

test('the same certificates in any order, any number of times, give the same ledger', () => {
  const settings = fc.record({
    payments: fc.array(payment, { minLength: 1, maxLength: 8 }),
    seed: fc.infiniteStream(fc.nat(1_000)),
  });
  fc.assert(
    fc.property(settings, ({ payments, seed }) => {
      const worlds = [new World({ wallets: WALLETS }), new World({ wallets: WALLETS })];
      const digests = worlds.map((world, i) => {
        const certificates = certificatesFor(world, payments);
        const shuffled = certificates
          .map((certificate) => ({ certificate, at: i === 0 ? 0 : seed.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ certificate }) => certificate);
        apply(world, [...shuffled, ...(i === 0 ? [] : certificates)]);
        const total = WALLETS.reduce((sum, name) => sum + balanceAt(world, 'auth-0', name), 0n);
        assert.equal(total, 4_000n);
        return digestOf(world, 'auth-0');
      });
      assert.equal(digests[0], digests[1]);
    }),
    { numRuns: 30 },
  );
});

test('authorities that hold different certificates end with the same ledger', () => {
  const holders = fc.array(fc.array(fc.nat(3), { maxLength: 4 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(payment, { minLength: 6, maxLength: 6 }), holders, (payments, held) => {
      const world = new World({ wallets: WALLETS });
      const certificates = certificatesFor(world, payments);
      certificates.forEach((data, i) => {
        for (const member of new Set([i % 4, ...(held[i] ?? [])])) {
          ask(world, world.place(`auth-${member}`), { TAG: 'certificate', data });
        }
      });
      world.connectAll();
      world.pass(120_000);
      // An authority that got a later certificate only does not keep it: the gap must be somewhere.
      const digests = new Set(world.authorities.map(({ name }) => digestOf(world, name)));
      assert.equal(digests.size, 1);
    }),
    { numRuns: 20 },
  );
});

test('what two authorities exchange grows with their difference, not with their accounts', () => {
  const cost = (accounts: number, difference: number): number => {
    const wallets = Array.from({ length: accounts }, (_, i) => `w${i}`);
    const world = new World({ wallets, verify: () => true });
    for (let i = 0; i < difference; i++) {
      const data = certificateOf(world, orderOf(world, `w${i}`, `w${i + 1}`));
      ask(world, world.place('auth-0'), { TAG: 'certificate', data });
    }
    world.connect('auth-0', 'auth-1');
    let frames = world.run();
    for (let round = 0; round < 40; round++) {
      if (digestOf(world, 'auth-0') === digestOf(world, 'auth-1')) break;
      world.nowMs += 5_000;
      world.event(world.place('auth-0'), { kind: 'tick' });
      frames += world.run();
    }
    assert.equal(digestOf(world, 'auth-0'), digestOf(world, 'auth-1'));
    return frames;
  };
  const [few, many] = [cost(100, 1), cost(3_000, 1)];
  assert.ok(many <= few + 4, `${few} frames with 100 accounts, ${many} with 3000`);
  assert.ok(
    cost(1_000, 8) <= 8 * many * 2,
    'eight times the difference, about eight times the work',
  );
});

test('a bucket of more accounts than one list holds is brought together from both sides', () => {
  const world = new World({ verify: () => true });
  for (let n = 0; n < 400; n++) {
    const account = new Uint8Array(32);
    new DataView(account.buffer).setUint32(4, n * 10_000_019);
    const { order, signature } = orderOf(world, 'alice', 'bob');
    const data = certificateOf(world, { order: { ...order, account }, signature });
    ask(world, world.place(`auth-${n % 3 === 0 ? 1 : 0}`), { TAG: 'certificate', data });
  }
  world.connect('auth-0', 'auth-1');
  world.run();
  world.pass(10_000);
  assert.equal(digestOf(world, 'auth-0'), digestOf(world, 'auth-1'));
  assert.equal(balanceAt(world, 'auth-0', 'bob'), 1_400n);
  assert.equal(balanceAt(world, 'auth-1', 'bob'), 1_400n);
});

test('authorities restarted at any moment keep their votes and their ledgers', () => {
  const world = new World().connectAll();
  for (let i = 0; i < 6; i++) {
    world.pay('alice', 'bob', 1n);
    world.deliver(3 + i * 5);
    const name = `auth-${i % 4}`;
    world.restart(name);
    for (const other of [...world.authorities, ...world.wallets]) {
      if (other.name !== name) world.connect(other.name, name);
    }
    world.pass(60_000);
  }
  assert.equal(world.notices('alice', 'order_certified').length, 6);
  assert.equal(new Set(world.authorities.map(({ name }) => digestOf(world, name))).size, 1);
});

test('an authority that lies about its digest keeps nobody busy for long', () => {
  const world = new World().connectAll();
  let frames = 0;
  world.onFrame = (from, to, { message }) => {
    frames++;
    if (from.name !== 'auth-3' || !['root', 'digest', 'bucket'].includes(message.TAG)) return true;
    if (message.TAG !== 'root') return false;
    const link = linkFrom(to, 3 as MemberIndex);
    const children = Array.from({ length: DIGEST_FANOUT }, (_, i) => new Uint8Array(32).fill(i));
    const lie: Message = { TAG: 'digest', data: { path: [], children } };
    const bytes = frameOf(lie);
    world.event(to, { kind: 'frame', link, bytes });
    return false;
  };
  world.pass(60_000);
  frames = 0;
  world.pass(60_000);
  assert.ok(frames < 1_000, `${frames} frames in a minute`);
});

/** The link of a place that ends at the member. */
function linkFrom({ state }: Place, member: MemberIndex): LinkId {
  const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
  const link = linkTo(draft, member);
  assert.ok(link !== undefined);
  return link;
}
