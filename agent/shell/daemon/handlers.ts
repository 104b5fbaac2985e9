/** The methods of the control API, each in a few words; what they show is made in views.ts. */
import { isAbsolute } from 'node:path';
import type { BackupView, ParamsOf } from '../control/api.ts';
import { controlError } from '../control/errors.ts';
import type { ControlCall, ControlHandlers } from '../control/server.ts';
import { backup } from '../store/backup.ts';
import { errnoOf, messageOf } from '../store/layout.ts';
import { StoreError } from '../store/store-error.ts';
import { accountView } from './account.ts';
import { type DaemonContext, notRunning } from './context.ts';
import { doctorView } from './doctor.ts';
import { reachableView } from './reach.ts';
import { reload } from './reload.ts';
import { committeeView, peersView, statusView } from './views.ts';

/** `onStop` is called after `stop` has been answered. */
export function controlHandlers(context: DaemonContext, onStop: () => void): ControlHandlers {
  return {
    status: () => statusView(context),
    peers: () => peersView(context),
    committee: () => committeeView(context),
    account: (params) => accountView(context, params),
    reach: () => reachableView(context),
    events: (params, call) => follow(context, params, call),
    'log.level': ({ level }) => {
      if (level !== undefined) context.logs.level = level;
      return { level: context.logs.level };
    },
    doctor: () => doctorView(context),
    backup: ({ file }) => writeBackup(context, file),
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
    const { bytes, records } = await backup(running.store, file);
    return { file, bytes, records };
  } catch (error) {
    if (!(error instanceof StoreError) && errnoOf(error) === undefined) throw error;
    const exists = error instanceof StoreError && error.code === 'file_exists';
    const detail = { field: 'file', expected: 'a new file', found: messageOf(error) };
    throw controlError(exists ? 'file_exists' : 'backup_failed', detail);
  }
}
