/**
 * Real authorities in network namespaces that can be cut off from each other, a till at one of
 * them, and beside each two wallets: one pays, the other one withdraws.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nameOf } from '../../agent/core/base/names.ts';
import type { MemberIndex, TokenIndex } from '../../agent/core/base/units.ts';
import { createWallet } from '../../agent/wallet/folder.ts';
import { checkBalances, untilEqual } from '../process/crash.ts';
import { makeNetwork, type TestNetwork } from '../process/network.ts';
import { createMesh, type LossyMesh } from '../support/lossy-mesh.ts';
import { found, until } from '../support/wait.ts';

const MESHPAY = fileURLToPath(new URL('../../agent/bin/meshpay.js', import.meta.url));
const PORT = 7420;
/** Long enough for a slow machine, and for one that cannot succeed. */
export const [PATIENCE_SECONDS, HOPELESS_SECONDS] = [120, 5];
const run = promisify(execFile);
/** Keeps the till, and alone says what was paid out. */
export const GATEWAY = 0;
const TILL = {
  name: 'till',
  kind: 'cashbook',
  tokens: [0 as TokenIndex],
  observers: [GATEWAY as MemberIndex],
  quorum: 1,
  about: 'the box under the counter',
} as const;

/** Which hosts cannot be heard by a host. */
export type Cut = (host: number) => readonly number[];

export class CutCommittee {
  readonly size: number;
  /** What the cashier has paid out, smallest units. */
  #paidOut = 0n;
  readonly #mesh: LossyMesh;
  readonly #network: TestNetwork;

  private constructor(size: number, mesh: LossyMesh, network: TestNetwork) {
    this.size = size;
    this.#mesh = mesh;
    this.#network = network;
  }

  static async start(size: number): Promise<CutCommittee> {
    const mesh = createMesh(size);
    const hosts = Array.from({ length: size }, (_, host) => host);
    const network = await makeNetwork({
      authorities: size,
      wallets: 2 * size + 1,
      ledgers: [TILL],
      places: hosts.map((host) => mesh.place(host)),
      addresses: hosts.map((host) => ({ host: mesh.address(host), port: PORT })),
      config: { 'log.level': 'warn' },
    });
    const ledger = [{ name: TILL.name, kind: TILL.kind, folder: null }];
    network.authority(GATEWAY).configure({ ledger });
    const committee = new CutCommittee(size, mesh, network);
    try {
      await network.start();
      for (let each = 0; each < 2 * size; each++) committee.#makeWallet(each);
      await committee.untilConnected();
    } catch (error) {
      await committee.close();
      throw error;
    }
    return committee;
  }

  #makeWallet(number: number): void {
    const { network, walletSeeds } = this.#network;
    const peers = this.#network.nodes.map(({ address }) => address);
    const seed = Uint8Array.from(Buffer.from(walletSeeds[number] ?? '', 'hex'));
    createWallet(this.#wallet(number), network, { peers, allowVolatile: true }, seed);
  }

  /** Those of the hosts that pay come first, then those that withdraw. */
  #wallet(number: number): string {
    return join(this.#network.folder, `wallet-${number}`);
  }

  #account(number: number): string {
    return nameOf('account', this.#network.wallets[number]?.publicKey ?? new Uint8Array(32));
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
  pays(host: number, timeoutSeconds: number): Promise<boolean> {
    const words = ['pay', this.#account(2 * this.size), '0.01', 'HRS'];
    return this.#orders(host, this.#wallet(host), words, timeoutSeconds);
  }

  /**
   * The same of a withdrawal, by another wallet beside this member. Without hope it is signed all
   * the same, so that authorities are really asked to lock money.
   */
  withdraws(host: number, timeoutSeconds: number): Promise<boolean> {
    const insists = timeoutSeconds === HOPELESS_SECONDS ? ['--anyway'] : [];
    const words = ['withdraw', '0.03', 'HRS', '--to', 'Anna', ...insists];
    return this.#orders(host, this.#wallet(this.size + host), words, timeoutSeconds);
  }

  async #orders(
    host: number,
    wallet: string,
    words: readonly string[],
    timeoutSeconds: number,
  ): Promise<boolean> {
    const where = ['--wallet', wallet, '--timeout', `${timeoutSeconds}`];
    const meshpay = [process.execPath, MESHPAY, 'wallet', ...words, ...where];
    const command = [...this.#mesh.place(host), ...meshpay];
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

  /** Nothing of the withdrawal of this member's wallet is kept by it. */
  async checkKeptNothing(host: number, by: number): Promise<void> {
    const { control } = this.#network.authority(by);
    const account = this.#account(this.size + host);
    const { claims } = await control.request('account', { account });
    const [own] = claims;
    assert.deepEqual([own?.pending, own?.locked], [false, []], `at ${by}`);
  }

  /** Pays out what the book has, once there are so many payouts. */
  async payOut(count: number): Promise<void> {
    const { control } = this.#network.authority(GATEWAY);
    const payouts = await found(async () => {
      const { payouts: all } = await control.request('cashier.pending');
      return all.length === count ? all : undefined;
    }, `${count} payouts are in the book`);
    for (const { number, amountMinor } of payouts) {
      await control.request('cashier.deal', { payout: number, state: 'paid' });
      this.#paidOut += BigInt(amountMinor);
    }
  }

  async payoutCount(): Promise<number> {
    const { control } = this.#network.authority(GATEWAY);
    return (await control.request('cashier.pending')).payouts.length;
  }

  untilEqual(): Promise<void> {
    return untilEqual(this.#network);
  }

  checkBalances(): Promise<void> {
    return checkBalances(this.#network, this.#paidOut);
  }

  async close(): Promise<void> {
    await this.#network.close();
    this.#mesh.remove();
  }
}
