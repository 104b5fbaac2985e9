/** What is counted as waiting, and when a wait is given up. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../cli/support.ts';
import { lostMs, type Waits, waitsOf } from './lost-time.ts';
import { afterPatience, Patience, SLOWEST } from './patience.ts';
import { until } from './wait.ts';

const NOTHING: Waits = { ns: new Map(), onDisk: false };

/** A machine whose time passes by hand. */
function machine() {
  let [nowMs, lostNs] = [0, 0];
  const gauge = {
    nowMs: () => nowMs,
    waits: () => ({ ns: new Map([['1/1', lostNs]]), onDisk: false }),
  };
  /** Whether patience is gone after seconds of which such a share is lost. */
  const pass = (patience: Patience, seconds: number, lostShare: number): boolean => {
    for (let i = 0; i < seconds; i++) {
      nowMs += 1_000;
      lostNs += lostShare * 1e9;
      if (patience.isGone()) return true;
    }
    return false;
  };
  return { gauge, pass };
}

describe('patience', () => {
  it('ends a wait after its time on a machine of its own, and not before', () => {
    const { gauge, pass } = machine();
    const patience = new Patience(10_000, gauge);
    assert.equal(pass(patience, 9, 0), false);
    assert.equal(pass(patience, 1, 0), true);
  });

  it('does not count what others took', () => {
    const { gauge, pass } = machine();
    const patience = new Patience(10_000, gauge);
    // The first second counts, since nobody looked before it.
    assert.equal(pass(patience, 1, 0.9), false);
    assert.equal(pass(patience, 89, 0.9), false);
    assert.equal(pass(patience, 2, 0.9), true);
  });

  it('is worn out in the end though nothing of ours ever runs', () => {
    const { gauge, pass } = machine();
    const patience = new Patience(10_000, gauge);
    assert.equal(pass(patience, 10 * SLOWEST - SLOWEST, 1), false);
    assert.equal(pass(patience, 2 * SLOWEST, 1), true);
  });

  it('shorter than a look ends too', async () => {
    await new Promise<void>((resolve) => afterPatience(resolve, 20));
  });

  it('does nothing once it was called off', async () => {
    let acted = false;
    const callOff = afterPatience(() => {
      acted = true;
    }, 20);
    callOff();
    await new Promise<void>((resolve) => afterPatience(resolve, 60));
    assert.equal(acted, false);
  });
});

describe('lost time', () => {
  const waits = (ns: Record<string, number>, onDisk = false): Waits => ({
    ns: new Map(Object.entries(ns)),
    onDisk,
  });

  it('is the sum of what all threads waited, and never more than what passed', () => {
    const before = waits({ '1/1': 5e6, '1/2': 1e6 });
    assert.equal(lostMs(before, waits({ '1/1': 15e6, '1/2': 21e6 }), 100), 30);
    assert.equal(lostMs(before, waits({ '1/1': 95e6, '1/2': 91e6 }), 100), 100);
  });

  it('is all that a new thread waited, and nothing of one that has ended', () => {
    assert.equal(lostMs(waits({ '1/1': 50e6 }), waits({ '2/2': 7e6 }), 100), 7);
    assert.equal(lostMs(waits({ '1/1': 50e6 }), NOTHING, 100), 0);
  });

  it('is all of it while somebody waits for a disk', () => {
    assert.equal(lostMs(NOTHING, waits({}, true), 100), 100);
  });

  it('is read of a process, its children and theirs, whatever they are called', (t) => {
    const proc = temporaryFolder(t);
    const add = (pid: number, parent: number, waitedNs: number, state = 'S'): void => {
      const task = join(proc, `${pid}/task/${pid}`);
      mkdirSync(task, { recursive: true });
      const stat = `${pid} (a ) 9 (b)) ${state} ${parent} 1 1`;
      writeFileSync(join(proc, `${pid}/stat`), stat);
      writeFileSync(join(task, 'stat'), stat);
      writeFileSync(join(task, 'schedstat'), `1 ${waitedNs} 3\n`);
    };
    add(10, 1, 1);
    add(11, 10, 2);
    add(12, 11, 3);
    add(20, 1, 4, 'D');
    assert.deepEqual(waitsOf(10, proc), waits({ '10/10': 1, '11/11': 2, '12/12': 3 }));
    add(12, 11, 3, 'D');
    assert.equal(waitsOf(10, proc).onDisk, true);
    assert.deepEqual(waitsOf(10, join(proc, 'none')), NOTHING);
  });

  it('is seen where more processes want to run than there are processors', async (t) => {
    if (waitsOf(process.pid).ns.size === 0) {
      t.skip('nobody counts here what a thread waits for');
      return;
    }
    const before = waitsOf(process.pid);
    const children = Array.from({ length: 2 * availableParallelism() }, () =>
      spawn(process.execPath, ['-e', 'for (;;);']),
    );
    try {
      const isSeen = () => lostMs(before, waitsOf(process.pid), 1_000) >= 100;
      await until(isSeen, 'processes that wait for each other');
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});
