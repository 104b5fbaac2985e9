/**
 * Characters that nobody sees: controls, marks that turn writing around, spaces of no width. In a
 * text that somebody else wrote they can forge a line, a colour or another order of letters, so
 * whatever is shown to a person is shown through `harmless`. In a text that a person pasted they
 * are the reason why it does not fit, so they are called by their names.
 *
 * The ranges are written out instead of taken from the runtime's Unicode tables: what a receipt
 * says must not depend on who reads it (wallet/receipt.ts). They are those of Unicode 16: Cc, Cf,
 * Cs, Co, noncharacters, Zl, Zp, and what has Default_Ignorable_Code_Point, but for the variation
 * selectors that belong to emoji.
 */

const UNSEEN_RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x600, 0x605],
  [0x61c, 0x61c],
  [0x6dd, 0x6dd],
  [0x70f, 0x70f],
  [0x890, 0x891],
  [0x8e2, 0x8e2],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xf8ff],
  [0xfdd0, 0xfdef],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xfffe, 0xffff],
  [0x110bd, 0x110bd],
  [0x110cd, 0x110cd],
  [0x13430, 0x1343f],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0x10ffff],
];

/** Spaces that look like the one of the keyboard, or like none. */
const BLANK_RANGES: readonly (readonly [first: number, last: number])[] = [
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
];

/** What to call those that get into pasted texts. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'a null character'],
  [0x09, 'a tab'],
  [0x0a, 'a line feed'],
  [0x0b, 'a vertical tab'],
  [0x0c, 'a form feed'],
  [0x0d, 'a carriage return'],
  [0x1b, 'an escape character'],
  [0x20, 'a space'],
  [0x7f, 'a delete character'],
  [0x85, 'a next-line character'],
  [0x9b, 'a control sequence introducer'],
  [0xa0, 'a no-break space'],
  [0xad, 'a soft hyphen'],
  [0x34f, 'a combining grapheme joiner'],
  [0x61c, 'an Arabic letter mark'],
  [0x115f, 'a Hangul filler'],
  [0x1160, 'a Hangul filler'],
  [0x180e, 'a Mongolian vowel separator'],
  [0x2002, 'an en space'],
  [0x2003, 'an em space'],
  [0x2007, 'a figure space'],
  [0x2008, 'a punctuation space'],
  [0x2009, 'a thin space'],
  [0x200a, 'a hair space'],
  [0x200b, 'a zero-width space'],
  [0x200c, 'a zero-width non-joiner'],
  [0x200d, 'a zero-width joiner'],
  [0x200e, 'a left-to-right mark'],
  [0x200f, 'a right-to-left mark'],
  [0x2028, 'a line separator'],
  [0x2029, 'a paragraph separator'],
  [0x202a, 'a left-to-right embedding'],
  [0x202b, 'a right-to-left embedding'],
  [0x202c, 'a pop directional formatting'],
  [0x202d, 'a left-to-right override'],
  [0x202e, 'a right-to-left override'],
  [0x202f, 'a narrow no-break space'],
  [0x205f, 'a mathematical space'],
  [0x2060, 'a word joiner'],
  [0x2066, 'a left-to-right isolate'],
  [0x2067, 'a right-to-left isolate'],
  [0x2068, 'a first strong isolate'],
  [0x2069, 'a pop directional isolate'],
  [0x2800, 'a blank braille pattern'],
  [0x3000, 'an ideographic space'],
  [0x3164, 'a Hangul filler'],
  [0xfeff, 'a byte order mark'],
  [0xffa0, 'a Hangul filler'],
]);

/** Characters of the neighbour that says where an unseen one stands. */
const NEIGHBOUR_CHARACTERS = 12;

const classOf = (ranges: readonly (readonly [number, number])[]): string =>
  ranges.map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`).join('');

const UNSEEN = new RegExp(`[${classOf(UNSEEN_RANGES)}]`, 'gu');
/** Whole texts of several lines: their line ends and tabs are meant. */
const UNSEEN_IN_LINES = new RegExp(`(?![\\n\\t])[${classOf(UNSEEN_RANGES)}]`, 'gu');
const STRAY = new RegExp(`[${classOf([...UNSEEN_RANGES, ...BLANK_RANGES])}]`, 'u');
const ONLY_STRAY = new RegExp(`[${classOf([...UNSEEN_RANGES, ...BLANK_RANGES])} ]`, 'gu');

/** The text with each unseen character as its code point: "a\u{202e}b". */
export function harmless(text: string): string {
  return text.replace(UNSEEN, asCodePoint);
}

/** Such text in quotes. */
export function quoted(text: string): string {
  return `"${harmless(text.replace(/["\\]/g, '\\$&'))}"`;
}

/** The same for lines of text: line feeds and tabs stay. */
export function harmlessLines(text: string): string {
  return text.replace(UNSEEN_IN_LINES, asCodePoint);
}

/**
 * The text of JSON with each unseen character that JSON.stringify leaves in texts as its escape.
 */
export function harmlessJson(json: string): string {
  return json.replace(UNSEEN_IN_LINES, (character) =>
    Array.from({ length: character.length }, (_, at) => {
      return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/**
 * Without what can be around a pasted text and means nothing: a byte order mark, spaces of any
 * kind, line ends. What has no width is left, to be called by its name.
 */
export function trimmed(text: string): string {
  return text.trim();
}

/** The text of a file, without the mark that some editors put before it. */
export function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** What is unseen in a text that may have nothing of the kind: "a zero-width space after HRS". */
export function strayIn(text: string): string | undefined {
  const at = text.search(STRAY);
  if (at < 0) return undefined;
  const [character = ''] = text.slice(at);
  const before = neighbour(text.slice(0, at), (seen) => seen.slice(-NEIGHBOUR_CHARACTERS));
  if (before !== '') return `${nameOfCharacter(text, at)} after ${before}`;
  const rest = text.slice(at + character.length);
  const after = neighbour(rest, (seen) => seen.slice(0, NEIGHBOUR_CHARACTERS));
  return after === '' ? nameOfCharacter(text, at) : `${nameOfCharacter(text, at)} before ${after}`;
}

/** The same for a text of several lines, in which line ends and tabs are meant. */
export function strayInLines(text: string): string | undefined {
  return strayIn(text.replace(/[\t\r\n]+/g, ' '));
}

/** What is unseen in a text of which nothing may be shown: "a zero-width space". */
export function strayNameIn(text: string): string | undefined {
  const at = text.search(STRAY);
  return at < 0 ? undefined : nameOfCharacter(text, at);
}

/** What was found, for a refusal: in quotes, or, where something in it cannot be seen, that. */
export function foundText(text: string): string {
  return strayIn(text) ?? `"${text}"`;
}

function neighbour(text: string, cut: (seen: readonly string[]) => readonly string[]): string {
  return cut([...text.replace(ONLY_STRAY, '')]).join('');
}

function nameOfCharacter(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0;
  return (
    NAMES.get(code) ?? `the unseen character U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  );
}

function asCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
