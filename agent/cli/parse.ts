/**
 * Command line -> command and arguments. yargs' parser splits the words; which words are right is
 * judged here, so that every mistake is reported as a field, what was expected and what was found.
 *
 * yargs is told to guess nothing: no numbers made of "1000.00", no camel case, no dots, no
 * negation, and an option given twice is seen as given twice.
 */
import yargsParser from 'yargs-parser';
import { invariant } from '../core/base/assert.ts';
import { foundText, strayIn } from '../core/base/characters.ts';
import { nearest } from '../shell/config/nearest.ts';
import { type Args, COMMON_OPTIONS, type CommandSpec, type OptionSpec } from './command.ts';
import { type Failure, failure } from './failure.ts';
import { listed } from './render/text.ts';

export interface Parsed {
  /** Undefined: no command was named, or only the first words of one. */
  readonly spec: CommandSpec | undefined;
  /** Words that name a group of commands, such as "wallet". */
  readonly group: readonly string[];
  readonly args: Args;
  readonly help: boolean;
  readonly debug: boolean;
}

/** Reads a command line (without node and script). Throws Failure for a wrong one. */
export function parseCommandLine(
  argv: readonly string[],
  commands: readonly CommandSpec[],
): Parsed {
  const given = split(argv, commands);
  const spec = findCommand(given.words, commands);
  const help = given.options.get('help') !== undefined;
  const debug = given.options.get('debug') !== undefined;
  if (spec === undefined) {
    const group = findGroup(given.words, commands);
    const hint = `"${['meshpay', ...group].join(' ')} --help" lists the commands.`;
    if (!help) checkOptions(COMMON_OPTIONS, ['meshpay', ...group].join(' '), given.options, hint);
    return { spec, group, args: emptyArgs(), help, debug };
  }
  const words = given.words.slice(spec.path.length);
  if (help) return { spec, group: spec.path, args: emptyArgs(), help, debug };
  return { spec, group: spec.path, args: readArgs(spec, words, given.options), help, debug };
}

interface Given {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, readonly (string | boolean)[]>;
}

function split(argv: readonly string[], commands: readonly CommandSpec[]): Given {
  refuseInherited(argv);
  const known = knownOptions(commands);
  const names = (flag: boolean): string[] =>
    known.filter(({ kind }) => (kind === 'flag') === flag).map(({ name }) => name);
  const parsed: Record<string, unknown> = yargsParser([...argv], {
    string: ['_', ...names(false)],
    boolean: names(true),
    alias: { h: ['help'] },
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'flatten-duplicate-arrays': true,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
    },
  });
  const { _: positionals, ...rest } = parsed;
  const words = Array.isArray(positionals) ? positionals.map(String) : [];
  const options = new Map<string, readonly (string | boolean)[]>();
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'h' || value === undefined) continue;
    options.set(
      name,
      [value].flat().map((one) => (typeof one === 'boolean' ? one : String(one))),
    );
  }
  return { words, options };
}

/** yargs keeps options in plain objects: names that every object has would confuse it. */
function refuseInherited(argv: readonly string[]): void {
  for (const word of argv) {
    if (word === '--') return;
    const [, name] = /^--?([^=.]+)/.exec(word) ?? [];
    if (name === undefined || !(name in Object.prototype)) continue;
    throw failure('bad_usage', { field: word, expected: 'an option of meshpay', found: word });
  }
}

function knownOptions(commands: readonly CommandSpec[]): readonly OptionSpec[] {
  const byName = new Map<string, OptionSpec>();
  for (const option of [...COMMON_OPTIONS, ...commands.flatMap((command) => command.options)]) {
    const other = byName.get(option.name);
    invariant(
      other === undefined || (other.kind === 'flag') === (option.kind === 'flag'),
      `--${option.name} takes a value in all commands or in none`,
    );
    byName.set(option.name, option);
  }
  return [...byName.values()];
}

function findCommand(
  words: readonly string[],
  commands: readonly CommandSpec[],
): CommandSpec | undefined {
  return commands.find(({ path }) => path.every((word, at) => words[at] === word));
}

function findGroup(words: readonly string[], commands: readonly CommandSpec[]): readonly string[] {
  const [first, second] = words;
  if (first === undefined) return [];
  const members = commands.filter(({ path }) => path[0] === first);
  if (members.length === 0) {
    throw unknownWord(first, [], commands);
  }
  if (second !== undefined) throw unknownWord(second, [first], commands);
  return [first];
}

/** A word that no command has at this place; `group`: the words before it. */
function unknownWord(
  word: string,
  group: readonly string[],
  commands: readonly CommandSpec[],
): Failure {
  const members = commands.filter(({ path }) => group.every((before, at) => path[at] === before));
  const known = [...new Set(members.map(({ path }) => path[group.length] ?? ''))];
  const after = ['meshpay', ...group].join(' ');
  const names = namesOf(members, group.length);
  const meant = nearest(word.toLowerCase(), [...names.keys()]);
  const expected =
    meant === undefined ? listed(known, 'or') : `${names.get(meant) ?? meant}, perhaps`;
  return failure(
    'bad_usage',
    { field: `command after "${after}"`, expected, found: foundText(word) },
    `"${after} --help" lists the commands.`,
  );
}

/**
 * What people may call these commands -> the words that do call them, after `depth` words that were
 * right: the next word, the last one ("pay" for "wallet pay"), and other words for it ("send").
 */
function namesOf(commands: readonly CommandSpec[], depth: number): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const name = (called: string, words: string): void => {
    if (!names.has(called)) names.set(called, words);
  };
  for (const { path } of commands) name(path[depth] ?? '', path[depth] ?? '');
  for (const { path, alsoCalled = [] } of commands) {
    const words = path.slice(depth).join(' ');
    for (const called of [path.at(-1) ?? '', ...alsoCalled]) name(called, words);
  }
  return names;
}

function readArgs(
  spec: CommandSpec,
  words: readonly string[],
  given: ReadonlyMap<string, readonly (string | boolean)[]>,
): Args {
  const called = spec.path.join(' ');
  const hint = `"meshpay ${called} --help" shows how it is used.`;
  checkOptions([...spec.options, ...COMMON_OPTIONS], called, given, hint);
  checkWords(spec, words, hint);
  return argsOf(spec, words, given);
}

function checkOptions(
  allowed: readonly OptionSpec[],
  called: string,
  given: ReadonlyMap<string, readonly (string | boolean)[]>,
  hint: string,
): void {
  for (const [name, values] of given) {
    const option = allowed.find((candidate) => candidate.name === name);
    const field = name.length === 1 ? `-${name}` : `--${name}`;
    if (/^[0-9]/.test(name)) {
      const expected = 'no negative number';
      throw failure('bad_usage', { field: 'arguments', expected, found: `"-${name}"` }, hint);
    }
    if (option === undefined) {
      const names = allowed.map((candidate) => `--${candidate.name}`);
      const meant = nearest(field, names);
      const expected = meant === undefined ? `an option of "${called}"` : `${meant}, perhaps`;
      throw failure('bad_usage', { field, expected, found: strayIn(field) ?? field }, hint);
    }
    if (option.kind === 'text' && values.length > 1) {
      const detail = { field, expected: 'to be given once', found: `${values.length} times` };
      throw failure('bad_usage', detail, hint);
    }
    if (option.kind !== 'flag' && values.some((value) => value === '')) {
      const expected = option.value ?? 'a value';
      throw failure('bad_usage', { field, expected, found: 'nothing' }, hint);
    }
  }
}

function checkWords(spec: CommandSpec, words: readonly string[], hint: string): void {
  const { positionals } = spec;
  const missing = positionals.find(({ expected }, at) => {
    return expected !== undefined && (words[at] ?? '') === '';
  });
  if (missing !== undefined) {
    const found = words[positionals.indexOf(missing)] === undefined ? 'nothing' : '""';
    throw failure(
      'bad_usage',
      { field: missing.name, expected: missing.expected ?? '', found },
      hint,
    );
  }
  const extra = words[positionals.length];
  if (extra !== undefined && positionals.at(-1)?.rest !== true) {
    const expected = positionals.length === 0 ? 'no arguments' : 'no more arguments';
    throw failure('bad_usage', { field: 'arguments', expected, found: foundText(extra) }, hint);
  }
  for (const [at, { name, choices }] of positionals.entries()) {
    const word = words[at];
    if (choices === undefined || word === undefined || choices.includes(word)) continue;
    const detail = { field: name, expected: listed(choices, 'or'), found: foundText(word) };
    throw failure('bad_usage', detail, hint);
  }
}

function argsOf(
  spec: CommandSpec,
  words: readonly string[],
  given: ReadonlyMap<string, readonly (string | boolean)[]>,
): Args {
  const placeOf = (name: string): number => {
    const at = spec.positionals.findIndex((positional) => positional.name === name);
    invariant(at >= 0, `"${spec.path.join(' ')}" declares the argument ${name}`);
    return at;
  };
  const valuesOf = (name: string): readonly (string | boolean)[] => {
    const declared = spec.options.some((option) => option.name === name);
    invariant(declared, `"${spec.path.join(' ')}" declares the option --${name}`);
    return given.get(name) ?? [];
  };
  return {
    word: (name) => words[placeOf(name)] ?? '',
    optionalWord: (name) => words[placeOf(name)],
    words: (name) => words.slice(placeOf(name)),
    text: (name) => valuesOf(name).map(String)[0],
    list: (name) => valuesOf(name).map(String),
    flag: (name) => valuesOf(name).some((value) => value === true),
  };
}

function emptyArgs(): Args {
  return {
    word: () => '',
    optionalWord: () => undefined,
    words: () => [],
    text: () => undefined,
    list: () => [],
    flag: () => false,
  };
}
