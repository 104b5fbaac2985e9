/** The configuration file: every kind of mistake is named by field, expected and found. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf } from '../../agent/core/base/names.ts';
import {
  compareConfigs,
  configReference,
  configWith,
  describeProblem,
  parseConfig,
  readConfig,
  writeConfig,
} from '../../agent/shell/config/config.ts';
import { CONFIG_FIELDS, type Config } from '../../agent/shell/config/config-schema.ts';

const FILE = '/etc/meshpay/meshpayd.toml';
const NODE = nameOf('node', new Uint8Array(32).fill(7));
const LEAST = 'name = "north"\nrole = "authority"\n';

function parsed(toml: string): Config {
  const reading = parseConfig(toml, FILE);
  assert.ok(reading.ok, reading.ok ? '' : reading.problems.map(describeProblem).join('\n'));
  return reading.config;
}

function problemsOf(toml: string): string[] {
  const reading = parseConfig(toml, FILE);
  assert.ok(!reading.ok, 'the file should be refused');
  return reading.problems.map(describeProblem);
}

describe('a configuration that was written and then cut short', () => {
  it('is refused wherever it was cut, and taken with lines added at its ends', () => {
    const whole = writeConfig(parsed(LEAST));
    // All but the end of its last line is the whole file still.
    for (let length = 0; length < whole.length - 1; length++) {
      assert.ok(!parseConfig(whole.slice(0, length), FILE).ok, `${length} of ${whole.length}`);
    }
    for (const same of [whole, whole.slice(0, -1), whole.replaceAll('\n', '\r\n')]) parsed(same);
    parsed(`# my own\n${whole}# mine too\n`);
    parsed(LEAST);
  });

  it('says so in one line', () => {
    const cut = writeConfig(parsed(LEAST)).slice(0, 1_024);
    assert.deepEqual(problemsOf(cut), [
      `${FILE}: file: expected the line "# end" that its first line promises, found none: the end of the file is missing`,
    ]);
  });
});

const MISTAKES: readonly [what: string, toml: string, problem: RegExp][] = [
  ['a missing field', 'role = "relay"', /: name: expected 1 to 32 small letters.*, found nothing$/],
  ['a name with capitals', 'name = "North"\nrole = "relay"', /: name: .*found "North"$/],
  [
    'an unknown role',
    'name = "n"\nrole = "king"',
    /: role: expected "authority" or "relay", found "king"$/,
  ],
  ['a number for a text', 'name = 7\nrole = "relay"', /: name: .*found 7$/],
  [
    'a text for a number',
    `${LEAST}[limits]\nlinks = "9"`,
    /: limits.links: expected a whole number, 8 to 512, found "9"$/,
  ],
  ['a fraction', `${LEAST}[limits]\nlinks = 9.0`, /: limits.links: .*found 9\.0$/],
  ['a number below its range', `${LEAST}[limits]\nlinks = 7`, /: limits.links: .*found 7$/],
  ['a number above its range', `${LEAST}[limits]\nlinks = 513`, /: limits.links: .*found 513$/],
  [
    'a mesh parameter that nobody knows',
    `${LEAST}[radio]\nparameters = { mesh_rssi = -80 }`,
    /: radio.parameters.mesh_rssi: expected a mesh parameter that iw knows, found mesh_rssi$/,
  ],
  [
    'a mesh parameter out of its range',
    `${LEAST}[radio.parameters]\nmesh_rssi_threshold = 1`,
    /: radio.parameters.mesh_rssi_threshold: expected a whole number, -255 to 0, found 1$/,
  ],
  [
    'a text for a flag',
    `${LEAST}[store]\nallow_volatile = "yes"`,
    /: store.allow_volatile: expected true or false, found "yes"$/,
  ],
  [
    'a date',
    `${LEAST}[store]\nfolder = 2026-01-01`,
    /: store.folder: expected a path, found a date$/,
  ],
  ['an empty path', `${LEAST}genesis = ""`, /: genesis: expected a path, found ""$/],
  [
    'an address without port',
    `${LEAST}[listen]\naddresses = ["::1"]`,
    /: listen.addresses\[0\]: expected an IP address and a port.*found "::1"$/,
  ],
  [
    'a host name to listen on',
    `${LEAST}[listen]\naddresses = ["1.1.1.1:1", "router:7420"]`,
    /: listen.addresses\[1\]: .*found "router:7420"$/,
  ],
  ['a port of 0', `${LEAST}[listen]\naddresses = ["127.0.0.1:0"]`, /: listen.addresses\[0\]: /],
  [
    'a port of 65536',
    `${LEAST}[listen]\naddresses = ["127.0.0.1:65536"]`,
    /: listen.addresses\[0\]: /,
  ],
  [
    'an IPv4 number above 255',
    `${LEAST}[listen]\naddresses = ["127.0.0.256:1"]`,
    /: listen.addresses\[0\]: /,
  ],
  [
    'a peer that is no table',
    `${LEAST}peers = ["127.0.0.1:1"]`,
    /: peers\[0\]: expected a table.*found "127.0.0.1:1"$/,
  ],
  [
    'a peer without address',
    `${LEAST}[[peers]]\nnode = "${NODE}"`,
    /: peers\[0\]\.address: expected .*found nothing$/,
  ],
  [
    'a peer with a mistyped node',
    `${LEAST}[[peers]]\naddress = "a:1"\nnode = "${NODE.replace('q', 'p')}"`,
    /: peers\[0\]\.node: expected a node name.*checksum does not fit$/,
  ],
  [
    'a peer with an unknown field',
    `${LEAST}[[peers]]\naddress = "a:1"\nkey = "x"`,
    /: peers\[0\]\.key: expected address or node/,
  ],
  [
    'a ledger that is no table',
    `${LEAST}ledger = ["till"]`,
    /: ledger\[0\]: expected a table with name, .*found "till"$/,
  ],
  [
    'a ledger without a name',
    `${LEAST}[[ledger]]\nkind = "cashbook"`,
    /: ledger\[0\]\.name: expected 1 to 32 small letters.*found nothing$/,
  ],
  [
    'a ledger of an unknown kind',
    `${LEAST}[[ledger]]\nname = "till"\nkind = "bank"`,
    /: ledger\[0\]\.kind: expected "cashbook", found "bank"$/,
  ],
  [
    'a ledger with an unknown field',
    `${LEAST}[[ledger]]\nname = "till"\nkind = "cashbook"\nkey = "x"`,
    /: ledger\[0\]\.key: expected name, kind, folder, found "x"$/,
  ],
  [
    'a ledger twice',
    `${LEAST}[[ledger]]\nname = "till"\nkind = "cashbook"\n[[ledger]]\nname = "till"\nkind = "cashbook"`,
    /: ledger: expected each ledger once, found till twice$/m,
  ],
  [
    'two ledgers in one folder',
    `${LEAST}[[ledger]]\nname = "till"\nkind = "cashbook"\nfolder = "/a"\n[[ledger]]\nname = "bank"\nkind = "cashbook"\nfolder = "/a"`,
    /: ledger: expected a folder of its own for each ledger, found \/a twice$/,
  ],
  [
    'a ledger in the folder of the store',
    `${LEAST}[[ledger]]\nname = "till"\nkind = "cashbook"\nfolder = "/var/lib/meshpay"`,
    /: ledger: expected a folder of its own for each ledger, found \/var\/lib\/meshpay$/,
  ],
  [
    'a misspelt field',
    `${LEAST}[discovery]\ninterface = ["mesh0"]`,
    /: discovery.interface: expected a known field, such as discovery.interfaces, found a list$/,
  ],
  [
    'a field in the wrong table',
    `${LEAST}socket = "/run/x"`,
    /: socket: expected a known field, such as control.socket, found "\/run\/x"$/,
  ],
  [
    'an unknown table',
    `${LEAST}[telephone]\nchannel = 1`,
    /: telephone: expected a known field.*found \[telephone\]$/,
  ],
  ['a table given as a value', `${LEAST}store = "x"`, /: store: expected a known field/],
  [
    'a socket path that the system cannot take',
    `${LEAST}[control]\nsocket = "/${'x'.repeat(107)}"`,
    /: control.socket: expected a path of at most 107 bytes.*of 108 bytes$/,
  ],
  ['no TOML at all', `${LEAST}name`, /: line \d+, column \d+: expected TOML, found a mistake: /],
  ['a field given twice', `${LEAST}name = "b"`, /: line 3, column \d+: expected TOML, found /],
  [
    'as many anonymous links as links',
    `${LEAST}[limits]\nlinks = 20\nanonymous_links = 20`,
    /: limits.anonymous_links: expected below limits.links, 20, found 20$/,
  ],
  [
    'discovery without interfaces',
    `${LEAST}[discovery]\non = true`,
    /: discovery.interfaces: expected at least one.*found none$/,
  ],
];

describe('the configuration', () => {
  for (const [what, toml, problem] of MISTAKES) {
    it(`refuses ${what}`, () => {
      const problems = problemsOf(toml);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', problem);
      assert.ok(problems[0]?.startsWith(`${FILE}: `));
    });
  }

  it('reports all mistakes of a file at once', () => {
    const problems = problemsOf('role = "x"\n[limits]\nlinks = 1\nlinkz = 2\n');
    const fields = problems.map((line) => line.split(': ')[1]).sort();
    assert.deepEqual(fields, ['limits.links', 'limits.linkz', 'name', 'role']);
  });

  it('needs only a name and a role', () => {
    const config = parsed(LEAST);
    assert.equal(config['log.level'], 'info');
    assert.equal(config['control.group'], null);
    assert.deepEqual([config.peers, config.ledger], [[], []]);
  });

  it('starts relative paths, given or by default, at its own folder', () => {
    const config = parsed(`${LEAST}node_key = "keys/a"\n[store]\nfolder = "../data"\n`);
    assert.equal(config.node_key, '/etc/meshpay/keys/a');
    assert.equal(config.genesis, '/etc/meshpay/genesis.json');
    assert.equal(config['store.folder'], '/etc/data');
  });

  it('reads addresses of every form', () => {
    const config = parsed(
      `${LEAST}peers = [{ address = "[fe80::1%mesh0]:1", node = "${NODE}" }, { address = "router.lan:2" }]
       [listen]\naddresses = ["[::]:7420", "192.0.2.1:65535"]`,
    );
    assert.deepEqual(config['listen.addresses'], [
      { host: '::', port: 7420 },
      { host: '192.0.2.1', port: 65535 },
    ]);
    assert.deepEqual(config.peers, [
      { address: { host: 'fe80::1%mesh0', port: 1 }, node: new Uint8Array(32).fill(7) },
      { address: { host: 'router.lan', port: 2 }, node: undefined },
    ]);
  });

  it('is the same again after it was written and read', () => {
    const config = parsed(
      `${LEAST}peers = [{ address = "[::1]:1", node = "${NODE}" }]
       [discovery]\non = true\ninterfaces = ["mesh0"]\n[control]\ngroup = "meshpay"\n`,
    );
    assert.deepEqual(parsed(writeConfig(config)), config);
    assert.deepEqual(parsed(writeConfig(parsed(LEAST))), parsed(LEAST));
  });

  it('made from values is what a file with these values says', () => {
    const config = configWith({ name: 'north', role: 'authority' });
    assert.deepEqual(parsed(writeConfig(config)), parsed(LEAST));
  });

  it('tells which changes need a restart', () => {
    const next = parsed(`${LEAST}node_key = "other"\n[log]\nlevel = "debug"\n`);
    const { reload, restart } = compareConfigs(parsed(LEAST), next);
    assert.deepEqual([reload, restart], [['log.level'], ['node_key']]);
  });

  it('has a line of documentation and a default or "required" for every field', () => {
    const rows = configReference();
    assert.deepEqual(
      rows.map(({ field }) => field),
      Object.keys(CONFIG_FIELDS),
    );
    for (const { doc, default: preset } of rows) {
      assert.match(doc, /^[A-Z].*\.$/);
      assert.notEqual(preset, '');
    }
  });

  it('that is not there is named', () => {
    const reading = readConfig('/nonexistent/meshpayd.toml');
    assert.ok(!reading.ok);
    const [problem] = reading.problems;
    assert.deepEqual(problem, {
      file: '/nonexistent/meshpayd.toml',
      field: 'file',
      expected: 'a file that can be read',
      found: 'ENOENT',
    });
  });
});
