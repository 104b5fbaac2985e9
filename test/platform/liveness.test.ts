/** Which neighbours are dead: time and dumps are given by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_LIVENESS, judge, type Liveness, NOTHING_KNOWN } from '../../platform/liveness.ts';
import type { Station } from '../../platform/radio.ts';
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
