/**
 * A network of real processes on loopback, in a folder of its own: genesis document, keys and
 * configurations, and a daemon a node.
 *
 *   const network = await startNetwork({ authorities: 4, relays: 1 });
 *   await network.authority(0).kill9();
 *   await network.close();
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../agent/cli/lab/ports.ts';
import { toHex } from '../../agent/core/base/bytes.ts';
import type { Signer } from '../../agent/core/base/crypto.ts';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { type Genesis, type Network, networkOf } from '../../agent/core/network/genesis.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { configWith, writeConfig } from '../../agent/shell/config/config.ts';
import type { Config } from '../../agent/shell/config/config-schema.ts';
import { UNUSED_MARK_TEXT, unusedMarkOf } from '../../agent/shell/daemon/owner.ts';
import { newSeed, signerFromSeed, writeKeyFile } from '../../agent/shell/keys.ts';
import type { Address } from '../../agent/shell/net/address.ts';
import {
  BUNDLED_MESHPAYD,
  type DaemonProcess,
  daemonProcess,
  MESHPAYD,
  type StartOptions,
} from './process.ts';

export interface NetworkOptions {
  readonly authorities: number;
  /** Default 0. A relay keeps links to all authorities. */
  readonly relays?: number;
  /** Wallets, each with 1000.00 of the one token, HRS. Default 2. */
  readonly wallets?: number;
  /** Runs the bundle, as a router does (npm run bundle makes it). Default false. */
  readonly bundled?: boolean;
  /** Where each node runs: what stands before its command line. Default: here. */
  readonly places?: readonly (readonly string[])[];
  /** The outer ledgers of its genesis document. Default: none. */
  readonly ledgers?: Genesis['ledgers'];
  /** Where each node listens. Default: free ports of loopback. */
  readonly addresses?: readonly Address[];
  /** Changes to the configuration of every node. */
  readonly config?: Partial<Config>;
}

export interface TestNode extends DaemonProcess {
  readonly name: string;
  readonly folder: string;
  readonly address: Address;
  readonly signer: Signer;
  readonly config: Config;
  /** Writes its configuration anew, with changes. */
  configure(changes: Partial<Config>): void;
}

export interface TestNetwork {
  readonly folder: string;
  readonly network: Network;
  readonly genesisFile: string;
  /** The authorities, in the order of the committee, and then the relays. */
  readonly nodes: readonly TestNode[];
  readonly wallets: readonly Signer[];
  /** Secrets of the authorities and of the wallets, in hexadecimal. */
  readonly seeds: readonly string[];
  readonly walletSeeds: readonly string[];
  authority(index: number): TestNode;
  relay(index: number): TestNode;
  /** Starts every node, and waits until each is ready and has links to all authorities. */
  start(options?: StartOptions): Promise<void>;
  /** Kills what still runs, and removes the folder. */
  close(): Promise<void>;
}

/** Makes the files of a network; nothing runs yet. */
export async function makeNetwork(options: NetworkOptions): Promise<TestNetwork> {
  const { authorities, relays = 0, wallets: walletCount = 2 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'meshpay-net-'));
  const names = [
    ...Array.from({ length: authorities }, (_, i) => `authority-${i}`),
    ...Array.from({ length: relays }, (_, i) => `relay-${i}`),
  ];
  const seeds = names.map(newSeed);
  const signers = seeds.map(signerFromSeed);
  const walletSeeds = Array.from({ length: walletCount }, newSeed);
  const wallets = walletSeeds.map(signerFromSeed);
  const ports = await freePorts(names.length);
  const genesis: Genesis = {
    version: 1,
    name: 'trial',
    nonce: newSeed().subarray(0, 16),
    members: signers
      .slice(0, authorities)
      .map(({ publicKey }, i) => ({ name: names[i] ?? '', key: publicKey })),
    tokens: [{ symbol: 'HRS', decimals: 2, opens: 1n as Amount }],
    votesPerHour: 0,
    ledgers: options.ledgers ?? [],
    issuance: wallets.map(({ publicKey }) => ({
      account: publicKey,
      token: 0 as TokenIndex,
      amount: 100_000n as Amount,
    })),
  };
  const genesisFile = join(folder, 'genesis.json');
  writeFileSync(genesisFile, JSON.stringify(genesisToJson(genesis), undefined, 2));

  const addresses = options.addresses ?? ports.map((port) => ({ host: '127.0.0.1', port }));
  const nodes = names.map((name, i): TestNode => {
    const own = join(folder, name);
    mkdirSync(own);
    const peers = addresses.flatMap((address, other) =>
      other < authorities && other !== i ? [{ address, node: signers[other]?.publicKey }] : [],
    );
    let config = configWith({
      name,
      role: i < authorities ? 'authority' : 'relay',
      genesis: genesisFile,
      node_key: join(own, 'node.key'),
      'store.folder': join(own, 'data'),
      'store.allow_volatile': true,
      'listen.addresses': [must(addresses[i])],
      'control.socket': join(own, 'control.sock'),
      'log.level': 'debug',
      peers,
      ...options.config,
    });
    const configFile = join(own, 'meshpayd.toml');
    const configure = (changes: Partial<Config>): void => {
      config = { ...config, ...changes };
      writeFileSync(configFile, writeConfig(config));
    };
    configure({});
    writeKeyFile(config.node_key, must(seeds[i]));
    writeFileSync(unusedMarkOf(config.node_key), UNUSED_MARK_TEXT);
    const program = options.bundled === true ? BUNDLED_MESHPAYD : MESHPAYD;
    const place = options.places?.[i] ?? [];
    const daemon = daemonProcess(configFile, config['control.socket'], program, place);
    const extra = { name, folder: own, address: must(addresses[i]), signer: must(signers[i]) };
    return Object.defineProperties({ ...extra, configure } as TestNode, {
      ...Object.getOwnPropertyDescriptors(daemon),
      config: { get: () => config },
    });
  });

  return {
    folder,
    network: networkOf(genesis),
    genesisFile,
    nodes,
    wallets,
    seeds: seeds.slice(0, authorities).map(toHex),
    walletSeeds: walletSeeds.map(toHex),
    authority: (index) => must(nodes[index]),
    relay: (index) => must(nodes[authorities + index]),
    async start(startOptions) {
      await Promise.all(nodes.map((node) => node.start(startOptions)));
      await Promise.all(
        nodes.map((node, i) => {
          const others = i < authorities ? authorities - 1 : authorities;
          return node.until(
            ({ state, links }) => state === 'ready' && links.members === others,
            `${node.name} is ready, with links to ${others} authorities`,
          );
        }),
      );
    },
    async close() {
      await Promise.all(nodes.map((node) => (node.pid === undefined ? undefined : node.kill9())));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a network and starts it. */
export async function startNetwork(
  options: NetworkOptions,
  startOptions?: StartOptions,
): Promise<TestNetwork> {
  const network = await makeNetwork(options);
  try {
    await network.start(startOptions);
    return network;
  } catch (error) {
    await network.close();
    throw error;
  }
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the network has no such node');
  return value;
}
