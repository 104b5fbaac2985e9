/** What a step costs, and to whom it is charged. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Event, Read, Stamp, Step } from '../../agent/core/io.ts';
import { MAX_TURN_COST } from '../../agent/shell/limits.ts';
import type { Place } from '../../agent/shell/place.ts';

import { bench, frame, LINK, letters, MEMBER, turns } from './loop-bench.ts';

describe('what a step costs', () => {
  const [cheap, dear] = [1n, 2n].map((link) => link as LinkId);
  const from = (link: LinkId | undefined, text: string) => ({ ...frame(text), link: link ?? LINK });
  /** As `letters`, with signatures that cost 50 for frames of the dear link. */
  const priced = () => {
    let spent = 0;
    const step = (event: Event, stamp: Stamp, read: Read): Step => {
      if (event.kind === 'frame' && event.link === dear) spent += 50;
      return letters(event, stamp, read);
    };
    return { step, spent: () => spent };
  };

  it('is charged to the link that caused it', async () => {
    const { step, spent } = priced();
    const { loop, out } = bench(step, { spent });
    for (const link of [dear, cheap]) {
      const place: Place = { standing: 'trusted', source: `${link}` };
      for (let i = 0; i < 200; i++) loop.offer(from(link, link === dear ? 'd' : 'c'), place);
    }
    while (out.filter((text) => text === 'c').length < 150) await turns(1);
    const dearOnes = out.filter((text) => text === 'd').length;
    assert.ok(dearOnes > 0 && dearOnes < 10, `${dearOnes} at a cost of 51 beside 150 at 1`);
  });

  it('ends the turn when it has come to its bound', async () => {
    const { step, spent } = priced();
    const { loop, out } = bench(step, { spent });
    for (let i = 0; i < 30; i++) loop.offer(from(dear, 'd'), MEMBER);
    await turns(1);
    assert.equal(out.length, Math.ceil(MAX_TURN_COST / 51));
  });

  it('is told of its link when it brought nothing, as far as signatures go', async () => {
    const { step, spent } = priced();
    const told: [LinkId, number][] = [];
    const onFruitless = (link: LinkId, cost: number) => told.push([link, cost]);
    const { loop, store } = bench(step, { spent, onFruitless });
    for (const [link, text] of [
      [dear, 'a'],
      [dear, 'A'],
      [cheap, 'b'],
      [cheap, 'B'],
    ] as const) {
      loop.offer(from(link, text), MEMBER);
      await turns();
    }
    assert.deepEqual(told, [[dear, 50]], 'not where something was written or nothing was checked');
    await store.finish();
  });

  it('leaves each send its cause, at once and after the disk', async () => {
    const causes: (LinkId | undefined)[] = [];
    const onSend = (_: unknown, cause: LinkId | undefined) => causes.push(cause);
    const { loop, store } = bench(letters, { onSend });
    loop.offer(from(dear, 'a'), MEMBER);
    loop.offer(from(cheap, 'A'), MEMBER);
    await turns();
    assert.deepEqual(causes, [dear]);
    loop.offer({ kind: 'tick' });
    await turns();
    await store.finish();
    assert.deepEqual(causes, [dear, cheap, undefined]);
  });
});
