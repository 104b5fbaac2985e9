/** Rules of the house: how long a file and a function may be. */

import assert from 'node:assert/strict';
import type { Node, SourceFile } from 'typescript/unstable/ast';
import {
  isArrowFunction,
  isConstructorDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isGetAccessorDeclaration,
  isIdentifier,
  isMethodDeclaration,
  isPropertyAssignment,
  isPropertyDeclaration,
  isSetAccessorDeclaration,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import { TOO_LONG } from './lists.ts';
import { shrinks } from './ratchet.ts';
import { rule } from './rule.ts';
import { FILES, nodesOf, PRODUCT, parsed, read } from './tree.ts';

const MOST_LINES_OF_A_FILE = 500;
/** A function fits a screen. */
const MOST_LINES = 70;
/** Of a hundred functions, the longest but one. */
const MOST_LINES_P99 = 60;

interface Sized {
  readonly name: string;
  readonly path: string;
  readonly lines: number;
}

/** Every function of the product that has a name, with all that is nested in it. */
function functions(): Sized[] {
  return PRODUCT.flatMap((path) => {
    const file = parsed.get(path);
    if (file === undefined) return [];
    return [...nodesOf(file)].flatMap((node) => {
      const name = nameOf(node, file);
      return name === undefined ? [] : [{ name, path, lines: linesOf(node, file) }];
    });
  });
}

function nameOf(node: Node, file: SourceFile): string | undefined {
  if (isFunctionDeclaration(node)) return node.body === undefined ? undefined : node.name?.text;
  if (
    isMethodDeclaration(node) ||
    isGetAccessorDeclaration(node) ||
    isSetAccessorDeclaration(node)
  ) {
    return node.body === undefined ? undefined : node.name.getText(file);
  }
  if (isConstructorDeclaration(node)) return 'constructor';
  if (isArrowFunction(node) || isFunctionExpression(node)) {
    const { parent } = node;
    const isNamed =
      isVariableDeclaration(parent) ||
      isPropertyDeclaration(parent) ||
      isPropertyAssignment(parent);
    return isNamed && isIdentifier(parent.name) ? parent.name.text : undefined;
  }
  return undefined;
}

/** From its first word to its last brace; what is said above it does not count. */
function linesOf(node: Node, file: SourceFile): number {
  return file.text.slice(node.getStart(file), node.end).split('\n').length;
}

rule(`no file is longer than ${MOST_LINES_OF_A_FILE} lines`, () => {
  const long = FILES.filter((path) => read(path).split('\n').length > MOST_LINES_OF_A_FILE);
  assert.deepEqual(long, []);
});

rule(`a function fits ${MOST_LINES} lines`, () => {
  const long = functions().filter(({ lines }) => lines > MOST_LINES);
  shrinks(
    TOO_LONG,
    long.map(({ name }) => name),
    (wanted) => {
      const { path, lines } = long.find(({ name }) => name === wanted) ?? {};
      return `${wanted} in ${path} has ${lines} lines`;
    },
  );
});

rule(`of a hundred functions ninety-nine have at most ${MOST_LINES_P99} lines`, () => {
  const lengths = functions()
    .filter(({ name }) => !TOO_LONG.includes(name))
    .map(({ lines }) => lines)
    .sort((a, b) => b - a);
  assert.ok(lengths.length > 1_000, 'the functions were found');
  assert.ok((lengths[Math.floor(lengths.length / 100)] ?? 0) <= MOST_LINES_P99);
});
