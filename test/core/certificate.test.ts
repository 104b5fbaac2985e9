import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DIGESTS_KEPT_EVERY } from '../../agent/core/base/limits.ts';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import { type Amount, type Epoch, FIRST_SEQUENCE } from '../../agent/core/base/units.ts';
import type { Certificate } from '../../agent/core/codec/order.ts';
import { checkCertificate } from '../../agent/core/network/certificate.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { transferIn } from '../support/actions.ts';
import { ask, certificateOf, orderOf, verdictOf, voteOf } from '../support/forge.ts';
import { verify } from '../support/keys.ts';
import { accountAt, balanceAt } from '../support/ledger.ts';
import { World } from '../support/world.ts';

const world = new World();
const order = orderOf(world, 'alice', 'bob', { amount: 7n });

function check(certificate: Certificate): string | undefined {
  return checkCertificate(world.network.state, { network: world.network, verify }, certificate)
    ?.refused;
}

test('a quorum of valid votes makes a certificate, whichever members they are', () => {
  for (const members of [
    [0, 1, 2],
    [0, 1, 3],
    [0, 2, 3],
    [1, 2, 3],
    [0, 1, 2, 3],
  ]) {
    assert.equal(check(certificateOf(world, order, members)), undefined, `${members}`);
  }
});

test('one vote less than a quorum makes none', () => {
  assert.equal(check(certificateOf(world, order, [0, 1])), 'no_quorum');
  assert.equal(check(certificateOf(world, order, [])), 'no_quorum');
});

test('one member counted twice makes none', () => {
  const vote = voteOf(world, order, 0);
  const votes = [vote, voteOf(world, order, 1), voteOf(world, order, 1)];
  const answers = (): unknown =>
    ask(world, world.place('auth-0'), {
      TAG: 'certificate',
      data: { epoch: 0 as Epoch, order, votes },
    });
  assert.throws(answers, /ascending order/);
});

test('a vote of a stranger, for another order, epoch or kind of statement counts for nothing', () => {
  const good = [voteOf(world, order, 0), voteOf(world, order, 1)];
  const other = orderOf(world, 'alice', 'bob', { amount: 8n });
  const bad = [
    voteOf(world, order, 2, world.place('alice').signer),
    voteOf(world, other, 2),
    voteOf(world, order, 2, undefined, 1),
    { ...voteOf(world, order, 2), signature: order.signature },
    { ...voteOf(world, order, 3), member: 2 as never },
    { ...voteOf(world, order, 2), member: 4 as never },
  ];
  for (const vote of bad) {
    assert.equal(check({ epoch: 0 as Epoch, order, votes: [...good, vote] }), 'bad_signature');
  }
});

test('the order inside must be signed by its account, whatever the votes say', () => {
  const data = transferIn(order.order);
  const action = { TAG: 'transfer' as const, data: { ...data, amount: 8n as Amount } };
  const changed = { order: { ...order.order, action }, signature: order.signature };
  assert.equal(check(certificateOf(world, changed)), 'bad_signature');
});

test('another epoch has another committee', () => {
  assert.equal(check({ ...certificateOf(world, order), epoch: 1 as Epoch }), 'unknown_epoch');
});

test('a certificate is applied once, however often it comes and with whichever votes', () => {
  const one = new World();
  const paid = orderOf(one, 'alice', 'bob', { amount: 7n });
  for (const members of [
    [0, 1, 2],
    [0, 1, 2],
    [1, 2, 3],
  ]) {
    const data = certificateOf(one, paid, members);
    assert.equal(verdictOf(ask(one, one.place('auth-0'), { TAG: 'certificate', data })), 'applied');
  }
  assert.equal(balanceAt(one, 'auth-0', 'alice'), 993n);
  assert.equal(balanceAt(one, 'auth-0', 'bob'), 1_007n);
  assert.equal(accountAt(one, 'auth-0', 'bob').received, 1n);
});

test('a certificate that comes too early is answered with what is missing', () => {
  const one = new World();
  const data = certificateOf(one, orderOf(one, 'alice', 'bob', { sequence: 2n }));
  const [answer] = ask(one, one.place('auth-0'), { TAG: 'certificate', data });
  assert.equal(answer?.TAG, 'rejected');
  assert.equal(answer.data.code, REFUSALS.missing_earlier.wire);
  assert.equal(answer.data.next, 0n);
});

test('a certificate that comes too early costs one check of a signature', () => {
  let checks = 0;
  const counted = (...args: Parameters<typeof verify>): boolean => {
    checks++;
    return verify(...args);
  };
  const one = new World({ verify: counted });
  const data = certificateOf(one, orderOf(one, 'alice', 'bob', { sequence: 2n }));
  for (let i = 0; i < 3; i++) ask(one, one.place('auth-0'), { TAG: 'certificate', data });
  assert.equal(checks, 3, 'that the owner signed the order, who is told what is missing');
  const first = certificateOf(one, orderOf(one, 'alice', 'bob'));
  ask(one, one.place('auth-0'), { TAG: 'certificate', data: first });
  assert.equal(checks, 3 + 4);
  ask(one, one.place('auth-0'), { TAG: 'certificate', data: first });
  assert.equal(checks, 3 + 4, 'what was applied with these bytes is not checked again');
});

test('a certificate of a pending order with another signature of its payer is refused', () => {
  for (const at of [0, 31, 63]) {
    const one = new World();
    const authority = one.place('auth-0');
    const order = orderOf(one, 'alice', 'bob');
    assert.equal(verdictOf(ask(one, authority, { TAG: 'order', data: order })), 'vote');
    const good = certificateOf(one, order);
    const signature = order.signature.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const data = { ...good, order: { ...order, signature } };
    const verdict = verdictOf(ask(one, authority, { TAG: 'certificate', data }));
    assert.equal(verdict, REFUSALS.bad_signature.wire);
    assert.equal(balanceAt(one, 'auth-0', 'alice'), 1_000n);
    assert.equal(accountAt(one, 'auth-0', 'alice').next, 0n);
    // The order stays pending, and the certificate as its payer signed it is taken.
    assert.equal(verdictOf(ask(one, authority, { TAG: 'order', data: order })), 'vote');
    assert.equal(verdictOf(ask(one, authority, { TAG: 'certificate', data: good })), 'applied');
  }
});

test('a late authority goes below zero and comes back when the income arrives', () => {
  const one = new World();
  const income = certificateOf(one, orderOf(one, 'bob', 'alice', { amount: 1_000n }));
  const spent = certificateOf(one, orderOf(one, 'alice', 'bob', { amount: 1_900n }));
  ask(one, one.place('auth-0'), { TAG: 'certificate', data: spent });
  assert.equal(balanceAt(one, 'auth-0', 'alice'), -900n);
  ask(one, one.place('auth-0'), { TAG: 'certificate', data: income });
  assert.equal(balanceAt(one, 'auth-0', 'alice'), 100n);
});

test('two certificates for one sequence raise the alarm, keep both and end voting', () => {
  const one = new World();
  const authority = one.place('auth-0');
  const first = certificateOf(one, orderOf(one, 'alice', 'bob', { amount: 1n }), [1, 2, 3]);
  const second = certificateOf(one, orderOf(one, 'alice', 'bob', { amount: 2n }), [1, 2, 3]);
  ask(one, authority, { TAG: 'certificate', data: first });
  ask(one, authority, { TAG: 'certificate', data: second });
  ask(one, authority, { TAG: 'certificate', data: second });
  const alarms = one.notices('auth-0', 'conflict');
  assert.equal(alarms.length, 1);
  assert.deepEqual(alarms[0]?.second.order, second.order);
  assert.equal(balanceAt(one, 'auth-0', 'alice'), 999n);
  const next = orderOf(one, 'alice', 'bob', { sequence: 1n });
  const verdict = verdictOf(ask(one, authority, { TAG: 'order', data: next }));
  assert.equal(verdict, REFUSALS.account_frozen.wire);
});

test('a conflict that lies under later orders comes out when the ledgers are compared', () => {
  const one = new World();
  const [a, rival] = [1n, 2n].map((amount) => orderOf(one, 'alice', 'bob', { amount }));
  assert.ok(a !== undefined && rival !== undefined);
  const later = Array.from({ length: 9 }, (_, i) =>
    orderOf(one, 'alice', 'bob', { sequence: BigInt(i + 1) }),
  );
  for (const [name, first] of [
    ['auth-0', a],
    ['auth-1', rival],
  ] as const) {
    for (const paid of [first, ...later]) {
      ask(one, one.place(name), { TAG: 'certificate', data: certificateOf(one, paid) });
    }
  }
  one.connect('auth-0', 'auth-1');
  one.run();
  for (const name of ['auth-0', 'auth-1']) assert.equal(one.notices(name, 'conflict').length, 1);
  one.pass(60_000);
  for (const name of ['auth-0', 'auth-1']) assert.equal(accountAt(one, name, 'alice').frozen, true);
});

test('what is refused of certificates is told, with the reason, and what is applied is not', () => {
  const one = new World();
  const authority = one.place('auth-0');
  const bring = (sequence: bigint, members: readonly number[]): void => {
    const data = certificateOf(one, orderOf(one, 'alice', 'bob', { sequence }), members);
    ask(one, authority, { TAG: 'certificate', data });
  };
  bring(0n, [1, 2, 3]);
  bring(0n, [1, 2, 3]);
  bring(1n, [1, 2]);
  bring(2n, [1, 2, 3]);
  const told = one.notices('auth-0', 'refused').map(({ refusal }) => refusal.refused);
  assert.deepEqual(told, ['no_quorum', 'missing_earlier']);
});

/** What auth-0 keeps of its vote at alice's first sequence that another order outvoted. */
function outvotedAt(one: World): Uint8Array | undefined {
  const { publicKey } = one.place('alice').signer;
  return one.place('auth-0').state.get(SPACES.outvoted.at(publicKey, FIRST_SEQUENCE).key);
}

test('a certificate that outvotes the pending order leaves the proof, and word of that vote', () => {
  const one = new World();
  const authority = one.place('auth-0');
  const [lost, won] = [1n, 2n].map((amount) => orderOf(one, 'alice', 'bob', { amount }));
  assert.ok(lost !== undefined && won !== undefined);
  ask(one, authority, { TAG: 'order', data: lost });
  ask(one, authority, { TAG: 'certificate', data: certificateOf(one, won, [1, 2, 3]) });
  const proofs = one.notices('auth-0', 'double_spend');
  assert.deepEqual(
    proofs.map(({ first, second }) => [first.order, second.order]),
    [[lost.order, won.order]],
  );
  assert.notEqual(outvotedAt(one), undefined);
});

test('a certificate of the pending order is told once, and leaves nothing but itself', () => {
  const one = new World();
  const authority = one.place('auth-0');
  const data = certificateOf(one, orderOf(one, 'alice', 'bob'));
  ask(one, authority, { TAG: 'order', data: data.order });
  for (let i = 0; i < 2; i++) ask(one, authority, { TAG: 'certificate', data });
  const told = one.notices('auth-0', 'applied');
  assert.deepEqual(
    told.map(({ certificate }) => certificate.order.order),
    [data.order.order],
  );
  assert.equal(one.notices('auth-0', 'double_spend').length, 0);
  assert.equal(outvotedAt(one), undefined);
});

test('the digests on disk follow the journal as soon as they are so many entries behind', () => {
  const one = new World({ verify: () => true });
  const authority = one.place('auth-0');
  const mark = () => authority.state.get(SPACES.digestMark.key);
  for (let at = 0; at < DIGESTS_KEPT_EVERY; at++) {
    assert.equal(mark(), undefined, `after ${at}`);
    const paid = orderOf(one, 'alice', 'bob', { sequence: BigInt(at) });
    const data = certificateOf(one, paid, [1, 2, 3]);
    assert.equal(verdictOf(ask(one, authority, { TAG: 'certificate', data })), 'applied');
  }
  assert.notEqual(mark(), undefined);
});
