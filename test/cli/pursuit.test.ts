/** How a payment on its way is told (agent/wallet/pursuit.ts, agent/cli/render/pursuit.ts), as
 * whole lines. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { progressText, waitingLines } from '../../agent/cli/render/pursuit.ts';
import { REFUSALS, refusal } from '../../agent/core/base/refusal.ts';
import type { MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { describeLinkFault, type LinkFault, linkFault } from '../../agent/shell/net/fault.ts';
import { Pursuit } from '../../agent/wallet/pursuit.ts';
import { certificateFor, testNetwork } from './support.ts';

const village = testNetwork();
const member = (index: number): MemberIndex => index as MemberIndex;
const vote = (index: number): Notice => {
  return { kind: 'vote_received', member: member(index), votes: 1, quorum: 3 };
};
/** 12:00:00 UTC, unless a test moves it. */
let wallMs = Date.UTC(2026, 0, 31, 12);
const pursuitOf = (voted: readonly MemberIndex[] = []): Pursuit =>
  new Pursuit(village.network, 2, voted, () => wallMs);
const nobodyLinked = (): boolean => false;
const reasons = (
  pursuit: Pursuit,
  isLinked: () => boolean,
  fault?: LinkFault,
): readonly string[] => {
  const missing = pursuit.missing(() => ({ isLinked: isLinked(), fault }));
  return waitingLines({ troubles: [], missing, decimals: pursuit.decimals });
};

describe('a payment on its way', () => {
  it('counts votes up to the quorum and names who voted', () => {
    const pursuit = pursuitOf();
    assert.equal(progressText(pursuit), 'votes 0 of 3, 4 silent');
    pursuit.take(vote(2));
    pursuit.take(vote(0));
    assert.equal(progressText(pursuit), 'votes 2 of 3 (oak, ash), 2 silent');
    pursuit.take(vote(3));
    assert.equal(progressText(pursuit), 'votes 3 of 3 (oak, ash, fir)');
  });

  it('counts a repeated vote once', () => {
    const pursuit = pursuitOf([member(1)]);
    pursuit.take(vote(1));
    assert.equal(progressText(pursuit), 'votes 1 of 3 (elm), 3 silent');
  });

  it('says why it waits, with each authority by name', () => {
    const pursuit = pursuitOf();
    pursuit.take(vote(0));
    const low = refusal('insufficient_balance', { found: '500' });
    pursuit.take({ kind: 'order_refused', member: member(1), refusal: low });
    const mute = refusal('not_voting', { found: 'bad\u001b[1mtext' });
    pursuit.take({ kind: 'order_refused', member: member(2), refusal: mute });
    assert.equal(progressText(pursuit), 'votes 1 of 3 (oak), 2 refusals, 1 silent');
    assert.deepEqual(reasons(pursuit, nobodyLinked), [
      'elm: insufficient_balance, the balance is below the amount; it says 5.00 (since 12:00:00 UTC)',
      'ash: not_voting, this authority serves but must not vote; it says bad\\u{1b}[1mtext (since 12:00:00 UTC)',
      'fir: no answer since 12:00:00 UTC: no link of its own',
    ]);
    assert.equal(reasons(pursuit, () => true)[2], 'fir: connected, but silent since 12:00:00 UTC');
  });

  it('says since when, and why there is no link, and never how many relays were asked', () => {
    const begunMs = wallMs;
    const pursuit = pursuitOf();
    const refused = linkFault('unreachable', 'ECONNREFUSED');
    assert.equal(
      reasons(pursuit, nobodyLinked, refused)[0],
      `oak: no answer since 12:00:00 UTC: ${describeLinkFault(refused)}`,
    );
    const tell = (code: Parameters<typeof refusal>[0]): string | undefined => {
      pursuit.take({ kind: 'order_refused', member: member(0), refusal: refusal(code) });
      return reasons(pursuit, nobodyLinked)[0];
    };
    wallMs = begunMs + 90_000;
    for (const code of ['too_many_hops', 'unreachable'] as const) {
      const line = tell(code);
      assert.match(line ?? '', /^oak: no answer since 12:01:30 UTC: nobody found a way to it$/);
    }
    const muteText = tell('not_voting');
    assert.match(muteText ?? '', /^oak: not_voting, .* \(since 12:01:30 UTC\)$/);
    wallMs = begunMs + 120_000;
    assert.equal(tell('not_voting'), muteText, 'the same again is told since the first time');
    assert.match(tell('overloaded') ?? '', /\(since 12:02:00 UTC\)$/);
    wallMs = begunMs;
  });

  it('names the nodes that there is no link to', () => {
    const troubles = [{ address: '192.0.2.7:7420', fault: undefined }];
    const lines = waitingLines({ troubles, missing: [], decimals: 2 });
    assert.deepEqual(lines, ['node 192.0.2.7:7420: no answer yet']);
  });

  it('says of a refusal what it goes by: an amount as people write it, or what was told', () => {
    const said = (...args: Parameters<typeof refusal>): string | undefined => {
      const pursuit = pursuitOf();
      pursuit.take({ kind: 'order_refused', member: member(0), refusal: refusal(...args) });
      return reasons(pursuit, nobodyLinked)[0]
        ?.replace(/^oak: /, '')
        .replace(/ \(since .*\)$/, '');
    };
    const low = 'insufficient_balance, the balance is below the amount';
    const [opening, few] = ['below_opening', 'missing_earlier'] as const;
    const { meaning } = REFUSALS[opening];
    assert.equal(said(opening, { expected: '150' }), `${opening}, ${meaning}: that takes 1.50`);
    assert.equal(said(opening), `${opening}, ${meaning}`);
    assert.equal(said('insufficient_balance'), low);
    assert.equal(said('insufficient_balance', { found: '-5' }), `${low}; it says -0.05`);
    assert.equal(said('insufficient_balance', { found: 'plenty' }), `${low}; it says plenty`);
    const found = { expected: '7', found: '300' };
    assert.equal(said(few, found), `${few}, ${REFUSALS[few].meaning}; it says 300`);
  });

  it('tells of nobody silent where all have said something', () => {
    const pursuit = pursuitOf([member(0), member(1)]);
    for (const index of [2, 3]) {
      const refused = refusal('overloaded');
      pursuit.take({ kind: 'order_refused', member: member(index), refusal: refused });
    }
    assert.equal(progressText(pursuit), 'votes 2 of 3 (oak, elm), 2 refusals');
    assert.equal(pursuit.state.kind, 'waiting');
  });

  it('forgets a refusal when the vote comes after all, and keeps the vote when a refusal comes late', () => {
    const pursuit = pursuitOf();
    const refused = { kind: 'order_refused', member: member(1) } as const;
    pursuit.take({ ...refused, refusal: refusal('unreachable') });
    pursuit.take(vote(1));
    pursuit.take({ ...refused, refusal: refusal('overloaded') });
    assert.equal(progressText(pursuit), 'votes 1 of 3 (elm), 3 silent');
  });

  it('ends certified or failed', () => {
    const certificate = certificateFor(village);
    const certified = pursuitOf();
    certified.take({ kind: 'order_certified', certificate });
    certified.take({ kind: 'spread', member: member(0), next: 1n as Sequence });
    assert.equal(certified.state.kind, 'certified');
    assert.deepEqual(certified.spread, ['oak']);
    const failed = pursuitOf();
    failed.take({
      kind: 'order_failed',
      order: certificate.order,
      refusal: refusal('sequence_used'),
    });
    assert.equal(failed.state.kind, 'failed');
  });
});
