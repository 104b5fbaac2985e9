/**
 * The control socket of this daemon: where it is, who may use it, and what each method does, in a
 * few words. What the methods show is made in status-views.ts.
 */
import { isAbsolute } from 'node:path';
import { describeDetail } from '../../../core/base/detail.ts';
import type { Config } from '../../config/config-schema.ts';
import type { BackupView, ParamsOf } from '../../control/api.ts';
import { controlError } from '../../control/errors.ts';
import {
  type ControlCall,
  type ControlHandlers,
  type ControlServer,
  startControlServer,
} from '../../control/server.ts';
import { clearSocketPath, findGroup } from '../../control/socket-file.ts';
import { backup } from '../../store/backup.ts';
import { errnoOf, messageOf } from '../../store/layout.ts';
import { StoreError } from '../../store/store-error.ts';
import { accountView } from '../account-claims.ts';
import { bookView, dealWith, depositOf, payoutView, pendingView } from '../cashier.ts';
import { approveChange, changeView, proposeChange } from '../committee-change.ts';
import { type DaemonContext, notRunning } from '../context.ts';
import { doctorView } from '../doctor/checks.ts';
import { callRoll, reachableView } from '../reachable.ts';
import { reload } from '../reload.ts';
import { exitOf, StartFailure, wrongConfig } from '../start-failure.ts';
import { committeeView, peersView, statusView } from '../status-views.ts';

/**
 * Makes way for the socket and answers on it. `onStop` is called after `stop` has been answered.
 * Throws StartFailure.
 */
export async function serveControl(
  context: DaemonContext,
  onStop: () => void,
): Promise<ControlServer> {
  const { config, logs } = context;
  const path = config['control.socket'];
  const groupId = groupOf(config);
  const problem = await clearSocketPath(path);
  if (problem !== undefined) throw wrongConfig(problem);
  try {
    return await startControlServer({
      path,
      groupId,
      handlers: controlHandlers(context, onStop),
      onFault: (error, method) => logs.error('a control request failed', { method, error }),
    });
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    const expected = 'a path where a socket can be made';
    const detail = { field: 'control.socket', expected, found: `${code} at ${path}` };
    throw new StartFailure(exitOf(error), describeDetail(detail));
  }
}

/** The group that may use the control socket, if one is configured. */
function groupOf(config: Config): number | undefined {
  const group = config['control.group'];
  const groupId = group === null ? undefined : findGroup(group);
  if (typeof groupId === 'object') throw wrongConfig(groupId);
  return groupId;
}

function controlHandlers(context: DaemonContext, onStop: () => void): ControlHandlers {
  return {
    status: () => statusView(context),
    peers: () => peersView(context),
    committee: async () => {
      await callRoll(context);
      return committeeView(context);
    },
    'committee.change': () => changeView(context),
    'committee.propose': (params) => proposeChange(context, params),
    'committee.approve': (params) => approveChange(context, params),
    account: (params) => accountView(context, params),
    reach: () => reachableView(context),
    events: (params, call) => follow(context, params, call),
    'log.level': ({ level }) => {
      if (level !== undefined) context.logs.level = level;
      return { level: context.logs.level };
    },
    doctor: async () => {
      await callRoll(context);
      return doctorView(context);
    },
    backup: ({ file }) => writeBackup(context, file),
    'cashier.pending': (params) => pendingView(context, params),
    'cashier.payout': (params) => payoutView(context, params),
    'cashier.deal': (params) => dealWith(context, params),
    'cashier.deposit': (params) => depositOf(context, params),
    'cashier.book': (params) => bookView(context, params),
    reload: () => {
      if (context.opening !== undefined) throw notRunning(context);
      return reload(context);
    },
    stop: () => {
      setImmediate(onStop);
      return {};
    },
  };
}

function follow(
  { events }: DaemonContext,
  { kinds }: ParamsOf<'events'>,
  { emit, ended }: ControlCall<'events'>,
): Promise<Record<string, never>> {
  const unfollow = events.follow((event) => {
    if (kinds === undefined || kinds.includes(event.kind)) emit(event);
  });
  return new Promise((resolve) => {
    ended.addEventListener('abort', () => {
      unfollow();
      resolve({});
    });
  });
}

async function writeBackup(context: DaemonContext, file: string): Promise<BackupView> {
  const { running } = context;
  if (running === undefined) throw notRunning(context);
  if (!isAbsolute(file)) {
    const detail = { field: 'file', expected: 'an absolute path', found: `"${file}"` };
    throw controlError('bad_params', detail);
  }
  try {
    const { bytes, records } = await backup(running.engine.store, file);
    return { file, bytes, records };
  } catch (error) {
    if (!(error instanceof StoreError) && errnoOf(error) === undefined) throw error;
    const exists = error instanceof StoreError && error.code === 'file_exists';
    const detail = { field: 'file', expected: 'a new file', found: messageOf(error) };
    throw controlError(exists ? 'file_exists' : 'backup_failed', detail);
  }
}
