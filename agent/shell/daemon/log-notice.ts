/** Logs what the core tells, as loudly as its row says (control/notices.ts). */

import type { Notice } from '../../core/notice.ts';
import type { JudgedNetwork } from '../../core/views.ts';
import { viewOfNotice } from '../control/event-view.ts';
import { rowOf } from '../control/notices.ts';
import { LOG_LEVELS } from '../log/levels.ts';
import type { Logs } from '../log/logs.ts';

/** Logs a notice, if the level in force lets it through. */
export function logNotice(logs: Logs, network: JudgedNetwork, notice: Notice): void {
  const [level, message] = rowOf(notice).log;
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(logs.level)) return;
  logs[level](message, { ...viewOfNotice(network, notice) });
}
