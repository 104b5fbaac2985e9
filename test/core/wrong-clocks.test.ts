/**
 * Withdrawals where clocks on the wall are wrong: one authority's an hour ahead, another one's at
 * 1970, whichever they are. Nothing of what becomes of the money changes: only who proposes a
 * refund first.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withdrawalAt } from '../../agent/core/authority/locks.ts';
import { LOOK_AT_LEDGERS_MS } from '../../agent/core/base/limits.ts';
import type { Sequence } from '../../agent/core/base/units.ts';
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import { Draft } from '../../agent/core/draft.ts';
import { isRefund } from '../../agent/core/gateway/outcome-value.ts';
import { balanceAt, digestOf, lockedAt } from '../support/ledger.ts';
import { OuterLedger } from '../support/outer-ledger.ts';
import { type Place, World } from '../support/world.ts';

/** When the world's time began, by a clock that is right; 0 is 1970. */
const RIGHT_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
/** So long a withdrawal is tried: by the clock that is ahead its time is over from the start. */
const VALID_MS = 60_000;
const LEFT = { paid: 600n, refunded: 1_000n } as const;

/** Whose clock is an hour ahead, and whose is at 1970; undefined: all are right. */
interface Wrong {
  readonly ahead?: string;
  readonly first?: string;
}

const NAMES = ['auth-0', 'auth-1', 'auth-2', 'auth-3'];
const WRONG = NAMES.flatMap((ahead) =>
  NAMES.filter((name) => name !== ahead).map((first) => ({ ahead, first })),
);

interface Scene {
  readonly world: World;
  readonly ledger: OuterLedger;
  /** Who proposed to refund, and when, in the order in which they did. */
  readonly refunders: { readonly name: string; readonly atMs: number }[];
  readonly validUntilMs: number;
}

/** A withdrawal is certified. The gateway, if there is one, is the observer of its ledger. */
function begin(wrong: Wrong | undefined, gateway?: string, dead?: string): Scene {
  const gateways = gateway === undefined ? [] : [gateway];
  const observers = [gateway === undefined ? 0 : NAMES.indexOf(gateway)];
  const world = new World({ gateways, observers, heartbeats: true });
  const refunders: Scene['refunders'] = [];
  world.onStep = ({ name }, _event, { sends }) => {
    for (const { bytes } of sends) {
      const { message } = decodeOwn(frameCoder, bytes);
      if (message.TAG !== 'proposal' || !isRefund(message.data.body.value)) continue;
      // Members also tell again what others proposed.
      if (message.data.member !== NAMES.indexOf(name)) continue;
      refunders.push({ name, atMs: world.nowMs });
    }
  };
  const ledger = new OuterLedger(world);
  for (const place of world.places.values()) {
    if (place.name === wrong?.first) continue;
    place.wallSkewMs = RIGHT_MS + (place.name === wrong?.ahead ? HOUR_MS : 0);
  }
  world.connectAll();
  if (dead !== undefined) world.crash(dead);
  world.pass(10_000);
  const validUntilMs = world.nowMs + VALID_MS;
  world.withdraw('alice', 400n, { validUntilMs: BigInt(RIGHT_MS + validUntilMs) });
  world.run();
  return { world, ledger, refunders, validUntilMs };
}

function upIn(world: World): readonly Place[] {
  return world.authorities.filter(({ up }) => up);
}

/** How the withdrawal stands at each authority; one word if at all alike. */
function stateOf(world: World): string {
  const { publicKey } = world.place('alice').signer;
  const states = upIn(world).map(({ state }) => {
    const draft = new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
    return withdrawalAt(draft, publicKey, 0n as Sequence)?.state;
  });
  return [...new Set(states)].join(', ');
}

/** It ended so at every authority, and all hold the same ledger. */
function checkEnd(world: World, end: keyof typeof LEFT): void {
  assert.equal(stateOf(world), end);
  for (const { name } of upIn(world)) {
    assert.equal(balanceAt(world, name, 'alice'), LEFT[end], name);
    assert.equal(lockedAt(world, name, 'alice'), 0n, name);
  }
  assert.equal(new Set(upIn(world).map(({ name }) => digestOf(world, name))).size, 1);
}

function pay({ world, ledger }: Scene): void {
  for (let look = 0; look < 30 && ledger.entries.size === 0; look++) world.pass(LOOK_AT_LEDGERS_MS);
  ledger.become(ledger.only, 'final');
  world.pass(2 * LOOK_AT_LEDGERS_MS);
}

for (const wrong of [undefined, ...WRONG]) {
  const whose = wrong === undefined ? 'none' : `${wrong.ahead} ahead, ${wrong.first} at 1970`;
  describe(`where of the clocks ${whose} is wrong`, () => {
    it('every authority votes for a withdrawal', () => {
      const { world } = begin(wrong);
      for (const name of NAMES) assert.ok(world.notices(name, 'voted').length > 0, name);
      assert.equal(stateOf(world), 'locked');
    });

    // A gateway that thinks that its time is over asks nobody to settle (below).
    for (const gateway of NAMES.filter((name) => name !== wrong?.ahead)) {
      it(`it is paid out by ${gateway}, once, though one thinks that its time is over`, () => {
        const scene = begin(wrong, gateway);
        pay(scene);
        scene.world.pass(VALID_MS);
        checkEnd(scene.world, 'paid');
        assert.deepEqual([...scene.ledger.paid.values()], [1]);
      });
    }

    it('it is given back where no gateway asks for it, once, and the one ahead begins', () => {
      const { world, refunders, validUntilMs } = begin(wrong);
      world.pass(validUntilMs - 1 - world.nowMs);
      if (wrong === undefined) assert.equal(stateOf(world), 'locked');
      const early = new Set(refunders.map(({ name }) => name));
      assert.deepEqual([...early], wrong === undefined ? [] : [wrong.ahead]);
      world.pass(VALID_MS);
      checkEnd(world, 'refunded');
    });
  });
}

for (const first of NAMES) {
  describe(`where only the clock of ${first} is wrong, at 1970`, () => {
    it('it is given back when its time is over by the others, and not before', () => {
      const { world, refunders, validUntilMs } = begin({ first });
      world.pass(validUntilMs - 1 - world.nowMs);
      assert.equal(stateOf(world), 'locked');
      assert.deepEqual(refunders, []);
      world.pass(VALID_MS);
      checkEnd(world, 'refunded');
      assert.ok(refunders.every(({ name }) => name !== first));
    });
  });
}

describe('where the only gateway thinks that its time is over', () => {
  it('it is given back, once, and no ledger is asked', () => {
    const { world, ledger, validUntilMs } = begin({ ahead: 'auth-0', first: 'auth-1' }, 'auth-0');
    world.pass(validUntilMs + VALID_MS - world.nowMs);
    checkEnd(world, 'refunded');
    assert.equal(ledger.entries.size, 0);
  });
});

for (const [wrong, dead] of NAMES.flatMap((one) =>
  NAMES.filter((name) => name !== one).map((other) => [one, other] as const),
)) {
  describe(`where ${dead} is dead, and every other vote is needed`, () => {
    const [gateway] = NAMES.filter((name) => name !== wrong && name !== dead);

    // With a member dead besides, it depends on who proposes in which round; the end is one.
    it(`it is paid out or given back though ${wrong} thinks that its time is over`, () => {
      const scene = begin({ ahead: wrong }, gateway, dead);
      scene.world.pass(30 * LOOK_AT_LEDGERS_MS);
      const isSettled = scene.ledger.entries.size > 0;
      if (isSettled) pay(scene);
      checkEnd(scene.world, isSettled ? 'paid' : 'refunded');
    });

    it(`it is given back though ${wrong} thinks that there is time`, () => {
      const { world } = begin({ first: wrong }, undefined, dead);
      world.pass(5 * VALID_MS);
      checkEnd(world, 'refunded');
    });
  });
}
