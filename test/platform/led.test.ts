/** An LED, over a folder that looks as sysfs does: taken, switched, given back as it was. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Led } from '../../platform/led.ts';
import { value } from './conformance.ts';

describe('an LED', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshpay-led-'));
    make({ trigger: 'timer [heartbeat] none', brightness: '3', max_brightness: '255' });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function make(attributes: Readonly<Record<string, string>>): void {
    mkdirSync(join(folder, 'ACT'), { recursive: true });
    for (const [name, text] of Object.entries(attributes)) {
      writeFileSync(join(folder, 'ACT', name), `${text}\n`);
    }
  }
  /** What was written over the beginning of what was there. */
  const written = (name: string) => readFileSync(join(folder, 'ACT', name), 'utf8');

  it('is taken from what drove it, switched, and given back', () => {
    const led = new Led('ACT', folder);
    value(led.light(true));
    assert.match(written('trigger'), /^noner \[/);
    assert.match(written('brightness'), /^255/);
    value(led.light(false));
    assert.match(written('brightness'), /^055/);
    value(led.giveBack());
    assert.match(written('brightness'), /^355/);
    assert.match(written('trigger'), /^heartbeat/);
  });

  it('is written only when it changes', () => {
    const led = new Led('ACT', folder);
    value(led.light(true));
    make({ brightness: 'untouched' });
    value(led.light(true));
    assert.equal(written('brightness'), 'untouched\n');
    value(led.light(false));
    assert.match(written('brightness'), /^0n/);
  });

  it('may have no triggers', () => {
    rmSync(join(folder, 'ACT', 'trigger'));
    const led = new Led('ACT', folder);
    value(led.light(true));
    value(led.giveBack());
    assert.match(written('brightness'), /^3/);
    assert.throws(() => written('trigger'), /ENOENT/);
  });

  it('that was never taken is not given back', () => {
    value(new Led('ACT', folder).giveBack());
    assert.equal(written('brightness'), '3\n');
  });

  it('that is not there is a fault, and is taken once it is', () => {
    const led = new Led('USR', folder);
    const result = led.light(true);
    assert.ok(!result.ok);
    assert.equal(result.fault.code, 'led_failed');
    assert.match(result.fault.found, /ENOENT/);
    const gone = new Led('ACT', folder);
    value(gone.light(true));
    rmSync(join(folder, 'ACT'), { recursive: true });
    assert.equal(gone.light(false).ok, false);
    make({ trigger: '[timer] none', brightness: '0', max_brightness: '1' });
    value(gone.light(true));
    assert.match(written('brightness'), /^1/);
    value(gone.giveBack());
    assert.match(written('trigger'), /^timer/, 'what it was driven by when it came back');
  });
});
