/**
 * The tree that the rules of the house look at: source files, read and parsed once by the compiler
 * itself, and what they import. Paths are from the root, where tests run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { after } from 'node:test';
import {
  type ExportDeclaration,
  type ImportDeclaration,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isNamedExports,
  isNamedImports,
  isStringLiteral,
} from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';

const PARTS = ['agent', 'platform', 'provisioning', 'test'];

/** Every source file, sorted. */
export const FILES = PARTS.flatMap((part) => filesBelow(part, '.ts')).sort();

/** Those of the product: what is installed on a router or a laptop. */
export const PRODUCT = FILES.filter((path) => !path.startsWith('test/'));

/** Files below a folder whose names end so; none where there is no such folder. */
export function filesBelow(folder: string, ending: string): string[] {
  return readFolder(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, ending);
    return path.endsWith(ending) ? [path] : [];
  });
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // A part that is not there yet.
  }
}

const texts = new Map<string, string>();

export function read(path: string): string {
  let text = texts.get(path);
  if (text === undefined) {
    text = readFileSync(path, 'utf8');
    texts.set(path, text);
  }
  return text;
}

/** The text of a file without what explains it. */
export function withoutComments(path: string): string {
  return read(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '');
}

export function under(folder: string): string[] {
  return FILES.filter((path) => path.startsWith(`${folder}/`));
}

/** The trees that the compiler makes of all source files, by path. */
export const parsed: ReadonlyMap<string, SourceFile> = parseAll();

function parseAll(): Map<string, SourceFile> {
  const api = new API({ cwd: process.cwd() });
  after(() => api.close());
  const { references } = JSON.parse(read('tsconfig.json')) as { references: { path: string }[] };
  const openProjects = references.map(({ path }) => resolve(path, 'tsconfig.json'));
  const found = new Map<string, SourceFile>();
  for (const { program } of api.updateSnapshot({ openProjects }).getProjects()) {
    for (const name of program.getSourceFileNames()) {
      const path = relative(process.cwd(), name);
      if (found.has(path) || !FILES.includes(path)) continue;
      const file = program.getSourceFile(name);
      if (file !== undefined) found.set(path, file);
    }
  }
  return found;
}

/** All nodes of a file or below a node, outer ones first. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* nodesOf(child);
}

/** One import: from where, and of what; `names` is empty where all of it is taken. */
export interface Import {
  /** A path from the root, or a package. */
  readonly target: string;
  readonly names: readonly string[];
}

/** What a file imports, types too, or exports from elsewhere. */
export function importsOf(path: string): readonly Import[] {
  const known = imports.get(path);
  if (known !== undefined) return known;
  const found = findImports(path);
  imports.set(path, found);
  return found;
}

const imports = new Map<string, readonly Import[]>();

function findImports(path: string): Import[] {
  const file = parsed.get(path);
  if (file === undefined) return [];
  return [...nodesOf(file)].flatMap((node) => {
    if (isImportDeclaration(node) || isExportDeclaration(node)) {
      const from = node.moduleSpecifier;
      if (from === undefined || !isStringLiteral(from)) return [];
      return [{ target: targetOf(path, from.text), names: namesIn(node) }];
    }
    if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) {
      const [from] = node.arguments;
      if (from !== undefined && isStringLiteral(from)) {
        return [{ target: targetOf(path, from.text), names: [] }];
      }
    }
    return [];
  });
}

function namesIn(node: ImportDeclaration | ExportDeclaration): string[] {
  const named = isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
  if (named === undefined || !(isNamedImports(named) || isNamedExports(named))) return [];
  return named.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
}

function targetOf(path: string, target: string): string {
  return target.startsWith('.') ? normalize(join(dirname(path), target)) : target;
}
