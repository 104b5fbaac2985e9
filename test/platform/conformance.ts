/** What every body of the radio port must keep, whatever it runs on. Each body's test calls it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HostCommand, transcript } from '../../platform/command.ts';
import type { FaultCode, Result } from '../../platform/fault.ts';
import type { Platform } from '../../platform/platform.ts';
import type { MeshSettings } from '../../platform/settings.ts';
import { PASSPHRASE, SETTINGS } from './samples.ts';

export interface Subject<Observed> {
  readonly platform: Platform<Observed>;
  /** A picture of the whole host, to see whether anything has changed. */
  readonly picture: () => unknown;
  /** Lets the country change, as another program would do. */
  readonly changeCountry: (country: string) => unknown;
  /** Leaves only radios that cannot do mesh; undefined where that cannot be brought about. */
  readonly removeMesh: (() => void) | undefined;
  /** Comes back when the neighbour is there, for hosts where that takes time. */
  readonly peered?: () => Promise<unknown>;
}

/** What differs between the simulated hosts and a kernel. */
export interface Expectations {
  /** A channel by what is wrong with it. */
  readonly channels: Readonly<Partial<Record<FaultCode, number>>>;
  /** The part of the crashes that is tried: 1 is each, 3 every third; infinity is the first. */
  readonly crashStep: number;
  /** Leaves the settings in themselves out, which no observation changes. */
  readonly onlyHost?: boolean;
}

export const SIMULATED: Expectations = {
  channels: {
    channel_not_allowed: 2484,
    channel_no_initiation: 2467,
    channel_radar: 5260,
    channel_unknown: 5500,
  },
  crashStep: 1,
};

type BadSetting = readonly [code: FaultCode, field: string, change: Partial<MeshSettings>];

const BAD_SETTINGS: readonly BadSetting[] = [
  ['country_unset', 'country', { country: '00' }],
  ['country_unset', 'country', { country: '' }],
  ['country_unknown', 'country', { country: 'usa' }],
  ['channel_unknown', 'frequencyMhz', { frequencyMhz: 2413 }],
  ['channel_unknown', 'frequencyMhz', { frequencyMhz: Number.NaN }],
  ['passphrase_invalid', 'passphrase', { passphrase: '' }],
  ['passphrase_invalid', 'passphrase', { passphrase: 'seven77' }],
  ['passphrase_invalid', 'passphrase', { passphrase: 'x'.repeat(64) }],
  ['passphrase_invalid', 'passphrase', { passphrase: 'with a\nnew line' }],
  ['passphrase_invalid', 'passphrase', { passphrase: 'with a \x00 byte' }],
  ['passphrase_invalid', 'passphrase', { passphrase: 'gr\u00fc\u00dfe aus wien' }],
  ['mesh_id_invalid', 'meshId', { meshId: '' }],
  ['mesh_id_invalid', 'meshId', { meshId: 'x'.repeat(33) }],
  ['mesh_id_invalid', 'meshId', { meshId: '\u00fc'.repeat(17) }],
  ['mesh_id_invalid', 'meshId', { meshId: 'a\ttab' }],
  ['interface_name_invalid', 'interfaceName', { interfaceName: '' }],
  ['interface_name_invalid', 'interfaceName', { interfaceName: 'mesh0; reboot' }],
  ['interface_name_invalid', 'interfaceName', { interfaceName: '../mesh0' }],
  ['interface_name_invalid', 'interfaceName', { interfaceName: '-B' }],
  ['interface_name_invalid', 'interfaceName', { interfaceName: 'mesh-of-16-bytes' }],
  ['address_invalid', 'addresses', { addresses: ['10.0.0.1/8'] }],
  ['parameter_invalid', 'mesh_ttl', { parameters: { mesh_ttl: 256 } }],
  ['parameter_invalid', 'multicastRateMbps', { multicastRateMbps: 7 }],
  ['parameter_invalid', 'multicastRateMbps', { frequencyMhz: 5180, multicastRateMbps: 1 }],
  ['parameter_invalid', 'beaconIntervalTu', { beaconIntervalTu: 19 }],
  ['radio_missing', 'radio', { radio: 'phy99' }],
];

export function conform<Observed>(
  name: string,
  make: () => Promise<Subject<Observed>>,
  { channels, crashStep, onlyHost = false }: Expectations = SIMULATED,
): void {
  const badChannels = Object.entries(channels).map(([code, frequencyMhz]) => {
    return [code as FaultCode, 'frequencyMhz', { frequencyMhz }] as const;
  });

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

    const badSettings = onlyHost ? [] : BAD_SETTINGS;
    for (const [code, field, change] of [...badSettings, ...badChannels]) {
      it(`refuses ${JSON.stringify(change)} as ${code} before anything is changed`, async () => {
        const { platform, picture } = await make();
        const before = structuredClone(await picture());
        const settings = { ...SETTINGS, ...change };
        const plan = platform.plan(settings, value(await platform.observe(settings)));
        assert.ok(!plan.ok, 'a plan was made');
        const [first] = plan.faults;
        assert.deepEqual([first.code, first.field], [code, field]);
        assert.ok(first.expected !== '' && first.found !== '');
        assert.ok(
          !JSON.stringify(plan).includes(settings.passphrase) || settings.passphrase === '',
        );
        assert.deepEqual(await picture(), before);
      });
    }

    it('refuses a host whose radios cannot do mesh, naming what would work', async (context) => {
      const { platform, removeMesh } = await make();
      if (removeMesh === undefined) return context.skip('every radio here can do mesh');
      removeMesh();
      const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.equal(plan.ok ? '' : plan.faults[0].code, 'radio_without_mesh');
    });

    it('puts back what was there before, and a second time does nothing', async () => {
      const { platform, picture } = await make();
      const before = structuredClone(await picture());
      await up(platform);
      assert.notDeepEqual(await picture(), before);
      await down(platform);
      assert.deepEqual(await picture(), before);
      const again = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.deepEqual(again, { ok: true, commands: [] });
    });

    it('can be taken down when the settings have become wrong, by the name alone', async () => {
      const { platform, picture } = await make();
      const before = structuredClone(await picture());
      await up(platform);
      const scope = { interfaceName: SETTINGS.interfaceName, country: '' };
      const restore = platform.restore(scope, value(await platform.observe(scope)));
      assert.ok(restore.ok);
      value(await platform.apply(restore.commands));
      assert.deepEqual(await picture(), before);
    });

    it('leaves nothing when it crashes at any command of up and is taken down', async () => {
      const count = (await commands((await make()).platform)).length;
      for (let done = 0; done <= count; done += crashStep) {
        const { platform, picture } = await make();
        const before = structuredClone(await picture());
        value(await platform.apply((await commands(platform)).slice(0, done)));
        await down(platform);
        assert.deepEqual(await picture(), before, `after ${done} of ${count} commands`);
      }
    });

    it('finishes what a crash at any command of up has left', async () => {
      const count = (await commands((await make()).platform)).length;
      for (let done = 0; done <= count; done += crashStep) {
        const { platform } = await make();
        value(await platform.apply((await commands(platform)).slice(0, done)));
        await up(platform);
        const left = transcript(await commands(platform));
        assert.deepEqual(left, [], `after ${done} of ${count} commands`);
        const { joined } = platform.status(SETTINGS, value(await platform.observe(SETTINGS)));
        assert.ok(joined);
      }
    });

    it('finishes what a crash at any command of down has left', async () => {
      const first = (await make()).platform;
      await up(first);
      const count = (await restoration(first)).length;
      for (let done = 0; done <= count; done += crashStep) {
        const { platform, picture } = await make();
        const before = structuredClone(await picture());
        await up(platform);
        value(await platform.apply((await restoration(platform)).slice(0, done)));
        await down(platform);
        assert.deepEqual(await picture(), before, `after ${done} of ${count} commands`);
      }
    });

    it('lists neighbours, forgets one, and names a missing interface', async () => {
      const { platform, peered } = await make();
      await up(platform);
      await peered?.();
      const [neighbour] = value(await platform.stations('mesh0'));
      assert.ok(neighbour !== undefined);
      value(await platform.forgetStation('mesh0', neighbour.address));
      value(await platform.resetPeering('mesh0', neighbour.address));
      const established = value(await platform.stations('mesh0')).filter(
        ({ peerLink, connectedSeconds }) => peerLink === 'ESTAB' && connectedSeconds > 1,
      );
      assert.deepEqual(established, []);
      assert.ok((await platform.paths('mesh0')).ok);
      const missing = await platform.stations('none0');
      assert.equal(missing.ok ? '' : missing.fault.code, 'interface_missing');
    });

    it('tells a watcher what happens until it is closed', async () => {
      const { platform, changeCountry } = await make();
      const seen: (string | undefined)[] = [];
      const watch = value(
        await platform.watch((event) => {
          if (event.kind === 'regulatory_changed') seen.push(event.country);
        }),
      );
      await changeCountry('DE');
      watch.close();
      await changeCountry('US');
      assert.deepEqual([...new Set(seen)], ['DE']);
    });
  });
}

async function restoration<Observed>(
  platform: Platform<Observed>,
): Promise<readonly HostCommand[]> {
  const plan = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
  return plan.ok ? plan.commands : assert.fail(JSON.stringify(plan.faults));
}

export async function down<Observed>(platform: Platform<Observed>): Promise<void> {
  value(await platform.apply(await restoration(platform)));
}

export async function up<Observed>(platform: Platform<Observed>): Promise<void> {
  value(await platform.apply(await commands(platform)));
}

export async function commands<Observed>(
  platform: Platform<Observed>,
): Promise<readonly HostCommand[]> {
  const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
  return plan.ok ? plan.commands : assert.fail(JSON.stringify(plan.faults));
}

export function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  return assert.fail(JSON.stringify(result.fault));
}

function contains(command: HostCommand, secret: string): boolean {
  const hexadecimal = Buffer.from(secret).toString('hex');
  const text = JSON.stringify(command);
  return [secret, JSON.stringify(secret).slice(1, -1), hexadecimal].some((form) =>
    text.includes(form),
  );
}
