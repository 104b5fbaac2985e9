/**
 * A payment network on virtual radios: `meshpayd` as a router runs it, in the namespace of each
 * node, and wallets in drivers. Nodes find each other by beacons over `mesh0`; nothing names an
 * address but the wallets, which have to be told whom to ask.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { toHex } from '../../agent/core/bytes.ts';
import type { Signer } from '../../agent/core/crypto.ts';
import { type Genesis, type Network, networkOf } from '../../agent/core/genesis.ts';
import { genesisToJson } from '../../agent/core/genesis-json.ts';
import type { Amount, TokenIndex } from '../../agent/core/units.ts';
import { configWith, writeConfig } from '../../agent/shell/config.ts';
import { type Config, DEFAULT_PORT } from '../../agent/shell/config-schema.ts';
import type { StatusView } from '../../agent/shell/control/api.ts';
import { UNUSED_MARK_TEXT, unusedMarkOf } from '../../agent/shell/daemon/first-start.ts';
import { formatSeed, newSeed, signerFromSeed } from '../../agent/shell/keys.ts';
import type { Address } from '../../agent/shell/net/address.ts';
import { BUNDLED_MESHPAYD } from '../process/process.ts';
import { configFileOf, passphraseFileOf, type RadioCare } from './bring-up.ts';
import { bundleProgram, type Driver, ROUTER_FLAGS, startDriver } from './driver.ts';
import { MESH_INTERFACE, type MeshSettings } from './mesh.ts';
import type { WorldNode, WorldProcess } from './node.ts';
import { GUEST_ROOT } from './protocol.ts';
import type { World } from './world.ts';

export interface AgentsOptions {
  /** Radios whose nodes are authorities, in the order of the committee. */
  readonly authorities: readonly number[];
  /** The radio beside each wallet. */
  readonly wallets: readonly number[];
  readonly mesh: MeshSettings;
  readonly care: RadioCare;
}

export interface Agent {
  readonly name: string;
  readonly node: WorldNode;
  readonly socket: string;
  readonly signer: Signer;
}

export interface RadioWallet {
  readonly name: string;
  readonly node: WorldNode;
  /** The account, hexadecimal: what others pay to. */
  readonly account: string;
  /** The process that holds it; wallets of one node share it. */
  readonly driver: Driver;
}

const GENESIS_FILE = `${GUEST_ROOT}/genesis.json`;
const NETWORK_NAME = 'radio-trial';
const ISSUED = 100_000_000n as Amount;
const POLL_MS = 100;

/**
 * Writes the files of a network into the machine; nothing runs yet. Every node gets a key and a
 * configuration, since its radio is brought up from them; daemons run at the authorities only.
 */
export async function makeAgents(world: World, options: AgentsOptions): Promise<Agents> {
  const { authorities, wallets, care } = options;
  const seeds = world.nodes.map(() => newSeed());
  const signers = seeds.map(signerFromSeed);
  const walletSeeds = wallets.map(() => newSeed());
  const genesis: Genesis = {
    version: 1,
    name: NETWORK_NAME,
    nonce: newSeed().subarray(0, 16),
    members: authorities.map((radio) => ({
      name: `authority-${radio}`,
      key: must(signers[radio]).publicKey,
    })),
    tokens: [{ symbol: 'HRS', decimals: 2 }],
    issuance: walletSeeds.map((seed) => ({
      account: signerFromSeed(seed).publicKey,
      token: 0 as TokenIndex,
      amount: ISSUED,
    })),
  };
  await world.outside.write(GENESIS_FILE, JSON.stringify(genesisToJson(genesis)), 0o644);
  await Promise.all(
    world.nodes.map((node, i) =>
      writeNode(node, authorities.includes(i) ? 'authority' : 'relay', must(seeds[i]), options),
    ),
  );
  const agents = authorities.map((radio): Agent => {
    const node = world.node(radio);
    return {
      name: `authority-${radio}`,
      node,
      socket: socketOf(node),
      signer: must(signers[radio]),
    };
  });
  return new Agents(world, networkOf(genesis), agents, {
    care,
    walletRadios: wallets,
    walletSeeds,
  });
}

async function writeNode(
  node: WorldNode,
  role: 'authority' | 'relay',
  seed: Uint8Array,
  { care, mesh }: AgentsOptions,
): Promise<void> {
  const keyFile = `${node.folder}/node.key`;
  const radio: Partial<Config> =
    care.kind === 'product'
      ? {
          'radio.body': 'linux',
          'radio.country': 'US',
          'radio.mesh_id': mesh.meshId,
          'radio.passphrase_file': passphraseFileOf(node),
        }
      : { 'discovery.on': true, 'discovery.interfaces': [MESH_INTERFACE] };
  const config = configWith({
    name: `${role}-${node.place}`,
    role,
    genesis: GENESIS_FILE,
    node_key: keyFile,
    'store.folder': `${node.folder}/data`,
    'store.allow_volatile': true,
    'listen.addresses': [{ host: '::', port: DEFAULT_PORT }],
    'control.socket': socketOf(node),
    ...radio,
  });
  await node.write(configFileOf(node), writeConfig(config));
  await node.write(passphraseFileOf(node), `${mesh.passphrase}\n`);
  await node.write(keyFile, `${formatSeed(seed)}\n`);
  await node.write(unusedMarkOf(keyFile), UNUSED_MARK_TEXT);
}

function socketOf(node: WorldNode): string {
  return `${node.folder}/control.sock`;
}

interface Plan {
  readonly care: RadioCare;
  readonly walletRadios: readonly number[];
  readonly walletSeeds: readonly Uint8Array[];
}

export class Agents {
  readonly network: Network;
  /** The authorities, in the order of the committee. */
  readonly all: readonly Agent[];
  readonly #world: World;
  readonly #plan: Plan;
  readonly #running = new Map<Agent, WorldProcess>();
  readonly #drivers = new Map<number, Driver>();

  constructor(world: World, network: Network, all: readonly Agent[], plan: Plan) {
    this.network = network;
    this.all = all;
    this.#world = world;
    this.#plan = plan;
  }

  /** A driver to ask daemons with: their control sockets are files, which any namespace sees. */
  get desk(): Driver {
    const [driver] = this.#drivers.values();
    if (driver === undefined) throw new Error('no driver runs yet');
    return driver;
  }

  /** @throws RangeError when the radio has no agent */
  at(radio: number): Agent {
    const agent = this.all.find(({ node }) => node.place === radio);
    if (agent === undefined) throw new RangeError(`radio ${radio} has no agent`);
    return agent;
  }

  /** Starts daemons without waiting for them. */
  async start(...agents: readonly Agent[]): Promise<void> {
    await Promise.all(
      (agents.length === 0 ? this.all : agents).map(async (agent) => {
        const { node } = agent;
        const argv = [process.execPath, ...ROUTER_FLAGS, BUNDLED_MESHPAYD];
        const whole = this.#plan.care.inPlace(node, [...argv, '--config', configFileOf(node)]);
        this.#running.set(agent, await node.spawn(whole, { name: `${node.name}-meshpayd` }));
      }),
    );
  }

  /** SIGTERM, and waits for the end. */
  async stop(agent: Agent): Promise<void> {
    await this.#running.get(agent)?.stop();
  }

  /** Null for a daemon that does not answer. */
  statuses(agents = this.all): Promise<readonly (StatusView | null)[]> {
    return this.desk.ask({ op: 'statuses', sockets: agents.map(({ socket }) => socket) });
  }

  /**
   * Waits until these daemons say what is wanted.
   * @throws Error with their last words when they do not within `timeoutMs`
   */
  async until(
    what: string,
    wanted: (statuses: readonly StatusView[]) => boolean,
    timeoutMs: number,
    agents = this.all,
  ): Promise<readonly StatusView[]> {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const statuses = await this.statuses(agents);
      const present = statuses.filter((status) => status !== null);
      if (present.length === agents.length && wanted(present)) return present;
      if (performance.now() > endMs) {
        const told = statuses.map((status, i) => `${agents[i]?.name}: ${wordsOf(status)}`);
        throw new Error(`${what}: not within ${timeoutMs} ms\n${told.join('\n')}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Waits until every one of these authorities has links to all others of them. */
  untilLinked(timeoutMs: number, agents = this.all): Promise<readonly StatusView[]> {
    const others = agents.length - 1;
    const wanted = (all: readonly StatusView[]): boolean =>
      all.every(({ state, links }) => state === 'ready' && links.members >= others);
    return this.until('links between the authorities', wanted, timeoutMs, agents);
  }

  /** Waits until all authorities hold the same ledger, with at least so many certificates. */
  untilEqual(timeoutMs: number, journalEntries: number): Promise<readonly StatusView[]> {
    const wanted = (all: readonly StatusView[]): boolean =>
      new Set(all.map(({ ledger }) => ledger?.digest)).size === 1 &&
      all.every(({ ledger }) => Number(ledger?.journalEntries ?? 0) >= journalEntries);
    return this.until('equal ledgers', wanted, timeoutMs, this.all);
  }

  /** Where a wallet finds the authorities. */
  addresses(): Address[] {
    return this.all.map(({ node, signer }) => ({
      host: this.#plan.care.hostOf(node, this.network.id, signer.publicKey),
      port: DEFAULT_PORT,
    }));
  }

  /** Starts the drivers, one for each node that has wallets. */
  async startDrivers(): Promise<void> {
    const bundle = await bundleProgram('test/hwsim/guest/driver.js', 'hwsim-driver');
    await Promise.all(
      [...new Set(this.#plan.walletRadios)].map(async (radio) => {
        const node = this.#world.node(radio);
        this.#drivers.set(radio, await startDriver(node, bundle, `${node.name}-wallets`));
      }),
    );
  }

  /** Opens the wallets; they connect as soon as there is a mesh. */
  openWallets(): Promise<RadioWallet[]> {
    return Promise.all(
      this.#plan.walletRadios.map(async (radio, i): Promise<RadioWallet> => {
        const driver = this.#drivers.get(radio);
        const seed = this.#plan.walletSeeds[i];
        if (driver === undefined || seed === undefined) throw new RangeError('no such wallet');
        const node = this.#world.node(radio);
        const name = `wallet-${i}`;
        await driver.openWallet({
          wallet: name,
          folder: `${node.folder}/${name}`,
          genesisFile: GENESIS_FILE,
          seed: toHex(seed),
          peers: this.addresses(),
        });
        return { name, node, account: toHex(signerFromSeed(seed).publicKey), driver };
      }),
    );
  }
}

function wordsOf(status: StatusView | null): string {
  if (status === null) return 'does not answer';
  const { state, links, ledger } = status;
  const { digest, journalEntries } = ledger ?? { digest: '-', journalEntries: '-' };
  return `${state}, ${links.members} member links, ${journalEntries} certificates, digest ${digest}`;
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('no such radio');
  return value;
}
