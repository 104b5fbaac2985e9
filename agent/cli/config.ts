/**
 * What the command line takes from its surroundings: the only file of `meshpay` that reads the
 * environment. Folders follow the XDG Base Directory Specification 0.8; NO_COLOR follows
 * no-color.org (set and not empty: no colour).
 */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export interface Environment {
  /** Where a person's wallets are kept when no folder is named. */
  readonly dataFolder: string;
  readonly noColour: boolean;
  /** The terminal cannot redraw a line. */
  readonly dumbTerminal: boolean;
}

/** Reads the environment, the process's own if no other is given. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const { XDG_DATA_HOME: dataHome, NO_COLOR: noColour, TERM: terminal } = variables;
  // The specification says that a relative path is to be ignored.
  const base =
    dataHome !== undefined && isAbsolute(dataHome) ? dataHome : join(homedir(), '.local', 'share');
  return {
    dataFolder: join(base, 'meshpay'),
    noColour: noColour !== undefined && noColour !== '',
    dumbTerminal: terminal === 'dumb',
  };
}
