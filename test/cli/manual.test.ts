/**
 * Manual page, completions, version and error tables: whole, current, and sound for their programs.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { COMMANDS } from '../../agent/cli/commands.ts';
import { renderCompletion, type Shell } from '../../agent/cli/completion.ts';
import { readEnvironment } from '../../agent/cli/config.ts';
import { errorRows } from '../../agent/cli/errors.ts';
import { PROBLEMS } from '../../agent/cli/failure.ts';
import { EXIT_OF_KEY_FAULT } from '../../agent/cli/key-file.ts';
import { renderMan } from '../../agent/cli/man.ts';
import { runCommandLine } from '../../agent/cli/run.ts';
import { createTerminal } from '../../agent/cli/terminal.ts';
import { REFUSALS } from '../../agent/core/base/refusal.ts';
import { CONTROL_ERRORS } from '../../agent/shell/control/errors.ts';
import {
  EXIT_OF_REFUSAL,
  EXIT_OF_STORE_ERROR,
  EXITS,
  type ExitName,
} from '../../agent/shell/exit-codes.ts';
import { KEY_FAULTS } from '../../agent/shell/keys.ts';
import { STORE_ERRORS } from '../../agent/shell/store/store-error.ts';
import { VERSION } from '../../agent/shell/version.ts';
import { temporaryFolder } from './support.ts';

/** Runs a program on a file of this text; undefined where there is no such program. */
function through(
  t: TestContext,
  program: string,
  args: readonly string[],
  text: string,
): string | undefined {
  const file = join(temporaryFolder(t), 'text');
  writeFileSync(file, text);
  const ran = spawnSync(program, [...args, file], { encoding: 'utf8' });
  if (ran.error !== undefined) return undefined;
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout + ran.stderr;
}

it('a code that stands in two tables ends a program in one way', () => {
  const tables = [
    Object.entries(EXIT_OF_REFUSAL),
    Object.entries(EXIT_OF_STORE_ERROR),
    Object.entries(EXIT_OF_KEY_FAULT),
    ...[CONTROL_ERRORS, PROBLEMS].map((table) =>
      Object.entries(table).map(([code, { exit }]) => [code, exit] as const),
    ),
  ];
  const exits = new Map<string, ExitName>();
  for (const [code, exit] of tables.flat()) {
    assert.equal(exits.get(code) ?? exit, exit, code);
    exits.set(code, exit);
  }
});

describe('the manual page', () => {
  const page = renderMan(COMMANDS, VERSION);

  it('has every command, every option and every error code', () => {
    const plain = page.replaceAll('\\-', '-').replaceAll('\\(aq', "'");
    for (const { path, options } of COMMANDS) {
      assert.ok(plain.includes(`.SS "meshpay ${path.join(' ')}`), path.join(' '));
      for (const { name } of options) assert.ok(plain.includes(`.B "--${name}`), name);
    }
    for (const { code } of errorRows()) assert.ok(plain.includes(`.B "${code}"`), code);
  });

  it('takes no text for a request or an escape of roff', () => {
    const odd = {
      path: ['odd'],
      summary: '',
      description: ['.so /etc/passwd', 'a\\fB"b\''],
      positionals: [],
      options: [],
      examples: [],
      run: async () => undefined,
    };
    const lines = renderMan([odd], VERSION).split('\n');
    assert.ok(lines.includes('\\&.so /etc/passwd'));
    assert.ok(lines.includes('a\\efB"b\\(aq'));
  });

  it('is sound roff', (t) => {
    const said = through(t, 'groff', ['-man', '-Tutf8', '-ww', '-z'], page);
    if (said === undefined) return t.skip('groff is not installed');
    assert.equal(said, '');
  });
});

describe('the error table', () => {
  it('has every code of every part once', () => {
    const codes = errorRows().map(({ code }) => code);
    const parts = [REFUSALS, CONTROL_ERRORS, PROBLEMS, STORE_ERRORS, KEY_FAULTS];
    assert.deepEqual(codes, [...new Set(parts.flatMap((part) => Object.keys(part)))].sort());
  });
});

describe('meshpay help CODE', () => {
  it('says what each code means and what to do', async () => {
    for (const { code, meaning, remedy, status } of errorRows()) {
      let out = '';
      const sink = {
        write: (text: string): void => {
          out += text;
        },
      };
      const environment = readEnvironment({});
      const terminal = createTerminal(sink, sink, environment);
      const context = { terminal, environment, interrupt: new AbortController().signal };
      assert.equal(await runCommandLine(['help', code], context), EXITS.ok.status, out);
      const plain = out.replaceAll(/\s+/g, ' ');
      for (const part of [code, meaning, remedy, `${status}`]) assert.ok(plain.includes(part), out);
      for (const line of out.split('\n')) assert.ok(line.length <= 80, line);
    }
  });

  it('names commands that exist', () => {
    const words = COMMANDS.map(({ path }) => path.join(' '));
    for (const { code, remedy } of errorRows()) {
      for (const [, named = ''] of remedy.matchAll(/"meshpay ([a-z ]+[a-z])/g)) {
        assert.ok(
          words.some((command) => `${named} `.startsWith(`${command} `)),
          `${code}: ${named}`,
        );
      }
    }
  });
});

describe('the version', () => {
  it('is the one of package.json', () => {
    const file = new URL('../../../package.json', import.meta.url);
    assert.equal(VERSION, JSON.parse(readFileSync(file, 'utf8')).version);
  });
});

describe('completion', () => {
  const SYNTAX: Readonly<Record<Shell, readonly string[]>> = {
    bash: ['-n'],
    zsh: ['-n'],
    fish: ['--no-execute'],
  };
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    it(`is a sound ${shell} script`, (t) => {
      const said = through(t, shell, SYNTAX[shell], renderCompletion(shell, COMMANDS));
      if (said === undefined) return t.skip(`${shell} is not installed`);
      assert.equal(said, '');
    });
  }

  it('completes words, options and choices in bash', (t) => {
    const complete = (...words: string[]): readonly string[] | undefined => {
      const script = `${renderCompletion('bash', COMMANDS)}
        COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
        _meshpay; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return through(t, 'bash', [], script)
        ?.split('\n')
        .filter((word) => word !== '');
    };
    if (complete('meshpay', '') === undefined) return t.skip('bash is not installed');
    assert.deepEqual(complete('meshpay', 'wal'), ['wallet']);
    assert.deepEqual(complete('meshpay', 'wallet', 're'), [
      'restore',
      'request',
      'resume',
      'receipt',
    ]);
    assert.deepEqual(complete('meshpay', 'wallet', 'pay', '--re'), ['--receipt']);
    assert.deepEqual(complete('meshpay', 'log', 'level', 'de'), ['debug']);
    assert.deepEqual(complete('meshpay', 'completion', 'z'), ['zsh']);
    assert.deepEqual(complete('meshpay', 'status', '--so'), ['--socket']);
    assert.deepEqual(complete('meshpay', 'wallet', 'pay', '--memo', 'x'), []);
  });
});
