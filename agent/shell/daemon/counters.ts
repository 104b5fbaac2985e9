/** Counts what happened since the process started, from the core's notices. */

import type { RefusalCode } from '../../core/base/refusal.ts';
import type { Notice } from '../../core/notice.ts';
import type { CountersView } from '../control/api.ts';

export interface Counters {
  count(notice: Notice): void;
  view(): CountersView;
}

export function createCounters(): Counters {
  const total = {
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
      switch (notice.kind) {
        case 'voted':
          total[notice.again ? 'votesAgain' : 'votes']++;
          break;
        case 'applied':
          total.certificates++;
          break;
        case 'relayed':
          total.relayed++;
          break;
        case 'double_spend':
          total.doubleSpends++;
          break;
        case 'conflict':
          total.conflicts++;
          break;
        case 'refused': {
          const code = notice.refusal.refused;
          refusals[code] = (refusals[code] ?? 0) + 1;
          break;
        }
        default:
      }
    },
    view: () => ({ ...total, refusals: { ...refusals } }),
  };
}
