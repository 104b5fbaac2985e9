/** `meshpay radio up` and `down` beside a meshpay-radio that runs, on a simulated router. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Context } from '../../agent/cli/command.ts';
import { isWatched, watched } from '../../agent/cli/commands/radio-watched.ts';
import { RadioService, type RadioServiceOptions } from '../../agent/radio/service.ts';

import { gated } from '../../agent/shell/radio/body.ts';
import {
  heldFile,
  type RadioReport,
  readRadioReport,
  uptimeMs,
} from '../../agent/shell/radio/report.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { FakeOpenwrt } from '../platform/fake-openwrt.ts';
import { SETTINGS } from '../platform/samples.ts';
import { found, until } from '../support/wait.ts';
import { REPORT } from './samples.ts';

const nothing = () => undefined;
const QUIET: RadioServiceOptions<unknown>['log'] = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  health: { lost: 0, fault: null },
};

/** Nobody looks, and nobody interrupts. */
const CONTEXT = {
  terminal: { progress: { show: nothing, clear: nothing } },
  interrupt: new AbortController().signal,
} as unknown as Context;

describe('a command beside a running meshpay-radio', () => {
  let folder = '';
  let statusFile = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-watched-'));
    statusFile = join(folder, 'status.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function serve(fake: FakeOpenwrt) {
    const platform = gated(new OpenwrtPlatform(fake, fake.host, 'iw'));
    const setup = { settings: SETTINGS, notes: [] };
    return new RadioService({ platform, setup, statusFile, log: QUIET });
  }

  async function reported(is: (report: RadioReport) => boolean): Promise<RadioReport> {
    return found(() => {
      const reading = readRadioReport(statusFile);
      return reading.found && is(reading.report) ? reading.report : undefined;
    }, 'the report');
  }

  function tries(fake: FakeOpenwrt): number {
    return fake.host.transcript.filter((line) => line.startsWith('await ')).length;
  }

  it('makes it try at once in the pause after a failure, and tells what came of that', async () => {
    const fake = new FakeOpenwrt();
    fake.broken = true;
    const service = serve(fake);
    await service.start();
    await reported(({ state }) => state === 'waiting');
    assert.equal(tries(fake), 1);
    await assert.rejects(watched(statusFile, CONTEXT, 'up'), { code: 'radio_failed' });
    assert.equal(tries(fake), 2, 'the failure that is told is of a new try');
    fake.broken = false;
    await watched(statusFile, CONTEXT, 'up');
    assert.notEqual(fake.mesh, undefined);
    await service.stop();
  });

  it('waits for a service that is kept from going down by what is under way', async () => {
    const fake = new FakeOpenwrt();
    let release: () => void = nothing;
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const perform = fake.host.perform.bind(fake.host);
    fake.host.perform = async (command) => {
      if (command.kind === 'await') await isReleased;
      return perform(command);
    };
    const service = serve(fake);
    void service.start();
    await until(() => fake.mesh !== undefined, 'the mesh');
    writeFileSync(heldFile(statusFile), '');
    const down = watched(statusFile, CONTEXT, 'down');
    const { uptimeMs: firstMs } = await reported(({ state }) => state === 'changing');
    await reported((report) => report.state === 'changing' && report.uptimeMs > firstMs);
    assert.notEqual(fake.mesh, undefined, 'nothing is taken away from under it');
    release();
    await down;
    assert.equal(fake.mesh, undefined);
    assert.equal(fake.config['wireless']?.['meshpay'], undefined);
    await service.stop();
  });

  it('tells a restoration that fails, and makes it be tried again', async () => {
    const fake = new FakeOpenwrt();
    const service = serve(fake);
    await service.start();
    await reported(({ state }) => state === 'up');
    fake.refused = 'network.meshpay';
    writeFileSync(heldFile(statusFile), '');
    await assert.rejects(watched(statusFile, CONTEXT, 'down'), { code: 'radio_failed' });
    fake.refused = undefined;
    await watched(statusFile, CONTEXT, 'down');
    assert.equal(fake.config['network']?.['meshpay'], undefined);
    await service.stop();
  });

  it('knows who is there by the process that wrote the report, not by its age', async () => {
    const write = (report: Partial<RadioReport>) =>
      writeFileSync(statusFile, JSON.stringify({ ...REPORT, ...report }));
    assert.equal(await isWatched(statusFile), false);
    const startedMs = uptimeMs() - performance.now();
    write({ pid: process.pid, uptimeMs: startedMs + 1 });
    assert.equal(await isWatched(statusFile), true);
    write({ pid: process.pid, uptimeMs: startedMs - 60_000 });
    assert.equal(await isWatched(statusFile), false, 'the number was given to another since');
    write({ pid: 2 ** 22 + 1, uptimeMs: uptimeMs() });
    assert.equal(await isWatched(statusFile), false, 'it has ended a moment ago');
  });
});
