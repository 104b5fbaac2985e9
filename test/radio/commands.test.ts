/**
 * The commands of the radio as a person runs them: the built program against a report, a stale one,
 * none, and configurations that have become wrong. What needs root or a radio is in test/hwsim.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { EXITS } from '../../agent/shell/exit-codes.ts';
import { type RadioReport, uptimeMs } from '../../agent/shell/radio/report.ts';
import { fault } from '../../platform/fault.ts';
import { meshpay, temporaryFolder } from '../cli/support.ts';
import { REPORT } from './samples.ts';

const VIEWS = ['status', 'peers', 'paths'] as const;

/** A configuration with a radio whose passphrase file is not there. */
function makeNode(test: TestContext, report?: Partial<RadioReport>): string {
  const folder = temporaryFolder(test);
  mkdirSync(join(folder, 'run'));
  const config = `name = "oak"\nrole = "relay"\ngenesis = "genesis.json"\nnode_key = "node.key"\n
[radio]\nbody = "linux"\ncountry = "DE"\nmesh_id = "street"\npassphrase_file = "none"
status_file = "run/status.json"\n`;
  writeFileSync(join(folder, 'meshpayd.toml'), config);
  if (report !== undefined) writeReport(folder, report);
  return folder;
}

function writeReport(folder: string, report: Partial<RadioReport> = {}): void {
  const content = JSON.stringify({ ...REPORT, uptimeMs: uptimeMs(), ...report });
  writeFileSync(join(folder, 'run', 'status.json'), content);
}

function radio(folder: string, ...args: readonly string[]) {
  return meshpay(['radio', ...args, '--config', 'meshpayd.toml'], folder);
}

describe('the views of the radio', () => {
  it('show the report, for people and for programs', async (test) => {
    const folder = makeNode(test);
    const expected = {
      status: /^mesh +up for /,
      peers: /^neighbour +state/,
      paths: /^destination/,
    };
    for (const view of VIEWS) {
      // As meshpay-radio does all the time: a report of before the last command may be old by now.
      writeReport(folder);
      const plain = await radio(folder, view);
      assert.deepEqual([plain.status, plain.err], [0, '']);
      assert.match(plain.out, expected[view]);
      writeReport(folder);
      const { status, out } = await radio(folder, view, '--json');
      assert.equal(status, 0);
      const json: unknown = JSON.parse(out);
      const { stations, paths } = REPORT;
      if (view !== 'status') assert.deepEqual(json, view === 'peers' ? stations : paths);
    }
  });

  it('show an old report and say that nobody writes it any more', async (test) => {
    const folder = makeNode(test, { uptimeMs: uptimeMs() - 60_000 });
    for (const view of VIEWS) {
      const { status, out, err } = await radio(folder, view);
      assert.equal(status, EXITS.unavailable.status);
      assert.notEqual(out, '');
      assert.match(err, /radio_silent: report: .*found 1 min/);
    }
  });

  it('say how to start what does not run', async (test) => {
    for (const view of VIEWS) {
      const { status, out, err } = await radio(makeNode(test), view);
      assert.deepEqual([status, out], [EXITS.unavailable.status, '']);
      assert.match(err, /Start it: systemctl start meshpay-radio/);
    }
  });

  it('say why there is nothing to see', async (test) => {
    const faults = [
      fault('radio_blocked', 'radio phy0', 'a radio that is on', 'rfkill hard block'),
    ];
    const folder = makeNode(test, {
      state: 'waiting',
      mesh: null,
      stations: [],
      paths: [],
      faults,
    });
    const peers = await radio(folder, 'peers');
    assert.match(peers.out, /^The mesh is not up \(waiting\): "meshpay radio status" says why\.$/m);
    const status = await radio(folder, 'status');
    assert.match(status.out, /^waits for +radio phy0: a switch of the device keeps the radio off/m);
    assert.match(status.out, /mend: turn the radio on/);
  });
});

describe('a configuration that is not good enough', () => {
  it('is refused by plan with the field, and what makes the file', async (test) => {
    const { status, err } = await radio(makeNode(test), 'plan');
    assert.equal(status, EXITS.config.status);
    assert.match(
      err,
      /^meshpay: radio_settings: radio\.passphrase_file .*: there is no passphrase/,
    );
    assert.match(err, /Mend: put it into this file.*umask 077/);
  });

  it('does not keep the mesh from being taken down', async (test) => {
    const { status, err } = await radio(makeNode(test), 'plan', '--restore');
    // Whatever radios this machine has, or not even iw to look: the passphrase does not matter.
    assert.doesNotMatch(err, /passphrase/);
    assert.notEqual(status, EXITS.config.status);
  });
});
