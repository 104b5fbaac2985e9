/** The runner with real processes and real files. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HostRunner, performAll } from '../../platform/runner.ts';

const runner = new HostRunner();
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runner-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('the runner', () => {
  it('passes arguments as they are: no shell ever sees them', async () => {
    const output = await runner.output(['echo', '$HOME; id', '*']);
    assert.ok(output.ok);
    assert.equal(output.value.stdout, '$HOME; id *\n');
  });

  it('gives a failed program its status and its words', async () => {
    const result = await runner.perform({ kind: 'run', argv: ['cat', join(folder, 'nothing')] });
    assert.equal(result.ok ? '' : result.fault.code, 'command_failed');
    assert.match(result.ok ? '' : result.fault.found, /exit 1: .*No such file/);
  });

  it('names a program that is not installed', async () => {
    const result = await runner.output(['no-such-program']);
    assert.equal(result.ok ? '' : result.fault.code, 'tool_missing');
  });

  it('writes a secret so that nobody else can read it, even over an open file', async () => {
    const path = join(folder, 'deep', 'secret');
    const write = { kind: 'write', path, content: 'one', mode: 0o600, secret: true } as const;
    assert.ok((await runner.perform(write)).ok);
    await writeFile(`${path}.new`, 'left by a crash', { mode: 0o666 });
    assert.ok((await runner.perform({ ...write, content: 'two' })).ok);
    assert.equal(await readFile(path, 'utf8'), 'two');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('gives a file the mode that was asked for, whatever the umask of the unit', async () => {
    const path = join(folder, 'status.json');
    const before = process.umask(0o077);
    try {
      const write = { kind: 'write', path, content: 'x', mode: 0o644, secret: false } as const;
      assert.ok((await runner.perform(write)).ok);
    } finally {
      process.umask(before);
    }
    assert.equal((await stat(path)).mode & 0o777, 0o644);
  });

  it("leaves another program's file its mode and its owner", async () => {
    const path = join(folder, 'dhcpcd.conf');
    await writeFile(path, 'hostname\n');
    await chmod(path, 0o664);
    // Only root can give a file away; others see their own group again.
    if (process.getuid?.() === 0) await chown(path, 0, 4);
    const owned = await stat(path);
    const write = { kind: 'write', path, content: 'x', mode: 0o644, secret: false } as const;
    assert.ok((await runner.perform({ ...write, foreign: true })).ok);
    const { mode, uid, gid } = await stat(path);
    assert.deepEqual([mode & 0o777, uid, gid], [0o664, owned.uid, owned.gid]);
    assert.ok((await runner.perform(write)).ok);
    assert.equal((await stat(path)).mode & 0o777, 0o644, 'a file of ours is as it is wanted');
  });

  it('removes what is there and what is not', async () => {
    const path = join(folder, 'gone');
    await writeFile(path, '');
    assert.ok((await runner.perform({ kind: 'remove', path })).ok);
    assert.ok((await runner.perform({ kind: 'remove', path })).ok);
    assert.equal(await runner.read(path), undefined);
  });

  it('stops a process only when it is the one that is meant', async () => {
    const child = spawn('sleep', ['1000']);
    const { pid } = child;
    assert.ok(pid !== undefined);
    assert.deepEqual((await runner.process(pid))?.argv, ['sleep', '1000']);
    assert.ok((await runner.perform({ kind: 'stop', pid, argument: 'other' })).ok);
    assert.equal(child.exitCode ?? child.signalCode, null);
    const ended = once(child, 'exit');
    assert.ok((await runner.perform({ kind: 'stop', pid, argument: '1000' })).ok);
    await ended;
    assert.equal(await runner.process(pid), undefined);
  });

  it('waits for the content of a file, for a bounded time', async () => {
    const path = join(folder, 'carrier');
    const waiting = runner.perform({ kind: 'await', path, content: '1', timeoutMs: 600_000 });
    await writeFile(path, '1\n');
    assert.ok((await waiting).ok);
    const late = await runner.perform({ kind: 'await', path, content: '2', timeoutMs: 60 });
    assert.equal(late.ok ? '' : late.fault.code, 'mesh_not_up');
  });

  it('stops at the first command that fails', async () => {
    const path = join(folder, 'never');
    const result = await performAll(runner, [
      { kind: 'run', argv: ['false'] },
      { kind: 'write', path, content: '', mode: 0o644, secret: false },
    ]);
    assert.equal(result.ok, false);
    assert.equal(await runner.read(path), undefined);
  });

  it('follows a program line by line and tells its end', async () => {
    const lines: string[] = [];
    await new Promise<void>((resolve) => {
      runner.follow(['printf', 'one\ntwo\nrest'], (line) => lines.push(line), resolve);
    });
    assert.deepEqual(lines, ['one', 'two']);
  });
});
