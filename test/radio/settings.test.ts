/** The table [radio] -> what the platform is asked for, and every mistake in it by its own name. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { configWith, parseConfig } from '../../agent/shell/config/config.ts';
import type { Config } from '../../agent/shell/config/config-schema.ts';
import { writeKeyFile } from '../../agent/shell/keys.ts';
import { meshAddressesWithPrefix } from '../../agent/shell/radio/address.ts';
import { inConfigWords, readRadioSetups, remedyFor } from '../../agent/shell/radio/settings.ts';
import { describeFault, FAULTS, type FaultCode, fault } from '../../platform/fault.ts';
import { signerOf, testNetwork } from '../cli/support.ts';

const { network } = testNetwork('street');

/** Of the one radio. */
function readRadioSetup(config: Config) {
  const reading = readRadioSetups(config);
  return reading.ok ? ({ ok: true, setup: reading.setups[0] } as const) : reading;
}

describe('the radio of a configuration', () => {
  let folder = '';
  let secret = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-radio-'));
    secret = join(folder, 'mesh.passphrase');
    writeFileSync(secret, 'correct horse battery\nwhat follows is not read\n', { mode: 0o600 });
    writeFileSync(join(folder, 'genesis.json'), JSON.stringify(genesisToJson(network.genesis)));
    writeKeyFile(join(folder, 'node.key'), new Uint8Array(32).fill(1));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function config(changes: Partial<Config> = {}): Config {
    return configWith({
      name: 'oak',
      role: 'authority',
      genesis: join(folder, 'genesis.json'),
      node_key: join(folder, 'node.key'),
      'radio.body': 'linux',
      'radio.country': 'DE',
      'radio.passphrase_file': secret,
      ...changes,
    });
  }

  function faults(changes: Partial<Config>): readonly string[] {
    const reading = readRadioSetup(config(changes));
    return reading.ok ? [] : reading.faults.map((each) => `${each.code} ${each.field}`);
  }

  it('hands on what is set for long ways and hard places, and nothing that is not', () => {
    const bare = readRadioSetup(config());
    assert.ok(bare.ok && !('distanceMeters' in bare.setup.settings));
    const reading = readRadioSetup(
      config({
        'radio.parameters': { mesh_rssi_threshold: -80, mesh_ttl: 5 },
        'radio.distance': 3_000,
        'radio.basic_rates': [6, 12],
      }),
    );
    assert.ok(reading.ok);
    const { parameters, distanceMeters, basicRatesMbps } = reading.setup.settings;
    assert.deepEqual([distanceMeters, basicRatesMbps], [3_000, [6, 12]]);
    const { mesh_rssi_threshold, mesh_ttl, mesh_fwding } = parameters;
    assert.deepEqual([mesh_rssi_threshold, mesh_ttl, mesh_fwding], [-80, 5, 1]);
    assert.deepEqual(faults({ 'radio.basic_rates': [7] }), ['parameter_invalid radio.basic_rates']);
  });

  it('needs a country and a passphrase; name and address follow from network and key', () => {
    const reading = readRadioSetup(config());
    assert.ok(reading.ok);
    const { settings, notes } = reading.setup;
    assert.equal(settings.meshId, 'street');
    assert.equal(settings.passphrase, 'correct horse battery');
    assert.equal(settings.frequencyMhz, 2412);
    assert.deepEqual(
      settings.addresses,
      meshAddressesWithPrefix(network.id, signerOf(1).publicKey),
    );
    assert.deepEqual(notes, []);
  });

  it('comes up without an address where the key cannot be read, and says so', () => {
    const reading = readRadioSetup(config({ node_key: join(folder, 'nothing') }));
    assert.ok(reading.ok);
    assert.deepEqual(reading.setup.settings.addresses, []);
    assert.match(reading.setup.notes.join(), /^node_key: .*so there is no mesh address$/);
  });

  it('counts channels by their band', () => {
    const reading = readRadioSetup(config({ 'radio.band': '5', 'radio.channel': 36 }));
    assert.ok(reading.ok);
    assert.equal(reading.setup.settings.frequencyMhz, 5180);
    assert.deepEqual(faults({ 'radio.channel': 36 }), ['channel_unknown radio.channel']);
  });

  it('names each mistake by the field of the file', () => {
    assert.deepEqual(faults({ 'radio.country': null }), ['country_unset radio.country']);
    assert.deepEqual(faults({ 'radio.country': 'de' }), ['country_unknown radio.country']);
    assert.deepEqual(faults({ 'radio.mesh_id': 'ü'.repeat(17) }), [
      'mesh_id_invalid radio.mesh_id',
    ]);
    assert.deepEqual(faults({ 'radio.body': 'none' }), ['parameter_invalid radio.body']);
  });

  it('refuses a passphrase that is short, absent, or open to others, and never shows it', () => {
    const short = join(folder, 'short');
    writeFileSync(short, 'seven77\n', { mode: 0o600 });
    assert.deepEqual(faults({ 'radio.passphrase_file': short }), [
      'passphrase_invalid radio.passphrase_file',
    ]);
    const reading = readRadioSetup(config({ 'radio.passphrase_file': short }));
    assert.ok(!reading.ok);
    assert.doesNotMatch(reading.faults.map(describeFault).join(), /seven77/);
    assert.deepEqual(faults({ 'radio.passphrase_file': join(folder, 'nothing') }), [
      `passphrase_missing radio.passphrase_file ${join(folder, 'nothing')}`,
    ]);
    chmodSync(short, 0o640);
    const open = readRadioSetup(config({ 'radio.passphrase_file': short }));
    assert.ok(!open.ok);
    assert.deepEqual(
      [open.faults[0].code, open.faults[0].found],
      ['passphrase_exposed', 'mode 0640'],
    );
  });

  it('names a byte order mark, and a space that nobody sees', () => {
    const file = join(folder, 'edited');
    const read = (text: string) => {
      writeFileSync(file, text, { mode: 0o600 });
      return readRadioSetup(config({ 'radio.passphrase_file': file }));
    };
    const marked = read('\ufeffcorrect horse\n');
    assert.ok(!marked.ok);
    assert.equal(marked.faults[0].code, 'passphrase_invalid');
    assert.match(marked.faults[0].found, /byte order mark/);
    for (const [text, passphrase] of [
      ['correct horse \n', 'correct horse '],
      [' correct horse\r\n', ' correct horse'],
    ] as const) {
      const spaced = read(text);
      assert.ok(spaced.ok);
      assert.equal(spaced.setup.settings.passphrase, passphrase);
      assert.match(
        spaced.setup.notes.join(),
        /^radio\.passphrase_file: a space at .*, which counts$/,
      );
    }
  });

  it('reports all mistakes at once', () => {
    const all = { 'radio.country': null, 'radio.channel': 99, 'radio.mesh_id': 'x'.repeat(33) };
    assert.deepEqual(faults(all), [
      'channel_unknown radio.channel',
      'mesh_id_invalid radio.mesh_id',
      'country_unset radio.country',
    ]);
  });

  it('speaks of the platform in words of the configuration', () => {
    const radar = fault('channel_radar', 'frequencyMhz', 'a channel without radar', '5260 MHz');
    assert.equal(inConfigWords(radar).field, 'radio.channel');
    assert.match(remedyFor(radar), /set radio\.allow_radar knowing/);
    const conflict = fault('country_conflict', 'country', 'a', 'b');
    assert.match(remedyFor(conflict), /the same "country" in every wifi-device section/);
    for (const code of Object.keys(FAULTS) as FaultCode[]) {
      assert.doesNotMatch(remedyFor(fault(code, 'a', 'b', 'c')), /[{}`]|\b[a-z]+[A-Z]/, code);
    }
    const other = fault('radio_busy', 'radio phy0', 'a', 'b');
    assert.equal(inConfigWords(other), other);
  });

  it('refuses in the file itself what no radio could be called', () => {
    const text = 'name = "oak"\nrole = "relay"\n[radio]\ninterface = "a name"\nband = "7"\n';
    const reading = parseConfig(text, '/etc/meshpay/meshpayd.toml');
    assert.ok(!reading.ok);
    const fields = reading.problems.map(({ field }) => field);
    assert.deepEqual(fields, ['radio.interface', 'radio.band']);
  });
});
