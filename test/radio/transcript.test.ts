/** What meshpay-radio runs through its gate, and that bad input changes nothing on the host. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gated } from '../../agent/shell/radio/body.ts';
import { LinuxPlatform } from '../../platform/linux/linux.ts';
import type { MeshSettings } from '../../platform/settings.ts';
import { commands, value } from '../platform/conformance.ts';
import { FakeLinux } from '../platform/fake-linux.ts';
import { PHY_WITHOUT_MESH, SETTINGS } from '../platform/samples.ts';

function make(fake = new FakeLinux()) {
  return { fake, platform: gated(new LinuxPlatform(fake, fake.host, 'netlink')) };
}

async function refusal(settings: MeshSettings, fake = new FakeLinux()): Promise<string> {
  const { platform } = make(fake);
  const plan = platform.plan(settings, value(await platform.observe(settings)));
  assert.deepEqual(fake.host.performed, []);
  return plan.ok ? 'no fault' : plan.faults.map(({ code }) => code).join();
}

describe('the plan of meshpay-radio', () => {
  it('is not applied while the mesh is held down, and is again afterwards', async () => {
    const { fake, platform } = make();
    const plan = await commands(platform);
    await platform.shut();
    const applied = await platform.apply(plan);
    assert.ok(!applied.ok);
    assert.deepEqual(fake.host.performed, []);
    platform.open();
    await platform.apply(plan.slice(0, 1));
    assert.equal(fake.host.performed.length, 1);
  });
});

describe('bad input', () => {
  const cases: readonly (readonly [what: string, change: Partial<MeshSettings>, code: string])[] = [
    ['an unknown country', { country: 'germany' }, 'country_unknown'],
    ['no country', { country: '' }, 'country_unset'],
    ['a channel that is not allowed', { frequencyMhz: 2484, country: '00' }, 'country_unset'],
    ['a channel that is closed here', { frequencyMhz: 2484 }, 'channel_not_allowed'],
    ['a channel with radar', { frequencyMhz: 5260 }, 'channel_radar'],
    ['a channel that no radio has', { frequencyMhz: 2472 }, 'channel_unknown,radio_without_mesh'],
    ['a short passphrase', { passphrase: 'seven77' }, 'passphrase_invalid'],
    ['a long mesh id', { meshId: 'x'.repeat(33) }, 'mesh_id_invalid'],
    ['a multicast rate that no radio has', { multicastRateMbps: 7 }, 'parameter_invalid'],
    ['a radio that is not there', { radio: 'phy9' }, 'radio_missing'],
    ['an interface name that is in use', { interfaceName: 'wlan0' }, 'interface_taken'],
  ];
  for (const [what, change, code] of cases) {
    it(`${what} is refused as ${code} before anything is changed`, async () => {
      const fake = new FakeLinux();
      fake.world.country = 'US';
      assert.equal(await refusal({ ...SETTINGS, ...change }, fake), code);
    });
  }

  it('a machine whose radios have no mesh is refused before anything is changed', async () => {
    const fake = new FakeLinux([PHY_WITHOUT_MESH]);
    assert.equal(await refusal(SETTINGS, fake), 'radio_without_mesh');
  });
});
