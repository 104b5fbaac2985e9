/**
 * Tells systemd how the service stands (sd_notify(3)). Node has no datagram sockets of the Unix
 * kind, so the words go through the `systemd-notify` program, which every system with systemd has;
 * the unit therefore says NotifyAccess=all. Without a service manager this does nothing.
 */
import { execFile } from 'node:child_process';
import type { ServiceEnvironment } from '../config/config-service.ts';
import { EXTEND_START_MS } from './limits.ts';

export interface ServiceManager {
  ready(): void;
  /** A line for `systemctl status`. */
  status(text: string): void;
  /** The same while the start gets on: it may take EXTEND_START_MS longer from now. */
  starting(text: string): void;
  /**
   * Resolves when the service manager knows it, or after two seconds at most. To be waited for: a
   * word that arrives after the end of this process would be taken for the next one's.
   */
  stopping(): Promise<void>;
}

const TELL_TIMEOUT_MS = 2_000;

/** Signs of life go out while the event loop turns: a process that hangs is restarted. */
export function createServiceManager(setup: {
  readonly environment: ServiceEnvironment;
  readonly onError: (error: Error) => void;
}): ServiceManager {
  const { notifySocket, watchdogMs } = setup.environment;
  const tell = (...words: readonly string[]): Promise<void> =>
    new Promise((told) => {
      if (notifySocket === undefined) return told();
      const options = { timeout: TELL_TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
      execFile('systemd-notify', words, options, (error) => {
        if (error !== null) setup.onError(error);
        told();
      });
    });
  if (notifySocket !== undefined && watchdogMs !== undefined) {
    setInterval(() => void tell('WATCHDOG=1'), watchdogMs / 2).unref();
  }
  return {
    ready: () => void tell('READY=1'),
    status: (text) => void tell(`STATUS=${text}`),
    starting: (text) =>
      void tell(`STATUS=${text}`, `EXTEND_TIMEOUT_USEC=${EXTEND_START_MS * 1_000}`),
    stopping: () => tell('STOPPING=1'),
  };
}
