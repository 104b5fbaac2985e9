/**
 * The OpenWrt body against what real routers printed (recordings.ts), and its simulated router too.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { saeFailures } from '../../platform/linux/supplicant.ts';
import type { OpenwrtObserved } from '../../platform/openwrt/observed.ts';
import { parseWirelessStatus } from '../../platform/openwrt/observed.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { deviceOf } from '../../platform/openwrt/sections.ts';
import { parseUciShow, type UciSection } from '../../platform/openwrt/uci.ts';
import type { RadioEvent } from '../../platform/radio.ts';
import { value } from './conformance.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { NETIFD_AWAY, SAE_LOG, STATUSES, UBUS_LINES, UCI_SHOWS } from './recordings.ts';
import { PHY, SETTINGS } from './samples.ts';

function make() {
  const fake = new FakeOpenwrt();
  return { fake, platform: new OpenwrtPlatform(fake, fake.host, 'iw') };
}

/** As the simulated router keeps sections. */
function sections(text: string): FakeOpenwrt['config'][string] {
  const copy = ({ type, options }: UciSection) => ({
    type,
    options: Object.fromEntries(
      Object.entries(options).map(([name, one]) => [
        name,
        typeof one === 'string' ? one : [...one],
      ]),
    ),
  });
  return Object.fromEntries([...parseUciShow(text)].map(([name, one]) => [name, copy(one)]));
}

describe('the status of netifd', () => {
  for (const { router, text, interfaces } of STATUSES) {
    it(`is read as it was recorded: ${router}`, () => {
      const radios = parseWirelessStatus(text);
      const expected = Object.entries(interfaces).map(([name, interfaceNames]) => {
        return [name, { up: true, pending: false, setupFailed: false, interfaceNames }];
      });
      assert.deepEqual(radios, Object.fromEntries(expected));
    });
  }

  it('has the same words on the simulated router', async () => {
    const { fake, platform } = make();
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.ok(plan.ok);
    value(await platform.apply(plan.commands));
    const status = await fake.host.output(['ubus', 'call', 'network.wireless', 'status']);
    const said = keysOf(JSON.parse(value(status).stdout));
    const recorded = new Set(STATUSES.flatMap(({ text }) => [...keysOf(JSON.parse(text))]));
    assert.deepEqual([...said].filter((key) => !recorded.has(key)).sort(), []);
  });

  it('may be away for a while, which is told in the words of ubus', async () => {
    const { fake, platform } = make();
    fake.failing = { line: 'ubus call network.wireless status', status: 4, stderr: NETIFD_AWAY };
    const observed = await platform.observe(SETTINGS);
    assert.equal(observed.ok ? '' : observed.fault.code, 'command_failed');
    assert.equal(observed.ok ? '' : observed.fault.found, 'exit 4: Command failed: Not found');
  });
});

describe('the configuration of a router', () => {
  for (const { router, text, folders, devices } of UCI_SHOWS) {
    it(`is read as it was recorded: ${router}`, () => {
      const wireless = parseUciShow(text);
      assert.equal([...wireless.values()].reduce(linesOf, 0), text.split('\n').length);
      const observed = { wireless, devicePaths: folders } as unknown as OpenwrtObserved;
      for (const { phy, frequencyMhz, device } of devices) {
        assert.equal(deviceOf(observed, { ...PHY, name: phy }, frequencyMhz), device);
      }
    });

    it(`is printed so by the simulated router: ${router}`, async () => {
      const { fake } = make();
      fake.config['wireless'] = sections(text);
      const shown = await fake.host.output(['uci', 'show', 'wireless']);
      assert.equal(value(shown).stdout, text);
    });
  }

  it('is changed in nothing but the mesh and the options of its radio', async () => {
    const [recording] = UCI_SHOWS;
    const { fake, platform } = make();
    fake.config['wireless'] = sections(
      (recording?.text ?? '')
        .replaceAll(/.*\.(AP|mesh)[.=].*\n/g, '')
        .replace('1e140000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0', 'soc/18000000.wifi'),
    );
    const before = structuredClone(fake.config['wireless']);
    const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.ok(plan.ok);
    value(await platform.apply(plan.commands));
    const { meshpay, radio0, ...rest } = fake.config['wireless'] ?? {};
    assert.equal(meshpay?.options['mode'], 'mesh');
    assert.deepEqual(radio0?.options['htmode'], before?.['radio0']?.options['htmode']);
    const { radio0: _, ...untouched } = before ?? {};
    assert.deepEqual(rest, untouched);
  });
});

describe('what a router tells while it runs', () => {
  it('is heard from netifd, and from nobody else on the bus', async () => {
    const { fake, platform } = make();
    const seen: RadioEvent[] = [];
    const watch = value(await platform.watch((event) => seen.push(event)));
    for (const line of UBUS_LINES.text.split('\n'))
      for (const hear of fake.host.followers) hear(line);
    watch.close();
    const changed = { kind: 'interface_changed', interfaceName: 'meshpay', phyIndex: undefined };
    assert.deepEqual(seen, [changed, changed]);
  });

  it('counts the failures of SAE, and not the block that follows', () => {
    assert.deepEqual(saeFailures(SAE_LOG.text), [{ address: '02:00:00:15:1f:0a', count: 4 }]);
  });
});

function linesOf(sum: number, { options }: UciSection): number {
  return sum + 1 + Object.keys(options).length;
}

/** Every key of an object and of what is in it. */
function keysOf(value: unknown, keys = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return keys;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) keys.add(key);
    keysOf(inner, keys);
  }
  return keys;
}
