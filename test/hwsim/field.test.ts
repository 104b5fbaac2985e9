/**
 * What people meet in the field, on a kernel: two radios a node in one mesh, and an access point on
 * the mesh's own radio. Radios 0 and 3 are those of one node, 1 and 4 those of another; 2 is alone.
 * Skipped with a printed reason where the host cannot have virtual radios.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { writeConfig } from '../../agent/shell/config/config.ts';
import { meshAddressesWithPrefix } from '../../agent/shell/radio/address.ts';
import type { RadioReport } from '../../agent/shell/radio/report.ts';
import { type Agent, type Agents, makeAgents } from './agents.ts';
import { configFileOf, startRadio } from './bring-up.ts';
import type { WorldNode } from './node.ts';
import { readyHost, skip } from './suite.ts';
import { topologyOf } from './topology.ts';
import { bootWorld, type World } from './world.ts';

const MESH = { meshId: 'meshpay field', passphrase: 'correct horse battery' };
const RADIOS = 5;
/** The second radios of the nodes 0 and 1. */
const FURTHER = [3, 4];
const PATIENCE_MS = 120_000;
const LOOK = { pauseMs: 2_000 };

describe('radios in the field, on virtual radios', { skip }, () => {
  let world: World;
  let agents: Agents;

  before(async () => {
    world = await bootWorld({ host: readyHost(), radios: RADIOS });
    await bothBands();
    agents = await makeAgents(world, { authorities: [0], wallets: [], mesh: MESH });
    for (const [owner, radio] of FURTHER.entries()) {
      const { phy } = world.node(radio);
      const { name } = world.node(owner);
      await world.node(radio).must(['iw', 'phy', phy, 'set', 'netns', 'name', name]);
    }
  });

  after(async () => {
    await world?.close();
  });

  const bothBands = () =>
    world.topology(
      topologyOf(RADIOS, [
        [0, 1],
        [3, 4],
      ]),
    );

  async function peered(node: WorldNode, name: string): Promise<boolean> {
    const { stdout } = await node.exec(['iw', 'dev', name, 'station', 'dump']);
    return stdout.includes('ESTAB');
  }

  async function reports(agent: Agent): Promise<Readonly<Record<string, RadioReport>>> {
    const { stdout } = await agents.meshpay(agent, ['radio', 'status', '--json']);
    return JSON.parse(stdout);
  }

  /** Whether one node reaches the other over an interface, at its own address there. */
  async function reaches(from: Agent, to: Agent, place: 0 | 1): Promise<boolean> {
    const [local = ''] = meshAddressesWithPrefix(agents.network.id, to.signer.publicKey, place)
      .slice(-1)
      .map((address) => address.split('/')[0] ?? '');
    const argv = ['ping', '-6', '-c', '3', '-i', '0.5', '-W', '2', `${local}%mesh${place}`];
    return (await from.node.exec(argv)).code === 0;
  }

  it('two radios a node are in the mesh of their band, each with an address of its own', async () => {
    await world.explain(async () => {
      const both = [agents.at(0), agents.at(1)] as const;
      for (const [i, { node, config }] of both.entries()) {
        const { phy } = world.node(FURTHER[i] ?? 0);
        const others = `others = [{ phy = "${phy}", band = "5", channel = 36 }]`;
        const text = writeConfig({ ...config, 'radio.phy': node.phy });
        await node.write(configFileOf(node), text.replace('others = []', others));
      }
      await Promise.all(both.map(({ node }) => startRadio(node)));
      for (const { node } of both) {
        for (const name of ['mesh0', 'mesh1']) {
          const look = async () => (await peered(node, name)) || undefined;
          await world.time.until(`${node.name}: a peer on ${name}`, PATIENCE_MS, look, LOOK);
        }
      }
      const [one, other] = both;
      const isUp = async () => {
        const said = await reports(one);
        const all = ['mesh0', 'mesh1'].map((name) => said[name]);
        return all.every((each) => each?.state === 'up') ? said : undefined;
      };
      const said = await world.time.until('both up in status', PATIENCE_MS, isUp, LOOK);
      assert.deepEqual(
        ['mesh0', 'mesh1'].map((name) => said[name]?.mesh?.frequencyMhz),
        [2412, 5180],
      );
      assert.notEqual(said['mesh0']?.mesh?.phyName, said['mesh1']?.mesh?.phyName);
      assert.ok(await reaches(one, other, 0));
      assert.ok(await reaches(one, other, 1));
      await world.topology(topologyOf(RADIOS, [[0, 1]]));
      assert.ok(await reaches(one, other, 0), 'the other radio is none of its business');
      await bothBands();
      const down = await agents.meshpay(one, ['radio', 'down']);
      assert.equal(down.code, 0, down.stderr);
      const left = await one.node.must(['iw', 'dev']);
      assert.ok(!left.includes('mesh'), left);
    });
  });

  it('an access point on the radio of the mesh stays, and the mesh takes its beacon interval', async () => {
    await world.explain(async () => {
      const agent = agents.at(2);
      const { node } = agent;
      await node.must(['iw', 'phy', node.phy, 'interface', 'add', 'ap2', 'type', 'managed']);
      const file = `${node.folder}/ap.conf`;
      const lines = ['ssid="street"', 'mode=2', 'frequency=2412', 'key_mgmt=NONE'];
      await node.write(file, `network={\n${lines.join('\n')}\n}\n`);
      await node.spawn(['wpa_supplicant', '-D', 'nl80211', '-i', 'ap2', '-c', file]);
      const sends = async () => {
        const { stdout } = await node.exec(['iw', 'dev', 'ap2', 'info']);
        return /type AP[\s\S]*channel 1 /.test(stdout) || undefined;
      };
      await world.time.until('the access point', PATIENCE_MS, sends, LOOK);
      const up = await agents.meshpay(agent, ['radio', 'up']);
      assert.equal(up.code, 0, up.stderr);
      const written = await node.read(`${node.folder}/radio/mesh0.conf`);
      assert.match(written.toString(), /^ *beacon_int=100$/m);
      assert.ok(await sends(), 'the access point goes on');
      const down = await agents.meshpay(agent, ['radio', 'down']);
      assert.equal(down.code, 0, down.stderr);
      assert.ok(await sends());
    });
  });
});
