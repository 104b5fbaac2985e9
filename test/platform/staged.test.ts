/** What a person staged on an OpenWrt router and did not confirm: it is not ours to make true. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { stagedPaths } from '../../platform/openwrt/uci.ts';
import { commands, down, up, value } from './conformance.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { SETTINGS } from './samples.ts';

function make() {
  const fake = new FakeOpenwrt();
  return { fake, platform: new OpenwrtPlatform(fake, fake.host, 'iw') };
}

const LAN = { path: 'network.lan.ipaddr', value: '10.9.9.1' };

describe('changes that somebody staged', () => {
  for (const staged of [
    LAN,
    { path: 'wireless.default_radio0.key', value: 'not for anybody' },
    { path: 'firewall.@zone[0].input', value: 'REJECT' },
  ]) {
    it(`are refused by name before anything is changed: ${staged.path}`, async () => {
      const { fake, platform } = make();
      const before = structuredClone(fake.config);
      fake.staged = [staged];
      const plan = platform.plan(SETTINGS, value(await platform.observe(SETTINGS)));
      assert.ok(!plan.ok);
      assert.deepEqual(
        [plan.faults[0].code, plan.faults[0].found],
        ['changes_staged', staged.path],
      );
      assert.ok(!JSON.stringify(plan).includes(staged.value));
      assert.deepEqual([fake.config, fake.staged], [before, [staged]]);
    });
  }

  it('keep the mesh from being taken down, and are as staged as before', async () => {
    const { fake, platform } = make();
    await up(platform);
    fake.staged = [LAN];
    const plan = platform.restore(SETTINGS, value(await platform.observe(SETTINGS)));
    assert.equal(plan.ok ? '' : plan.faults[0].code, 'changes_staged');
    assert.deepEqual(fake.staged, [LAN]);
    fake.staged = [];
    await down(platform);
    assert.equal(fake.config['wireless']?.['meshpay'], undefined);
  });

  it('do not disturb a mesh that is as it should be', async () => {
    const { fake, platform } = make();
    await up(platform);
    fake.staged = [LAN];
    assert.deepEqual(await commands(platform), []);
  });

  it('that come while a mesh fails to come up are not made true by taking it back', async () => {
    const { fake, platform } = make();
    fake.broken = true;
    const plan = await commands(platform);
    const perform = fake.host.perform.bind(fake.host);
    fake.host.perform = async (command) => {
      if (command.kind === 'await') fake.staged = [LAN];
      return perform(command);
    };
    const result = await platform.apply(plan);
    assert.equal(result.ok ? '' : result.fault.code, 'mesh_not_up');
    assert.match(result.ok ? '' : result.fault.found, /putting it back: network\.lan\.ipaddr/);
    assert.deepEqual(
      [fake.staged, fake.config['network']?.['lan']?.options['ipaddr']],
      [[LAN], undefined],
    );
    // Its mark is still there, so it is taken back as soon as the person has decided.
    assert.ok(fake.host.files.has('/etc/meshpay-radio.trial'));
  });

  it('that are not of the batch stay staged when the batch is taken back', async () => {
    const { fake, platform } = make();
    const plan = await commands(platform);
    const perform = fake.host.perform.bind(fake.host);
    fake.full = true;
    fake.host.perform = async (command) => {
      if (command.kind === 'run' && command.argv[0] === 'uci') fake.staged = [LAN];
      return perform(command);
    };
    assert.equal((await platform.apply(plan)).ok, false);
    assert.deepEqual(fake.staged, [LAN]);
  });

  it('are named by their paths, whatever was done to them', () => {
    const text = [
      "network.lan.ipaddr='10.9.9.1'",
      "network.lan.dns+='::1'",
      "network.lan.dns-='::2'",
      '-network.wan',
      '-wireless.@wifi-iface[0].key',
      "wireless.guest='wifi-iface'",
      "wireless.guest.key='a=b c'",
      '',
    ].join('\n');
    assert.deepEqual(stagedPaths(text), [
      'network.lan.ipaddr',
      'network.lan.dns',
      'network.wan',
      'wireless.@wifi-iface[0].key',
      'wireless.guest',
      'wireless.guest.key',
    ]);
  });
});
