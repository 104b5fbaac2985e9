/**
 * Secrets at the terminal: words that are shown once and asked back, passphrases. None of them is
 * ever an argument: whoever lists the processes of a machine reads those.
 */
import { randomInt } from 'node:crypto';
import { readWhole } from '../../platform/file-reader.ts';
import { WORD_COUNT } from '../wallet/words.ts';
import type { AskPerson } from './ask.ts';
import type { Args, Context, OptionSpec } from './command.ts';
import { failure } from './failure.ts';
import { systemFailure } from './system-errors.ts';

export const PASSPHRASE_OPTION: OptionSpec = {
  name: 'passphrase-file',
  kind: 'text',
  value: 'FILE',
  completes: 'file',
  summary: 'the passphrase is the first line of this file, for scripts; else it is asked for',
};

const MAX_PASSPHRASE_BYTES = 1_024;
/** How many of the words are asked back. */
const ASKED_BACK = 3;

/** The words in columns, each with its number. */
export function renderWords(words: readonly string[]): string {
  const rows = Math.ceil(words.length / 4);
  const width = Math.max(...words.map(({ length }) => length));
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: 4 }, (__, column) => {
      const at = row + column * rows;
      return `${`${at + 1}`.padStart(2)} ${(words[at] ?? '').padEnd(width)}`;
    })
      .join('   ')
      .trimEnd(),
  ).join('\n');
}

/** Asks some of the words back, until they are right. Throws Failure if the person gives up. */
export async function askBack(
  words: readonly string[],
  ask: AskPerson,
  { terminal }: Pick<Context, 'terminal'>,
): Promise<void> {
  const places = new Set<number>();
  while (places.size < ASKED_BACK) places.add(randomInt(WORD_COUNT));
  for (const place of [...places].sort((a, b) => a - b)) {
    for (;;) {
      const answer = await ask(`Word ${place + 1}: `);
      if (answer === undefined) throw failure('not_wanted', {}, 'No wallet was made.');
      if (answer.trim().toLowerCase() === words[place]) break;
      terminal.note(`That is not word ${place + 1}. Look at what you wrote down.`);
    }
  }
}

/** The passphrase that opens something; from the option's file, or asked for. Throws Failure. */
export async function passphraseOf(
  args: Args,
  { ask }: Pick<Context, 'ask'>,
  question: string,
): Promise<string> {
  const file = args.text('passphrase-file');
  if (file !== undefined) return passphraseIn(file);
  if (ask === undefined) {
    const expected = 'a file with the passphrase, where nobody can be asked';
    throw failure('bad_usage', { field: '--passphrase-file', expected, found: 'none' });
  }
  const typed = await ask(question, 'secret');
  if (typed === undefined) throw failure('not_wanted');
  return typed;
}

/** A new passphrase, asked for twice; empty: none is wanted. */
export async function newPassphrase(
  args: Args,
  context: Pick<Context, 'ask' | 'terminal'>,
): Promise<string> {
  for (;;) {
    const first = await passphraseOf(args, context, 'New passphrase (empty for none): ');
    if (args.text('passphrase-file') !== undefined || first === '') return first;
    const second = await passphraseOf(args, context, 'Once more: ');
    if (first === second) return first;
    context.terminal.note('The two are not alike.');
  }
}

function passphraseIn(file: string): string {
  const field = '--passphrase-file';
  const reading = readWhole(file, MAX_PASSPHRASE_BYTES);
  if (!reading.ok) {
    const known = reading.error === undefined ? undefined : systemFailure(reading.error, file);
    if (known !== undefined) throw known;
    throw failure('bad_file', { field: file, expected: reading.expected, found: reading.found });
  }
  if ((reading.mode & 0o077) !== 0) {
    const expected = 'a file that its owner alone may read (chmod 600)';
    throw failure('file_forbidden', { field, expected, found: 'one that others may read' });
  }
  const [line = ''] = reading.bytes.toString('utf8').split(/\r?\n/);
  if (line !== '') return line;
  throw failure('bad_file', {
    field,
    expected: 'a passphrase in the first line',
    found: 'nothing',
  });
}
