/**
 * The formal model and the core say the same: the size of a quorum, the faults tolerated, and the
 * rules by which an authority votes. What is proved of the model is worth as much as this.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ORDER_RULES, type OrderCase } from '../../agent/core/authority/rules.ts';
import type { Balance, Sequence } from '../../agent/core/base/units.ts';
import { faultsTolerated, quorumOf } from '../../agent/core/network/committee.ts';
import { orderOf } from '../support/forge.ts';
import { HRS, World } from '../support/world.ts';
import { MODEL_FOLDER } from './model.ts';
import { choices, definition } from './small.ts';
import { conjunctsOf, evaluate, isTrue, type Values } from './tla.ts';

const modelled = ORDER_RULES.filter(({ formal }) => formal !== '');
const leftOut = ORDER_RULES.filter(({ formal }) => formal === '');

test('for 1 to 100 members the model and the core ask for the same number of votes', () => {
  for (let members = 1; members <= 100; members++) {
    assert.equal(ofMembers('Quorum', members), quorumOf(members), `of ${members}`);
  }
});

test('for 1 to 100 members the model and the core tolerate the same number of faults', () => {
  for (let members = 1; members <= 100; members++) {
    const expected = faultsTolerated(members);
    assert.equal(ofMembers('FaultsTolerated', members), expected, `of ${members}`);
  }
});

test('the model votes by the rules of the core, in the same order', () => {
  assert.deepEqual(
    conjunctsOf(definition('Accepts')),
    modelled.map(({ name }) => name),
  );
});

test('each rule of the core quotes its guard in the model word for word', () => {
  for (const { name, formal } of modelled) {
    assert.deepEqual(definition(name), { parameters: ['self', 'order'], body: formal }, name);
  }
});

test('each rule of the core decides as its guard in the model does, in every small case', () => {
  const cases = smallCases();
  for (const { name, formal, holds } of modelled) {
    const answers = cases.map(({ inTheCore }) => holds(inTheCore));
    const expected = cases.map(({ inTheModel }) => isTrue(formal, inTheModel));
    assert.deepEqual(answers, expected, name);
    assert.deepEqual(new Set(answers), new Set([true, false]), `${name} decides nothing here`);
  }
});

test('each rule of the core that the model leaves out is named among its assumptions', () => {
  const readme = readFileSync(join(MODEL_FOLDER, 'README.md'), 'utf8');
  const named = leftOut.filter(({ name }) => readme.includes(`\`${name}\``));
  assert.deepEqual(named, leftOut);
});

test('the Spin model votes by the same rules', () => {
  const spin = readFileSync(join(MODEL_FOLDER, 'transfer.pml'), 'utf8');
  const guard = /:: (POSITIVE_AMOUNT.*?) ->/s.exec(spin)?.[1] ?? '';
  const names = modelled.map(({ name }) => name.replaceAll(/\B[A-Z]/g, '_$&').toUpperCase());
  assert.deepEqual(guard.split(/\s*&&\s*/), names);
});

interface SmallCase {
  readonly inTheCore: OrderCase;
  readonly inTheModel: Values;
}

/** Orders of up to 3 units and number 3, to another and to oneself, in every state as small. */
function smallCases(): readonly SmallCase[] {
  const world = new World();
  const small = [0, 1, 2, 3];
  const cases = choices({
    recipient: ['alice', 'bob'],
    sequence: small,
    amount: small,
    next: small,
    balance: [-1, ...small],
    isPending: [false, true],
  });
  return cases.map(({ recipient, sequence, amount, next, balance, isPending }) => {
    const parts = { sequence: BigInt(sequence), amount: BigInt(amount) };
    const signed = orderOf(world, 'alice', recipient, parts);
    return {
      inTheCore: {
        setup: world.place('auth-0').setup,
        signed,
        order: signed.order,
        account: {
          next: BigInt(next) as Sequence,
          history: new Uint8Array(32),
          received: 0n,
          locked: [],
          frozen: false,
          stated: false,
          reserved: [],
          votes: { hour: 0, count: 0 },
          balances: [{ token: HRS, balance: BigInt(balance) as Balance }],
          pending: isPending ? signed : undefined,
        },
        isRecipientKnown: true,
        accountCount: 2n,
        votesThisHour: 0,
        mayVote: true,
        isPartitioned: false,
        isStopped: false,
        isStated: false,
        hasRoom: true,
      },
      inTheModel: {
        None: 0,
        'order.account': 1,
        'order.recipient': recipient === 'alice' ? 1 : 2,
        'order.sequence': sequence,
        'order.amount': amount,
        'self.next[order.account]': next,
        'self.pending[order.account]': isPending ? 1 : 0,
        'self.balance[order.account]': balance,
      },
    };
  });
}

/** What the model's function of the number of members is for so many. */
function ofMembers(name: string, members: number): number {
  const { parameters, body } = definition(name);
  return evaluate(body, { [parameters[0] ?? '']: members });
}
