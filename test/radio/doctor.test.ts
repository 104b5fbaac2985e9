/** What doctor says of the radio, from a report and the node's own senses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { duplicatesIn } from '../../agent/radio/duplicates.ts';
import type { CheckView } from '../../agent/shell/control/check.ts';
import { judgeRadio, type MeshSenses } from '../../agent/shell/daemon/doctor/radio-checks.ts';
import type { RadioReport } from '../../agent/shell/radio/report.ts';
import { fault } from '../../platform/fault.ts';
import { MESH, NEIGHBOUR, REPORT } from './samples.ts';

const SENSES: MeshSenses = {
  nowMs: 300_000,
  heardAtMs: 299_000,
  startedMs: 0,
  twins: { heard: 0, certain: 0 },
  isOpen: true,
};

function judge(report: Partial<RadioReport>, senses: Partial<MeshSenses> = {}, fresh = true) {
  const reading = { found: true, report: { ...REPORT, ...report }, fresh, ageMs: 20_000 } as const;
  return judgeRadio(reading, { ...SENSES, ...senses });
}

function wrong(checks: readonly CheckView[]): readonly string[] {
  return checks
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ verdict, name, what }) => `${verdict} ${name}: ${what}`);
}

describe('doctor on the radio', () => {
  it('tells that the log of the radio program is not written', () => {
    const log = { lost: 3, fault: 'ENOSPC' };
    assert.deepEqual(wrong(judge({ log })), [
      'warn radio log: it cannot be written (ENOSPC); 3 lines were lost',
    ]);
  });

  it('finds nothing wrong with a mesh that is well', () => {
    assert.deepEqual(wrong(judge({})), []);
  });

  it('says that meshpay-radio does not run', () => {
    const checks = judgeRadio({ found: false, why: 'not there' }, SENSES);
    assert.deepEqual(wrong(checks), ['fail radio: meshpay-radio has left no report (not there)']);
    assert.deepEqual(wrong(judge({}, {}, false)), [
      'fail radio: meshpay-radio has said nothing for 20 s',
    ]);
  });

  for (const code of [
    'country_unset',
    'channel_radar',
    'radio_without_mesh',
    'supplicant_without_mesh',
  ] as const) {
    it(`tells what the mesh waits for, and what mends it: ${code}`, () => {
      const faults = [fault(code, 'somewhere', 'this', 'that')];
      const [check] = judge({ state: 'waiting', faults, mesh: null, stations: [] });
      assert.equal(check?.verdict, 'fail');
      assert.match(check.what, /^somewhere: .*expected this, found that/);
      assert.match(check.mend ?? '', /^[A-Z].*\.$/);
    });
  }

  it('tells what disturbs a mesh that is up, and what to do', () => {
    const warnings = [fault('manager_holds', 'manager dhcpcd', 'this', 'that')];
    const [check] = judge({ mesh: { ...MESH, warnings } }).filter(
      ({ verdict }) => verdict !== 'ok',
    );
    assert.equal(check?.verdict, 'warn');
    assert.match(check.what, /^manager dhcpcd: .*expected this, found that/);
    assert.match(check.mend ?? '', /^Look in its files .*\.$/);
  });

  it('counts neighbours by when they were heard, not by what the kernel keeps', () => {
    const silent = { ...NEIGHBOUR, inactiveMs: 20_000 };
    assert.deepEqual(wrong(judge({ stations: [silent] })), [
      'fail neighbours: nobody is heard any more: not 02:00:00:00:02:00',
    ]);
    const alive = { ...NEIGHBOUR, address: '02:00:00:00:05:00' };
    assert.deepEqual(wrong(judge({ stations: [silent, alive] })), []);
    const [, checks] = judge({ stations: [silent, alive] });
    assert.equal(checks?.what, '1 on the mesh');
  });

  it('tells each note under its own name', () => {
    const notes = ['genesis: none', 'radio.passphrase_file: a space'];
    assert.deepEqual(wrong(judge({ notes })), [
      'warn mesh address: genesis: none',
      'warn passphrase file: radio.passphrase_file: a space',
    ]);
  });

  it('tells when it is tried again, where that is long', () => {
    const faults = [fault('mesh_not_up', 'somewhere', 'this', 'that')];
    const mendOf = (nextTryMs: number | null) =>
      judge({ state: 'waiting', faults, nextTryMs, mesh: null })[0]?.mend ?? '';
    const { uptimeMs } = REPORT;
    assert.match(mendOf(uptimeMs + 7_200_000), /\. It is tried again in 120 minutes, or at once: /);
    assert.ok(!mendOf(uptimeMs + 119_000).includes('tried again'));
    assert.ok(!mendOf(null).includes('tried again'));
  });

  it('tells the mistake with which meshpay-radio ended', () => {
    const faults = [fault('passphrase_invalid', 'radio.passphrase_file', '8', '7 characters')];
    const [first] = wrong(judge({ state: 'waiting', faults, mesh: null }, {}, false));
    assert.match(first ?? '', /^fail radio: meshpay-radio has ended: radio\.passphrase_file: /);
  });

  it('suspects the neighbour of another passphrase while others are peered, and itself else', () => {
    const mesh = { ...MESH, saeFailures: [{ address: '02:00:00:00:09:00', count: 3 }] };
    assert.deepEqual(wrong(judge({ mesh })), [
      'warn passphrase: SAE failed with 02:00:00:00:09:00 (3 times)',
    ]);
    assert.deepEqual(wrong(judge({ mesh, stations: [] })), [
      'warn neighbours: none is peered with this node',
      'fail passphrase: SAE failed with 02:00:00:00:09:00 (3 times)',
    ]);
  });

  it('finds a neighbour whose management frames are not protected', () => {
    const stations = [{ ...NEIGHBOUR, protectedManagement: false }];
    assert.deepEqual(wrong(judge({ stations })), [
      `fail protection: management frames are not protected with ${NEIGHBOUR.address}`,
    ]);
  });

  it('finds another node with the same key, by its beacons or its address', () => {
    assert.deepEqual(wrong(judge({}, { twins: { heard: 2, certain: 2 } })), [
      'fail node key: this key is elsewhere: 2 beacons of another node',
    ]);
    assert.deepEqual(wrong(judge({ duplicates: { ofKey: ['fd12::1'], ofHardware: [] } })), [
      'fail node key: this key is elsewhere: the address fd12::1 is taken',
    ]);
    assert.deepEqual(wrong(judge({}, { twins: { heard: 2, certain: 0 } })), [
      'warn node key: 2 beacons with this key came from elsewhere: a twin, or replays',
    ]);
  });

  it('does not call a shared hardware address a stolen key', () => {
    const duplicates = { ofKey: [], ofHardware: ['fe80::ff:fe00:100'] };
    assert.deepEqual(wrong(judge({ duplicates })), [
      "fail hardware address: another node's radio has the hardware address 02:00:00:00:01:00 " +
        '(fe80::ff:fe00:100)',
    ]);
    const [key] = judge({ duplicates }).filter(({ name }) => name === 'node key');
    assert.equal(key?.verdict, 'ok');
  });

  it('names a shared hardware address among what keeps neighbours away', () => {
    const [check] = judge({ stations: [] }).filter(({ name }) => name === 'neighbours');
    for (const word of ['mesh_id', 'channel', 'passphrase', 'hardware address']) {
      assert.ok(check?.mend?.includes(word), word);
    }
  });

  it('finds multicast that does not pass, but only where somebody could be heard', () => {
    const deaf = { heardAtMs: undefined };
    assert.deepEqual(wrong(judge({}, deaf)), [
      'warn multicast: neighbours are peered, but no beacon came for 300 s',
    ]);
    assert.deepEqual(wrong(judge({ stations: [{ ...NEIGHBOUR, connectedSeconds: 5 }] }, deaf)), []);
  });

  it('does not call multicast well before a beacon was heard', () => {
    const [check] = judge({}, { heardAtMs: undefined, startedMs: 290_000 }).filter(
      ({ name }) => name === 'multicast',
    );
    assert.equal(check?.what, 'it is too early to tell');
  });

  it('says that nobody can come in over the mesh', () => {
    const [first] = wrong(judge({}, { isOpen: false }));
    assert.match(first ?? '', /^warn mesh address/);
  });
});

describe('duplicate addresses', () => {
  it('are those that the kernel has marked, of the mesh interface alone', () => {
    const table = [
      'fd120000000000000000000000000001 05 40 00 88    mesh0',
      'fd120000000000000000000000000002 05 40 00 80    mesh0',
      'fd120000000000000000000000000003 06 40 00 88     eth0',
      'fe80000000000000000000fffe000100 05 40 20 80    mesh0',
      'fe80000000000000000000fffe000101 05 40 20 88    mesh0',
      'fe80000000000000123456789abcdef0 05 40 20 88    mesh0',
      'fd99000000000000000000fffe000101 05 40 00 88    mesh0',
      '',
    ].join('\n');
    const made = ['fd12::1/64', 'FD12:0::2/64', 'fd12::3/64', 'fe80::1234:5678:9abc:def0/64'];
    assert.deepEqual(duplicatesIn(table, 'mesh0', made), {
      ofKey: ['fd12::1', 'fe80::1234:5678:9abc:def0'],
      ofHardware: ['fe80::ff:fe00:101'],
    });
    assert.deepEqual(duplicatesIn(table, 'mesh0', []).ofKey, []);
    assert.deepEqual(duplicatesIn('nonsense', 'mesh0', made), { ofKey: [], ofHardware: [] });
  });
});
