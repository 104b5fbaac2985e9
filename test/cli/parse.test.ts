/** The command line's grammar (agent/cli/parse.ts): words stay words, nothing is guessed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Args, CommandSpec } from '../../agent/cli/command.ts';
import { COMMANDS } from '../../agent/cli/commands.ts';
import { Failure } from '../../agent/cli/failure.ts';
import { parseCommandLine } from '../../agent/cli/parse.ts';

const PAY: CommandSpec = {
  path: ['pay'],
  summary: '',
  description: [],
  positionals: [
    { name: 'amount', summary: '', expected: 'an amount' },
    { name: 'rest', summary: '', rest: true },
  ],
  options: [
    { name: 'memo', kind: 'text', summary: '' },
    { name: 'peer', kind: 'list', summary: '' },
    { name: 'any-way', kind: 'flag', summary: '' },
  ],
  examples: [],
  run: async () => undefined,
};

function argsOf(...argv: string[]): Args {
  return parseCommandLine(argv, [PAY]).args;
}

/** Two commands of a group, one with a word to choose and no more. */
const GROUP: readonly CommandSpec[] = [
  { ...PAY, path: ['wallet', 'pay'] },
  {
    ...PAY,
    path: ['wallet', 'show'],
    positionals: [
      { name: 'what', summary: '', expected: 'what to show', choices: ['money', 'orders'] },
      { name: 'where', summary: '' },
    ],
    options: [],
  },
  { ...PAY, path: ['version'], positionals: [], options: [] },
];

/** How a line is refused: expected, found. */
function refusedFor(...argv: string[]): string {
  try {
    parseCommandLine(argv, GROUP);
    return 'taken';
  } catch (error) {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, 'bad_usage');
    return error.message;
  }
}

describe('options before any command', () => {
  it('are those of meshpay itself, and no others', () => {
    assert.match(refusedFor('--bogus'), /^--bogus: expected an option of "meshpay", found --bogus/);
    assert.match(refusedFor('wallet', '--bogus'), /expected an option of "meshpay wallet"/);
    assert.match(refusedFor('--debuk'), /expected --debug, perhaps/);
    assert.equal(refusedFor('--debug'), 'taken');
    assert.equal(refusedFor('wallet', '--debug'), 'taken');
    assert.equal(refusedFor('--help'), 'taken');
  });
});

describe('the words of a command line', () => {
  it('name a command, the first words of some, or none', () => {
    const parsed = (...argv: string[]) => {
      const { spec, group } = parseCommandLine(argv, GROUP);
      return [spec?.path.join(' '), group];
    };
    assert.deepEqual(parsed(), [undefined, []]);
    assert.deepEqual(parsed('wallet'), [undefined, ['wallet']]);
    assert.deepEqual(parsed('wallet', 'show', 'money'), ['wallet show', ['wallet', 'show']]);
    assert.deepEqual(parsed('version'), ['version', ['version']]);
  });

  it('are refused where no command is called so, with what may be meant', () => {
    assert.match(refusedFor('wollet'), /after "meshpay": expected wallet, perhaps, found "?wollet/);
    assert.match(refusedFor('bicycle'), /after "meshpay": expected wallet or version, found/);
    assert.match(refusedFor('wallet', 'shwo'), /after "meshpay wallet": expected show, perhaps/);
    assert.match(refusedFor('wallet', 'bicycle'), /after "meshpay wallet": expected pay or show,/);
  });

  it('are as many as the command takes', () => {
    assert.match(refusedFor('version', 'x'), /arguments: expected no arguments, found "?x/);
    assert.match(refusedFor('wallet', 'show'), /what: expected what to show, found nothing/);
    assert.match(refusedFor('wallet', 'show', ''), /what: expected what to show, found ""/);
    assert.equal(refusedFor('wallet', 'show', 'money', 'here'), 'taken');
    const more = refusedFor('wallet', 'show', 'money', 'here', 'there');
    assert.match(more, /arguments: expected no more arguments, found "?there/);
    assert.equal(refusedFor('wallet', 'pay', '1', 'a', 'b', 'c'), 'taken');
  });

  it('are among the choices where there are any', () => {
    assert.equal(refusedFor('wallet', 'show', 'orders'), 'taken');
    assert.match(refusedFor('wallet', 'show', 'order'), /what: expected money or orders, found/);
  });

  it('are asked for by the names that the command declares, and by no other', () => {
    const { args } = parseCommandLine(['wallet', 'show', 'money'], GROUP);
    assert.deepEqual([args.word('what'), args.optionalWord('where')], ['money', undefined]);
    assert.throws(() => args.word('memo'), /declares the argument memo/);
    assert.throws(() => args.text('memo'), /declares the option --memo/);
    assert.throws(() => args.flag('peer'), /declares the option --peer/);
  });

  it('have options that take a value in all commands or in none', () => {
    const options = [{ name: 'memo', kind: 'flag', summary: '' }] as const;
    const mixed = [...GROUP, { ...PAY, path: ['other'], options }];
    assert.throws(() => parseCommandLine(['version'], mixed), /--memo takes a value in all/);
    const { spec } = parseCommandLine(['version'], [...GROUP, { ...PAY, path: ['other'] }]);
    assert.deepEqual(spec?.path, ['version']);
  });
});

describe('a command line', () => {
  it('keeps numbers as they were written', () => {
    for (const amount of ['1000.00', '007', '0x10', '1e3', '12345678901234567890', '.5', '1_000']) {
      assert.equal(argsOf('pay', amount).word('amount'), amount);
    }
  });

  it('keeps the values of options as they were written', () => {
    for (const memo of ['1.50', 'true', 'a=b', 'a.b', ' ', 'no', '🥖']) {
      assert.equal(argsOf('pay', '1', '--memo', memo).text('memo'), memo);
      assert.equal(argsOf('pay', '1', `--memo=${memo}`).text('memo'), memo);
    }
  });

  it('takes options before and after words, and lists only from what is repeated', () => {
    const args = argsOf('--peer', 'a:1', 'pay', '1', '--any-way', '--peer', 'b:2', 'x', 'y');
    assert.deepEqual(args.list('peer'), ['a:1', 'b:2']);
    assert.deepEqual(args.words('rest'), ['x', 'y']);
    assert.equal(args.flag('any-way'), true);
    assert.equal(args.text('memo'), undefined);
  });

  it('takes everything after -- as words', () => {
    assert.deepEqual(argsOf('pay', '1', '--', '--memo', '-5').words('rest'), ['--memo', '-5']);
  });

  it('is refused for options given twice, without value, negated, abbreviated or in camel case', () => {
    const lines = [
      ['--memo', 'a', '--memo', 'b'],
      ['--memo'],
      ['--memo='],
      ['--no-any-way'],
      ['--mem', 'a'],
      ['--anyWay'],
      ['--memo.x', 'a'],
      ['-m', 'a'],
    ];
    for (const line of lines) {
      assert.throws(() => argsOf('pay', '1', ...line), Failure, line.join(' '));
    }
  });

  it('is refused with a prototype s own names', () => {
    assert.throws(() => argsOf('pay', '1', '--__proto__', 'x'), Failure);
    assert.throws(() => argsOf('pay', '1', '--constructor', 'x'), Failure);
  });

  it('asks for help anywhere, whatever else is missing', () => {
    for (const argv of [
      ['pay', '--help'],
      ['--help', 'pay'],
      ['pay', '-h'],
      ['pay', '1', '--help'],
    ]) {
      const parsed = parseCommandLine(argv, [PAY]);
      assert.equal(parsed.spec, PAY);
      assert.equal(parsed.help, true);
    }
  });
});

describe('the commands', () => {
  it('have names that no other begins with, unless they stand behind it and take no words', () => {
    const names = COMMANDS.map(({ path }) => `${path.join(' ')} `);
    for (const [at, name] of names.entries()) {
      const longer = names.flatMap((other, n) => (n !== at && other.startsWith(name) ? [n] : []));
      if (longer.length === 0) continue;
      assert.deepEqual(COMMANDS[at]?.positionals, [], name);
      assert.ok(
        longer.every((n) => n < at),
        name,
      );
    }
  });

  it('put optional arguments last', () => {
    for (const { path, positionals } of COMMANDS) {
      const optional = positionals.findIndex(({ expected }) => expected === undefined);
      const after = optional === -1 ? [] : positionals.slice(optional);
      assert.ok(
        after.every(({ expected }) => expected === undefined),
        path.join(' '),
      );
    }
  });

  it('offer --json wherever they read', () => {
    const silent = ['lab', 'events', 'man', 'completion', 'wallet join', 'wallet receipt'];
    for (const { path, options } of COMMANDS) {
      const name = path.join(' ');
      const hasJson = options.some((option) => option.name === 'json');
      assert.equal(hasJson, !silent.includes(name) || name === 'events', name);
    }
  });
});
