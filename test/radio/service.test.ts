/** meshpay-radio over the imaginary radio: it reports, and holds the mesh down while asked to. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { RadioService } from '../../agent/radio/service.ts';
import { gated } from '../../agent/shell/radio/body.ts';
import { heldFile, type RadioReport, readRadioReport } from '../../agent/shell/radio/report.ts';
import { DummyPlatform } from '../../platform/dummy/dummy.ts';
import { fault } from '../../platform/fault.ts';
import { PHY, PHY_WITHOUT_MESH, SETTINGS, station } from '../platform/samples.ts';
import { found } from '../support/wait.ts';

const QUIET = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
  health: { lost: 0, fault: null },
};

describe('meshpay-radio', () => {
  let folder = '';
  let statusFile = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-radio-'));
    statusFile = join(folder, 'status.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function serve(dummy: DummyPlatform) {
    const setup = { settings: SETTINGS, notes: ['a note'] };
    return new RadioService({ platform: gated(dummy), setup, statusFile, log: QUIET });
  }

  async function reported(state: RadioReport['state']): Promise<RadioReport> {
    return found(() => {
      const reading = readRadioReport(statusFile);
      return reading.found && reading.report.state === state ? reading.report : undefined;
    }, `the report "${state}"`);
  }

  it('brings the mesh up and tells everybody how it stands, but not the passphrase', async () => {
    const dummy = new DummyPlatform([PHY], [station('02:00:00:00:02:00', 0)]);
    const service = serve(dummy);
    await service.start();
    const report = await reported('up');
    assert.deepEqual(report.wanted?.meshId, 'street');
    assert.deepEqual(report.notes, ['a note']);
    assert.equal(report.stations.length, 1);
    assert.equal(statSync(statusFile).mode & 0o777, 0o644);
    assert.ok(!JSON.stringify(report).includes('horse'));
    await service.stop();
    assert.notEqual(dummy.running, undefined, 'the mesh outlives the program');
  });

  it('tells what else disturbs with what the platform warns of, and who is heard', async () => {
    const dummy = new DummyPlatform([PHY], [station('02:00:00:00:02:00', 0)]);
    const setup = { settings: SETTINGS, notes: [] };
    const warning = fault('led_failed', 'ACT', 'one', 'none');
    const options = { platform: gated(dummy), setup, statusFile, log: QUIET };
    const service = new RadioService({ ...options, warnings: () => [warning] });
    assert.equal(service.hearsNeighbours, false);
    await service.start();
    const { mesh } = await reported('up');
    assert.deepEqual(mesh?.warnings, [warning]);
    await found(() => (service.hearsNeighbours ? true : undefined), 'a neighbour');
    writeFileSync(heldFile(statusFile), '');
    await reported('down');
    assert.equal(service.hearsNeighbours, false);
    await service.stop();
  });

  it('takes the mesh down while it is held, and brings it up again', async () => {
    const dummy = new DummyPlatform([PHY]);
    const service = serve(dummy);
    await service.start();
    await reported('up');
    writeFileSync(heldFile(statusFile), '');
    await reported('down');
    assert.equal(dummy.running, undefined);
    rmSync(heldFile(statusFile));
    await reported('up');
    assert.notEqual(dummy.running, undefined);
    await service.stop();
  });

  it('stays down at a start while it is held', async () => {
    const dummy = new DummyPlatform([PHY]);
    writeFileSync(heldFile(statusFile), '');
    const service = serve(dummy);
    await service.start();
    await reported('down');
    assert.equal(dummy.running, undefined);
    await service.stop();
  });

  it('waits with its reasons where no radio will do', async () => {
    const service = serve(new DummyPlatform([PHY_WITHOUT_MESH]));
    await service.start();
    const { faults } = await reported('waiting');
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['radio_without_mesh'],
    );
    await service.stop();
  });

  it('leaves nothing running while it is held down, each time', async (t) => {
    const dummy = new DummyPlatform([PHY], [station('02:00:00:00:02:00', 0)]);
    const platform = gated(dummy);
    const open = { watches: 0, looks: 0 };
    // What is left running in spite of all waits for ever then, and not this file for it.
    let isOver = false;
    t.after(async () => {
      isOver = true;
      await service.stop();
    });
    const look = <T>(looked: () => Promise<T>): Promise<T> => {
      open.looks++;
      return isOver ? new Promise<T>(() => undefined) : looked();
    };
    const watched: typeof platform = {
      ...platform,
      observe: (scope) => look(() => platform.observe(scope)),
      stations: (name) => look(() => platform.stations(name)),
      watch: async (listener) => {
        const watch = await platform.watch(listener);
        if (!watch.ok) return watch;
        open.watches++;
        const close = (): void => {
          open.watches--;
          watch.value.close();
        };
        return { ok: true, value: { close } };
      },
    };
    const setup = { settings: SETTINGS, notes: [] };
    const service = new RadioService({ platform: watched, setup, statusFile, log: QUIET });
    await service.start();
    for (let round = 0; round < 2; round++) {
      await reported('up');
      assert.equal(open.watches, 1);
      writeFileSync(heldFile(statusFile), '');
      const { uptimeMs } = await reported('down');
      assert.equal(open.watches, 0, 'nothing is told any more of what happens on the radio');
      const { looks } = open;
      // Two reports later the loop and the guard would have looked again.
      const later = await next(await next(uptimeMs));
      assert.equal(open.looks, looks, 'nobody looks');
      assert.ok(later > uptimeMs);
      assert.equal((await reported('down')).state, 'down');
      if (round === 0) rmSync(heldFile(statusFile));
    }
  });

  it('leaves nothing running when it is stopped while the mesh is up', async () => {
    const dummy = new DummyPlatform([PHY]);
    const platform = gated(dummy);
    let watches = 0;
    const watch: typeof platform.watch = async (listener) => {
      const found = await platform.watch(listener);
      watches++;
      if (!found.ok) return found;
      const { value } = found;
      const close = (): void => {
        watches--;
        value.close();
      };
      return { ok: true, value: { close } };
    };
    const setup = { settings: SETTINGS, notes: [] };
    const service = new RadioService({
      platform: { ...platform, watch },
      setup,
      statusFile,
      log: QUIET,
    });
    await service.start();
    await reported('up');
    await service.stop();
    assert.equal(watches, 0);
  });

  /** When the report was written that comes after one. */
  async function next(afterMs: number): Promise<number> {
    return found(() => {
      const reading = readRadioReport(statusFile);
      return reading.found && reading.report.uptimeMs > afterMs
        ? reading.report.uptimeMs
        : undefined;
    }, 'another report');
  }
});
