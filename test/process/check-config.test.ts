/** What `meshpayd` says before it runs: options, and every mistake of a configuration by field. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exitStatus } from '../../agent/shell/exit-codes.ts';
import { makeNetwork, type TestNetwork, type TestNode } from './network.ts';
import { runDaemon } from './process.ts';

describe('the command line of meshpayd', () => {
  it('tells its version', async () => {
    const { code, stdout } = await runDaemon('--version');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.deepEqual([code, stdout], [0, `meshpayd ${version}\n`]);
  });

  it('lists every option, field and exit status in its help', async () => {
    const { code, stdout } = await runDaemon('--help');
    assert.equal(code, 0);
    for (const word of ['--check-config', '--strict', 'control.socket', 'limits.links', ' 81  ']) {
      assert.ok(stdout.includes(word), word);
    }
  });

  const mistakes: readonly (readonly string[])[] = [['--nonsense'], ['word'], ['--config']];
  for (const args of mistakes) {
    it(`refuses "${args.join(' ')}" with the status for usage`, async () => {
      const { code, stderr } = await runDaemon(...args);
      assert.equal(code, exitStatus('usage'));
      assert.match(stderr, /^meshpayd: .*\nmeshpayd: meshpayd --help tells/);
    });
  }

  it('reads no configuration from a pipe or a device', async () => {
    for (const [path, kind] of [
      ['/dev/stdin', 'a pipe|a socket'],
      ['/dev/zero', 'a device'],
      ['/tmp', 'a folder'],
    ] as const) {
      const { code, stderr } = await runDaemon('--check-config', '--config', path);
      assert.equal(code, exitStatus('config'));
      assert.match(stderr, new RegExp(`: file: expected a file, found (${kind})\n$`));
    }
  });

  it('names a configuration that is not there', async () => {
    const { code, stderr } = await runDaemon('--config', '/nonexistent.toml');
    assert.equal(code, exitStatus('config'));
    assert.equal(
      stderr,
      'meshpayd: /nonexistent.toml: file: expected a file that can be read, found ENOENT\n',
    );
  });
});

describe('meshpayd --check-config', () => {
  let network: TestNetwork;
  before(async () => {
    network = await makeNetwork({ authorities: 2, relays: 1 });
  });
  after(() => network.close());

  it('prints the configuration with all defaults, which is itself a configuration', async () => {
    const { configFile, folder } = network.authority(0);
    const { code, stdout } = await runDaemon('--check-config', '--config', configFile);
    assert.equal(code, 0);
    writeFileSync(join(folder, 'again.toml'), stdout);
    const again = await runDaemon('--check-config', '--config', join(folder, 'again.toml'));
    assert.deepEqual([again.code, again.stdout], [0, stdout]);
  });

  const text = (change: (toml: string) => string) => (node: TestNode) => {
    writeFileSync(node.configFile, change(readFileSync(node.configFile, 'utf8')));
  };
  const mistakes: readonly [what: string, spoil: (node: TestNode) => void, says: RegExp][] = [
    ['no TOML', text(() => 'name ='), /: line 1, column \d+: expected TOML, found /],
    [
      'a missing field',
      text((toml) => toml.replace(/^name = .*$/m, '')),
      /: name: expected .*found nothing/,
    ],
    [
      'a file that lost its end',
      text((toml) => toml.slice(0, 1_024)),
      /: file: expected the line "# end" .*found none: the end of the file is missing/,
    ],
    [
      'a pipe for a genesis document',
      (node) => node.configure({ genesis: pipeIn(node) }),
      /: genesis: expected a file, found .*pipe \(a pipe\)/,
    ],
    [
      'a device for a genesis document',
      (node) => node.configure({ genesis: '/dev/zero' }),
      /: genesis: expected a file, found \/dev\/zero \(a device\)/,
    ],
    [
      'a pipe for a key',
      (node) => node.configure({ node_key: pipeIn(node) }),
      /: node_key: .*\(a pipe, not a file\)/,
    ],
    [
      'an unknown field',
      text((toml) => `nmae = "x"\n${toml}`),
      /: nmae: expected a known field, such as name, found "x"/,
    ],
    [
      'a value out of range',
      text((toml) => toml.replace(/^links = \d+/m, 'links = 9999')),
      /: limits.links: expected a whole number, 8 to 512, found 9999/,
    ],
    [
      'no genesis document',
      (node) => node.configure({ genesis: '/nonexistent' }),
      /: genesis: expected a file that can be read, found \/nonexistent \(ENOENT\)/,
    ],
    [
      'a genesis document that is not JSON',
      (node) => node.configure({ genesis: node.configFile }),
      /: genesis: expected a genesis document in JSON, found .*not JSON/,
    ],
    [
      'a genesis document that breaks a rule',
      (node) => {
        const genesis = JSON.parse(readFileSync(node.config.genesis, 'utf8')) as object;
        const file = join(node.folder, 'bad.json');
        writeFileSync(file, JSON.stringify({ ...genesis, members: [] }));
        node.configure({ genesis: file });
      },
      /: genesis: expected members: 1 to 64 authorities, found 0 in /,
    ],
    [
      'no key',
      (node) => node.configure({ node_key: '/nonexistent' }),
      /: node_key: expected a key file of mode 0600, found \/nonexistent: there is no file/,
    ],
    [
      'a key that others may read',
      (node) => chmodSync(node.config.node_key, 0o640),
      /: node_key: .*mode 0640, at most 0600/,
    ],
    [
      'a key file with other content',
      (node) => node.configure({ node_key: spoiltKey(node) }),
      /: node_key: .*does not hold one seed/,
    ],
    [
      'a relay with the key of a member',
      (node) => node.configure({ role: 'relay' }),
      /: role: expected "authority".*member authority-1, found "relay"/,
    ],
    [
      'an authority under another name',
      (node) => node.configure({ name: 'other' }),
      /: name: expected "authority-1".*found "other"/,
    ],
  ];
  for (const [what, spoil, says] of mistakes) {
    it(`names the field for ${what}, and so does the start`, async () => {
      const node = network.authority(1);
      const kept = node.config;
      spoil(node);
      const check = await runDaemon('--check-config', '--config', node.configFile);
      const start = await runDaemon('--config', node.configFile);
      chmodSync(kept.node_key, 0o600);
      node.configure(kept);
      assert.match(check.stderr, says);
      assert.deepEqual(
        [check.code, check.stdout, start.code, start.stdout],
        [exitStatus('config'), '', exitStatus('config'), ''],
      );
      assert.equal(start.stderr, check.stderr);
      assert.doesNotMatch(check.stderr, /\n\s+at /, 'a stack trace for a mistake of a person');
    });
  }
});

function pipeIn(node: TestNode): string {
  const pipe = join(node.folder, 'pipe');
  spawnSync('mkfifo', [pipe]);
  return pipe;
}

function spoiltKey(node: TestNode): string {
  const file = join(node.folder, 'spoilt.key');
  writeFileSync(file, 'hello\n', { mode: 0o600 });
  return file;
}
