/**
 * Text files that a person may edit and that say whether all of them is there: the first line names
 * the last one. TOML that was cut short is TOML too, in which everything that is missing has its
 * default. A file without that first line is its writer's own.
 */

const HEAD = '# Written by meshpay. The file is whole if its last line is "# end".';
const END = '# end';

/** The text with its first and last line. */
export function wholeText(text: string): string {
  return `${HEAD}\n${text}${END}\n`;
}

/** Whether a file that was written so has lost its end. Lines may have been added at either end. */
export function isCut(text: string): boolean {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.includes(HEAD) && !lines.includes(END);
}
