/** `meshpay man`: the manual page. */

import { VERSION } from '../../shell/version.ts';
import type { CommandSpec } from '../command.ts';
import { renderMan } from '../man.ts';

/** `commands` is asked for late: this command is one of them. */
export function manCommand(commands: () => readonly CommandSpec[]): CommandSpec {
  return {
    path: ['man'],
    summary: 'print the manual page',
    description: ['Prints the manual page meshpay(1) as roff, for man(1).'],
    positionals: [],
    options: [],
    examples: [{ about: 'read it', line: 'meshpay man | man -l -' }],
    run: async (_args, { terminal }) => {
      terminal.print(renderMan(commands(), VERSION).trimEnd());
    },
  };
}
