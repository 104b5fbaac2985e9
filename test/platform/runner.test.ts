/** The runner with real processes and real files. */
import assert from 'node:assert/strict';
import childProcess, { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import timers from 'node:timers/promises';
import { MAX_LINE_BYTES, MAX_OUTPUT_BYTES, RUN_TIMEOUT_MS } from '../../platform/limits.ts';
import { HostRunner, type Process, performAll } from '../../platform/runner.ts';

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

  it('waits for a program so long, takes so much of it, and ends it whatever it heeds', async (t) => {
    const { execFile } = childProcess;
    const asked: unknown[] = [];
    Object.assign(childProcess, {
      execFile: (...[, , options, done]: [string, string[], object, (error: null) => void]) => {
        asked.push(options);
        done(null);
      },
    });
    syncBuiltinESMExports();
    t.after(() => {
      Object.assign(childProcess, { execFile });
      syncBuiltinESMExports();
    });
    await runner.output(['true']);
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
    const bounds = { timeout: RUN_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    assert.deepEqual(asked, [{ env, killSignal: 'SIGKILL', ...bounds }]);
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
    await rm(path);
    assert.ok((await runner.perform({ ...write, foreign: true })).ok, 'one that is not there');
    assert.equal(await readFile(path, 'utf8'), 'x');
  });

  it('tells where a file could be written, its folders made', async () => {
    const path = join(folder, 'there');
    await writeFile(path, '');
    assert.equal(await runner.isWritable(path), true);
    assert.equal(await runner.isWritable(join(folder, 'new', 'folders', 'file')), true);
    assert.equal(await runner.isWritable(join(path, 'below-a-file')), false);
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

  it('ends a process that does not heed SIGTERM, and tells of one that does not end', async (t) => {
    const signals: unknown[] = [];
    t.mock.method(process, 'kill', (_pid: number, signal: string) => signals.push(signal) > 0);
    const { setTimeout } = timers;
    Object.assign(timers, { setTimeout: async () => undefined });
    syncBuiltinESMExports();
    t.after(() => {
      Object.assign(timers, { setTimeout });
      syncBuiltinESMExports();
    });
    class Stubborn extends HostRunner {
      endsAt = 2;
      override async process(pid: number): Promise<Process | undefined> {
        return signals.length < this.endsAt ? { pid, argv: ['x'], ageMs: 0 } : undefined;
      }
    }
    const host = new Stubborn();
    const stop = { kind: 'stop', pid: 1, argument: 'x' } as const;
    assert.ok((await host.perform(stop)).ok);
    assert.deepEqual(signals, ['SIGTERM', 'SIGKILL']);
    signals.length = 0;
    host.endsAt = 3;
    const result = await host.perform(stop);
    assert.equal(result.ok ? '' : result.fault.code, 'command_failed');
    assert.deepEqual(signals, ['SIGTERM', 'SIGKILL']);
  });

  it('waits for the content of a file, for a bounded time', async () => {
    const path = join(folder, 'carrier');
    await writeFile(path, '1\n');
    const there = await runner.perform({ kind: 'await', path, content: '1', timeoutMs: 0 });
    assert.ok(there.ok, 'it is looked at even when there is no time to wait');
    await rm(path);
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

  it('keeps the end alone of a line that does not end', async () => {
    const lines: string[] = [];
    await new Promise<void>((resolve) => {
      runner.follow(['seq', '-s', ',', '200000'], (line) => lines.push(line), resolve);
    });
    const [line = ''] = lines;
    assert.ok(line.endsWith(',200000') && lines.length === 1);
    // What came with the end of it is as much as a pipe holds at most.
    assert.ok(line.length <= MAX_LINE_BYTES + 65_536, `${line.length}`);
  });

  it('tells the end of a program that could not begin once', async () => {
    let ends = 0;
    await new Promise<void>((resolve) => {
      const onEnd = () => {
        ends++;
        resolve();
      };
      runner.follow(['no-such-program'], () => undefined, onEnd);
    });
    assert.ok((await runner.output(['true'])).ok);
    assert.equal(ends, 1);
  });
});
