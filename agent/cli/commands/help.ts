/** `meshpay help`: a command, or the tables of error codes and exit statuses. */
import { EXITS } from '../../shell/exit-codes.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { errorRows } from '../errors.ts';
import { show } from '../output.ts';
import { parseCommandLine } from '../parse.ts';
import { renderErrors, renderExits } from '../render/errors.ts';
import { renderCommandHelp, renderGroupHelp, renderOverview } from '../render/help.ts';

/** `commands` is asked for late: this command is one of them. */
export function helpCommand(commands: () => readonly CommandSpec[]): CommandSpec {
  return {
    path: ['help'],
    summary: 'explain a command, the error codes or the exit statuses',
    description: [
      'Without words, shows all commands. "help errors" lists the codes that errors begin with, ' +
        '"help exits" the statuses that commands end with.',
    ],
    positionals: [{ name: 'words', summary: 'a command, "errors" or "exits"', rest: true }],
    options: [JSON_OPTION],
    examples: [
      { about: 'how to pay', line: 'meshpay help wallet pay' },
      { about: 'all error codes', line: 'meshpay help errors' },
    ],
    run: async (args, context) => {
      const words = args.words('words');
      const { terminal } = context;
      if (words.join(' ') === 'errors') {
        const rows = errorRows();
        return show(args, context, rows, (paint) => renderErrors(paint, rows));
      }
      if (words.join(' ') === 'exits') {
        const rows = Object.entries(EXITS).map(([name, row]) => ({ name, ...row }));
        return show(args, context, rows, (paint) => renderExits(paint, rows));
      }
      const { spec, group } = parseCommandLine([...words, '--help'], commands());
      if (spec !== undefined) return terminal.print(renderCommandHelp(terminal, spec));
      if (group.length === 0) return terminal.print(renderOverview(terminal, commands()));
      const members = commands().filter(({ path }) => path[0] === group[0]);
      return terminal.print(renderGroupHelp(terminal, group, members));
    },
  };
}
