/**
 * Which section of the wireless configuration is which radio: as netifd finds it, never another's.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenwrtObserved } from '../../platform/openwrt/observed.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { deviceOf } from '../../platform/openwrt/sections.ts';
import { value } from './conformance.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { PHY, SETTINGS } from './samples.ts';

const SOC = '/sys/devices/platform/ahb/18100000.wifi';

type Options = Readonly<Record<string, string>>;

/** The section of `phy` on a frequency, of sections that are named by their place. */
function sectionOf(
  devices: readonly Options[],
  phy: string,
  frequencyMhz = 2412,
  devicePaths: Options = { phy0: SOC, phy1: SOC, phy2: SOC },
  phyAddresses: Options = {},
) {
  const sections = devices.map(
    (options, place) => [`radio${place}`, { type: 'wifi-device', options }] as const,
  );
  const observed = { wireless: new Map(sections), devicePaths, phyAddresses };
  return deviceOf(observed as unknown as OpenwrtObserved, { ...PHY, name: phy }, frequencyMhz);
}

describe('the section of a radio', () => {
  const path = 'platform/ahb/18100000.wifi';
  const three = [
    { path, band: '5g' },
    { path: `${path}+1`, band: '2g' },
    { path: `${path}+2`, band: '5g' },
  ];

  it('is found by the place of its phy at the device', () => {
    assert.equal(sectionOf(three, 'phy0', 5745), 'radio0');
    assert.equal(sectionOf(three, 'phy1', 2437), 'radio1');
    assert.equal(sectionOf(three, 'phy2', 5180), 'radio2');
    assert.equal(sectionOf([...three].reverse(), 'phy2', 5180), 'radio0');
    assert.equal(sectionOf([{ path: `${path}+3` }], 'phy2'), undefined);
    assert.equal(sectionOf([{ path }], 'phy1'), undefined, 'without a place it is the first');
  });

  it('counts the places by the numbers of the phys, as they are in the plan of a router', async () => {
    const fake = new FakeOpenwrt();
    fake.phyList = [2, 10, 0].map((index) => ({ ...PHY, index, name: `phy${index}` }));
    const platform = new OpenwrtPlatform(fake, fake.host, 'iw');
    const observed = value(await platform.observe(SETTINGS));
    assert.deepEqual(Object.keys(observed.devicePaths), ['phy0', 'phy2', 'phy10']);
  });

  it('is found with and without the word platform, and by the whole path alone', () => {
    assert.equal(sectionOf([{ path: 'ahb/18100000.wifi' }], 'phy0'), 'radio0');
    assert.equal(sectionOf([{ path: '18100000.wifi' }], 'phy0'), undefined);
    assert.equal(sectionOf([{ path: '' }], 'phy0'), undefined);
  });

  it('is found by name, before path and address, while there is such a phy', () => {
    assert.equal(sectionOf([{ phy: 'phy1', path }], 'phy1'), 'radio0');
    assert.equal(sectionOf([{ phy: 'phy1', path }], 'phy0'), undefined);
    assert.equal(sectionOf([{ phy: 'phy9', path }], 'phy0'), 'radio0');
  });

  it('is found by the hardware address, in letters of any size', () => {
    const addresses = { phy0: '02:00:00:00:aa:00', phy1: '02:00:00:00:aa:01' };
    const find = (options: Options, phy: string) =>
      sectionOf([options], phy, 2412, { phy0: SOC, phy1: SOC }, addresses);
    assert.equal(find({ macaddr: '02:00:00:00:AA:01' }, 'phy1'), 'radio0');
    assert.equal(find({ macaddr: '02:00:00:00:AA:01' }, 'phy0'), undefined);
    assert.equal(find({ macaddr: '02:00:00:00:AA:01', path }, 'phy0'), 'radio0');
  });

  it('is that of the radio on the band, of several at one phy, and no other', () => {
    const radios = [
      { path, radio: '0', band: '2g' },
      { path, radio: '1', band: '5g' },
    ];
    assert.equal(sectionOf(radios, 'phy0', 5180), 'radio1');
    assert.equal(sectionOf(radios, 'phy0', 2412), 'radio0');
    assert.equal(sectionOf(radios, 'phy0', 5955), undefined);
    assert.equal(sectionOf([{ path, band: '5g' }], 'phy0', 2412), 'radio0', 'one that can do both');
  });
});
