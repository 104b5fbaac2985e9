/** The regulatory database: a small one made by hand, and every way to spoil it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { countryRules, ruleAt } from '../../platform/regulatory-database.ts';

/** DE with two rules that touch at 5250 MHz: indoors only below, with DFS above. */
const DATABASE = Buffer.from(
  [
    '52474442 00000014',
    '4445 0004 00000000',
    // Country at word 4: length 4, two rules, ETSI; its rules are at words 6 and 10.
    '04 02 02 00 0006 000a',
    '10 02 07d0 004e9530 00501bd0 00013880',
    '10 04 07d0 00501bd0 0051a270 00013880',
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);

describe('the regulatory database', () => {
  it('gives the rules of a country', () => {
    const rules = countryRules(DATABASE, 'DE');
    assert.ok(rules.ok);
    assert.deepEqual(rules.value[1], {
      startKhz: 5_250_000,
      endKhz: 5_350_000,
      maxBandwidthKhz: 80_000,
      noInitiation: false,
      radar: true,
      indoorOnly: false,
    });
  });

  it('finds the rule of a whole channel, joined where two rules touch', () => {
    const rules = countryRules(DATABASE, 'DE');
    assert.ok(rules.ok);
    assert.equal(ruleAt(rules.value, 5180)?.radar, false);
    assert.equal(ruleAt(rules.value, 5250)?.radar, true);
    assert.equal(ruleAt(rules.value, 5250)?.indoorOnly, true);
    assert.equal(ruleAt(rules.value, 5345), undefined);
    assert.equal(ruleAt(rules.value, 2412), undefined);
  });

  it('names a country that it does not have', () => {
    const rules = countryRules(DATABASE, 'XX');
    assert.deepEqual(rules.ok ? '' : [rules.fault.code, rules.fault.found], [
      'country_unknown',
      'XX',
    ]);
  });

  it('never reads beyond a spoiled file', () => {
    fc.assert(
      fc.property(
        fc.nat(DATABASE.length),
        fc.nat(DATABASE.length),
        fc.nat(255),
        (length, at, byte) => {
          const spoiled = Buffer.from(DATABASE.subarray(0, length));
          if (at < length) spoiled[at] = byte;
          countryRules(spoiled, 'DE');
        },
      ),
    );
  });

  const system = '/lib/firmware/regulatory.db';
  const skip = existsSync(system) ? false : 'no wireless-regdb on this host';
  it('reads the one of this host', { skip }, () => {
    const database = readFileSync(system);
    const [us, unknown] = [countryRules(database, 'US'), countryRules(database, 'XX')];
    assert.ok(us.ok && ruleAt(us.value, 2412) !== undefined);
    assert.equal(ruleAt(us.value, 2484), undefined);
    assert.equal(ruleAt(us.value, 5500)?.radar, true);
    assert.equal(unknown.ok ? '' : unknown.fault.code, 'country_unknown');
  });
});
