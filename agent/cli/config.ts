/**
 * What the command line takes from its surroundings: the only file of `meshpay` that reads the
 * environment. Folders follow the XDG Base Directory Specification 0.8; NO_COLOR follows
 * no-color.org (set and not empty: no colour).
 */
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';

export interface Environment {
  /** The wallet that is meant when none is named (MESHPAY_WALLET). */
  readonly wallet: string | undefined;
  /** Where a person's wallets are kept when no folder is named; undefined: nobody says where. */
  readonly dataFolder: string | undefined;
  readonly noColour: boolean;
  /** The terminal cannot redraw a line. */
  readonly dumbTerminal: boolean;
}

/** Reads the environment, the process's own if no other is given. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const {
    XDG_DATA_HOME: dataHome,
    NO_COLOR: noColour,
    TERM: terminal,
    MESHPAY_WALLET: wallet,
  } = variables;
  // The specification says that a relative path is to be ignored.
  const base = absolute(dataHome) ?? below(absolute(homeOf(variables)), '.local', 'share');
  return {
    wallet: wallet === '' ? undefined : wallet,
    dataFolder: below(base, 'meshpay'),
    noColour: noColour !== undefined && noColour !== '',
    dumbTerminal: terminal === 'dumb',
  };
}

/** As the system has it, if the environment says nothing at all: an empty HOME is no home. */
function homeOf({ HOME: home }: NodeJS.ProcessEnv): string | undefined {
  if (home !== undefined) return home;
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // This user is in no table.
  }
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

function below(folder: string | undefined, ...names: readonly string[]): string | undefined {
  return folder === undefined ? undefined : join(folder, ...names);
}
