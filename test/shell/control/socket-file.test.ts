/** The file of the control socket, its group, and the lines that come over it. */
import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net, { createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLineCutter } from '../../../agent/shell/control/lines.ts';
import { clearSocketPath, findGroup, listenAt } from '../../../agent/shell/control/socket-file.ts';

let folder = '';
let path = '';
let server: Server = createServer();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshpay-control-'));
  path = join(folder, 'control.sock');
  server = createServer((socket) => socket.destroy());
});

afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

async function close(): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

describe('the path of the socket', () => {
  it('is cleared of a socket that a dead daemon left', async () => {
    // A link to the socket keeps the file when the server takes its own name away.
    await listenAt(server, path, undefined);
    const left = join(folder, 'left.sock');
    linkSync(path, left);
    await close();
    assert.equal(await clearSocketPath(left), undefined);
    assert.equal(existsSync(left), false);
    assert.equal(await clearSocketPath(left), undefined, 'nothing is there');
  });

  it('is left alone while somebody answers there', async () => {
    await listenAt(server, path, undefined);
    const problem = await clearSocketPath(path);
    assert.match(problem?.found ?? '', /a process that answers/);
    assert.ok(existsSync(path));
  });

  it('is left alone unless the system says that nobody is there', async (t) => {
    await listenAt(server, path, undefined);
    const real = net.connect;
    t.after(() => {
      Object.assign(net, { connect: real });
      syncBuiltinESMExports();
    });
    for (const code of ['EACCES', 'EAGAIN', 'EMFILE']) {
      Object.assign(net, {
        connect: () => {
          const socket = new Socket();
          socket.destroy(Object.assign(new Error(code), { code }));
          return socket;
        },
      });
      syncBuiltinESMExports();
      assert.match((await clearSocketPath(path))?.found ?? '', /a process that answers/, code);
      assert.ok(existsSync(path));
    }
  });

  it('is left alone if something else lies there', async () => {
    writeFileSync(path, 'precious');
    symlinkSync(path, join(folder, 'link'));
    for (const name of [path, join(folder, 'link')]) {
      assert.match((await clearSocketPath(name))?.found ?? '', /another file/);
      assert.ok(existsSync(name));
    }
  });

  it('cannot be taken twice, and the umask is as it was', async () => {
    await listenAt(server, path, undefined);
    const umask = process.umask();
    const second = createServer();
    await assert.rejects(listenAt(second, path, undefined), { code: 'EADDRINUSE' });
    assert.equal(process.umask(), umask);
    assert.equal(statSync(path).mode & 0o777, 0o660);
  });
});

describe('the group of the socket', () => {
  it('is found by its whole name', () => {
    assert.equal(findGroup('root'), 0);
    for (const name of ['roo', 'root:', 'ROOT', 'no such group']) {
      const problem = findGroup(name);
      assert.ok(typeof problem !== 'number' && problem.field === 'control.group', name);
    }
  });
});

describe('the lines of a stream', () => {
  const cut = (most: number, ...pieces: readonly string[]) => {
    const cutter = createLineCutter(most);
    return pieces.map((piece) => cutter(Buffer.from(piece)));
  };

  it('may be as long as the bound, in one piece or in several', () => {
    assert.deepEqual(cut(3, 'abc\nabc', '\n'), [['abc'], ['abc']]);
    assert.deepEqual(cut(3, 'a', 'b', 'c', '\n'), [[], [], [], ['abc']]);
    assert.deepEqual(cut(3, 'abcd\n'), ['too_long']);
    assert.deepEqual(cut(3, 'ab', 'cd'), [[], 'too_long']);
    assert.deepEqual(cut(3, 'ab', 'cd\n'), [[], 'too_long']);
    assert.deepEqual(cut(3, '\n\n', 'abc\n'), [['', ''], ['abc']]);
  });
});
