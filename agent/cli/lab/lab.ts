/**
 * A whole network on this machine: real daemons on loopback, wallets in folders. `lab --demo` and
 * developers of wallets use it alike. Whatever happens, `close` leaves no daemon behind, and if the
 * lab cannot even close, the leash does it (leash.ts).
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRefusal } from '../../core/base/refusal.ts';
import type { Amount, MemberIndex, TokenIndex } from '../../core/base/units.ts';
import type { Network, OuterLedger } from '../../core/network/genesis.ts';
import { readConfig } from '../../shell/config/config.ts';
import type { StatusView } from '../../shell/control/api.ts';
import { newSeed, signerFromSeed } from '../../shell/keys.ts';
import type { Address } from '../../shell/net/address.ts';
import { createWallet } from '../../wallet/folder.ts';
import { beside, Watchers } from '../../wallet/until.ts';
import { type Failure, failure, refusalFailure } from '../failure.ts';
import { planNetwork } from '../network/plan.ts';
import { readGenesisFile } from '../network/read.ts';
import { CONFIG_FILE, writeNetwork } from '../network/write.ts';
import { orFail } from '../wallet-failure.ts';
import { LabDaemon } from './lab-daemon.ts';
import { freePorts } from './ports.ts';

export interface LabRequest {
  readonly folder: string;
  readonly authorities: number;
  readonly relays: number;
  readonly wallets: number;
}

export interface LabNode {
  readonly name: string;
  readonly role: 'authority' | 'relay';
  readonly address: Address;
  readonly daemon: LabDaemon;
}

export interface LabWallet {
  readonly name: string;
  readonly folder: string;
  /** The relay that it reaches the network through; undefined: it reaches all authorities. */
  readonly through: string | undefined;
}

export interface Lab {
  readonly folder: string;
  readonly network: Network;
  readonly nodes: readonly LabNode[];
  readonly wallets: readonly LabWallet[];
  /**
   * Starts a node that is not running; resolves with its time to `ready`, in milliseconds. An
   * authority that starts for the first time votes by then: the others have vouched for it.
   */
  start(node: LabNode): Promise<number>;
  /** Whether all authorities hold the same ledger now. */
  isEqual(): Promise<boolean>;
  /** Breaks when a daemon ends by itself. */
  readonly watchers: Watchers;
  close(): Promise<void>;
}

const WALLET_NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
/** What each wallet is issued: 1000.00. */
const ISSUED = 100_000n as Amount;
/** The first authority pays out by hand, and its word counts. */
const CASHBOOK: OuterLedger = {
  name: 'cashbook',
  kind: 'cashbook',
  tokens: [0 as TokenIndex],
  observers: [0 as MemberIndex],
  quorum: 1,
  about: 'a book kept by whoever runs the first authority',
};
const READY_WITHIN_MS = 30_000;

/** Makes a lab in a folder, or opens the one that is there. Nothing is started yet. */
export async function openLab(request: LabRequest): Promise<Lab> {
  const networkFolder = join(request.folder, 'network');
  const isNew = !existsSync(networkFolder);
  if (isNew) await createLab(request, networkFolder);
  const network = readGenesisFile(networkFolder);
  const watchers = new Watchers();
  const nodes = foldersOf(networkFolder).map((name) => {
    return openNode(name, join(networkFolder, name), (failed) => watchers.break(failed));
  });
  const walletsFolder = join(request.folder, 'wallets');
  const relay = nodes.find(({ role }) => role === 'relay');
  const wallets = foldersOf(walletsFolder).map((name, at) => {
    return {
      name,
      folder: join(walletsFolder, name),
      through: at % 2 === 1 ? relay?.name : undefined,
    };
  });
  const begun = new Set<string>();
  return {
    folder: request.folder,
    network,
    nodes,
    wallets,
    watchers,
    start: async ({ name, role, daemon }) => {
      const isFirstStart = isNew && role === 'authority' && !begun.has(name);
      begun.add(name);
      daemon.start();
      const isReady = ({ state }: StatusView): boolean => state === 'ready';
      const readyMs = await beside(watchers, daemon.until(isReady, 'to be ready', READY_WITHIN_MS));
      const votes = ({ voting }: StatusView): boolean => voting.may;
      if (isFirstStart) {
        await beside(watchers, daemon.until(votes, 'to vote', READY_WITHIN_MS));
      }
      return readyMs;
    },
    isEqual: async () => {
      const authorities = nodes.filter(({ role }) => role === 'authority');
      const statuses = await Promise.all(authorities.map(({ daemon }) => daemon.status()));
      const digests = new Set(statuses.map(({ ledger }) => ledger?.digest ?? 'none'));
      return digests.size === 1 && !digests.has('none');
    },
    close: async () => {
      await Promise.all(nodes.map(({ daemon }) => daemon.stop()));
    },
  };
}

async function createLab(request: LabRequest, networkFolder: string): Promise<void> {
  const names = Array.from(
    { length: request.wallets },
    (_, at) => WALLET_NAMES[at] ?? `wallet-${at + 1}`,
  );
  const wallets = names.map((name) => ({ name, seed: newSeed() }));
  const ports = await freePorts(request.authorities + request.relays);
  const numbered = (prefix: string, count: number): string[] =>
    Array.from({ length: count }, (_, at) => `${prefix}-${at + 1}`);
  const relays = request.relays === 1 ? ['relay'] : numbered('relay', request.relays);
  const plan = planNetwork(
    {
      name: 'lab',
      authorities: numbered('authority', request.authorities),
      relays,
      tokens: [{ symbol: 'HRS', decimals: 2, opens: 1n as Amount }],
      // A lab is there to be driven.
      votesPerHour: 0,
      ledgers: [CASHBOOK],
      issuance: wallets.map(({ seed }) => ({
        account: signerFromSeed(seed).publicKey,
        token: 0 as TokenIndex,
        amount: ISSUED,
      })),
      layout: { kind: 'loopback', ports },
    },
    randomBytes,
  );
  if (isRefusal(plan)) throw refusalFailure(plan);
  const endpoints = ports.map((port) => ({ host: '127.0.0.1', port }));
  const authorities = endpoints.slice(0, request.authorities);
  const relayed = endpoints.slice(request.authorities, request.authorities + 1);
  const walletsFolder = join(request.folder, 'wallets');
  // The first folder that was not there before: nothing of a lab that failed stays.
  const made = mkdirSync(walletsFolder, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  try {
    for (const [at, { name, seed }] of wallets.entries()) {
      // Every second wallet sees the relay alone, as one that is a hop away would.
      const peers = at % 2 === 1 && relayed.length > 0 ? relayed : authorities;
      const folder = join(walletsFolder, name);
      orFail(createWallet(folder, plan.network, { peers, allowVolatile: true }, seed));
      written.push(folder);
    }
    // Last, because its presence is what makes the folder a lab.
    writeNetwork(networkFolder, plan);
  } catch (error) {
    for (const folder of [...written, ...(made === undefined ? [] : [made])]) {
      rmSync(folder, { recursive: true, force: true });
    }
    throw error;
  }
}

function openNode(name: string, folder: string, onExit: (failed: Failure) => void): LabNode {
  const reading = readConfig(join(folder, CONFIG_FILE));
  const [address] = reading.ok ? reading.config['listen.addresses'] : [];
  if (!reading.ok || address === undefined) {
    throw failure('lab_failed', { field: folder, expected: 'a node of a lab', found: 'another' });
  }
  const { role } = reading.config;
  return { name, role, address, daemon: new LabDaemon(name, folder, onExit) };
}

function foldersOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  return folders.map(({ name }) => name).sort();
}
