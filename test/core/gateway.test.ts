/**
 * Gateways (PROTOCOL: Withdrawals): from a certificate to the end of the money that it locked, with
 * a ledger that fails, lies about being there, or undoes; with one gateway or several.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withdrawalAt } from '../../agent/core/authority/locks.ts';
import { openCount } from '../../agent/core/authority/open-withdrawals.ts';
import { LOOK_AT_LEDGERS_MS } from '../../agent/core/base/limits.ts';
import type { Amount, LinkId, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { Draft } from '../../agent/core/draft.ts';
import { factCount } from '../../agent/core/facts/fact-list.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { certificateOf, frameOf, type WithdrawalParts, withdrawalOf } from '../support/forge.ts';
import { accountAt, balanceAt, lockedAt } from '../support/ledger.ts';
import { type Fate, OuterLedger } from '../support/outer-ledger.ts';
import { World, type WorldOptions } from '../support/world.ts';

const MINUTE_MS = 60_000;

function draftAt(world: World, name: string): Draft {
  const { state } = world.place(name);
  return new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
}

/** A world whose links are up, and the ledger behind its gateways. */
function begin(options: WorldOptions = {}) {
  const world = new World({ gateways: ['auth-0'], heartbeats: true, ...options });
  const ledger = new OuterLedger(world);
  world.connectAll();
  return { world, ledger };
}

/** A withdrawal of alice is certified, and its certificate reaches these authorities. */
function withdraw(
  world: World,
  parts: WithdrawalParts = {},
  to: readonly string[] = world.authorities.map(({ name }) => name),
): void {
  const order = withdrawalOf(world, 'alice', { amount: 400n, ...parts });
  const tell = (name: string, message: Message): void => {
    const place = world.place(name);
    if (!place.up) return;
    world.event(place, { kind: 'frame', link: 0xfeedn as LinkId, bytes: frameOf(message) });
  };
  // Gateways may be killed at any moment: the others vote.
  const up = world.authorities.flatMap(({ up: isUp }, member) => (isUp ? [member] : []));
  const voters = up.slice(-3);
  for (const member of voters) tell(`auth-${member}`, { TAG: 'order', data: order });
  const data = certificateOf(world, order, voters);
  for (const name of to) tell(name, { TAG: 'certificate', data });
  world.run();
}

/** How the withdrawal stands at each authority; one word if at all alike. */
function stateOf(world: World, sequence = 0n): string {
  const { publicKey } = world.place('alice').signer;
  const states = world.authorities
    .filter(({ up }) => up)
    .map(({ name }) => withdrawalAt(draftAt(world, name), publicKey, sequence as Sequence)?.state);
  return [...new Set(states)].join(', ');
}

/** What alice has, what is locked of it, and how many withdrawals are open, at every authority. */
function moneyOf(world: World): [bigint, bigint, bigint] {
  const seen = world.authorities
    .filter(({ up }) => up)
    .map(({ name }): [bigint, bigint, bigint] => [
      balanceAt(world, name, 'alice'),
      lockedAt(world, name, 'alice'),
      openCount(draftAt(world, name)),
    ]);
  const [first] = seen;
  assert.ok(first);
  for (const each of seen) assert.deepEqual(each, first);
  return first;
}

/** Lets so many looks at the ledger pass. */
function looks(world: World, count: number): void {
  for (let i = 0; i < count; i++) world.pass(LOOK_AT_LEDGERS_MS);
}

describe('a withdrawal', () => {
  it('is decided, handed to its ledger, paid, and burned everywhere', () => {
    const { world, ledger } = begin();
    withdraw(world);
    assert.deepEqual(moneyOf(world), [600n, 400n, 1n]);
    looks(world, 3);
    assert.equal(stateOf(world), 'settled');
    assert.equal(ledger.only.state, 'seen');
    assert.deepEqual(moneyOf(world), [600n, 400n, 1n]);
    ledger.become(ledger.only, 'final');
    looks(world, 1);
    assert.equal(stateOf(world), 'paid');
    assert.deepEqual(moneyOf(world), [600n, 0n, 0n]);
    for (const { name } of world.authorities)
      assert.equal(factCount(draftAt(world, name)).count, 2n);
  });

  it('goes back to its payer where the ledger refuses it for good', () => {
    const { world, ledger } = begin();
    withdraw(world);
    looks(world, 3);
    ledger.become(ledger.only, 'refused');
    looks(world, 1);
    assert.equal(stateOf(world), 'returned');
    assert.deepEqual(moneyOf(world), [1_000n, 0n, 0n]);
  });

  it('goes back to its payer where no gateway takes it in its time, by the committee', () => {
    const { world } = begin({ gateways: [] });
    withdraw(world, { validUntilMs: BigInt(MINUTE_MS) });
    looks(world, 10);
    assert.equal(stateOf(world), 'locked');
    world.pass(2 * MINUTE_MS);
    assert.equal(stateOf(world), 'refunded');
    assert.deepEqual(moneyOf(world), [1_000n, 0n, 0n]);
  });

  it('is asked about by no gateway once its time is over', () => {
    const { world, ledger } = begin();
    withdraw(world, { validUntilMs: 500n });
    looks(world, 5);
    assert.equal(stateOf(world), 'refunded');
    assert.equal(ledger.entries.size, 0);
  });

  it('is paid though its time is over, once it was decided', () => {
    const { world, ledger } = begin();
    withdraw(world, { validUntilMs: BigInt(world.nowMs + 30_000) });
    looks(world, 3);
    assert.equal(stateOf(world), 'settled');
    world.pass(10 * MINUTE_MS);
    assert.equal(stateOf(world), 'settled');
    ledger.become(ledger.only, 'final');
    looks(world, 1);
    assert.equal(stateOf(world), 'paid');
  });

  it('is paid as one of several, each once, while the account pays on', () => {
    const { world, ledger } = begin();
    ledger.paysAtOnce = true;
    for (const sequence of [0n, 1n, 2n]) withdraw(world, { sequence, amount: 100n });
    looks(world, 5);
    assert.deepEqual(moneyOf(world), [700n, 0n, 0n]);
    assert.deepEqual([...ledger.paid.values()], [1, 1, 1]);
  });

  it('comes back if the ledger gives the money back', () => {
    const { world, ledger } = begin();
    withdraw(world);
    looks(world, 3);
    ledger.become(ledger.only, 'returned');
    looks(world, 1);
    assert.deepEqual(moneyOf(world), [1_000n, 0n, 0n]);
  });

  for (const others of [['auth-0', 'auth-1', 'auth-2'], ['auth-1']]) {
    it(`reaches authorities that were away through the facts of ${others.length}`, () => {
      const { world, ledger } = begin();
      world.crash('auth-3');
      withdraw(world, {}, ['auth-0', 'auth-1', 'auth-2']);
      looks(world, 3);
      ledger.become(ledger.only, 'final');
      looks(world, 1);
      world.restart('auth-3');
      for (const other of others) world.connect('auth-3', other);
      world.run();
      world.pass(MINUTE_MS);
      assert.equal(stateOf(world), 'paid');
      assert.deepEqual(moneyOf(world), [600n, 0n, 0n]);
      const facts = world.authorities.map(({ name }) => factCount(draftAt(world, name)).set.join());
      assert.equal(new Set(facts).size, 1);
    });
  }
});

describe('a ledger', () => {
  const fates: readonly (readonly [string, readonly Fate[]])[] = [
    ['loses questions', ['question lost', 'question lost', 'question lost']],
    ['loses answers', ['answer lost', 'answer lost']],
    ['answers late', ['held', 'held']],
    ['loses one of each', ['question lost', 'answer lost', 'held', 'question lost']],
  ];
  for (const [what, list] of fates) {
    it(`that ${what} still pays once`, () => {
      const { world, ledger } = begin();
      ledger.paysAtOnce = true;
      const left = [...list];
      ledger.fate = (_place, ask) =>
        ask.kind === 'payout' ? (left.shift() ?? 'answered') : 'answered';
      withdraw(world);
      looks(world, 40);
      ledger.release();
      world.run();
      looks(world, 2);
      assert.deepEqual([left, [...ledger.paid.values()]], [[], [1]]);
      assert.equal(stateOf(world), 'paid');
    });
  }

  it('that is asked in vain is asked ever more rarely, and never given up', () => {
    const { world, ledger } = begin();
    let asked = 0;
    ledger.fate = (_place, ask) => {
      if (ask.kind === 'payout') asked++;
      return ask.kind === 'payout' ? 'question lost' : 'answered';
    };
    withdraw(world);
    looks(world, 100);
    const first = asked;
    assert.ok(first >= 6 && first <= 12, `${first}`);
    looks(world, 128);
    assert.ok(asked > first && asked <= first + 3, `${asked - first}`);
    ledger.fate = () => 'answered';
    looks(world, 70);
    assert.equal(ledger.only.state, 'seen');
  });

  it('that undoes a payout is asked to make it again, under the same key', () => {
    const { world, ledger } = begin();
    withdraw(world);
    looks(world, 3);
    assert.equal(ledger.only.state, 'seen');
    ledger.become(ledger.only, 'absent');
    looks(world, 2);
    assert.equal(ledger.only.state, 'seen');
    ledger.become(ledger.only, 'final');
    looks(world, 2);
    assert.equal(stateOf(world), 'paid');
  });

  it('that refuses to take a payout on leaves the money locked, and is asked again', () => {
    const { world, ledger } = begin();
    ledger.fate = (_place, ask) => (ask.kind === 'payout' ? 'refused' : 'answered');
    withdraw(world);
    looks(world, 5);
    assert.equal(stateOf(world), 'settled');
    const { publicKey } = world.place('alice').signer;
    const cell = SPACES.payout.at(publicKey, 0n as Sequence);
    assert.equal(draftAt(world, 'auth-0').read(cell)?.state, 'stuck');
    assert.deepEqual(moneyOf(world), [600n, 400n, 1n]);
    ledger.fate = () => 'answered';
    looks(world, 70);
    assert.equal(ledger.only.state, 'seen');
  });
});

describe('a request to settle', () => {
  it('is said again only now and then while there is no quorum', () => {
    const { world } = begin();
    let requests = 0;
    world.onFrame = (_from, _to, { message }) => {
      if (message.TAG === 'settleRequest') requests++;
      return !['prevote', 'precommit', 'proposal', 'decision'].includes(message.TAG);
    };
    withdraw(world);
    looks(world, 34);
    assert.equal(stateOf(world), 'locked');
    assert.ok(requests >= 6 && requests <= 12, `${requests}`);
  });
});

describe('a request to settle with a certificate that is none', () => {
  it('has nobody wish that the withdrawal of that name is settled', () => {
    const { world } = begin({ gateways: [] });
    withdraw(world, { validUntilMs: BigInt(MINUTE_MS) });
    const other = withdrawalOf(world, 'alice', { amount: 399n });
    const { votes, ...good } = certificateOf(world, other, [0, 1, 2]);
    const forged = votes.map((vote) => ({ ...vote, signature: new Uint8Array(64).fill(7) }));
    const message = { TAG: 'settleRequest', data: { ...good, votes: forged } } as const;
    for (const place of world.authorities) {
      const { notices } = world.event(place, {
        kind: 'frame',
        link: 0xfeedn as LinkId,
        bytes: frameOf(message),
      });
      assert.ok(notices.some(({ kind }) => kind === 'refused'));
    }
    looks(world, 10);
    assert.equal(stateOf(world), 'locked');
    world.pass(2 * MINUTE_MS);
    assert.equal(stateOf(world), 'refunded');
  });
});

describe('several gateways', () => {
  const gateways = ['auth-0', 'auth-1', 'auth-2'];

  it('that race have one payout made', () => {
    const { world, ledger } = begin({ gateways });
    ledger.paysAtOnce = true;
    withdraw(world);
    looks(world, 5);
    assert.deepEqual([...ledger.paid.values()], [1]);
    assert.equal(stateOf(world), 'paid');
    assert.deepEqual(moneyOf(world), [600n, 0n, 0n]);
  });

  it('make up for each other, whichever of them dies, at every step', () => {
    for (let cut = 1; cut <= 12; cut++) {
      const { world, ledger } = begin({ gateways, observers: [0, 1, 2] });
      ledger.paysAtOnce = true;
      let steps = 0;
      let dead: string | undefined;
      const before = world.onStep;
      world.onStep = (place, event, step) => {
        before(place, event, step);
        if (step.asks.length > 0 && dead === undefined && ++steps === cut) {
          dead = place.name;
          world.crash(place.name);
        }
      };
      withdraw(world);
      looks(world, 10);
      assert.equal(stateOf(world), 'paid', `cut ${cut}`);
      assert.deepEqual([...ledger.paid.values()], [1], `cut ${cut}`);
      if (dead === undefined) continue;
      world.restart(dead);
      for (const { name } of world.authorities) if (name !== dead) world.connect(dead, name);
      world.run();
      world.pass(MINUTE_MS);
      assert.deepEqual(moneyOf(world), [600n, 0n, 0n], `cut ${cut}`);
      assert.deepEqual([...ledger.paid.values()], [1], `cut ${cut}`);
    }
  });

  it('need as many observers as the genesis document says', () => {
    const options = { gateways, observers: [0, 1, 2], observerQuorum: 2 };
    const { world, ledger } = begin(options);
    ledger.fate = (place) => (place.name === 'auth-0' ? 'answered' : 'question lost');
    ledger.paysAtOnce = true;
    withdraw(world);
    looks(world, 8);
    assert.equal(stateOf(world), 'settled');
    assert.deepEqual(moneyOf(world), [600n, 400n, 1n]);
    ledger.fate = () => 'answered';
    looks(world, 70);
    assert.equal(stateOf(world), 'paid');
  });
});

describe('a gateway that is killed', () => {
  it('at each of its steps ends with one payout, and burned once', () => {
    for (let cut = 0; cut < 40; cut++) {
      const { world, ledger } = begin();
      ledger.paysAtOnce = true;
      let steps = 0;
      let isCut = false;
      const before = world.onStep;
      world.onStep = (place, event, step) => {
        // What a killed process would have asked and said is lost with it.
        const isKilled = place.name === 'auth-0' && !isCut && steps++ === cut;
        if (!isKilled) return before(place, event, step);
        isCut = true;
        world.crash('auth-0');
      };
      withdraw(world);
      looks(world, 2);
      if (isCut) {
        world.restart('auth-0');
        for (const name of ['auth-1', 'auth-2', 'auth-3']) world.connect('auth-0', name);
        withdraw(world);
      }
      world.run();
      looks(world, 12);
      assert.deepEqual([...ledger.paid.values()], [1], `cut ${cut}`);
      assert.deepEqual(moneyOf(world), [600n, 0n, 0n], `cut ${cut}`);
    }
  });
});

describe('a deposit', () => {
  const deposit = (world: World, n: number, amount = 250n) => ({
    id: new Uint8Array(32).fill(n),
    account: world.place('bob').signer.publicKey,
    token: 0 as TokenIndex,
    amount: amount as Amount,
  });

  it('is credited once, everywhere, however often it is looked at', () => {
    const { world, ledger } = begin();
    for (let n = 1; n <= 7; n++) ledger.payIn(deposit(world, n));
    looks(world, 40);
    for (const { name } of world.authorities) {
      assert.equal(balanceAt(world, name, 'bob'), 1_000n + 7n * 250n);
      assert.equal(factCount(draftAt(world, name)).count, 7n);
    }
    world.restart('auth-0');
    for (const name of ['auth-1', 'auth-2', 'auth-3']) world.connect('auth-0', name);
    world.run();
    looks(world, 20);
    assert.equal(balanceAt(world, 'auth-0', 'bob'), 1_000n + 7n * 250n);
  });

  it('of one name is credited as it was certified first, and never as another', () => {
    const { world, ledger } = begin();
    ledger.payIn(deposit(world, 1, 250n));
    looks(world, 2);
    ledger.deposits[0] = deposit(world, 1, 999n);
    ledger.payIn(deposit(world, 1, 250n));
    world.restart('auth-0');
    for (const name of ['auth-1', 'auth-2', 'auth-3']) world.connect('auth-0', name);
    world.run();
    looks(world, 20);
    for (const { name } of world.authorities) {
      assert.equal(balanceAt(world, name, 'bob'), 1_250n);
    }
  });

  it('is said until it is a fact, though others beside it are facts', () => {
    const gateways = ['auth-0', 'auth-1'];
    const { world, ledger } = begin({ gateways, observers: [0, 1], observerQuorum: 2 });
    ledger.shows = ({ name }) => (name === 'auth-1' ? 1 : 2);
    ledger.payIn(deposit(world, 1));
    ledger.payIn(deposit(world, 2));
    looks(world, 20);
    assert.equal(balanceAt(world, 'auth-3', 'bob'), 1_250n);
    ledger.shows = () => 2;
    looks(world, 40);
    assert.equal(balanceAt(world, 'auth-3', 'bob'), 1_500n);
  });

  it('that can never be a fact holds up no later one', () => {
    const { world, ledger } = begin();
    ledger.payIn(deposit(world, 1, 0n));
    ledger.payIn({ ...deposit(world, 2), token: 1 as TokenIndex });
    ledger.payIn(deposit(world, 3));
    ledger.payIn(deposit(world, 3, 999n));
    for (let n = 4; n <= 7; n++) ledger.payIn(deposit(world, n));
    looks(world, 40);
    assert.equal(balanceAt(world, 'auth-2', 'bob'), 1_000n + 5n * 250n);
    assert.equal(factCount(draftAt(world, 'auth-2')).count, 5n);
  });

  it('opens an account, however small it is', () => {
    const { world, ledger } = begin({ opens: 500n, wallets: ['alice', 'bob'] });
    const account = new Uint8Array(32).fill(9);
    ledger.payIn({ ...deposit(world, 1, 1n), account });
    looks(world, 2);
    assert.equal(draftAt(world, 'auth-3').has(SPACES.account.at(account)), true);
  });

  it('counts only when enough observers saw it themselves', () => {
    const gateways = ['auth-0', 'auth-1'];
    const { world, ledger } = begin({ gateways, observers: [0, 1, 2], observerQuorum: 2 });
    ledger.fate = (place) => (place.name === 'auth-0' ? 'answered' : 'question lost');
    ledger.payIn(deposit(world, 1));
    looks(world, 20);
    assert.equal(accountAt(world, 'auth-3', 'bob').balances[0]?.balance, 1_000n);
    ledger.fate = () => 'answered';
    looks(world, 40);
    assert.equal(accountAt(world, 'auth-3', 'bob').balances[0]?.balance, 1_250n);
  });
});
