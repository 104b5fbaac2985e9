/**
 * The radio's commands on virtual radios, as an operator meets them: what is wrong is said before
 * anything is changed, `radio down` leaves the host as it was, and a node with the wrong passphrase
 * stays outside and is told of at both sides. Three radios: 0 and 1 hear each other, 2 is alone.
 * Skipped with a printed reason where the host cannot have virtual radios.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { writeConfig } from '../../agent/shell/config/config.ts';
import type { Config } from '../../agent/shell/config/config-schema.ts';
import { type Agents, makeAgents } from './agents.ts';
import { configFileOf, passphraseFileOf, startRadio } from './bring-up.ts';
import { LIMITED_RADIO } from './bundles.ts';
import { hostState } from './host-state.ts';
import { stations } from './mesh.ts';
import type { WorldNode } from './node.ts';
import { readyHost, skip } from './suite.ts';
import { topologyOf } from './topology.ts';
import { bootWorld, type World } from './world.ts';

const MESH = { meshId: 'meshpay radio', passphrase: 'correct horse battery' };
const PATIENCE_MS = 120_000;

describe('the radio on a host with virtual radios', { skip }, () => {
  let world: World;
  let agents: Agents;
  let alone: WorldNode;

  before(async () => {
    world = await bootWorld({ host: readyHost(), radios: 3 });
    await world.topology(topologyOf(3, [[0, 1]]));
    agents = await makeAgents(world, { authorities: [0], wallets: [], mesh: MESH });
    alone = world.node(2);
    // Two network managers are installed, and an interface is in use on the radio.
    await world.outside.must(['mkdir', '-p', '/etc/NetworkManager/conf.d']);
    await world.outside.write('/etc/systemd/network/20-wired.network', '[Match]\nName=eth0\n');
    await alone.must(['iw', 'phy', alone.phy, 'interface', 'add', 'wlan2', 'type', 'managed']);
    await alone.must(['ip', 'link', 'set', 'wlan2', 'up']);
    await alone.must(['ip', 'address', 'add', '192.0.2.7/24', 'dev', 'wlan2']);
  });

  after(async () => {
    await world?.close();
  });

  /** Fields of the configuration, the passphrase, and what has to be said of it. */
  const mistakes: readonly {
    readonly what: string;
    readonly config?: Partial<Config>;
    readonly passphrase?: string;
    readonly said: RegExp;
  }[] = [
    {
      what: 'a country that there is not',
      config: { 'radio.country': 'XY' },
      said: /radio\.country[\s\S]*no such country[\s\S]*XY/,
    },
    {
      what: 'a channel that the country forbids',
      config: { 'radio.channel': 13 },
      said: /radio\.channel[\s\S]*forbids this channel/,
    },
    {
      what: 'a passphrase of seven letters',
      passphrase: 'sesame1',
      said: /radio\.passphrase_file[\s\S]*8 to 63/,
    },
    {
      what: 'a mesh id of 33 bytes',
      config: { 'radio.mesh_id': 'm'.repeat(33) },
      said: /radio\.mesh_id[\s\S]*1 to 32 bytes/,
    },
    {
      what: 'a radio that is not there',
      config: { 'radio.phy': 'phy9' },
      said: /radio\.phy[\s\S]*no such radio[\s\S]*phy9/,
    },
    {
      what: 'an interface that belongs to something else',
      config: { 'radio.interface': 'wlan2' },
      said: /radio\.interface[\s\S]*not a mesh interface[\s\S]*wlan2/,
    },
    {
      what: 'a radio that cannot do mesh',
      config: { 'radio.phy': 'limited' },
      said: /limited[\s\S]*cannot do 802\.11s mesh/,
    },
  ];

  it('says what is wrong before anything on the host is changed', async (t) => {
    await world.explain(async () => {
      await alone.must([process.execPath, LIMITED_RADIO, 'limited']);
      const agent = agents.at(2);
      const before = await hostState(alone);
      for (const { what, config = {}, passphrase = MESH.passphrase, said } of mistakes) {
        await alone.write(passphraseFileOf(alone), `${passphrase}\n`);
        await alone.write(configFileOf(alone), writeConfig({ ...agent.config, ...config }));
        const { code, stderr } = await agents.meshpay(agent, ['radio', 'up']);
        t.diagnostic(`${what}: exit ${code}: ${stderr.trim().split('\n')[0]}`);
        assert.notEqual(code, 0, what);
        assert.match(stderr, said, what);
        assert.ok(!stderr.includes(passphrase), `${what}: the passphrase is in the error`);
        assert.equal(await hostState(alone), before, what);
      }
      await alone.write(passphraseFileOf(alone), `${MESH.passphrase}\n`);
      await alone.write(configFileOf(alone), writeConfig(agent.config));
    });
  });

  it('says so when there is no mesh interface to ask', async () => {
    await world.explain(async () => {
      const { code, stderr } = await agents.meshpay(agents.at(2), ['radio', 'peers']);
      assert.notEqual(code, 0);
      assert.match(stderr, /meshpay-radio/);
    });
  });

  it('brings the mesh up and puts back everything when it is taken down', async () => {
    await world.explain(async () => {
      const agent = agents.at(2);
      const before = await hostState(alone);
      const up = await agents.meshpay(agent, ['radio', 'up']);
      assert.equal(up.code, 0, up.stderr);
      const during = await hostState(alone);
      assert.match(during, /mesh0/);
      assert.match(during, /zz-meshpay\.conf[\s\S]*0-0-meshpay\.network/);
      const down = await agents.meshpay(agent, ['radio', 'down']);
      assert.equal(down.code, 0, down.stderr);
      assert.equal(await hostState(alone), before);
    });
  });

  it('keeps a node with the wrong passphrase outside, and both sides say so', async () => {
    await world.explain(async () => {
      const [right, wrong] = [agents.at(0), agents.at(1)];
      await wrong.node.write(passphraseFileOf(wrong.node), 'wrong horse battery\n');
      await Promise.all([startRadio(right.node), startRadio(wrong.node)]);
      await agents.start(right, wrong);
      for (const [agent, other] of [
        [right, wrong],
        [wrong, right],
      ] as const) {
        const doctor = async (): Promise<string | undefined> => {
          const { stdout } = await agents.meshpay(agent, ['doctor']);
          return stdout.includes(`SAE failed with ${other.node.mac}`) ? stdout : undefined;
        };
        // A look is a whole start of the command line.
        const options = { pauseMs: 4_000 };
        const said = await world.time.until('SAE in doctor', PATIENCE_MS, doctor, options);
        assert.match(said, /passphrase/);
        const known = await stations(agent.node);
        assert.deepEqual(
          known.filter(({ plink }) => plink === 'ESTAB'),
          [],
        );
      }
    });
  });
});
