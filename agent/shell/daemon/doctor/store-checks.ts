/** What `meshpay doctor` says of what this node keeps: its store, its vote, its key, its disk. */
import { existsSync, statfsSync } from 'node:fs';
import { standingOf } from '../../../core/standing.ts';
import type { CheckView, Verdict } from '../../control/check.ts';
import { describeDamage } from '../../store/damage.ts';
import type { StoreStatistics } from '../../store/store.ts';
import type { DaemonContext } from '../context.ts';
import { unusedMarkOf } from '../owner.ts';
import { openingText, votingView } from '../voting-view.ts';
import { found, well } from './finding.ts';

const LOW_DISK_BYTES = 64 * 1024 * 1024;

export function checkStore({ damage, config, opening, running }: DaemonContext): CheckView {
  if (opening !== undefined) {
    const mend = 'Wait: the node takes part when what votes depend on is known to be whole.';
    return found('store', 'warn', `not open yet: ${openingText(opening)}`, mend);
  }
  if (damage.length === 0) return well('store', scrubText(running?.engine.store.statistics()));
  return found(
    'store',
    'fail',
    damage.map(describeDamage).join('; '),
    `Stop the daemon, move ${config['store.folder']} aside and keep it. Then restore a backup: the ` +
      'node will serve and catch up, but not vote any more until it has a new key.',
  );
}

/** What is known of the records. */
function scrubText(statistics: StoreStatistics | undefined): string {
  const { scrub, records } = statistics ?? { scrub: { records: 0n, passes: 0 }, records: 0n };
  if (scrub.passes > 0) return 'every stored record is what was written';
  const done = `${scrub.records} of ${records} records`;
  return `all that votes depend on is what was written; ${done} were read again so far`;
}

export function checkVoting(context: DaemonContext): CheckView {
  if (context.identity.member === undefined) return well('voting', 'a relay does not vote');
  const { may, whyNot } = votingView(context);
  if (may) return well('voting', 'this authority votes');
  const [verdict, mend] = votingAdvice(context);
  return found('voting', verdict, `no: ${whyNot}`, mend);
}

function votingAdvice({ damage, running }: DaemonContext): [Verdict, string] {
  const newKey = 'This key never votes again. See that the others run: a quorum does without it.';
  const standing = running === undefined ? undefined : standingOf(running.engine.read);
  if (standing?.kind === 'barred' && standing.isElsewhere) {
    return ['fail', `Find the other copy of this node and stop it. ${newKey}`];
  }
  if (standing?.kind === 'first_start') {
    return [
      'warn',
      'It votes once they have: start the others, and see meshpay committee for links.',
    ];
  }
  return [damage.length > 0 ? 'fail' : 'warn', newKey];
}

/** With the mark, a ledger that is lost later would be begun as if its key had never voted. */
export function checkMark({ config, identity }: DaemonContext): CheckView {
  const mark = unusedMarkOf(config.node_key);
  if (identity.member === undefined) return well('first start', 'a relay may begin at any time');
  if (!existsSync(mark)) {
    return well('first start', 'the key is known to be in use');
  }
  const what = `${mark} says that the key was never used`;
  return found('first start', 'warn', what, `Remove it, as its owner: rm ${mark}`);
}

export function checkDisk({ config }: DaemonContext): CheckView {
  const { bavail, bsize } = statfsSync(config['store.folder']);
  const free = bavail * bsize;
  const what = `${Math.floor(free / 1024 / 1024)} MiB are free in ${config['store.folder']}`;
  if (free >= LOW_DISK_BYTES) return well('disk', what);
  return found('disk', 'warn', what, 'Make room: when the disk is full, the daemon stops.');
}
