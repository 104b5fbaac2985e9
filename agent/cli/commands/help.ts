/** `meshpay help`: a command, an error code, or the tables of error codes and exit statuses. */
import { foundText } from '../../core/base/characters.ts';
import { nearest } from '../../shell/config/nearest.ts';
import { EXITS } from '../../shell/exit-codes.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { errorRows } from '../errors.ts';
import { type Failure, failure } from '../failure.ts';
import { show } from '../output.ts';
import { parseCommandLine } from '../parse.ts';
import { renderError, renderErrors, renderExits } from '../render/errors.ts';
import { renderCommandHelp, renderGroupHelp, renderOverview } from '../render/help.ts';

/** `commands` is asked for late: this command is one of them. */
export function helpCommand(commands: () => readonly CommandSpec[]): CommandSpec {
  return {
    path: ['help'],
    summary: 'explain a command, an error code or the exit statuses',
    description: [
      'Without words, shows all commands. "help errors" lists the codes that errors begin with, ' +
        '"help CODE" tells what one of them means and what to do, "help exits" lists the statuses ' +
        'that commands end with.',
    ],
    positionals: [
      { name: 'words', summary: 'a command, an error code, "errors" or "exits"', rest: true },
    ],
    options: [JSON_OPTION],
    examples: [
      { about: 'how to pay', line: 'meshpay help wallet pay' },
      { about: 'what to do about an error', line: 'meshpay help not_certified' },
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
      const [only = ''] = words;
      const error = errorRows().find(({ code }) => words.length === 1 && code === only);
      if (error !== undefined) {
        return show(args, context, error, (paint) => renderError(paint, error, terminal.columns));
      }
      if (only.includes('_')) throw unknownCode(only);
      const { spec, group } = parseCommandLine([...words, '--help'], commands());
      if (spec !== undefined) return terminal.print(renderCommandHelp(terminal, spec));
      if (group.length === 0) return terminal.print(renderOverview(terminal, commands()));
      const members = commands().filter(({ path }) => path[0] === group[0]);
      return terminal.print(renderGroupHelp(terminal, group, members));
    },
  };
}

function unknownCode(word: string): Failure {
  const codes = errorRows().map(({ code }) => code);
  const meant = nearest(word, codes);
  const expected = meant === undefined ? 'an error code' : `${meant}, perhaps`;
  const detail = { field: 'code', expected, found: foundText(word) };
  return failure('bad_usage', detail, '"meshpay help errors" lists the codes.');
}
