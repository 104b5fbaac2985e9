/**
 * Payments of real daemons and wallets while every host drops a share of what comes in. Links
 * choose their transport by themselves: on a mesh's addresses, datagrams.
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, it } from 'node:test';
import { payUnderLoss } from '../bench/loss.ts';
import { quantile } from '../bench/machine.ts';
import { whyNoLoss } from '../support/lossy-mesh.ts';

const reason = whyNoLoss();

describe('a committee whose hosts drop packets', { skip: reason ?? false }, () => {
  for (const [percent, payments] of [
    [50, 40],
    [80, 20],
  ] as const) {
    it(`completes every payment at ${percent} %`, async (context) => {
      const run = { percent, transport: 'auto', perSecond: 5, payments } as const;
      const { latenciesMs } = await payUnderLoss(run, async (network) => {
        const { peers } = await network.authority(0).control.request('peers');
        const linked = peers.filter(({ transport }) => transport !== null);
        assert.ok(linked.every(({ transport }) => transport === 'datagram'));
      });
      assert.equal(latenciesMs.length, payments);
      const [half, most] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
      context.diagnostic(`p50 ${Math.round(half)} ms, p99 ${Math.round(most)} ms`);
    });
  }
});

if (reason !== undefined) process.stdout.write(`# not here: ${reason}\n`);
