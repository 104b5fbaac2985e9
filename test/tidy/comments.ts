/** Rules of the house: what comments say is there, and fits the page. */

import assert from 'node:assert/strict';
import { isIdentifier, isPrivateIdentifier, isSourceFile } from 'typescript/unstable/ast/is';
import { WIDE } from './lists.ts';
import { rule } from './rule.ts';
import { FILES, filesBelow, nodesOf, PRODUCT, parsed, read } from './tree.ts';

const COLUMNS = 100;
const COMMENT = /\/\*\*?[\s\S]*?\*\/|(?<=^|\s)\/\/ .*$/gm;

const DOCUMENTS = ['.', 'agent', 'test/formal', 'test/sim/explore', 'test/bench']
  .flatMap((folder) =>
    folder === '.'
      ? ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']
      : filesBelow(folder, '.md'),
  )
  .filter((path, i, all) => all.indexOf(path) === i);

function commentsOf(path: string): string {
  return (read(path).match(COMMENT) ?? []).join('\n');
}

rule('every file of the product begins by saying what it is', () => {
  assert.deepEqual(
    PRODUCT.filter((path) => !/^(#!.*\n)?\/\*\*/.test(read(path))),
    [],
  );
});

rule(`comments fit ${COLUMNS} columns`, () => {
  const wide = FILES.flatMap((path) => {
    const text = read(path);
    return Array.from(text.matchAll(COMMENT)).flatMap(({ 0: comment, index }) => {
      const start = text.lastIndexOf('\n', index) + 1;
      const lines = text.slice(start, index + comment.length).split('\n');
      const first = text.slice(0, start).split('\n').length;
      return lines.flatMap((line, i) =>
        [...line].length > COLUMNS && !isExempt(path) ? [`${path}:${first + i}`] : [],
      );
    });
  });
  assert.deepEqual(wide, []);
});

const isExempt = (path: string): boolean => WIDE.some((folder) => path.startsWith(folder));

rule(`documents fit ${COLUMNS} columns, but for tables and commands`, () => {
  const wide = DOCUMENTS.flatMap((path) =>
    read(path)
      .replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/.+/g, ''))
      .split('\n')
      .flatMap((line, i) =>
        [...line].length > COLUMNS && !line.startsWith('|') ? [`${path}:${i + 1}`] : [],
      ),
  );
  assert.deepEqual(wide, []);
});

rule('comments cite headings that agent/PROTOCOL.md has', () => {
  const headings = new Set(
    Array.from(read('agent/PROTOCOL.md').matchAll(/^#+ (.+?)(?: \(.*\))?$/gm), ([, name]) => name),
  );
  const wrong = FILES.flatMap((path) => {
    const text = read(path).replaceAll(/\n\s*(?:\*|\/\/) ?/g, ' ');
    return Array.from(text.matchAll(/\bPROTOCOL[:,] ([A-Z][a-z ]*[a-z])/g), ([, name]) => name)
      .filter((name) => !headings.has(name))
      .map((name) => `${path} cites ${name}`);
  });
  assert.deepEqual(wrong, []);
  // Rules that no clone has cannot be looked up.
  assert.deepEqual(
    FILES.filter((path) => /\bDESIGN \d/.test(commentsOf(path))),
    [],
  );
});

rule('comments and documents name only source files that there are', () => {
  const mention = /(?<![*\w./-])((?:[\w-]+\/)*[\w-]+(?:\.test)?\.ts)\b/g;
  const isThere = (name: string): boolean =>
    FILES.some((path) => path === name || path.endsWith(`/${name}`));
  const texts = [
    ...FILES.map((path) => [path, commentsOf(path)] as const),
    ...DOCUMENTS.map((path) => [path, read(path)] as const),
  ];
  const wrong = texts.flatMap(([path, text]) =>
    Array.from(text.matchAll(mention), ([, name]) => name ?? '')
      .filter((name) => !isThere(name))
      .map((name) => `${path} names ${name}`),
  );
  assert.deepEqual(wrong, []);
});

/** Names of the kernel, of certificates, units and of the linter that comments may use. */
const FOREIGN =
  /^(IFA|IPV6|NLA|NLM|NLMSGERR|RTNLGRP|CLOCK|HWSIM|NL80211|NET_NAME)_|^(commonName|mBm|kHz|no[A-Z]\w*)$/;

rule('comments name only functions, fields and constants that there are', () => {
  const words = new Set(
    [...parsed.values()].flatMap((file) => [...nodesOf(file)].flatMap(wordsOf)),
  );
  const name =
    /(?<![\w.])([a-z]\w*[A-Z]\w*|[A-Z][A-Z0-9]*_[A-Z0-9_]+)(?!\w)|`(?:(\w+)\(\)|([A-Z][a-z]\w*))`/g;
  const wrong = FILES.flatMap((path) =>
    Array.from(
      commentsOf(path).matchAll(name),
      ([, bare, called, type]) => bare ?? called ?? type ?? '',
    )
      .filter((word) => !words.has(word) && !FOREIGN.test(word))
      .map((word) => `${path} names ${word}`),
  );
  assert.deepEqual(wrong, []);
});

/** The names in a node, and the words of a text in it: keys of configuration and messages. */
function wordsOf(node: Parameters<typeof isIdentifier>[0]): string[] {
  if (isIdentifier(node)) return [node.text];
  if (isPrivateIdentifier(node)) return [node.text.slice(1)];
  const text = 'text' in node && !isSourceFile(node) ? node.text : undefined;
  return typeof text === 'string' ? (text.match(/\w+/g) ?? []) : [];
}

rule('no default exports, no casts that silence the compiler, no unfinished marks', () => {
  const marks = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'];
  const forbidden = new RegExp(
    `\\b(${marks.join('|')})\\b|\\bas any\\b|@ts-(ignore|expect-error)|^export default`,
    'm',
  );
  assert.deepEqual(
    FILES.filter((path) => forbidden.test(read(path))),
    [],
  );
});
