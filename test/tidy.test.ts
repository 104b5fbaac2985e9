import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

/** Rules of the house that the compiler and the linter cannot check. */

const PARTS = ['agent', 'platform', 'provisioning', 'test'];
const FILES = PARTS.flatMap((part) => sourcesBelow(part));

function sourcesBelow(folder: string): string[] {
  let entries: ReturnType<typeof list>;
  try {
    entries = list(folder);
  } catch {
    return []; // A part that is not there yet.
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function list(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** What a file imports: packages by name, files by their path from the root. */
function importsOf(path: string): string[] {
  const found = read(path).matchAll(
    /(?:^|\n)(?:import|export)[^;]*?from '([^']+)'|import\('([^']+)'\)/g,
  );
  return Array.from(found, ([, still, dynamic]) => still ?? dynamic ?? '').map((target) =>
    target.startsWith('.') ? normalize(join(dirname(path), target)) : target,
  );
}

function under(folder: string): string[] {
  return FILES.filter((path) => path.startsWith(`${folder}/`));
}

/** Who may import whom (ARCHITECTURE.md): each folder, and what its imports may begin with. */
const IMPORT_TABLE: Record<string, readonly string[]> = {
  'agent/core': ['agent/core/', '@noble/', '@scure/'],
  'agent/shell': [
    'agent/core/',
    'agent/shell/',
    'platform/',
    'node:',
    '@noble/',
    '@scure/',
    'classic-level',
    'pino',
    'smol-toml',
  ],
  'agent/cli': [
    'agent/core/',
    'agent/shell/',
    'agent/cli/',
    'platform/',
    'node:',
    '@noble/',
    '@scure/',
    'yargs',
    'smol-toml',
  ],
  platform: ['platform/', 'node:', 'netlink'],
};

for (const [folder, allowed] of Object.entries(IMPORT_TABLE)) {
  test(`${folder} imports only what its row of the table allows`, () => {
    const wrong = under(folder).flatMap((path) =>
      importsOf(path)
        .filter((target) => !allowed.some((start) => target.startsWith(start)))
        .map((target) => `${path} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });
}

test('the daemon never loads what belongs to the command line', () => {
  const wrong = [
    ...under('agent/shell'),
    'agent/bin/meshpayd.ts',
    'agent/bin/run-meshpayd.ts',
  ].filter((path) =>
    importsOf(path).some((target) => target.startsWith('agent/cli') || target === 'yargs'),
  );
  assert.deepEqual(wrong, []);
});

test('the core reads no clock, no randomness and no process', () => {
  const forbidden =
    /\bDate\b|Math\.random|\bprocess\.|\bglobalThis\b|\bsetTimeout\b|\bcrypto\.(subtle|getRandom|random)/;
  const wrong = under('agent/core').filter((path) => forbidden.test(withoutComments(read(path))));
  assert.deepEqual(wrong, []);
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}

test('nobody but main ends the process, and nobody but the configuration reads the environment', () => {
  const ends = [...under('agent/core'), ...under('agent/shell'), ...under('platform')].filter(
    (path) => /process\.exit\b/.test(withoutComments(read(path))),
  );
  assert.deepEqual(ends, []);
});

/** Who reads and writes files by itself: what does it for all, the store, and files of the kernel. */
const OWN_FILES =
  /^(agent\/shell\/(store\/|log\/log-output\.ts|control\/socket-file\.ts)|platform\/file-)/;

test('files are read and written by those who do it for all', () => {
  const forbidden =
    /\b(readFile|writeFile|appendFile|copyFile|write|createReadStream|createWriteStream)(Sync)?\b[^']*'node:fs(\/promises)?'/;
  const wrong = [...under('agent'), ...under('platform')].filter(
    (path) => !OWN_FILES.test(path) && forbidden.test(withoutComments(read(path))),
  );
  assert.deepEqual(wrong, []);
});

test('no file is longer than 500 lines', () => {
  const long = FILES.filter((path) => read(path).split('\n').length > 500);
  assert.deepEqual(long, []);
});

test('every file of the product begins by saying what it is', () => {
  const headless = FILES.filter(
    (path) => !path.startsWith('test/') && !/^(#!.*\n)?\/\*\*/.test(read(path)),
  );
  assert.deepEqual(headless, []);
});

test('no default exports, no casts that silence the compiler, no unfinished marks', () => {
  const marks = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'];
  const forbidden = new RegExp(
    `\\b(${marks.join('|')})\\b|\\bas any\\b|@ts-(ignore|expect-error)|^export default`,
    'm',
  );
  assert.deepEqual(
    FILES.filter((path) => forbidden.test(read(path))),
    [],
  );
});

test('no suite ends by the wall clock: waits have a patience that load does not wear out', () => {
  assert.doesNotMatch(read('package.json'), /--test-timeout/);
  const deadline = /\bnow\(\)\s*[<>]|(?<!=)[<>]=?\s*(performance|Date)\.now\(\)/;
  // In a virtual machine time is its own; the simulator's command may be told how long to go on.
  const exempt = ['test/bench/', 'test/hwsim/guest/', 'test/hwsim/bench/', 'test/sim/main.ts'];
  const timed = under('test').filter((path) => !exempt.some((place) => path.startsWith(place)));
  assert.deepEqual(
    timed.filter((path) => deadline.test(withoutComments(read(path)))),
    [],
  );
});

test('every runtime dependency is pinned and the README says why it is there', () => {
  const manifest = JSON.parse(read('package.json')) as {
    dependencies: Record<string, string>;
    optionalDependencies?: Record<string, string>;
  };
  const readme = read('README.md');
  const all = { ...manifest.dependencies, ...manifest.optionalDependencies };
  for (const [name, version] of Object.entries(all)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned`);
    assert.ok(readme.includes(`| \`${name}\` |`), `${name} has a row in the README`);
  }
});

test('the lock file names no download address', () => {
  assert.doesNotMatch(read('package-lock.json'), /"resolved": *"http/);
});

test('comments cite headings that agent/PROTOCOL.md has', () => {
  const headings = new Set(
    Array.from(read('agent/PROTOCOL.md').matchAll(/^#+ (.+?)(?: \(.*\))?$/gm), ([, name]) => name),
  );
  const wrong = FILES.flatMap((path) => {
    const text = read(path).replaceAll(/\n\s*(?:\*|\/\/) ?/g, ' ');
    return Array.from(text.matchAll(/\bPROTOCOL[:,] ([A-Z][a-z ]*[a-z])/g), ([, name]) => name)
      .filter((name) => !headings.has(name))
      .map((name) => `${path} cites ${name}`);
  });
  assert.deepEqual(wrong, []);
  // Rules that no clone has cannot be looked up.
  const elsewhere = FILES.filter((path) => /\bDESIGN \d/.test(commentsOf(read(path))));
  assert.deepEqual(elsewhere, []);
});

test('comments name only source files that there are', () => {
  const names = new Set(FILES.map((path) => path.split('/').at(-1)));
  const wrong = FILES.flatMap((path) =>
    Array.from(
      commentsOf(read(path)).matchAll(/(?<![*\w./-])(?:[\w-]+\/)*([\w-]+(?:\.test)?\.ts)\b/g),
    )
      .filter(([, name]) => !names.has(name))
      .map(([whole]) => `${path} names ${whole}`),
  );
  assert.deepEqual(wrong, []);
});

function commentsOf(text: string): string {
  return (text.match(/\/\*\*?[\s\S]*?\*\/|\/\/ .*$/gm) ?? []).join('\n');
}
