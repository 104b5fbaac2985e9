/** Counts what happened since the process started, from the core's notices (control/notices.ts). */

import type { RefusalCode } from '../../core/base/refusal.ts';
import type { Notice } from '../../core/notice.ts';
import type { CountersView } from '../control/api.ts';
import { type CounterName, rowOf } from '../control/notices.ts';

export interface Counters {
  count(notice: Notice): void;
  view(): CountersView;
}

export function createCounters(): Counters {
  const total: Record<CounterName, number> = {
    votes: 0,
    votesAgain: 0,
    certificates: 0,
    relayed: 0,
    doubleSpends: 0,
    conflicts: 0,
  };
  const refusals: Partial<Record<RefusalCode, number>> = {};
  return {
    count(notice) {
      const { counts } = rowOf(notice);
      const what = typeof counts === 'function' ? counts(notice) : counts;
      if (what === 'nothing') return;
      if (typeof what === 'string') total[what]++;
      else refusals[what.refused] = (refusals[what.refused] ?? 0) + 1;
    },
    view: () => ({ ...total, refusals: { ...refusals } }),
  };
}
