/**
 * A wallet's secret as 24 words for paper (BIP 39, the English list). The words are the 32 bytes of
 * the seed themselves, and a checksum of 8 bits; they are not stretched into another seed.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { invariant } from '../core/base/assert.ts';
import { trimmed } from '../core/base/characters.ts';
import { refusal } from '../core/base/refusal.ts';
import type { RefusedFault } from './fault.ts';

export const WORD_COUNT = 24;
/** No two words of the list begin with the same four letters. */
const TELLING_LETTERS = 4;

/** The words of a seed (32 bytes). */
export function wordsOf(seed: Uint8Array): readonly string[] {
  invariant(seed.length === 32, 'a seed has 32 bytes');
  return entropyToMnemonic(seed, wordlist).split(' ');
}

/** Whether a text is meant as such words. */
export function areWords(text: string): boolean {
  return split(text).length > 1;
}

/**
 * The seed of 24 words, each of them whole or its first four letters, in any case. What is wrong is
 * said by its place: the words are secret.
 */
export function seedOfWords(text: string): Uint8Array | RefusedFault {
  const given = split(text);
  if (given.length !== WORD_COUNT) {
    return bad('words', `${WORD_COUNT} of them`, `${given.length}`);
  }
  const words = given.map(wordMeant);
  const unknown = words.indexOf(undefined);
  if (unknown >= 0) return bad(`word ${unknown + 1}`, 'a word of the list', 'another one');
  try {
    return mnemonicToEntropy(words.join(' '), wordlist);
  } catch (error) {
    invariant(
      /checksum/i.test(String(error)),
      'words of the list are wrong in their checksum only',
    );
    return bad('words', 'the words in their order', 'a checksum that does not fit');
  }
}

/** The word of the list that is meant. */
function wordMeant(text: string): string | undefined {
  if (wordlist.includes(text)) return text;
  if (text.length !== TELLING_LETTERS) return undefined;
  return wordlist.find((word) => word.startsWith(text));
}

function split(text: string): readonly string[] {
  // People number them: "1. word 2. word".
  const plain = trimmed(text).toLowerCase().normalize('NFKD');
  return plain.split(/[\s,]+/).filter((word) => word !== '' && !/^[0-9]{1,2}[.:)]?$/.test(word));
}

function bad(field: string, expected: string, found: string): RefusedFault {
  return { fault: 'refused', refusal: refusal('bad_name', { field, expected, found }) };
}
