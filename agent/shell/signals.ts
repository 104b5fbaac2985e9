/**
 * Signals that may do nothing. On SIGUSR1 Node opens its debugger on a port of this machine, where
 * every local user can then run code as this process; SIGUSR2 ends it without a word. So each
 * program begins with this and loads the rest of itself afterwards (agent/bin/meshpayd.ts): what
 * arrives while it loads finds the handlers there.
 *
 * What arrives before the first line of a program, Node itself answers: a debugger that nobody
 * asked for on the command line is closed again, at once and as soon as the event loop turns.
 */

/** How often a debugger is looked for: Node opens it from a thread of its own. */
const LOOK_EVERY_MS = 20;
const LOOKS = 25;

/**
 * Makes the process deaf to these; `more` are for a program that has its own use for them later.
 */
export function deafen(...more: readonly NodeJS.Signals[]): void {
  for (const signal of ['SIGUSR1', 'SIGUSR2', ...more] as const) {
    process.on(signal, () => undefined);
  }
  if (!process.features.inspector || wantsDebugger(process.execArgv)) return;
  const inspector = process.getBuiltinModule('node:inspector');
  let looks = 0;
  const look = (): void => {
    if (inspector.url() !== undefined) inspector.close();
    if (++looks < LOOKS) setTimeout(look, LOOK_EVERY_MS).unref();
  };
  look();
}

/** Whether the person who started Node wants to look inside (node --inspect ...). */
export function wantsDebugger(nodeArgs: readonly string[]): boolean {
  return nodeArgs.some((arg) => /^--inspect(-brk|-wait)?(=|$)/.test(arg));
}
