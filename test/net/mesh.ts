/**
 * A committee on a make-believe mesh: every node in a network namespace of its own, all on one
 * switch, found by beacons alone; netem makes the links as bad as wanted. A wallet is the command
 * `meshpay`, run in one more namespace.
 */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nameOf } from '../../agent/core/base/names.ts';
import { createWallet } from '../../agent/wallet/folder.ts';
import { makeNetwork, type TestNetwork } from '../process/network.ts';
import { createHosts, type Hosts } from '../support/namespaces.ts';

const MESHPAY = fileURLToPath(new URL('../../agent/bin/meshpay.js', import.meta.url));
const PORT = 7420;
const run = promisify(execFile);

/** How bad every link is, in tc-netem(8)'s own words; undefined: perfect. */
export type Badness = readonly string[] | undefined;

export interface Mesh {
  readonly network: TestNetwork;
  /** Makes the way out of every host as bad. */
  worsen(badness: Badness): void;
  cut(host: number): void;
  heal(host: number): void;
  /** `meshpay wallet pay`, to a new address; how long it took, with the start of the command. */
  pay(timeoutSeconds: number): Promise<number>;
  close(): Promise<void>;
}

/** Four authorities, and a wallet that knows the addresses of all. */
export async function startMesh(): Promise<Mesh> {
  const wallet = 4;
  const hosts = createHosts(5);
  const place = (host: number): string[] => ['ip', 'netns', 'exec', hosts.name(host)];
  for (let host = 0; host < 5; host++) plug(hosts, host);
  const network = await makeNetwork({
    authorities: 4,
    places: [0, 1, 2, 3].map(place),
    config: {
      peers: [],
      'listen.addresses': [{ host: '::', port: PORT }],
      'discovery.on': true,
      'discovery.interfaces': ['mesh0'],
      'log.level': 'warn',
    },
  });
  const folder = join(network.folder, 'wallet');
  const meshpay = (...args: string[]): Promise<{ stdout: string }> => {
    const [head = '', ...rest] = [...place(wallet), process.execPath, MESHPAY, ...args];
    return run(head, rest, { env: { ...process.env, NO_COLOR: '1' } });
  };
  const close = async (): Promise<void> => {
    await network.close();
    hosts.remove();
  };
  try {
    await network.start();
    const peers = [0, 1, 2, 3].map((host) => ({ host: addressOf(host), port: PORT }));
    const seed = Uint8Array.from(Buffer.from(network.walletSeeds[0] ?? '', 'hex'));
    createWallet(folder, network.network, { peers, allowVolatile: true }, seed);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    network,
    worsen: (badness) => {
      for (let host = 0; host < 5; host++) worsen(hosts.name(host), badness);
    },
    cut: (host) => hosts.unplug(host),
    heal: (host) => plug(hosts, host),
    async pay(timeoutSeconds) {
      const to = nameOf('account', network.wallets[1]?.publicKey ?? new Uint8Array(32));
      const begun = performance.now();
      await meshpay(
        'wallet',
        'pay',
        to,
        '0.01',
        'HRS',
        '--wallet',
        folder,
        '--timeout',
        `${timeoutSeconds}`,
      );
      return performance.now() - begun;
    },
    close,
  };
}

function addressOf(host: number): string {
  return `fd4d:6573:6850::${host + 1}`;
}

function plug(hosts: Hosts, host: number): void {
  hosts.plug(host);
  const address = `${addressOf(host)}/64`;
  execFileSync('ip', ['-n', hosts.name(host), 'addr', 'add', address, 'dev', 'mesh0', 'nodad']);
}

function worsen(namespace: string, badness: Badness): void {
  const tc = (...args: string[]): void => {
    execFileSync('ip', ['netns', 'exec', namespace, 'tc', 'qdisc', ...args], { stdio: 'pipe' });
  };
  if (badness === undefined) tc('del', 'dev', 'mesh0', 'root');
  else tc('replace', 'dev', 'mesh0', 'root', 'netem', ...badness);
}
