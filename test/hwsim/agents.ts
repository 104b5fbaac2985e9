/**
 * A payment network on virtual radios: `meshpayd` as a router runs it, in the namespace of each
 * node, and wallets in drivers. Nodes find each other by beacons over `mesh0`; nothing names an
 * address but the wallets, which have to be told whom to ask.
 */

import { toHex } from '../../agent/core/base/bytes.ts';
import type { Signer } from '../../agent/core/base/crypto.ts';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { type Genesis, type Network, networkOf } from '../../agent/core/network/genesis.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { configWith, writeConfig } from '../../agent/shell/config/config.ts';
import { type Config, DEFAULT_PORT } from '../../agent/shell/config/config-schema.ts';
import type { StatusView } from '../../agent/shell/control/api.ts';
import { UNUSED_MARK_TEXT, unusedMarkOf } from '../../agent/shell/daemon/owner.ts';
import { formatSeed, newSeed, signerFromSeed } from '../../agent/shell/keys.ts';
import type { Address } from '../../agent/shell/net/address.ts';
import { meshAddress } from '../../agent/shell/radio/address.ts';
import { configFileOf, inPlace, passphraseFileOf } from './bring-up.ts';
import { MESHPAY, MESHPAYD, makeBundles, ROUTER_FLAGS } from './bundles.ts';
import { type Driver, startDriver } from './driver.ts';
import type { MeshSettings } from './mesh.ts';
import type { ExecOptions, WorldNode, WorldProcess } from './node.ts';
import { type ExecResult, GUEST_ROOT } from './protocol.ts';
import type { World } from './world.ts';

export interface AgentsOptions {
  /** Radios whose nodes are authorities, in the order of the committee. */
  readonly authorities: readonly number[];
  /** The radio beside each wallet. */
  readonly wallets: readonly number[];
  readonly mesh: MeshSettings;
  /** Where each node has its files; default: `besideEachOther`. */
  readonly files?: (node: WorldNode) => NodeFiles;
}

/** A node's files: as its programs name them, and where the machine has them. */
export interface NodeFiles {
  readonly configFile: string;
  readonly genesis: InBoth;
  readonly passphrase: InBoth;
  readonly key: InBoth;
  readonly store: InBoth;
  readonly socket: InBoth;
}

interface InBoth {
  readonly named: string;
  readonly real: string;
}

export interface Agent {
  readonly name: string;
  readonly node: WorldNode;
  readonly socket: string;
  readonly signer: Signer;
  /** As it stands in the node's file. */
  readonly config: Config;
}

export interface RadioWallet {
  readonly name: string;
  readonly node: WorldNode;
  /** The account, hexadecimal: what others pay to. */
  readonly account: string;
  /** The process that holds it; wallets of one node share it. */
  readonly driver: Driver;
}

/** Which wallets read, and nodes too unless they have one of their own. */
const GENESIS_FILE = `${GUEST_ROOT}/genesis.json`;
const NETWORK_NAME = 'radio-trial';
const POLL_MS = 250;
const DIGEST_DIGITS = 12;
const ISSUED = 100_000_000n as Amount;

/**
 * Writes the files of a network into the machine; nothing runs yet. Every node gets a key and a
 * configuration, since its radio is brought up from them; daemons run at the authorities only.
 */
export async function makeAgents(world: World, options: AgentsOptions): Promise<Agents> {
  const { authorities, wallets, files = besideEachOther } = options;
  await makeBundles();
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
    tokens: [{ symbol: 'HRS', decimals: 2, opens: 1n as Amount }],
    votesPerHour: 0,
    ledgers: [],
    issuance: walletSeeds.map((seed) => ({
      account: signerFromSeed(seed).publicKey,
      token: 0 as TokenIndex,
      amount: ISSUED,
    })),
  };
  const document = JSON.stringify(genesisToJson(genesis));
  await world.outside.write(GENESIS_FILE, document, 0o644);
  const everywhere = await Promise.all(
    world.nodes.map(async (node, i): Promise<Agent> => {
      const role = authorities.includes(i) ? 'authority' : 'relay';
      const config = await writeNode(node, role, must(seeds[i]), options);
      await node.write(files(node).genesis.real, document, 0o644);
      const { name } = config;
      const { socket } = files(node);
      return { name, node, socket: socket.real, signer: must(signers[i]), config };
    }),
  );
  const members = authorities.map((radio) => must(everywhere[radio]));
  return new Agents(world, networkOf(genesis), members, everywhere, {
    walletRadios: wallets,
    walletSeeds,
  });
}

async function writeNode(
  node: WorldNode,
  role: 'authority' | 'relay',
  seed: Uint8Array,
  { mesh, files = besideEachOther }: AgentsOptions,
): Promise<Config> {
  const { configFile, genesis, passphrase, key, store, socket } = files(node);
  const config = configWith({
    name: `${role}-${node.place}`,
    role,
    genesis: genesis.named,
    node_key: key.named,
    'store.folder': store.named,
    'store.allow_volatile': true,
    'listen.addresses': [{ host: '::', port: DEFAULT_PORT }],
    'control.socket': socket.named,
    'radio.body': 'linux',
    'radio.country': 'US',
    'radio.mesh_id': mesh.meshId,
    'radio.passphrase_file': passphrase.named,
  });
  await node.write(configFile, writeConfig(config));
  await node.write(passphrase.real, `${mesh.passphrase}\n`);
  await node.write(key.real, `${formatSeed(seed)}\n`);
  await node.write(unusedMarkOf(key.real), UNUSED_MARK_TEXT);
  return config;
}

/** All nodes' files in folders of their own, under the names that the machine has for them. */
function besideEachOther(node: WorldNode): NodeFiles {
  const place = (path: string): InBoth => ({ named: path, real: path });
  return {
    configFile: configFileOf(node),
    genesis: place(GENESIS_FILE),
    passphrase: place(passphraseFileOf(node)),
    key: place(`${node.folder}/node.key`),
    store: place(`${node.folder}/data`),
    socket: place(`${node.folder}/run/control.sock`),
  };
}

interface Plan {
  readonly walletRadios: readonly number[];
  readonly walletSeeds: readonly Uint8Array[];
}

export class Agents {
  readonly network: Network;
  /** The authorities, in the order of the committee. */
  readonly all: readonly Agent[];
  /** One for each node; those that are no authorities can run as relays. */
  readonly everywhere: readonly Agent[];
  readonly #world: World;
  readonly #plan: Plan;
  readonly #running = new Map<Agent, WorldProcess>();
  readonly #drivers = new Map<number, Driver>();
  #desk: Driver | undefined;

  constructor(
    world: World,
    network: Network,
    all: readonly Agent[],
    everywhere: readonly Agent[],
    plan: Plan,
  ) {
    this.network = network;
    this.all = all;
    this.everywhere = everywhere;
    this.#world = world;
    this.#plan = plan;
  }

  /** A driver to ask daemons with: their control sockets are files, which any namespace sees. */
  get desk(): Driver {
    const [driver = this.#desk] = this.#drivers.values();
    if (driver === undefined) throw new Error('no driver runs yet');
    return driver;
  }

  /** @throws RangeError when there is no such radio */
  at(radio: number): Agent {
    return must(this.everywhere[radio]);
  }

  /** The command line, as a person at the node would run it. */
  meshpay(
    { node }: Agent,
    argv: readonly string[],
    options: ExecOptions = {},
  ): Promise<ExecResult> {
    return node.exec(inPlace(node, [process.execPath, MESHPAY, ...argv]), {
      timeoutMs: 60_000,
      ...options,
    });
  }

  /** Starts daemons without waiting for them. */
  async start(...agents: readonly Agent[]): Promise<void> {
    await Promise.all(
      (agents.length === 0 ? this.all : agents).map(async (agent) => {
        const { node } = agent;
        const argv = [process.execPath, ...ROUTER_FLAGS, MESHPAYD];
        const whole = inPlace(node, [...argv, '--config', configFileOf(node)]);
        this.#running.set(agent, await node.spawn(whole, { name: `${node.name}-meshpayd` }));
      }),
    );
  }

  /** SIGKILL, and waits for the end. */
  async kill(agent: Agent): Promise<void> {
    await this.#running.get(agent)?.kill();
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
    pauseMs = POLL_MS,
  ): Promise<readonly StatusView[]> {
    let statuses: readonly (StatusView | null)[] = [];
    const look = async (): Promise<readonly StatusView[] | undefined> => {
      statuses = await this.statuses(agents);
      const present = statuses.filter((status) => status !== null);
      return present.length === agents.length && wanted(present) ? present : undefined;
    };
    return this.#world.time.until(what, timeoutMs, look, {
      pauseMs,
      otherwise: async () =>
        statuses.map((status, i) => `\n${agents[i]?.name}: ${wordsOf(status)}`).join(''),
    });
  }

  /** Waits until every one of these authorities has links to all others of them. */
  untilLinked(
    timeoutMs: number,
    agents = this.all,
    pauseMs = POLL_MS,
  ): Promise<readonly StatusView[]> {
    const others = agents.length - 1;
    const wanted = (all: readonly StatusView[]): boolean =>
      all.every(({ state, links }) => state === 'ready' && links.members >= others);
    return this.until('links between the authorities', wanted, timeoutMs, agents, pauseMs);
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
    return this.all.map(({ signer }) => ({
      host: meshAddress(this.network.id, signer.publicKey),
      port: DEFAULT_PORT,
    }));
  }

  /** A driver that has no wallets, where all wallets are those of people. */
  async startDesk(): Promise<void> {
    this.#desk = await startDriver(this.#world.outside, 'desk');
  }

  /** Starts the drivers, one for each node that has wallets. */
  async startDrivers(): Promise<void> {
    await Promise.all(
      [...new Set(this.#plan.walletRadios)].map(async (radio) => {
        const node = this.#world.node(radio);
        this.#drivers.set(radio, await startDriver(node, `${node.name}-wallets`));
      }),
    );
  }

  /** Opens all wallets; they connect as soon as there is a mesh. */
  openWallets(): Promise<RadioWallet[]> {
    return Promise.all(this.#plan.walletRadios.map((_, i) => this.openWallet(i)));
  }

  seedOf(i: number): Uint8Array {
    return must(this.#plan.walletSeeds[i]);
  }

  /** The account of a wallet, open or not, hexadecimal. */
  accountOf(i: number): string {
    return toHex(signerFromSeed(this.seedOf(i)).publicKey);
  }

  async openWallet(i: number): Promise<RadioWallet> {
    const node = this.#world.node(this.#plan.walletRadios[i] ?? -1);
    const driver = this.#drivers.get(node.place);
    const seed = this.#plan.walletSeeds[i];
    if (driver === undefined || seed === undefined) throw new RangeError('no such wallet');
    const name = `wallet-${i}`;
    await driver.openWallet({
      wallet: name,
      folder: `${node.folder}/${name}`,
      genesisFile: GENESIS_FILE,
      seed: toHex(seed),
      peers: this.addresses(),
    });
    return { name, node, account: this.accountOf(i), driver };
  }
}

export function wordsOf(status: StatusView | null): string {
  if (status === null) return 'does not answer';
  const { state, links, ledger } = status;
  const { digest, journalEntries } = ledger ?? { digest: '-', journalEntries: '-' };
  const short = (digest ?? '-').slice(0, DIGEST_DIGITS);
  return `${state}, ${links.members} member links, ${journalEntries} certificates, digest ${short}`;
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('no such radio or wallet');
  return value;
}
