/**
 * `meshpay lab --radios`: a payment network on virtual radios for a person to play in. Every node
 * has its radio, its daemon and a wallet with money; the first four are the authorities, the others
 * relays. Also a program of its own:
 *
 *     node dist/test/hwsim/lab.js --radios 4 --topology ring
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nameOf } from '../../agent/core/base/names.ts';
import { createWallet } from '../../agent/wallet/folder.ts';
import { type Agents, makeAgents, wordsOf } from './agents.ts';
import { startRadio } from './bring-up.ts';
import { MESHPAY, MESHPAY_RADIO, MESHPAYD } from './bundles.ts';
import { prepareHost, type Say } from './host.ts';
import { type Commands, number, PROGRAMS_FOLDER, shapeNamed } from './lab-commands.ts';
import type { PromptStreams } from './prompt.ts';
import { untilPeered } from './scenarios.ts';
import { runPrompt } from './shell.ts';
import { bootWorld, type World } from './world.ts';

const MESH = { meshId: 'meshpay lab', passphrase: 'meshpay lab passphrase' };
const MOST_AUTHORITIES = 4;
const MOST_RADIOS = 12;
const PATIENCE_MS = 300_000;
/** What a node with its programs takes, and the machine itself. */
const NODE_MIB = 220;
const BASE_MIB = 768;

interface LabOptions {
  readonly radios: number;
  readonly topology: string;
}

/** @returns the exit code: 0, or 1 when the world could not be had or has died */
async function runLab({ radios, topology }: LabOptions, streams: PromptStreams): Promise<number> {
  const say: Say = (text) => void streams.output.write(`${text}\n`);
  if (!(Number.isInteger(radios) && radios >= 1 && radios <= MOST_RADIOS)) {
    say(`--radios: expected a number from 1 to ${MOST_RADIOS}`);
    return 2;
  }
  const shape = shapeNamed(topology, radios);
  if (typeof shape === 'string') {
    say(`--topology: ${shape}`);
    return 2;
  }
  const host = await prepareHost(say);
  if (host.kind === 'unavailable') {
    say(`no virtual radios here: ${host.reason}`);
    return 1;
  }
  let world: World | undefined;
  try {
    say(`Booting a machine with ${radios} radios...`);
    const memoryMiB = BASE_MIB + NODE_MIB * radios;
    world = await bootWorld({ host, radios, memoryMiB, clock: 'host', say });
    await world.topology(shape);
    const agents = await startNetwork(world, say);
    return await runPrompt(world, streams, commandsOf(agents));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await world?.close();
  }
}

async function startNetwork(world: World, say: Say): Promise<Agents> {
  const radios = world.nodes.map((_, i) => i);
  const authorities = radios.slice(0, MOST_AUTHORITIES);
  const agents = await makeAgents(world, { authorities, wallets: radios, mesh: MESH });
  await writePrograms(world);
  await Promise.all(radios.map((radio) => writeWallet(world, agents, radio)));
  await agents.startDesk();
  say(`Starting meshpay-radio and meshpayd in every node; mesh "${MESH.meshId}"...`);
  await Promise.all([
    ...world.nodes.map((node) => startRadio(node)),
    agents.start(...agents.everywhere),
  ]);
  await untilPeered(world, world.links, 1_000);
  say('All neighbours are peers.');
  await world.time.until('all daemons are linked', PATIENCE_MS, async () => {
    const statuses = await agents.statuses(agents.everywhere);
    return statuses.every((status) => status?.state === 'ready') ? true : undefined;
  });
  for (const status of await statusesOf(agents)) say(status);
  say('Every node has a wallet: "run 0 meshpay wallet balance", or "0" for a shell there.');
  return agents;
}

function commandsOf(agents: Agents): Commands {
  return {
    nodes: {
      usage: 'nodes',
      about: 'what each daemon says of itself',
      run: async () => (await statusesOf(agents)).join('\n'),
    },
    address: {
      usage: 'address I',
      about: 'the account of the wallet at node I',
      run: (_, [radio]) => Promise.resolve(accountAt(agents, number(radio))),
    },
    pay: {
      usage: 'pay A B AMOUNT',
      about: 'the wallet at A pays the one at B, in HRS',
      run: async (_, [from, to, amount = '1.00']) => {
        const account = accountAt(agents, number(to));
        return said(agents, number(from), ['wallet', 'pay', account, amount, 'HRS']);
      },
    },
    kill: {
      usage: 'kill I',
      about: 'kills the daemon of node I; its radio goes on',
      run: async (_, [radio]) => {
        await agents.kill(agents.at(number(radio)));
        return `n${radio} has no daemon; "start ${radio}" brings it back`;
      },
    },
    start: {
      usage: 'start I',
      about: 'starts the daemon of node I again',
      run: async (_, [radio]) => {
        await agents.start(agents.at(number(radio)));
        return `n${radio} has a daemon`;
      },
    },
  };
}

async function said(agents: Agents, radio: number, argv: readonly string[]): Promise<string> {
  const agent = agents.at(radio);
  const { stdout, stderr } = await agents.meshpay(agent, argv, {
    timeoutMs: PATIENCE_MS,
    env: { HOME: agent.node.folder },
  });
  return [stdout.trimEnd(), stderr.trimEnd()].filter(Boolean).join('\n');
}

async function statusesOf(agents: Agents): Promise<string[]> {
  const statuses = await agents.statuses(agents.everywhere);
  return agents.everywhere.map(
    ({ name, node }, i) => `${node.name}  ${name.padEnd(12)} ${wordsOf(statuses[i] ?? null)}`,
  );
}

function accountAt(agents: Agents, radio: number): string {
  return nameOf('account', Buffer.from(agents.accountOf(radio), 'hex'));
}

/** The commands of a router, under their names. */
async function writePrograms(world: World): Promise<void> {
  const programs = { meshpay: MESHPAY, meshpayd: MESHPAYD, 'meshpay-radio': MESHPAY_RADIO };
  await Promise.all(
    Object.entries(programs).map(([name, bundle]) => {
      const script = `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`;
      return world.outside.write(`${PROGRAMS_FOLDER}/${name}`, script, 0o755);
    }),
  );
}

/** A wallet where the command line looks for it; made on the host and copied. */
async function writeWallet(world: World, agents: Agents, radio: number): Promise<void> {
  const node = world.node(radio);
  const base = mkdtempSync(join(tmpdir(), 'meshpay-lab-wallet-'));
  try {
    const folder = join(base, 'wallet');
    const config = { peers: agents.addresses(), allowVolatile: true };
    createWallet(folder, agents.network, config, agents.seedOf(radio));
    for (const name of readdirSync(folder)) {
      const file = `${node.folder}/.local/share/meshpay/wallet/${name}`;
      await node.write(file, readFileSync(join(folder, name)));
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    radios: { type: 'string', default: '4' },
    topology: { type: 'string', default: 'line' },
  },
});
const { stdin, stdout } = process;
// Also while it boots: the machine goes with this process.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
const terminal = {
  setRaw: (raw: boolean): void => void stdin.setRawMode(raw),
  size: () => ({ rows: stdout.rows || 24, columns: stdout.columns || 80 }),
};
process.exitCode = await runLab(
  { radios: Number(values.radios), topology: values.topology },
  { input: stdin, output: stdout, ...(stdin.isTTY && stdout.isTTY ? { terminal } : {}) },
);
