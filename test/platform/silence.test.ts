/** Radios that hear nobody any more: what is tried, when, and when it is given up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { SILENT_MS } from '../../platform/limits.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import { DEFAULT_LIVENESS, isHeard } from '../../platform/liveness.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import type { Station } from '../../platform/radio.ts';
import { isDeaf, listen, NEVER_HEARD, type Silence } from '../../platform/silence.ts';
import { commands, up, value } from './conformance.ts';
import { FakeLinux } from './fake-linux.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { SETTINGS, station } from './samples.ts';

const A = '02:00:00:00:00:0a';
const DEAD = [station(A, 60_000)];

/** Looks at these moments, and says what was tried. */
function looks(...moments: readonly (readonly [nowMs: number, stations: readonly Station[]])[]) {
  let silence: Silence = NEVER_HEARD;
  const tried: unknown[] = [];
  for (const [nowMs, stations] of moments) {
    const heard = listen(silence, nowMs, stations);
    silence = heard.silence;
    tried.push(isDeaf(silence) ? 'deaf' : heard.revival);
  }
  return tried;
}

describe('a neighbour', () => {
  it('counts while it was heard within the longest patience, whatever the kernel keeps', () => {
    assert.ok(isHeard(station(A, DEFAULT_LIVENESS.falseAlarmMs - 1)));
    assert.ok(!isHeard(station(A, DEFAULT_LIVENESS.falseAlarmMs)));
    assert.ok(!isHeard({ ...station(A, 0), peerLink: 'BLOCKED' }));
  });

  it('has more time where beacons are rare', () => {
    const slow = { ...station(A, 40_000), beaconIntervalTu: 1000 };
    assert.ok(isHeard(slow));
    assert.ok(!isHeard({ ...slow, inactiveMs: 40_960 }));
    assert.ok(!isHeard({ ...station(A, 40_000), beaconIntervalTu: undefined }));
  });
});

describe('silence of all', () => {
  it('starts the supplicant anew, then the interface, then is said to be for good', () => {
    assert.deepEqual(
      looks(
        [0, [station(A, 0)]],
        [SILENT_MS - 1, DEAD],
        [SILENT_MS, DEAD],
        [2 * SILENT_MS - 1, []],
        [2 * SILENT_MS, []],
        [3 * SILENT_MS - 1, []],
        [3 * SILENT_MS, []],
        [9 * SILENT_MS, []],
      ),
      [undefined, undefined, 'supplicant', undefined, 'interface', undefined, 'deaf', 'deaf'],
    );
  });

  it('is ended by one neighbour, and begins anew after it', () => {
    const last = 2 * SILENT_MS;
    assert.deepEqual(
      looks(
        [0, [station(A, 0)]],
        [SILENT_MS, []],
        [last, [...DEAD, station(A, 0)]],
        [last + SILENT_MS - 1, []],
        [last + SILENT_MS, []],
      ),
      [undefined, 'supplicant', undefined, undefined, 'supplicant'],
    );
  });

  it('of a node that never heard anybody is left alone', () => {
    assert.deepEqual(looks([0, []], [10 * SILENT_MS, DEAD]), [undefined, undefined]);
  });
});

describe('a revival', () => {
  it('ends the supplicant and takes the interface away, and the next plan builds both', async () => {
    for (const what of ['supplicant', 'interface'] as const) {
      const fake = new FakeLinux();
      const platform = new LinuxPlatform(fake, fake.host, 'netlink');
      await up(platform);
      const observed = value(await platform.observe(SETTINGS));
      const revived = platform.revive(SETTINGS, observed, what);
      const lines = transcript(revived);
      assert.match(lines[0] ?? '', /^stop process 100 /);
      assert.deepEqual(lines.slice(1), what === 'interface' ? ['iw dev mesh0 del'] : []);
      value(await platform.apply(revived));
      const after = transcript(await commands(platform));
      assert.ok(after.some((line) => line.startsWith('wpa_supplicant')));
      assert.equal(
        after.some((line) => line.includes('interface add')),
        what === 'interface',
      );
      await up(platform);
      assert.ok(platform.status(SETTINGS, value(await platform.observe(SETTINGS))).joined);
    }
  });

  it('on a router rebuilds the radio, unless somebody else has a network on it', async () => {
    const fake = new FakeOpenwrt();
    const platform = new OpenwrtPlatform(fake, fake.host, 'iw');
    await up(platform);
    const observed = value(await platform.observe(SETTINGS));
    const lines = (what: 'supplicant' | 'interface', wireless = observed.wireless) =>
      transcript(platform.revive(SETTINGS, { ...observed, wireless }, what));
    assert.deepEqual(
      lines('supplicant'),
      ['disconnect', 'reconnect'].map(
        (verb) => `wpa_cli -p /var/run/wpa_supplicant -i mesh0 ${verb}`,
      ),
    );
    assert.deepEqual(lines('interface').slice(0, 3), [
      'wifi down radio0',
      'wifi up radio0',
      'await /sys/class/net/mesh0/carrier = 1 (60000 ms)',
    ]);
    const guest = { type: 'wifi-iface', options: { device: 'radio0', mode: 'ap' } };
    assert.deepEqual(lines('interface', new Map([...observed.wireless, ['guest', guest]])), []);
  });
});
