/**
 * What a command of `meshpay` is: one value that says how it is called, what it takes and what it
 * does. Parsing, --help, the man page and the shell completions are all made from these values, so
 * none of them can say something else than another.
 */
import type { AskPerson } from './ask.ts';
import type { Environment } from './config.ts';
import type { Terminal } from './terminal.ts';

export interface OptionSpec {
  /** Without the dashes. One name means one kind of option in every command. */
  readonly name: string;
  /** A flag takes no value; a text one; a list one each time that it is given. */
  readonly kind: 'flag' | 'text' | 'list';
  /** What to call the value: FILE, HOST:PORT. */
  readonly value?: string;
  /** The value is a path, for completion. */
  readonly completes?: 'file' | 'folder';
  readonly summary: string;
}

export interface PositionalSpec {
  readonly name: string;
  readonly summary: string;
  /** What is expected, when it is missing. Undefined for one that may be left out. */
  readonly expected?: string;
  /** Takes all the words that are left. */
  readonly rest?: boolean;
  /** The words that it may be, for completion. */
  readonly choices?: readonly string[];
  readonly completes?: 'file' | 'folder';
}

export interface Example {
  readonly line: string;
  readonly about: string;
}

export interface CommandSpec {
  /** The words that call it, such as "network", "create". */
  readonly path: readonly string[];
  /** One line, no full stop. */
  readonly summary: string;
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly positionals: readonly PositionalSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Other words for the last of `path`, which people try. */
  readonly alsoCalled?: readonly string[];
  /**
   * How long it may take to end in order, in ms, once the context's `interrupt` is aborted: it has
   * something to put back or to say. Any other command is ended at once, where it stands.
   */
  readonly endsWithinMs?: number;
  readonly run: (args: Args, context: Context) => Promise<void>;
}

/** What was given, by the names of the command's own spec. */
export interface Args {
  /** A positional that must be there. */
  word(name: string): string;
  /** A positional that may be left out. */
  optionalWord(name: string): string | undefined;
  /** All words of a positional that takes the rest. */
  words(name: string): readonly string[];
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  flag(name: string): boolean;
}

/** What a command has of the world. */
export interface Context {
  readonly terminal: Terminal;
  readonly environment: Environment;
  /** Aborted, with the signal's name, when the person (or the system) wants the command to end. */
  readonly interrupt: AbortSignal;
  /** Undefined: nobody is at a terminal to be asked. */
  readonly ask?: AskPerson | undefined;
}

/** How the command is written: "meshpay wallet pay RECIPIENT AMOUNT TOKEN [options]". */
export function usageOf(spec: CommandSpec): string {
  const words = spec.positionals.map((positional) => {
    const name = positional.name.toUpperCase() + (positional.rest === true ? '...' : '');
    return positional.expected === undefined ? `[${name}]` : name;
  });
  const options = spec.options.length === 0 ? [] : ['[options]'];
  return ['meshpay', ...spec.path, ...words, ...options].join(' ');
}

/** How an option is written: "--peer HOST:PORT". */
export function writtenOption({ name, kind, value }: OptionSpec): string {
  return kind === 'flag' ? `--${name}` : `--${name} ${value ?? 'VALUE'}`;
}

/** Options that every command understands. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'help', kind: 'flag', summary: 'show how the command is used, and end' },
  { name: 'debug', kind: 'flag', summary: 'show where in the program an error arose' },
];

/** The option of every command that reads. */
export const JSON_OPTION: OptionSpec = {
  name: 'json',
  kind: 'flag',
  summary: 'print JSON for programs; amounts are decimal texts',
};
