/**
 * Programs that must not compile. A copy of the core lies in a folder of its own, where files
 * are added to it and places in it changed; the compiler is the repository's, and a test compares
 * what it says of that copy.
 *
 * A fixture is a file of fixtures/ that is put into the core's folder. The lines in it that must
 * not compile say with what error, and all others have to compile:
 *
 *   draft.write(SPACES.standing, 7n); // error TS2345
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FIXTURES = join(ROOT, 'test/compile/fixtures');
const CORE = 'agent/core';

/** What is changed in the copy: a file that is added, or one place in a file that is there. */
export type Change =
  | { readonly file: string; readonly text: string }
  | { readonly file: string; readonly find: string; readonly replace: string };

/** An error of the compiler, without its explanation: "spaces.ts(12): TS2345". */
export type TypeError = string;

/** The errors of the core with these changes; files are named from the core's folder. */
export async function typeErrors(changes: readonly Change[]): Promise<readonly TypeError[]> {
  const root = mkdtempSync(join(tmpdir(), 'meshpay-compile-'));
  try {
    cpSync(join(ROOT, CORE), join(root, CORE), { recursive: true });
    for (const name of ['tsconfig.base.json', 'package.json'])
      cpSync(join(ROOT, name), join(root, name));
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    for (const change of changes) carryOut(join(root, CORE, change.file), change);
    return errorsIn(await compile(root));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function carryOut(path: string, change: Change): void {
  if ('text' in change) return writeFileSync(path, change.text, { flag: 'wx' });
  const parts = readFileSync(path, 'utf8').split(change.find);
  if (parts.length !== 2) throw new Error(`${change.file} has no one place ${change.find}`);
  writeFileSync(path, parts.join(change.replace));
}

/** What the compiler prints; it ends with 1 or 2 where there are errors. */
function compile(root: string): Promise<string> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const words = [tsc, '--noEmit', '--pretty', 'false', '-p', join(root, CORE)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout) => {
      if (error !== null && stdout === '') reject(error);
      else resolve(stdout);
    });
  });
}

function errorsIn(output: string): readonly TypeError[] {
  const found: TypeError[] = [];
  for (const line of output.split('\n')) {
    const [, file, row, code] = /^(\S+)\((\d+),\d+\): error (TS\d+)/.exec(line) ?? [];
    if (file !== undefined) found.push(`${file.replace(`${CORE}/`, '')}(${row}): ${code}`);
    else if (line.includes('error TS')) throw new Error(line);
  }
  return [...new Set(found)];
}

/** The names of all fixtures, without their ending. */
export function fixtureNames(): readonly string[] {
  return readdirSync(FIXTURES).map((name) => name.replace(/\.txt$/, ''));
}

/** A fixture as it is put into the core, and the errors that its lines announce. */
export function fixture(name: string): { change: Change; expected: readonly TypeError[] } {
  const text = readFileSync(join(FIXTURES, `${name}.txt`), 'utf8');
  const file = `fixture-${name}.ts`;
  const expected = text.split('\n').flatMap((line, i) => {
    const [, code] = /\/\/ error (TS\d+)$/.exec(line) ?? [];
    return code === undefined ? [] : [`${file}(${i + 1}): ${code}`];
  });
  return { change: { file, text }, expected };
}
