import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agenda } from './agenda.ts';
import { Network } from './network.ts';
import { Prng } from './prng.ts';
import { Reach } from './reach.ts';

const FAIR = { hopMs: 2, jitterMs: 3, lossPerMille: 7, doublePerMille: 0, overtakePerMille: 0 };

function storm(lossPerMille: number) {
  return { lossPerMille, doublePerMille: 100, overtakePerMille: 100 };
}

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
