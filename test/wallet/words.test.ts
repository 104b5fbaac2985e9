/** A wallet's secret as words (agent/wallet/words.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../agent/wallet/fault.ts';
import { areWords, seedOfWords, wordsOf } from '../../agent/wallet/words.ts';

/** From the test vectors of BIP 39: entropy, words. */
const VECTORS: readonly (readonly [string, string])[] = [
  ['00'.repeat(32), `${'abandon '.repeat(23)}art`],
  ['ff'.repeat(32), `${'zoo '.repeat(23)}vote`],
  [
    '68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c',
    'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length',
  ],
];

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** What is wrong with the words. */
function faultOf(text: string): string {
  const read = seedOfWords(text);
  assert.ok(isFault(read) && read.fault === 'refused');
  const { field, expected, found } = read.refusal;
  return `${field}: ${expected}, ${found}`;
}

describe('the words of a secret', () => {
  for (const [entropy, words] of VECTORS) {
    it(`are those of BIP 39: ${words.slice(0, 20)}...`, () => {
      assert.deepEqual(wordsOf(Buffer.from(entropy, 'hex')).join(' '), words);
      assert.deepEqual(Buffer.from(seedOfWords(words) as Uint8Array).toString('hex'), entropy);
    });
  }

  it('give back the secret, whole or by four letters, in any case, numbered or not', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const words = wordsOf(seed);
        const short = words.map((word) => word.slice(0, 4).toUpperCase());
        const numbered = words.map((word, at) => `${at + 1}. ${word}`);
        for (const text of [words.join(' '), short.join('\n'), ` ${numbered.join(',\t')} `]) {
          assert.deepEqual(seedOfWords(text), Uint8Array.from(seed));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('that are wrong are told by their place, never by what they are', () => {
    const words = [...wordsOf(new Uint8Array(32).fill(7))];
    const swapped = [...words];
    [swapped[0], swapped[5]] = [words[5] ?? '', words[0] ?? ''];
    assert.equal(
      faultOf(swapped.join(' ')),
      'words: the words in their order, a checksum that does not fit',
    );
    assert.equal(faultOf(words.slice(1).join(' ')), 'words: 24 of them, 23');
    assert.equal(faultOf([...words, 'zoo'].join(' ')), 'words: 24 of them, 25');
    assert.equal(faultOf(''), 'words: 24 of them, 0');
    const misspelt = words.with(6, 'abandn').join(' ');
    assert.equal(faultOf(misspelt), 'word 7: a word of the list, another one');
    const three = words.with(23, 'aba').join(' ');
    assert.equal(faultOf(three), 'word 24: a word of the list, another one');
  });

  it('are told from a key', () => {
    assert.ok(areWords('abandon ability'));
    assert.ok(!areWords('mpsecret1abc'));
  });
});
