/** Small texts (agent/cli/render/text.ts) and the terminal (agent/cli/terminal.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEnvironment } from '../../agent/cli/config.ts';
import { duration, listed, moment, size, wrapped } from '../../agent/cli/render/text.ts';
import { createTerminal, type Sink } from '../../agent/cli/terminal.ts';
import { harmless, quoted } from '../../agent/core/base/characters.ts';

describe('text that somebody else wrote', () => {
  it('cannot move the cursor, start a line, or turn letters around', () => {
    assert.equal(
      quoted('a\nb\r\u001b[31mc\u202ed\u2028e\u0000'),
      '"a\\u{a}b\\u{d}\\u{1b}[31mc\\u{202e}d\\u{2028}e\\u{0}"',
    );
  });

  it('cannot end its quotes', () => {
    assert.equal(quoted('a" b\\'), '"a\\" b\\\\"');
    assert.equal(harmless('a" b'), 'a" b');
  });

  it('keeps the letters of all languages', () => {
    assert.equal(quoted('Brot für 3 € 🥖 パン'), '"Brot für 3 € 🥖 パン"');
  });
});

describe('figures for people', () => {
  it('have a fitting unit', () => {
    const times = [0.84, 12.4, 999, 1_500, 61_000, 3_600_000, 90_061_000];
    assert.deepEqual(times.map(duration), [
      '0.8 ms',
      '12 ms',
      '999 ms',
      '1.5 s',
      '1 min 1 s',
      '1 h',
      '1 d 1 h',
    ]);
    assert.deepEqual([0, 512, 1536, 64 * 1024 ** 2].map(size), [
      '0 B',
      '512 B',
      '1.5 KiB',
      '64 MiB',
    ]);
    assert.equal(moment(0), '1970-01-01 00:00:00');
  });

  it('are listed as one speaks', () => {
    assert.deepEqual(
      [[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((list) => listed(list)),
      ['', 'a', 'a and b', 'a, b and c'],
    );
  });

  it('are wrapped at spaces, and a long word keeps its line', () => {
    assert.deepEqual(wrapped('one two three', 7), ['one two', 'three']);
    assert.deepEqual(wrapped('incomprehensible x', 5), ['incomprehensible', 'x']);
  });
});

describe('the environment', () => {
  it('names the data folder as the XDG specification says', () => {
    assert.equal(readEnvironment({ XDG_DATA_HOME: '/data' }).dataFolder, '/data/meshpay');
    const home = '/home/alice';
    for (const dataHome of ['relative', '', './x', undefined]) {
      const variables = {
        HOME: home,
        ...(dataHome === undefined ? {} : { XDG_DATA_HOME: dataHome }),
      };
      assert.equal(readEnvironment(variables).dataFolder, '/home/alice/.local/share/meshpay');
    }
  });

  it('takes the home folder from the table of users where there is no HOME, and never invents one', () => {
    assert.match(readEnvironment({}).dataFolder ?? '', /^\/.*\/\.local\/share\/meshpay$/);
    for (const home of ['', 'relative', './alice', '~']) {
      assert.equal(readEnvironment({ HOME: home }).dataFolder, undefined, home);
      const named = { HOME: home, XDG_DATA_HOME: '/data' };
      assert.equal(readEnvironment(named).dataFolder, '/data/meshpay');
    }
  });
});

describe('a terminal', () => {
  function sink(isTTY: boolean): Sink & { readonly written: string[] } {
    const written: string[] = [];
    return { isTTY, columns: 80, written, write: (text) => written.push(text) };
  }

  it('is coloured only where somebody looks, and not against NO_COLOR', () => {
    const painted = (isTTY: boolean, variables: NodeJS.ProcessEnv): string =>
      createTerminal(sink(isTTY), sink(false), readEnvironment(variables)).paint.good('x');
    assert.equal(painted(true, {}), '\u001b[32mx\u001b[39m');
    assert.equal(painted(true, { NO_COLOR: '1' }), 'x');
    assert.equal(painted(true, { NO_COLOR: '' }), '\u001b[32mx\u001b[39m');
    assert.equal(painted(true, { TERM: 'dumb' }), 'x');
    assert.equal(painted(false, {}), 'x');
  });

  it('redraws progress on a terminal, and takes it away before it prints', (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const [out, err] = [sink(true), sink(true)];
    const terminal = createTerminal(out, err, readEnvironment({}));
    terminal.progress.show('votes 1 of 3');
    assert.deepEqual(err.written, [], 'what is quick shows nothing');
    t.mock.timers.tick(200);
    terminal.progress.show('votes 2 of 3');
    terminal.print('paid');
    assert.deepEqual(err.written, [
      '\r\u001b[Kvotes 1 of 3',
      '\r\u001b[Kvotes 2 of 3',
      '\r\u001b[K',
    ]);
    assert.deepEqual(out.written, ['paid\n']);
  });

  it('adds a line now and then where there is no terminal, without any control character', (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const err = sink(false);
    const { progress } = createTerminal(sink(false), err, readEnvironment({}));
    progress.show('votes 1 of 3');
    t.mock.timers.tick(999);
    assert.deepEqual(err.written, []);
    t.mock.timers.tick(1);
    assert.deepEqual(err.written, ['votes 1 of 3\n']);
    progress.show('votes 2 of 3');
    t.mock.timers.tick(1_999);
    assert.deepEqual(err.written, ['votes 1 of 3\n']);
    t.mock.timers.tick(4_000);
    progress.clear();
    progress.show('quick');
    progress.clear();
    t.mock.timers.tick(4_000);
    assert.deepEqual(err.written, ['votes 1 of 3\n', 'votes 2 of 3\n']);
  });
});
