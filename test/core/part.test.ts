/** What a list of parts promises, and who sees what in which order (core/part.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvariantError } from '../../agent/core/base/assert.ts';
import { heardBy, MESSAGES, type Tag } from '../../agent/core/codec/message.ts';
import { TIMER_NAMES, TIMERS } from '../../agent/core/codec/timer.ts';
import type { Role } from '../../agent/core/codec/voice.ts';
import type { Event } from '../../agent/core/io.ts';
import { createNode } from '../../agent/core/node.ts';
import { type Part, part, partsOf } from '../../agent/core/part.ts';
import { PARTS } from '../../agent/core/parts.ts';
import type { NodeSetup } from '../../agent/core/setup.ts';
import { type SpaceName, spaceOf } from '../../agent/core/spaces.ts';
import { World } from '../support/world.ts';

const world = new World({ relays: ['relay'] });
const SETUPS: { readonly [R in Role]: NodeSetup } = {
  authority: world.place('auth-0').setup,
  relay: world.place('relay').setup,
  wallet: world.place('alice').setup,
};
const ROLES = Object.keys(SETUPS) as Role[];
const ALL: readonly Part[] = PARTS;
const STAMP = { nowMs: 0, wallMs: 0 };
/** What node.ts keeps for all parts. */
const OF_ALL = ['seed', 'timers', 'committee', 'formerCommittee', 'judgedEpoch'] as const;

function without(name: string): readonly Part[] {
  return ALL.filter((each) => each.name !== name);
}

describe('the parts of a node', () => {
  for (const role of ROLES) {
    it(`take what a node hears that is ${role}, and nothing else`, () => {
      const { takes } = partsOf(SETUPS[role], ALL);
      const heard = (Object.keys(MESSAGES) as Tag[]).filter((tag) => heardBy(role, tag));
      assert.deepEqual([...takes.keys()].sort(), heard.sort());
    });
  }

  it('are those of its role, in the order of the list', () => {
    const names = (role: Role) => partsOf(SETUPS[role], ALL).all.map(({ name }) => name);
    assert.deepEqual(names('relay'), ['links', 'chain', 'ways', 'relay', 'noLedger']);
    assert.deepEqual(names('wallet'), ['links', 'chain', 'ways', 'wallet']);
    assert.ok(names('authority').indexOf('firstStart') < names('authority').indexOf('voting'));
    assert.ok(names('authority').indexOf('voting') < names('authority').indexOf('catchUp'));
    for (const role of ROLES) assert.equal(names(role)[0], 'links');
  });

  it('have each timer with its owner', () => {
    for (const timer of TIMER_NAMES) {
      const owners = ALL.filter(({ due }) => due[timer] !== undefined).map(({ name }) => name);
      assert.deepEqual(owners, [TIMERS[timer].part]);
    }
  });
});

describe('a list of parts is refused', () => {
  it('where nobody takes a message', () => {
    for (const name of ['voting', 'catchUp', 'queries', 'ways', 'firstStart']) {
      assert.throws(() => partsOf(SETUPS.authority, without(name)), InvariantError, name);
    }
    assert.throws(() => partsOf(SETUPS.relay, without('noLedger')), InvariantError);
    assert.throws(() => partsOf(SETUPS.wallet, without('wallet')), InvariantError);
  });

  it('where two take one', () => {
    const again = part({
      name: 'again',
      roles: ['relay'],
      spaces: [],
      takes: { question: () => undefined },
    });
    assert.throws(() => partsOf(SETUPS.relay, [...ALL, again]), InvariantError);
    assert.doesNotThrow(() => partsOf(SETUPS.wallet, [...ALL, again]));
  });

  it('where one takes what its nodes do not hear', () => {
    const curious = { ...part({ name: 'curious', roles: ['relay'], spaces: [] }) };
    const takes: Part['takes'] = { vote: () => undefined };
    assert.throws(() => partsOf(SETUPS.relay, [...ALL, { ...curious, takes }]), InvariantError);
  });

  it('where two have one name, one space, one command or one timer', () => {
    const bare: Part = part({ name: 'bare', roles: ['relay'], spaces: [] });
    const others: readonly Partial<Part>[] = [
      { name: 'ways' },
      { spaces: ['reach'] },
      { commands: { reach: () => undefined } },
    ];
    assert.doesNotThrow(() => partsOf(SETUPS.relay, [...ALL, bare]));
    for (const other of others) {
      assert.throws(() => partsOf(SETUPS.relay, [...ALL, { ...bare, ...other }]), InvariantError);
    }
    const due: Part['due'] = { sync: () => undefined };
    const late: Part = { ...bare, roles: ['authority'], due };
    assert.throws(() => partsOf(SETUPS.authority, [...ALL, late]), InvariantError);
  });

  it('where the owner of a timer does not know it', () => {
    const list = ALL.map((each) => (each.name === 'catchUp' ? { ...each, due: {} } : each));
    assert.throws(() => partsOf(SETUPS.authority, list), InvariantError);
  });
});

describe('a node folds an event over its parts', () => {
  /** A part that writes down what it is called for. */
  function listener(name: string, calls: string[]): Part {
    const call = (what: string) => () => {
      calls.push(`${name} ${what}`);
    };
    const hooks = {
      recover: call('recover'),
      start: call('start'),
      linkUp: call('linkUp'),
      linkDown: call('linkDown'),
      carry: call('carry'),
      overhear: call('overhear'),
      afterMessage: call('afterMessage'),
    };
    return { ...part({ name: 'listener', roles: ['relay'], spaces: [] }), ...hooks, name };
  }

  function calledFor(event: Event): readonly string[] {
    const calls: string[] = [];
    const list = [listener('first', calls), ...ALL, listener('last', calls)];
    const node = createNode(SETUPS.relay, list);
    const state = new Map<string, Uint8Array | undefined>();
    const read = { get: (key: string) => state.get(key) };
    const first = node.step({ kind: 'start', seed: new Uint8Array(32) }, STAMP, read);
    if (event.kind === 'start') return calls;
    for (const { key, value } of first.writes) state.set(key, value);
    calls.length = 0;
    node.step(event, STAMP, read);
    return calls;
  }

  it('in the order of the list, and recovers all before it starts any', () => {
    const seed = new Uint8Array(32);
    const order = ['first recover', 'last recover', 'first start', 'last start'];
    assert.deepEqual(calledFor({ kind: 'start', seed }), order);
  });

  it('but tells none of a link of whoever proved no key', () => {
    const link = { kind: 'link_up', link: 1n as never, wanted: false } as const;
    const peerKey = new Uint8Array(32);
    assert.deepEqual(calledFor({ ...link, peerKey }), ['first linkUp', 'last linkUp']);
    assert.deepEqual(calledFor({ ...link, peerKey: undefined }), []);
  });

  it('and tells all of a link that is gone', () => {
    const order = ['first linkDown', 'last linkDown'];
    assert.deepEqual(calledFor({ kind: 'link_down', link: 1n as never }), order);
  });
});

it('a node writes only what belongs to its parts, or to all nodes', () => {
  const mine = new World({ relays: ['relay'] }).connectAll();
  mine.run();
  mine.refresh('alice');
  mine.pay('alice', 'bob', 3n);
  mine.run();
  for (const place of mine.places.values()) {
    const { all } = partsOf(place.setup, ALL);
    const own = new Set<SpaceName>([...all.flatMap(({ spaces }) => spaces), ...OF_ALL]);
    const written = [...place.state.keys()].map((key) => spaceOf(key));
    for (const space of written) assert.ok(space !== undefined && own.has(space), `${space}`);
    assert.ok(written.length > 2, place.name);
  }
});
