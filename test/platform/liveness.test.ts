/** Which neighbours are dead: time and dumps are given by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_FORGOTTEN } from '../../platform/limits.ts';
import { DEFAULT_LIVENESS, judge, type Liveness, NOTHING_KNOWN } from '../../platform/liveness.ts';
import type { Station } from '../../platform/radio.ts';
import { Random } from '../support/random.ts';
import { watchThroughAir } from './lossy-air.ts';
import { station } from './samples.ts';

const A = '02:00:00:00:00:0a';
const B = '02:00:00:00:00:0b';

describe('liveness', () => {
  it('says nothing about neighbours that stay alive', () => {
    const { liveness, verdicts } = look(NOTHING_KNOWN, 0, [alive(A), alive(B)]);
    assert.deepEqual(
      verdicts.map(({ state, was }) => [state, was]),
      [
        ['alive', undefined],
        ['alive', undefined],
      ],
    );
    assert.deepEqual(look(liveness, 200, [alive(A), alive(B)]).verdicts, []);
  });

  it('suspects after three beacons and forgets after seven, well within two seconds', () => {
    const first = look(NOTHING_KNOWN, 0, [alive(A), alive(B)]);
    const suspect = look(first.liveness, 500, [alive(A), silent(B, 500)]);
    assert.deepEqual(
      suspect.verdicts.map(({ address, state, act }) => [address, state, act]),
      [[B, 'suspect', undefined]],
    );
    const dead = look(suspect.liveness, 1080, [alive(A), silent(B, 1080)]);
    assert.deepEqual(
      dead.verdicts.map(({ address, state, act }) => [address, state, act]),
      [[B, 'dead', 'forget']],
    );
  });

  it('forgets a suspect at once when frames to it fail and nothing is heard', () => {
    const first = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 100)]);
    const failing = { ...silent(B, 650), txFailed: 3 };
    const { verdicts } = look(first.liveness, 650, [alive(A), failing]);
    assert.equal(verdicts[0]?.act, 'forget');
  });

  it('does not blame failed frames on a neighbour that was heard meanwhile', () => {
    const first = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 100)]);
    const heard = { ...silent(B, 650), txFailed: 30, rxPackets: 999 };
    assert.equal(look(first.liveness, 650, [alive(A), heard]).verdicts[0]?.state, 'suspect');
  });

  it('removes nobody when every neighbour is silent: then it is our radio', () => {
    const first = look(NOTHING_KNOWN, 0, [alive(A), alive(B)]);
    const { verdicts } = look(first.liveness, 1500, [silent(A, 1500), silent(B, 1500)]);
    assert.deepEqual(
      verdicts.map(({ state, act }) => [state, act]),
      [
        ['dead', undefined],
        ['dead', undefined],
      ],
    );
  });

  it('asks again for a removal that did not happen', () => {
    const first = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 1500)]);
    const again = look(first.liveness, 200, [alive(A), silent(B, 1700)]);
    assert.equal(again.verdicts[0]?.act, 'forget');
  });

  it('resets the peering of a forgotten neighbour once when it is heard again', () => {
    const dead = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 1500)]);
    const back = look(dead.liveness, 1000, [alive(A)], [B, B]);
    assert.deepEqual(
      back.verdicts.map(({ address, act }) => [address, act]),
      [[B, 'reset_peering']],
    );
    const soon = look(back.liveness, 1200, [alive(A)], [B]);
    assert.deepEqual(soon.verdicts, []);
    const later = look(soon.liveness, 7000, [alive(A)], [B]);
    assert.equal(later.verdicts[0]?.act, 'reset_peering');
  });

  it('leaves a new neighbour to the supplicant', () => {
    assert.deepEqual(look(NOTHING_KNOWN, 0, [alive(A)], [B]).verdicts.slice(1), []);
  });

  it('ends the watch over a returned neighbour when it is alive again', () => {
    const dead = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 1500)]);
    const back = look(dead.liveness, 3000, [alive(A), alive(B)]);
    assert.equal(back.liveness.forgotten.size, 0);
  });

  it('counts in the beacons that the interface really sends, where they are rarer', () => {
    const rare = (address: string, inactiveMs: number) => ({
      ...station(address, inactiveMs),
      beaconIntervalTu: 1000,
    });
    const first = look(NOTHING_KNOWN, 0, [rare(A, 100), rare(B, 100)]);
    assert.deepEqual(look(first.liveness, 2000, [rare(A, 100), rare(B, 2000)]).verdicts, []);
    const dead = look(first.liveness, 7200, [rare(A, 100), rare(B, 7200)]);
    assert.equal(dead.verdicts[0]?.act, 'forget');
  });

  it('has the patience with a neighbour that its silences have taught', () => {
    const silence = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 1000)]);
    const heard = look(silence.liveness, 250, [alive(A), silent(B, 10)]);
    const again = look(heard.liveness, 1500, [alive(A), silent(B, 1400)]);
    assert.equal(again.verdicts[0]?.state, 'suspect');
    const dead = look(heard.liveness, 2250, [alive(A), silent(B, 2100)]);
    assert.equal(dead.verdicts[0]?.act, 'forget');
    const { liveness } = look(heard.liveness, 600_000, [alive(A), silent(B, 20)]);
    const forgot = look(liveness, 601_500, [alive(A), silent(B, 1400)]);
    assert.equal(forgot.verdicts[0]?.act, 'forget', 'the lesson fades');
  });

  it('has twice the patience with one that was held for dead and was not', () => {
    const dead = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 1500)]);
    const gone = look(dead.liveness, 250, [alive(A)]);
    const back = look(gone.liveness, 3000, [alive(A), alive(B)]);
    assert.equal(
      look(back.liveness, 4500, [alive(A), silent(B, 1500)]).verdicts[0]?.act,
      undefined,
    );
    const later = look(back.liveness, 5300, [alive(A), silent(B, 2300)]);
    assert.equal(later.verdicts[0]?.act, 'forget');
    const slow = look(gone.liveness, 60_000, [alive(A), alive(B)]);
    const usual = look(slow.liveness, 61_500, [alive(A), silent(B, 1500)]);
    assert.equal(usual.verdicts[0]?.act, 'forget', 'one that was away for a minute was dead');
  });

  for (const [loss, mostAlarms, mostMs] of [
    [0, 0, 1300],
    [0.25, 2, 2300],
    [0.5, 6, 6500],
    [0.8, 10, 6500],
  ] as const) {
    const percent = `${loss * 100} %`;
    it(`throws a living neighbour out rarely at ${percent} of beacons lost, a dead one soon`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const random = new Random(seed);
        const livesMs = 1_800_000 + random.below(1000);
        const air = { loss, livesMs, random: () => random.next() };
        const { falseAlarmsMs, noticedMs = Number.POSITIVE_INFINITY } = watchThroughAir(air);
        assert.ok(falseAlarmsMs.length <= mostAlarms, `seed ${seed}: ${falseAlarmsMs.length}`);
        assert.ok(noticedMs <= mostMs, `seed ${seed}: noticed after ${noticedMs} ms`);
      }
    });
  }

  it('would throw it out every minute without that patience', () => {
    const random = new Random(1);
    const settings = { ...DEFAULT_LIVENESS, mostBeacons: DEFAULT_LIVENESS.deadBeacons };
    const air = { loss: 0.5, livesMs: 1_800_000, random: () => random.next(), settings };
    assert.ok(watchThroughAir(air).falseAlarmsMs.length > 30);
  });

  it('suspects at the third beacon that is missed and forgets at the seventh, exactly', () => {
    // 128 ms, so that a beacon is a whole number of milliseconds.
    const settings = { ...DEFAULT_LIVENESS, beaconIntervalTu: 125 };
    const stateAfter = (inactiveMs: number) => {
      const stations = [silent(A, 0), silent(B, inactiveMs)].map((one) => ({
        ...one,
        beaconIntervalTu: 125,
      }));
      const seen = judge(settings, NOTHING_KNOWN, 0, { stations, candidates: [] });
      return seen.verdicts.find(({ address }) => address === B)?.state;
    };
    assert.deepEqual([383, 384, 895, 896].map(stateAfter), ['alive', 'suspect', 'suspect', 'dead']);
  });

  it('learns from a neighbour that comes back after a scan of our own radio', () => {
    const dead = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 1500)]);
    const gone = look(dead.liveness, 250, [alive(A)]);
    const back = look(gone.liveness, 11_500, [alive(A), alive(B)]);
    const next = look(back.liveness, 13_000, [alive(A), silent(B, 1500)]);
    assert.equal(next.verdicts[0]?.act, undefined);
  });

  it('bounds what it calls a false alarm, and how often it resets, to the millisecond', () => {
    const { falseAlarmMs, resetIntervalMs } = DEFAULT_LIVENESS;
    const dead = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 1500)]);
    const gone = look(dead.liveness, 250, [alive(A)]);
    for (const [backMs, act] of [
      [falseAlarmMs - 1, undefined],
      [falseAlarmMs, 'forget'],
    ] as const) {
      const back = look(gone.liveness, backMs, [alive(A), alive(B)]);
      const silence = look(back.liveness, backMs + 1500, [alive(A), silent(B, 1500)]);
      assert.equal(silence.verdicts[0]?.act, act, `${backMs}`);
    }
    const reset = look(gone.liveness, 1000, [alive(A)], [B]);
    for (const [laterMs, act] of [
      [resetIntervalMs - 1, undefined],
      [resetIntervalMs, 'reset_peering'],
    ] as const) {
      const later = look(reset.liveness, 1000 + laterMs, [alive(A)], [B]);
      assert.equal(later.verdicts[0]?.act, act, `${laterMs}`);
    }
  });

  it('goes on watching one that came back and is silent, and does not reset it', () => {
    const dead = look(NOTHING_KNOWN, 0, [alive(A), silent(B, 1500)]);
    const gone = look(dead.liveness, 250, [alive(A)]);
    const back = look(gone.liveness, 1500, [alive(A), silent(B, 1200)], [B]);
    assert.deepEqual(
      back.verdicts.map(({ address, state, act }) => [address, state, act]),
      [[B, 'suspect', undefined]],
    );
    assert.equal(back.liveness.forgotten.size, 1);
  });

  it('remembers so many that it forgot, the latest', () => {
    const many = (count: number) => {
      const stations = Array.from({ length: count }, (_, i) => silent(`${i}`, 1500));
      return [...look(NOTHING_KNOWN, 0, [alive(A), ...stations]).liveness.forgotten.keys()];
    };
    assert.equal(many(MAX_FORGOTTEN).length, MAX_FORGOTTEN);
    assert.deepEqual(many(MAX_FORGOTTEN + 1).slice(0, 1), ['1']);
    assert.equal(many(MAX_FORGOTTEN + 1).length, MAX_FORGOTTEN);
  });

  it('does not judge neighbours that are not peered', () => {
    const listening = { ...silent(B, 60_000), peerLink: 'LISTEN' as const };
    assert.equal(look(NOTHING_KNOWN, 0, [alive(A), listening]).verdicts.length, 1);
  });
});

function look(
  previous: Liveness,
  nowMs: number,
  stations: readonly Station[],
  candidates: readonly string[] = [],
) {
  return judge(DEFAULT_LIVENESS, previous, nowMs, { stations, candidates });
}

function alive(address: string): Station {
  return station(address, 120);
}

function silent(address: string, inactiveMs: number): Station {
  return station(address, inactiveMs);
}
