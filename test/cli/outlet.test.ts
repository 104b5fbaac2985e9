/**
 * Streams whose reader goes away or whose disk is full (agent/cli/outlet.ts), and what that
 * changes.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createOutlet, type OutStream } from '../../agent/cli/outlet.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { EXITS, type ExitName } from '../../agent/shell/exit-codes.ts';
import { writeReceipt } from '../../agent/wallet/receipt.ts';
import { certificateFor, finished, MESHPAY, temporaryFolder, testNetwork } from './support.ts';

/** A stream that takes texts until `fails` holds an error. */
function streamOf(isTTY = false) {
  const taken: string[] = [];
  let listener: (error: Error) => void = () => undefined;
  const stream = {
    isTTY,
    fails: undefined as Error | undefined,
    on: (_: 'error', heard: (error: Error) => void) => {
      listener = heard;
    },
    write: (text: string, done: (error?: Error | null) => void) => {
      const { fails } = stream;
      if (fails === undefined) taken.push(text);
      queueMicrotask(() => {
        done(fails);
        if (fails !== undefined) listener(fails);
      });
    },
    taken,
  };
  return stream satisfies OutStream;
}

const errorOf = (code: string): Error => Object.assign(new Error(code), { code });

describe('an outlet', () => {
  it('is lost without a fault when its reader goes, and writes nothing more', async () => {
    for (const code of ['EPIPE', 'ECONNRESET']) {
      const stream = streamOf();
      const outlet = createOutlet(stream);
      outlet.write('one');
      assert.equal(await outlet.flushed(), undefined);
      assert.equal(outlet.lost?.aborted, false);
      stream.fails = errorOf(code);
      outlet.write('two');
      assert.equal(await outlet.flushed(), undefined);
      assert.equal(outlet.lost?.aborted, true);
      stream.fails = undefined;
      outlet.write('three');
      assert.deepEqual(stream.taken, ['one']);
    }
  });

  it('is flushed when all that was written is taken, for all who wait, and not sooner', async () => {
    const taken: ((error?: Error | null) => void)[] = [];
    const outlet = createOutlet({ on: () => undefined, write: (_, done) => taken.push(done) });
    for (const text of ['one', 'two']) outlet.write(text);
    const flushed: string[] = [];
    const waits = ['a', 'b'].map(async (name) => {
      const error = await outlet.flushed();
      flushed.push(`${name} ${error?.message}`);
    });
    taken[0]?.(null);
    await new Promise(setImmediate);
    assert.deepEqual(flushed, []);
    assert.equal(outlet.lost.aborted, false);
    taken[1]?.(errorOf('ENOSPC'));
    await Promise.all(waits);
    assert.deepEqual(flushed, ['a ENOSPC', 'b ENOSPC']);
  });

  it('is lost by an error that comes while nothing is written', async () => {
    for (const code of ['EPIPE', 'ENOSPC']) {
      let hear: (error: Error) => void = () => undefined;
      const on = (_: 'error', listener: typeof hear): void => {
        hear = listener;
      };
      const outlet = createOutlet({ on, write: (_, done) => done() });
      assert.deepEqual([outlet.isTTY, outlet.columns], [false, 0]);
      hear(errorOf(code));
      assert.equal(outlet.lost.aborted, true);
      const error = await outlet.flushed();
      assert.equal(error?.message, code === 'EPIPE' ? undefined : code);
    }
  });

  it('tells the first error of what it writes to', async () => {
    const stream = streamOf();
    const outlet = createOutlet(stream);
    stream.fails = errorOf('ENOSPC');
    outlet.write('one');
    assert.equal((await outlet.flushed())?.message, 'ENOSPC');
    stream.fails = errorOf('EIO');
    outlet.write('two');
    assert.equal((await outlet.flushed())?.message, 'ENOSPC');
  });

  it('takes EIO for a hang-up on a terminal, and for a fault elsewhere', async () => {
    for (const isTTY of [true, false]) {
      const stream = streamOf(isTTY);
      const outlet = createOutlet(stream);
      stream.fails = errorOf('EIO');
      outlet.write('one');
      assert.equal((await outlet.flushed()) === undefined, isTTY);
    }
  });
});

describe('a command whose readers are gone', { concurrency: 4 }, () => {
  const village = testNetwork();
  const prepared = (t: TestContext): string => {
    const folder = temporaryFolder(t);
    const document = JSON.stringify(genesisToJson(village.network.genesis));
    const receipt = writeReceipt(village.network, certificateFor(village));
    writeFileSync(join(folder, 'genesis.json'), document);
    writeFileSync(join(folder, 'receipt'), receipt);
    writeFileSync(join(folder, 'forged'), receipt.replace('12.50', '92.50'));
    return folder;
  };
  const cases: readonly (readonly [line: string, exit: ExitName])[] = [
    ['wallet verify receipt --genesis genesis.json', 'ok'],
    ['wallet verify receipt --genesis genesis.json --json', 'ok'],
    ['wallet verify forged --genesis genesis.json', 'bad_data'],
    ['wallet verify forged --genesis genesis.json --json', 'bad_data'],
    ['wallet verify nothing --genesis genesis.json', 'no_input'],
    ['wallet balance', 'no_input'],
    ['backup b --socket nowhere', 'unavailable'],
    ['events --socket nowhere', 'unavailable'],
    ['help errors', 'ok'],
    ['no-such-command', 'usage'],
  ];
  for (const [line, exit] of cases) {
    it(`ends as it would with them: ${line}`, async (t) => {
      const cwd = prepared(t);
      const { PATH } = process.env;
      const child = spawn(process.execPath, [MESHPAY, ...line.split(' ')], {
        cwd,
        env: { PATH, HOME: cwd },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.stdout.destroy();
      child.stderr.destroy();
      assert.equal((await finished(child)).status, EXITS[exit].status);
    });
  }

  it('tells that a result could not be written to a full disk', async (t) => {
    const cwd = prepared(t);
    const full = openSync('/dev/full', 'w');
    const args = ['wallet', 'verify', 'receipt', '--genesis', 'genesis.json'];
    const child = spawn(process.execPath, [MESHPAY, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd },
      stdio: ['ignore', full, 'pipe'],
    });
    const { status, err } = await finished(child);
    assert.equal(status, EXITS.io.status);
    assert.match(
      err,
      /^meshpay: file_failed: standard output: expected free space, found a full disk$/m,
    );
  });
});
