/** The help texts: the overview, a group of commands, one command. Made from the specs alone. */
import {
  COMMON_OPTIONS,
  type CommandSpec,
  type OptionSpec,
  usageOf,
  writtenOption,
} from '../command.ts';
import type { Paint } from './paint.ts';
import { wrapped } from './text.ts';

/** Where a help text goes. */
export interface Page {
  readonly paint: Paint;
  readonly columns: number;
}

/** The commands of the overview, by what a person wants to do. */
const SECTIONS: readonly (readonly [title: string, groups: readonly string[]])[] = [
  ['Try it', ['lab']],
  ['Found a network', ['network']],
  ['Pay and get paid', ['wallet']],
  ['Look after a node', ['status', 'peers', 'committee', 'account', 'events', 'log', 'doctor']],
  ['Pay out and take in by hand', ['cashier']],
  ['Build the mesh', ['radio', 'reach']],
  ['Keep its data', ['backup', 'restore', 'move']],
  ['More', ['help', 'man', 'completion', 'version']],
];

/** What `meshpay` alone shows. */
export function renderOverview(page: Page, commands: readonly CommandSpec[]): string {
  const { paint } = page;
  const sections = SECTIONS.map(([title, groups]) => {
    const members = groups.flatMap((group) => commands.filter(({ path }) => path[0] === group));
    return `${paint.strong(title)}\n${commandList(page, members)}`;
  });
  return [
    `${paint.strong('meshpay')}: pay each other where there is no internet`,
    ...sections,
    paint.faint('"meshpay COMMAND --help" explains a command and shows examples.'),
  ].join('\n\n');
}

/** What `meshpay wallet --help` shows. */
export function renderGroupHelp(
  page: Page,
  group: readonly string[],
  members: readonly CommandSpec[],
): string {
  const title = `${page.paint.strong(`meshpay ${group.join(' ')}`)}: ${members.length} commands`;
  const hint = `"meshpay ${group.join(' ')} COMMAND --help" explains one and shows examples.`;
  return [title, commandList(page, members), page.paint.faint(hint)].join('\n\n');
}

/** What `meshpay wallet pay --help` shows. */
export function renderCommandHelp(page: Page, spec: CommandSpec): string {
  const { paint } = page;
  const width = Math.min(page.columns, 100);
  const paragraphs = spec.description.map((text) => wrapped(text, width).join('\n'));
  const words = spec.positionals.map((positional) => {
    return [positional.name.toUpperCase(), positional.summary] as const;
  });
  const options = [...spec.options, ...COMMON_OPTIONS];
  const examples = spec.examples.flatMap(({ line, about }) => [
    `  ${paint.faint(`# ${about}`)}`,
    `  ${paint.accent(line)}`,
  ]);
  return [
    `${paint.strong(usageOf(spec))}`,
    ...paragraphs,
    ...(words.length === 0 ? [] : [`${paint.strong('Arguments')}\n${pairs(page, words)}`]),
    `${paint.strong('Options')}\n${pairs(page, options.map(optionPair))}`,
    ...(examples.length === 0 ? [] : [`${paint.strong('Examples')}\n${examples.join('\n')}`]),
  ].join('\n\n');
}

function optionPair(option: OptionSpec): readonly [string, string] {
  const often = option.kind === 'list' ? ' (may be given several times)' : '';
  return [writtenOption(option), option.summary + often];
}

function commandList(page: Page, commands: readonly CommandSpec[]): string {
  return pairs(
    page,
    commands.map(({ path, summary }) => [path.join(' '), summary] as const),
  );
}

/** Two columns; the second one wraps below itself. */
function pairs(page: Page, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(16, ...rows.map(([left]) => left.length)) + 2;
  const room = Math.max(30, Math.min(page.columns, 100) - width - 2);
  return rows
    .map(([left, right]) => {
      const [first = '', ...more] = wrapped(right, room);
      const lines = more.map((line) => `\n${' '.repeat(width + 2)}${line}`);
      return `  ${page.paint.accent(left)}${' '.repeat(width - left.length)}${first}${lines.join('')}`;
    })
    .join('\n');
}
