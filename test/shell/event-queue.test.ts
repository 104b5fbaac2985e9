/** Who is served next, and who is held back: the rules alone, without sockets or time. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Event } from '../../agent/core/io.ts';
import { EventQueue } from '../../agent/shell/event-queue.ts';
import {
  LANE_BOUNDS,
  MAX_LEFT_BYTES,
  MAX_LEFT_EVENTS,
  MAX_QUEUED_COMMANDS,
  SERVICE_CREDIT,
  STANDING_PAUSE_BYTES,
  STANDING_WEIGHTS,
} from '../../agent/shell/limits.ts';
import { type Place, STANDINGS, type Standing } from '../../agent/shell/place.ts';

const link = (n: number) => BigInt(n) as LinkId;
const at = (standing: Standing, source: string): Place => ({ standing, source });

function frame(n: number, mark = 0, size = 1): Event {
  return { kind: 'frame', link: link(n), bytes: new Uint8Array(size).fill(mark) };
}

function up(queue: EventQueue, n: number, place: Place): void {
  queue.offer({ kind: 'link_up', link: link(n), peerKey: undefined, wanted: false }, place);
  queue.take();
}

/** Keeps so many links busy, and counts what each is served at this cost until `total` is spent. */
function serve(
  queue: EventQueue,
  busy: readonly number[],
  total: number,
  costOf: (n: number) => number,
): Map<number, number> {
  const spent = new Map<number, number>();
  for (const n of busy) for (let i = 0; i < 4; i++) queue.offer(frame(n));
  for (let sum = 0; sum < total; ) {
    const event = queue.take();
    assert.ok(event?.kind === 'frame');
    const n = Number(event.link);
    const cost = costOf(n);
    queue.charge(cost);
    queue.offer(frame(n));
    spent.set(n, (spent.get(n) ?? 0) + cost);
    sum += cost;
  }
  return spent;
}

function isNear(found: number | undefined, expected: number, slack: number): void {
  const far = Math.abs((found ?? 0) - expected);
  assert.ok(far <= slack, `${found} instead of ${expected}, give or take ${slack}`);
}

describe('events of links that are all busy', () => {
  it('share what they cost by standing, however many links each has and whatever one event costs', () => {
    const queue = new EventQueue();
    up(queue, 1, at('trusted', 'member'));
    for (let n = 2; n < 10; n++) up(queue, n, at('node', `source ${n}`));
    for (let n = 10; n < 50; n++) up(queue, n, at('anonymous', `source ${n}`));
    const busy = Array.from({ length: 49 }, (_, i) => i + 1);
    const spent = serve(queue, busy, 40_000, (n) => (n === 1 ? 20 : n < 10 ? 3 : 7));
    const sum = (from: number, to: number) =>
      busy.filter((n) => n >= from && n < to).reduce((all, n) => all + (spent.get(n) ?? 0), 0);
    const { trusted, node, anonymous } = STANDING_WEIGHTS;
    const share = 40_000 / (trusted + node + anonymous);
    isNear(sum(1, 2), trusted * share, 200);
    isNear(sum(2, 10), node * share, 200);
    isNear(sum(10, 50), anonymous * share, 200);
  });

  it('share it by source within a standing, and by link within a source', () => {
    const queue = new EventQueue();
    for (let n = 1; n <= 16; n++) up(queue, n, at('anonymous', 'many'));
    up(queue, 17, at('anonymous', 'few'));
    up(queue, 18, at('anonymous', 'few'));
    const busy = Array.from({ length: 18 }, (_, i) => i + 1);
    const spent = serve(queue, busy, 32_000, () => 5);
    for (const n of busy) isNear(spent.get(n), n > 16 ? 8_000 : 1_000, 120);
  });

  it('leave a member that floods its own share, and the other members theirs', () => {
    const queue = new EventQueue();
    for (const n of [1, 2, 3]) up(queue, n, at('trusted', `member ${n}`));
    const spent = serve(queue, [1, 2, 3], 9_000, (n) => (n === 1 ? 50 : 1));
    for (const n of [1, 2, 3]) isNear(spent.get(n), 3_000, 120);
  });
});

describe('whoever comes among those that are busy', () => {
  for (const standing of ['trusted', 'node', 'anonymous'] as const) {
    it(`is served before any of them once more, as far as one payment goes (${standing})`, () => {
      const queue = new EventQueue();
      const busy = Array.from({ length: 64 }, (_, i) => i + 1);
      for (const n of busy) up(queue, n, at('anonymous', `source ${n}`));
      up(queue, 65, at('trusted', 'member'));
      serve(queue, [...busy, 65], 20_000, () => 5);
      up(queue, 100, at(standing, 'newcomer'));
      let spent = 0;
      while (spent < SERVICE_CREDIT / 2) {
        queue.offer(frame(100));
        for (let others = 0; ; others++) {
          assert.ok(others < 12, 'a few of others at most');
          const event = queue.take();
          queue.charge(5);
          assert.ok(event?.kind === 'frame');
          if (event.link === link(100)) break;
          queue.offer({ ...event });
        }
        spent += 5;
      }
    });
  }

  it('cannot save up more than that by resting', () => {
    const queue = new EventQueue();
    up(queue, 1, at('anonymous', 'busy'));
    up(queue, 2, at('anonymous', 'rested'));
    serve(queue, [1], 10_000, () => 5);
    const spent = serve(queue, [1, 2], 1_000, () => 5);
    isNear(spent.get(2), 500 + SERVICE_CREDIT / 2, 15);
  });

  it('cannot begin anew by coming over another link', () => {
    const queue = new EventQueue();
    up(queue, 1, at('anonymous', 'honest'));
    for (let i = 0; i < 4; i++) queue.offer(frame(1));
    let [honest, churned] = [0, 0];
    for (let n = 10; honest + churned < 400; n++) {
      up(queue, n, at('anonymous', 'hostile'));
      queue.offer(frame(n));
      queue.offer(frame(n));
      for (let i = 0; i < 4; i++) {
        const event = queue.take();
        assert.ok(event?.kind === 'frame');
        queue.charge(10);
        if (event.link === link(1)) {
          honest += 1;
          queue.offer(frame(1));
        } else churned += 1;
      }
      queue.offer({ kind: 'link_down', link: link(n) });
      queue.take();
    }
    assert.ok(honest >= 190, `${honest} of 400`);
  });
});

describe('events of one link', () => {
  it('keep their order, and its end overtakes what still waits of it', () => {
    const queue = new EventQueue();
    up(queue, 1, at('node', 'a'));
    for (const mark of [1, 2, 3]) queue.offer(frame(1, mark));
    queue.offer({ kind: 'link_down', link: link(1) });
    const taken = Array.from({ length: 4 }, () => queue.take());
    assert.deepEqual(
      taken.map((event) => (event?.kind === 'frame' ? event.bytes[0] : event?.kind)),
      ['link_down', 1, 2, 3],
    );
    assert.equal(queue.take(), undefined);
    assert.equal(queue.placeOf(link(1)), undefined, 'and nothing is kept of it');
  });

  it('move with it to another standing, what waits included', () => {
    const queue = new EventQueue();
    up(queue, 1, at('anonymous', 'a'));
    queue.offer(frame(1, 7));
    up(queue, 1, at('trusted', 'key'));
    assert.deepEqual(queue.placeOf(link(1)), at('trusted', 'key'));
    assert.equal(
      queue.take((standing) => standing === 'anonymous'),
      undefined,
    );
    const event = queue.take((standing) => standing === 'trusted');
    assert.ok(event?.kind === 'frame' && event.bytes[0] === 7);
    assert.equal(queue.length, 0);
    assert.equal(queue.bytes, 0);
  });

  for (const standing of ['trusted', 'node', 'anonymous'] as const) {
    it(`pause it alone when enough wait, and let it go on at half (${standing})`, () => {
      const queue = new EventQueue();
      const { pauseEvents, mostEvents } = LANE_BOUNDS[standing];
      for (const n of [1, 2]) up(queue, n, at(standing, `source ${n}`));
      for (let i = 1; i < pauseEvents; i++) assert.equal(queue.offer(frame(1)), 'taken');
      for (let i = pauseEvents; i <= mostEvents; i++) assert.equal(queue.offer(frame(1)), 'pause');
      assert.equal(queue.offer(frame(1)), 'refused');
      assert.equal(queue.offer(frame(2)), 'taken', 'another link');
      assert.deepEqual(queue.takeRelief(), []);
      for (let left = mostEvents + 1; left > pauseEvents / 2 + 1; left--) queue.take();
      assert.deepEqual(queue.takeRelief(), []);
      queue.take();
      assert.deepEqual(queue.takeRelief(), [link(1)]);
      assert.deepEqual(queue.takeRelief(), [], 'told once');
    });
  }

  it('pause it by bytes as well', () => {
    const queue = new EventQueue();
    const { pauseBytes, mostBytes } = LANE_BOUNDS.anonymous;
    up(queue, 1, at('anonymous', 'a'));
    assert.equal(queue.offer(frame(1, 0, pauseBytes - 1)), 'taken');
    assert.equal(queue.offer(frame(1, 0, 1)), 'pause');
    assert.equal(queue.offer(frame(1, 0, mostBytes - pauseBytes + 1)), 'refused');
    assert.equal(queue.offer(frame(1, 0, mostBytes - pauseBytes)), 'pause');
    queue.take();
    assert.deepEqual(queue.takeRelief(), []);
    queue.take();
    queue.take();
    assert.deepEqual(queue.takeRelief(), [link(1)]);
  });

  it('pause every link that has some waiting, while those of its standing fill their bytes', () => {
    const queue = new EventQueue();
    const size = LANE_BOUNDS.anonymous.pauseBytes;
    let offered = 0;
    for (let n = 1; offered < STANDING_PAUSE_BYTES.anonymous; n++) {
      up(queue, n, at('anonymous', `source ${n}`));
      queue.offer(frame(n, 0, size));
      offered += size;
    }
    up(queue, 9_001, at('anonymous', 'another'));
    assert.equal(queue.offer(frame(9_001)), 'pause');
    up(queue, 9_002, at('node', 'another'));
    assert.equal(queue.offer(frame(9_002)), 'taken', 'of another standing');
  });

  it('pause it at the last byte of its standing, and let it go on when that is free', () => {
    const queue = new EventQueue();
    const size = LANE_BOUNDS.anonymous.pauseBytes - 1;
    let left = STANDING_PAUSE_BYTES.anonymous - 2;
    for (let n = 10; left > 0; n++) {
      up(queue, n, at('anonymous', `source ${n}`));
      assert.equal(queue.offer(frame(n, 0, Math.min(size, left))), 'taken');
      left -= size;
    }
    up(queue, 1, at('anonymous', 'last but one'));
    up(queue, 2, at('anonymous', 'last'));
    assert.equal(queue.offer(frame(1, 0, 1)), 'taken');
    assert.equal(queue.offer(frame(2, 0, 1)), 'pause');
    assert.deepEqual(queue.takeRelief(), []);
    queue.take();
    assert.deepEqual(queue.takeRelief(), [link(2)]);
  });

  it('let it go on when exactly half of its bytes are left', () => {
    const queue = new EventQueue();
    const half = LANE_BOUNDS.node.pauseBytes / 2;
    for (const [n, last] of [
      [1, half],
      [2, half + 1],
    ] as const) {
      up(queue, n, at('node', `source ${n}`));
      queue.offer(frame(n, 0, half));
      assert.equal(queue.offer(frame(n, 0, last)), 'pause');
      queue.take();
      assert.deepEqual(queue.takeRelief(), n === 1 ? [link(1)] : []);
      queue.take();
    }
  });

  it('give no relief to a link that is gone', () => {
    const queue = new EventQueue();
    up(queue, 1, at('node', 'a'));
    for (let i = 0; i < LANE_BOUNDS.node.pauseEvents; i++) queue.offer(frame(1));
    queue.offer({ kind: 'link_down', link: link(1) });
    while (queue.take() !== undefined);
    assert.deepEqual(queue.takeRelief(), []);
  });
});

describe('what the node itself has to tell', () => {
  it('comes first, in its order, whatever waits of others', () => {
    const queue = new EventQueue();
    up(queue, 1, at('trusted', 'member'));
    queue.offer(frame(1));
    queue.offer({ kind: 'tick' });
    queue.offer({ kind: 'link_down', link: link(9) });
    queue.offer({ kind: 'link_up', link: link(8), peerKey: undefined, wanted: false });
    const kinds = Array.from({ length: 4 }, () => queue.take()?.kind);
    assert.deepEqual(kinds, ['tick', 'link_down', 'link_up', 'frame']);
  });

  it('is never refused for what others offer; commands are, beyond their own bound', () => {
    const queue = new EventQueue();
    const command: Event = { kind: 'command', command: { kind: 'query', account: link as never } };
    for (let n = 1; n < 300; n++) {
      up(queue, n, at('anonymous', `${n}`));
      for (let i = 0; i < 40; i++) queue.offer(frame(n));
    }
    for (let i = 0; i < MAX_QUEUED_COMMANDS; i++) assert.equal(queue.offer(command), 'taken');
    assert.equal(queue.offer(command), 'refused');
    const answer = { kind: 'weather', key: new Uint8Array(), body: new Uint8Array() };
    assert.equal(queue.offer({ kind: 'told', answer }), 'refused');
    assert.equal(queue.offer({ kind: 'tick' }), 'taken');
  });

  it('does not starve links by many commands, nor they a command', () => {
    const queue = new EventQueue();
    const command: Event = { kind: 'command', command: { kind: 'query', account: link as never } };
    up(queue, 1, at('anonymous', 'a'));
    const seen: string[] = [];
    for (let i = 0; i < 300; i++) {
      queue.offer(command);
      queue.offer(frame(1));
      seen.push(queue.take()?.kind ?? '');
      queue.charge(4);
    }
    const commands = seen.filter((kind) => kind === 'command').length;
    const { local, anonymous } = STANDING_WEIGHTS;
    isNear(commands, (300 * local) / (local + anonymous), 15);
  });
});

describe('what a step cost', () => {
  it('is charged to nobody after an event of the node itself', () => {
    const queue = new EventQueue();
    for (const n of [1, 2]) {
      up(queue, n, at('node', `source ${n}`));
      for (let i = 0; i < 4; i++) queue.offer(frame(n));
    }
    const next = () => {
      const event = queue.take();
      return event?.kind === 'frame' ? Number(event.link) : event?.kind;
    };
    assert.deepEqual([next(), next()], [1, 2]);
    queue.offer({ kind: 'tick' });
    assert.equal(next(), 'tick');
    queue.charge(1_000);
    assert.deepEqual([next(), next(), next(), next()], [1, 2, 1, 2]);
  });
});

describe('what waits of links that are gone', () => {
  it('is bounded, and the source of which most waits loses it', () => {
    const queue = new EventQueue();
    up(queue, 1, at('anonymous', 'honest'));
    queue.offer(frame(1, 9));
    queue.offer({ kind: 'link_down', link: link(1) });
    for (let n = 2; n < 200; n++) {
      up(queue, n, at('anonymous', 'hostile'));
      for (let i = 0; i < LANE_BOUNDS.anonymous.pauseEvents; i++) queue.offer(frame(n));
      queue.offer({ kind: 'link_down', link: link(n) });
    }
    const left: Event[] = [];
    for (let event = queue.take(); event !== undefined; event = queue.take()) left.push(event);
    const frames = left.filter((event) => event.kind === 'frame');
    assert.ok(frames.length <= MAX_LEFT_EVENTS && frames.length > MAX_LEFT_EVENTS / 2);
    assert.ok(
      frames.some((event) => event.link === link(1)),
      'that of the honest source is there',
    );
  });

  it('is kept up to the bound, and at the source of which most is left, by standing', () => {
    const left = (queue: EventQueue): string => {
      const places = [1, 2, 3].map((n) => (queue.placeOf(link(n)) === undefined ? '' : `${n}`));
      return places.join('');
    };
    for (const [extra, kept] of [
      [0, '123'],
      [1, '12'],
    ] as const) {
      const queue = new EventQueue();
      // One name, and yet two sources: what they have is not added up.
      up(queue, 1, at('node', 'x'));
      up(queue, 2, at('trusted', 'x'));
      up(queue, 3, at('trusted', 'y'));
      for (let i = 0; i < 80; i++) for (const n of [1, 2]) queue.offer(frame(n));
      for (let i = 0; i < MAX_LEFT_EVENTS - 160 + extra; i++) queue.offer(frame(3));
      for (const n of [1, 2, 3]) queue.offer({ kind: 'link_down', link: link(n) });
      assert.equal(left(queue), kept);
    }
  });

  it('is kept up to the bound in bytes, too', () => {
    for (const [last, kept] of [
      [0, 16],
      [1, 15],
    ] as const) {
      const queue = new EventQueue();
      const size = MAX_LEFT_BYTES / 16;
      for (let n = 1; n <= 16; n++) {
        up(queue, n, at('node', `${n}`));
        queue.offer(frame(n, 0, n === 16 ? size + last : size));
        queue.offer({ kind: 'link_down', link: link(n) });
      }
      const frames = [...queue.waiting()].filter(({ kind }) => kind === 'frame');
      assert.equal(frames.length, kept);
    }
  });

  it('is none of a link that is up, though something of its number was left before', () => {
    for (const isDropped of [false, true]) {
      const queue = new EventQueue();
      const leave = (n: number): void => {
        for (let i = 0; i < 32; i++) queue.offer(frame(n), at('anonymous', 'hostile'));
        queue.offer({ kind: 'link_down', link: link(n) });
      };
      leave(1);
      if (isDropped) for (let n = 2; n < 2 + MAX_LEFT_EVENTS / 32; n++) leave(n);
      while (queue.take() !== undefined);
      up(queue, 1, at('anonymous', 'hostile'));
      queue.offer(frame(1));
      for (let n = 100; n < 102 + MAX_LEFT_EVENTS / 32; n++) leave(n);
      const frames: Event[] = [];
      for (let event = queue.take(); event !== undefined; event = queue.take()) frames.push(event);
      assert.ok(frames.some((event) => event.kind === 'frame' && event.link === link(1)));
    }
  });

  it('is bounded in bytes as well', () => {
    const queue = new EventQueue();
    for (let n = 1; n < 100; n++) {
      up(queue, n, at('node', `${n}`));
      queue.offer(frame(n, 0, 20_000));
      queue.offer({ kind: 'link_down', link: link(n) });
    }
    assert.ok(queue.bytes <= MAX_LEFT_BYTES && queue.bytes > MAX_LEFT_BYTES - 20_000);
  });
});

describe('whatever is offered and taken', () => {
  const act = fc.record({
    n: fc.integer({ min: 1, max: 6 }),
    what: fc.constantFrom('frame', 'frame', 'frame', 'take', 'take', 'up', 'down', 'move'),
    standing: fc.constantFrom(...STANDINGS),
    size: fc.nat(3_000),
    cost: fc.integer({ min: 1, max: 60 }),
  });

  it('nothing is lost, nothing comes twice, and the counts are right', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
        const queue = new EventQueue();
        const waiting = new Set<Event>();
        for (const { n, what, standing, size, cost } of acts) {
          const place = at(standing, `${n % 3}`);
          if (what === 'take') {
            const event = queue.take();
            queue.charge(cost);
            assert.equal(event !== undefined, waiting.size > 0);
            if (event !== undefined) assert.ok(waiting.delete(event));
            continue;
          }
          const [id, wanted] = [link(n), what === 'move'];
          const event: Event =
            what === 'frame'
              ? frame(n, 0, size)
              : what === 'down'
                ? { kind: 'link_down', link: id }
                : { kind: 'link_up', link: id, peerKey: undefined, wanted };
          if (queue.offer(event, place) !== 'refused') waiting.add(event);
        }
        assert.deepEqual(new Set(queue.waiting()), waiting);
        assert.equal(queue.length, waiting.size);
        const bytes = [...waiting].map((event) =>
          event.kind === 'frame' ? event.bytes.length : 0,
        );
        assert.equal(
          queue.bytes,
          bytes.reduce((sum, one) => sum + one, 0),
        );
      }),
    );
  });
});
