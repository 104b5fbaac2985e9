/**
 * The partition table: real authorities in network namespaces, cut into groups, or one way only.
 * For each cut: what every member says of its connection, on which side a payment is certified,
 * and, healed, how long it takes until all ledgers are equal. The table is printed; no figure is
 * asserted.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nameOf } from '../../agent/core/base/names.ts';
import { quorumOf } from '../../agent/core/network/committee.ts';
import { createWallet } from '../../agent/wallet/folder.ts';
import { checkBalances, untilEqual } from '../process/crash.ts';
import { makeNetwork, type TestNetwork } from '../process/network.ts';
import { createMesh, type LossyMesh, whyNoLoss } from '../support/lossy-mesh.ts';
import { until } from '../support/wait.ts';

const MESHPAY = fileURLToPath(new URL('../../agent/bin/meshpay.js', import.meta.url));
const PORT = 7420;
/** Long enough for a slow machine, and for one that cannot succeed. */
const [PATIENCE_SECONDS, HOPELESS_SECONDS] = [120, 5];
const run = promisify(execFile);

/** Which hosts cannot be heard by a host. */
type Cut = (host: number) => readonly number[];

interface Row {
  readonly name: string;
  /** Whoever can talk both ways. */
  readonly groups: readonly (readonly number[])[];
  readonly cut: Cut;
}

/** Groups that hear nothing of each other. */
function apart(...groups: readonly (readonly number[])[]): Row {
  const name = groups.map(({ length }) => length).join(' | ');
  const all = groups.flat();
  const cut: Cut = (host) => {
    const own = groups.find((group) => group.includes(host)) ?? [];
    return all.filter((other) => !own.includes(other));
  };
  return { name, groups, cut };
}

const FOUR: readonly Row[] = [
  apart([0, 1, 2], [3]),
  apart([0, 1], [2, 3]),
  apart([0], [1], [2, 3]),
  {
    name: '3 | 1, which hears nobody and is heard',
    groups: [[0, 1, 2], [3]],
    cut: (host) => (host === 3 ? [0, 1, 2] : []),
  },
  {
    name: '3 | 1, which hears all and is heard by nobody',
    groups: [[0, 1, 2], [3]],
    cut: (host) => (host === 3 ? [] : [3]),
  },
];
const SEVEN: readonly Row[] = [apart([0, 1, 2, 3, 4], [5, 6]), apart([0, 1, 2, 3], [4, 5, 6])];

class Committee {
  readonly size: number;
  readonly #mesh: LossyMesh;
  readonly #network: TestNetwork;

  private constructor(size: number, mesh: LossyMesh, network: TestNetwork) {
    this.size = size;
    this.#mesh = mesh;
    this.#network = network;
  }

  static async start(size: number): Promise<Committee> {
    const mesh = createMesh(size);
    const hosts = Array.from({ length: size }, (_, host) => host);
    const network = await makeNetwork({
      authorities: size,
      wallets: size + 1,
      places: hosts.map((host) => mesh.place(host)),
      addresses: hosts.map((host) => ({ host: mesh.address(host), port: PORT })),
      config: { 'log.level': 'warn' },
    });
    const committee = new Committee(size, mesh, network);
    try {
      await network.start();
      for (const host of hosts) committee.#makeWallet(host);
      await committee.untilConnected();
    } catch (error) {
      await committee.close();
      throw error;
    }
    return committee;
  }

  #makeWallet(host: number): void {
    const { network, walletSeeds } = this.#network;
    const peers = this.#network.nodes.map(({ address }) => address);
    const seed = Uint8Array.from(Buffer.from(walletSeeds[host] ?? '', 'hex'));
    createWallet(this.#wallet(host), network, { peers, allowVolatile: true }, seed);
  }

  #wallet(host: number): string {
    return join(this.#network.folder, `wallet-${host}`);
  }

  /** From now on every host drops what comes from those that it cannot hear. */
  cut(cut: Cut): void {
    for (let host = 0; host < this.size; host++) {
      const from = cut(host).map((other) => this.#mesh.address(other));
      const drop = from.length === 0 ? '' : `ip6 saddr { ${from.join(', ')} } drop`;
      const input = `table inet cut
delete table inet cut
table inet cut {
  chain incoming {
    type filter hook prerouting priority raw; policy accept;
    ${drop}
  }
}
`;
      const [head = '', ...rest] = [...this.#mesh.place(host), 'nft', '-f', '-'];
      execFileSync(head, rest, { input, stdio: 'pipe' });
    }
  }

  /** What each member says of its connection. */
  async statuses(): Promise<(string | undefined)[]> {
    const views = await Promise.all(
      this.#network.nodes.map(({ control }) => control.request('status')),
    );
    return views.map(({ presence }) => presence?.connectivity ?? undefined);
  }

  async untilConnected(): Promise<void> {
    const isWhole = (status: string | undefined) => status === 'FULLY_CONNECTED';
    await until(async () => (await this.statuses()).every(isWhole), 'all hear all');
  }

  /** Whether the wallet that runs beside this member gets a payment certified. */
  async pays(host: number, timeoutSeconds: number): Promise<boolean> {
    const payee = this.#network.wallets[this.size]?.publicKey ?? new Uint8Array(32);
    const pay = ['wallet', 'pay', nameOf('account', payee), '0.01', 'HRS'];
    const where = ['--wallet', this.#wallet(host), '--timeout', `${timeoutSeconds}`];
    const command = [...this.#mesh.place(host), process.execPath, MESHPAY, ...pay, ...where];
    const [head = '', ...rest] = command;
    try {
      await run(head, rest, { env: { ...process.env, NO_COLOR: '1' } });
      return true;
    } catch (error) {
      const { code, stderr } = error as { code?: number; stderr?: string };
      assert.equal(code, 75, stderr);
      return false;
    }
  }

  untilEqual(): Promise<void> {
    return untilEqual(this.#network);
  }

  checkBalances(): Promise<void> {
    return checkBalances(this.#network);
  }

  async close(): Promise<void> {
    await this.#network.close();
    this.#mesh.remove();
  }
}

/** Plays one row of the table, and returns it as a line. */
async function play(committee: Committee, { name, groups, cut }: Row): Promise<string> {
  const quorum = quorumOf(committee.size);
  const hasQuorum = (group: readonly number[]) => group.length >= quorum;
  const due = Array.from({ length: committee.size }, (_, host) => {
    const own = groups.find((group) => group.includes(host)) ?? [];
    return hasQuorum(own) ? 'PARTIAL_CONNECTIVITY' : 'PARTITIONED';
  });
  const cutMs = performance.now();
  committee.cut(cut);
  const areDue = async () => `${await committee.statuses()}` === `${due}`;
  await until(areDue, `${name}: ${due}`);
  const noticedMs = performance.now() - cutMs;
  const paid = await Promise.all(
    groups.map((group) => {
      const patience = hasQuorum(group) ? PATIENCE_SECONDS : HOPELESS_SECONDS;
      return committee.pays(group[0] ?? 0, patience);
    }),
  );
  assert.deepEqual(paid, groups.map(hasQuorum), `${name}: who can pay`);
  const healedMs = performance.now();
  committee.cut(() => []);
  await committee.untilEqual();
  const equalMs = performance.now() - healedMs;
  await committee.checkBalances();
  await committee.untilConnected();
  const sides = groups.map((group, i) => {
    const status = due[group[0] ?? 0];
    return `{${group}} ${status}, ${paid[i] ? 'pays' : 'cannot pay'}`;
  });
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const times = `noticed after ${seconds(noticedMs)}, equal ${seconds(equalMs)} after healing`;
  return `${committee.size}: ${name}: ${sides.join('; ')}; ${times}`;
}

const reason = whyNoLoss();

for (const [size, rows] of [
  [4, FOUR],
  [7, SEVEN],
] as const) {
  describe(`a committee of ${size} that is cut`, { skip: reason ?? false }, () => {
    let committee: Committee;

    before(async () => {
      committee = await Committee.start(size);
    });

    after(() => committee?.close());

    for (const row of rows) {
      it(`into ${row.name} pays where a quorum is, and loses nothing`, async (context) => {
        context.diagnostic(await play(committee, row));
      });
    }
  });
}

if (reason !== undefined) process.stdout.write(`# not here: ${reason}\n`);
