/**
 * The manual page meshpay(1) as roff (man(7) macros), made from the same tables as --help:
 * commands, options, exit statuses, error codes. No date: the same program always gives the same
 * page.
 */

import { EXITS } from '../shell/exit-codes.ts';
import {
  COMMON_OPTIONS,
  type CommandSpec,
  type OptionSpec,
  usageOf,
  writtenOption,
} from './command.ts';
import { errorRows } from './errors.ts';

/** The whole page. */
export function renderMan(commands: readonly CommandSpec[], version: string): string {
  return `${[
    `.TH MESHPAY 1 "" "meshpay ${escaped(version)}" "User Commands"`,
    '.SH NAME',
    'meshpay \\- pay each other where there is no internet',
    '.SH SYNOPSIS',
    '.B meshpay',
    '.I command',
    '.RI [ arguments "] [" options ]',
    '.SH DESCRIPTION',
    text(
      'A network of routers holds account balances and countersigns payments. meshpay founds such ' +
        'a network, looks after its nodes through the control socket of a running meshpayd, and ' +
        'keeps wallets that pay and are paid.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(commandSection),
    '.SH COMMON OPTIONS',
    ...COMMON_OPTIONS.flatMap(optionItem),
    '.SH EXIT STATUS',
    ...Object.values(EXITS).flatMap(({ status, meaning }) => item(`${status}`, meaning)),
    '.SH ERRORS',
    text('Errors are one line on standard error: meshpay: CODE: field: expected ..., found ...'),
    ...errorRows().flatMap(({ code, status, meaning }) =>
      item(code, `${meaning} (exit status ${status})`),
    ),
    '.SH ENVIRONMENT',
    ...item('NO_COLOR', 'set and not empty: no colours, also on a terminal'),
    ...item('MESHPAY_WALLET', 'the folder of the wallet where --wallet names none'),
    ...item('XDG_DATA_HOME', 'where wallets are kept; ~/.local/share if not set'),
    '.SH SEE ALSO',
    '.BR meshpayd (8)',
  ].join('\n')}\n`;
}

function commandSection(spec: CommandSpec): readonly string[] {
  return [
    `.SS ${quote(usageOf(spec))}`,
    ...spec.description.flatMap((paragraph, at) => [...(at === 0 ? [] : ['.PP']), text(paragraph)]),
    ...spec.positionals.flatMap(({ name, summary }) => item(name.toUpperCase(), summary)),
    ...spec.options.flatMap(optionItem),
    ...spec.examples.flatMap(({ line, about }) => [
      '.PP',
      text(`${about}:`),
      '.PP',
      '.RS 4',
      '.nf',
      text(line),
      '.fi',
      '.RE',
    ]),
  ];
}

function optionItem(option: OptionSpec): readonly string[] {
  const often = option.kind === 'list' ? '; may be given several times' : '';
  return item(writtenOption(option), option.summary + often);
}

function item(label: string, body: string): readonly string[] {
  return ['.TP', `.B ${quote(label)}`, text(body)];
}

/** A line of running text: roff must take no part of it for a request or an escape. */
function text(line: string): string {
  const safe = escaped(line);
  return safe.startsWith('.') ? `\\&${safe}` : safe;
}

function quote(argument: string): string {
  return `"${escaped(argument).replaceAll('"', '\\(dq')}"`;
}

function escaped(line: string): string {
  return line.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq');
}
