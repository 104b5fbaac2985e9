/** Places for handshakes and links, with time driven by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  findPlace,
  type Handshake,
  HandshakeGate,
  type LinkKind,
  type Newcomer,
  type Placed,
} from '../../../agent/shell/net/admission.ts';
import { NET_LIMITS, type NetLimits } from '../../../agent/shell/net/limits.ts';

const LIMITS: NetLimits = {
  ...NET_LIMITS,
  handshakes: 6,
  handshakesPerSource: 4,
  memberHandshakes: 2,
  handshakePatienceMs: 1_000,
  handshakesPerSecond: 1_000,
  bucketMs: 2_000,
  links: 8,
  nodeLinks: 2,
  anonymousLinks: 4,
  anonymousPerSource: 3,
  evictableAfterMs: 1_000,
};

function gateAt0() {
  const gate = new HandshakeGate(LIMITS, 0);
  const aborted: string[] = [];
  let number = 0;
  const enter = (source: string, sinceMs: number, ofMember = false) => {
    const name = `${source}#${number++}`;
    const handshake: Handshake = { source, ofMember, sinceMs, abort: () => aborted.push(name) };
    return { refused: gate.enter(handshake)?.code, leave: () => gate.leave(handshake), name };
  };
  return { gate, aborted, enter };
}

describe('places for handshakes', () => {
  it('are bounded for one source, and free again when it leaves', () => {
    const { enter } = gateAt0();
    const first = [1, 2, 3, 4].map(() => enter('a', 0));
    assert.deepEqual(
      first.map(({ refused }) => refused),
      Array(4).fill(undefined),
    );
    assert.equal(enter('a', 1).refused, 'too_many_links');
    first[0]?.leave();
    assert.equal(enter('a', 2).refused, undefined);
  });

  it('are taken from the source that holds most of them when a newcomer needs one', () => {
    const { enter, aborted, gate } = gateAt0();
    const hoard = [1, 2, 3, 4].map(() => enter('a', 0));
    enter('b', 0);
    enter('c', 0);
    assert.equal(enter('d', 1).refused, undefined);
    assert.deepEqual(aborted, [hoard[0]?.name]);
    assert.equal(gate.size(), 6);
  });

  it('are taken from a handshake that has lasted longer than honest ones do', () => {
    const { enter, aborted } = gateAt0();
    const first = [1, 2, 3, 4].map(() => enter('a', 0));
    assert.equal(enter('a', 999).refused, 'too_many_links');
    assert.equal(enter('a', 1_000).refused, undefined);
    assert.deepEqual(aborted, [first[0]?.name]);
  });

  it('are kept free for addresses of members, however many strangers call', () => {
    const { enter } = gateAt0();
    for (const source of ['a', 'b', 'c', 'd', 'e', 'f']) enter(source, 0);
    assert.equal(enter('g', 0).refused, 'too_many_links');
    assert.equal(enter('m', 0, true).refused, undefined);
    assert.equal(enter('m', 0, true).refused, undefined);
  });

  it('are given to who has not called for a while when others have used up the rate', () => {
    const { enter } = gateAt0();
    const callAt = (source: string, atMs: number) => {
      const { refused, leave } = enter(source, atMs);
      leave();
      return refused;
    };
    const perSource = (LIMITS.handshakesPerSource * LIMITS.bucketMs) / 1000;
    const all = (LIMITS.handshakesPerSecond * LIMITS.bucketMs) / 1000;
    for (let n = 0; n < all / perSource; n++) {
      for (let i = 0; i < perSource; i++) assert.equal(callAt(`hostile ${n}`, 0), undefined);
    }
    assert.equal(callAt('new', 0), undefined, 'it has not called before');
    assert.equal(callAt('new', 0), 'too_many_links', 'but now it has');
    for (let n = 1; n < all; n++) assert.equal(callAt(`new ${n}`, 0), undefined);
    assert.equal(callAt('too many', 0), 'too_many_links', 'and that has a bound');
    assert.equal(callAt('hostile 0', LIMITS.bucketMs), undefined, 'later all may again');
  });

  it('are not given faster than the rate of one source allows', () => {
    const { enter } = gateAt0();
    let admitted = 0;
    for (let i = 0; i < 50; i++) {
      const { refused, leave } = enter('a', 0);
      if (refused === undefined) admitted += 1;
      leave();
    }
    assert.equal(admitted, (LIMITS.handshakesPerSource * LIMITS.bucketMs) / 1000);
    assert.equal(enter('b', 0).refused, undefined, 'another source is not affected');
    assert.equal(enter('a', 1_000).refused, undefined, 'later it may again');
  });
});

describe('places for links', () => {
  type Asked = Partial<Pick<Newcomer, 'dialled' | 'wanted'>>;
  const newcomer = (kind: LinkKind, source: string, asked: Asked = {}): Newcomer => ({
    kind,
    source,
    dialled: false,
    wanted: false,
    ...asked,
  });
  const link = (kind: LinkKind, source: string, lastMs: number, asked?: Asked): Placed => ({
    ...newcomer(kind, source, asked),
    lastFrameMs: lastMs,
  });
  /** The link that has to go, why there is no place, or undefined. */
  const placeFor = (
    links: readonly Placed[],
    { kind, source, ...asked }: Pick<Newcomer, 'kind' | 'source'> & Asked,
    nowMs: number,
    memberCount = 0,
  ) => {
    const place = findPlace(LIMITS, memberCount, links, newcomer(kind, source, asked), nowMs);
    return place !== undefined && 'code' in place ? place.code : place;
  };

  it('are never wanting for members', () => {
    const links = Array.from({ length: 20 }, () => link('anonymous', 'a', 0));
    assert.equal(placeFor(links, { kind: 'member', source: 'a' }, 0, 4), undefined);
  });

  it('go, when a kind is full, from the most silent link to the newcomer', () => {
    const links = [10, 5, 20, 30].map((atMs, i) => link('anonymous', `s${i}`, atMs));
    assert.equal(placeFor(links, { kind: 'anonymous', source: 'x' }, 1_004), 'too_many_links');
    assert.equal(placeFor(links, { kind: 'anonymous', source: 'x' }, 1_005), links[1]);
    assert.equal(placeFor(links, { kind: 'node', source: 'x' }, 1_005), undefined, 'another kind');
  });

  it('of one source are bounded, and that source loses its oldest', () => {
    const links = [link('anonymous', 'b', 0), ...[9, 2, 3].map((at) => link('anonymous', 'a', at))];
    assert.equal(placeFor(links.slice(1), { kind: 'anonymous', source: 'a' }, 10), links[1]);
    assert.equal(placeFor(links.slice(1), { kind: 'anonymous', source: 'b' }, 5_000), undefined);
  });

  it('go, when a kind is full, from the oldest of the source with most to a newcomer', () => {
    const links = ['a', 'b', 'b', 'c'].map((source) => link('anonymous', source, 5));
    assert.equal(placeFor(links, { kind: 'anonymous', source: 'x' }, 5), links[1]);
    const most = ['a', 'a', 'b', 'b'].map((source, i) => link('anonymous', source, 9 - i));
    assert.equal(placeFor(most, { kind: 'anonymous', source: 'x' }, 9), most[0]);
  });

  it('stay with a source that would not have more than the newcomer’s then', () => {
    const links = ['a', 'a', 'b', 'c'].map((source) => link('anonymous', source, 5));
    const place = (source: string) => placeFor(links, { kind: 'anonymous', source }, 5);
    assert.equal(place('b'), links[2], 'the newcomer’s own has to go');
    assert.equal(place('a'), links[0]);
    assert.equal(place('d'), links[0], 'who has none yet has a place');
    const even = ['a', 'b', 'c', 'd'].map((source) => link('anonymous', source, 5));
    assert.equal(placeFor(even, { kind: 'anonymous', source: 'e' }, 5), 'too_many_links');
    assert.equal(placeFor(even, { kind: 'anonymous', source: 'd' }, 5), even[3]);
  });

  it('count links of the other kind only when all places are taken', () => {
    const links = [...[1, 2, 3].map(() => link('anonymous', 'a', 5)), link('node', 'b', 5)];
    assert.equal(placeFor(links, { kind: 'node', source: 'c' }, 5), undefined);
    assert.equal(placeFor(links, { kind: 'node', source: 'c' }, 5, 4), links[0]);
    const nodes = ['a', 'a'].map((source) => link('node', source, 5));
    assert.equal(
      placeFor([...links.slice(0, 3), ...nodes], { kind: 'node', source: 'c' }, 5),
      nodes[0],
    );
  });

  it('go, to one that is asked for, from the source with most as well', () => {
    const links = [link('node', 'a', 1), ...[5, 4].map((at) => link('node', 'b', at))];
    assert.equal(placeFor(links, { kind: 'node', source: 'c', wanted: true }, 5), links[1]);
  });

  it('are never taken from a link that is asked for', () => {
    const links = [link('node', 'a', 0, { dialled: true }), link('node', 'b', 0, { wanted: true })];
    assert.equal(placeFor(links, { kind: 'node', source: 'c' }, 9_000), 'too_many_links');
  });

  it('go at once from the most silent stranger to a link that is asked for', () => {
    const links = [link('node', 'a', 9), link('node', 'b', 8), link('anonymous', 'c', 7)];
    for (const asked of [{ dialled: true }, { wanted: true }]) {
      assert.equal(placeFor(links, { kind: 'node', source: 'd', ...asked }, 10), links[1]);
    }
    assert.equal(placeFor(links, { kind: 'node', source: 'd' }, 10), 'too_many_links');
  });

  it('are found for a link that is asked for when no stranger of its kind is left', () => {
    const wanted = [1, 2, 3].map((n) => link('node', `${n}`, 0, { wanted: true }));
    const guests = [4, 5].map((n) => link('anonymous', `${n}`, n));
    const links = [...wanted, ...guests];
    const another = { kind: 'node', source: 'x', wanted: true } as const;
    assert.equal(placeFor(links, another, 10), undefined, 'beyond those of its kind');
    assert.equal(placeFor(links, another, 10, 3), guests[0], 'a guest gives way when all are full');
    assert.equal(placeFor(wanted, another, 10, 5), undefined, 'only what is asked for is here');
  });

  it('go from the source with most of one kind, not of both together', () => {
    const links = [link('node', 'a', 5), ...['a', 'b', 'b'].map((s) => link('anonymous', s, 5))];
    assert.equal(placeFor(links, { kind: 'node', source: 'c' }, 5, 4), links[2]);
  });

  it('go from the older one of two that are as silent', () => {
    const links = ['a', 'b'].map((source) => link('node', source, 5));
    assert.equal(placeFor(links, { kind: 'node', source: 'c', wanted: true }, 5), links[0]);
  });

  it('leave a place for each member among all links', () => {
    const links = [link('node', 'a', 0), ...[1, 2, 3].map((n) => link('anonymous', `${n}`, 0))];
    assert.equal(placeFor(links, { kind: 'node', source: 'c' }, 0, 3), undefined);
    assert.equal(placeFor(links, { kind: 'node', source: 'c' }, 0, 4), 'too_many_links');
  });
});

describe('places for handshakes of members', () => {
  it('are so many, and then they are strangers like others', () => {
    const { enter, gate } = gateAt0();
    const refused = Array.from({ length: 7 }, () => enter('m', 0, true).refused);
    assert.deepEqual(refused, [...Array(6).fill(undefined), 'too_many_links']);
    assert.equal(gate.size(), 6);
  });

  it('are given back when they leave, and when one has to', () => {
    const { enter, gate, aborted } = gateAt0();
    const first = enter('m', 0, true);
    enter('m', 1, true);
    assert.equal(enter('m', LIMITS.handshakePatienceMs, true).refused, undefined);
    assert.deepEqual([aborted, gate.size()], [[first.name], 2]);
    const { leave } = enter('n', 2 * LIMITS.handshakePatienceMs, true);
    assert.equal(gate.size(), 2);
    leave();
    assert.equal(gate.size(), 1);
  });

  it('go from the source that was first, of two that hold as many', () => {
    const { enter, aborted } = gateAt0();
    for (const source of ['a', 'b', 'a', 'b', 'a', 'b']) enter(source, 0);
    assert.equal(enter('c', 1).refused, undefined);
    assert.deepEqual(aborted, ['a#0']);
  });
});
