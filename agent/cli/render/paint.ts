/** Colour: names for what a text means, as ANSI sequences or as nothing at all. */
import { harmlessLines } from '../../core/base/characters.ts';

export interface Paint {
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  accent(text: string): string;
  /** Black on white, as paper is. */
  ink(text: string): string;
  readonly isColoured: boolean;
}

const plain = (text: string): string => text;

/** Leaves every text as it is. */
export const PLAIN: Paint = {
  strong: plain,
  faint: plain,
  good: plain,
  bad: plain,
  warn: plain,
  accent: plain,
  ink: plain,
  isColoured: false,
};

const ansi =
  (on: number | string, off: number | string) =>
  (text: string): string =>
    text === '' ? text : `\u001b[${on}m${text}\u001b[${off}m`;

const COLOURED: Paint = {
  strong: ansi(1, 22),
  faint: ansi(2, 22),
  good: ansi(32, 39),
  bad: ansi(31, 39),
  warn: ansi(33, 39),
  accent: ansi(36, 39),
  ink: ansi('30;107', '39;49'),
  isColoured: true,
};

/** The paint of an output that may or may not be coloured. */
export function paintFor(coloured: boolean): Paint {
  return coloured ? COLOURED : PLAIN;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI sequences begin with ESC.
const ANSI_SEQUENCE = /\u001b\[[0-9;]*m/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the very sequences of COLOURED.
const OWN_SEQUENCE = /(\u001b\[(?:1|2|22|3[1236]|39|30;107|39;49)m)/;

/**
 * Lines of text as they may be shown: of what is unseen only line ends, tabs and our own colours.
 */
export function cleanPainted(text: string, coloured: boolean): string {
  if (!coloured) return harmlessLines(text);
  const parts = text.split(OWN_SEQUENCE);
  return parts.map((part, at) => (at % 2 === 1 ? part : harmlessLines(part))).join('');
}

/** How many columns a text takes on the screen. */
export function widthOf(text: string): number {
  return [...text.replace(ANSI_SEQUENCE, '')].length;
}
