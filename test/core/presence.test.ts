/** Who is heard, and what that comes to (presence/heartbeat.ts, presence/status.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  HEARTBEAT_ANSWER_MS,
  HEARTBEAT_MS,
  HEARTBEATS_TO_SILENT_EVERY,
  SILENT_AFTER_MS,
  STEADY_MS,
} from '../../agent/core/base/limits.ts';
import type { Epoch, LinkId, MemberIndex } from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import {
  type Frame,
  frameCoder,
  type Heartbeat,
  heartbeatBodyCoder,
} from '../../agent/core/codec/message.ts';
import { committeeCoder } from '../../agent/core/codec/record.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { connectivityOf, isPartitioned, presenceOf } from '../../agent/core/presence/status.ts';
import { isDurable, SPACES } from '../../agent/core/spaces.ts';
import { BARS, barWrite } from '../../agent/core/standing.ts';
import { frameOf } from '../support/forge.ts';
import { verify as realVerify } from '../support/keys.ts';
import { type Place, World, type WorldOptions } from '../support/world.ts';

/** Silence is noticed with a heartbeat of one's own. */
const NOTICED_MS = SILENT_AFTER_MS + HEARTBEAT_MS;
/** As long as it takes until who was silent is heard again, once frames get through. */
const BACK_MS = HEARTBEATS_TO_SILENT_EVERY * HEARTBEAT_MS + STEADY_MS + HEARTBEAT_MS;

function worldOf(authorities: number, options: WorldOptions = {}): World {
  return new World({ authorities, wallets: [], heartbeats: true, ...options });
}

/** Loses all frames between members that `apart` says are, from the first to the second. */
function part(world: World, apart: (from: number, to: number) => boolean): void {
  const at = (place: Place): number => place.setup.authority?.member ?? -1;
  world.onFrame = (from, to) => !apart(at(from), at(to));
}

/** The groups that members fall into; the others fall into none. */
function groups(world: World, ...sets: readonly (readonly number[])[]): void {
  const of = (member: number): number => sets.findIndex((set) => set.includes(member));
  part(world, (from, to) => of(from) !== of(to));
}

function statuses(world: World): (string | undefined)[] {
  return world.authorities.map(({ state }) => connectivityOf(state)?.status);
}

function heardBy(world: World, member: number): number[] {
  const { state } = world.place(`auth-${member}`);
  return world.authorities.flatMap((_, i) => {
    return presenceOf(state, i as MemberIndex)?.isHeard === true ? [i] : [];
  });
}

function repeat<T>(value: T, times: number): T[] {
  return Array.from({ length: times }, () => value);
}

const [FULL, PARTIAL, APART] = ['FULLY_CONNECTED', 'PARTIAL_CONNECTIVITY', 'PARTITIONED'];

describe('a member', () => {
  it('is heard one exchange after its link came up, before any time has passed', () => {
    for (const n of [1, 2, 4, 7]) {
      const world = worldOf(n);
      assert.deepEqual(statuses(world), repeat(n === 1 ? FULL : APART, n));
      world.connectAll();
      assert.deepEqual(statuses(world), repeat(FULL, n), `${n}`);
      assert.ok(world.authorities.every(({ state }) => !isPartitioned(state)));
    }
  });

  it('is silent when it has proven nothing for a while, and no sooner', () => {
    const world = worldOf(4).connectAll();
    world.pass(10 * HEARTBEAT_MS);
    groups(world, [0, 1, 2], [3]);
    world.pass(SILENT_AFTER_MS - 2 * HEARTBEAT_MS - 1);
    assert.deepEqual(heardBy(world, 0), [1, 2, 3]);
    world.pass(3 * HEARTBEAT_MS + 1);
    assert.deepEqual(heardBy(world, 0), [1, 2]);
    assert.deepEqual(world.notices('auth-0', 'silent'), [{ kind: 'silent', member: 3 }]);
  });

  it('that was silent is heard again once it has been there for a while without a gap', () => {
    const world = worldOf(4).connectAll();
    const cutThree = () => groups(world, [0, 1, 2], [3]);
    cutThree();
    world.pass(NOTICED_MS);
    part(world, () => false);
    world.pass(HEARTBEAT_MS);
    assert.deepEqual(heardBy(world, 0), [1, 2], 'not at once');
    // It comes for a moment again and again: it is never heard, and nothing is told of it.
    for (let gap = 0; gap < 5; gap++) {
      cutThree();
      world.pass(NOTICED_MS);
      part(world, () => false);
      world.pass(HEARTBEAT_MS);
    }
    assert.deepEqual(heardBy(world, 0), [1, 2]);
    assert.equal(world.notices('auth-0', 'heard').filter(({ member }) => member === 3).length, 1);
    world.pass(STEADY_MS + HEARTBEAT_MS);
    assert.deepEqual(heardBy(world, 0), [1, 2, 3]);
    assert.equal(world.notices('auth-0', 'heard').filter(({ member }) => member === 3).length, 2);
  });

  it('that loses two heartbeats in a row is heard all the time', () => {
    const world = worldOf(4).connectAll();
    for (let round = 0; round < 6; round++) {
      part(world, (from, to) => from === 3 || to === 3);
      world.pass(2 * HEARTBEAT_MS);
      part(world, () => false);
      world.pass(2 * HEARTBEAT_MS);
    }
    assert.deepEqual(statuses(world), repeat(FULL, 4));
    assert.equal(world.notices('auth-0', 'silent').length, 0);
  });

  it('is heard through relays alone, after its own restart and after a relay was away', () => {
    const world = worldOf(4, { relays: ['rita', 'ron'] });
    const link = (relay: string) => {
      for (const { name } of world.authorities) world.connect(name, relay);
      world.run();
    };
    link('rita');
    world.pass(NOTICED_MS);
    assert.deepEqual(statuses(world), repeat(FULL, 4));
    world.restart('auth-2');
    world.connect('auth-2', 'rita');
    world.pass(BACK_MS);
    assert.deepEqual(statuses(world), repeat(FULL, 4));
    world.crash('rita');
    world.pass(NOTICED_MS);
    assert.deepEqual(statuses(world), repeat(APART, 4));
    link('ron');
    world.pass(BACK_MS);
    assert.deepEqual(statuses(world), repeat(FULL, 4));
  });

  it('that restarts is heard by its new process, with what that says', () => {
    const world = worldOf(4).connectAll();
    const { state } = world.place('auth-1');
    const write = barWrite(BARS.restored);
    if (write.value !== undefined) state.set(write.key, write.value);
    world.restart('auth-1');
    world.nowMs += HEARTBEAT_ANSWER_MS;
    for (const other of [0, 2, 3]) world.connect('auth-1', `auth-${other}`);
    world.run();
    assert.deepEqual(statuses(world), repeat(FULL, 4), 'nobody has missed it');
    const known = presenceOf(world.place('auth-0').state, 1 as MemberIndex);
    assert.equal(known?.votes, false);
    const other = presenceOf(world.place('auth-0').state, 2 as MemberIndex);
    assert.equal(other?.votes, true);
  });

  it('that left the committee is forgotten, and what it says is nothing', () => {
    const world = worldOf(5).connectAll();
    const members = world.authorities.slice(0, 4).map(({ name, signer }, i) => {
      return { number: i as MemberIndex, name, key: signer.publicKey };
    });
    for (const { state } of world.authorities) {
      const before = state.get(SPACES.committee.key);
      if (before !== undefined) state.set(SPACES.formerCommittee.at(0 as Epoch).key, before);
      state.set(SPACES.committee.key, encode(committeeCoder, { epoch: 1 as Epoch, members }));
    }
    world.pass(NOTICED_MS + HEARTBEAT_MS);
    assert.equal(presenceOf(world.place('auth-0').state, 4 as MemberIndex), undefined);
    assert.deepEqual(statuses(world).slice(0, 4), repeat(FULL, 4));
    assert.equal(connectivityOf(world.place('auth-0').state)?.heard, 4);
  });
});

describe('a cut', () => {
  const cases: readonly [number, readonly (readonly number[])[], readonly string[]][] = [
    [4, [[0, 1, 2], [3]], ['qqq', 'n']],
    [
      4,
      [
        [0, 1],
        [2, 3],
      ],
      ['nn', 'nn'],
    ],
    [4, [[0], [1], [2, 3]], ['n', 'n', 'nn']],
    [
      7,
      [
        [0, 1, 2, 3, 4],
        [5, 6],
      ],
      ['qqqqq', 'nn'],
    ],
    [
      7,
      [
        [0, 1, 2, 3],
        [4, 5, 6],
      ],
      ['nnnn', 'nnn'],
    ],
    [
      10,
      [
        [0, 1, 2, 3, 4, 5, 6],
        [7, 8, 9],
      ],
      ['qqqqqqq', 'nnn'],
    ],
  ];
  for (const [n, sets, expected] of cases) {
    it(`of ${n} into ${sets.map(({ length }) => length).join(' | ')} leaves a quorum or none`, () => {
      const world = worldOf(n).connectAll();
      groups(world, ...sets);
      world.pass(NOTICED_MS);
      const letters: string[] = expected.join('').split('');
      const due = letters.map((letter) => (letter === 'q' ? PARTIAL : APART));
      assert.deepEqual(statuses(world), due);
      assert.deepEqual(
        world.authorities.map(({ state }) => isPartitioned(state)),
        due.map((status) => status === APART),
      );
      part(world, () => false);
      world.pass(BACK_MS);
      assert.deepEqual(statuses(world), repeat(FULL, n));
    });
  }

  it('one way only is a cut both ways: who is heard by nobody counts nobody', () => {
    for (const isDeaf of [true, false]) {
      const world = worldOf(4).connectAll();
      part(world, (from, to) => (isDeaf ? to : from) === 3);
      world.pass(NOTICED_MS + 2 * HEARTBEAT_MS);
      assert.deepEqual(statuses(world), [...repeat(PARTIAL, 3), APART], `deaf: ${isDeaf}`);
    }
  });

  it('is told once, with how many are heard', () => {
    const world = worldOf(4).connectAll();
    groups(world, [0, 1], [2], [3]);
    world.pass(NOTICED_MS + 5 * HEARTBEAT_MS);
    const told = world.notices('auth-0', 'connectivity').map(({ from, to, heard, of }) => {
      return [from, to, heard, of];
    });
    assert.deepEqual(told.at(-1)?.slice(1), [APART, 2, 4]);
    assert.equal(told.filter(([, to]) => to === APART).length, 1);
  });
});

/** Collects all heartbeats that come by. */
function recorded(world: World): { readonly to: Place; readonly bytes: Uint8Array }[] {
  const all: { to: Place; bytes: Uint8Array }[] = [];
  world.onFrame = (_, to, frame: Frame) => {
    if (frame.message.TAG === 'heartbeat') all.push({ to, bytes: encode(frameCoder, frame) });
    return true;
  };
  return all;
}

const STRANGER = 0xbadn as LinkId;

describe('a heartbeat that is played again', () => {
  it('makes nobody heard that is gone, neither by who heard it first nor after a restart', () => {
    for (const isRestarted of [false, true]) {
      const world = worldOf(4).connectAll();
      const tape = recorded(world);
      world.pass(20 * HEARTBEAT_MS);
      world.crash('auth-3');
      world.onFrame = () => true;
      const zero = world.place('auth-0');
      if (isRestarted) {
        world.restart('auth-0');
        for (const other of [1, 2]) world.connect('auth-0', `auth-${other}`);
      }
      for (const { bytes } of tape) {
        world.event(zero, { kind: 'frame', link: STRANGER, bytes });
        world.pass(HEARTBEAT_MS / 8);
      }
      assert.deepEqual(heardBy(world, 0), [1, 2]);
      assert.equal(connectivityOf(zero.state)?.status, PARTIAL);
    }
  });

  it('changes nothing of what a member said since, and hides nobody', () => {
    const world = worldOf(4).connectAll();
    const tape = recorded(world);
    world.pass(3 * HEARTBEAT_MS);
    const { state } = world.place('auth-3');
    const write = barWrite(BARS.restored);
    if (write.value !== undefined) state.set(write.key, write.value);
    world.pass(HEARTBEAT_MS);
    world.onFrame = () => true;
    for (let round = 0; round < 10; round++) {
      for (const { to, bytes } of tape.slice(0, 30)) {
        world.event(to, { kind: 'frame', link: STRANGER, bytes });
      }
      world.pass(HEARTBEAT_MS);
    }
    assert.deepEqual(statuses(world), repeat(FULL, 4));
    for (const place of world.authorities.slice(0, 3)) {
      assert.equal(presenceOf(place.state, 3 as MemberIndex)?.votes, false);
    }
  });
});

describe('a heartbeat', () => {
  /** As auth-1 would say it now to auth-0, with what is changed of it. */
  const made = (
    world: World,
    change: Partial<Heartbeat['body']> = {},
    { epoch = 0 as Epoch, signer = 'auth-1' } = {},
  ): Uint8Array => {
    const counter = decodeOwn(
      SPACES.ownBeats.coder,
      world.place('auth-0').state.get(SPACES.ownBeats.key) ?? new Uint8Array(),
    ).counter;
    const body = {
      counter: 2 ** 32 - 1,
      wallMs: 5n,
      digest: new Uint8Array(32),
      votes: false,
      heard: [{ member: 0 as MemberIndex, counter }],
      ...change,
    };
    const bytes = encode(heartbeatBodyCoder, body);
    const signature = world
      .place(signer)
      .signer.sign(signingBytes('heartbeat', world.network.id, epoch, bytes));
    const data = { epoch, member: 1 as MemberIndex, body, signature };
    return frameOf({ TAG: 'heartbeat', data });
  };
  const given = (world: World, bytes: Uint8Array) => {
    const place = world.place('auth-0');
    const before = place.state.get(SPACES.presence.at(1 as MemberIndex).key);
    const step = world.event(place, { kind: 'frame', link: STRANGER, bytes });
    const after = place.state.get(SPACES.presence.at(1 as MemberIndex).key);
    const isChanged = Buffer.compare(before ?? Buffer.alloc(0), after ?? Buffer.alloc(0)) !== 0;
    return { isChanged, step };
  };

  it('counts signed by its member, in this epoch, with a number of ours that was given out', () => {
    const world = worldOf(4).connectAll();
    world.pass(4 * HEARTBEAT_MS + HEARTBEAT_ANSWER_MS);
    const { counter } = decodeOwn(
      SPACES.ownBeats.coder,
      world.place('auth-0').state.get(SPACES.ownBeats.key) ?? new Uint8Array(),
    );
    const named = (n: number) => ({ heard: [{ member: 0 as MemberIndex, counter: n }] });
    assert.equal(given(world, made(world, {}, { signer: 'auth-2' })).isChanged, false);
    assert.equal(given(world, made(world, {}, { epoch: 1 as Epoch })).isChanged, false);
    assert.equal(given(world, made(world, named(counter + 1))).isChanged, false, 'of the future');
    assert.equal(given(world, made(world, named(7))).isChanged, false, 'of another process');
    assert.equal(given(world, made(world, { heard: [] })).isChanged, false, 'of nothing');
    assert.equal(given(world, made(world, named(counter))).isChanged, true);
    assert.equal(presenceOf(world.place('auth-0').state, 1 as MemberIndex)?.votes, false);
    const late = { ...named(counter), counter: 1, votes: true };
    assert.equal(given(world, made(world, late)).isChanged, false, 'late');
  });

  it('that tells nothing new costs no signature, and a false one changes nothing', () => {
    let checks = 0;
    const world = worldOf(4, {
      verify: (...args) => {
        checks++;
        return realVerify(...args);
      },
    }).connectAll();
    world.pass(4 * HEARTBEAT_MS + HEARTBEAT_ANSWER_MS);
    const good = made(world);
    const earlier = made(world, { counter: 2 ** 32 - 2 });
    given(world, good);
    const before = checks;
    for (let i = 0; i < 50; i++) given(world, good);
    given(world, earlier);
    assert.equal(checks, before);
  });

  it('of who does not hear us is answered, once in a while', () => {
    const world = worldOf(4).connectAll();
    const strange = (counter: number, signer = 'auth-1') => {
      return given(world, made(world, { heard: [], counter }, { signer })).step.sends.length;
    };
    assert.equal(strange(1), 0, 'who is heard is told anyway');
    groups(world, [0, 2, 3], [1]);
    world.pass(NOTICED_MS);
    let answers = 0;
    for (let i = 0; i < 20; i++) answers += strange(i);
    assert.equal(answers, 1);
    world.nowMs += HEARTBEAT_ANSWER_MS - 1;
    assert.equal(strange(100), 0);
    world.nowMs += 1;
    assert.equal(strange(101), 1);
    world.nowMs += HEARTBEAT_ANSWER_MS;
    assert.equal(strange(102, 'auth-2'), 0, 'forged');
    assert.equal(strange(102), 1);
  });

  it('costs one frame a member and period, and fewer to who is silent and has no link', () => {
    const world = worldOf(5, { relays: ['rita'] }).connectAll();
    const sent = (): number => {
      let frames = 0;
      const zero = world.place('auth-0');
      world.onStep = (place, _, { sends }) => {
        if (place !== zero) return;
        for (const { bytes } of sends) {
          const { isPassedOn, message } = decodeOwn(frameCoder, bytes);
          if (message.TAG === 'heartbeat' && !isPassedOn) frames++;
        }
      };
      world.pass(12 * HEARTBEAT_MS);
      world.onStep = () => {};
      return frames;
    };
    assert.equal(sent(), 12 * 4);
    world.crash('auth-4');
    world.pass(NOTICED_MS);
    assert.equal(sent(), 12 * 3 + 12 / HEARTBEATS_TO_SILENT_EVERY);
  });

  it('leaves nothing on the disk', () => {
    const world = worldOf(4).connectAll();
    world.onStep = (_, __, { writes }) => {
      assert.deepEqual(
        writes.filter(({ key }) => isDurable(key)),
        [],
      );
    };
    world.pass(60_000);
    groups(world, [0, 1], [2, 3]);
    world.pass(60_000);
  });

  it('comes to the same whatever the clocks of others show', () => {
    const world = worldOf(4);
    const off = [3_600_000, -1_000_000, 0, 0];
    for (const [i, place] of world.authorities.entries()) {
      const { node } = place;
      const wallMs = Math.max(0, 2_000_000_000 + (off[i] ?? 0));
      const shown = i === 1 ? 0 : wallMs;
      place.node = {
        step: (event, stamp, read) => node.step(event, { ...stamp, wallMs: shown }, read),
      };
    }
    world.connectAll();
    assert.deepEqual(statuses(world), repeat(FULL, 4));
    const two = world.place('auth-2').state;
    const aheadMs = (member: number): bigint => {
      const known = presenceOf(two, member as MemberIndex);
      assert.ok(known !== undefined);
      return known.wallMs - known.takenWallMs;
    };
    assert.equal(aheadMs(0), 3_600_000n);
    assert.equal(aheadMs(1), -2_000_000_000n);
    assert.equal(aheadMs(3), 0n);
    groups(world, [0, 2, 3], [1]);
    world.pass(NOTICED_MS);
    assert.deepEqual(statuses(world), [PARTIAL, APART, PARTIAL, PARTIAL]);
  });
});
