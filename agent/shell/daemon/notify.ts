/**
 * Tells systemd how the service stands (sd_notify(3)). Node has no datagram sockets of the Unix kind,
 * so the words go through the `systemd-notify` program, which every system with systemd has; the unit
 * therefore says NotifyAccess=all. Without a service manager this does nothing.
 */
import { execFile } from 'node:child_process';
import type { ServiceEnvironment } from '../config-service.ts';

export interface ServiceManager {
  ready(): void;
  /** A line for `systemctl status`. */
  status(text: string): void;
  stopping(): void;
}

/** Signs of life go out while the event loop turns: a process that hangs is restarted. */
export function createServiceManager(setup: {
  readonly environment: ServiceEnvironment;
  readonly onError: (error: Error) => void;
}): ServiceManager {
  const { notifySocket, watchdogMs } = setup.environment;
  const tell = (...words: readonly string[]): void => {
    if (notifySocket === undefined) return;
    execFile('systemd-notify', words, { timeout: 5_000 }, (error) => {
      if (error !== null) setup.onError(error);
    });
  };
  if (notifySocket !== undefined && watchdogMs !== undefined) {
    setInterval(() => tell('WATCHDOG=1'), watchdogMs / 2).unref();
  }
  return {
    ready: () => tell('READY=1'),
    status: (text) => tell(`STATUS=${text}`),
    stopping: () => tell('STOPPING=1'),
  };
}
