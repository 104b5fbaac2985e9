/**
 * How commands reach the daemon of this machine: options, socket path, and its errors as failures.
 */
import { existsSync } from 'node:fs';
import {
  DEFAULT_CONFIG_FILE,
  DEFAULT_CONTROL_SOCKET,
  MAX_SOCKET_PATH_BYTES,
} from '../shell/config/config-schema.ts';
import type { ControlMethod, ParamsOf, ResultOf } from '../shell/control/api.ts';
import { type ControlClient, connectControl } from '../shell/control/client.ts';
import { ControlError } from '../shell/control/errors.ts';
import type { Args, Context, OptionSpec } from './command.ts';
import { configOf } from './data-folder.ts';
import { controlFailure, Failure, failure } from './failure.ts';

/** The options of every command that talks to a daemon. */
export const DAEMON_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'socket',
    kind: 'text',
    value: 'SOCKET',
    completes: 'file',
    summary: `the daemon's control socket; ${DEFAULT_CONTROL_SOCKET} if nothing else says so`,
  },
  {
    name: 'config',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    summary: `take the socket from this configuration; ${DEFAULT_CONFIG_FILE} if it is there`,
  },
];

/** The socket that the options name, or the configuration, or the system's own. */
function socketPath(args: Args): string {
  const named = args.text('socket');
  if (named !== undefined) {
    // The system would cut a longer one, and connect to whatever has that name.
    const bytes = Buffer.byteLength(named);
    if (bytes <= MAX_SOCKET_PATH_BYTES) return named;
    const expected = `a path of at most ${MAX_SOCKET_PATH_BYTES} bytes`;
    throw failure('bad_usage', { field: '--socket', expected, found: `${bytes} bytes` });
  }
  const config = args.text('config');
  if (config === undefined && !existsSync(DEFAULT_CONFIG_FILE)) return DEFAULT_CONTROL_SOCKET;
  return configOf(args)['control.socket'];
}

/** Connects, does something with the connection, hangs up. */
export async function withDaemon<T>(
  args: Args,
  { terminal }: Pick<Context, 'terminal'>,
  use: (client: ControlClient) => Promise<T>,
): Promise<T> {
  try {
    const socket = socketPath(args);
    terminal.progress.show(`Waiting for the daemon at ${socket}... Ctrl-C ends it.`);
    const client = await connectControl(socket);
    try {
      return await use(client);
    } finally {
      client.close();
      terminal.progress.clear();
    }
  } catch (error) {
    throw asFailure(error);
  }
}

/** Asks the daemon one thing. */
export function ask<M extends ControlMethod>(
  args: Args,
  context: Pick<Context, 'terminal'>,
  method: M,
  params: ParamsOf<M>,
): Promise<ResultOf<M>> {
  return withDaemon(args, context, (client) => client.request(method, params));
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof ControlError)) return error;
  if (error.view.code === 'no_daemon') {
    return controlFailure(
      error,
      'Start it with "meshpayd --config FILE", or name its socket with --socket or --config.',
    );
  }
  if (error.view.code === 'no_permission') {
    return controlFailure(
      error,
      'Members of the group that owns the socket may ask it; so may root.',
    );
  }
  return error instanceof Failure ? error : controlFailure(error);
}
