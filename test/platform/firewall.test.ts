/** What OpenWrt's firewall lets in on the mesh. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcript } from '../../platform/command.ts';
import { OpenwrtPlatform } from '../../platform/openwrt/openwrt.ts';
import { commands, down, up, value } from './conformance.ts';
import { FakeOpenwrt } from './fake-openwrt.ts';
import { SETTINGS } from './samples.ts';

const RELOAD = '/etc/init.d/firewall reload';

function make() {
  const fake = new FakeOpenwrt();
  return { fake, platform: new OpenwrtPlatform(fake, fake.host, 'iw') };
}

describe("OpenWrt's firewall", () => {
  it('lets nodes, beacons and neighbours in from a zone of the mesh alone', async () => {
    const { fake, platform } = make();
    const before = structuredClone(fake.config['firewall']);
    await up(platform);
    const sections = fake.config['firewall'] ?? {};
    assert.deepEqual(sections['meshpay'], {
      type: 'zone',
      options: {
        name: 'meshpay',
        network: ['meshpay'],
        input: 'REJECT',
        output: 'ACCEPT',
        forward: 'REJECT',
      },
    });
    const rules = Object.values(sections).filter(({ type }) => type === 'rule');
    assert.ok(
      rules.every(({ options }) => options['src'] === 'meshpay' && options['target'] === 'ACCEPT'),
    );
    assert.deepEqual(
      rules.map(({ options }) => [options['proto'], options['dest_port']]),
      [
        ['tcp udp', '7420'],
        ['udp', '7421'],
        ['icmp', undefined],
      ],
    );
    assert.ok([rules[2]?.options['icmp_type']].flat().includes('neighbour-solicitation'));
    await down(platform);
    assert.deepEqual(fake.config['firewall'], before);
  });

  it('follows the ports of the node, without the mesh being built anew', async () => {
    const { fake, platform } = make();
    await up(platform);
    const settings = { ...SETTINGS, ports: { nodes: [7420, 9000], beacons: 9001 } };
    const plan = platform.plan(settings, value(await platform.observe(settings)));
    assert.ok(plan.ok);
    const lines = transcript(plan.commands);
    assert.ok(!lines.includes('wifi reload') && lines.at(-1) === RELOAD, lines.join('\n'));
    value(await platform.apply(plan.commands));
    const { meshpay_nodes, meshpay_beacons } = fake.config['firewall'] ?? {};
    assert.equal(meshpay_nodes?.options['dest_port'], '7420 9000');
    assert.equal(meshpay_beacons?.options['dest_port'], '9001');
  });

  it('is left alone where there is none, or the operator has put the mesh into a zone', async () => {
    const none = make();
    delete none.fake.config['firewall'];
    await up(none.platform);
    assert.equal(none.fake.config['firewall'], undefined);
    assert.ok(!none.fake.host.transcript.includes(RELOAD));
    const { fake, platform } = make();
    const lan = fake.config['firewall']?.['@zone[0]'];
    assert.ok(lan !== undefined);
    lan.options['network'] = ['lan', 'meshpay'];
    await up(platform);
    assert.equal(fake.config['firewall']?.['meshpay'], undefined);
    assert.deepEqual(await commands(platform), []);
  });

  it('is no reason to take the mesh back, when a mistake elsewhere keeps it from loading', async () => {
    const { fake, platform } = make();
    fake.failing = { line: RELOAD, status: 1, stderr: 'unknown option' };
    const result = await platform.apply(await commands(platform));
    assert.equal(result.ok ? '' : result.fault.code, 'command_failed');
    assert.notEqual(fake.mesh, undefined);
    assert.notEqual(fake.config['firewall']?.['meshpay'], undefined);
  });
});
