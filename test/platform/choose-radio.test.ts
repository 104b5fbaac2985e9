/** Which radio carries the mesh, where a host has several. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseRadio } from '../../platform/platform.ts';
import type { Band, Phy } from '../../platform/radio.ts';
import { PHY, PHY_WITHOUT_MESH, SETTINGS } from './samples.ts';

function onBand(name: string, index: number, wanted: Band): Phy {
  return { ...PHY, name, index, channels: PHY.channels.filter(({ band }) => band === wanted) };
}

const TWO = onBand('phy0', 0, '2.4 GHz');
const FIVE = onBand('phy1', 1, '5 GHz');
const ON_FIVE = { ...SETTINGS, frequencyMhz: 5180 };

function chosen(phys: readonly Phy[], settings = SETTINGS): string | readonly string[] {
  const choice = chooseRadio(phys, settings);
  if ('phy' in choice) return choice.phy.name;
  return choice.faults.map(({ code, field, expected }) => `${code} ${field}: ${expected}`);
}

describe('the choice of the radio', () => {
  it('is the first that has the wanted channel, of those that can carry the mesh', () => {
    assert.equal(chosen([TWO, FIVE]), 'phy0');
    assert.equal(chosen([TWO, FIVE], ON_FIVE), 'phy1');
    const plain = { ...FIVE, name: 'phy5', interfaceTypes: PHY_WITHOUT_MESH.interfaceTypes };
    assert.equal(chosen([plain, TWO, FIVE], ON_FIVE), 'phy1');
  });

  it('is the one that may use the channel, where two radios share a band', () => {
    const channels = FIVE.channels.map((each) => ({ ...each, disabled: true }));
    const upper = { ...FIVE, name: 'phy2', index: 2, channels };
    assert.equal(chosen([upper, FIVE], ON_FIVE), 'phy1');
    assert.equal(chosen([upper], ON_FIVE), 'phy2', 'the country may allow it yet');
  });

  it('is refused with what each of them lacks', () => {
    const plain = { ...PHY_WITHOUT_MESH, name: 'phy7' };
    assert.deepEqual(chosen([plain, TWO], ON_FIVE), [
      'channel_unknown frequencyMhz: a channel of phy0',
      'radio_without_mesh radio phy7: mesh point among its interface types',
    ]);
    assert.deepEqual(chosen([TWO, FIVE], { ...ON_FIVE, radio: 'phy0' }), [
      'channel_unknown frequencyMhz: a channel of phy0',
    ]);
  });
});
