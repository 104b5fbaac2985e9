/** Reading what a person names: a file, whole, within a bound, without waiting; else why not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, {
  chmodSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readEnd, readWhole } from '../../platform/file-reader.ts';

describe('reading a file', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-read-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function file(name: string, content: string): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** What was read as text, or why not. */
  function read(path: string, most: number): string {
    const reading = readWhole(path, most);
    if (reading.ok) return `read ${reading.bytes.toString()}`;
    return `expected ${reading.expected}, found ${reading.found}`;
  }

  it('takes all of it up to the bound, and nothing above', () => {
    const path = file('five', 'abcde');
    assert.equal(read(path, 5), 'read abcde');
    assert.equal(read(path, 6), 'read abcde');
    assert.equal(read(path, 4), 'expected at most 4 bytes, found 5');
    assert.equal(read(file('empty', ''), 0), 'read ');
  });

  it('takes more than a system call gives at once', () => {
    const long = 'x'.repeat(200_001);
    assert.equal(read(file('long', long), 200_001), `read ${long}`);
    assert.match(read(join(folder, 'long'), 200_000), /at most 200000 bytes, found 200001/);
  });

  it('tells the mode of what was read', () => {
    const path = file('mode', '');
    for (const mode of [0o640, 0o4640]) {
      chmodSync(path, mode);
      for (const reading of [readWhole(path, 1), readEnd(path, 1)]) {
        assert.equal(reading.ok && reading.mode, mode);
      }
    }
  });

  it('reads what the kernel makes up, whose size is 0, within the bound', () => {
    assert.match(read('/proc/self/status', 65_536), /^read Name:/);
    assert.match(read('/proc/self/status', 10), /^expected at most 10 bytes/);
  });

  it('waits for no pipe, and reads no device, folder or socket', async (t) => {
    const pipe = join(folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    const link = join(folder, 'link');
    symlinkSync(pipe, link);
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    t.after(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    for (const [path, kind] of [
      [pipe, 'a pipe'],
      [link, 'a pipe'],
      [socket, 'a socket'],
      [folder, 'a folder'],
      ['/dev/zero', 'a device'],
      ['/dev/null', 'a device'],
    ] as const) {
      assert.equal(read(path, 100), `expected a file, found ${kind}`, path);
      const end = readEnd(path, 100);
      assert.ok(!end.ok && end.found === kind, path);
    }
  });

  it('does not wait for a pipe that took the place of a file while it was looked at', (t) => {
    const pipe = join(folder, 'swapped');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    const plain = fs.statSync(file('plain', ''));
    const { openSync, statSync } = fs;
    const flags: number[] = [];
    t.mock.method(fs, 'statSync', () => plain);
    t.mock.method(fs, 'openSync', (path: string, how: number) => {
      flags.push(how);
      return openSync(path, how | fs.constants.O_NONBLOCK);
    });
    syncBuiltinESMExports();
    t.after(() => {
      Object.assign(fs, { openSync, statSync });
      syncBuiltinESMExports();
    });
    assert.equal(read(pipe, 100), 'expected a file, found a pipe');
    const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fs.constants;
    assert.deepEqual(flags, [O_RDONLY | O_NONBLOCK | O_NOCTTY]);
  });

  it('leaves nothing open', () => {
    const path = file('closed', 'abc');
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (const most of [2, 3]) [readWhole(path, most), readEnd(path, most)];
    assert.equal(open(), before);
  });

  it('says what the system says', () => {
    const nothing = readWhole(join(folder, 'nothing'), 1);
    assert.ok(!nothing.ok);
    assert.deepEqual([nothing.found, nothing.error?.code], ['ENOENT', 'ENOENT']);
  });

  it('gives the end of a file that grows', () => {
    const path = file('log', 'abcdef');
    const end = (most: number): string => {
      const reading = readEnd(path, most);
      return reading.ok ? reading.bytes.toString() : reading.found;
    };
    assert.deepEqual([end(0), end(2), end(6), end(7)], ['', 'ef', 'abcdef', 'abcdef']);
  });
});
