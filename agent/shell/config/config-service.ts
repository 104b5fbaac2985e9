/**
 * What a service manager tells its service in the environment (sd_notify(3),
 * sd_watchdog_enabled(3)). The only environment that the daemon reads; no setting comes from it.
 */

export interface ServiceEnvironment {
  /** Where the service manager wants to be told; undefined: there is none. */
  readonly notifySocket: string | undefined;
  /** The service counts as hung when it was silent for so long; undefined: nobody watches. */
  readonly watchdogMs: number | undefined;
}

export function readServiceEnvironment(variables: NodeJS.ProcessEnv): ServiceEnvironment {
  const { NOTIFY_SOCKET: notifySocket, WATCHDOG_USEC: period, WATCHDOG_PID: pid } = variables;
  const isMeant = pid === undefined || pid === String(process.pid);
  const watchdogMs = Math.floor(Number(period ?? Number.NaN) / 1000);
  return {
    notifySocket: notifySocket === '' ? undefined : notifySocket,
    watchdogMs: isMeant && watchdogMs > 0 ? watchdogMs : undefined,
  };
}
