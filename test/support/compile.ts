/** Tries what must not compile: a copy of the sources, changed, and the compiler. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What stands once in a file, and what is put there instead. */
export interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A copy of the sources. It is to be thrown away. */
export class Sources {
  readonly #folder = mkdtempSync(join(tmpdir(), 'meshpay-compile-'));

  constructor(parts: readonly string[]) {
    for (const part of ['package.json', 'tsconfig.base.json', ...parts]) {
      cpSync(part, join(this.#folder, part), { recursive: true });
    }
    symlinkSync(resolve('node_modules'), join(this.#folder, 'node_modules'));
    const options = { noEmit: true, composite: false, incremental: false, types: ['node'] };
    const config = { extends: './tsconfig.base.json', compilerOptions: options, include: parts };
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify(config));
  }

  /** What the compiler says of the sources with these changes, a line each. */
  errorsWith(changes: readonly Change[]): readonly string[] {
    const before = changes.map(({ file }) => [file, this.#read(file)] as const);
    try {
      for (const { file, find, replace } of changes) {
        const pieces = this.#read(file).split(find);
        if (pieces.length !== 2) throw new Error(`${find}: ${pieces.length - 1} times in ${file}`);
        this.#write(file, pieces.join(replace));
      }
      return this.#compile();
    } finally {
      for (const [file, text] of before.reverse()) this.#write(file, text);
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #compile(): readonly string[] {
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const { stdout, error } = spawnSync(process.execPath, [tsc, '--pretty', 'false'], {
      cwd: this.#folder,
      encoding: 'utf8',
    });
    if (error !== undefined) throw error;
    return stdout.split('\n').filter((line) => / error TS\d+: /.test(line));
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  #write(file: string, text: string): void {
    writeFileSync(join(this.#folder, file), text);
  }
}
