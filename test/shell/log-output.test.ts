/** Where log lines go: what fails costs lines, never order, never a torn line, never an end. */
import assert from 'node:assert/strict';
import fs, { constants } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it } from 'node:test';
import {
  LOG_FLUSH_TRIES,
  LOG_RETRY_MS,
  MAX_UNWRITTEN_LOG_BYTES,
} from '../../agent/shell/log/limits.ts';
import { LineWriter, NOBODY_READS, standardOutput } from '../../agent/shell/log/log-output.ts';
import { createLogs } from '../../agent/shell/log/logs.ts';

/** A place that takes `room` bytes, at most `atOnce` in a call, and then fails with `code`. */
function place(code: string, room: number, atOnce = Number.POSITIVE_INFINITY) {
  const state = { room, code, calls: 0, text: '' };
  const writer = new LineWriter((bytes) => {
    state.calls++;
    const taken = Math.min(bytes.length, state.room, atOnce);
    if (taken === 0) throw Object.assign(new Error(state.code), { code: state.code });
    state.room -= taken;
    state.text += Buffer.from(bytes.subarray(0, taken)).toString();
    return taken;
  });
  return { state, writer };
}

describe('the place where log lines go', () => {
  it('gets each line whole, however little it takes at once', () => {
    const { state, writer } = place('EAGAIN', 1_000, 3);
    writer.write('one line\n');
    writer.write('und ein\u00e4 zweite\n');
    assert.equal(state.text, 'one line\nund ein\u00e4 zweite\n');
    assert.deepEqual(writer.health, { lost: 0, fault: null });
  });

  for (const code of ['ENOSPC', 'EIO', 'EPIPE', 'EDQUOT']) {
    it(`may fail with ${code}, and gets the rest of a line before the next one`, () => {
      const { state, writer } = place(code, 4);
      writer.write('first\n');
      writer.write('second\n');
      assert.deepEqual(writer.health, { lost: 0, fault: code });
      assert.equal(state.text, 'firs');
      state.room = 1_000;
      writer.flushSync();
      assert.equal(state.text, 'first\nsecond\n');
      assert.deepEqual(writer.health, { lost: 0, fault: null });
    });
  }

  it('is tried again without anybody writing a line', async () => {
    const { state, writer } = place('ENOSPC', 0);
    writer.write('line\n');
    state.room = 100;
    const alive = setInterval(() => undefined, 10);
    while (writer.health.fault !== null) await new Promise((resolve) => setTimeout(resolve, 10));
    clearInterval(alive);
    assert.equal(state.text, 'line\n');
  });

  it('has a reader that does not read when it takes nothing', () => {
    let calls = 0;
    const writer = new LineWriter(() => {
      if (++calls > 10) throw Object.assign(new Error(), { code: 'asked without an end' });
      return 0;
    });
    writer.write('line\n');
    assert.deepEqual(writer.health, { lost: 0, fault: NOBODY_READS });
  });

  it('is tried again at one time, however often it was tried before', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { state, writer } = place('ENOSPC', 0);
    writer.write('line\n');
    for (let i = 0; i < 3; i++) writer.flushSync();
    assert.equal(state.calls, 4);
    t.mock.timers.tick(LOG_RETRY_MS);
    assert.equal(state.calls, 5);
  });

  it('is not asked again for each line while it fails', () => {
    const { state, writer } = place('ENOSPC', 0);
    for (let i = 0; i < 100; i++) writer.write('line\n');
    assert.equal(state.calls, 1);
  });

  it('costs lines above a bound, which are counted and told once', () => {
    const { state, writer } = place('EAGAIN', 0);
    const told: number[] = [];
    writer.onRecovered = (lost) => told.push(lost);
    const line = `${'x'.repeat(1_023)}\n`;
    const fits = MAX_UNWRITTEN_LOG_BYTES / line.length;
    for (let i = 0; i < fits; i++) writer.write(line);
    assert.equal(writer.health.lost, 0);
    writer.write('y\n');
    writer.write(line);
    assert.deepEqual(writer.health, { lost: 2, fault: NOBODY_READS });
    assert.deepEqual(told, []);
    state.room = 10 * MAX_UNWRITTEN_LOG_BYTES;
    writer.flushSync();
    writer.flushSync();
    assert.deepEqual(told, [2]);
    assert.equal(state.text.length, MAX_UNWRITTEN_LOG_BYTES);
    // The bound holds anew, and so does the count.
    writer.write(line);
    const lost = (): number => writer.health.lost;
    assert.deepEqual(writer.health, { lost: 2, fault: null });
    state.room = 0;
    for (let i = 0; i < fits; i++) writer.write(line);
    writer.write(line);
    assert.equal(lost(), 3);
  });

  it('gets a line that is longer than the bound', () => {
    const { state, writer } = place('EAGAIN', Number.POSITIVE_INFINITY);
    writer.write('x'.repeat(2 * MAX_UNWRITTEN_LOG_BYTES));
    assert.equal(state.text.length, 2 * MAX_UNWRITTEN_LOG_BYTES);
  });

  it('is waited for at an end, so often and no oftener, if it is slow', () => {
    const { state, writer } = place('EAGAIN', 0);
    writer.write('line\n');
    writer.flushSync();
    assert.equal(state.calls, 1 + LOG_FLUSH_TRIES);
  });

  it('is not waited for at an end if it fails', () => {
    const { state, writer } = place('ENOSPC', 0);
    writer.write('line\n');
    writer.flushSync();
    assert.equal(state.calls, 2);
  });

  it('is waited for by a log that ends, which tells of what was lost', () => {
    const { state, writer } = place('EAGAIN', 0);
    const logs = createLogs({ level: 'info', node: 'n', output: writer, nowMs: () => 0 });
    const long = 'x'.repeat(1_900);
    for (let i = 0; i < 200; i++) logs.info('filling', { i, long });
    const { lost } = logs.health;
    assert.ok(lost > 0);
    state.room = Number.POSITIVE_INFINITY;
    logs.flush();
    const lines = state.text.trimEnd().split('\n');
    assert.equal(lines.length, 200 - lost + 1);
    const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    assert.deepEqual(
      [last['level'], last['msg'], last['lost']],
      ['warn', 'lines of this log were lost', lost],
    );
  });

  it('is opened anew where it has a reader, so that nothing waits for that one', (t) => {
    const { fstatSync, openSync, writeSync } = fs;
    const calls: unknown[] = [];
    const isOf = (kind: string) => () => kind === 'pipe';
    Object.assign(fs, {
      fstatSync: () => ({ isFIFO: isOf('pipe'), isSocket: isOf('socket') }),
      openSync: (...parts: unknown[]) => calls.push(parts) + 99,
      writeSync: (file: number, bytes: Uint8Array) => {
        calls.push([file, Buffer.from(bytes).toString()]);
        return bytes.length;
      },
    });
    syncBuiltinESMExports();
    t.after(() => {
      Object.assign(fs, { fstatSync, openSync, writeSync });
      syncBuiltinESMExports();
    });
    standardOutput(2).write('line\n');
    const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;
    assert.deepEqual(calls, [
      ['/proc/self/fd/2', O_WRONLY | O_NONBLOCK | O_NOCTTY],
      [100, 'line\n'],
    ]);
  });
});
