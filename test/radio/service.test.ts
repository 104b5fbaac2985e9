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
});
