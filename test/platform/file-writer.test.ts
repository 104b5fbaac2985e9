/**
 * Files come to be whole, durable, private, or not at all: with the real system, and one that
 * fails.
 */
import assert from 'node:assert/strict';
import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  makeFolder,
  replaceFile,
  SYSTEM_FILES,
  type SystemFiles,
  writeNewFile,
} from '../../platform/file-writer.ts';
import { HostRunner } from '../../platform/runner.ts';

type Call = keyof SystemFiles;

interface Trouble {
  /** Which call fails, at which time that it is made, and with what. */
  readonly fails?: readonly [call: Call, code: string, time?: number];
  /** Bytes that are taken at once. */
  readonly atOnce?: number;
}

/** The real system, which writes down what it is asked for and may fail or take little. */
function watched({ fails, atOnce = Number.POSITIVE_INFINITY }: Trouble = {}) {
  const said: string[] = [];
  const names = new Map<number, string>();
  const times = new Map<Call, number>();
  const called = (call: Call, about: string): void => {
    said.push(`${call.replace('Sync', '')} ${about}`);
    const time = (times.get(call) ?? 0) + 1;
    times.set(call, time);
    const [failing, code = '', when = 1] = fails ?? [];
    if (failing === call && when === time) throw Object.assign(new Error(code), { code });
  };
  const short = (path: unknown): string =>
    basename(String(path)).replace(String(process.pid), 'PID');
  const nameOf = (file: number): string => names.get(file) ?? '?';
  const system = {
    openSync: (path: string, flags: string, mode?: number) => {
      called('openSync', `${short(path)} ${flags}`);
      const file = SYSTEM_FILES.openSync(path, flags, mode);
      names.set(file, flags === 'r' ? 'folder' : short(path));
      return file;
    },
    writeSync: (file: number, bytes: Buffer, from: number, length: number) => {
      called('writeSync', nameOf(file));
      assert.ok(said.length < 1_000, 'it does not ask without an end');
      return SYSTEM_FILES.writeSync(file, bytes, from, Math.min(length, atOnce));
    },
    fchmodSync: (file: number, mode: number) => {
      called('fchmodSync', `${nameOf(file)} ${mode.toString(8)}`);
      SYSTEM_FILES.fchmodSync(file, mode);
    },
    fsyncSync: (file: number) => {
      called('fsyncSync', nameOf(file));
      SYSTEM_FILES.fsyncSync(file);
    },
    closeSync: (file: number) => {
      called('closeSync', nameOf(file));
      SYSTEM_FILES.closeSync(file);
    },
    renameSync: (from: string, to: string) => {
      called('renameSync', `${short(from)} ${short(to)}`);
      SYSTEM_FILES.renameSync(from, to);
    },
    linkSync: (from: string, to: string) => {
      called('linkSync', `${short(from)} ${short(to)}`);
      SYSTEM_FILES.linkSync(from, to);
    },
    rmSync: SYSTEM_FILES.rmSync,
  } as unknown as SystemFiles;
  return { system, said };
}

describe('a file that is written', () => {
  let folder = '';
  let path = '';
  const mask = process.umask();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-file-'));
    path = join(folder, 'file');
  });
  afterEach(() => {
    process.umask(mask);
    rmSync(folder, { recursive: true });
  });

  const modeOf = (file: string): number => statSync(file).mode & 0o7777;
  const text = (file: string): string => readFileSync(file, 'utf8');

  it('is durable before it has its name, and then its name is', () => {
    const { system, said } = watched();
    replaceFile(path, 'content', 0o640, system);
    assert.deepEqual(
      said,
      [
        'open file.new-PID wx',
        'write file.new-PID',
        'fchmod file.new-PID 640',
        'fsync file.new-PID',
        'close file.new-PID',
        'rename file.new-PID file',
        'open file r',
        'fsync folder',
        'close folder',
      ].map((line) => line.replace('open file r', `open ${basename(dirname(path))} r`)),
    );
  });

  it('is durable before it has its name also where there was none, and then its name is', () => {
    const { system, said } = watched();
    writeNewFile(path, 'content', 0o600, system);
    const steps = said.filter((line) => /^(fsync|link|rename)/.test(line));
    assert.deepEqual(steps, ['fsync file.new-PID', 'link file.new-PID file', 'fsync folder']);
    assert.deepEqual(readdirSync(folder), ['file']);
  });

  it('is whole where the system takes a few bytes at once', () => {
    const content = Buffer.from('twenty-one bytes of it');
    for (const atOnce of [1, 7, 21, 22, 23]) {
      const { system } = watched({ atOnce });
      replaceFile(path, content, 0o600, system);
      assert.deepEqual(readFileSync(path), content, `${atOnce} at once`);
      writeNewFile(`${path}-${atOnce}`, content.toString(), 0o600, system);
      assert.deepEqual(readFileSync(`${path}-${atOnce}`), content, `${atOnce} at once`);
    }
  });

  it('is not cut where the system takes nothing', () => {
    const { system } = watched({ atOnce: 0 });
    assert.throws(() => writeNewFile(path, 'content', 0o600, system), { code: 'EIO' });
    assert.deepEqual(readdirSync(folder), []);
  });

  const steps: readonly (readonly [Call, string, number?])[] = [
    ['openSync', 'EACCES'],
    ['writeSync', 'ENOSPC'],
    ['writeSync', 'ENOSPC', 2],
    ['fchmodSync', 'EPERM'],
    ['fsyncSync', 'EIO'],
    ['renameSync', 'EXDEV'],
  ];
  for (const [call, code, time = 1] of steps) {
    it(`is as it was, and nothing lies beside it, when ${call} fails (${code}, time ${time})`, () => {
      writeFileSync(path, 'old');
      const { system } = watched({ fails: [call, code, time], atOnce: 4 });
      assert.throws(() => replaceFile(path, 'new content', 0o600, system), { code });
      assert.equal(text(path), 'old');
      assert.deepEqual(readdirSync(folder), ['file']);
    });
  }

  for (const [call, code, time = 1] of [
    ...steps.filter(([name]) => name !== 'renameSync'),
    ['linkSync', 'EIO'] as const,
  ]) {
    it(`is not there, nor anything else, when ${call} fails (${code}, time ${time})`, () => {
      const { system } = watched({ fails: [call, code, time], atOnce: 4 });
      assert.throws(() => writeNewFile(path, 'new content', 0o600, system), { code, path });
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('tells that its name may not be durable', () => {
    const { system } = watched({ fails: ['fsyncSync', 'EIO', 2] });
    assert.throws(() => replaceFile(path, 'new', 0o600, system), { code: 'EIO' });
    assert.equal(text(path), 'new');
  });

  for (const umask of [0o000, 0o022, 0o077, 0o777]) {
    it(`has exactly the mode that was asked for, with the umask 0${umask.toString(8)}`, () => {
      process.umask(umask);
      for (const mode of [0o600, 0o644, 0o640]) {
        replaceFile(path, 'x', mode);
        assert.equal(modeOf(path), mode);
        writeNewFile(`${path}-${mode}`, 'x', mode);
        assert.equal(modeOf(`${path}-${mode}`), mode);
      }
      makeFolder(join(folder, 'inner'), 0o750);
      assert.equal(modeOf(join(folder, 'inner')), 0o750);
    });
  }

  it("is nobody else's to read before it is whole, whatever the umask", () => {
    process.umask(0);
    const modes: number[] = [];
    const looking = (name: 'writeSync' | 'fsyncSync') =>
      ((...args: [number, ...unknown[]]) => {
        const [draft = ''] = readdirSync(folder);
        modes.push(modeOf(join(folder, draft)));
        return (SYSTEM_FILES[name] as (...all: unknown[]) => unknown)(...args);
      }) as never;
    writeNewFile(path, 'secret', 0o600, {
      ...SYSTEM_FILES,
      writeSync: looking('writeSync'),
      fsyncSync: looking('fsyncSync'),
    });
    assert.deepEqual(modes, [0o600, 0o600, 0o600]);
  });

  it("is in a folder that is nobody else's at any moment, whatever the umask", (t) => {
    process.umask(0);
    const { chmodSync } = fs;
    const modes: number[] = [];
    fs.chmodSync = (where, mode) => {
      modes.push(modeOf(String(where)));
      chmodSync(where, mode);
    };
    syncBuiltinESMExports();
    t.after(() => {
      fs.chmodSync = chmodSync;
      syncBuiltinESMExports();
    });
    makeFolder(join(folder, 'inner'), 0o750);
    assert.deepEqual([...modes, modeOf(join(folder, 'inner'))], [0o700, 0o750]);
  });

  it('leaves nothing open, whether it is written or not', () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    replaceFile(path, 'x', 0o600);
    rmSync(path);
    writeNewFile(path, 'x', 0o600);
    for (const fails of [['writeSync', 'EIO'] as const, ['fsyncSync', 'EIO', 2] as const]) {
      assert.throws(() => replaceFile(path, 'x', 0o600, watched({ fails }).system));
    }
    assert.equal(open(), before);
  });

  it('is left alone where there must be none', () => {
    writeFileSync(path, 'theirs');
    assert.throws(() => writeNewFile(path, 'ours', 0o600), { code: 'EEXIST' });
    assert.equal(text(path), 'theirs');
    rmSync(path);
    symlinkSync('/nowhere/at/all', path);
    assert.throws(() => writeNewFile(path, 'ours', 0o600), { code: 'EEXIST' });
    assert.deepEqual(readdirSync(folder), ['file']);
  });

  it('is made on a file system without second names, over nobody', () => {
    for (const code of ['EPERM', 'EOPNOTSUPP']) {
      const { system } = watched({ fails: ['linkSync', code] });
      writeNewFile(path, code, 0o600, system);
      assert.equal(text(path), code);
      const again = watched({ fails: ['linkSync', code] });
      assert.throws(() => writeNewFile(path, 'x', 0o600, again.system), { code: 'EEXIST' });
      assert.equal(text(path), code);
      rmSync(path);
      const failing = watched({ fails: ['renameSync', 'EIO'] });
      const { system: real } = failing;
      const unlinked = { ...real, linkSync: system.linkSync };
      const noLink = { ...unlinked, linkSync: () => refuse(code) } as SystemFiles;
      assert.throws(() => writeNewFile(path, 'x', 0o600, noLink), { code: 'EIO' });
      assert.deepEqual(readdirSync(folder), []);
    }
  });

  it('takes away what killed writers of it left, and nothing of a living one', () => {
    const dead = 4_194_304 + 7; // Above the greatest pid_max (proc(5)).
    for (const left of [
      `file.new-${dead}`,
      `file.new-${process.ppid}`,
      'file.new-x',
      'file.new-',
    ]) {
      writeFileSync(join(folder, left), '');
    }
    mkdirSync(join(folder, `other.new-${dead}`));
    mkdirSync(join(folder, `file.new-${dead - 1}`));
    writeFileSync(join(folder, `file.new-${dead - 1}`, 'inside'), '');
    replaceFile(path, 'content', 0o600);
    assert.deepEqual(
      readdirSync(folder).sort(),
      ['file', `file.new-${process.ppid}`, 'file.new-', 'file.new-x', `other.new-${dead}`].sort(),
    );
  });

  it("takes another user's writer for one that lives", (t) => {
    const left = 'file.new-4194311';
    writeFileSync(join(folder, left), '');
    const asked = t.mock.method(process, 'kill', () => refuse('EPERM'));
    replaceFile(path, 'content', 0o600);
    assert.deepEqual(readdirSync(folder).sort(), ['file', left]);
    assert.equal(asked.mock.callCount(), 1);
  });

  it('is written in this way by the runner too', async () => {
    writeFileSync(join(folder, 'file.new-4194311'), '');
    const command = { kind: 'write', path, content: '\u00e4', mode: 0o644, secret: false } as const;
    assert.ok((await new HostRunner().perform(command)).ok);
    assert.deepEqual([text(path), readdirSync(folder)], ['\u00e4', ['file']]);
    const foreign = { ...command, foreign: true } as const;
    rmSync(path);
    writeFileSync(join(folder, 'real'), '');
    symlinkSync(join(folder, 'real'), path);
    assert.ok((await new HostRunner().perform(foreign)).ok);
    // One byte for the character, and the link of the operator is still one.
    assert.deepEqual([...readFileSync(join(folder, 'real'))], [0xe4]);
    assert.deepEqual([...readFileSync(path)], [0xe4]);
  });
});

function refuse(code: string): never {
  throw Object.assign(new Error(code), { code });
}
