/** Rules of the house: what a file shows to others has a user and a name of its own. */

import type { Node, SourceFile, Statement } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import {
  isClassDeclaration,
  isFunctionDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isObjectBindingPattern,
  isTypeAliasDeclaration,
  isVariableStatement,
} from 'typescript/unstable/ast/is';
import { AMBIGUOUS, FOR_TESTS, UNUSED } from './lists.ts';
import { shrinks } from './ratchet.ts';
import { rule } from './rule.ts';
import { FILES, importsOf, nodesOf, PRODUCT, parsed } from './tree.ts';

interface Exported {
  readonly path: string;
  readonly name: string;
  readonly isType: boolean;
}

const EXPORTS = PRODUCT.flatMap((path) => {
  const file = parsed.get(path);
  return file === undefined ? [] : file.statements.flatMap((each) => exportsOf(path, each));
});

function exportsOf(path: string, statement: Statement): Exported[] {
  if (!isExported(statement)) return [];
  if (isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) =>
      namesOf(name).map((text) => ({ path, name: text, isType: false })),
    );
  }
  if (isFunctionDeclaration(statement)) {
    return statement.name === undefined ? [] : [{ path, name: statement.name.text, isType: false }];
  }
  const isType = isInterfaceDeclaration(statement) || isTypeAliasDeclaration(statement);
  if (isType || isClassDeclaration(statement)) {
    return statement.name === undefined ? [] : [{ path, name: statement.name.text, isType: true }];
  }
  return [];
}

function isExported(node: Node): boolean {
  const modifiers = 'modifiers' in node ? (node.modifiers as readonly Node[] | undefined) : [];
  return modifiers?.some(({ kind }) => kind === SyntaxKind.ExportKeyword) === true;
}

function namesOf(name: Node): string[] {
  if (isIdentifier(name)) return [name.text];
  if (!isObjectBindingPattern(name)) return [];
  return name.elements.flatMap(({ name: inner }) => (inner === undefined ? [] : namesOf(inner)));
}

/** Who imports a name from a file; a file that takes all of another uses each of its names. */
const USERS = new Map<string, string[]>();
for (const path of FILES) {
  for (const { target, names } of importsOf(path)) {
    for (const name of names.length === 0 ? ['*'] : names) {
      const key = `${target} ${name}`;
      USERS.set(key, [...(USERS.get(key) ?? []), path]);
    }
  }
}

function usersOf({ path, name }: Exported): readonly string[] {
  return [...(USERS.get(`${path} ${name}`) ?? []), ...(USERS.get(`${path} *`) ?? [])];
}

/** Whether another export of the file names it: then whoever uses that one may have to name it. */
function isPartOfAnother({ path, name }: Exported): boolean {
  const file = parsed.get(path) as SourceFile;
  return file.statements.some(
    (statement) =>
      isExported(statement) &&
      !exportsOf(path, statement).some((each) => each.name === name) &&
      [...nodesOf(statement)].some((node) => isIdentifier(node) && node.text === name),
  );
}

const told = (wanted: string): string =>
  `${wanted} in ${EXPORTS.filter(({ name }) => name === wanted).map(({ path }) => path)}`;

rule('no export is without a user', () => {
  const unused = EXPORTS.filter(
    (each) => usersOf(each).length === 0 && !(each.isType && isPartOfAnother(each)),
  );
  shrinks(
    UNUSED,
    unused.map(({ name }) => name),
    told,
  );
});

rule('what only tests use is listed', () => {
  const only = EXPORTS.filter((each) => {
    const users = usersOf(each);
    const isForTests = users.length > 0 && users.every((path) => path.startsWith('test/'));
    return isForTests && !(each.isType && isPartOfAnother(each));
  });
  shrinks(
    FOR_TESTS,
    only.map(({ name }) => name),
    told,
  );
});

rule('an exported type name means one thing in the whole product', () => {
  const names = EXPORTS.filter(({ isType }) => isType).map(({ name }) => name);
  shrinks(
    AMBIGUOUS,
    names.filter((name, i) => names.indexOf(name) < i),
    told,
  );
});
