/** What `meshpay committee` shows: who is heard and votes, and how old each word is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderCommittee } from '../../agent/cli/render/node.ts';
import { PLAIN } from '../../agent/cli/render/paint.ts';

const NOON = Date.UTC(2026, 0, 31, 12, 0, 0, 250);
const KEY = 'mpnode1h04rvlrmphmjlvpu42gt76tr880r9f20x989rse95a9u4c88crwsvls2qp';

const COMMITTEE_TEXT = `   authority  heard           votes      link          ledger            key
1  oak        this node       yes                                        mpnode1h04rvlrmphmjlvpu42gt76tr880r9f20x989rse95a9u4c88crwsvls2qp
2  elm        no, 12 s ago    not known  reconnecting  differs 14 s ago  mpnode1h04rvlrmphmjlvpu42gt76tr880r9f20x989rse95a9u4c88crwsvls2qp
3  ash        yes, for 1 min  no         reconnecting  differs 14 s ago  mpnode1h04rvlrmphmjlvpu42gt76tr880r9f20x989rse95a9u4c88crwsvls2qp
4  fir        never           not known  reconnecting  not compared      mpnode1h04rvlrmphmjlvpu42gt76tr880r9f20x989rse95a9u4c88crwsvls2qp

payments  2 of 4 answer, 1 votes, a quorum is 3: no payment can be made
clocks    ash 1 h behind
hostile   at most 1 may be, epoch 0`;

describe('committee', () => {
  const member = {
    index: 0,
    name: 'oak',
    key: KEY,
    self: true,
    heard: true,
    votes: true,
    sinceMs: null,
    saidMs: NOON,
    clockAheadMs: 0,
    state: null,
    equal: null,
    comparedMs: null,
  };
  const far = {
    ...member,
    index: 1,
    name: 'elm',
    self: false,
    heard: false,
    votes: true,
    saidMs: NOON - 12_000,
    state: 'reconnecting',
    equal: false,
    comparedMs: NOON - 14_000,
  } as const;
  const others = [
    {
      ...far,
      index: 2,
      name: 'ash',
      heard: true,
      votes: false,
      sinceMs: NOON - 60_000,
      clockAheadMs: -3_600_000,
    },
    { ...far, index: 3, name: 'fir', votes: null, saidMs: null, equal: null, comparedMs: null },
  ] as const;

  it('counts who votes, not who is linked, and says how old each word is', () => {
    const members = [member, far, ...others];
    const view = { epoch: 0, quorum: 3, faultsTolerated: 1, heard: 2, voters: 1, members };
    assert.equal(renderCommittee(PLAIN, view, NOON), COMMITTEE_TEXT);
  });
});
