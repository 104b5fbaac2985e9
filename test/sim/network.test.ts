import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agenda } from './agenda.ts';
import { Network, type Weather } from './network.ts';
import { Prng } from './prng.ts';
import { Reach } from './reach.ts';

const FAIR = { hopMs: 2, jitterMs: 3, lossPerMille: 7, doublePerMille: 0, overtakePerMille: 0 };

function storm(lossPerMille: number) {
  return { lossPerMille, doublePerMille: 100, overtakePerMille: 100 };
}

/** A node that counts the frames that it gets. */
function station(index: number) {
  const node = {
    index,
    isUp: true,
    isPaused: false,
    shownKey: undefined,
    lagMs: 0,
    frames: 0,
    linkUp: () => undefined,
    linkDown: () => undefined,
    frame: () => {
      node.frames++;
    },
  };
  return node;
}

/** Of 2,000 frames in this weather, how many arrive over one hop, and over three. */
function arrivedIn(weather: Weather): readonly [number, number] {
  const agenda = new Agenda();
  const line = [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const;
  const network = new Network(agenda, new Prng(1), new Reach(4, line), weather);
  const [near, middle, far] = [station(0), station(1), station(3)];
  network.pair(near, middle, [true, true]);
  network.pair(near, far, [true, true]);
  agenda.runUntil(100);
  for (const to of [middle, far]) {
    const link = network.linkBetween(near, to);
    assert.ok(link !== undefined);
    for (let i = 0; i < 2_000; i++) network.send(near, link, new Uint8Array(1));
  }
  agenda.runUntil(1_000);
  return [middle.frames, far.frames];
}

test('each hop loses frames', () => {
  const [near, far] = arrivedIn({ ...FAIR, lossPerMille: 100 });
  assert.ok(Math.abs(near - 2_000 * 0.9) < 60, `${near}`);
  assert.ok(Math.abs(far - 2_000 * 0.9 ** 3) < 90, `${far}`);
});

test('each hop doubles frames, of which two arrive at most', () => {
  const [near, far] = arrivedIn({ ...FAIR, doublePerMille: 200 });
  assert.ok(Math.abs(near - 2_000 * 1.2) < 80, `${near}`);
  assert.ok(Math.abs(far - 2_000 * (2 - 0.8 ** 3)) < 100, `${far}`);
});

test('paths lead around two radios that lost each other, until they hear each other again', () => {
  const ring = [
    [0, 1],
    [1, 2],
    [2, 3],
    [0, 3],
  ] as const;
  const reach = new Reach(4, ring);
  assert.equal(reach.hops(0, 3), 1);
  reach.breakEdge(0, 3, 1);
  reach.breakEdge(0, 3, 1);
  assert.equal(reach.hops(0, 3), 3);
  reach.breakEdge(1, 2, 1);
  assert.equal(reach.hears(0, 3), false);
  reach.breakEdge(1, 2, -1);
  reach.breakEdge(0, 3, -1);
  assert.equal(reach.hops(0, 3), 3, 'one of two faults is still on');
  reach.breakEdge(0, 3, -1);
  assert.equal(reach.hops(3, 0), 1);
});

test('storms that overlap leave the fair weather behind, in whatever order they end', () => {
  const network = new Network(new Agenda(), new Prng(1), new Reach(2, [[0, 1]]), { ...FAIR });
  const [endFirst, endSecond] = [network.storm(storm(300)), network.storm(storm(500))];
  assert.equal(network.weather.lossPerMille, 500);
  endFirst();
  assert.equal(network.weather.lossPerMille, 500, 'the second goes on');
  endSecond();
  assert.deepEqual(network.weather, FAIR);

  const [endThird, endFourth] = [network.storm(storm(300)), network.storm(storm(500))];
  endFourth();
  assert.equal(network.weather.lossPerMille, 300, 'the first is felt again');
  endThird();
  assert.deepEqual(network.weather, FAIR);
});
