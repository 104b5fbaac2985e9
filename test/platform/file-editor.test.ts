/**
 * Somebody else's file is changed where it differs, stays the same file, and is put back on
 * failure.
 */
import assert from 'node:assert/strict';
import fs, {
  chmodSync,
  closeSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { editFile, SYSTEM_EDITS, type SystemEdits } from '../../platform/file-editor.ts';

const OLD = 'hostname\nduid\n# begin\nours\n# end\nbelow\n';

describe("somebody else's file that is edited", () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-edit-'));
    path = join(folder, 'file');
    writeFileSync(path, OLD);
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const text = (): string => readFileSync(path, 'utf8');

  for (const [what, content] of [
    ['more at its end', `${OLD}more\n`],
    ['less at its end', OLD.slice(0, -6)],
    ['less in its middle', OLD.replace('# begin\nours\n# end\n', '')],
    ['more in its middle', OLD.replace('ours', 'ours, and much more')],
    ['other content', 'x'],
    ['nothing', ''],
    ['the same', OLD],
  ] as const) {
    it(`gets ${what}`, () => {
      chmodSync(path, 0o664);
      const before = statSync(path);
      editFile(path, content);
      assert.equal(text(), content);
      const { ino, mode } = statSync(path);
      assert.deepEqual([ino, mode], [before.ino, before.mode]);
    });
  }

  it('is written only from the first difference on, and made durable last', () => {
    const said: string[] = [];
    const system: SystemEdits = {
      writeSync: ((file: number, bytes: Buffer, at: number, length: number, place: number) => {
        said.push(`write ${length} at ${place}`);
        return SYSTEM_EDITS.writeSync(file, bytes, at, length, place);
      }) as never,
      ftruncateSync: (file, length) => {
        said.push(`truncate ${length}`);
        SYSTEM_EDITS.ftruncateSync(file, length);
      },
      fsyncSync: (file) => {
        said.push('sync');
        SYSTEM_EDITS.fsyncSync(file);
      },
    };
    editFile(path, `${OLD}more\n`, system);
    editFile(path, OLD, system);
    const { length } = OLD;
    const grown = said.splice(0);
    editFile(path, OLD.replace('# begin', 'new\n# begin'), system);
    assert.deepEqual(
      said.splice(0),
      [`write 4 at ${length}`, 'sync', `write ${length - 14} at 14`, 'sync'],
      'its old end is there a second time before it is written over',
    );
    editFile(path, OLD, system);
    assert.deepEqual(
      said.splice(0),
      [`write ${length - 14} at 14`, 'sync', `truncate ${length}`, 'sync'],
      'what stays is in its place before the end is cut off',
    );
    said.push(...grown);
    assert.deepEqual(said, [`write 5 at ${length}`, 'sync', `truncate ${length}`, 'sync']);
  });

  for (const failing of ['writeSync', 'ftruncateSync', 'fsyncSync'] as const) {
    it(`is as it was when ${failing} fails`, () => {
      let times = 0;
      const fails = (...args: unknown[]) => {
        times++;
        if (times === 2 - Number(failing !== 'writeSync')) {
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        }
        // Three bytes at once, so that a part is written before it fails.
        const limited = failing === 'writeSync' ? args.with(3, Math.min(3, Number(args[3]))) : args;
        return (SYSTEM_EDITS[failing] as (...all: unknown[]) => unknown)(...limited);
      };
      const system = { ...SYSTEM_EDITS, [failing]: fails } as SystemEdits;
      const isCut = failing === 'ftruncateSync';
      const content = OLD.replace('ours', isCut ? 'us' : 'ours, and much more');
      assert.throws(() => editFile(path, content, system), { code: 'ENOSPC' });
      assert.equal(text(), OLD);
    });
  }

  it('is changed where a link leads, and under its other names', () => {
    linkSync(path, join(folder, 'other'));
    symlinkSync(path, join(folder, 'link'));
    editFile(join(folder, 'link'), 'new');
    assert.equal(readFileSync(join(folder, 'other'), 'utf8'), 'new');
  });

  it('is as it was when the system takes nothing', () => {
    let times = 0;
    const writeSync = (...args: unknown[]) => {
      times++;
      return times === 1 ? 0 : (SYSTEM_EDITS.writeSync as (...all: unknown[]) => number)(...args);
    };
    const system = { ...SYSTEM_EDITS, writeSync: writeSync as never };
    assert.throws(() => editFile(path, `${OLD}more\n`, system), { code: 'EIO' });
    assert.equal(text(), OLD);
  });

  it('is not the one that it was before somebody replaced it', () => {
    const file = openSync(path, 'r+');
    rmSync(path);
    // What a mount of the file alone goes on to show.
    assert.throws(() => editFile(`/proc/self/fd/${file}`, 'new'), /was replaced/);
    closeSync(file);
  });

  it('is opened without waiting, and closed, whether it is changed or not', (t) => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    const flags: number[] = [];
    const { openSync: real } = fs;
    t.mock.method(fs, 'openSync', (where: string, how: number) => {
      flags.push(how);
      return real(where, how);
    });
    syncBuiltinESMExports();
    t.after(() => {
      fs.openSync = real;
      syncBuiltinESMExports();
    });
    editFile(path, 'new');
    assert.throws(() => editFile('/dev/null', ''), /is no file/);
    const { O_NOCTTY, O_NONBLOCK, O_RDWR } = fs.constants;
    assert.deepEqual(flags, Array(2).fill(O_RDWR | O_NONBLOCK | O_NOCTTY));
    assert.equal(open(), before);
  });

  it('is a file that is there', () => {
    assert.throws(() => editFile(join(folder, 'nothing'), ''), { code: 'ENOENT' });
    assert.throws(() => editFile('/dev/null', ''), /is no file/);
  });
});
