/**
 * Transcripts: a scenario as text, what is done and below it what came of it. A command is one
 * line; a line of four dashes ends it, and what the nodes did follows, up to an empty line. Lines
 * that begin with `#` are for the reader.
 */

/** One command of a script, with the lines above it that are for the reader. */
export interface Entry {
  readonly remarks: readonly string[];
  readonly command: string;
  readonly outcome: readonly string[];
}

const END_OF_COMMAND = '----';

/** The entries of a transcript. Throws where it is none, with the line. */
export function readScript(text: string): readonly Entry[] {
  const entries: Entry[] = [];
  let remarks: string[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '' || line.startsWith('#')) {
      remarks.push(line);
      continue;
    }
    // A command that was just written has no outcome yet.
    const isTold = lines[at + 1] === END_OF_COMMAND;
    if (line === END_OF_COMMAND) throw new Error(`line ${at + 1}: no command above the dashes`);
    const outcome: string[] = [];
    if (isTold) {
      at++;
      while (at + 1 < lines.length && lines[at + 1] !== '') outcome.push(lines[++at] ?? '');
    }
    entries.push({ remarks: fromText(remarks), command: line, outcome });
    remarks = [];
  }
  if (fromText(remarks).length > 0) throw new Error('the last remarks have no command below them');
  return entries;
}

/** The text of a transcript. Reading it gives the same entries. */
export function writeScript(entries: readonly Entry[]): string {
  return entries
    .map(({ remarks, command, outcome }) =>
      [...remarks, command, END_OF_COMMAND, ...outcome, ''].join('\n'),
    )
    .join('\n');
}

/** From the first line that is not empty. */
function fromText(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line !== '');
  return first < 0 ? [] : lines.slice(first);
}
