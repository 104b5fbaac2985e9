/** What every body of the radio port must keep, whatever it runs on. Each body's test calls it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Command, transcript } from '../../platform/command.ts';
import type { FaultCode, Result } from '../../platform/fault.ts';
import type { Platform } from '../../platform/platform.ts';
import type { RadioEvent } from '../../platform/radio.ts';
import type { MeshSettings } from '../../platform/settings.ts';
import { PASSPHRASE, SETTINGS } from './samples.ts';

export interface Subject<Observed> {
  readonly platform: Platform<Observed>;
  /** A picture of the whole host, to see whether anything has changed. */
  readonly picture: () => unknown;
  readonly emit: (event: RadioEvent) => void;
  /** Leaves only radios that cannot do mesh. */
  readonly removeMesh: () => void;
}

const BAD_SETTINGS: readonly (readonly [FaultCode, string, Partial<MeshSettings>])[] = [
  ['country_unset', 'country', { country: '00' }],
  ['country_unknown', 'country', { country: 'usa' }],
  ['channel_not_allowed', 'frequencyMhz', { frequencyMhz: 2484 }],
  ['channel_no_initiation', 'frequencyMhz', { frequencyMhz: 2467 }],
  ['channel_radar', 'frequencyMhz', { frequencyMhz: 5260 }],
  ['channel_unknown', 'frequencyMhz', { frequencyMhz: 2413 }],
  ['channel_unknown', 'frequencyMhz', { frequencyMhz: 5500 }],
  ['passphrase_invalid', 'passphrase', { passphrase: 'seven77' }],
  ['passphrase_invalid', 'passphrase', { passphrase: 'x'.repeat(64) }],
  ['passphrase_invalid', 'passphrase', { passphrase: 'with a\nnew line' }],
  ['mesh_id_invalid', 'meshId', { meshId: '' }],
  ['mesh_id_invalid', 'meshId', { meshId: 'ü'.repeat(17) }],
  ['interface_name_invalid', 'interfaceName', { interfaceName: 'mesh0; reboot' }],
  ['interface_name_invalid', 'interfaceName', { interfaceName: '-B' }],
  ['address_invalid', 'addresses', { addresses: ['10.0.0.1/8'] }],
  ['parameter_invalid', 'mesh_ttl', { parameters: { mesh_ttl: 256 } }],
  ['radio_missing', 'radio', { radio: 'phy9' }],
];

export function conform<Observed>(name: string, make: () => Promise<Subject<Observed>>): void {
  describe(`${name} body`, () => {
    it('reports for each radio whether it can carry a secured mesh, and why not', async () => {
      const { platform } = await make();
      const { radios } = value(await platform.probe());
      assert.ok(radios.some(({ faults }) => faults.length === 0));
      const unfit = radios.filter(({ faults }) => faults.length > 0);
      for (const { faults } of unfit) assert.equal(faults[0]?.code, 'radio_without_mesh');
    });

    it('brings the mesh up, and then has nothing left to do', async () => {
      const { platform } = await make();
      await up(platform);
      assert.deepEqual(transcript(await commands(platform)), []);
      const status = platform.status(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.ok(status.exists && status.up && status.joined && status.supplicantRunning);
      assert.equal(status.country, 'US');
      assert.ok(status.ipv6.includes('fd12::1/64'));
    });

    it('plans the same from the same observation', async () => {
      const { platform } = await make();
      const observed = value(await platform.observe(SETTINGS));
      assert.deepEqual(platform.plan(SETTINGS, observed), platform.plan(SETTINGS, observed));
    });

    it('never shows the passphrase, and keeps it in files of mode 0600', async () => {
      const { platform } = await make();
      for (const command of await commands(platform)) {
        const secret = contains(command, PASSPHRASE);
        assert.ok(
          !secret || (command.kind === 'write' && command.mode === 0o600 && command.secret),
        );
        const [line = ''] = transcript([command]);
        assert.ok(!line.includes(PASSPHRASE));
        assert.ok(!line.includes(Buffer.from(PASSPHRASE).toString('hex')));
      }
    });

    it('follows changed settings, and nothing else', async () => {
      const { platform } = await make();
      await up(platform);
      const changed = { ...SETTINGS, parameters: { ...SETTINGS.parameters, mesh_ttl: 20 } };
      const plan = platform.plan(changed, value(await platform.observe(changed)));
      assert.ok(plan.ok && plan.commands.length > 0);
      value(await platform.apply(plan.commands));
      const after = value(await platform.observe(changed));
      assert.deepEqual(platform.plan(changed, after), { ok: true, commands: [] });
    });

    for (const [code, field, change] of BAD_SETTINGS) {
      it(`refuses ${JSON.stringify(change)} as ${code} before anything is changed`, async () => {
        const { platform, picture } = await make();
        const before = structuredClone(picture());
        const settings = { ...SETTINGS, ...change };
        const plan = platform.plan(settings, value(await platform.observe(settings)));
        assert.ok(!plan.ok, 'a plan was made');
        const [first] = plan.faults;
        assert.deepEqual([first.code, first.field], [code, field]);
        assert.ok(first.expected !== '' && first.found !== '');
        assert.ok(
          !JSON.stringify(plan).includes(settings.passphrase) || settings.passphrase === '',
        );
        assert.deepEqual(picture(), before);
      });
    }

    it('refuses a host whose radios cannot do mesh, naming what would work', async () => {
      const { platform, removeMesh } = await make();
      removeMesh();
      const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_without_mesh');
    });

    it('puts back what was there before, and a second time does nothing', async () => {
      const { platform, picture } = await make();
      const before = structuredClone(picture());
      await up(platform);
      assert.notDeepEqual(picture(), before);
      const restore = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.ok(restore.ok);
      value(await platform.apply(restore.commands));
      assert.deepEqual(picture(), before);
      const again = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.deepEqual(again, { ok: true, commands: [] });
    });

    it('lists neighbours, forgets one, and names a missing interface', async () => {
      const { platform } = await make();
      await up(platform);
      const [neighbour] = value(await platform.stations('mesh0'));
      assert.ok(neighbour !== undefined);
      value(await platform.forgetStation('mesh0', neighbour.address));
      value(await platform.resetPeering('mesh0', neighbour.address));
      assert.deepEqual(value(await platform.stations('mesh0')), []);
      assert.deepEqual(value(await platform.paths('mesh0')), []);
      const missing = await platform.stations('none0');
      assert.equal(missing.ok ? '' : missing.fault.code, 'interface_missing');
    });

    it('tells a watcher what happens until it is closed', async () => {
      const { platform, emit } = await make();
      const seen: RadioEvent[] = [];
      const watch = value(await platform.watch((event) => seen.push(event)));
      emit({ kind: 'regulatory_changed', country: 'DE' });
      watch.close();
      emit({ kind: 'regulatory_changed', country: 'US' });
      assert.deepEqual(seen, [{ kind: 'regulatory_changed', country: 'DE' }]);
    });
  });
}

export async function up<Observed>(platform: Platform<Observed>): Promise<void> {
  value(await platform.apply(await commands(platform)));
}

export async function commands<Observed>(
  platform: Platform<Observed>,
): Promise<readonly Command[]> {
  const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
  return plan.ok ? plan.commands : assert.fail(JSON.stringify(plan.faults));
}

export function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  return assert.fail(JSON.stringify(result.fault));
}

function contains(command: Command, secret: string): boolean {
  const hexadecimal = Buffer.from(secret).toString('hex');
  const text = JSON.stringify(command);
  return [secret, JSON.stringify(secret).slice(1, -1), hexadecimal].some((form) =>
    text.includes(form),
  );
}
